"""Levenberg-Marquardt over many lanes in chunks of one compiled size: threads, compaction, bounded memory.

Each call of the compiled function advances a chunk of lanes by a few iterations and stays in cache. Between
calls the lanes that have finished are taken out and the active ones are packed together (compaction), so that
nobody waits for the slowest start. XLA runs one chunk on one core; Python threads that execute the same
compiled function run on all of them.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from scalelaw._compiled import compiled
from scalelaw.solve import levenberg
from scalelaw.solve.arrival import decrement, left_to_gain
from scalelaw.solve.levenberg import COLD, LaneState, Model, Preset
from scalelaw.solve.problem import Own, Problem
from scalelaw.solve.solver import Draw, Progress, Solution, Status, as_pytree

SMALL_CHUNK = 16
LONG_TABLE = 1024
DEVICE_CELLS = 1 << 24
# Lanes held at once beside their starts and ends, whatever their number.
BLOCK = 1 << 16


@dataclass(frozen=True)
class Levenberg:
    """The default solver: robust Levenberg-Marquardt over lanes (see `levenberg`).

    Not for a law whose prediction is not differentiable in its parameters, and not for one with more than a
    few dozen of them: the small systems are unrolled.

    Attributes:
        tolerance: stop when the predicted decrease, and the decrease that any one coordinate offers, are
            below this share of the objective.
        iterations: limit of iterations per lane.
        chunk: lanes advanced together; None fits a chunk to the cache (CPU) or the device (GPU).
        threads: workers; None uses every core this process may run on.
        stride: iterations between two compactions.
        preset: of the damping: `levenberg.COLD`, or `levenberg.WARM` for starts near an optimum.
    """

    tolerance: float = 1e-18
    iterations: int = 500
    chunk: int | None = None
    threads: int | None = None
    stride: int = 32
    preset: Preset = COLD

    def __call__(
        self,
        problem: Problem,
        starts: Float[np.ndarray, "*lanes p"],
        *,
        draw: Draw | None = None,
        lanes: Any = None,
        progress: Progress | None = None,
    ) -> Solution:
        """Minimise from every start; see `Solver`."""
        starts = np.atleast_2d(np.asarray(starts, np.float64))
        threads = self.threads or workers()
        size = self.chunk or chunk_size(len(problem.target), -(-len(starts) // threads))
        advance = partial(
            _advance, problem, draw=as_pytree(draw), preset=self.preset, tolerance=self.tolerance
        )
        count = len(starts)
        ends = Solution(np.empty(starts.shape), *np.empty((2, count)), *np.zeros((2, count), np.int32))
        with ThreadPoolExecutor(threads) as pool:
            for first in range(0, len(starts), BLOCK):
                block = slice(first, first + BLOCK)
                own = jax.tree.map(lambda leaf, block=block: leaf[block], lanes)
                batch = _Batch(starts[block], own, self.preset.mu)
                # The first iteration of a lane evaluates its start.
                for done in range(0, 1 + self.iterations, self.stride):
                    stride = min(self.stride, 1 + self.iterations - done)
                    if not batch.advance(pool, partial(advance, stride=stride), size):
                        break
                    if progress:
                        progress(first + batch.finished, len(starts))
                batch.judge(partial(left_to_gain, problem, draw=as_pytree(draw)))
                batch.write(ends, block)
        return ends


def chunk_size(n: int, lanes: int) -> int:
    """Lanes per chunk, for n points and this many lanes per worker: few sizes, as each one is a compilation.

    On a CPU 64 lanes keep lanes x points in cache, and 16 do for long tables or few lanes; a device takes
    as many as keep lanes x points at 16 million.
    """
    if jax.default_backend() == "cpu":
        return 64 if n <= LONG_TABLE and lanes > SMALL_CHUNK else SMALL_CHUNK
    return max(SMALL_CHUNK, min(_power_of_two(DEVICE_CELLS // max(n, 1)), _power_of_two(lanes)))


def workers() -> int:
    """Threads to run: every core this process may use on a CPU; one where a device does the work."""
    if jax.default_backend() != "cpu":
        return 1
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


class _Batch:
    """Lanes on the host; chunks copy theirs out and write them back."""

    def __init__(self, starts: Float[np.ndarray, "*lanes p"], lanes: Any, mu: float) -> None:
        count, p = starts.shape
        ones = np.ones(count)
        fall = levenberg.SLOWEST_FALL * ones
        unset = levenberg.UNSET * ones
        whole = np.zeros(count, np.int32)
        self.lanes = lanes
        self.states = LaneState(starts.copy(), unset, 2 * ones, fall, mu * ones, whole, whole.copy())
        self.models = Model(np.full(count, np.inf), np.zeros((count, p)), np.zeros((count, p, p)))
        self.stationarity = np.full(count, np.inf)

    @property
    def status(self) -> Int[np.ndarray, " lanes"]:
        """Of every lane, values of `Status`."""
        return np.asarray(self.states.status)

    @property
    def finished(self) -> int:
        """How many lanes have ended."""
        return int(np.count_nonzero(self.status != Status.RUNNING))

    def advance(self, pool: ThreadPoolExecutor, advance: Callable[..., Any], size: int) -> bool:
        """Advance the active lanes by one stride, packed into as few chunks as hold them; False without any."""
        active = np.flatnonzero(self.status == Status.RUNNING)
        chunks = np.array_split(active, -(-len(active) // size)) if len(active) else []
        list(pool.map(partial(self._chunk, advance, size), chunks))
        return bool(chunks)

    def judge(self, left_to_gain: Callable[..., Any]) -> None:
        """Tell of the lanes that never settled which have arrived: those with next to nothing left to gain."""
        status, least = self.status, levenberg.STUCK_BUT_STILL
        late = np.flatnonzero(status == Status.RUNNING)
        left = decrement(self.models.gradient[late], self.models.B[late])
        at_rest = left <= least * self.models.objective[late]
        status[late] = np.where(at_rest, Status.CONVERGED, Status.ITERATION_LIMIT)
        unsettled = np.flatnonzero(np.isin(status, (Status.ITERATION_LIMIT, Status.STALLED)))
        if len(unsettled):
            own = jax.tree.map(lambda leaf: leaf[unsettled], self.lanes)
            share, held = left_to_gain(self.states.theta[unsettled], lanes=own)
            arrived = np.where(held, Status.AT_BOUND, Status.CONVERGED)
            status[unsettled] = np.where(share <= least, arrived, status[unsettled])

    def write(self, ends: Solution, block: slice) -> None:
        """Copy the block's lanes to where they belong among all lanes."""
        ends.theta[block] = self.states.theta
        ends.objective[block] = self.models.objective
        ends.stationarity[block] = self.stationarity
        ends.status[block] = self.status
        ends.iterations[block] = self.states.iterations

    def _chunk(self, advance: Callable[..., Any], size: int, chunk: np.ndarray) -> None:
        """Advance some lanes, padded to `size` with copies of the first, and write them back."""
        rows = np.concatenate([chunk, np.full(size - len(chunk), chunk[0])])
        with jax.enable_x64(True):
            here, lanes = jax.tree.map(lambda leaf: leaf[rows], ((self.states, self.models), self.lanes))
            *ahead, stationarity = jax.tree.map(np.asarray, advance(*here, lanes))
        mine = jax.tree.leaves((self.states, self.models, self.stationarity))
        for kept, theirs in zip(mine, jax.tree.leaves((*ahead, stationarity)), strict=True):
            kept[chunk] = theirs[: len(chunk)]


def _power_of_two(lanes: int) -> int:
    return 1 << max(lanes - 1, 0).bit_length()


@compiled(static_argnames="preset")
def _advance(
    problem: Problem,
    states: LaneState,
    models: Model,
    lanes: Any,
    *,
    draw: Any,
    preset: Preset,
    stride: Array,
    tolerance: float,
) -> Any:
    """A chunk of lanes, up to `stride` iterations on: states, models, and the stationarity of each."""
    own = (None, None) if draw is None else jax.vmap(partial(draw, problem))(lanes)

    def over(function: Callable[..., Any], *arguments: Any) -> Any:
        def one(mine: Own, *rest: Any) -> Any:
            return function(problem.of_lane(mine), *rest)

        return jax.vmap(one)(own, *arguments)

    def unfinished(state: tuple[int | Array, LaneState, Model]) -> Any:
        return (state[0] < stride) & jnp.any(state[1].status == Status.RUNNING)

    def iterate(state: tuple[int | Array, LaneState, Model]) -> Any:
        step = partial(levenberg.step, preset=preset, tolerance=tolerance)
        return state[0] + 1, *over(step, state[1], state[2], floor)

    floor = over(lambda p, _: levenberg.exact_fit(p), states.mu)
    _, states, models = jax.lax.while_loop(unfinished, iterate, (0, states, models))
    smallest = jnp.finfo(models.objective.dtype).tiny
    offered = over(levenberg.offered, states.theta, models)
    return states, models, offered / jnp.maximum(models.objective, smallest)
