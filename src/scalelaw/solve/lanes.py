"""Many lanes through one compiled chunk: threads, compaction, bounded memory.

Each call of the compiled function advances a chunk of lanes by a few steps and stays in cache. Between calls
the lanes that have finished leave and the others close ranks, so that nobody waits for the slowest start. XLA
runs one chunk on one core; Python threads that execute the same compiled function run on all of them.
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
from jaxtyping import Array, Float

from scalelaw.solve import levenberg
from scalelaw.solve.levenberg import Walk
from scalelaw.solve.problem import Either, Problem
from scalelaw.solve.solution import Solution, Status

SMALL_CHUNK = 16
LONG_TABLE = 1024
DEVICE_CELLS = 1 << 24
# Lanes held at once beside their starts and ends, whatever their number.
BLOCK = 1 << 16

Draw = Callable[[Problem, Any], tuple[Either | None, Either | None]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Levenberg:
    """The default solver: robust Levenberg-Marquardt over lanes (see `levenberg`).

    Not for a law whose prediction is not differentiable in its parameters, and not for one with more than a
    few dozen of them: the small systems are unrolled.

    Attributes:
        tolerance: stop when the predicted decrease, and the decrease that any one coordinate offers, are
            below this share of the objective.
        iterations: limit of iterations a lane.
        chunk: lanes advanced together; None fits a chunk to the cache (CPU) or the device (GPU).
        threads: workers; None uses every core this process may run on.
        stride: iterations between two compactions.
    """

    tolerance: float = 1e-18
    iterations: int = 500
    chunk: int | None = None
    threads: int | None = None
    stride: int = 32

    def __call__(
        self,
        problem: Problem,
        starts: Float[np.ndarray, "lanes p"],
        *,
        draw: Draw | None = None,
        lanes: Any = None,
        progress: Progress | None = None,
    ) -> Solution:
        """Minimise from every start.

        Args:
            problem: what to minimise.
            starts: [lanes, p].
            draw: pure function of (problem, lane) to that lane's own (target [n], weight [n]); how
                resamples enter. Hashable, or a pytree whose arrays may change without a recompilation. None
                in place of either, or of `draw`: the problem's, shared by all lanes.
            lanes: pytree with a leading axis [lanes], sliced and handed to `draw`.
            progress: called with (lanes finished, lanes in all) as chunks end.

        Returns:
            The end of every lane, on the host.
        """
        starts = np.atleast_2d(np.asarray(starts, np.float64))
        crew = self.threads or workers()
        size = self.chunk or chunk_size(len(problem.target), -(-len(starts) // crew))
        advance = partial(_advance, problem, draw=as_pytree(draw), tolerance=self.tolerance)
        ends = _nowhere(*starts.shape)
        with ThreadPoolExecutor(crew) as pool:
            for first in range(0, len(starts), BLOCK):
                block = slice(first, first + BLOCK)
                field = _Field(starts[block], jax.tree.map(lambda leaf, block=block: leaf[block], lanes))
                for done in range(0, self.iterations, self.stride):
                    stride = min(self.stride, self.iterations - done)
                    if not field.onward(pool, partial(advance, stride=stride), size):
                        break
                    if progress:
                        progress(first + field.finished, len(starts))
                field.write(ends, block)
        return ends


def as_pytree(draw: Draw | None) -> Any:
    """A draw that compiled functions take as an argument: a plain function becomes a pytree without leaves."""
    return jax.tree_util.Partial(draw) if callable(draw) and jax.tree_util.all_leaves([draw]) else draw


def chunk_size(n: int, lanes: int) -> int:
    """Lanes a chunk, for n points and this many lanes a worker: few sizes, as each one is a compilation.

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


def _nowhere(lanes: int, p: int) -> Solution:
    """Room for the ends of all lanes."""
    whole = np.zeros(lanes, np.int32)
    return Solution(np.empty((lanes, p)), np.empty(lanes), np.empty(lanes), whole, whole.copy())


class _Field:
    """A block of lanes on the host; chunks copy their lanes out and write them back."""

    def __init__(self, starts: Float[np.ndarray, "lanes p"], lanes: Any) -> None:
        count = len(starts)
        ones, still = np.ones(count), np.zeros(count, np.int32)
        self.lanes = lanes
        self.objective = np.full(count, np.inf)
        self.stationarity = np.full(count, np.inf)
        self.status = still
        fall = levenberg.SLOWEST_FALL * ones
        self.walks = Walk(starts.copy(), -ones, 2 * ones, fall, ones, still.copy(), self.status)

    @property
    def finished(self) -> int:
        """How many lanes have ended."""
        return int(np.count_nonzero(self.status != Status.RUNNING))

    def onward(self, pool: ThreadPoolExecutor, advance: Callable[..., Any], size: int) -> bool:
        """Advance the lanes still afoot by one stride, in chunks that close ranks.

        False when there is none.
        """
        afoot = np.flatnonzero(self.status == Status.RUNNING)
        chunks = np.array_split(afoot, -(-len(afoot) // size)) if len(afoot) else []
        list(pool.map(partial(self._chunk, advance, size), chunks))
        return bool(chunks)

    def write(self, ends: Solution, block: slice) -> None:
        """Copy the block's lanes to where they belong among all lanes."""
        ends.theta[block] = self.walks.theta
        ends.objective[block] = self.objective
        ends.stationarity[block] = self.stationarity
        ends.status[block] = np.where(self.status == Status.RUNNING, Status.ITERATION_LIMIT, self.status)
        ends.iterations[block] = self.walks.iterations

    def _chunk(self, advance: Callable[..., Any], size: int, chunk: np.ndarray) -> None:
        """Advance some lanes, padded to `size` with copies of the first, and write them back."""
        rows = np.concatenate([chunk, np.full(size - len(chunk), chunk[0])])
        with jax.enable_x64(True):
            walks, lanes = jax.tree.map(lambda leaf: leaf[rows], (self.walks, self.lanes))
            ahead, objective, stationarity = jax.tree.map(np.asarray, advance(walks, lanes))
        for mine, theirs in zip(self.walks, ahead, strict=True):
            mine[chunk] = theirs[: len(chunk)]
        self.objective[chunk] = objective[: len(chunk)]
        self.stationarity[chunk] = stationarity[: len(chunk)]


def _power_of_two(lanes: int) -> int:
    return 1 << max(lanes - 1, 0).bit_length()


@jax.jit
def _advance(problem: Problem, walks: Walk, lanes: Any, *, draw: Any, stride: Array, tolerance: float) -> Any:
    """A chunk of lanes, up to `stride` steps on.

    Walks, and the objective and stationarity where each stands.
    """
    own = (None, None) if draw is None else jax.vmap(partial(draw, problem))(lanes)

    def over(function: Callable[..., Any], *arguments: Any) -> Any:
        def one(mine: tuple[Either | None, Either | None], *rest: Any) -> Any:
            return function(problem.drawn(*mine), *rest)

        return jax.vmap(one)(own, *arguments)

    def unfinished(state: tuple[int | Array, Walk, levenberg.Model]) -> Any:
        return (state[0] < stride) & jnp.any(state[1].status == Status.RUNNING)

    def onward(state: tuple[int | Array, Walk, levenberg.Model]) -> Any:
        return state[0] + 1, *over(partial(levenberg.step, tolerance=tolerance), state[1], state[2], floor)

    floor = over(lambda p, _: levenberg.exact_fit(p), walks.mu)
    walks, models = over(levenberg.resume, walks)
    _, walks, models = jax.lax.while_loop(unfinished, onward, (0, walks, models))
    smallest = jnp.finfo(models.objective.dtype).tiny
    offered = over(levenberg.offered, walks.theta, models)
    return walks, models.objective, offered / jnp.maximum(models.objective, smallest)
