"""Everything that derivatives say at one point, in one compiled call.

Polish, curvature, sandwich covariance, derived quantities.
"""

from functools import partial
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from scalelaw._float64 import float64
from scalelaw.fitting.coordinates import Prediction, in_table_units
from scalelaw.fitting.sandwich import average_curvature, bandwidth, bread, sandwich
from scalelaw.fitting.spread import per_degree, residual_scale
from scalelaw.solve import Problem
from scalelaw.solve.problem import linearized, slopes

NEWTON_STEPS = 3
# Fields of `Curvature` with an axis of runs, the last: there the padding is cut off.
OF_RUNS = ("residuals", "jacobian", "psi", "score", "curved", "averaged")
# NumPy makes a scalar of what has no axes.
Value = Float[np.ndarray | np.float64, "..."]


class Curvature(NamedTuple):
    """The fit at its optimum, p free coordinates, n runs, P parameters, Q derived quantities.

    Attributes:
        theta: [p] optimum after exact Newton steps.
        objective: sum of weighted rho.
        gradient: [p].
        hessian: [p, p] exact.
        residuals: [n] on the scale of the objective.
        jacobian: [p, n] of the residuals.
        scale: robust standard deviation of the residuals (MAD, n - p degrees of freedom).
        psi: [n] rho'.
        score: [p, n] derivative of each run's term; zero in the rows of coordinates that a bound holds.
        curved: [n] rho''.
        averaged: [n] rho'' averaged over the bandwidth.
        bend: [p, p] sum w psi d2r, the part of the Hessian from the curvature of the law.
        held: [p] which coordinates a bound holds.
        covariance: [p, p] sandwich.
        params: the law's parameters in the table's units.
        params_slope: [P, p] derivative of `params`.
        derived: named functions of `params`.
        derived_slope: name -> [p].
    """

    theta: Float[np.ndarray, " p"]
    objective: Float[np.ndarray, ""]
    gradient: Float[np.ndarray, " p"]
    hessian: Float[np.ndarray, "p p"]
    residuals: Float[np.ndarray, " n"]
    jacobian: Float[np.ndarray, "p n"]
    scale: Float[np.ndarray, ""]
    psi: Float[np.ndarray, " n"]
    score: Float[np.ndarray, "p n"]
    curved: Float[np.ndarray, " n"]
    averaged: Float[np.ndarray, " n"]
    bend: Float[np.ndarray, "p p"]
    held: Bool[np.ndarray, " p"]
    covariance: Float[np.ndarray, "p p"]
    params: Any
    params_slope: Float[np.ndarray, "P p"]
    derived: dict[str, np.ndarray]
    derived_slope: dict[str, np.ndarray]


class Local(NamedTuple):
    """The objective and its derivatives at a point; attributes as in `Curvature`."""

    theta: Float[Array, " p"]
    objective: Float[Array, ""]
    gradient: Float[Array, " p"]
    hessian: Float[Array, "p p"]
    residuals: Float[Array, " n"]
    jacobian: Float[Array, "p n"]


def curvature(problem: Problem, theta: Float[np.ndarray, " p"], units: Any) -> Curvature:
    """Polish theta by exact Newton steps and differentiate everything there.

    Args:
        problem: whose `predict` is a `Prediction`.
        theta: [p] the solver's winner.
        units: units of the inputs, to go back to the table's.

    Returns:
        All of it as NumPy arrays.
    """
    found = _curvature(problem, theta, units)
    n = int(problem.points)
    return Curvature(**{name: value[..., :n] if name in OF_RUNS else value for name, value in found.items()})


@float64
@jax.jit
def _curvature(problem: Problem, theta: Array, units: Any) -> dict[str, Any]:
    """The fields of `Curvature`, traced."""
    prediction = cast(Prediction, problem.predict)
    here = _polished(problem, theta)
    scale = residual_scale(here.residuals, problem, len(theta))
    law = prediction.coordinates.law
    functions = law.derived or (lambda _: {})

    def natural(at: Array) -> Any:
        """The law's parameters in the table's units."""
        params = in_table_units(law, prediction.coordinates.params(tuple(at), problem.fixed), units)
        return jax.tree.map(lambda leaf: jnp.asarray(leaf, float), params)

    derived = lambda at: functions(natural(at))  # noqa: E731
    return dict(
        **here._asdict(),
        scale=scale,
        **_sandwich(problem, here, scale),
        params=natural(here.theta),
        params_slope=jnp.stack(jax.jacfwd(natural)(here.theta)),
        derived=derived(here.theta),
        derived_slope=jax.jacfwd(derived)(here.theta),
    )


def _local(problem: Problem, theta: Array) -> Local:
    """All derivatives of the objective at theta."""
    r, J = linearized(problem.residual, tuple(theta))
    ones = jnp.ones_like(r)
    first = lambda x: jax.jvp(problem.rho, (x,), (ones,))[1]  # noqa: E731
    psi, second = jax.jvp(first, (r,), (ones,))
    pulled = jax.hessian(lambda at: jnp.sum(problem.weight * psi * problem.residual(tuple(at))))(theta)
    return Local(
        theta=theta,
        objective=jnp.sum(problem.weight * problem.rho(r)),
        gradient=J @ (problem.weight * psi),
        hessian=(J * (problem.weight * second)) @ J.T + pulled,
        residuals=r,
        jacobian=J,
    )


def _polished(problem: Problem, theta: Array) -> Local:
    """Newton steps on the exact Hessian.

    Each is kept only where it calms the gradient, and does not raise the objective or leave the box. The
    first of them stays at theta: one point of evaluation in the compiled loop, and none before it.
    """

    def step(carried: tuple[Local, Array], first: Array) -> tuple[tuple[Local, Array], None]:
        here, trial = carried
        there = _local(problem, trial)
        inside = jnp.all((trial >= problem.lower) & (trial <= problem.upper))
        free = (here.theta > problem.lower) & (here.theta < problem.upper)
        calmer = _length(there.gradient, free) < _length(here.gradient, free)
        better = inside & calmer & (there.objective <= here.objective * (1 + 1e-14))
        kept = jax.tree.map(partial(jnp.where, first | better), there, here)
        return (kept, _newton(problem, kept)), None

    nowhere = jax.tree.map(
        lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(_local, problem, theta)
    )
    firsts = jnp.arange(NEWTON_STEPS + 1) == 0
    (here, _), _ = jax.lax.scan(step, (nowhere, theta), firsts)
    return cast(Local, here)


def _newton(problem: Problem, here: Local) -> Array:
    """Where Newton's step leads, coordinates on a bound held."""
    free = (here.theta > problem.lower) & (here.theta < problem.upper)
    masked = jnp.where(free[:, None] & free, here.hessian, jnp.eye(len(here.theta)))
    step: Array = jnp.linalg.solve(masked, jnp.where(free, here.gradient, 0.0))
    return here.theta - step


def _length(gradient: Array, free: Array) -> Array:
    length: Array = jnp.linalg.norm(jnp.where(free, gradient, 0.0))
    return length


def _sandwich(problem: Problem, here: Local, scale: Array) -> dict[str, Array]:
    """H^-1 M H^-1 over the coordinates that no bound holds, and what it is made of."""
    theta, r, J = here.theta, here.residuals, here.jacobian
    n, p = problem.points, len(J)
    psi, curved, _ = slopes(problem.rho, r)
    averaged = average_curvature(problem.rho, r, bandwidth(scale, n))
    bend = here.hessian - (J * (problem.weight * curved)) @ J.T
    held = (theta <= problem.lower) | (theta >= problem.upper)
    score = jnp.where(held[:, None], 0.0, J * (problem.weight * psi))
    H = bread(J, problem.weight, averaged, bend, held)
    meat = score @ score.T * per_degree(n, p)
    return dict(
        psi=psi,
        score=score,
        curved=curved,
        averaged=averaged,
        bend=bend,
        held=held,
        covariance=sandwich(H, meat),
    )


def propagated(slope: Float[np.ndarray, "... p"], covariance: Float[np.ndarray, "p p"]) -> Any:
    """Covariance of a function with this derivative (delta method); not a number where it is unbounded."""
    with np.errstate(invalid="ignore", over="ignore"):
        return slope @ covariance @ slope.T


def standard_error(variance: Value) -> Any:
    """Square root of a variance.

    Infinite where rounding of an unbounded one left no number or a negative one.
    """
    return np.sqrt(np.where(variance >= 0, variance, np.inf))
