"""A threshold that follows the noise: delta = 1.345 robust scales of the residuals that it leaves, a fixed point.

Delta moves the fit, and the fit moves its residuals; iterated from where a lane stands, with secants, the two agree
after a handful of rounds. Every resample finds its own, as every fit does.
"""

from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
from jax.tree_util import register_dataclass
from jaxtyping import Array, Float, Int

from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting.setup import Setup
from scalelaw.fitting.spread import residual_scale
from scalelaw.fitting.threshold import EFFICIENT
from scalelaw.solve import Problem, Solution, Solver, Status
from scalelaw.solve.problem import pad

# Delta agrees with the residuals to this share of itself.
SETTLED = 1e-8
ROUNDS = 48
# Secants that have not agreed by then are left for strides until the fixed point is passed, and then for halving.
CAUTIOUS, STRIDE = 8, 8.0
# Where the search begins, as a share of a loss: robust, whatever the noise.
FIRST = 1e-3
# Losses are not measured to better than this share of themselves: delta is no smaller where runs lie on the law.
LEAST = 1e-6
# In a resample of few rows half of the weight may lie on runs that are met exactly, whose scale is zero.
LEAST_OF_FIT = 0.1
# Slopes of the step, by log delta, that a secant believes.
STEEPEST, GENTLEST = -3.0, -0.02
AT_ONCE = 128


@register_dataclass
@dataclass(frozen=True)
class OwnThreshold:
    """A draw whose lanes have a delta each: its lane is (lane of the draw, delta).

    Attributes:
        draw: of target and weight, a pytree; None for the problem's own.
    """

    draw: Any

    def __call__(self, problem: Problem, lane: Any) -> tuple[Any, Any, Any]:
        """Target, weight and robust loss."""
        own, delta = lane
        target, weight = (None, None) if self.draw is None else self.draw(problem, own)
        return target, weight, replace(problem.rho, delta=delta)


def unit(setup: Setup) -> float:
    """What shares of a loss are shares of, in the unit of the residual."""
    return 1.0 if setup.objective.residual == "log" else float(np.median(np.abs(setup.L)))


def least_of_resamples(setup: Setup, delta: float | np.ndarray) -> np.ndarray:
    """The smallest delta of resamples of what was fitted with `delta`."""
    return np.asarray(np.maximum(LEAST * unit(setup), LEAST_OF_FIT * np.asarray(delta)))


def with_threshold(setup: Setup, delta: float) -> Setup:
    """The same with another delta."""
    objective = replace(setup.objective, delta=delta)
    return replace(setup, objective=objective, problem=replace(setup.problem, rho=objective.rho))


def thresholds(
    problem: Problem, theta: Float[np.ndarray, "lanes p"], draw: Any, lanes: Any, least: Any
) -> Float[np.ndarray, " lanes"]:
    """1.345 robust scales of the residuals of each lane, at least `least`; NaN where a lane is lost.

    Args:
        problem: whose residuals.
        theta: [lanes, p].
        draw: of target and weight, a pytree; None for the problem's own.
        lanes: handed to `draw`, a leading axis [lanes].
        least: the smallest delta, of all lanes or [lanes].
    """
    parts = []
    for first in range(0, len(theta), AT_ONCE):
        rows = slice(first, first + AT_ONCE)
        some = jax.tree.map(lambda leaf, rows=rows: pad(leaf[rows], AT_ONCE), (theta, lanes))
        parts.append(np.asarray(_scales(problem, draw, *some))[: len(theta[rows])])
    return np.asarray(np.maximum(EFFICIENT * np.concatenate(parts), least))


@float64
@compiled
def _scales(problem: Problem, draw: Any, theta: Array, lanes: Any) -> Float[Array, " lanes"]:
    def one(at: Array, lane: Any) -> Array:
        own = problem if draw is None else problem.of_lane(draw(problem, lane))
        return residual_scale(own.residual(tuple(at)), own, len(at))

    return jax.vmap(one, in_axes=(0, None if lanes is None else 0))(theta, lanes)


def settle(
    solver: Solver,
    problem: Problem,
    ends: Solution,
    delta: Float[np.ndarray, " lanes"],
    *,
    draw: Any,
    lanes: Any,
    least: Any,
) -> tuple[Solution, Float[np.ndarray, " lanes"]]:
    """Solve again with the delta that the residuals ask for, until they ask for no other.

    Args:
        solver: what minimises.
        problem: of all lanes.
        ends: where they ended with `delta`.
        delta: [lanes].
        draw: of target and weight, a pytree; None for the problem's own.
        lanes: handed to `draw`, a leading axis [lanes].
        least: the smallest delta, of all lanes or [lanes].

    Returns:
        The ends, and the delta of each; a lane that does not settle has reached the limit of iterations.
    """
    ends, delta = Solution(*(column.copy() for column in ends)), delta.copy()
    active, least = np.arange(len(delta)), np.broadcast_to(least, len(delta))
    search = _Search.of(len(delta))
    for _ in range(ROUNDS):
        own = jax.tree.map(lambda leaf, rows=active: leaf[rows], lanes)
        wanted = thresholds(problem, ends.theta[active], draw, own, least[active])
        step = search.step(active, np.log(delta[active]), np.log(wanted))
        # Not a number where a lane is lost.
        moving = np.abs(step) > SETTLED
        active, step = active[moving], step[moving]
        if not len(active):
            return ends, delta
        delta[active] *= np.exp(step)
        own = jax.tree.map(lambda leaf, rows=active: leaf[rows], lanes)
        again = solver(problem, ends.theta[active], draw=OwnThreshold(draw), lanes=(own, delta[active]))
        for column, solved in zip(ends, again, strict=True):
            column[active] = solved
    ends.status[active] = Status.ITERATION_LIMIT
    return ends, delta


@dataclass
class _Search:
    """Of every lane: how often it stepped, the last round, and between which log deltas the fixed point lies."""

    rounds: Int[np.ndarray, " lanes"]
    before: Float[np.ndarray, "2 lanes"]
    low: Float[np.ndarray, " lanes"]
    high: Float[np.ndarray, " lanes"]

    @classmethod
    def of(cls, lanes: int) -> "_Search":
        """Nothing is known."""
        infinite = np.full(lanes, np.inf)
        return cls(np.zeros(lanes, int), np.full((2, lanes), np.nan), -infinite, infinite)

    def step(
        self, rows: Int[np.ndarray, " m"], at: Float[np.ndarray, " m"], wanted: Float[np.ndarray, " m"]
    ) -> Float[np.ndarray, " m"]:
        """The next step of log delta of some lanes: by a secant, to what is wanted, or halfway between the ends."""
        off = wanted - at
        low = self.low[rows] = np.where(off > 0, np.fmax(self.low[rows], at), self.low[rows])
        high = self.high[rows] = np.where(off < 0, np.fmin(self.high[rows], at), self.high[rows])
        self.rounds[rows] += 1
        late, bracketed = self.rounds[rows] > CAUTIOUS, np.isfinite(low) & np.isfinite(high)
        stride = np.where(late, np.clip(STRIDE * off, -1, 1), _secant(at, off, *self.before[:, rows]))
        self.before[:, rows] = at, off
        # A fit may jump as delta passes: then no delta is a fixed point, and halving ends at the jump.
        outside = (at + stride <= low) | (at + stride >= high) | late
        middle = (np.where(bracketed, low, at) + np.where(bracketed, high, at)) / 2
        return np.asarray(np.where(bracketed & outside, middle - at, stride))


def _secant(
    at: Float[np.ndarray, " m"],
    off: Float[np.ndarray, " m"],
    at_before: Float[np.ndarray, " m"],
    off_before: Float[np.ndarray, " m"],
) -> Float[np.ndarray, " m"]:
    """The step of log delta to where a line through the last two rounds has `off` vanish; `off` where none fits."""
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (off - off_before) / (at - at_before)
        return np.where((slope > STEEPEST) & (slope < GENTLEST), -off / slope, off)
