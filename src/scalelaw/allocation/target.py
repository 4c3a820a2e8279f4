"""The cheapest way to a target loss: on the compute-optimal frontier, or with N, D or their ratio held."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw.allocation.optimum import check_splits, loss, optimal
from scalelaw.allocation.roots import rising_root
from scalelaw.laws import Law, Optimum

Path = Callable[[Law, Any, Array, Array], Optimum]
"""(law, params, amount [n], what is held [n]) -> the split that this amount buys."""

SMALLEST, LARGEST = 1e-30, 1e270
"""Amounts (of C, N or D) between which a target is looked for: every float64 that leaves room for 6 N D."""

LOG_AMOUNTS = np.linspace(np.log(SMALLEST), np.log(LARGEST), 61)


def optimal_given_L(law: Law, params: Any, L: Float[Array, "..."]) -> Optimum:
    """The cheapest split that reaches a loss.

    Pure: `jax.jit` (law static), `jax.vmap` and `jax.grad` go through it, in params and in L.

    Args:
        law: A law of N and D.
        params: Its parameters.
        L: Target losses [nats/token], any shape.

    Returns:
        N [parameters] and D [tokens] in the shape of L; NaN where no budget reaches the target.

    Raises:
        BadInput: The law is not one of N and D.
    """
    return _reach(_frontier, law, params, L, 0.0)


def reach_at_N(law: Law, params: Any, L: Float[Array, "..."], N: Float[Array, "..."]) -> Optimum:
    """The fewest tokens on which N parameters reach the loss L; else as `optimal_given_L`."""
    return _reach(_with_N, law, params, L, N)


def reach_at_D(law: Law, params: Any, L: Float[Array, "..."], D: Float[Array, "..."]) -> Optimum:
    """The fewest parameters that reach the loss L on D tokens; else as `optimal_given_L`."""
    return _reach(_with_D, law, params, L, D)


def reach_at_ratio(law: Law, params: Any, L: Float[Array, "..."], ratio: Float[Array, "..."]) -> Optimum:
    """The smallest model that reaches the loss L on `ratio` tokens a parameter; else as `optimal_given_L`."""
    return _reach(_with_ratio, law, params, L, ratio)


def lowest_loss(law: Law, params: Any, N: Float[Array, " n"], D: Float[Array, " n"]) -> Float[Array, " n"]:
    """Loss [nats/token] in the limit of those N and D that are infinite.

    Args:
        law: A law of N and D.
        params: Its parameters.
        N: Parameters, or infinity.
        D: Tokens, or infinity.

    Returns:
        The limit; where the law is not defined at infinity, its value at 1e150 instead.
    """
    at_infinity = loss(law, params, N, D)
    far = loss(law, params, jnp.minimum(N, 1e150), jnp.minimum(D, 1e150))
    return jnp.where(jnp.isfinite(at_infinity), at_infinity, far)


def _reach(path: Path, law: Law, params: Any, L: Array, held: Any) -> Optimum:
    """The smallest amount on a path at which the loss has fallen to L."""
    check_splits(law)
    L, held = jnp.broadcast_arrays(L, held)
    flat = jnp.ravel(jnp.asarray(L, float)), jnp.ravel(jnp.asarray(held, float))

    def shortfall(log_amount: Array, given: Any) -> Array:
        params, L, held = given
        missing: Array = L - loss(law, params, *path(law, params, jnp.exp(log_amount), held))
        return missing

    grid = jnp.asarray(LOG_AMOUNTS, flat[0].dtype)[:, None] + jnp.zeros_like(flat[0])
    log_amount = rising_root(shortfall, _amount, (params, *flat), grid)
    N, D = path(law, params, jnp.exp(log_amount), flat[1])
    return Optimum(N.reshape(L.shape), D.reshape(L.shape))


def _amount(log_amount: Array, given: Any) -> Array:
    del given
    return log_amount


def _frontier(law: Law, params: Any, C: Array, held: Array) -> Optimum:
    del held
    return optimal(law, params, C)


def _with_N(law: Law, params: Any, D: Array, N: Array) -> Optimum:
    del law, params
    return Optimum(N, D)


def _with_D(law: Law, params: Any, N: Array, D: Array) -> Optimum:
    del law, params
    return Optimum(N, D)


def _with_ratio(law: Law, params: Any, N: Array, ratio: Array) -> Optimum:
    del law, params
    return Optimum(N, ratio * N)
