"""A robust Levenberg-Marquardt step, the default of scalelaw: one lane, written for `jax.vmap`.

The model of the objective at theta is quadratic with the matrix

    B = J' diag(w (c + mu (s - c))) J,      c = rho''(r),  s = psi(r) / r >= c,

so mu = 1 is the parabola that lies above rho (iteratively reweighted least squares, safe from anywhere) and
mu = 0 is Newton's method on the points that carry curvature (a handful, when delta lies far below the
residual scale). mu falls only where the model already predicts a small relative decrease, and returns to 1
when the model disappoints.

The damping lambda multiplies the identity: the coordinates are logs and exponents, of order one when centred.
It falls faster with every step that goes as predicted, without a floor that matters, because a term of the
law that has nearly vanished has a curvature of e^-80 and must still come home; for the same reason the stop
looks at each coordinate on its own scale, g_i^2 / B_ii, undamped. Every iteration is one evaluation, then
accept or damp: no inner loop for other lanes to wait on.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from scalelaw.solve.problem import Either, Problem, linearized, slopes
from scalelaw.solve.solver import Status

# Measured on the data sets of benchmarks/ (share of 4,500 starts that reach the optimum, then iterations).
SLOWEST_FALL = 1 / 3
FASTEST_FALL = 1e-4
TRUSTED = 0.75
POOR = 0.25
TOWARDS_NEWTON = 0.2
TOWARDS_MAJORIZER = 4.0
# A residual below this many units in the last place of the target is rounding, not misfit.
ROUNDING = 8.0
# A lane that cannot move in this precision, or is out of iterations, has arrived if no more than this is left.
STUCK_BUT_STILL = 1e-9
# A predicted decrease below this many times the rounding of the objective cannot be checked: trust the model.
UNCHECKABLE = 1e3


class Preset(NamedTuple):
    """How far the first iterations of a lane trust the quadratic model.

    Attributes:
        damping: first lambda, as a share of the largest diagonal entry of B.
        mu: first blend of Newton (0) and majorizer (1).
        near: predicted relative decrease below which mu may fall.
    """

    damping: float
    mu: float
    near: float


# The damping of a lane that has not started.
UNSET = -1.0
COLD = Preset(damping=1e-3, mu=1.0, near=5e-4)
WARM = Preset(damping=1e-5, mu=0.2, near=0.1)


class LaneState(NamedTuple):
    """What a lane carries from one call to the next."""

    theta: Float[Either, " p"]
    damping: Float[Either, ""]
    rise: Float[Either, ""]
    fall: Float[Either, ""]
    mu: Float[Either, ""]
    iterations: Int[Either, ""]
    status: Int[Either, ""]


class Model(NamedTuple):
    """The objective at theta, its gradient, and the matrix B of the quadratic model."""

    objective: Float[Any, ""]
    gradient: Float[Any, " p"]
    B: Float[Any, "p p"]


def exact_fit(problem: Problem) -> Float[Array, ""]:
    """The objective at or below which every residual is rounding: a noise-free fit."""
    unit = jnp.finfo(problem.target.dtype).eps * jnp.maximum(jnp.max(jnp.abs(problem.target)), 1.0)
    return jnp.asarray(jnp.sum(problem.weight) * problem.rho(ROUNDING * unit))


def step(
    problem: Problem,
    state: LaneState,
    model: Model,
    floor: Float[Array, ""],
    preset: Preset,
    tolerance: float,
) -> tuple[LaneState, Model]:
    """One iteration: propose, evaluate, accept or damp. A lane that has finished stands still.

    The first one evaluates the model where the lane starts: the same code, compiled once.
    """
    first = state.damping == UNSET
    pressed = held(problem, state.theta, model.gradient)
    trial = jnp.where(first, state.theta, _propose(problem, state, model, pressed))
    move = trial - state.theta
    predicted = -(model.gradient @ move) - 0.5 * move @ (model.B @ move)
    rounding = 2 * jnp.sqrt(model.objective * floor) + floor
    uncheckable = predicted < UNCHECKABLE * rounding

    def mu_after(objective: Array) -> Array:
        ratio = jnp.where(uncheckable, 1.0, (model.objective - objective) / predicted)
        blend = _mu(state.mu, ratio, predicted / model.objective < preset.near)
        return jnp.where(first, state.mu, blend)

    ahead = _model(problem, trial, mu_after)
    ratio = (model.objective - ahead.objective) / predicted
    level = ahead.objective <= model.objective + rounding
    accepted = (
        (predicted > 0) & ((ratio > 1e-4) | (uncheckable & level)) & jnp.all(jnp.isfinite(ahead.gradient))
    )
    moved = _damp(state, accepted, ratio, accepted & ((ratio > TRUSTED) | uncheckable))
    moved = moved._replace(
        theta=jnp.where(accepted, trial, state.theta),
        mu=jnp.where(accepted, mu_after(ahead.objective), state.mu),
    )
    here = jax.tree.map(lambda new, old: jnp.where(accepted | first, new, old), ahead, model)
    goal = tolerance * here.objective + floor
    left = offered(problem, moved.theta, here)
    settled = (predicted <= goal) & (left <= goal) & accepted
    stuck = ~accepted & jnp.all(jnp.abs(move) <= 4 * jnp.finfo(move.dtype).eps * (1 + jnp.abs(state.theta)))
    settled = settled | (here.objective <= floor) | (stuck & (left <= STUCK_BUT_STILL * here.objective))
    moved = moved._replace(status=_status(problem, moved, here, settled, stuck))
    moved = jax.tree.map(lambda new, old: jnp.where(first, new, old), _begun(state, ahead, preset), moved)
    running = state.status == Status.RUNNING
    ends = jax.tree.map(lambda new, old: jnp.where(running, new, old), (moved, here), (state, model))
    return cast(tuple[LaneState, Model], ends)


def _begun(state: LaneState, model: Model, preset: Preset) -> LaneState:
    """The lane with the model of its start."""
    lost = ~jnp.isfinite(model.objective)
    return state._replace(
        damping=preset.damping * jnp.max(jnp.diag(model.B)),
        status=jnp.where(lost, Status.DIVERGED, state.status),
    )


def offered(problem: Problem, theta: Float[Either, " p"], model: Model) -> Float[Array, ""]:
    """Largest decrease of the objective that one free coordinate alone offers, max_i g_i^2 / (2 B_ii)."""
    gradient = jnp.where(held(problem, theta, model.gradient), 0.0, model.gradient)
    tiny = jnp.finfo(gradient.dtype).tiny
    return jnp.max(jnp.where(gradient == 0, 0.0, gradient**2 / (2 * jnp.maximum(jnp.diag(model.B), tiny))))


def _model(problem: Problem, theta: Float[Either, " p"], mu_at: Callable[[Array], Either]) -> Model:
    r, J = linearized(problem.residual, tuple(theta))
    psi, curvature, secant = slopes(problem.rho, r)
    objective = jnp.sum(problem.weight * problem.rho(r))
    # mu follows from the objective here, so that B needs no second evaluation.
    bend = problem.weight * (curvature + mu_at(objective) * (secant - curvature))
    return Model(objective, J @ (problem.weight * psi), (J * bend) @ J.T)


def held(problem: Problem, theta: Either, gradient: Array) -> Bool[Either, " p"]:
    """Coordinates on a bound that the gradient presses against."""
    return ((theta <= problem.lower) & (gradient > 0)) | ((theta >= problem.upper) & (gradient < 0))


def _propose(problem: Problem, state: LaneState, model: Model, held: Either) -> Float[Array, " p"]:
    identity = jnp.eye(held.shape[0], dtype=state.theta.dtype)
    free = ~held
    damped = jnp.where(free[:, None] & free[None, :], model.B, 0.0) + state.damping * identity
    damped = damped + jnp.where(held, 1.0, 0.0) * identity
    move = -solve_symmetric(damped, jnp.where(held, 0.0, model.gradient))
    return jnp.clip(state.theta + move, problem.lower, problem.upper)


def _mu(mu: Either, ratio: Array, near: Array) -> Array:
    """The next blend of Newton (0) and majorizer (1)."""
    lower = jnp.where(ratio > TRUSTED, mu * TOWARDS_NEWTON, mu)
    higher = jnp.minimum(1.0, jnp.maximum(mu, 1e-3) * TOWARDS_MAJORIZER)
    return jnp.where(near, jnp.where(ratio > POOR, lower, higher), 1.0)


def _damp(state: LaneState, accepted: Array, ratio: Array, trusted: Array) -> LaneState:
    """Nielsen's damping, with a fall that doubles its exponent while the model is right."""
    gentle = jnp.maximum(SLOWEST_FALL, 1 - (2 * ratio - 1) ** 3)
    factor = jnp.where(trusted, state.fall, jnp.where(accepted, gentle, state.rise))
    return state._replace(
        damping=jnp.maximum(state.damping * factor, 1e-290),
        rise=jnp.where(accepted, 2.0, state.rise * 2),
        fall=jnp.where(trusted, jnp.maximum(state.fall**2, FASTEST_FALL), SLOWEST_FALL),
        iterations=state.iterations + 1,
    )


def _status(problem: Problem, state: LaneState, model: Model, settled: Array, stuck: Array) -> Int[Array, ""]:
    at_bound = jnp.any(held(problem, state.theta, model.gradient))
    good = jnp.where(at_bound, Status.AT_BOUND, Status.CONVERGED)
    return jnp.where(settled, good, jnp.where(stuck, Status.STALLED, Status.RUNNING))


def solve_symmetric(A: Float[Array, "p p"], b: Float[Array, " p"]) -> Float[Array, " p"]:
    """Solve A x = b for a small positive definite A by an unrolled L D L' factorisation.

    Every entry is a vector over lanes, so that the compiler fuses across lanes.

    A matrix that is not positive definite gives an x that is not a descent direction or not finite; callers
    test for that instead of this function.
    """
    p = b.shape[0]
    L: list[list[Array]] = [[] for _ in range(p)]
    D: list[Array] = []
    for i in range(p):
        for j in range(i):
            inner = sum((L[i][k] * L[j][k] * D[k] for k in range(j)), start=jnp.zeros(()))
            L[i].append((A[i, j] - inner) / D[j])
        D.append(A[i, i] - sum((L[i][k] ** 2 * D[k] for k in range(i)), start=jnp.zeros(())))
    z: list[Array] = []
    for i in range(p):
        z.append(b[i] - sum((L[i][k] * z[k] for k in range(i)), start=jnp.zeros(())))
    x: list[Array] = [z_i / D_i for z_i, D_i in zip(z, D, strict=True)]
    for i in reversed(range(p)):
        x[i] = x[i] - sum((L[k][i] * x[k] for k in range(i + 1, p)), start=jnp.zeros(()))
    return jnp.stack(x)
