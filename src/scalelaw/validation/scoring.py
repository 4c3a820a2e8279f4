"""Kept forecasts held to the runs that were made since."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from scalelaw._checks import bad_input, check_probability
from scalelaw._text import table
from scalelaw.numbers import format_number
from scalelaw.runs import Runs
from scalelaw.validation.distribution import Distribution
from scalelaw.validation.forecast import Forecast

SAME = 1e-6
"""Relative difference up to which inputs count as those of a point."""

Values = Float[np.ndarray, " k"]


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """A forecast beside its k points that were run.

    The distribution of a new run's log loss is read off the kept quantiles as `Distribution` says: normal between
    neighbours, with the normal tails of the outermost two (so that an error far outside costs less than under heavy
    tails it would, and more than if the tails were cut). Scores are of log loss, so that errors are relative.

    Attributes:
        forecast: what was said.
        runs: the table of results.
        points: [k] places in the forecast, in its order.
        found: [k] places in the table.
        pit: [k] probability that the forecast gave to a lower loss than was observed (probability integral
            transform): uniform from 0 to 1 over many points if the forecast is right.
        log_score: [k] log of the forecast's density of log loss at the observed; higher is better.
        expected: [k] mean of that if runs follow the forecast.
        crps: [k] continuous ranked probability score of log loss; lower is better.
        notes: points without a run, and rows of no point, a sentence each.
    """

    forecast: Forecast
    runs: Runs
    points: Int[np.ndarray, " k"]
    found: Int[np.ndarray, " k"]
    pit: Values
    log_score: Values
    expected: Values
    crps: Values
    notes: tuple[str, ...]

    @property
    def observed(self) -> Values:
        """[k] losses of the runs, in the unit of the law."""
        return np.asarray(self.runs.L[self.found])

    @property
    def error(self) -> Values:
        """[k] predicted less observed, per cent of the observed loss."""
        return np.asarray(100 * (self.forecast.predicted[self.points] / self.observed - 1))

    @property
    def inside(self) -> Bool[np.ndarray, " k"]:
        """[k] whether the observed loss lies in its interval."""
        low, high = self.forecast.low[self.points], self.forecast.high[self.points]
        return np.asarray((low <= self.observed) & (self.observed <= high))

    def to_frame(self) -> pd.DataFrame:
        """A row a point that was run: inputs, `row` of the table, `observed`, `predicted`, interval and scores."""
        said = self.forecast
        names = ("error", "inside", "pit", "log_score", "expected", "crps")
        return pd.DataFrame(
            {
                **{name: values[self.points] for name, values in said.points.items()},
                "row": self.runs.rows[self.found],
                "observed": self.observed,
                **{name: getattr(said, name)[self.points] for name in ("predicted", "low", "high")},
                **{name: getattr(self, name) for name in names},
            }
        )

    def summary(self) -> dict[str, Any]:
        """`points` of the forecast, `scored`, `inside` (share); means over the points that were run.

        `rms` and `bias` of the errors are per cent of the observed loss.
        """
        means = {name: float(np.mean(getattr(self, name))) for name in ("log_score", "expected", "crps")}
        return {
            "points": len(self.forecast.predicted),
            "scored": len(self.points),
            "rms": float(np.sqrt(np.mean(self.error**2))),
            "bias": float(np.mean(self.error)),
            "inside": float(np.mean(self.inside)),
            **means,
        }

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain Python: `forecast`, `results`, `scores`, `points`, `notes`."""
        said = self.forecast
        known = {name: getattr(said, name) for name in ("sha256", "written", "kind", "level", "data")}
        return {
            "forecast": {"law": said.law["name"], **known},
            "results": {"source": self.runs.source, "sha256": self.runs.sha256},
            "scores": self.summary(),
            "points": self.to_frame().to_dict("records"),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        said, total = self.forecast, self.summary()
        head = (
            f"forecast of {said.written} by {said.law['name']}, {said.data['runs']} runs of {said.data['source']}; "
            f"sha256 {said.sha256}"
        )
        verdict = (
            f"{total['scored']} of {total['points']} points were run: predicted to {total['rms']:.2g} % root mean "
            f"square, {total['bias']:+.2g} % on average; {np.count_nonzero(self.inside)} of {total['scored']} lie "
            f"in their {100 * said.level:.6g} % intervals; log score {total['log_score']:.2f}, "
            f"{total['expected']:.2f} expected"
        )
        heading = (
            *said.points,
            "observed",
            "predicted",
            "error",
            "interval",
            "pit",
            "log score",
            "expected",
            "",
        )
        rows = [
            (
                *(format_number(row[name]) for name in said.points),
                f"{row['observed']:.4f}",
                f"{row['predicted']:.4f}",
                f"{row['error']:+.2f} %",
                f"{row['low']:.4f} to {row['high']:.4f}",
                f"{row['pit']:.3f}",
                f"{row['log_score']:.2f}",
                f"{row['expected']:.2f}",
                "" if row["inside"] else "outside",
            )
            for row in self.to_frame().to_dict("records")
        ]
        lines = table(rows, ">" * (len(heading) - 1) + "<", heading=heading)
        return "\n".join([head, verdict, *lines, *(f"note: {note}" for note in self.notes)])

    __repr__ = __str__


def score(forecast: Forecast, runs: Runs, *, tolerance: float = SAME) -> Scores:
    """Hold a kept forecast to the runs that were made since.

    Args:
        forecast: from `Forecast.load`.
        runs: a table with a run at some of its points, and perhaps others.
        tolerance: relative difference up to which the inputs of a run count as those of a point.

    Returns:
        Errors, whether inside, probability integral transform and scores of every point that was run.

    Raises:
        BadInput: for runs without the law's inputs, none at any point, two at one point, one at two points, or a
            tolerance outside (0, 1).

    References:
        Gneiting & Raftery 2007 (proper scores); Dawid 1984 (probability integral transform).
    """
    off = _deviations(forecast, runs)
    near = off <= check_probability("tolerance", tolerance)
    _check_single(forecast, runs, near)
    if not near.any():
        _refuse_far(forecast, runs, off, tolerance)
    points, found = np.nonzero(near)
    logs = np.log(runs.L[found])
    each = [Distribution(forecast.probabilities, column) for column in np.log(forecast.quantiles.T[points])]
    return Scores(
        forecast,
        runs,
        points,
        found,
        pit=np.array([said.probability(y) for said, y in zip(each, logs, strict=True)]),
        log_score=np.array([said.log_density(y) for said, y in zip(each, logs, strict=True)]),
        expected=np.array([said.expected_log_density for said in each]),
        crps=np.array([said.crps(y) for said, y in zip(each, logs, strict=True)]),
        notes=tuple(_notes(forecast, runs, near)),
    )


def _deviations(forecast: Forecast, runs: Runs) -> Float[np.ndarray, "m n"]:
    """The largest relative difference between the inputs of every point and every run."""
    got, tiny = runs.inputs(forecast.points), np.finfo(float).tiny
    each = [
        np.abs(got[name] - wanted[:, None]) / np.maximum(np.abs(wanted[:, None]), tiny)
        for name, wanted in forecast.points.items()
    ]
    return np.asarray(np.max(each, axis=0))


def _check_single(forecast: Forecast, runs: Runs, near: Bool[np.ndarray, "m n"]) -> None:
    """Refuse two runs at one point, and one run at two points."""
    for point in np.flatnonzero(near.sum(axis=1) > 1):
        first, second, *_ = runs.rows[near[point]]
        got = f"rows {first} and {second} at {forecast.named[point]}"
        advice = "keep one of them, by a rule that does not look at its loss"
        raise bad_input("results", "one a point", got, place=runs.source, advice=advice)
    for run in np.flatnonzero(near.sum(axis=0) > 1):
        first, second, *_ = np.flatnonzero(near[:, run])
        got = f"a run near both {forecast.named[first]} and {forecast.named[second]}"
        place = f"{runs.source}, row {runs.rows[run]}"
        raise bad_input("a result", "that of one point", got, place=place, advice="take a smaller tolerance")


def _refuse_far(forecast: Forecast, runs: Runs, off: Float[np.ndarray, "m n"], tolerance: float) -> None:
    point, run = np.unravel_index(np.argmin(off), off.shape)
    nearest = f"row {runs.rows[run]}, {100 * off[point, run]:.2g} % off {forecast.named[point]}"
    wanted = f"within {tolerance:g} (relative) of a point of the forecast"
    advice = "check the columns, or give a larger tolerance"
    raise bad_input("a result", wanted, f"none; the nearest is {nearest}", place=runs.source, advice=advice)


def _notes(forecast: Forecast, runs: Runs, near: Bool[np.ndarray, "m n"]) -> list[str]:
    missing = [f"no run yet at {forecast.named[point]}" for point in np.flatnonzero(~near.any(axis=1))]
    others = [str(row) for row in runs.rows[~near.any(axis=0)]]
    if not others:
        return missing
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    return [*missing, f"rows at no point of the forecast: {', '.join(others[:5])}{more} of {runs.source}"]
