"""Coverage of Approaches 1 and 2: how often their intervals hold the optimum of the law that made the runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from scalelaw._checks import BadInput, check_at_least, check_choice, check_probability
from scalelaw._float64 import float64
from scalelaw.allocation import optimal
from scalelaw.approaches.frontier import FrontierParams, FrontierQuantity, FrontierTable, frontier_quantity
from scalelaw.fitting import Fit
from scalelaw.flops import SIX_ND
from scalelaw.resampling.bootstrap import bootstrap
from scalelaw.resampling.estimator import Estimator, check_allowed
from scalelaw.resampling.intervals import KINDS, Interval
from scalelaw.resampling.schemes import SCHEMES
from scalelaw.runs import Runs
from scalelaw.runs.groups import group_codes
from scalelaw.simulation.coverage import Cell, Coverage, measured
from scalelaw.simulation.designs import draw_noise
from scalelaw.simulation.simulator import seeds_of
from scalelaw.solve.solver import Progress

BEYOND = 10
"""By default N* is asked for at the largest budget and at this many times it."""


def frontier_coverage(
    make: Callable[[Runs], Estimator],
    truth: Fit,
    cell: Cell,
    *,
    of: Sequence[FrontierQuantity] | None = None,
    datasets: int = 2000,
    replicates: int = 999,
    kinds: Sequence[str] = ("percentile",),
    level: float = 0.95,
    size: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Coverage:
    """Simulate runs from a law, find their frontier by Approach 1 or 2 with intervals, and count what these hold.

    Every data set has the runs (N, D, C, groups) of the truth, and losses of its law with noise on their logs. It
    goes the way of a user's table: profiles or curves are read anew, some may be refused, and the estimator is
    resampled. The truth is the law's own optimum.

    Args:
        make: the approach: `sl.isoflop` or `sl.envelope`, or a partial with their settings.
        truth: an Approach-3 fit of a law of N and D; its runs are the design.
        cell: scheme and noise; `by` says which runs belong together in both.
        of: numbers of the frontier; a, and N* at the largest budget and at ten times it, when None.
        datasets: how many data sets.
        replicates: resamples of each.
        kinds: of interval.
        level: of confidence.
        size: standard deviation of the noise on log L; the truth's own scale when None.
        seed: data set s and its resamples depend on the seed and s alone.
        progress: called with (data sets done, data sets in all).

    Returns:
        The share of data sets whose interval holds the truth; those without a frontier are `failed`, not covered.

    Raises:
        BadInput: for a number out of range, an unknown noise, a scheme or kind that the approach refuses, or a
            design that has no frontier without noise.

    Examples:
        >>> truth = sl.fit(sl.simulation.design_runs("isoflop"), starts="projected")
        >>> found = sl.frontier_coverage(
        ...     sl.isoflop, truth, sl.Cell("parametric"), size=0.002, datasets=4, replicates=19
        ... )
        >>> [*found.table.of], found.failed
        (['a', 'N* at 3e+21', 'N* at 3e+22'], 0)
    """
    check_at_least("datasets", datasets, 2)
    check_at_least("replicates", replicates, 2)
    check_probability("level", level)
    for kind in kinds:
        check_choice("kind", kind, KINDS)
    runs = _with_compute(truth)
    check_holds(make(runs), cell.scheme, kinds)
    wanted = default_quantities(runs) if of is None else tuple(of)
    trial = FrontierTrial(make, runs, cell, wanted, optimum(truth, wanted), replicates, tuple(kinds), level)
    groups = np.arange(len(runs)) if cell.by is None else group_codes(runs, cell.by)
    parts = []
    for number in np.arange(datasets)[:, None]:
        noise = draw_noise(cell.noise, groups, number, seed)[0] * (truth.scale if size is None else size)
        parts.append(trial(noise, int(seeds_of(number, seed)[0])))
        if progress:
            progress(int(number[0]) + 1, datasets)
    rows = pd.concat(parts)
    failed = int(np.count_nonzero(~rows["arrived"])) // (len(wanted) * len(kinds))
    return Coverage(cell, datasets, replicates, level, failed, measured(rows, datasets))


@dataclass(frozen=True)
class FrontierTrial:
    """Everything that does not change from one data set to the next.

    Attributes:
        make: the approach.
        runs: the design, with the losses of the law.
        cell: scheme and noise.
        of: numbers of the frontier.
        truth: their values.
        replicates: resamples of each data set.
        kinds: of interval.
        level: of confidence.
    """

    make: Callable[[Runs], Estimator]
    runs: Runs
    cell: Cell
    of: tuple[FrontierQuantity, ...]
    truth: Float[np.ndarray, " Q"]
    replicates: int
    kinds: tuple[str, ...]
    level: float

    def __call__(self, noise: Float[np.ndarray, " n"], seed: int) -> pd.DataFrame:
        """Intervals of one data set, a row each; NaN where it has no frontier."""
        nowhere = Interval(*np.full((2, len(self.of)), np.nan))
        ends, lost, arrived = dict.fromkeys(self.kinds, nowhere), 1.0, False
        try:
            found = self.make(replace(self.runs, L=self.runs.L * np.exp(noise)))
            by = self.cell.by if self.cell.grouped else None
            draws = bootstrap(found, self.replicates, seed, scheme=self.cell.scheme, by=by)
            table = FrontierTable(self.of)
            ends = {kind: draws.interval(table, level=self.level, kind=kind) for kind in self.kinds}
            lost, arrived = 1 - float(draws.usable.mean()), True
        except BadInput:
            pass  # what a user would be told is a data set without an answer here
        names = [name_of(each) for each in self.of]
        same = {"of": names, "truth": self.truth, "arrived": arrived, "lost": lost}
        return pd.concat(
            pd.DataFrame({**same, "kind": kind, "low": low, "high": high})
            for kind, (low, high) in ends.items()
        )


def check_holds(estimator: Estimator, scheme: str, kinds: Sequence[str]) -> None:
    """Refuse a scheme or kinds of interval that do not hold for an estimator.

    Raises:
        BadInput: with the estimator's own reason.
    """
    check_choice("scheme", scheme, SCHEMES)
    check_allowed(estimator, "scheme", scheme)
    for kind in kinds:
        check_allowed(estimator, "kind", kind)


def _with_compute(truth: Fit) -> Runs:
    """The runs of a fit with the losses of its law, and C = 6 N D where they have none."""
    runs = truth.runs
    inputs = runs.inputs(("N", "D"))
    C = SIX_ND.flops(inputs["N"], inputs["D"]) if runs.C is None else runs.C
    return replace(runs, C=np.asarray(C), L=truth.predict(**runs.inputs(truth.law.inputs)))


def default_quantities(runs: Runs) -> tuple[FrontierQuantity, ...]:
    """The exponent a, and N* at the largest budget and at ten times it."""
    most = float(np.max(runs.inputs(("C",))["C"]))
    return (FrontierQuantity("a"), *(frontier_quantity("N", C) for C in (most, BEYOND * most)))


def name_of(quantity: FrontierQuantity) -> str:
    """As tables name it."""
    return quantity.name if quantity.C is None else f"{quantity.name}* at {quantity.C:.3g}"


def optimum(truth: Fit, wanted: Sequence[FrontierQuantity]) -> Float[np.ndarray, " Q"]:
    """What a law says of numbers of a frontier: its optimum at a budget; exponents between the ends of the runs."""
    inputs = truth.runs.inputs(("N", "D"))
    C = np.asarray(SIX_ND.flops(inputs["N"], inputs["D"]))
    ends = np.array([C.min(), C.max()])
    return np.array([_optimum(truth, each, ends) for each in wanted])


@float64
def _optimum(truth: Fit, quantity: FrontierQuantity, ends: Float[np.ndarray, "2"]) -> Any:
    at = ends if quantity.C is None else np.array([quantity.C, BEYOND * quantity.C])
    N, D = (np.asarray(size) for size in optimal(truth.law, truth.params, at))
    L = truth.predict(N=N, D=D)
    # Through the optimum at the budget itself: there the line is exact, whatever the law.
    a, b, slope = (np.diff(np.log(values))[0] / np.diff(np.log(at))[0] for values in (N, D, L))
    intercepts = (np.log(values[0]) - rate * np.log(at[0]) for values, rate in ((N, a), (D, b), (L, slope)))
    return quantity(FrontierParams(a, b, -slope, *intercepts))
