"""Farseer: floor, coefficient and exponent of a power law in D, each a stretched exponential of N.

Li et al. 2025, arXiv:2506.10972, eq. 3:

    L = exp(a3 N^gamma + b3) + exp(a2 N^beta + b2) / D^exp(a1 N^alpha + b1).

As printed, the constants of each pair run away together where their curvature is near 0, though the loss hardly
changes. Here they are what they say of a model of 1e9 parameters on 1e10 tokens: a value, a slope in log N and a
curvature of the floor (E, e, gamma), of the data term (B, b, beta) and of the exponent of D (A, a, alpha). A
curvature of 0 is a power of N. `derived` gives the printed constants, `from_printed` the way back.

The floor falls to 0 as N grows, and so does the exponent of D: far beyond the sizes that it was fitted to the law
prefers endless models on a single token. A budget is split within a `max_N`.
"""

from collections.abc import Mapping
from math import exp, log
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.law import Law

SIZE, TOKENS = 1e9, 1e10
"""The model that the parameters describe."""

NEARLY_FLAT = 1e-3
"""Below this (e^z - 1) / z is summed as a series: five terms leave nothing."""


class Farseer(NamedTuple):
    """At 1e9 parameters, 1e10 tokens: E, e, gamma: floor; B, b, beta: data term; A, a, alpha: exponent of D."""

    E: Float[Array, ""]
    e: Float[Array, ""]
    gamma: Float[Array, ""]
    B: Float[Array, ""]
    b: Float[Array, ""]
    beta: Float[Array, ""]
    A: Float[Array, ""]
    a: Float[Array, ""]
    alpha: Float[Array, ""]


def loss(params: Farseer, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: E exp(e u_gamma) + B(N) / D^A(N), with u_x = ((N / 1e9)^x - 1) / x."""
    E, e, gamma, B, b, beta, A, a, alpha = params
    log_N, log_D = jnp.log(inputs.N / SIZE), jnp.log(inputs.D / TOKENS)
    bent = bend(beta, log_N)
    exponent = A * jnp.exp(a * bend(alpha, log_N))
    log_term = b * bent + log(TOKENS) * (A + A * a * bent - exponent) - exponent * log_D
    return E * jnp.exp(e * bend(gamma, log_N)) + B * jnp.exp(log_term)


def bend(curvature: Float[Array, ""], log_x: Float[Array, "..."]) -> Float[Array, "..."]:
    """(x^curvature - 1) / curvature, log x where the curvature is 0."""
    z = curvature * log_x
    flat = jnp.abs(z) < NEARLY_FLAT
    series = 1 + z / 2 * (1 + z / 3 * (1 + z / 4 * (1 + z / 5)))
    return log_x * jnp.where(flat, series, jnp.expm1(z) / jnp.where(flat, 1, z))


def derived(params: Farseer) -> dict[str, Array]:
    """The constants as eq. 3 prints them."""
    E, e, gamma, B, b, beta, A, a, alpha = params
    of_floor, of_exponent = e / gamma, a / alpha
    of_term = (b + A * a * log(TOKENS)) / beta
    return {
        "a1": of_exponent * jnp.exp(-alpha * log(SIZE)),
        "b1": jnp.log(A) - of_exponent,
        "a2": of_term * jnp.exp(-beta * log(SIZE)),
        "b2": jnp.log(B) + A * log(TOKENS) - of_term,
        "a3": of_floor * jnp.exp(-gamma * log(SIZE)),
        "b3": jnp.log(E) - of_floor,
    }


def from_printed(printed: Mapping[str, float]) -> dict[str, float]:
    """Parameters by name from the printed constants a1, b1, alpha, a2, b2, beta, a3, b3, gamma."""
    floor, term, exponent = (
        printed[f"a{i}"] * SIZE ** printed[name] for i, name in ((3, "gamma"), (2, "beta"), (1, "alpha"))
    )
    A, a = exp(exponent + printed["b1"]), exponent * printed["alpha"]
    return {
        **{name: printed[name] for name in ("alpha", "beta", "gamma")},
        "E": exp(floor + printed["b3"]),
        "e": floor * printed["gamma"],
        "B": exp(term + printed["b2"] - A * log(TOKENS)),
        "b": term * printed["beta"] - A * a * log(TOKENS),
        "A": A,
        "a": a,
    }


farseer = Law(
    name="farseer",
    Params=Farseer,
    loss=loss,
    inputs=("N", "D"),
    positive=("E", "B", "A"),
    starts={
        "E": (0.5, 1.5),
        "e": (-0.05, -0.15),
        "gamma": (0.0,),
        "B": (0.1, 0.5),
        "b": (0.0, 0.2),
        "beta": (0.0,),
        "A": (0.2, 0.5),
        "a": (-0.2, 0.0),
        "alpha": (0.0,),
    },
    linear=("E", "B"),
    projected={
        "e": (-0.03, -0.08, -0.15, -0.25),
        "b": (-0.1, 0.1, 0.3),
        "A": (0.15, 0.3, 0.5, 0.8),
        "a": (-0.25, -0.1, 0.0, 0.1),
    },
    plausible={"A": (0.02, 2), "alpha": (-2, 2), "beta": (-2, 2), "gamma": (-2, 2)},
    derived=derived,
    formula="L(N, D) = E exp(e u_gamma) + B 1e10^A exp((b + a A ln 1e10) u_beta) / D^(A exp(a u_alpha)), "
    "u_x = ((N / 1e9)^x - 1) / x",
    citation="Li et al. 2025, arXiv:2506.10972, eq. 3, in values, slopes and curvatures at 1e9 parameters",
    units={
        "N": "parameters, embeddings left out",
        "D": "training tokens seen, less than an epoch",
        "L": "nats per token, or bits per character as in the paper",
    },
)
