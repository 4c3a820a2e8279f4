"""Everything that derivatives say at one point, in one compiled call.

Polish, curvature, sandwich covariance, derived quantities.
"""

from functools import partial
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting.coordinates import Prediction, in_table_units
from scalelaw.fitting.sandwich import average_curvature, bandwidth, bread, sandwich
from scalelaw.fitting.spread import per_degree, residual_scale
from scalelaw.solve import Problem
from scalelaw.solve.problem import linearized, slopes

NEWTON_STEPS = 3
# A coordinate that moves no residual by more than this share of what another one does plays no part: a term whose
# coefficient is zero takes its exponent with it.
IDLE = 1e-80
# The variance of such a coordinate, finite so that nothing times it is nothing; beyond HUGE one shows as infinite.
UNBOUNDED, HUGE = 1e250, 1e240
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
        held: [p] which coordinates a bound or their natural limit holds.
        idle: [p] which others play no part.
        parameters: how many of them cost a degree of freedom: all but those idle or at their natural limit.
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
    idle: Bool[np.ndarray, " p"]
    parameters: Int[np.ndarray, ""]
    covariance: Float[np.ndarray, "p p"]
    params: Any
    params_slope: Float[np.ndarray, "P p"]
    derived: dict[str, np.ndarray]
    derived_slope: dict[str, np.ndarray]

    @property
    def still(self) -> Bool[np.ndarray, " p"]:
        """[p] which coordinates are held or idle; standard errors are given these."""
        return np.asarray(self.held | self.idle)


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
@compiled
def _curvature(problem: Problem, theta: Array, units: Any) -> dict[str, Any]:
    """The fields of `Curvature`, traced."""
    prediction = cast(Prediction, problem.predict)
    here = _polished(problem, theta)
    scale = residual_scale(here.residuals, problem, _parameters(problem, here))
    law = prediction.coordinates.law
    functions = law.derived or (lambda _: {})

    def natural(at: Array) -> Any:
        """The law's parameters in the table's units."""
        params = in_table_units(law, prediction.coordinates.natural(tuple(at), problem.fixed), units)
        return jax.tree.map(lambda leaf: jnp.asarray(leaf, float), params)

    derived = lambda at: functions(natural(at))  # noqa: E731
    values, by_theta = derived(here.theta), jax.jacfwd(derived)(here.theta)
    return dict(
        **here._asdict(),
        scale=scale,
        **_sandwich(problem, here, scale),
        params=natural(here.theta),
        params_slope=jnp.stack(jax.jacfwd(natural)(here.theta)),
        derived=values,
        # The log of a parameter that is zero has no slope, and no error.
        derived_slope={name: jnp.where(jnp.isinf(values[name]), 0.0, by_theta[name]) for name in values},
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
        free = ~_held(problem, here.theta)
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
    """Where Newton's step leads, coordinates that are held or idle left where they are."""
    free = ~(_held(problem, here.theta) | _idle(problem, here))
    masked = jnp.where(free[:, None] & free, here.hessian, jnp.eye(len(here.theta)))
    step: Array = jnp.linalg.solve(masked, jnp.where(free, here.gradient, 0.0))
    return here.theta - step


def _held(problem: Problem, theta: Array) -> Bool[Array, " p"]:
    """Which coordinates a bound holds."""
    return (theta <= problem.lower) | (theta >= problem.upper)


def _idle(problem: Problem, here: Local) -> Bool[Array, " p"]:
    """Which others move no residual of a run that counts."""
    moves = jnp.max(jnp.where(problem.weight > 0, jnp.abs(here.jacobian), 0.0), axis=1)
    return (moves <= IDLE * jnp.max(moves)) & ~_held(problem, here.theta)


def _parameters(problem: Problem, here: Local) -> Int[Array, ""]:
    """How many coordinates cost a degree of freedom."""
    at_limit = cast(Prediction, problem.predict).coordinates.at_limit(here.theta)
    return jnp.sum(~(at_limit | _idle(problem, here)))


def _length(gradient: Array, free: Array) -> Array:
    length: Array = jnp.linalg.norm(jnp.where(free, gradient, 0.0))
    return length


def _sandwich(problem: Problem, here: Local, scale: Array) -> dict[str, Array]:
    """H^-1 M H^-1 over the coordinates that are neither held nor idle, and what it is made of."""
    r, J, n = here.residuals, here.jacobian, problem.points
    held, idle = _held(problem, here.theta), _idle(problem, here)
    still = held | idle
    psi, curved, _ = slopes(problem.rho, r)
    averaged = average_curvature(problem.rho, r, bandwidth(scale, n))
    bend = here.hessian - (J * (problem.weight * curved)) @ J.T
    score = jnp.where(still[:, None], 0.0, J * (problem.weight * psi))
    H = bread(J, problem.weight, averaged, bend, still)
    p = _parameters(problem, here)
    meat = score @ score.T * per_degree(n, p)
    return dict(
        psi=psi,
        score=score,
        curved=curved,
        averaged=averaged,
        bend=bend,
        held=held,
        idle=idle,
        parameters=p,
        covariance=sandwich(H, meat) + jnp.diag(jnp.where(idle, UNBOUNDED, 0.0)),
    )


def propagated(slope: Float[np.ndarray, "... p"], covariance: Float[np.ndarray, "p p"]) -> Any:
    """Covariance of a function with this derivative (delta method); not a number where it is unbounded."""
    with np.errstate(invalid="ignore", over="ignore"):
        return slope @ covariance @ slope.T


def standard_error(variance: Value) -> Any:
    """Square root of a variance.

    Infinite where it is unbounded, or rounding of an unbounded one left no number or a negative one.
    """
    bounded = (variance >= 0) & (variance < HUGE)
    return np.sqrt(np.where(bounded, variance, np.inf))
