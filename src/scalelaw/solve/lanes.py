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
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from scalelaw.solve import levenberg
from scalelaw.solve.levenberg import FAR, Gait, Model, Walk
from scalelaw.solve.problem import Own, Problem
from scalelaw.solve.solution import Solution, Status

SMALL_CHUNK = 16
LONG_TABLE = 1024
DEVICE_CELLS = 1 << 24
# Lanes held at once beside their starts and ends, whatever their number.
BLOCK = 1 << 16

Draw = Callable[[Problem, Any], Own]
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
        gait: how boldly lanes set out: `levenberg.FAR`, or `levenberg.NEARBY` for starts near an optimum.
    """

    tolerance: float = 1e-18
    iterations: int = 500
    chunk: int | None = None
    threads: int | None = None
    stride: int = 32
    gait: Gait = FAR

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
                in place of either, or of `draw`: the problem's, shared by all lanes. It may also return a
                whole `Problem`, where a lane has inputs or bounds of its own.
            lanes: pytree with a leading axis [lanes], sliced and handed to `draw`.
            progress: called with (lanes finished, lanes in all) as chunks end.

        Returns:
            The end of every lane, on the host.
        """
        starts = np.atleast_2d(np.asarray(starts, np.float64))
        crew = self.threads or workers()
        size = self.chunk or chunk_size(len(problem.target), -(-len(starts) // crew))
        advance = partial(_advance, problem, draw=as_pytree(draw), gait=self.gait, tolerance=self.tolerance)
        ends = _nowhere(*starts.shape)
        with ThreadPoolExecutor(crew) as pool:
            for first in range(0, len(starts), BLOCK):
                block = slice(first, first + BLOCK)
                own = jax.tree.map(lambda leaf, block=block: leaf[block], lanes)
                field = _Field(starts[block], own, self.gait.mu)
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

    def __init__(self, starts: Float[np.ndarray, "lanes p"], lanes: Any, mu: float) -> None:
        count, p = starts.shape
        ones = np.ones(count)
        fall = levenberg.SLOWEST_FALL * ones
        unset = levenberg.UNSET * ones
        whole = np.zeros(count, np.int32)
        self.lanes = lanes
        self.walks = Walk(starts.copy(), unset, 2 * ones, fall, mu * ones, whole, whole.copy())
        self.models = Model(np.full(count, np.inf), np.zeros((count, p)), np.zeros((count, p, p)))
        self.stationarity = np.full(count, np.inf)

    @property
    def status(self) -> Int[np.ndarray, " lanes"]:
        """Of every lane, values of `Status`."""
        return np.asarray(self.walks.status)

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
        ends.objective[block] = self.models.objective
        ends.stationarity[block] = self.stationarity
        ends.status[block] = self.status
        late = np.flatnonzero(self.status == Status.RUNNING)
        left = _decrement(self.models.gradient[late], self.models.B[late])
        at_rest = left <= levenberg.STUCK_BUT_STILL * self.models.objective[late]
        ends.status[block][late] = np.where(at_rest, Status.CONVERGED, Status.ITERATION_LIMIT)
        ends.iterations[block] = self.walks.iterations

    def _chunk(self, advance: Callable[..., Any], size: int, chunk: np.ndarray) -> None:
        """Advance some lanes, padded to `size` with copies of the first, and write them back."""
        rows = np.concatenate([chunk, np.full(size - len(chunk), chunk[0])])
        with jax.enable_x64(True):
            standing, lanes = jax.tree.map(lambda leaf: leaf[rows], ((self.walks, self.models), self.lanes))
            *ahead, stationarity = jax.tree.map(np.asarray, advance(*standing, lanes))
        mine = jax.tree.leaves((self.walks, self.models, self.stationarity))
        for kept, theirs in zip(mine, jax.tree.leaves((*ahead, stationarity)), strict=True):
            kept[chunk] = theirs[: len(chunk)]


def _decrement(
    gradient: Float[np.ndarray, "lanes p"], B: Float[np.ndarray, "lanes p p"]
) -> Float[np.ndarray, " lanes"]:
    """What the model says is left to gain, g' B^-1 g / 2; infinite where it is not finite or bends nowhere."""
    size = np.sqrt(np.diagonal(B, axis1=1, axis2=2))
    unit = np.divide(1, size, out=np.zeros_like(size), where=size > 0)
    slope, bend = gradient * unit, B * unit[:, :, None] * unit[:, None, :]
    sound = np.isfinite(bend).all(axis=(1, 2)) & np.isfinite(slope).all(axis=1)
    sound &= ((size > 0) | (gradient == 0)).all(axis=1)
    bends, along = np.linalg.eigh(bend[sound])
    left = np.full(len(gradient), np.inf)
    # A slope along which nothing bends counts as much left, not as nothing.
    own = np.einsum("lij,li->lj", along, slope[sound])
    left[sound] = np.sum(own**2 / np.maximum(bends, np.finfo(float).eps), axis=1) / 2
    return left


def _power_of_two(lanes: int) -> int:
    return 1 << max(lanes - 1, 0).bit_length()


@partial(jax.jit, static_argnames="gait")
def _advance(
    problem: Problem,
    walks: Walk,
    models: Model,
    lanes: Any,
    *,
    draw: Any,
    gait: Gait,
    stride: Array,
    tolerance: float,
) -> Any:
    """A chunk of lanes, up to `stride` steps on: walks, models, and the stationarity where each stands."""
    own = (None, None) if draw is None else jax.vmap(partial(draw, problem))(lanes)

    def over(function: Callable[..., Any], *arguments: Any) -> Any:
        def one(mine: Own, *rest: Any) -> Any:
            return function(problem.of_lane(mine), *rest)

        return jax.vmap(one)(own, *arguments)

    def set_out() -> tuple[Walk, Model]:
        return cast(tuple[Walk, Model], over(partial(levenberg.begin, gait=gait), walks))

    def unfinished(state: tuple[int | Array, Walk, Model]) -> Any:
        return (state[0] < stride) & jnp.any(state[1].status == Status.RUNNING)

    def onward(state: tuple[int | Array, Walk, Model]) -> Any:
        step = partial(levenberg.step, gait=gait, tolerance=tolerance)
        return state[0] + 1, *over(step, state[1], state[2], floor)

    floor = over(lambda p, _: levenberg.exact_fit(p), walks.mu)
    fresh = jnp.any(walks.damping == levenberg.UNSET)
    walks, models = jax.lax.cond(fresh, set_out, lambda: (walks, models))
    _, walks, models = jax.lax.while_loop(unfinished, onward, (0, walks, models))
    smallest = jnp.finfo(models.objective.dtype).tiny
    offered = over(levenberg.offered, walks.theta, models)
    return walks, models, offered / jnp.maximum(models.objective, smallest)
