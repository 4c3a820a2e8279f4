"""Krajewski's law of fine-grained experts: total size, tokens and granularity, at 64 experts.

Krajewski et al. 2024, arXiv:2402.07871, eq. 9. G = d_ff / d_expert: an expert of granularity G is 1/G as wide.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.chinchilla import Chinchilla
from scalelaw.laws.chinchilla import loss as chinchilla_loss
from scalelaw.laws.chinchilla import optimum as chinchilla_optimum
from scalelaw.laws.law import Law, Optimum


class GranularMoE(NamedTuple):
    """c: floor [nats/token]; a, alpha: term in N; g, gamma: what granularity takes off it; b, beta: in D."""

    c: Float[Array, ""]
    g: Float[Array, ""]
    gamma: Float[Array, ""]
    a: Float[Array, ""]
    alpha: Float[Array, ""]
    b: Float[Array, ""]
    beta: Float[Array, ""]


def at_granularity(params: GranularMoE, G: Float[Array, "..."]) -> Chinchilla:
    """Chinchilla's law of models of granularity G: A = g / G^gamma + a."""
    A = params.g * jnp.exp(-params.gamma * jnp.log(G)) + params.a
    return Chinchilla(E=params.c, A=A, B=params.b, alpha=params.alpha, beta=params.beta)


def loss(params: GranularMoE, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: c + (g / G^gamma + a) / N^alpha + b / D^beta."""
    return chinchilla_loss(at_granularity(params, inputs.G), inputs)


def rescale(params: GranularMoE, units: Any) -> GranularMoE:
    """Parameters for N, D and G measured in other units."""
    size = jnp.exp(-params.alpha * jnp.log(units.N))
    return params._replace(
        g=params.g * size * jnp.exp(-params.gamma * jnp.log(units.G)),
        a=params.a * size,
        b=params.b * jnp.exp(-params.beta * jnp.log(units.D)),
    )


def optimum(params: GranularMoE, budget: Float[Array, "..."], *, G: Float[Array, ""]) -> Optimum:
    """N* and D* of models of granularity G at 6 N D = budget [FLOP].

    The paper counts the FLOP of a mixture from its active parameters; with its total N the budget here is
    6 N D of that N.
    """
    return chinchilla_optimum(at_granularity(params, jnp.asarray(G, jnp.result_type(budget))), budget)


granular_moe = Law(
    name="granular_moe",
    Params=GranularMoE,
    loss=loss,
    inputs=("N", "D", "G"),
    positive=("c", "g", "a", "b"),
    starts={
        "c": (0.5, 1.5),
        "g": (1.0, 10.0),
        "gamma": (0.3, 1.0),
        "a": (10.0, 100.0),
        "alpha": (0.1, 0.3),
        "b": (10.0, 100.0),
        "beta": (0.1, 0.3),
    },
    linear=("c", "g", "a", "b"),
    projected={
        "gamma": (0.2, 0.5, 1.0),
        "alpha": (0.06, 0.1, 0.16, 0.25, 0.4),
        "beta": (0.06, 0.1, 0.16, 0.25, 0.4),
    },
    plausible={"alpha": (0.02, 2), "beta": (0.02, 2), "gamma": (0.02, 5)},
    rescale=rescale,
    optimum=optimum,
    formula="L(N, D, G) = c + (g / G^gamma + a) / N^alpha + b / D^beta",
    citation="Krajewski et al. 2024, arXiv:2402.07871, eq. 9",
    units={
        "N": "total parameters without embeddings, of 64 experts",
        "D": "training tokens",
        "G": "granularity, d_ff / d_expert",
        "L": "nats per token",
    },
)
