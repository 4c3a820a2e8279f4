"""The bread and the meat of a sandwich covariance H^-1 M H^-1; pure functions, to be traced and vmapped.

H = sum w E[rho''] J J' + sum w psi d2r. Where delta lies far below the residual scale only a handful of
residuals fall inside it, and their sum is a noisy estimate of a density at zero; the curvature is therefore
averaged over a window, (psi(r + h) - psi(r - h)) / 2h, as in quantile regression (Powell 1991). With delta
above h, and for squares, this is rho'' itself.

`sandwiches` makes one inside each replicate, thousands in one compiled call, for studentized intervals. Its
bread is the Gauss-Newton curvature averaged over the fit's own window, its meat counts a run (or group) as often
as the replicate drew it. The same formula serves the fit itself, so that a studentized interval compares like
with like.
"""

from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jaxtyping import Array, Float, Int

from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting.coordinates import Coordinates, Prediction, in_table_units
from scalelaw.fitting.refits import padded_draw
from scalelaw.fitting.setup import Setup
from scalelaw.fitting.spread import per_degree
from scalelaw.solve import Problem
from scalelaw.solve.problem import Either, Rho, linearized, pad, slopes
from scalelaw.solve.solver import as_pytree

# A window holds no more than this share of normal residuals on either side of zero: few runs, no tail.
WIDEST = 0.45


def bandwidth(scale: Array, n: Any) -> Float[Array, ""]:
    """Half the window, on the scale of the residual.

    Bofinger's (1975) share 2 q of the residuals, q = (4.5 phi(0)^4 / n)^(1/5), about their median. Of 500
    simulated fits to 240 runs with delta a fifth of the noise, the median standard error of alpha is 1.03
    (Gaussian) and 1.05 (Student's t) of the true one, of beta 0.94 and 1.00; Silverman's 1.06 s n^(-1/5),
    half as wide, gives 0.97, 0.98, 0.87 and 0.91, and the windows of Hall & Sheather are in between.

    Args:
        scale: robust standard deviation of the residuals.
        n: how many there are.
    """
    # An integer that is traced would make this single precision.
    share = jnp.minimum((4.5 * norm.pdf(0.0) ** 4 / jnp.asarray(n, float)) ** 0.2, WIDEST)
    return jnp.maximum(norm.ppf(0.5 + share) * scale, jnp.finfo(scale.dtype).eps)


def average_curvature(rho: Rho, r: Float[Array, " n"], h: Array) -> Float[Array, " n"]:
    """The curvature rho'' averaged over r - h to r + h."""
    return (slopes(rho, r + h)[0] - slopes(rho, r - h)[0]) / (2 * h)


def bread(
    J: Float[Array, "p n"],
    weight: Either,
    curved: Float[Array, " n"],
    bend: Float[Array, "p p"],
    held: Array,
) -> Float[Array, "p p"]:
    """The curvature H, the identity over the coordinates that a bound holds.

    Args:
        J: derivative of the residuals.
        weight: [n] of the runs.
        curved: rho'', averaged or not.
        bend: sum w psi d2r; left out where with it H is not positive definite.
        held: [p] which coordinates a bound holds.
    """
    free = ~held[:, None] & ~held
    masked = lambda matrix: jnp.where(free, matrix, jnp.diag(held.astype(J.dtype)))  # noqa: E731
    plain = (J * (weight * curved)) @ J.T
    definite = jnp.all(jnp.linalg.eigvalsh(masked(plain + bend)) > 0)
    return masked(jnp.where(definite, plain + bend, plain))


def sandwich(bread: Float[Array, "p p"], meat: Float[Array, "p p"]) -> Float[Array, "p p"]:
    """bread^-1 meat bread^-1."""
    covariance: Array = jnp.linalg.solve(bread, jnp.linalg.solve(bread, meat).T)
    return covariance


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
@compiled
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
    psi, _, _ = slopes(own.rho, r)
    n, coordinates = problem.points, cast(Prediction, problem.predict).coordinates
    curved = average_curvature(own.rho, r, bandwidth(scale, n))
    held = (theta <= problem.lower) | (theta >= problem.upper)
    score = jnp.where(held[:, None], 0.0, J * (problem.weight * psi))
    if groups is not None:
        # Summed within groups; after the last group come zeros, so that shapes do not depend on their number.
        score = jnp.zeros_like(score).at[:, groups].add(score)
        counts = jnp.zeros_like(counts).at[groups].max(counts)
    H = bread(J, own.weight, curved, jnp.zeros((len(J), len(J))), held)
    unit = jnp.sqrt(jnp.maximum(jnp.diag(H), jnp.finfo(r.dtype).tiny))
    scaled = H / (unit[:, None] * unit) + RIDGE * jnp.eye(len(J))
    meat = (score * counts) @ score.T * per_degree(n, jnp.sum(~coordinates.at_limit(theta)))
    return sandwich(scaled, meat / (unit[:, None] * unit)) / (unit[:, None] * unit)


def _slope(coordinates: Coordinates, fixed: Either, units: Any, theta: Array) -> Float[Array, "P p"]:
    """Derivative of the law's parameters, natural units, by theta."""

    def natural(at: Array) -> Array:
        inner = coordinates.natural(tuple(at), fixed)
        return jnp.stack([jnp.asarray(leaf, float) for leaf in in_table_units(coordinates.law, inner, units)])

    return cast(Array, jax.jacfwd(natural)(theta))
