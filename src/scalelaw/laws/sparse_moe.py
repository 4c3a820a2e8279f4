"""Abnar's law of sparsity: total size, tokens and the share of experts that rest.

Abnar et al. 2025, arXiv:2501.12370, eq. 6. At the same N and D a sparser model has a higher loss, for N is its
total; it gains by costing less per token.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.law import Law


class SparseMoE(NamedTuple):
    """Terms: a, alpha in N; b, beta in D; c, lam in 1 - S; d, delta, gamma in 1 - S and N; e: floor."""

    a: Float[Array, ""]
    b: Float[Array, ""]
    c: Float[Array, ""]
    d: Float[Array, ""]
    e: Float[Array, ""]
    alpha: Float[Array, ""]
    beta: Float[Array, ""]
    lam: Float[Array, ""]
    delta: Float[Array, ""]
    gamma: Float[Array, ""]


def loss(params: SparseMoE, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: a / N^alpha + b / D^beta + c / (1-S)^lam + d / ((1-S)^delta N^gamma) + e."""
    a, b, c, d, e, alpha, beta, lam, delta, gamma = params
    N, D, active = jnp.log(inputs.N), jnp.log(inputs.D), jnp.log1p(-inputs.S)
    terms = a * jnp.exp(-alpha * N) + b * jnp.exp(-beta * D) + c * jnp.exp(-lam * active)
    return terms + d * jnp.exp(-delta * active - gamma * N) + e


sparse_moe = Law(
    name="sparse_moe",
    Params=SparseMoE,
    loss=loss,
    inputs=("N", "D", "S"),
    positive=("a", "b", "c", "d", "e"),
    starts={
        "a": (1e3, 1e5),
        "b": (1e3, 1e5),
        "c": (0.5,),
        "d": (3.0, 30.0),
        "e": (0.5, 1.5),
        "alpha": (0.5, 0.8),
        "beta": (0.3, 0.5),
        "lam": (-0.2,),
        "delta": (0.15,),
        "gamma": (0.1, 0.2),
    },
    linear=("a", "b", "c", "d", "e"),
    plausible={"alpha": (0.02, 2), "beta": (0.02, 2), "gamma": (0.02, 2)},
    formula="L(N, D, S) = a / N^alpha + b / D^beta + c / (1-S)^lam + d / ((1-S)^delta N^gamma) + e",
    citation="Abnar et al. 2025, arXiv:2501.12370, eq. 6",
    units={
        "N": "total parameters",
        "D": "training tokens",
        "S": "sparsity, the share of experts that a token leaves out",
        "L": "nats per token",
    },
)
