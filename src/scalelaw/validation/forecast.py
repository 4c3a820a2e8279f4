"""Forecasts kept: what was said of a run before it was made, in a file that shows whether it was changed since."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from jaxtyping import Float

from scalelaw import _json
from scalelaw._checks import bad_input
from scalelaw._files import write_file
from scalelaw._text import table
from scalelaw.fitting import Fit
from scalelaw.fitting.documents import check_length, check_names, check_shape, wrong
from scalelaw.fitting.parametric import versions
from scalelaw.numbers import format_number
from scalelaw.resampling.draws import Draws
from scalelaw.uncertainty.prediction import Prediction, prediction_interval, prediction_quantiles
from scalelaw.validation.calibrated import Calibrated

FORMAT = "scalelaw forecast 1"
PROBABILITIES = (0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.995)
"""At which the quantiles of a new run are kept."""

Values = Float[np.ndarray, " m"]


@dataclass(frozen=True, eq=False, repr=False)
class Forecast:
    """What was said of m runs before they were made.

    The hash says that nothing was changed by accident or by somebody who did not know of it; whoever changes the
    file on purpose can hash it anew. Publish the hash when you write the file, and it proves what you said then.

    Attributes:
        points: the law's inputs by name, [m] each.
        predicted: [m] losses, in the unit of the law (nats per token).
        low, high: [m] ends of the intervals, likewise.
        level: share of new runs that the intervals should hold.
        probabilities: [q] ascending.
        quantiles: [q, m] of the loss of a new run at these probabilities.
        kind: what intervals and quantiles are, in words.
        law: `name`, `formula`, `citation`, `output`, `params`, `objective`, `trusted` (by its certificate).
        data: `source`, `sha256`, `runs`, `ranges` (input -> smallest and largest), `columns`, `notes` of the table.
        resamples: `scheme` in words and `replicates`.
        versions: of the packages that made it.
        written: date and time, UTC, ISO 8601.
        notes: what the intervals do not know of, and points that had been run already; a sentence each.
    """

    points: Mapping[str, Values]
    predicted: Values
    low: Values
    high: Values
    level: float
    probabilities: Float[np.ndarray, " q"]
    quantiles: Float[np.ndarray, "q m"]
    kind: str
    law: Mapping[str, Any]
    data: Mapping[str, Any]
    resamples: Mapping[str, Any]
    versions: Mapping[str, str]
    written: str
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        fit: Fit,
        inputs: Mapping[str, Any],
        prediction: Prediction,
        quantiles: Float[np.ndarray, "q ..."],
        *,
        level: float,
        kind: str,
        resamples: Mapping[str, Any],
    ) -> "Forecast":
        """A forecast from whoever predicts.

        Args:
            fit: the law, or the first of several, fitted to the runs that there are.
            inputs: the law's inputs by name, floats or arrays that broadcast.
            prediction: interval, estimate and notes at these inputs.
            quantiles: of the loss of a new run at `PROBABILITIES`, a row each.
            level: of the interval.
            kind: what interval and quantiles are, in words.
            resamples: `scheme` in words and `replicates`.

        Raises:
            BadInput: for two equal points, or quantiles that are no distribution of a positive loss.
        """
        arrays = np.broadcast_arrays(*(np.asarray(inputs[name], float) for name in fit.law.inputs))
        points = {name: array.ravel() for name, array in zip(fit.law.inputs, arrays, strict=True)}
        found = np.asarray(quantiles, float).reshape(len(PROBABILITIES), -1)
        _check(points, found)
        return cls(
            points=points,
            predicted=np.ravel(prediction.estimate),
            low=np.ravel(prediction.low),
            high=np.ravel(prediction.high),
            level=level,
            probabilities=np.array(PROBABILITIES),
            quantiles=found,
            kind=kind,
            law=_law(fit),
            data=_data(fit),
            resamples=resamples,
            versions=versions(),
            written=datetime.now(UTC).isoformat(timespec="seconds"),
            notes=(*fit.certificate.warnings, *prediction.notes, *_already_run(fit, points)),
        )

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that the file holds beside it."""
        return digest(json.dumps(self.to_dict()))

    @property
    def named(self) -> list[str]:
        """The inputs of every point in words."""
        return _named(self.points)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the hash, as plain Python; numbers keep all their digits."""
        columns = (self.predicted, self.low, self.high, self.quantiles.T)
        points = [
            {
                "inputs": dict(zip(self.points, at, strict=True)),
                "predicted": L,
                "low": a,
                "high": b,
                "quantiles": q,
            }
            for at, L, a, b, q in zip(zip(*self.points.values(), strict=True), *columns, strict=True)
        ]
        own = ("kind", "level", "probabilities", "law", "data", "resamples", "versions", "notes")
        values = {name: getattr(self, name) for name in own}
        return dict(_json.exact({"format": FORMAT, "written": self.written, "points": points, **values}))

    def save(self, path: str | Path) -> None:
        """Write it as JSON to a new file, which appears whole or not at all.

        Raises:
            BadInput: if the file exists or cannot be written.
        """
        refuse_existing(path)
        text = json.dumps({**self.to_dict(), "sha256": self.sha256}, indent=1, allow_nan=False)
        write_file(path, text + "\n", "forecast")

    @classmethod
    def load(cls, path: str | Path) -> "Forecast":
        """The forecast in a file, to the last bit.

        Raises:
            BadInput: no such file, not a forecast, or one that was edited after it was written.
        """
        values = _read(Path(path))
        _check_document(values, path)
        points = values.pop("points")
        inputs = {name: [each["inputs"][name] for each in points] for name in points[0]["inputs"]}
        values["points"] = {name: np.array(value, float) for name, value in inputs.items()}
        values["quantiles"] = np.transpose([each["quantiles"] for each in points]).astype(float)
        for name in ("predicted", "low", "high"):
            values[name] = np.array([each[name] for each in points], float)
        values["probabilities"] = np.array(values["probabilities"], float)
        _check(values["points"], values["quantiles"], str(path))
        return cls(**values | {"notes": tuple(values["notes"])})

    def __str__(self) -> str:
        law, data = self.law, self.data
        head = f"forecast of {self.written} by {law['name']}, {data['runs']} runs of {data['source']}"
        ends = zip(self.low, self.high, strict=True)
        shown = [f"{value:.4f}" for value in self.predicted]
        rows = [
            (*map(format_number, at), L, f"{low:.4f} to {high:.4f}")
            for at, L, (low, high) in zip(zip(*self.points.values(), strict=True), shown, ends, strict=True)
        ]
        heading = (*self.points, "predicted", f"{100 * self.level:.6g} % of new runs")
        lines = table(rows, ">" * len(heading), heading=heading)
        notes = (f"note: {note}" for note in self.notes)
        return "\n".join([head, *lines, f"intervals: {self.kind}", *notes, f"sha256 {self.sha256}"])

    __repr__ = __str__


def forecast(known: Draws | Calibrated, *, level: float = 0.95, **inputs: Any) -> Forecast:
    """Say what new runs will give, before they are made; `save` keeps it and `score` holds it to the runs.

    Args:
        known: draws from `bootstrap`, or the mixture of laws from `calibrate`.
        level: share of new runs that the intervals should hold, between 0 and 1.
        inputs: the law's inputs by name (`N=`, `D=`, ...), floats or arrays that broadcast.

    Returns:
        Predictions with intervals and quantiles as of `prediction_interval`, and what they rest on.

    Raises:
        BadInput: for a level outside (0, 1), inputs that are not the law's, two equal points, fewer than 2 usable
            draws, or draws and runs without any spread.

    Examples:
        >>> draws = sl.bootstrap(sl.fit(sl.read_dataset("sweep"), starts="projected"), 100)
        >>> sl.forecast(draws, N=[163840, 250880], D=[15260160, 9965568]).save("plan.json")
        >>> scores = sl.score(sl.Forecast.load("plan.json"), sl.read_dataset("sweep-heldout"))
        >>> scores.inside.tolist()
        [True, True]
    """
    if isinstance(known, Calibrated):
        draws, kind = known.members[0].draws, f"of a new run, {known.basis}"
        interval, quantiles = known.predict(level=level, **inputs), known.quantiles(PROBABILITIES, **inputs)
    else:
        draws, kind = known, "of a new run: every draw of the law with every residual of the fitted runs"
        interval = prediction_interval(draws, level=level, **inputs)
        quantiles = prediction_quantiles(draws, PROBABILITIES, **inputs)
    resamples = {"scheme": draws.scheme, "replicates": len(draws)}
    return Forecast.of(draws.fit, inputs, interval, quantiles, level=level, kind=kind, resamples=resamples)


def refuse_existing(path: str | Path) -> None:
    """Refuse to write a forecast over a file.

    Raises:
        BadInput: if there is one.
    """
    if Path(path).exists():
        advice = "name another: a forecast that can be replaced proves nothing"
        raise bad_input("forecast", "written to a new file", f"{path}, which exists", advice=advice)


def digest(text: str) -> str:
    """SHA-256 of a JSON object but for its `sha256`: keys in order, no spaces, each number as the text it is.

    A digit too many for double precision counts like any other.
    """
    values = json.loads(text, parse_float=str, parse_int=str)
    values.pop("sha256", None)
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    """What stands in a file, but for format and hash, after both were checked."""
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text)
    except OSError as error:
        raise bad_input("forecast", "a file that can be read", f"{path} ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise bad_input("forecast", "the JSON that `save` wrote", f"{path}, which is not JSON") from error
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        got = f"{path}, which is something else"
        raise bad_input("forecast", f"the JSON that `save` wrote ({FORMAT!r})", got)
    said, is_ = values.pop("sha256", None), digest(text)
    if said != is_:
        got = (
            f"{path}, which was edited after it was written: its sha256 is {said}, of what stands there {is_}"
        )
        raise bad_input("forecast", "as it was written", got, advice="take the file as it was first kept")
    return dict(_json.restored(values))


class PointDocument(TypedDict):
    """A point and what was said of it."""

    inputs: dict[str, float]
    predicted: float
    low: float
    high: float
    quantiles: list[float]


class LawDocument(TypedDict):
    """The law that was fitted."""

    name: str
    formula: str
    citation: str
    output: str
    params: dict[str, float]
    objective: dict[str, Any]
    trusted: bool


class DataDocument(TypedDict):
    """The table that it was fitted to."""

    source: str
    sha256: str
    columns: dict[str, str]
    notes: list[str]
    runs: int
    ranges: dict[str, tuple[float, float]]


class ForecastDocument(TypedDict):
    """A `Forecast`, but for format and hash."""

    written: str
    points: list[PointDocument]
    kind: str
    level: float
    probabilities: list[float]
    law: LawDocument
    data: DataDocument
    resamples: dict[str, Any]
    versions: dict[str, str]
    notes: list[str]


def _check_document(values: dict[str, Any], path: str | Path) -> None:
    """Check the types and lengths of what stands in a file: a hash can be made anew."""
    check_shape(values, ForecastDocument, "forecast", path)
    if not values["points"]:
        raise wrong("points", "at least 1", [], path)
    for each in values["points"]:
        check_names(each["inputs"], values["points"][0]["inputs"], "inputs of a point", path)
        check_length(each["quantiles"], len(values["probabilities"]), "quantiles of a point", path)
        numbers = (*each["inputs"].values(), *each["quantiles"], each["predicted"], each["low"], each["high"])
        if not np.isfinite(numbers).all():
            raise wrong("a point", "finite throughout", "nan or inf", path)
    levels = [0.0, *values["probabilities"], 1.0]
    if not (len(levels) > 3 and (np.diff(levels) > 0).all() and 0 < values["level"] < 1):
        raise wrong("level and probabilities", "ascending, between 0 and 1", levels[1:-1], path)


def _check(points: Mapping[str, Values], quantiles: Float[np.ndarray, "q m"], place: str = "") -> None:
    at = [*zip(*points.values(), strict=True)]
    for each, named in zip(at, _named(points), strict=True):
        if at.count(each) > 1:
            raise bad_input("points", "different from each other", f"{named} more than once", place=place)
    if not (quantiles > 0).all():
        raise bad_input("quantiles", "those of a positive loss", f"{np.nanmin(quantiles):g}", place=place)
    if not (np.diff(quantiles, axis=0) > 0).all():
        advice = "runs and resamples without any spread leave nothing to score"
        raise bad_input("quantiles", "ascending", "equal or descending ones", place=place, advice=advice)


def _law(fit: Fit) -> dict[str, Any]:
    law, objective = fit.law, asdict(fit.settings.objective)
    return {
        **{name: getattr(law, name) for name in ("name", "formula", "citation", "output")},
        "params": fit.params._asdict(),
        "objective": {**objective, "value": fit.objective},
        "trusted": fit.certificate.trusted,
    }


def _data(fit: Fit) -> dict[str, Any]:
    runs = fit.runs
    known = {name: getattr(runs, name) for name in ("source", "sha256", "columns", "notes")}
    return {**known, "runs": len(runs), "ranges": fit.certificate.ranges}


def _already_run(fit: Fit, points: Mapping[str, Values]) -> list[str]:
    """A sentence for each point at which there is a fitted run: a forecast of that is none."""
    seen = fit.runs.inputs(points)
    same = np.all([wanted[:, None] == seen[name] for name, wanted in points.items()], axis=0)
    return [
        f"{named} had been run before this was written: row {fit.runs.rows[here][0]} of {fit.runs.source}"
        for named, here in zip(_named(points), same, strict=True)
        if here.any()
    ]


def _named(points: Mapping[str, Values]) -> list[str]:
    at = zip(*points.values(), strict=True)
    return [", ".join(f"{n} = {format_number(x)}" for n, x in zip(points, each, strict=True)) for each in at]
