"""Frontiers fitted again over resamples, some at a time."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int, Integer

from scalelaw.approaches.frontier import FrontierParams, Line
from scalelaw.fitting.refits import Draw, Refits, Sample, draw_samples
from scalelaw.solve import Status
from scalelaw.solve.solver import Progress

Lines = tuple[Line, Line, Line]
"""Of log N*, log D* and log L* against log C."""


def refit_frontiers(
    fit: Callable[[Sample], tuple[Lines, Bool[np.ndarray, " R"]]],
    sample: Sample,
    draw: Draw,
    replicates: Integer[np.ndarray, " R"],
    *,
    chunk: int,
    rows: Int[np.ndarray, " m"] | None = None,
    progress: Progress | None = None,
) -> Refits:
    """The frontier of each replicate.

    Args:
        fit: from targets and weights, [n] or [R, n], to lines [R], and whether each lacks some of its points.
        sample: targets and weights of all runs.
        draw: makes a replicate's own target and weight.
        replicates: their numbers.
        chunk: replicates at a time: what bounds the memory.
        rows: the places of the sample that `fit` takes; all when None.
        progress: called with (replicates done, replicates in all).

    Returns:
        The refits; those without three lines are undetermined.
    """
    parts = []
    for first in range(0, len(replicates), chunk):
        own = replicates[first : first + chunk]
        lines, lacking = fit(draw_samples(sample, draw, own, rows=rows, at_once=chunk))
        parts.append([*(line.slope for line in lines), *(line.intercept for line in lines), lacking])
        if progress:
            progress(first + len(own), len(replicates))
    *numbers, lacking = np.concatenate(parts, axis=1)
    a, b, slope, *coefficients = numbers
    there = np.isfinite(numbers).all(axis=0)
    params = FrontierParams(*(np.where(there, each, np.nan) for each in (a, b, -slope, *coefficients)))
    status = np.where(there, Status.CONVERGED, Status.UNDETERMINED)
    return Refits(params, np.full(len(replicates), np.nan), status, lacking.astype(bool))


def describe_ends(status: Int[np.ndarray, " R"], changed: Bool[np.ndarray, " R"]) -> str:
    """How refits ended, in words."""
    lost = int(np.count_nonzero(status == Status.UNDETERMINED))
    lacking = int(np.count_nonzero(changed))
    rest = f", {lacking:,} lack the minimum of some profile" if lacking else ""
    return f"{lost:,} without a frontier count in no interval{rest}"


def no_covariances(
    draw: Draw,
    replicates: Integer[np.ndarray, " R"],
    params: FrontierParams,
    groups: Int[np.ndarray, " n"] | None,
) -> tuple[Float[np.ndarray, "P P"], Float[np.ndarray, "R P P"]]:
    """NaN: no formula gives the covariance of a frontier, and `refused` says so."""
    del draw, groups
    P = len(params)
    return np.full((P, P), np.nan), np.full((len(replicates), P, P), np.nan)
