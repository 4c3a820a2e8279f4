"""The best of the model sizes that are to be had."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.allocation.optimum import check_splits, loss
from scalelaw.allocation.room import UNBOUNDED
from scalelaw.allocation.target import reach_at_N
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law, Optimum

SLACK = 1 + 1e-9
"""Tokens above the bound by less than this are within it."""


def best_size(
    law: Law,
    params: Any,
    C: Float[Array, "..."],
    sizes: Float[Array, " k"],
    serving: Any = 0.0,
    tokens: Any = UNBOUNDED,
) -> Optimum:
    """The allowed size of lowest loss at a total cost of C FLOP of training; NaN where C buys none.

    Pure, as `lifetime_optimal`; every size is looked at.

    Args:
        law: A law of N and D.
        params: Its parameters.
        C: Total cost [FLOP of training]: 6 N (D + serving). Any shape.
        sizes: Allowed sizes [parameters].
        serving: X, tokens of training that cost what serving does.
        tokens: Training tokens at most.

    Raises:
        BadInput: The law is not one of N and D.
    """
    check_splits(law)
    N, D, L = outcomes(law, params, C, sizes, serving, tokens)
    return _lowest(L, N, D)


def outcomes(
    law: Law, params: Any, C: Any, sizes: Any, serving: Any = 0.0, tokens: Any = UNBOUNDED
) -> tuple[Array, Array, Array]:
    """N, D and L [..., k] of every size at the same total cost; L is infinite where it cannot be trained."""
    N, work = jnp.broadcast_arrays(jnp.asarray(sizes), SIX_ND.tokens(jnp.asarray(C)[..., None], 1.0))
    D = work / N - serving
    possible = (D >= 1) & (D <= tokens * SLACK)
    return N, D, jnp.where(possible, loss(law, params, N, jnp.where(possible, D, 1.0)), jnp.inf)


def cheapest_size(
    law: Law,
    params: Any,
    L: Float[Array, "..."],
    sizes: Float[Array, " k"],
    serving: Any = 0.0,
    tokens: Any = UNBOUNDED,
) -> Optimum:
    """The allowed size that reaches a loss L [nats/token] at the lowest total cost; else as `best_size`."""
    N, D = reach_at_N(law, params, jnp.asarray(L)[..., None], jnp.asarray(sizes))
    N = jnp.broadcast_to(N, D.shape)
    cost = jnp.where(D <= tokens * SLACK, N * (D + serving), jnp.inf)
    return _lowest(jnp.where(jnp.isnan(cost), jnp.inf, cost), N, D)


def _lowest(rank: Array, N: Array, D: Array) -> Optimum:
    """The split of lowest rank along the last axis; NaN where every rank is infinite."""
    at = jnp.argmin(rank, axis=-1, keepdims=True)
    lost = jnp.isinf(jnp.min(rank, axis=-1))
    N, D = (jnp.where(lost, jnp.nan, jnp.take_along_axis(each, at, -1)[..., 0]) for each in (N, D))
    return Optimum(N, D)
