"""Gadre's law of over-training: loss of compute C at M tokens per parameter.

Gadre et al. 2024, arXiv:2403.08540, eq. 4. It is Chinchilla's law with one exponent, alpha = beta = 2 eta,
written in C = 6 N D and M = D / N.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.chinchilla import Chinchilla
from scalelaw.laws.law import Law


class Overtraining(NamedTuple):
    """E: irreducible loss [nats/token]; a: term of too little size; b: of too little data; eta: exponent."""

    E: Float[Array, ""]
    a: Float[Array, ""]
    b: Float[Array, ""]
    eta: Float[Array, ""]


def loss(params: Overtraining, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: E + (a M^eta + b M^-eta) C^-eta."""
    E, a, b, eta = params
    log_C, log_M = jnp.log(inputs.C), jnp.log(inputs.M)
    return E + a * jnp.exp(eta * (log_M - log_C)) + b * jnp.exp(-eta * (log_M + log_C))


def rescale(params: Overtraining, units: Any) -> Overtraining:
    """Parameters for C and M measured in other units."""
    log_C, log_M = jnp.log(units.C), jnp.log(units.M)
    return params._replace(
        a=params.a * jnp.exp(params.eta * (log_M - log_C)),
        b=params.b * jnp.exp(-params.eta * (log_M + log_C)),
    )


def in_N_and_D(params: Overtraining) -> Chinchilla:
    """The same law in N and D: A = a / 6^eta, B = b / 6^eta, alpha = beta = 2 eta."""
    E, a, b, eta = params
    six = jnp.exp(eta * jnp.log(6.0).astype(jnp.result_type(eta)))
    return Chinchilla(E=E, A=a / six, B=b / six, alpha=2 * eta, beta=2 * eta)


def derived(params: Overtraining) -> dict[str, Array]:
    """A, B and alpha of the law in N and D, and M_star, the compute-optimal tokens per parameter."""
    _, A, B, alpha, _ = in_N_and_D(params)
    return {"A": A, "B": B, "alpha": alpha, "M_star": jnp.exp(jnp.log(params.b / params.a) / alpha)}


overtraining = Law(
    name="overtraining",
    Params=Overtraining,
    loss=loss,
    inputs=("C", "M"),
    positive=("E", "a", "b"),
    starts={
        "E": (1.0, 2.0),
        "a": (10.0, 100.0, 1000.0),
        "b": (10.0, 100.0, 1000.0),
        "eta": (0.05, 0.1, 0.2),
    },
    linear=("E", "a", "b"),
    projected={"eta": (0.02, 0.05, 0.08, 0.12, 0.17, 0.25, 0.4)},
    plausible={"eta": (0.01, 1)},
    rescale=rescale,
    derived=derived,
    formula="L(C, M) = E + (a M^eta + b M^-eta) C^-eta",
    citation="Gadre et al. 2024, arXiv:2403.08540, eq. 4",
    units={"C": "FLOP, 6 N D", "M": "tokens per parameter, D / N", "L": "nats per token"},
)
