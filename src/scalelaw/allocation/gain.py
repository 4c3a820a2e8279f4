"""Compute-equivalent gain: how much compute a better recipe saves, as a factor, at equal loss."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.allocation.optimum import loss, optimal
from scalelaw.allocation.target import optimal_given_L
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law


def compute_gain(
    law: Law, params: Any, baseline: Law, baseline_params: Any, C: Float[Array, "..."]
) -> Float[Array, "..."]:
    """How many times C the baseline needs for the loss that the law reaches with C, each at its best split.

    For two Chinchilla laws that differ in B alone it is (B_baseline / B)^(1 / beta) at every C.
    Pure, in both sets of parameters and in C.

    Args:
        law: A law of N and D.
        params: Its parameters.
        baseline: The law it is compared with.
        baseline_params: Its parameters.
        C: Budgets [FLOP], any shape.

    Returns:
        The gain, in the shape of C: above 1 where the law is better; NaN where no budget of the baseline
        reaches the loss.

    Raises:
        BadInput: A law is not one of N and D.
    """
    C = jnp.asarray(C, float)
    L = loss(law, params, *optimal(law, params, C))
    gain: Array = SIX_ND.flops(*optimal_given_L(baseline, baseline_params, L)) / C
    return gain
