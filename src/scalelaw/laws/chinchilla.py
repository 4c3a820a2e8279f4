"""Chinchilla's law, L(N, D) = E + A / N^alpha + B / D^beta.

Hoffmann et al. 2022, arXiv:2203.15556, eq. 2.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw.laws.law import Law, Optimum


class Chinchilla(NamedTuple):
    """E: irreducible loss [nats/token]; A, alpha: the term in N; B, beta: the term in D."""

    E: Float[Array, ""]
    A: Float[Array, ""]
    B: Float[Array, ""]
    alpha: Float[Array, ""]
    beta: Float[Array, ""]


def loss(params: Chinchilla, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token] of N parameters on D tokens."""
    E, A, B, alpha, beta = params
    return E + A * jnp.exp(-alpha * jnp.log(inputs.N)) + B * jnp.exp(-beta * jnp.log(inputs.D))


def rescale(params: Chinchilla, units: Any) -> Chinchilla:
    """Parameters for N and D measured in other units."""
    return params._replace(
        A=params.A * jnp.exp(-params.alpha * jnp.log(units.N)),
        B=params.B * jnp.exp(-params.beta * jnp.log(units.D)),
    )


def derived(params: Chinchilla) -> dict[str, Array]:
    """The exponents a, b of N* = G (C/6)^a and D* = (C/6)^b / G, and G (Hoffmann et al. 2022, eq. 4)."""
    _, A, B, alpha, beta = params
    both = alpha + beta
    log_G = (jnp.log(alpha) + jnp.log(A) - jnp.log(beta) - jnp.log(B)) / both
    return {
        "a": beta / both,
        "b": alpha / both,
        "G": jnp.exp(log_G),
        "log_E": jnp.log(params.E),
        "log_A": jnp.log(A),
        "log_B": jnp.log(B),
    }


def optimum(params: Chinchilla, budget: Float[Array, "..."]) -> Optimum:
    """N* and D* that minimise the loss at 6 N D = budget [FLOP] (Hoffmann et al. 2022, eq. 4)."""
    values = derived(params)
    work = jnp.asarray(budget) / 6
    return Optimum(N=values["G"] * work ** values["a"], D=work ** values["b"] / values["G"])


chinchilla = Law(
    name="chinchilla",
    Params=Chinchilla,
    loss=loss,
    inputs=("N", "D"),
    positive=("E", "A", "B"),
    starts={
        "E": np.exp(np.arange(-1, 1.1, 0.5)),
        "A": np.exp(np.arange(0.0, 26, 5)),
        "B": np.exp(np.arange(0.0, 26, 5)),
        "alpha": np.arange(0, 2.1, 0.5),
        "beta": np.arange(0, 2.1, 0.5),
    },
    linear=("E", "A", "B"),
    projected={name: (0.05, 0.1, 0.16, 0.23, 0.31, 0.4, 0.5, 0.65, 0.85, 1.2) for name in ("alpha", "beta")},
    plausible={"alpha": (0.02, 2), "beta": (0.02, 2)},
    rescale=rescale,
    optimum=optimum,
    derived=derived,
    formula="L(N, D) = E + A / N^alpha + B / D^beta",
    citation="Hoffmann et al. 2022, arXiv:2203.15556, eq. 2; the 4,500 starts of its section D.3",
    units={
        "N": "parameters, embeddings included",
        "D": "training tokens seen, less than an epoch",
        "L": "nats per token",
    },
)
