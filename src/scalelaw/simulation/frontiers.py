"""Coverage of Approaches 1 and 2: how often their intervals hold the optimum of the law that made the runs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
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
from scalelaw.resampling.estimator import Estimator
from scalelaw.resampling.intervals import KINDS
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
        BadInput: for a number out of range, an unknown noise or kind, or a scheme that the approach refuses.

    Examples:
        >>> truth = sl.fit(sl.simulation.design_runs("isoflop"), starts="projected")
        >>> found = sl.frontier_coverage(
        ...     sl.isoflop, truth, sl.Cell("parametric"), size=0.002, datasets=100, replicates=99
        ... )
        >>> [f"{name}: {share:.0%}" for name, share in zip(found.table.of, found.table.covered)]
    """
    check_at_least("datasets", datasets, 2)
    check_at_least("replicates", replicates, 2)
    check_probability("level", level)
    for kind in kinds:
        check_choice("kind", kind, KINDS)
    runs = _with_compute(truth.runs)
    wanted = default_quantities(runs) if of is None else tuple(of)
    exact = optimum(truth, wanted)
    groups = np.arange(len(runs)) if cell.by is None else group_codes(runs, cell.by)
    table, rows, failed = FrontierTable(wanted), [], 0
    expected = truth.predict(**truth.runs.inputs(truth.law.inputs))
    for number in range(datasets):
        noise = draw_noise(cell.noise, groups, np.array([number]), seed)[0] * (
            truth.scale if size is None else size
        )
        own = replace(runs, L=expected * np.exp(noise))
        ends, lost = _intervals(
            make, own, cell, table, replicates, seeds_of(np.array([number]), seed)[0], kinds, level
        )
        failed += ends is None
        for kind in kinds:
            low, high = np.full((2, len(wanted)), np.nan) if ends is None else ends[kind]
            row = {
                "of": [name_of(each) for each in wanted],
                "kind": kind,
                "low": low,
                "high": high,
                "truth": exact,
            }
            rows.append(pd.DataFrame(row | {"arrived": ends is not None, "lost": lost}))
        if progress:
            progress(number + 1, datasets)
    return Coverage(cell, datasets, replicates, level, failed, measured(pd.concat(rows), datasets))


def _intervals(
    make: Callable[[Runs], Estimator],
    runs: Runs,
    cell: Cell,
    table: FrontierTable,
    replicates: int,
    seed: np.uint32,
    kinds: Sequence[str],
    level: float,
) -> tuple[dict[str, Any] | None, float]:
    """Ends of every kind for one data set, and the share of resamples lost; None where it has no frontier."""
    try:
        found = make(runs)
        draws = bootstrap(
            found, replicates, int(seed), scheme=cell.scheme, by=cell.by if cell.grouped else None
        )
        return {
            kind: draws.interval(table, level=level, kind=kind) for kind in kinds
        }, 1 - draws.usable.mean()
    except BadInput:
        return None, 1.0


def _with_compute(runs: Runs) -> Runs:
    """The runs with C = 6 N D where they have none."""
    if runs.C is not None:
        return runs
    inputs = runs.inputs(("N", "D"))
    return replace(runs, C=SIX_ND.flops(inputs["N"], inputs["D"]))


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
