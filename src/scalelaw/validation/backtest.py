"""Back-tests: laws fitted to the smaller runs of a table say what the later ones will be, and are held to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from scalelaw._checks import BadInput, bad_input, check_at_least, check_probability
from scalelaw._float64 import float64
from scalelaw._text import table
from scalelaw.fitting import Fit
from scalelaw.fitting.coordinates import Constraints
from scalelaw.fitting.parametric import fit_prepared
from scalelaw.fitting.refits import WARM
from scalelaw.fitting.setup import prepare
from scalelaw.laws import LAWS, Law, find_law
from scalelaw.numbers import amount, format_number
from scalelaw.objective import Objective
from scalelaw.resampling.bootstrap import bootstrap
from scalelaw.runs import Runs
from scalelaw.solve import Levenberg
from scalelaw.solve.solver import Progress
from scalelaw.uncertainty.prediction import spread_by_noise

CANDIDATES = ("chinchilla", "skaling", "cross")
# Cut-offs by default, as shares of the range of the logarithm.
SHARES = (0.4, 0.5, 0.6, 0.7, 0.8)
# A cut-off is used if it leaves so many runs to predict, and a law at it if it has so many runs a parameter.
FEWEST_LATER, PER_PARAMETER = 3, 2
# Amounts that agree to this share are one: runs of one budget differ by rounding.
SAME = 1e-6
# A resample that has not arrived by then has a parameter on its way to a limit, and what it predicts hardly moves.
BRIEF = replace(WARM, iterations=120)
# Residuals beyond so many robust standard deviations are drawn in to them.
WINSORISED = 4.0
# Edges of the bins of distance, decades beyond the largest run that was fitted.
DECADES = (0.0, 0.25, 0.5, 1.0, 2.0, np.inf)


class Cutoff(NamedTuple):
    """A line through a table.

    Attributes:
        value: largest amount among the runs that are seen.
        seen, later: places of the runs at or below the line, and above it.
    """

    value: float
    seen: Int[np.ndarray, " m"]
    later: Int[np.ndarray, " k"]


@dataclass(frozen=True, eq=False)
class Trial:
    """What one law, fitted to the runs below one cut-off, said of the k later ones.

    Attributes:
        law: its name.
        cutoff: the line.
        params: of the law, fitted to the runs that were seen.
        trusted: whether the certificate of that fit has nothing against it.
        distance: [k] decades beyond the largest run that was seen.
        error: [k] log of predicted over observed loss.
        low, high: [k] log of the ends of the interval of a new run over the observed loss.
        spread: [k] standard deviation of the predicted log loss over resamples.
        noise: standard deviation of a single run's log loss about the law, robust.
    """

    law: str
    cutoff: Cutoff
    params: Any
    trusted: bool
    distance: Float[np.ndarray, " k"]
    error: Float[np.ndarray, " k"]
    low: Float[np.ndarray, " k"]
    high: Float[np.ndarray, " k"]
    spread: Float[np.ndarray, " k"]
    noise: float

    @property
    def inside(self) -> Bool[np.ndarray, " k"]:
        """Whether the observed loss lies in its interval."""
        return (self.low <= 0) & (self.high >= 0)


@dataclass(frozen=True, eq=False, repr=False)
class Backtest:
    """Laws against later runs.

    Attributes:
        runs: the table.
        by: the amount that orders it: "C" [FLOP], "N" [parameters], "D" [tokens].
        level: of the intervals.
        candidates: the laws, in the order that was asked for.
        objective: of all fits.
        cutoffs: where the table was cut.
        trials: one for each law and cut-off that had the runs for it.
        notes: what could not be tried, a sentence each.
    """

    runs: Runs
    by: str
    level: float
    candidates: tuple["Candidate", ...]
    objective: Objective
    cutoffs: tuple[Cutoff, ...]
    trials: tuple[Trial, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def laws(self) -> tuple[str, ...]:
        """Names of the laws."""
        return tuple(each.law.name for each in self.candidates)

    def of(self, law: str) -> tuple[Trial, ...]:
        """The forecasts of one law."""
        return tuple(each for each in self.trials if each.law == law)

    def to_frame(self) -> pd.DataFrame:
        """A row a law, cut-off and later run; errors and ends of intervals as per cent of the observed loss."""
        return pd.concat([self._frame(each) for each in self.trials], ignore_index=True)

    def _frame(self, of: Trial) -> pd.DataFrame:
        percent = {name: 100 * np.expm1(getattr(of, name)) for name in ("error", "low", "high")}
        columns = {"law": of.law, "cutoff": of.cutoff.value, "row": self.runs.rows[of.cutoff.later]}
        return pd.DataFrame({**columns, "decades": of.distance, **percent, "inside": of.inside})

    def summary(self) -> pd.DataFrame:
        """A row a law: `cutoffs`, `forecasts`, `score`, `rms`, `bias`, `worst`, `inside`, `width`.

        `score` is the mean absolute error. Errors are per cent of the observed loss, means over cut-offs of means
        over their runs; `width` is half that of the interval.
        """
        frame = self.to_frame()
        return pd.DataFrame(
            [{"law": law, **_score(frame[frame["law"] == law])} for law in self.laws if self.of(law)]
        )

    def by_distance(self) -> pd.DataFrame:
        """A row a law and bin of distance: the columns of `summary` over the forecasts that far out."""
        frame = self.to_frame()
        rows = []
        for law in self.laws:
            for low, high in pairwise(DECADES):
                here = (frame["law"] == law) & (frame["decades"] > low) & (frame["decades"] <= high)
                if here.any():
                    rows.append({"law": law, "from": low, "to": high, **_score(frame[here])})
        return pd.DataFrame(rows)

    def drift(self, law: str) -> pd.DataFrame:
        """A row a cut-off: the parameters of a law, which stay what they are where the law is right."""
        rows = [{"cutoff": each.cutoff.value, **each.params._asdict()} for each in self.of(law)]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Everything but single runs, as plain Python."""
        cutoffs = [
            {"value": each.value, "seen": len(each.seen), "later": len(each.later)} for each in self.cutoffs
        ]
        return {
            "by": self.by,
            "level": self.level,
            "runs": len(self.runs),
            "cutoffs": cutoffs,
            "laws": self.summary().to_dict("records"),
            "by_distance": self.by_distance().to_dict("records"),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        cuts = ", ".join(f"{format_number(c.value)} ({len(c.seen)})" for c in self.cutoffs)
        head = f"{len(self.runs)} runs of {self.runs.source}, fitted up to {self.by} = (runs) {cuts}"
        columns = {"score": "|error|", "rms": "rms", "bias": "bias", "worst": "worst", "width": "+-"}
        rows = [
            (
                row["law"],
                str(row["cutoffs"]),
                str(row["forecasts"]),
                *(f"{row[name]:{'+' if name == 'bias' else ''}.2f}" for name in columns),
                f"{row['inside']:.0%}",
            )
            for row in self.summary().to_dict("records")
        ]
        heading = ("law", "cut-offs", "forecasts", *columns.values(), f"in {100 * self.level:.6g} %")
        lines = table(rows, "<" + ">" * (len(heading) - 1), heading=heading)
        unit = "errors in per cent of the observed loss; +- is half the interval of a new run"
        return "\n".join([head, *lines, unit, *(f"note: {each}" for each in self.notes)])

    __repr__ = __str__


def _score(frame: pd.DataFrame) -> dict[str, Any]:
    """Errors of some forecasts, each cut-off with one voice."""
    widths = (frame["high"] - frame["low"]) / 2
    values = frame.assign(size=frame["error"].abs(), square=frame["error"] ** 2, width=widths)
    columns = ["size", "square", "error", "inside", "width"]
    means = values.groupby("cutoff")[columns].mean().mean()
    return {
        "cutoffs": int(frame["cutoff"].nunique()),
        "forecasts": len(frame),
        "score": float(means["size"]),
        "rms": float(np.sqrt(means["square"])),
        "bias": float(means["error"]),
        "worst": float(frame["error"].iloc[frame["error"].abs().argmax()]),
        "inside": float(means["inside"]),
        "width": float(means["width"]),
    }


def backtest(
    runs: Runs,
    laws: Sequence[Law | str] = CANDIDATES,
    *,
    by: str = "C",
    cutoffs: Sequence[float | str] | None = None,
    replicates: int = 400,
    seed: int = 0,
    level: float = 0.95,
    delta: float = 1e-3,
    loss: str = "huber",
    residual: str = "log",
    progress: Progress | None = None,
) -> Backtest:
    """Fit laws to the runs below rolling cut-offs, and hold what they say of the later ones to what these did.

    Every law is fitted anew at every cut-off, from all of its projected starts, and resampled from every basin
    that it has there; of a table with a group column whole groups are drawn.

    Args:
        runs: the table.
        laws: names, or laws.
        by: what orders the runs: "C" (training compute, FLOP), "N" (parameters), "D" (tokens), or a further input.
        cutoffs: amounts, numbers or text; by default at 40, 50, ..., 80 % of the range of the logarithm.
        replicates: resamples of each law at each cut-off.
        seed: of the resamples.
        level: of the intervals of a new run.
        delta: of the objective, as of `fit`.
        loss: likewise.
        residual: likewise.
        progress: called with (fits done, fits in all).

    Returns:
        Errors, and coverage and width of the intervals, by law and by distance in decades.

    Raises:
        BadInput: for an unknown law or column, a law that needs inputs that the table lacks, a cut-off that
            leaves nothing to fit or nothing to predict, or a number out of range.

    Examples:
        >>> found = sl.backtest(sl.read_dataset("sweep"), ["chinchilla", "skaling"], replicates=100)
        >>> scores = found.summary().set_index("law")["score"]
        >>> bool(scores["skaling"] < scores["chinchilla"] / 2)
        True
    """
    check_at_least("replicates", replicates, 20)
    check_probability("level", level)
    known = [Candidate.of(find_law(law, LAWS) if isinstance(law, str) else law) for law in laws]
    if not known:
        raise bad_input("laws", "at least one", "none")
    objective = Objective(residual, loss, delta)
    return run_backtest(
        runs,
        known,
        objective,
        by=by,
        cutoffs=cutoffs,
        replicates=replicates,
        seed=seed,
        level=level,
        progress=progress,
    )


@dataclass(frozen=True)
class Candidate:
    """A law, and what is held of its parameters."""

    law: Law
    constraints: Constraints

    @classmethod
    def of(cls, law: Law) -> "Candidate":
        """A law with nothing held."""
        return cls(law, Constraints.of(law))

    def fit(self, runs: Runs, seen: Int[np.ndarray, " m"], objective: Objective) -> Fit:
        """The law fitted to some of the runs; parts of one table share compiled code.

        Raises:
            BadInput: if they are too few for the law.
        """
        fewest = PER_PARAMETER * len(self.law.fields)
        if len(seen) < fewest:
            got = f"{len(seen)} runs are too few for its {len(self.law.fields)} parameters"
            raise BadInput(f"{got}; {fewest} would do")
        part = runs.taken(seen)
        setup = prepare(part, self.law, objective, self.constraints, part_of=len(runs))
        return fit_prepared(setup, part, "projected" if self.law.linear else "grid", Levenberg())


def run_backtest(
    runs: Runs,
    candidates: Sequence[Candidate],
    objective: Objective,
    *,
    by: str,
    cutoffs: Sequence[float | str] | None = None,
    shares: Sequence[float] = SHARES,
    replicates: int = 400,
    seed: int = 0,
    level: float = 0.95,
    progress: Progress | None = None,
) -> Backtest:
    """Back-test candidates with one objective; see `backtest`.

    Args:
        runs: the table.
        candidates: laws and what is held of them.
        objective: of all fits.
        by: what orders the runs.
        cutoffs: amounts, or None.
        shares: then, where to cut, as shares of the range of the logarithm.
        replicates: resamples of each law at each cut-off.
        seed: of the resamples.
        level: of the intervals of a new run.
        progress: called with (fits done, fits in all).
    """
    for each in candidates:
        runs.inputs(each.law.inputs)
    lines = cut(runs, by, cutoffs, shares)
    trials, notes = [], []
    for done, (each, line) in enumerate((each, line) for each in candidates for line in lines):
        try:
            trials.append(_try(runs, by, each, line, objective, replicates, seed, level))
        except BadInput as error:
            notes.append(f"{each.law.name} at {by} = {format_number(line.value)}: {error}")
        if progress:
            progress(done + 1, len(candidates) * len(lines))
    if not trials:
        raise BadInput(f"{runs.source}: no law could be fitted below any cut-off: {notes[0]}")
    return Backtest(runs, by, level, tuple(candidates), objective, tuple(lines), tuple(trials), tuple(notes))


def cut(
    runs: Runs, by: str, cutoffs: Sequence[float | str] | None = None, shares: Sequence[float] = SHARES
) -> list[Cutoff]:
    """Cut a table at each amount, or at equal steps of the logarithm; what would leave too few to predict is left.

    Raises:
        BadInput: for an unknown column, or a cut-off with too few runs beyond or none below it.
    """
    x = np.asarray(runs.inputs((by,))[by], float)
    if cutoffs is None:
        low, high = np.log(x.min()), np.log(x.max())
        amounts = np.exp(low + np.array(shares) * (high - low))
    else:
        amounts = np.array([amount("cut-off", value) for value in cutoffs])
    lines = {}
    for line in sorted(amounts):
        below = x <= line * (1 + SAME)
        seen, later = np.flatnonzero(below), np.flatnonzero(~below)
        if len(seen) and len(later) >= FEWEST_LATER:
            lines[len(seen)] = Cutoff(float(x[seen].max()), seen, later)
        elif cutoffs is not None:
            got = f"{format_number(line)} with {len(seen)} below it and {len(later)} above"
            wanted = f"one with runs below it and at least {FEWEST_LATER} above"
            raise bad_input("cut-off", wanted, got, place=runs.source)
    if not lines:
        got = f"{len(x)} runs with {by} from {format_number(x.min())} to {format_number(x.max())}"
        raise bad_input(
            "runs", f"spread over {by}, so that some are later than others", got, place=runs.source
        )
    return list(lines.values())


def _try(
    runs: Runs,
    by: str,
    candidate: Candidate,
    line: Cutoff,
    objective: Objective,
    replicates: int,
    seed: int,
    level: float,
) -> Trial:
    fit, law = candidate.fit(runs, line.seen, objective), candidate.law
    scheme = "pairs" if fit.runs.group is None else "cluster"
    draws = bootstrap(fit, replicates, seed, scheme=scheme, solver=BRIEF)
    # At all runs, so that every cut-off shares what is compiled.
    drawn = scaled_losses(law, objective, draws.params, runs)[:, line.later]
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    if len(drawn) < 2:
        raise BadInput(f"{len(drawn)} of {len(draws)} resamples could be fitted")
    own = scaled_losses(law, objective, fit.params, runs)[0, line.later]
    if not np.isfinite(own).all():
        raise BadInput("it predicts losses of later runs that are not positive")
    L = runs.L[line.later]
    # Differences of losses become, to first order, those of their logs.
    observed, unit = (np.log(L), 1.0) if objective.residual == "log" else (L, L)
    low, high = spread_by_noise(fit, drawn, level)
    return Trial(
        law=law.name,
        cutoff=line,
        params=fit.params,
        trusted=fit.certificate.trusted,
        distance=np.log10(runs.inputs((by,))[by][line.later] / line.value),
        error=(own - observed) / unit,
        low=(low - observed) / unit,
        high=(high - observed) / unit,
        spread=drawn.std(axis=0, ddof=1) / unit,
        noise=noise_of(fit),
    )


@float64
def scaled_losses(law: Law, objective: Objective, params: Any, runs: Runs) -> Float[np.ndarray, "R n"]:
    """What every draw of the parameters predicts for every run, on the scale of the objective."""
    columns = law.Params(*(jnp.atleast_1d(jnp.asarray(leaf, float))[:, None] for leaf in params))
    losses = law.predict(columns, **runs.inputs(law.inputs))
    return np.asarray(objective.scale(jnp.asarray(losses)))


def noise_of(fit: Fit) -> float:
    """Standard deviation of a run's log loss about the law: of the residuals, the farthest drawn in."""
    n, p = len(fit.runs), fit.certificate.parameters
    limit = WINSORISED * fit.scale
    unit = 1.0 if fit.settings.objective.residual == "log" else fit.runs.L
    relative = np.clip(fit.residuals, -limit, limit) / unit
    return float(np.sqrt(np.mean(relative**2) * n / max(n - p, 1)))
