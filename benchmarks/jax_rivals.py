"""`optax.lbfgs` and Optimistix over many lanes at once, in float64, compiled before the clock starts."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import lineax
import numpy as np
import optax
import optimistix

from machine import cores
from problem import DELTA, Array, Problem
from workload import Job

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

TOLERANCE = 1e-8
LM_STEPS = 1000
BFGS_STEPS = 256  # Optimistix's default; lanes that fail would take any number of steps
LBFGS_STEPS, LBFGS_GRADIENT = 500, 1e-10

Solve = Callable[[jax.Array, jax.Array], jax.Array]


def residuals(theta: jax.Array, problem: Problem) -> jax.Array:
    a, b, e, alpha, beta = theta
    size, data = a - alpha * problem.log_N, b - beta * problem.log_D
    floor = jnp.broadcast_to(e, size.shape)
    return jax.nn.logsumexp(jnp.stack([size, data, floor]), axis=0) - problem.log_L


def objective(theta: jax.Array, problem: Problem, weights: jax.Array) -> jax.Array:
    rho = optax.losses.huber_loss(residuals(theta, problem), delta=DELTA)
    return jnp.vdot(weights, rho)


def pseudo_residuals(theta: jax.Array, problem: Problem, weights: jax.Array) -> jax.Array:
    """sqrt(w) sign(r) sqrt(2 rho(r)): half the sum of their squares is the objective. Smooth at r = 0."""
    r = residuals(theta, problem)
    beyond = jnp.abs(r) > DELTA
    outer = jnp.sqrt(DELTA * (2 * jnp.where(beyond, jnp.abs(r), DELTA) - DELTA))
    return jnp.sqrt(weights) * jnp.where(beyond, jnp.sign(r) * outer, r)


def optax_lbfgs(problem: Problem) -> Solve:
    """Optax's L-BFGS with its zoom line search until the gradient's norm is below `LBFGS_GRADIENT`."""
    minimiser = optax.lbfgs()

    def solve(start: jax.Array, weights: jax.Array) -> jax.Array:
        def loss(theta: jax.Array) -> jax.Array:
            return objective(theta, problem, weights)

        value_and_grad = optax.value_and_grad_from_state(loss)

        def unfinished(carry: tuple[jax.Array, Any]) -> jax.Array:
            steps = optax.tree.get(carry[1], "count")
            steep = optax.tree.norm(optax.tree.get(carry[1], "grad")) > LBFGS_GRADIENT
            return jnp.logical_or(steps == 0, jnp.logical_and(steps < LBFGS_STEPS, steep))

        def step(carry: tuple[jax.Array, Any]) -> tuple[jax.Array, Any]:
            theta, state = carry
            value, grad = value_and_grad(theta, state=state)
            move, state = minimiser.update(grad, state, theta, value=value, grad=grad, value_fn=loss)
            return theta + move, state

        return jax.lax.while_loop(unfinished, step, (start, minimiser.init(start)))[0]

    return solve


def optimistix_bfgs(problem: Problem) -> Solve:
    solver: Any = optimistix.BFGS(TOLERANCE, TOLERANCE)

    def solve(start: jax.Array, weights: jax.Array) -> jax.Array:
        def loss(theta: jax.Array, weights: jax.Array) -> jax.Array:
            return objective(theta, problem, weights)

        return optimistix.minimise(loss, solver, start, weights, max_steps=BFGS_STEPS, throw=False).value

    return solve


def optimistix_lm(problem: Problem, linear_solver: Any = lineax.QR()) -> Solve:  # noqa: B008
    """Levenberg-Marquardt on the pseudo-residuals; QR is Optimistix's default."""
    solver: Any = optimistix.LevenbergMarquardt(TOLERANCE, TOLERANCE, linear_solver=linear_solver)

    def solve(start: jax.Array, weights: jax.Array) -> jax.Array:
        def outputs(theta: jax.Array, weights: jax.Array) -> jax.Array:
            return pseudo_residuals(theta, problem, weights)

        return optimistix.least_squares(
            outputs, solver, start, weights, max_steps=LM_STEPS, throw=False
        ).value

    return solve


def optimistix_lm_cholesky(problem: Problem) -> Solve:
    """The same through the normal equations: less work a step at 240 runs and 5 parameters."""
    return optimistix_lm(problem, lineax.Normal(lineax.Cholesky()))


SOLVERS = {
    "optax_lbfgs": optax_lbfgs,
    "optimistix_bfgs": optimistix_bfgs,
    "optimistix_lm": optimistix_lm,
    "optimistix_lm_cholesky": optimistix_lm_cholesky,
}


def lanes_of(job: Job, solver: str) -> tuple[Callable[[Any], jax.Array], Any]:
    """The function that fits one lane, and the lanes to map it over; shared weights are not copied."""
    solve = SOLVERS[solver](job.problem)
    starts, weights = jnp.asarray(job.starts), jnp.asarray(job.weights)
    if weights.ndim == 1:
        return lambda start: solve(start, weights), starts
    return lambda lane: solve(*lane), (starts, weights)


@contextmanager
def vmapped(job: Job, solver: str) -> Iterator[Callable[[], Array]]:
    """All lanes in one vmap, the way the libraries' documentation batches."""
    fit, lanes = lanes_of(job, solver)
    compiled = jax.jit(jax.vmap(fit)).lower(lanes).compile()
    yield lambda: np.asarray(compiled(lanes).block_until_ready())


@contextmanager
def threaded(job: Job, solver: str, batch: int) -> Iterator[Callable[[], Array]]:
    """The kindest arrangement: a thread a core, each going through its lanes in batches."""
    fit, lanes = lanes_of(job, solver)
    count, fits = cores(), len(job.starts)
    share = math.ceil(fits / count)
    rows = (np.arange(count * share) % fits).reshape(count, share)
    parts = [jax.tree.map(lambda leaf, mine=mine: leaf[mine], lanes) for mine in rows]
    compiled = jax.jit(lambda part: jax.lax.map(fit, part, batch_size=batch)).lower(parts[0]).compile()
    with ThreadPoolExecutor(count) as threads:
        yield lambda: np.concatenate(
            list(threads.map(lambda part: np.asarray(compiled(part).block_until_ready()), parts))
        )[:fits]
