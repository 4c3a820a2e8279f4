"""Chinchilla's law with one exponent, alpha = beta: N* and D* both grow as the square root of compute.

Hoffmann et al. 2022, arXiv:2203.15556, eq. 2, with the exponents tied as Muennighoff et al. 2023,
arXiv:2305.16264, tie them. The same law in C and M = D / N is `overtraining`.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.chinchilla import Chinchilla
from scalelaw.laws.chinchilla import loss as chinchilla_loss
from scalelaw.laws.chinchilla import optimum as chinchilla_optimum
from scalelaw.laws.chinchilla import rescale as chinchilla_rescale
from scalelaw.laws.law import Law, Optimum


class Tied(NamedTuple):
    """E: irreducible loss [nats/token]; A: of the term in N; B: of the term in D; alpha: exponent of both."""

    E: Float[Array, ""]
    A: Float[Array, ""]
    B: Float[Array, ""]
    alpha: Float[Array, ""]


def with_two_exponents(params: Tied) -> Chinchilla:
    """The same law with alpha written twice."""
    E, A, B, alpha = params
    return Chinchilla(E=E, A=A, B=B, alpha=alpha, beta=alpha)


def loss(params: Tied, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: E + A / N^alpha + B / D^alpha."""
    return chinchilla_loss(with_two_exponents(params), inputs)


def rescale(params: Tied, units: Any) -> Tied:
    """Parameters for N and D measured in other units."""
    _, A, B, _, _ = chinchilla_rescale(with_two_exponents(params), units)
    return params._replace(A=A, B=B)


def derived(params: Tied) -> dict[str, Array]:
    """The exponents a = b = 1/2 and G of N* = G (C/6)^a, D* = (C/6)^b / G; M_star = D* / N* of every budget."""
    log_M = jnp.log(params.B / params.A) / params.alpha
    half = jnp.full_like(log_M, 0.5)
    return {"a": half, "b": half, "G": jnp.exp(-log_M / 2), "M_star": jnp.exp(log_M)}


def optimum(params: Tied, budget: Float[Array, "..."]) -> Optimum:
    """N* and D* that minimise the loss at 6 N D = budget [FLOP]."""
    return chinchilla_optimum(with_two_exponents(params), budget)


tied = Law(
    name="tied",
    Params=Tied,
    loss=loss,
    inputs=("N", "D"),
    positive=("E", "A", "B"),
    starts={
        "E": (0.5, 1.0, 2.0),
        "A": (1.0, 100.0, 1e4, 1e6),
        "B": (1.0, 100.0, 1e4, 1e6),
        "alpha": (0.1, 0.3, 0.5, 0.8),
    },
    linear=("E", "A", "B"),
    projected={"alpha": (0.05, 0.1, 0.16, 0.23, 0.31, 0.4, 0.5, 0.65, 0.85, 1.2)},
    plausible={"alpha": (0.02, 2)},
    rescale=rescale,
    optimum=optimum,
    derived=derived,
    formula="L(N, D) = E + A / N^alpha + B / D^alpha",
    citation="Hoffmann et al. 2022, arXiv:2203.15556, eq. 2, with beta = alpha as in Muennighoff et al. 2023",
    units={
        "N": "parameters, embeddings included",
        "D": "training tokens seen, less than an epoch",
        "L": "nats per token",
    },
)
