"""Refits: one replicate's lanes start from every basin of the fit, and the best of them is its draw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int

from scalelaw._float64 import float64
from scalelaw.fitting.parts import Basin
from scalelaw.fitting.setup import Setup
from scalelaw.fitting.starts import distinct
from scalelaw.solve import Levenberg
from scalelaw.solve.lanes import Progress, as_pytree, workers
from scalelaw.solve.levenberg import NEARBY

# Most replicates end in a dozen iterations, and the slowest of a chunk in three dozen.
WARM = Levenberg(gait=NEARBY, stride=12, chunk=128)
# Replicates x starts held at once.
LANES_AT_ONCE = 1 << 16
# A positive parameter that a fit drove below e^VANISHED no longer moves a loss, and no gradient would bring it back
# where a resample wants it: it starts alive, at e^REVIVED.
VANISHED, REVIVED = -40.0, -10.0
# Another basin counts as one if it is lower by more than this share.
LOWER = 1e-6


class Sample(NamedTuple):
    """What a resampling scheme changes; `scalelaw.solve.Problem` has the same two names.

    Attributes:
        target: [n] on the estimator's own scale: log loss, or nats per token.
        weight: [n] of the runs.
    """

    target: Float[np.ndarray, " n"]
    weight: Float[np.ndarray, " n"]


Draw = Callable[[Any, Any], tuple[Any, Any]]
"""(Sample or Problem, number of a replicate) -> that replicate's (target, weight), None for what stays."""


class Refits(NamedTuple):
    """The end of every replicate.

    Attributes:
        params: the estimator's NamedTuple of arrays [R], natural units; NaN where there is none.
        objective: [R] of the resampled data.
        status: [R] values of `scalelaw.solve.Status`.
        changed: [R] whether another start than the fit itself led lower.
    """

    params: Any
    objective: Float[np.ndarray, " R"]
    status: Int[np.ndarray, " R"]
    changed: np.ndarray


def draw_samples(
    sample: Sample,
    draw: Draw,
    replicates: Int[np.ndarray, " R"],
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
            whole[rows] if own is None else own[: len(replicates)]
            for own, whole in zip(drawn, sample, strict=True)
        )
    )


@float64
@jax.jit
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
    """

    setup: Setup
    starts: Float[np.ndarray, "K p"]
    solver: Levenberg

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
        theta = np.where(positive & (theta < VANISHED), REVIVED, theta)
        if everywhere:
            theta = np.concatenate([theta, setup.theta(setup.law.grid())])
        finite = distinct(theta[np.isfinite(theta).all(axis=1)])
        inside = np.clip(finite, setup.problem.lower, setup.problem.upper)
        return cls(setup, inside, solver or (Levenberg() if everywhere else WARM))

    @float64
    def on(self, device: jax.Device, devices: int) -> "Refitter":
        """The same with its arrays on one of several devices, and threads that leave room for the others."""
        problem = jax.device_put(self.setup.problem, device)
        solver = replace(self.solver, threads=self.solver.threads or max(1, workers() // devices))
        return replace(self, setup=replace(self.setup, problem=problem), solver=solver)

    def __call__(
        self, draw: Draw, replicates: Int[np.ndarray, " R"], progress: Progress | None = None
    ) -> Refits:
        """Refit every replicate.

        Args:
            draw: (problem, replicate) -> that replicate's (target, weight).
            replicates: numbers of the replicates.
            progress: called with (replicates done, replicates in all).
        """
        at_once = max(1, LANES_AT_ONCE // len(self.starts))
        parts = []
        for first in range(0, len(replicates), at_once):
            parts.append(self._refit(draw, replicates[first : first + at_once]))
            if progress:
                progress(min(first + at_once, len(replicates)), len(replicates))
        theta, *rest = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Refits(self.setup.params(theta), *rest)

    def _refit(self, draw: Draw, replicates: Int[np.ndarray, " R"]) -> tuple[np.ndarray, ...]:
        """Theta, objective, status and changed of so many replicates as are held at once."""
        count, K = len(replicates), len(self.starts)
        lanes = np.repeat(replicates, K)
        ends = self.solver(self.setup.problem, np.tile(self.starts, (count, 1)), draw=draw, lanes=lanes)
        objective = np.where(np.isfinite(ends.objective), ends.objective, np.inf).reshape(count, K)
        won = np.argmin(objective, axis=1)
        flat = np.arange(count) * K + won
        changed = ends.objective[flat] < objective[:, 0] * (1 - LOWER)
        return ends.theta[flat], ends.objective[flat], ends.status[flat], changed
