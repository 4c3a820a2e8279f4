"""Roots of n independent functions at once: a scan, bisection, and the implicit function's derivative."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Function = Callable[[Array, Any], Array]

BISECTIONS = 56
"""Enough to bring the widest interval of a scan here (55 nats) down to one rounding error."""

SMOOTH = 1e-6
"""Newton's step from a root is shorter than this, unless the function jumps over zero there."""


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def rising_root(
    function: Function, rank: Function, given: Any, grid: Float[Array, "g n"]
) -> Float[Array, " n"]:
    """Where each of n functions rises through zero.

    Differentiable in `given` to any order, forward and backward, by the implicit function theorem; where a
    function jumps over zero the root is right and its derivative is NaN.

    Args:
        function: (u [n], given) -> [n]; entry i depends on u_i alone. It closes over no traced value.
        rank: (u [n], given) -> [n]; of several roots the one at the lowest rank is taken.
        given: Pytree of what the functions depend on.
        grid: Ascending points at which each function is looked at; two roots between neighbours are missed.

    Returns:
        The roots; NaN where a function does not rise through zero.
    """

    def halve(_: int, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bracket
        middle = (low + high) / 2
        beyond = function(middle, given) >= 0
        return jnp.where(beyond, low, middle), jnp.where(beyond, middle, high)

    low, high = jax.lax.fori_loop(0, BISECTIONS, halve, _bracket(function, rank, given, grid))
    root: Array = (low + high) / 2
    return root


@rising_root.defjvp
def _implicit(
    function: Function, rank: Function, at: tuple[Any, Array], moved: tuple[Any, Array]
) -> tuple[Array, Array]:
    """The root, and -(d function / d given) / (d function / d u) along a change of what is given."""
    given, grid = at
    u = rising_root(function, rank, given, grid)
    value, slope = jax.jvp(lambda u: function(u, given), (u,), (jnp.ones_like(u),))
    _, rise = jax.jvp(lambda given: function(u, given), (given,), (moved[0],))
    smooth = jnp.abs(value) <= SMOOTH * jnp.abs(slope)
    return u, (-rise / jnp.where(smooth, slope, jnp.nan)).astype(u.dtype)


def _bracket(function: Function, rank: Function, given: Any, grid: Array) -> tuple[Array, Array]:
    """The interval of the grid that holds the root of lowest rank; NaN where none does."""
    values, ranks = (jax.vmap(each, in_axes=(0, None))(grid, given) for each in (function, rank))
    # A function that only fades to zero does not rise through it.
    last_above = jnp.max(jnp.where(values > 0, grid, -jnp.inf), axis=0)
    rises = (values[:-1] < 0) & (values[1:] >= 0) & (grid[1:] <= last_above)
    order = jnp.where(rises, jnp.minimum(ranks[:-1], ranks[1:]), jnp.inf)
    chosen = rises & (order == jnp.min(order, axis=0))
    low, high = (jnp.min(jnp.where(chosen, ends, jnp.inf), axis=0) for ends in (grid[:-1], grid[1:]))
    found = jnp.any(rises, axis=0)
    return jnp.where(found, low, jnp.nan), jnp.where(found, high, jnp.nan)
