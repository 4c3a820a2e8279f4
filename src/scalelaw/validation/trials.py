"""Trials: one law fitted to the runs below one cut-off, and what it said of the later ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from scalelaw._checks import BadInput, bad_input
from scalelaw._float64 import float64
from scalelaw.fitting import Fit
from scalelaw.fitting.coordinates import Constraints
from scalelaw.fitting.misfit import sizes
from scalelaw.fitting.parametric import fit_prepared
from scalelaw.fitting.refits import WARM
from scalelaw.fitting.setup import prepare
from scalelaw.laws import Law
from scalelaw.numbers import amount, format_number
from scalelaw.objective import Objective
from scalelaw.resampling.bootstrap import bootstrap
from scalelaw.runs import Runs
from scalelaw.solve import Levenberg
from scalelaw.uncertainty.prediction import spread_by_noise

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


def attempt(
    runs: Runs,
    by: str,
    candidate: Candidate,
    line: Cutoff,
    objective: Objective,
    replicates: int,
    seed: int,
    level: float,
) -> Trial:
    """Fit a candidate below a cut-off, resample it, and set what it says of the later runs beside these.

    Args:
        runs: the table.
        by: what orders it.
        candidate: the law.
        line: the cut-off.
        objective: of the fit.
        replicates: resamples; whole groups are drawn where the table has a group column.
        seed: of the resamples.
        level: of the intervals of a new run.

    Raises:
        BadInput: if the runs below are too few for the law, or it predicts losses that are not positive.
    """
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
    unit = 1.0 if fit.settings.objective.residual == "log" else sizes(fit.runs.L)
    relative = np.clip(fit.residuals, -limit, limit) / unit
    return float(np.sqrt(np.mean(relative**2) * n / max(n - p, 1)))
