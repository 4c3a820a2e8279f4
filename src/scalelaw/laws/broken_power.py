"""Caballero's broken neural scaling law: power laws that pass smoothly into each other.

Caballero et al. 2022, arXiv:2210.14891, eq. 1, here with one break: y falls as x^-c0 before d and as x^-(c0 + c1)
beyond, over a bend that spans f (in log x).
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
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


def placed(starts: BrokenPower, inputs: Any, L: Float[np.ndarray, " n"]) -> BrokenPower:
    """Starts at any scale: a from the lowest loss, d a quantile of x, b so that the law passes through the runs."""
    log_x = np.log(np.asarray(inputs[0]))
    low, middle = np.min(np.abs(L)), np.mean(np.abs(L))
    a, d = starts.a * low, np.exp(np.quantile(log_x, starts.d))
    bend = starts.f * np.logaddexp(0.0, (log_x.mean() - np.log(d)) / starts.f)
    b = starts.b * (middle - a) * np.exp(starts.c0 * log_x.mean() + starts.c1 * bend)
    return starts._replace(a=a, b=b, d=d)


def broken_power_law(x: str) -> Law:
    """The law with one break for the input named `x`."""
    return Law(
        name=f"broken_power_{x}",
        Params=BrokenPower,
        loss=loss,
        inputs=(x,),
        positive=("a", "b", "d", "f"),
        starts={
            "a": (0.3, 0.6, 0.9),
            "b": (1.0,),
            "c0": (0.0, 0.1, 0.3),
            "c1": (-0.1, 0.1, 0.4),
            "d": (0.1, 0.35, 0.65, 0.9),
            "f": (0.3, 1.0),
        },
        placed=placed,
        rescale=rescale,
        formula=f"L({x}) = a + b {x}^-c0 (1 + ({x} / d)^(1 / f))^(-c1 f)",
        citation="Caballero et al. 2022, arXiv:2210.14891, eq. 1, one break",
        units={x: "any unit", "L": "any metric"},
    )


broken_power_N = broken_power_law("N")
broken_power_D = broken_power_law("D")
broken_power_C = broken_power_law("C")
