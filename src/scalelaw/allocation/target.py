"""The cheapest way to a target loss: on the compute-optimal frontier, or with N, D or their ratio held."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw.allocation.optimum import SLACK, Bounds, Numbers, check_splits, loss, optimal
from scalelaw.allocation.roots import rising_root
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law, Optimum

Path = Callable[[Law, Any, Array, Any], Optimum]
"""(law, params, amount [n], what is held) -> the split that this amount buys."""

LOG_AMOUNTS = np.linspace(np.log(1e-30), np.log(1e270), 61)
"""log of amounts (of C, N or D) at which a target is looked for: every float64 that leaves room for 6 N D."""


def optimal_given_L(
    law: Law, params: Any, L: Numbers, serving: Any = None, bounds: Bounds | None = None
) -> Optimum:
    """The cheapest split that reaches a loss.

    Pure: `jax.jit` (law static), `jax.vmap` and `jax.grad` go through it, in params and in all amounts.

    Args:
        law: A law of N and D.
        params: Its parameters.
        L: Target losses [nats/token], any shape.
        serving: X, tokens of training that cost what serving does; see `optimal`.
        bounds: On N and D.

    Returns:
        N [parameters] and D [tokens] in the shape of L; NaN where no budget reaches the target.

    Raises:
        BadInput: The law is not one of N and D.
    """

    def frontier(law: Law, params: Any, C: Array, held: Any) -> Optimum:
        serving, bounds = held
        if bounds is not None:  # a cost above that of the largest model on all tokens buys no more
            C = jnp.minimum(
                C, SIX_ND.flops(bounds.most, bounds.tokens + (0.0 if serving is None else serving))
            )
        return optimal(law, params, C, serving, bounds)

    return _reach(frontier, law, params, L, (serving, bounds))


def reach_at_N(law: Law, params: Any, L: Numbers, N: Numbers) -> Optimum:
    """The fewest tokens on which N parameters reach the loss L; else as `optimal_given_L`."""
    return _reach(lambda law, params, D, N: Optimum(N, D), law, params, L, N)


def reach_at_D(law: Law, params: Any, L: Numbers, D: Numbers) -> Optimum:
    """The fewest parameters that reach the loss L on D tokens; else as `optimal_given_L`."""
    return _reach(lambda law, params, N, D: Optimum(N, D), law, params, L, D)


def reach_at_ratio(law: Law, params: Any, L: Numbers, ratio: Numbers) -> Optimum:
    """The smallest model that reaches the loss L on `ratio` tokens a parameter; else as `optimal_given_L`."""
    return _reach(lambda law, params, N, ratio: Optimum(N, ratio * N), law, params, L, ratio)


def lowest_loss(law: Law, params: Any, N: Numbers, D: Numbers) -> Float[Array, "..."]:
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


def best_size(
    law: Law,
    params: Any,
    C: Numbers,
    sizes: Float[Array, " k"],
    serving: Any = None,
    bounds: Bounds | None = None,
) -> Optimum:
    """The allowed size of lowest loss at a total cost of C FLOP of training; NaN where C buys none.

    Pure, as `optimal`; every size is looked at.

    Args:
        law: A law of N and D.
        params: Its parameters.
        C: Total cost [FLOP of training]: 6 N (D + X). Any shape.
        sizes: Allowed sizes [parameters].
        serving: X, tokens of training that cost what serving does.
        bounds: Those on D count.

    Raises:
        BadInput: The law is not one of N and D.
    """
    check_splits(law)
    N, work = jnp.broadcast_arrays(jnp.asarray(sizes), SIX_ND.tokens(jnp.asarray(C)[..., None], 1.0))
    D = work / N - (0.0 if serving is None else serving)
    possible = (D >= 1) & _within(D, bounds)
    L = jnp.where(possible, loss(law, params, N, jnp.where(possible, D, 1.0)), jnp.inf)
    return _lowest(L, N, D)


def cheapest_size(
    law: Law,
    params: Any,
    L: Numbers,
    sizes: Float[Array, " k"],
    serving: Any = None,
    bounds: Bounds | None = None,
) -> Optimum:
    """The allowed size that reaches a loss L [nats/token] at the lowest total cost; else as `best_size`."""
    N, D = reach_at_N(law, params, jnp.asarray(L)[..., None], jnp.asarray(sizes))
    N = jnp.broadcast_to(N, D.shape)
    cost = N * (D + (0.0 if serving is None else serving))
    return _lowest(jnp.where(_within(D, bounds), cost, jnp.inf), N, D)


def _within(D: Array, bounds: Bounds | None) -> Array:
    """Whether tokens are a number, and no more than there are."""
    return ~jnp.isnan(D) if bounds is None else D <= bounds.tokens * SLACK


def _lowest(rank: Array, N: Array, D: Array) -> Optimum:
    """The split of lowest rank along the last axis; NaN where every rank is infinite."""
    at = jnp.argmin(rank, axis=-1, keepdims=True)
    lost = jnp.isinf(jnp.min(rank, axis=-1))
    N, D = (jnp.where(lost, jnp.nan, jnp.take_along_axis(each, at, -1)[..., 0]) for each in (N, D))
    return Optimum(N, D)


def _reach(path: Path, law: Law, params: Any, L: Numbers, held: Any) -> Optimum:
    """The smallest amount on a path at which the loss has fallen to L; where it jumps, at which it is below."""
    check_splits(law)
    leaves, tree = jax.tree.flatten((L, held))
    arrays = jnp.broadcast_arrays(*(jnp.asarray(leaf, float) for leaf in leaves))
    flat, held = jax.tree.unflatten(tree, [jnp.ravel(array) for array in arrays])

    def spare(log_amount: Array, given: Any) -> Array:
        params, L, held = given
        spare = L - loss(law, params, *path(law, params, jnp.exp(log_amount), held))
        return jnp.where(jnp.isnan(spare), -jnp.inf, spare)

    grid = jnp.asarray(LOG_AMOUNTS, flat.dtype)[:, None] + jnp.zeros_like(flat)
    log_amount = rising_root(spare, lambda log_amount, _: log_amount, (params, flat, held), grid)
    N, D = path(law, params, jnp.exp(log_amount), held)
    shape = arrays[0].shape
    return Optimum(N.reshape(shape), D.reshape(shape))
