"""Clark's law of routed models: size and experts, bilinear in their logs (base 10).

Clark et al. 2022, arXiv:2202.01169, eq. 1. E = 1 is the dense model; the number of experts saturates through
`saturated_experts`. All runs saw 130e9 tokens: D is no input.
"""

import math
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.law import Law

LN10 = math.log(10)


class Routed(NamedTuple):
    """a: slope in log10 N; b: in log10 of the experts; c: of their product; d: constant; E_start, E_max."""

    a: Float[Array, ""]
    b: Float[Array, ""]
    c: Float[Array, ""]
    d: Float[Array, ""]
    E_start: Float[Array, ""]
    E_max: Float[Array, ""]


def saturated_experts(
    E: Float[Array, "..."], E_start: Float[Array, ""], E_max: Float[Array, ""]
) -> Float[Array, "..."]:
    """Experts as the law counts them: E_start for one, E_max for endlessly many.

    1 / Eh = 1 / (E - 1 + 1 / (1 / E_start - 1 / E_max)) + 1 / E_max.
    """
    first = E_start * E_max / (E_max - E_start)
    return 1 / (1 / (E - 1 + first) + 1 / E_max)


def loss(params: Routed, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: 10^(a log10 N + b log10 Eh + c log10 N log10 Eh + d)."""
    a, b, c, d, E_start, E_max = params
    N = jnp.log(inputs.N) / LN10
    experts = jnp.log(saturated_experts(inputs.E, E_start, E_max)) / LN10
    return jnp.exp(LN10 * (a * N + b * experts + c * N * experts + d))


def derived(params: Routed) -> dict[str, Array]:
    """N_cutoff, the size from which on more experts no longer help: 10^(-b / c)."""
    return {"N_cutoff": jnp.exp(-LN10 * params.b / params.c)}


routed = Law(
    name="routed",
    Params=Routed,
    loss=loss,
    inputs=("N", "E"),
    positive=("E_start", "E_max"),
    starts={
        "a": (-0.15, -0.05),
        "b": (-0.2, -0.05),
        "c": (0.0, 0.02),
        "d": (0.8, 1.2),
        "E_start": (1.2, 4.0),
        "E_max": (100.0, 1000.0),
    },
    plausible={"E_start": (0.5, 50), "E_max": (10, 1e5)},
    derived=derived,
    formula="log10 L(N, E) = a log10 N + b log10 Eh + c log10 N log10 Eh + d, "
    "1 / Eh = 1 / (E - 1 + 1 / (1 / E_start - 1 / E_max)) + 1 / E_max",
    citation="Clark et al. 2022, arXiv:2202.01169, eq. 1",
    units={
        "N": "parameters that a token passes through (the dense part)",
        "E": "experts; 1 is dense",
        "L": "nats per token",
    },
)
