"""Power laws in one variable, with and without an irreducible loss.

With: L(x) = E + A / x^alpha (Henighan et al. 2020, arXiv:2010.14701, eq. 1.1). Without: L(x) = (x_c /
x)^alpha (Kaplan et al. 2020, arXiv:2001.08361, eqs. 1.1 to 1.3). x is N [parameters], D [tokens] or C [FLOP].
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw.laws.law import Law

UNITS = {"N": "parameters", "D": "tokens", "C": "FLOP"}
KAPLANS_UNITS = {
    "N": "parameters, embeddings left out",
    "D": "unique tokens, trained on for many epochs and stopped early",
    "C": "FLOP, embeddings left out",
}


class Power(NamedTuple):
    """E: irreducible loss [nats/token]; A, alpha: the term that falls."""

    E: Float[Array, ""]
    A: Float[Array, ""]
    alpha: Float[Array, ""]


class PurePower(NamedTuple):
    """x_c: scale, in the unit of x; alpha: exponent."""

    x_c: Float[Array, ""]
    alpha: Float[Array, ""]


def loss(params: Power, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: E + A / x^alpha."""
    (x,) = inputs
    return params.E + params.A * jnp.exp(-params.alpha * jnp.log(x))


def pure_loss(params: PurePower, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: (x_c / x)^alpha."""
    (x,) = inputs
    return jnp.exp(params.alpha * (jnp.log(params.x_c) - jnp.log(x)))


def rescale(params: Power, units: Any) -> Power:
    """Parameters for x measured in other units."""
    (unit,) = units
    return params._replace(A=params.A * jnp.exp(-params.alpha * jnp.log(unit)))


def pure_rescale(params: PurePower, units: Any) -> PurePower:
    """Parameters for x measured in other units."""
    (unit,) = units
    return params._replace(x_c=params.x_c / unit)


def power_law(x: str) -> Law:
    """The law L(x) = E + A / x^alpha for the input named `x`."""
    return Law(
        name=f"power_{x}",
        Params=Power,
        loss=loss,
        inputs=(x,),
        positive=("E", "A"),
        starts={
            "E": np.exp(np.arange(-1, 1.1, 0.5)),
            "A": np.exp(np.arange(0.0, 26, 5)),
            "alpha": np.arange(0, 1.1, 0.1),
        },
        linear=("E", "A"),
        projected={"alpha": (0.02, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 0.9, 1.4)},
        plausible={"alpha": (0.01, 2)},
        rescale=rescale,
        formula=f"L({x}) = E + A / {x}^alpha",
        citation="Henighan et al. 2020, arXiv:2010.14701, eq. 1.1",
        units={x: UNITS.get(x, "any unit"), "L": "nats per token"},
    )


def pure_power_law(x: str) -> Law:
    """The law L(x) = (x_c / x)^alpha for the input named `x`."""
    return Law(
        name=f"kaplan_{x}",
        Params=PurePower,
        loss=pure_loss,
        inputs=(x,),
        positive=("x_c",),
        starts={"x_c": np.logspace(6, 30, 9), "alpha": (0.02, 0.05, 0.1, 0.2, 0.5)},
        plausible={"alpha": (0.005, 2)},
        rescale=pure_rescale,
        formula=f"L({x}) = (x_c / {x})^alpha",
        citation="Kaplan et al. 2020, arXiv:2001.08361, eqs. 1.1 to 1.3",
        units={x: KAPLANS_UNITS.get(x, "any unit"), "L": "nats per token"},
    )


power_N = power_law("N")
power_D = power_law("D")
power_C = power_law("C")
kaplan_N = pure_power_law("N")
kaplan_D = pure_power_law("D")
kaplan_C = pure_power_law("C")
