"""A sandwich covariance inside each replicate, thousands in one compiled call: for studentized intervals.

The bread is the Gauss-Newton curvature averaged over the fit's own window (see `fitting.bread`); the meat counts
a run (or group) as often as the replicate drew it. The same formula serves the fit itself, so that a studentized
interval compares like with like.
"""

from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from scalelaw._float64 import float64
from scalelaw.fitting import bread as breads
from scalelaw.fitting.coordinates import Coordinates, Prediction, in_table_units
from scalelaw.fitting.refits import padded_draw
from scalelaw.fitting.setup import Setup
from scalelaw.solve import Problem
from scalelaw.solve.problem import Either, linearized, pad, slopes
from scalelaw.solve.solver import as_pytree

AT_ONCE = 128
# A bread is inverted after scaling to a unit diagonal, with this much added: undetermined, not singular.
RIDGE = 1e-13


def sandwiches(
    setup: Setup,
    theta: Float[np.ndarray, "R p"],
    scale: float | Float[np.ndarray, " R"],
    draw: Any = None,
    lanes: Any = None,
    groups: Int[np.ndarray, " n"] | None = None,
) -> Float[np.ndarray, "R P P"]:
    """Covariance of the law's parameters at every replicate's own optimum.

    Args:
        setup: the fit's problem.
        theta: [R, p] optimum of each replicate.
        scale: robust standard deviation of the residuals of the fit that each replicate repeats.
        draw: (problem, lane) -> that replicate's (target, weight); None for the runs themselves.
        lanes: pytree with a leading axis [R], handed to `draw`.
        groups: [n] code of each run's group, where groups are drawn.

    Returns:
        [R, P, P], natural units.
    """
    count, made = len(theta), []
    scales = np.broadcast_to(np.asarray(scale, float), count)
    size = len(setup.problem.target)
    codes = None if groups is None else pad(groups, size)
    compiled = partial(_sandwiches, setup.problem, as_pytree(padded_draw(draw, size)), setup.units, codes)
    for first in range(0, count, AT_ONCE):
        # The last rows are the last one repeated: every call has the same shape, and one compilation.
        rows = np.minimum(np.arange(first, first + min(AT_ONCE, count)), count - 1)
        own = jax.tree.map(lambda leaf, rows=rows: leaf[rows], lanes)
        made.append(compiled(theta[rows], scales[rows], own))
    return np.concatenate(made)[:count]


@float64
@jax.jit
def _sandwiches(
    problem: Problem,
    draw: Any,
    units: Any,
    groups: Array | None,
    theta: Array,
    scales: Array,
    lanes: Any,
) -> Float[Array, "R P P"]:
    def one(at: Array, scale: Array, lane: Any) -> Array:
        own = problem if draw is None else problem.of_lane(draw(problem, lane))
        counts = jnp.where(problem.weight > 0, own.weight / problem.weight, 0.0)
        covariance = _sandwich(problem, own, at, scale, counts, groups)
        slope = _slope(cast(Prediction, problem.predict).coordinates, problem.fixed, units, at)
        return slope @ covariance @ slope.T

    return jax.vmap(one, in_axes=(0, 0, None if lanes is None else 0))(theta, scales, lanes)


def _sandwich(
    problem: Problem, own: Problem, theta: Array, scale: Array, counts: Array, groups: Array | None
) -> Array:
    """H^-1 M H^-1 on the solver's scale; zero in the rows of coordinates that a bound holds.

    Args:
        problem: of the fit.
        own: of the replicate.
        theta: [p] its optimum.
        scale: robust standard deviation of the residuals.
        counts: [n] how often the replicate drew each run.
        groups: [n] code of each run's group where groups were drawn.
    """
    r, J = linearized(own.residual, tuple(theta))
    psi, _, _ = slopes(problem.rho, r)
    p, n = len(J), problem.points
    curved = breads.averaged(problem.rho, r, breads.bandwidth(scale, n))
    held = (theta <= problem.lower) | (theta >= problem.upper)
    score = jnp.where(held[:, None], 0.0, J * (problem.weight * psi))
    if groups is not None:
        # Summed within groups; after the last group come zeros, so that shapes do not depend on their number.
        score = jnp.zeros_like(score).at[:, groups].add(score)
        counts = jnp.zeros_like(counts).at[groups].max(counts)
    bread = breads.bread(J, own.weight, curved, jnp.zeros((p, p)), held)
    unit = jnp.sqrt(jnp.maximum(jnp.diag(bread), jnp.finfo(r.dtype).tiny))
    scaled = bread / (unit[:, None] * unit) + RIDGE * jnp.eye(p)
    meat = (score * counts) @ score.T * (n / jnp.maximum(n - p, 1))
    return breads.sandwich(scaled, meat / (unit[:, None] * unit)) / (unit[:, None] * unit)


def _slope(coordinates: Coordinates, fixed: Either, units: Any, theta: Array) -> Float[Array, "P p"]:
    """Derivative of the law's parameters, natural units, by theta."""

    def natural(at: Array) -> Array:
        inner = coordinates.params(tuple(at), fixed)
        return jnp.stack([jnp.asarray(leaf, float) for leaf in in_table_units(coordinates.law, inner, units)])

    return cast(Array, jax.jacfwd(natural)(theta))
