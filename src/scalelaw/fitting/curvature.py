"""Everything that derivatives say at one point: polish, curvature, sandwich covariance, derived quantities.

One compiled call. The sandwich H^-1 M H^-1 needs the expected curvature of rho, H = sum w E[rho''] J J' + sum
w psi d2r. Where delta lies far below the residual scale only a handful of residuals fall inside it, and their
sum is a noisy estimate of a density at zero; the curvature is therefore averaged over a bandwidth h, (psi(r +
h) - psi(r - h)) / 2h, as in quantile regression (Powell 1991), with h = 1.06 s n^(-1/5), s the robust
residual scale. With delta above h this is rho'' itself.
"""

from functools import partial
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw.fitting.coordinates import Coordinates, Prediction, in_table_units
from scalelaw.solve import Problem
from scalelaw.solve.problem import Either, linearized, slopes

NEWTON_STEPS = 3
# Median absolute deviation of a normal distribution, in standard deviations.
MAD_OF_NORMAL = 0.6744897501960817


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
    covariance: Float[np.ndarray, "p p"]
    params: Any
    params_slope: Float[np.ndarray, "P p"]
    derived: dict[str, np.ndarray]
    derived_slope: dict[str, np.ndarray]


def curvature(problem: Problem, theta: Float[np.ndarray, " p"], units: Any) -> Curvature:
    """Polish theta by exact Newton steps and differentiate everything there.

    Args:
        problem: whose `predict` is a `Prediction`.
        theta: [p] the solver's winner.
        units: units of the inputs, to go back to the table's.

    Returns:
        All of it as NumPy arrays.
    """
    with jax.enable_x64(True):
        return Curvature(**jax.tree.map(np.asarray, _curvature(problem, jnp.asarray(theta), units)))


@jax.jit
def _curvature(problem: Problem, theta: Array, units: Any) -> dict[str, Any]:
    """The fields of `Curvature`, traced."""
    prediction = cast(Prediction, problem.predict)
    theta = _polished(problem, theta)
    r, J = linearized(problem.residual, tuple(theta))
    hessian = jax.hessian(problem.objective)(theta)
    scale = _scale(r, problem.weight, len(theta))
    natural = partial(_natural, prediction.coordinates, problem.inputs[1], units)
    functions = prediction.coordinates.law.derived or (lambda _: {})
    derived = lambda at: functions(natural(at))  # noqa: E731
    return dict(
        theta=theta,
        objective=problem.objective(theta),
        gradient=jax.grad(problem.objective)(theta),
        hessian=hessian,
        residuals=r,
        jacobian=J,
        scale=scale,
        covariance=_sandwich(
            problem, r, J, hessian, scale, (theta <= problem.lower) | (theta >= problem.upper)
        ),
        params=natural(theta),
        params_slope=jnp.stack(jax.jacfwd(natural)(theta)),
        derived=derived(theta),
        derived_slope=jax.jacfwd(derived)(theta),
    )


def _natural(coordinates: Coordinates, fixed: Array, units: Any, theta: Array) -> Any:
    """The law's parameters in the table's units."""
    params = in_table_units(coordinates.law, coordinates.params(tuple(theta), fixed), units)
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, float), params)


def _polished(problem: Problem, theta: Array) -> Array:
    """Newton steps on the exact Hessian.

    Each is kept only where it does not raise objective or leave the box.
    """

    def step(theta: Array, _: None) -> tuple[Array, None]:
        gradient, hessian = jax.grad(problem.objective)(theta), jax.hessian(problem.objective)(theta)
        free = (theta > problem.lower) & (theta < problem.upper)
        masked = jnp.where(free[:, None] & free, hessian, jnp.eye(len(theta)))
        trial = theta - jnp.linalg.solve(masked, jnp.where(free, gradient, 0.0))
        inside = jnp.all((trial >= problem.lower) & (trial <= problem.upper))
        before, after = problem.objective(theta), problem.objective(trial)
        calmer = jnp.linalg.norm(jnp.where(free, jax.grad(problem.objective)(trial), 0.0)) < jnp.linalg.norm(
            jnp.where(free, gradient, 0.0)
        )
        return jnp.where(inside & calmer & (after <= before * (1 + 1e-14)), trial, theta), None

    return jax.lax.scan(step, theta, None, length=NEWTON_STEPS)[0]


def _scale(r: Array, weight: Either, p: int) -> Array:
    """Weighted median absolute residual as a standard deviation, with n - p degrees of freedom."""
    order = jnp.argsort(jnp.abs(r))
    mass = jnp.cumsum(weight[order])
    # Two neighbours where half the mass falls between them, whatever the rounding of the sum.
    middle = jnp.searchsorted(mass, mass[-1] / 2 * jnp.array([1 - 1e-9, 1 + 1e-9]))
    median = jnp.mean(jnp.abs(r)[order][middle])
    n = len(r)
    return median / MAD_OF_NORMAL * jnp.sqrt(n / jnp.maximum(n - p, 1))


def _sandwich(problem: Problem, r: Array, J: Array, hessian: Array, scale: Array, held: Array) -> Array:
    """H^-1 M H^-1 over the coordinates that no bound holds; zero in the rows of the others."""
    n, p = len(r), len(J)
    h = jnp.maximum(1.06 * scale * n**-0.2, jnp.finfo(r.dtype).eps)
    psi, curved, _ = slopes(problem.rho, r)
    averaged = (slopes(problem.rho, r + h)[0] - slopes(problem.rho, r - h)[0]) / (2 * h)
    bend = hessian - (J * (problem.weight * curved)) @ J.T
    plain = (J * (problem.weight * averaged)) @ J.T
    free = ~held[:, None] & ~held
    masked = lambda matrix: jnp.where(free, matrix, jnp.diag(held.astype(r.dtype)))  # noqa: E731
    definite = jnp.all(jnp.linalg.eigvalsh(masked(plain + bend)) > 0)
    bread = masked(jnp.where(definite, plain + bend, plain))
    score = J * (problem.weight * psi)
    meat = jnp.where(free, score @ score.T * (n / jnp.maximum(n - p, 1)), 0.0)
    half = jnp.linalg.solve(bread, meat)
    return cast(Array, jnp.linalg.solve(bread, half.T))


def propagated(slope: Float[np.ndarray, "... p"], covariance: Float[np.ndarray, "p p"]) -> Any:
    """Covariance of a function with this derivative (delta method); not a number where it is unbounded."""
    with np.errstate(invalid="ignore", over="ignore"):
        return slope @ covariance @ slope.T


def standard_error(variance: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Square root of a variance.

    Infinite where rounding of an unbounded one left no number or a negative one.
    """
    return np.sqrt(np.where(variance >= 0, variance, np.inf))
