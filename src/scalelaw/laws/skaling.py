"""Skaling: Chinchilla's law with its two terms coupled by an outer exponent.

Videau et al. 2026, arXiv:2608.07222: L = E + (A' / N^alpha + B' / D^beta)^k. Here A = A'^k and R = B' / A', so
that the loss is linear in E and A, and A is what it is in Chinchilla's law, k = 1, where B = R A. With k < 1 more
data makes a larger model worth more. The optimum does not depend on k.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.chinchilla import Chinchilla, chinchilla
from scalelaw.laws.law import Law, Optimum


class Skaling(NamedTuple):
    """E: irreducible loss [nats/token]; A: scale; R: weight of D; alpha, beta: exponents; k: coupling."""

    E: Float[Array, ""]
    A: Float[Array, ""]
    R: Float[Array, ""]
    alpha: Float[Array, ""]
    beta: Float[Array, ""]
    k: Float[Array, ""]


def loss(params: Skaling, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: E + A (1 / N^alpha + R / D^beta)^k."""
    E, A, R, alpha, beta, k = params
    log_sum = jnp.logaddexp(-alpha * jnp.log(inputs.N), jnp.log(R) - beta * jnp.log(inputs.D))
    return E + A * jnp.exp(k * log_sum)


def rescale(params: Skaling, units: Any) -> Skaling:
    """Parameters for N and D measured in other units."""
    in_N = params.alpha * jnp.log(units.N)
    return params._replace(
        A=params.A * jnp.exp(-params.k * in_N),
        R=params.R * jnp.exp(in_N - params.beta * jnp.log(units.D)),
    )


def derived(params: Skaling) -> dict[str, Array]:
    """The exponents a, b and G of N* = G (C/6)^a, D* = (C/6)^b / G; what is left where the other input is endless.

    L -> E + A / N^alpha_N of endless data and L -> E + B / D^beta_D of endless size.
    """
    _, A, R, alpha, beta, k = params
    both = alpha + beta
    return {
        "a": beta / both,
        "b": alpha / both,
        "G": jnp.exp((jnp.log(alpha) - jnp.log(beta) - jnp.log(R)) / both),
        "alpha_N": k * alpha,
        "beta_D": k * beta,
        "B": A * jnp.exp(k * jnp.log(R)),
    }


def optimum(params: Skaling, budget: Float[Array, "..."]) -> Optimum:
    """N* and D* that minimise the loss at 6 N D = budget [FLOP]: Chinchilla's of the sum within."""
    values = derived(params)
    work = jnp.asarray(budget) / 6
    return Optimum(N=values["G"] * work ** values["a"], D=work ** values["b"] / values["G"])


def from_chinchilla(params: Chinchilla) -> Skaling:
    """The parameters that give Chinchilla's losses."""
    E, A, B, alpha, beta = params
    return Skaling(E, A, B / A, alpha, beta, jnp.ones_like(E))


skaling = Law(
    name="skaling",
    Params=Skaling,
    loss=loss,
    inputs=("N", "D"),
    positive=("E", "A", "R", "k"),
    starts={
        "E": (0.5, 1.0, 2.0),
        "A": (10.0, 300.0, 1e4),
        "R": (0.1, 3.0, 100.0, 3000.0),
        "alpha": (0.2, 0.4, 0.8),
        "beta": (0.2, 0.4, 0.8),
        "k": (0.3, 0.6, 1.0),
    },
    linear=("E", "A"),
    projected={
        "R": (0.2, 1.0, 5.0),
        "alpha": (0.15, 0.3, 0.5, 0.8, 1.2),
        "beta": (0.15, 0.3, 0.5, 0.8, 1.2),
        "k": (0.3, 0.6, 1.0, 2.0),
    },
    plausible={"alpha": (0.02, 4), "beta": (0.02, 4), "k": (0.02, 5)},
    rescale=rescale,
    optimum=optimum,
    derived=derived,
    formula="L(N, D) = E + A (1 / N^alpha + R / D^beta)^k",
    citation="Videau et al. 2026, arXiv:2608.07222: E + (A' / N^alpha + B' / D^beta)^k, A = A'^k, R = B' / A'",
    units={
        "N": "parameters, embeddings included",
        "D": "training tokens seen, less than an epoch",
        "L": "nats per token",
    },
    nests=(chinchilla, from_chinchilla),
)
