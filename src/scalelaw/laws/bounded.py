"""Losses that end at both sides: between that of an endless model and that of knowing nothing.

Bryant & Liu 2026, arXiv:2605.09189: L = E + (L0 - E) h / (1 + h) with h the sum of what is lost by too little size,
by too little training and by overfitting U unique tokens. Where h is small this is Chinchilla's law with
A = a (L0 - E), and the next order couples size and data as `cross` does with K < 0. L0 can be known (the logarithm
of the vocabulary's size, or the entropy of single tokens) and held: `fix={"L0": 10.8}`.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.chinchilla import Chinchilla
from scalelaw.laws.chinchilla import optimum as chinchilla_optimum
from scalelaw.laws.law import Law, Optimum


class Bounded(NamedTuple):
    """E: least loss [nats/token]; L0: loss of knowing nothing; a, alpha: for too few N; b, beta: for too few D."""

    E: Float[Array, ""]
    L0: Float[Array, ""]
    a: Float[Array, ""]
    alpha: Float[Array, ""]
    b: Float[Array, ""]
    beta: Float[Array, ""]


class Overfitting(NamedTuple):
    """E, L0, a, alpha, b, beta: as in `Bounded`; c, gamma, delta: size N that overfits U unique tokens."""

    E: Float[Array, ""]
    L0: Float[Array, ""]
    a: Float[Array, ""]
    alpha: Float[Array, ""]
    b: Float[Array, ""]
    beta: Float[Array, ""]
    c: Float[Array, ""]
    gamma: Float[Array, ""]
    delta: Float[Array, ""]


def between(params: Bounded | Overfitting, lost: Float[Array, " n"]) -> Float[Array, " n"]:
    """The loss E + (L0 - E) h / (1 + h)."""
    return params.E + (params.L0 - params.E) * (lost / (1 + lost))


def lost_by_size_and_training(params: Bounded | Overfitting, inputs: Any) -> Float[Array, " n"]:
    """The sum a / N^alpha + b / D^beta."""
    of_N = params.a * jnp.exp(-params.alpha * jnp.log(inputs.N))
    return of_N + params.b * jnp.exp(-params.beta * jnp.log(inputs.D))


def loss(params: Bounded, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: E + (L0 - E) h / (1 + h), h = a / N^alpha + b / D^beta."""
    return between(params, lost_by_size_and_training(params, inputs))


def overfitted_loss(params: Overfitting, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: E + (L0 - E) h / (1 + h), h = a / N^alpha + b / D^beta + c N^gamma / U^delta."""
    repeated = jnp.exp(params.gamma * jnp.log(inputs.N) - params.delta * jnp.log(inputs.U))
    return between(params, lost_by_size_and_training(params, inputs) + params.c * repeated)


def rescale(params: Any, units: Any) -> Any:
    """Parameters of `Bounded` for N and D measured in other units."""
    return params._replace(
        a=params.a * jnp.exp(-params.alpha * jnp.log(units.N)),
        b=params.b * jnp.exp(-params.beta * jnp.log(units.D)),
    )


def rescale_overfitted(params: Overfitting, units: Any) -> Overfitting:
    """Parameters of `Overfitting` for N, D and U measured in other units."""
    repeated = jnp.exp(params.gamma * jnp.log(units.N) - params.delta * jnp.log(units.U))
    rescaled: Overfitting = rescale(params, units)
    return rescaled._replace(c=params.c * repeated)


def derived(params: Bounded) -> dict[str, Array]:
    """A and B of Chinchilla's law, which this one is where little is lost: A = a (L0 - E), B = b (L0 - E)."""
    return {"A": params.a * (params.L0 - params.E), "B": params.b * (params.L0 - params.E)}


def optimum(params: Bounded, budget: Float[Array, "..."]) -> Optimum:
    """N* and D* that minimise h, and so the loss, at 6 N D = budget [FLOP]."""
    E, _, a, alpha, b, beta = params
    return chinchilla_optimum(Chinchilla(E=E, A=a, B=b, alpha=alpha, beta=beta), budget)


_EXPONENTS = (0.1, 0.2, 0.33, 0.5, 0.75, 1.1)
_UNITS = {"N": "parameters", "D": "training tokens seen, every epoch counted", "L": "nats per token"}
_SOURCE = "Bryant & Liu 2026, arXiv:2605.09189"

bounded = Law(
    name="bounded",
    Params=Bounded,
    loss=loss,
    inputs=("N", "D"),
    positive=("E", "L0", "a", "b"),
    starts={
        "E": (0.5, 1.5),
        "L0": (6.0, 11.0),
        "a": (1.0, 30.0, 1000.0),
        "alpha": (0.2, 0.4, 0.8),
        "b": (1.0, 30.0, 1000.0),
        "beta": (0.2, 0.4, 0.8),
    },
    linear=("E", "L0"),
    projected={"a": (0.03, 0.15, 0.6), "alpha": _EXPONENTS, "b": (0.03, 0.15, 0.6), "beta": _EXPONENTS},
    plausible={"alpha": (0.02, 2), "beta": (0.02, 2), "L0": (0.5, 100)},
    rescale=rescale,
    optimum=optimum,
    derived=derived,
    formula="L(N, D) = E + (L0 - E) h / (1 + h), h = a / N^alpha + b / D^beta",
    citation=f"{_SOURCE}, where unique data abound: without its term of overfitting",
    units=_UNITS,
)
overfitting = Law(
    name="overfitting",
    Params=Overfitting,
    loss=overfitted_loss,
    inputs=("N", "D", "U"),
    positive=("E", "L0", "a", "b", "c"),
    starts={
        "E": (0.5, 1.5),
        "L0": (6.0, 11.0),
        "a": (3.0, 300.0),
        "alpha": (0.2, 0.5),
        "b": (3.0, 300.0),
        "beta": (0.2, 0.5),
        "c": (0.1, 10.0),
        "gamma": (0.3,),
        "delta": (0.4,),
    },
    linear=("E", "L0"),
    projected={
        "a": (0.05, 0.3),
        "alpha": (0.2, 0.5),
        "b": (0.05, 0.3),
        "beta": (0.2, 0.5),
        "c": (0.01, 0.1),
        "gamma": (0.2, 0.6),
        "delta": (0.3, 0.8),
    },
    plausible={"alpha": (0.02, 2), "beta": (0.02, 2), "L0": (0.5, 100)},
    rescale=rescale_overfitted,
    formula="L(N, D, U) = E + (L0 - E) h / (1 + h), h = a / N^alpha + b / D^beta + c N^gamma / U^delta",
    citation=f"{_SOURCE}; its T is D here, and its D is U",
    units={**_UNITS, "U": "unique tokens at hand"},
)
