"""Caballero's broken neural scaling law: power laws that pass smoothly into each other.

Caballero et al. 2022, arXiv:2210.14891, eq. 1, here with one break: y falls as x^-c0 before d and as x^-(c0 + c1)
beyond, over a bend that spans f (in log x).
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.law import Law


class BrokenPower(NamedTuple):
    """a: limit; b, c0: first stretch; c1: change of slope at the break; d: where it is; f: its width."""

    a: Float[Array, ""]
    b: Float[Array, ""]
    c0: Float[Array, ""]
    c1: Float[Array, ""]
    d: Float[Array, ""]
    f: Float[Array, ""]


def loss(params: BrokenPower, inputs: Any) -> Float[Array, " n"]:
    """The value a + b x^-c0 (1 + (x / d)^(1 / f))^(-c1 f)."""
    (x,) = inputs
    a, b, c0, c1, d, f = params
    log_x = jnp.log(x)
    bend = f * jnp.logaddexp(jnp.zeros_like(log_x), (log_x - jnp.log(d)) / f)
    return a + b * jnp.exp(-c0 * log_x - c1 * bend)


def rescale(params: BrokenPower, units: Any) -> BrokenPower:
    """Parameters for x measured in other units."""
    (unit,) = units
    return params._replace(b=params.b * jnp.exp(-params.c0 * jnp.log(unit)), d=params.d / unit)


def broken_power_law(x: str) -> Law:
    """The law with one break for the input named `x`."""
    return Law(
        name=f"broken_power_{x}",
        Params=BrokenPower,
        loss=loss,
        inputs=(x,),
        positive=("a", "b", "d", "f"),
        starts=_starts(x),
        rescale=rescale,
        formula=f"L({x}) = a + b {x}^-c0 (1 + ({x} / d)^(1 / f))^(-c1 f)",
        citation="Caballero et al. 2022, arXiv:2210.14891, eq. 1, one break",
        units={x: "any unit", "L": "any metric"},
    )


def _starts(x: str) -> dict[str, tuple[float, ...]]:
    """A grid about the usual range of x: the break anywhere within it."""
    breaks = {"N": (1e7, 1e8, 1e9), "D": (1e9, 1e10, 1e11), "C": (1e18, 1e19, 1e20, 1e21)}
    return {
        "a": (0.5, 2.0),
        "b": (3.0, 100.0),
        "c0": (0.0, 0.1),
        "c1": (-0.1, 0.1, 0.3),
        "d": breaks.get(x, (10.0, 1e3, 1e5)),
        "f": (0.3, 2.0),
    }


broken_power_C = broken_power_law("C")
