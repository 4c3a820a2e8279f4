"""`optax.lbfgs` over lanes: for comparison, and for laws that least squares does not suit."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from scalelaw.solve.problem import Problem
from scalelaw.solve.solver import Draw, Progress, Solution, Status, as_pytree


@dataclass(frozen=True)
class LBFGS:
    """Limited-memory BFGS with optax's zoom line search, every lane in one vmapped loop.

    Prefer `Levenberg`: this one waits for the slowest lane of a chunk, keeps no bounds but by clipping, and
    stops on a gradient test that a nearly vanished term passes. Its worth is to be a different algorithm.

    Attributes:
        tolerance: stop when every gradient entry, scaled by max(1, |theta_i|), is below this share of the
            objective.
        iterations: limit of iterations per lane.
        chunk: lanes advanced together.
    """

    tolerance: float = 1e-9
    iterations: int = 1000
    chunk: int = 256

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
        lanes = np.zeros(len(starts)) if lanes is None else lanes
        solve = partial(_minimise, draw=as_pytree(draw), tolerance=self.tolerance, iterations=self.iterations)
        ends = []
        size = min(self.chunk, len(starts))
        for first in range(0, len(starts), size):
            rows = np.minimum(np.arange(first, first + size), len(starts) - 1)
            with jax.enable_x64(True):
                part = solve(problem, starts[rows], jax.tree.map(lambda leaf, rows=rows: leaf[rows], lanes))
            ends.append(jax.tree.map(np.asarray, part))
            if progress:
                progress(min(first + size, len(starts)), len(starts))
        return Solution(*(np.concatenate(column)[: len(starts)] for column in zip(*ends, strict=True)))


@partial(jax.jit, static_argnames="iterations")
def _minimise(
    problem: Problem, starts: Array, lanes: Any, *, draw: Draw | None, tolerance: float, iterations: int
) -> Any:
    return jax.vmap(partial(_lane, problem, draw, tolerance, iterations))(starts, lanes)


def _lane(
    problem: Problem, draw: Draw | None, tolerance: float, limit: int, start: Array, lane: Any
) -> tuple[Array, ...]:
    """The columns of `Solution` for one lane."""
    if draw is not None:
        problem = problem.of_lane(draw(problem, lane))
    # Relative to its start, so that the scale of the objective does not decide when a line search gives up.
    first = problem.objective(start)
    scale = jnp.where(first > 0, first, 1.0)

    def objective(theta: Array) -> Array:
        return problem.objective(jnp.clip(theta, problem.lower, problem.upper)) / scale

    method = optax.lbfgs()
    evaluate = optax.value_and_grad_from_state(objective)

    def still(theta: Array, gradient: Array, value: Array) -> Array:
        return jnp.max(jnp.abs(gradient) * jnp.maximum(jnp.abs(theta), 1.0)) / jnp.maximum(value, 1e-300)

    def iterate(carry: Any) -> Any:
        theta, state, _, count = carry
        value, gradient = evaluate(theta, state=state)
        step, state = method.update(gradient, state, theta, value=value, grad=gradient, value_fn=objective)
        theta = jnp.clip(optax.apply_updates(theta, step), problem.lower, problem.upper)
        return (
            theta,
            state,
            still(theta, optax.tree.get(state, "grad"), optax.tree.get(state, "value")),
            count + 1,
        )

    def unfinished(carry: Any) -> Any:
        _, _, rest, count = carry
        return (count < limit) & (rest > tolerance)

    begin = (start, method.init(start), jnp.asarray(jnp.inf), jnp.zeros((), jnp.int32))
    theta, _, rest, count = jax.lax.while_loop(unfinished, iterate, begin)
    theta = jnp.clip(theta, problem.lower, problem.upper)
    end = problem.objective(theta)
    on_bound = jnp.any((theta <= problem.lower) | (theta >= problem.upper))
    arrived = jnp.where(on_bound, Status.AT_BOUND, Status.CONVERGED)
    status = jnp.where(rest <= tolerance, arrived, Status.ITERATION_LIMIT)
    lost = ~jnp.isfinite(end)
    return theta, jnp.where(lost, jnp.inf, end), rest, jnp.where(lost, Status.DIVERGED, status), count
