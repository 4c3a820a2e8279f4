"""Chinchilla's law with a cross term: what size and data are worth to each other.

E + A / N^alpha + B / D^beta (Hoffmann et al. 2022, arXiv:2203.15556, eq. 2) and K / (N^alpha D^beta), a term with
the same exponents. Most public runs want K < 0: a larger model makes more of the same data. Below the size
(-K / B)^(1 / alpha) such a law says that more data does harm, and below (-K / A)^(1 / beta) tokens that size does:
it describes the runs above both. Videau et al. 2026, arXiv:2608.07222, name that limit and couple the terms by an
exponent instead (`skaling`).
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.chinchilla import Chinchilla, chinchilla
from scalelaw.laws.law import Law


class Cross(NamedTuple):
    """E: irreducible loss [nats/token]; A, alpha: the term in N; B, beta: in D; K: in both, of either sign."""

    E: Float[Array, ""]
    A: Float[Array, ""]
    B: Float[Array, ""]
    alpha: Float[Array, ""]
    beta: Float[Array, ""]
    K: Float[Array, ""]


def loss(params: Cross, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: E + A / N^alpha + B / D^beta + K / (N^alpha D^beta)."""
    E, A, B, alpha, beta, K = params
    of_N, of_D = jnp.exp(-alpha * jnp.log(inputs.N)), jnp.exp(-beta * jnp.log(inputs.D))
    return E + A * of_N + B * of_D + K * (of_N * of_D)


def rescale(params: Cross, units: Any) -> Cross:
    """Parameters for N and D measured in other units."""
    in_N, in_D = -params.alpha * jnp.log(units.N), -params.beta * jnp.log(units.D)
    return params._replace(
        A=params.A * jnp.exp(in_N), B=params.B * jnp.exp(in_D), K=params.K * jnp.exp(in_N + in_D)
    )


def derived(params: Cross) -> dict[str, Array]:
    """K / (A B) [per nat]: where the other terms are s and t nats, the cross term is kappa s t."""
    return {"kappa": params.K / params.A / params.B}


def from_chinchilla(params: Chinchilla) -> Cross:
    """The parameters that give Chinchilla's losses."""
    E, A, B, alpha, beta = params
    return Cross(E, A, B, alpha, beta, jnp.zeros_like(E))


cross = Law(
    name="cross",
    Params=Cross,
    loss=loss,
    inputs=("N", "D"),
    positive=("E", "A", "B"),
    starts={
        "E": (0.5, 1.0, 2.0),
        "A": (10.0, 300.0, 1e4, 3e5),
        "B": (10.0, 300.0, 1e4, 3e5),
        "alpha": (0.15, 0.3, 0.6, 1.0),
        "beta": (0.15, 0.3, 0.6, 1.0),
        "K": (0.0,),
    },
    linear=("E", "A", "B", "K"),
    projected={name: (0.05, 0.1, 0.16, 0.23, 0.31, 0.4, 0.5, 0.65, 0.85, 1.2) for name in ("alpha", "beta")},
    plausible={"alpha": (0.02, 2), "beta": (0.02, 2)},
    rescale=rescale,
    derived=derived,
    formula="L(N, D) = E + A / N^alpha + B / D^beta + K / (N^alpha D^beta)",
    citation="Hoffmann et al. 2022, arXiv:2203.15556, eq. 2, and a product of its two terms",
    units={
        "N": "parameters, embeddings included",
        "D": "training tokens seen, less than an epoch",
        "L": "nats per token",
    },
    nests=(chinchilla, from_chinchilla),
)
