"""Whether a lane that ran out of iterations has arrived all the same: judged by what is left to gain.

Where delta lies far below the noise, fewer residuals than parameters may lie inside it: the rest of the curvature
is that of the law itself, which the solver's matrix B leaves out, and a lane wanders about its optimum for as long
as it is let. The exact Hessian knows of it, and so the decrease that Newton's step promises is what is left.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from scalelaw._compiled import compiled
from scalelaw.solve import levenberg
from scalelaw.solve.problem import Problem, pad

# Lanes differentiated together: one size, one compilation.
AT_ONCE = 16
# On a saddle a step of one, the size of a log or an exponent, would gain more than this share of the objective.
SADDLE = 1e-9


def left_to_gain(
    problem: Problem, theta: Float[np.ndarray, "lanes p"], *, draw: Any = None, lanes: Any = None
) -> tuple[Float[np.ndarray, " lanes"], Bool[np.ndarray, " lanes"]]:
    """What Newton's step promises where some lanes stand.

    Args:
        problem: what is minimised.
        theta: [lanes, p] where they stand.
        draw: as of `Solver`, a pytree.
        lanes: handed to `draw`, a leading axis [lanes].

    Returns:
        [lanes] decrease as a share of the objective, infinite on a saddle; and whether a bound holds the lane.
    """
    parts = []
    for first in range(0, len(theta), AT_ONCE):
        rows = slice(first, first + AT_ONCE)
        count = len(theta[rows])
        some = jax.tree.map(lambda leaf, rows=rows: pad(leaf[rows], AT_ONCE), (theta, lanes))
        with jax.enable_x64(True):
            found = _exact(problem, *some, draw=draw)
        parts.append([np.asarray(each)[:count] for each in found])
    objective, gradient, hessian, held = (np.concatenate(column) for column in zip(*parts, strict=True))
    share = decrement(gradient, hessian) / np.maximum(objective, np.finfo(float).tiny)
    lowest = np.linalg.eigvalsh(np.nan_to_num(hessian))[:, 0]
    return np.where(lowest < -2 * SADDLE * objective, np.inf, share), np.asarray(held.any(axis=1))


def decrement(
    gradient: Float[np.ndarray, "lanes p"], B: Float[np.ndarray, "lanes p p"]
) -> Float[np.ndarray, " lanes"]:
    """What a quadratic model says is left to gain, g' B^-1 g / 2.

    Infinite where it is not finite or has a slope along which it bends nowhere.
    """
    size = np.sqrt(np.abs(np.diagonal(B, axis1=1, axis2=2)))
    unit = np.divide(1, size, out=np.zeros_like(size), where=size > 0)
    slope, bend = gradient * unit, B * unit[:, :, None] * unit[:, None, :]
    sound = np.isfinite(bend).all(axis=(1, 2)) & np.isfinite(slope).all(axis=1)
    sound &= ((size > 0) | (gradient == 0)).all(axis=1)
    bends, along = np.linalg.eigh(bend[sound])
    left = np.full(len(gradient), np.inf)
    # A slope along which nothing bends counts as much left, not as nothing.
    own = np.einsum("lij,li->lj", along, slope[sound])
    left[sound] = np.sum(own**2 / np.maximum(np.abs(bends), np.finfo(float).eps), axis=1) / 2
    return left


@compiled
def _exact(problem: Problem, theta: Array, lanes: Any, *, draw: Any) -> tuple[Array, ...]:
    """Objective, gradient and exact Hessian of some lanes, zero along what a bound holds, and what it holds."""

    def one(at: Array, lane: Any) -> tuple[Array, ...]:
        own = problem if draw is None else problem.of_lane(draw(problem, lane))
        gradient, hessian = jax.grad(own.objective)(at), jax.hessian(own.objective)(at)
        held = jnp.asarray(levenberg.held(own, at, gradient))
        free = jnp.asarray(~held)
        return (
            own.objective(at),
            jnp.where(free, gradient, 0),
            jnp.where(free[:, None] & free, hessian, 0),
            held,
        )

    return jax.vmap(one, in_axes=(0, None if lanes is None else 0))(theta, lanes)
