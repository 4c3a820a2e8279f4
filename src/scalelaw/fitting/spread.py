"""The robust scale of residuals: their median absolute deviation about zero, as a standard deviation."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.solve import Problem

# Median absolute deviation of a normal distribution, in standard deviations.
MAD_OF_NORMAL = 0.6744897501960817


def residual_scale(r: Float[Array, " n"], problem: Problem, p: Any) -> Float[Array, ""]:
    """Weighted median absolute residual as a standard deviation, with n - p degrees of freedom.

    Args:
        r: residuals.
        problem: whose weights and number of points count.
        p: how many parameters were fitted.
    """
    order = jnp.argsort(jnp.abs(r))
    mass = jnp.cumsum(jnp.asarray(problem.weight)[order])
    # Two neighbours where half the mass falls between them, whatever the rounding of the sum.
    middle = jnp.searchsorted(mass, mass[-1] / 2 * jnp.array([1 - 1e-9, 1 + 1e-9]))
    median = jnp.mean(jnp.abs(r)[order][middle])
    return median / MAD_OF_NORMAL * jnp.sqrt(per_degree(problem.points, p))


def per_degree(n: Any, p: Any) -> Float[Array, ""]:
    """N / (n - p): what a sum over n residuals lacks after p parameters were fitted."""
    count = jnp.asarray(n, float)
    return count / jnp.maximum(count - jnp.asarray(p, float), 1.0)
