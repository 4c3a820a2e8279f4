"""Whether a split is the best one: its first-order condition, from the law's own derivatives."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from numpy.typing import NDArray

from scalelaw.allocation.optimum import loss
from scalelaw.allocation.question import Real
from scalelaw.laws import Law

TOLERANCE = 1e-9
"""Largest residual of a certified optimum; N is off by about as much. Those of Chinchilla's law are about 1e-15,
those of repeated data 1e-13 after a thousand epochs."""


def first_order(
    law: Law, params: Any, N: Float[Array, "..."], D: Float[Array, "..."], serving: Any = 0.0
) -> Float[Array, "..."]:
    """Residual of the first-order condition: (dL / d log N) D / ((dL / d log D) (D + X)) - 1, 0 at the optimum.

    Above 0 more parameters would lower the loss at the same total cost 6 N (D + X), below 0 more tokens would.

    Args:
        law: A law of N and D.
        params: Its parameters.
        N: Parameters of the split.
        D: Its training tokens.
        serving: X, tokens of training that cost what serving does.
    """

    def at(log_N: Array, log_D: Array) -> Array:
        return loss(law, params, jnp.exp(log_N), jnp.exp(log_D))

    logs = jnp.log(N), jnp.log(D)
    ones, zeros = jnp.ones_like(logs[0]), jnp.zeros_like(logs[0])
    by_N, by_D = (jax.jvp(at, logs, moved)[1] for moved in ((ones, zeros), (zeros, ones)))
    residual: Array = by_N / by_D * D / (D + serving) - 1
    return residual


def certified(
    residual: Real, at_most: NDArray[np.bool_], at_least: NDArray[np.bool_]
) -> Bool[np.ndarray, "..."]:
    """Whether splits are optimal: at a bound the loss must fall on beyond it, else the residual must be 0."""
    inside = np.abs(residual) <= TOLERANCE
    return np.asarray(inside | (at_most & (residual > 0)) | (at_least & (residual < 0)))
