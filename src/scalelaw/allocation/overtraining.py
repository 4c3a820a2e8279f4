"""Smaller than optimal and trained for longer: what the same loss then costs.

For Chinchilla's law a model of k N* needs D / D* = (1 - (k^-alpha - 1) beta / alpha)^(-1 / beta) times the
tokens, at every budget alike, and no amount of data makes up for k <= (1 + alpha / beta)^(-1 / alpha).
"""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.allocation.optimum import loss, optimal
from scalelaw.allocation.target import reach_at_N
from scalelaw.laws import Law, Optimum


def overtrained(law: Law, params: Any, C: Float[Array, "..."], share: Float[Array, "..."]) -> Optimum:
    """The model of `share` times the compute-optimal size, trained until it reaches the same loss.

    Pure: `jax.jit` (law static), `jax.vmap` and `jax.grad` go through it, in params, C and share.

    Args:
        law: A law of N and D.
        params: Its parameters.
        C: Budget [FLOP] of the compute-optimal model, 6 N* D*.
        share: k = N / N*; below 1 is a smaller model. Of the shape of C, or one that broadcasts with it.

    Returns:
        N = k N* [parameters] and D [tokens]; NaN where no number of tokens is enough.

    Raises:
        BadInput: The law is not one of N and D.
    """
    C, share = jnp.broadcast_arrays(jnp.asarray(C, float), jnp.asarray(share, float))
    best = optimal(law, params, C)
    return reach_at_N(law, params, loss(law, params, *best), share * best.N)


def overtraining_cost(
    law: Law, params: Any, C: Float[Array, "..."], share: Float[Array, "..."]
) -> Float[Array, "..."]:
    """How many times the compute of the optimal model that of `overtrained` takes: 1 at share 1."""
    return share * overtraining_tokens(law, params, C, share)


def overtraining_tokens(
    law: Law, params: Any, C: Float[Array, "..."], share: Float[Array, "..."]
) -> Float[Array, "..."]:
    """How many times the tokens of the optimal model those of `overtrained` are."""
    return overtrained(law, params, C, share).D / optimal(law, params, jnp.asarray(C, float)).D
