"""Refits: one replicate's lanes start from every basin of the fit, and the best of them is its draw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Integer

from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting.adaptive import OwnThreshold, least_of_resamples, settle
from scalelaw.fitting.setup import Basin, Setup
from scalelaw.fitting.starts import distinct, most_promising, projected
from scalelaw.solve import Levenberg, Solution, Status, levenberg
from scalelaw.solve.batch import workers
from scalelaw.solve.problem import pad
from scalelaw.solve.solver import Progress, as_pytree

# Most replicates end in a dozen iterations, and the slowest of a chunk in three dozen.
WARM = Levenberg(preset=levenberg.WARM, stride=12, chunk=128)
# Replicates that fail are repeated with the caution that far starts need, and more iterations.
RETRY = Levenberg(iterations=2000)
# Replicates x starts held at once.
LANES_AT_ONCE = 1 << 16
# A positive parameter that a fit drove below e^VANISHED no longer moves a loss: it is at its limit, zero. Its
# logarithm is kept where e^x and its square are numbers.
VANISHED = -40.0
# No gradient brings such a parameter back where a resample wants it: replicates of such a fit also start from so
# many projected starts in which it counts, for more than e^COUNTS in units of the fit.
PROJECTED, COUNTS = 4, -7.0
# Of ends within this share of the lowest objective, one at a stationary point is preferred.
SAME_END = 1e-9
# Another end counts as one if it is lower by more than this share.
LOWER = 1e-6


# Marks a field of a draw that has an entry a run, to be padded as the solver's problem is.
OF_RUNS = {"of_runs": True}


class Sample(NamedTuple):
    """What a resampling scheme changes; `scalelaw.solve.Problem` has the same two names.

    Attributes:
        target: [n] on the estimator's own scale: log loss, or nats per token.
        weight: [n] of the runs.
    """

    target: Float[np.ndarray, " n"]
    weight: Float[np.ndarray, " n"]

    @property
    def points(self) -> int:
        """How many runs; of a `Problem`, those that are not padding."""
        return len(self.target)


Draw = Callable[[Any, Any], tuple[Any, Any]]
"""(Sample or Problem, number of a replicate) -> that replicate's (target, weight), None for what stays."""


def padded_draw(draw: Any, size: int) -> Any:
    """A draw for a problem of `size` points, those of padding included."""
    columns = [each.name for each in fields(draw) if "of_runs" in each.metadata] if is_dataclass(draw) else []
    return replace(draw, **{name: pad(getattr(draw, name), size) for name in columns}) if columns else draw


class Refits(NamedTuple):
    """The end of every replicate.

    Attributes:
        params: the estimator's NamedTuple of arrays [R], natural units; NaN where there is none.
        objective: [R] of the resampled data.
        status: [R] values of `scalelaw.solve.Status`.
        changed: [R] whether another start than the fit itself ended lower.
    """

    params: Any
    objective: Float[np.ndarray, " R"]
    status: Int[np.ndarray, " R"]
    changed: np.ndarray


def draw_samples(
    sample: Sample,
    draw: Draw,
    replicates: Integer[np.ndarray, " R"],
    *,
    at_once: int,
    rows: Int[np.ndarray, " m"] | None = None,
) -> Sample:
    """Targets and weights of replicates, on the host: for estimators that NumPy repeats.

    Args:
        sample: of all runs.
        draw: makes a replicate's own target and weight.
        replicates: their numbers, at most `at_once` of them.
        at_once: what is compiled for.
        rows: places of the sample that are wanted; all when None.

    Returns:
        [R, m] each; [m] of what the draw leaves alone.
    """
    rows = np.arange(len(sample.target)) if rows is None else rows
    padded = np.pad(replicates, (0, at_once - len(replicates)), mode="edge")
    drawn = _draw(sample, as_pytree(draw), padded, rows)
    return Sample(
        *(
            shared[rows] if own is None else own[: len(replicates)]
            for own, shared in zip(drawn, sample, strict=True)
        )
    )


@float64
@compiled
def _draw(sample: Sample, draw: Any, replicates: Array, rows: Array) -> tuple[Any, ...]:
    def one(replicate: Array) -> tuple[Any, ...]:
        return tuple(None if own is None else own[rows] for own in draw(sample, replicate))

    drawn: tuple[Any, ...] = jax.vmap(one)(replicates)
    return drawn


@dataclass(frozen=True)
class Refitter:
    """A fit made ready to be repeated.

    Attributes:
        setup: the solver's problem and the way back to parameters.
        starts: [K, p] where each replicate starts, the fit first.
        solver: what minimises.
        retry: what replicates that fail are repeated with, if at all.
    """

    setup: Setup
    starts: Float[np.ndarray, "K p"]
    solver: Levenberg
    retry: Levenberg | None = None

    @classmethod
    def of(
        cls,
        setup: Setup,
        basins: Sequence[Basin],
        *,
        everywhere: bool = False,
        solver: Levenberg | None = None,
    ) -> "Refitter":
        """From the basins of a fit, the fit's own first, and from the law's whole grid if `everywhere`."""
        theta = setup.theta(np.array([[*basin.params] for basin in basins], float))
        positive = np.isin(setup.coordinates.free, setup.law.positive)
        vanished = positive & (theta[0] < VANISHED)
        if vanished.any():
            theta = np.concatenate([theta, _starts_with(setup, theta[0], vanished)])
        if everywhere:
            theta = np.concatenate([theta, setup.theta(setup.grid())])
        finite = distinct(theta[np.isfinite(theta).all(axis=1)])
        inside = np.clip(finite, setup.problem.lower, setup.problem.upper)
        if solver is not None or everywhere:
            return cls(setup, inside, solver or Levenberg())
        return cls(setup, inside, WARM, RETRY)

    @float64
    def on(self, device: jax.Device, devices: int) -> "Refitter":
        """The same with its arrays on one of several devices, and threads that leave room for the others."""
        problem = jax.device_put(self.setup.problem, device)
        threads = self.solver.threads or max(1, workers() // devices)
        solver = replace(self.solver, threads=threads)
        retry = None if self.retry is None else replace(self.retry, threads=threads)
        return replace(self, setup=replace(self.setup, problem=problem), solver=solver, retry=retry)

    def __call__(
        self, draw: Draw, replicates: Integer[np.ndarray, " R"], progress: Progress | None = None
    ) -> Refits:
        """Refit every replicate.

        Args:
            draw: (problem, replicate) -> that replicate's (target, weight).
            replicates: numbers of the replicates.
            progress: called with (replicates done, replicates in all).
        """
        draw = padded_draw(draw, len(self.setup.problem.target))
        ends = self._refit_with(self.solver, draw, replicates, progress)
        failed = np.flatnonzero(~np.isin(ends[2], (Status.CONVERGED, Status.AT_BOUND)))
        if len(failed) and self.retry is not None:
            for column, again in zip(
                ends, self._refit_with(self.retry, draw, replicates[failed]), strict=True
            ):
                column[failed] = again
        theta, *rest = ends
        return Refits(self.setup.params(theta), *rest)

    def _refit_with(
        self,
        solver: Levenberg,
        draw: Draw,
        replicates: Integer[np.ndarray, " R"],
        progress: Progress | None = None,
    ) -> tuple[np.ndarray, ...]:
        """Theta, objective, status and changed of every replicate; so many at once as memory allows."""
        at_once = max(1, LANES_AT_ONCE // len(self.starts))
        solve = self._follow_noise if self.setup.objective.auto else self._solve
        parts = []
        for first in range(0, len(replicates), at_once):
            some = replicates[first : first + at_once]
            parts.append(solve(solver, draw, some))
            if progress:
                progress(first + len(some), len(replicates))
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def _solve(self, solver: Levenberg, draw: Any, replicates: Any) -> tuple[np.ndarray, ...]:
        """Theta, objective, status and changed of some replicates, of what the draw takes for them."""
        lanes = jax.tree.map(lambda leaf: np.repeat(leaf, len(self.starts)), replicates)
        count = len(jax.tree.leaves(replicates)[0])
        starts = np.tile(self.starts, (count, 1))
        return _best(solver(self.setup.problem, starts, draw=draw, lanes=lanes), count)

    def _follow_noise(
        self, solver: Levenberg, draw: Draw, replicates: Integer[np.ndarray, " R"]
    ) -> tuple[np.ndarray, ...]:
        """The same, each with the delta that its own residuals ask for."""
        own, delta = OwnThreshold(as_pytree(draw)), np.full(len(replicates), self.setup.objective.delta)
        theta, objective, status, changed = self._solve(solver, own, (replicates, delta))
        none = np.zeros(len(replicates), np.int32)
        ends, _ = settle(
            solver,
            self.setup.problem,
            Solution(theta, objective, np.zeros(len(replicates)), status, none),
            delta,
            draw=as_pytree(draw),
            lanes=replicates,
            least=least_of_resamples(self.setup, delta),
        )
        return ends.theta, ends.objective, ends.status, changed


def _best(ends: Solution, count: int) -> tuple[np.ndarray, ...]:
    """Theta, objective, status and changed of `count` replicates, each from the lowest end of its starts."""
    objective = np.where(np.isfinite(ends.objective), ends.objective, np.inf).reshape(count, -1)
    lowest = objective.min(axis=1, keepdims=True)
    # Of ends as low as can be told, one that has arrived: a parameter on its way to zero never does.
    arrived = ends.usable.reshape(count, -1) & (objective <= lowest * (1 + SAME_END))
    eligible = np.where(arrived.any(axis=1, keepdims=True), arrived, True)
    won = np.argmin(np.where(eligible, objective, np.inf), axis=1)
    flat = np.arange(count) * objective.shape[1] + won
    changed = ends.objective[flat] < objective[:, 0] * (1 - LOWER)
    return ends.theta[flat], ends.objective[flat], ends.status[flat], changed


def _starts_with(setup: Setup, own: Float[np.ndarray, " p"], vanished: Bool[np.ndarray, " p"]) -> np.ndarray:
    """Starts [K, p] in which every vanished parameter counts: projected ones, or the fit's `own` with it raised."""
    if set(np.flatnonzero(vanished)) <= set(setup.coordinates.own(setup.law.linear)):
        theta = projected(setup)
        counts = theta[(theta[:, vanished] > COUNTS).all(axis=1)]
        if len(counts):
            return most_promising(setup.problem, counts, PROJECTED)
    return np.where(vanished, COUNTS, own)[None]
