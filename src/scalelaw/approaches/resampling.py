"""Approach 2 over resamples, in batched calls: noise added to the losses, or runs redrawn within budgets.

Draws are taken replicate by replicate from one stream, so that replicate i is the same whatever their number
and however they are cut into chunks.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from scalelaw.approaches.frontier import Frontier, FrontierDraws, Line, joined, line
from scalelaw.approaches.minima import Method, Minima, Points
from scalelaw.approaches.profiles import Profiles

CHUNK = 512
"""Replicates at a time: what bounds the memory."""

SCHEMES = {
    "noise": "normal noise added to every loss",
    "runs": "the runs of each budget drawn with replacement",
}


class Axis(NamedTuple):
    """One axis of the profiles.

    Attributes:
        profiles: of all budgets.
        shift: [B] what is taken off the log of each minimum.
        weight: [B] of each minimum in the power law; 0 for profiles that are refused.
    """

    profiles: Profiles
    shift: Float[np.ndarray, " B"]
    weight: Float[np.ndarray, " B"]


class Plan(NamedTuple):
    """What is done with every resample.

    Attributes:
        method: how minima are found.
        C: budgets [FLOP].
        by_N: profiles against log N.
        by_D: profiles against log D.
        noise: standard deviation of a loss, nats per token.
    """

    method: Method
    C: Float[np.ndarray, " B"]
    by_N: Axis
    by_D: Axis
    noise: float


Lot = tuple[Points, Points]
"""Losses and weights of the places of every profile, of one axis, over some resamples."""

Lots = tuple[Lot, Lot]
"""By N and by D."""


def resampled(frontier: Frontier, plan: Plan, lots: Iterable[Lots], words: str) -> FrontierDraws:
    """The frontier over resamples.

    Args:
        frontier: with all runs.
        plan: what is done with every resample.
        lots: the resamples, some at a time.
        words: how they were made.
    """
    parts = [_lines(plan, *some) for some in lots]
    N, D, L = (joined(same) for same in zip(*(lines for lines, _ in parts), strict=True))
    share = sum(lost for _, lost in parts) / (len(N.slope) * max(int(np.count_nonzero(plan.by_N.weight)), 1))
    left_out = f"; {100 * share:.2g} % of the refitted profiles had no minimum" if share else ""
    return FrontierDraws(frontier, N, D, L, words + left_out)


def in_chunks(replicates: int, draw: Callable[[int, Plan], Lots], plan: Plan) -> Iterator[Lots]:
    """So many resamples, some at a time."""
    for start in range(0, replicates, CHUNK):
        yield draw(min(CHUNK, replicates - start), plan)


def counted(times: Float[np.ndarray, "R n"], plan: Plan) -> Iterator[Lots]:
    """Resamples in which each run of the table counts so many times, some at a time."""
    for start in range(0, len(times), CHUNK):
        yield _weighed(times[start : start + CHUNK], plan)


def noisy(random: np.random.Generator, count: int, plan: Plan) -> Lots:
    """Losses with noise added; a run has the same noise in both axes."""
    by_N, by_D = plan.by_N.profiles, plan.by_D.profiles
    drawn = plan.noise * random.standard_normal((count, int(by_N.run.max()) + 1))
    return (by_N.y + drawn[:, by_N.run], by_N.weight), (by_D.y + drawn[:, by_D.run], by_D.weight)


def redrawn(random: np.random.Generator, count: int, plan: Plan) -> Lots:
    """Runs drawn with replacement within each budget."""
    by_N = plan.by_N.profiles
    sizes = np.count_nonzero(by_N.weight, axis=1)[:, None]
    place = np.minimum((random.random((count, *by_N.x.shape)) * sizes).astype(int), np.maximum(sizes - 1, 0))
    drawn = _weighty(by_N)[np.arange(len(sizes))[:, None], place]
    there = np.arange(by_N.x.shape[1]) < sizes
    runs = int(by_N.run.max()) + 1
    flat = np.arange(count)[:, None] * runs + drawn[:, there]
    times = np.bincount(flat.ravel(), minlength=count * runs).reshape(count, runs)
    return _weighed(times, plan)


def _weighed(times: Float[np.ndarray, "R n"], plan: Plan) -> Lots:
    """Losses and weights of each axis, where each run counts so many times in both."""
    by_N, by_D = plan.by_N.profiles, plan.by_D.profiles
    return (by_N.y, by_N.weight * times[:, by_N.run]), (by_D.y, by_D.weight * times[:, by_D.run])


def _weighty(given: Profiles) -> np.ndarray:
    """The runs of each profile, those that have weight at the front."""
    order = np.argsort(given.weight == 0, axis=1, kind="stable")
    return np.take_along_axis(given.run, order, axis=1)


def _lines(plan: Plan, lot_N: Lot, lot_D: Lot) -> tuple[tuple[Line, Line, Line], int]:
    """Lines of log N*, log D* and log L* against log C through whatever minima a resample has.

    With them, how many minima by N are lacking.
    """
    x = np.log(plan.C)
    (N, there_N), (D, there_D) = _minima(plan, plan.by_N, lot_N), _minima(plan, plan.by_D, lot_D)
    there_L = np.where(N.y > 0, there_N, 0.0)
    loss = np.log(np.where(there_L > 0, N.y, 1.0))
    by_N, by_D = (
        line(x, found.x - axis.shift, there)
        for found, axis, there in ((N, plan.by_N, there_N), (D, plan.by_D, there_D))
    )
    lost = int(np.count_nonzero((plan.by_N.weight > 0) & (there_N == 0)))
    return (by_N, by_D, line(x, loss, there_L)), lost


def _minima(plan: Plan, axis: Axis, lot: Lot) -> tuple[Minima, Points]:
    """The minima of one axis and their weights, 0 where a resample has none."""
    found = plan.method.minima(axis.profiles.x, *lot)
    return found, np.where(np.isfinite(found.x), axis.weight, 0.0)
