"""Alabdulmohsin's four ways to extrapolate a learning curve, M1 to M4, each wider than the one before.

Alabdulmohsin et al. 2022, arXiv:2209.06640, section 3. They are judged by what they say about points held out,
not by the points fitted. x is the number of examples or tokens; c is negative in all four.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.law import Law

NEWTON_STEPS = 8
"""Newton's way to the root of a convex function, from the straight lines that bound it: 6 are enough."""

SMOOTH_STEPS = 2
"""Steps from the root that carry its derivatives: two make those up to the third exact."""


class M1(NamedTuple):
    """beta: value at x = 1; c: exponent."""

    beta: Float[Array, ""]
    c: Float[Array, ""]


class M2(NamedTuple):
    """beta, c: as in M1; e_inf: limit of endless data."""

    beta: Float[Array, ""]
    c: Float[Array, ""]
    e_inf: Float[Array, ""]


class M3(NamedTuple):
    """beta, c: as in M1; gamma: 1 / x at which the curve levels off."""

    beta: Float[Array, ""]
    c: Float[Array, ""]
    gamma: Float[Array, ""]


class M4(NamedTuple):
    """beta, c: as in M1; e_inf: limit of endless data; e_0: of none; alpha: how slowly it leaves e_0."""

    beta: Float[Array, ""]
    c: Float[Array, ""]
    e_inf: Float[Array, ""]
    e_0: Float[Array, ""]
    alpha: Float[Array, ""]


def power(params: M1, inputs: Any) -> Float[Array, " n"]:
    """The error beta x^c."""
    return params.beta * jnp.exp(params.c * jnp.log(inputs.D))


def offset(params: M2, inputs: Any) -> Float[Array, " n"]:
    """The error e_inf + beta x^c."""
    return params.e_inf + params.beta * jnp.exp(params.c * jnp.log(inputs.D))


def levelling(params: M3, inputs: Any) -> Float[Array, " n"]:
    """The error beta (1 / x + gamma)^-c."""
    return params.beta * jnp.exp(-params.c * jnp.log(1 / inputs.D + params.gamma))


def sigmoidal(params: M4, inputs: Any) -> Float[Array, " n"]:
    """The error e between e_inf and e_0 at which (e - e_inf) / (e_0 - e)^alpha = beta x^c.

    With e = e_inf + (e_0 - e_inf) sigmoid(u) the condition is log sigmoid(u) - alpha log sigmoid(-u) = t, whose
    left side is convex or concave and rises: Newton's method arrives from either of the lines that bound it.
    """
    beta, c, e_inf, e_0, alpha = params
    span = e_0 - e_inf
    t = jnp.log(beta) + c * jnp.log(inputs.D) + (alpha - 1) * jnp.log(span)

    def newton(_: Any, u: Array) -> Array:
        short = jax.nn.log_sigmoid(u) - alpha * jax.nn.log_sigmoid(-u) - t
        return u - short / (1 + (alpha - 1) * jax.nn.sigmoid(u))

    u = jax.lax.stop_gradient(jnp.where(t < 0, t, t / alpha))
    u = jax.lax.stop_gradient(jax.lax.fori_loop(0, NEWTON_STEPS, newton, u))
    for step in range(SMOOTH_STEPS):
        u = newton(step, u)
    return e_inf + span * jax.nn.sigmoid(u)


def rescale(params: Any, units: Any) -> Any:
    """Parameters of M1, M2 or M4 for x measured in other units."""
    return params._replace(beta=params.beta * jnp.exp(params.c * jnp.log(units.D)))


def rescale_levelling(params: M3, units: Any) -> M3:
    """Parameters of M3 for x measured in other units."""
    return params._replace(
        beta=params.beta * jnp.exp(params.c * jnp.log(units.D)), gamma=params.gamma * units.D
    )


_SOURCE = "Alabdulmohsin et al. 2022, arXiv:2209.06640, section 3"
_UNITS = {"D": "examples or tokens", "L": "error or loss, any metric"}
_BETA, _C = (1.0, 30.0, 1000.0), (-0.5, -0.2)

extrapolation_M1 = Law(
    name="extrapolation_M1",
    Params=M1,
    loss=power,
    inputs=("D",),
    positive=("beta",),
    starts={"beta": _BETA, "c": _C},
    linear=("beta",),
    rescale=rescale,
    formula="L(D) = beta D^c",
    citation=f"{_SOURCE}, M1",
    units=_UNITS,
)
extrapolation_M2 = Law(
    name="extrapolation_M2",
    Params=M2,
    loss=offset,
    inputs=("D",),
    positive=("beta", "e_inf"),
    starts={"beta": _BETA, "c": _C, "e_inf": (0.1, 1.0)},
    linear=("beta", "e_inf"),
    rescale=rescale,
    formula="L(D) = e_inf + beta D^c",
    citation=f"{_SOURCE}, M2",
    units=_UNITS,
)
extrapolation_M3 = Law(
    name="extrapolation_M3",
    Params=M3,
    loss=levelling,
    inputs=("D",),
    positive=("beta", "gamma"),
    starts={"beta": _BETA, "c": _C, "gamma": (1e-11, 1e-10, 1e-9)},
    rescale=rescale_levelling,
    formula="L(D) = beta (1 / D + gamma)^-c",
    citation=f"{_SOURCE}, M3",
    units=_UNITS,
)
extrapolation_M4 = Law(
    name="extrapolation_M4",
    Params=M4,
    loss=sigmoidal,
    inputs=("D",),
    positive=("beta", "e_inf", "e_0", "alpha"),
    starts={
        "beta": (1.0, 10.0, 100.0, 1000.0),
        "c": (-0.5, -0.2),
        "e_inf": (0.5, 1.5),
        "e_0": (6.0, 12.0),
        "alpha": (0.5, 1.0, 2.0),
    },
    rescale=rescale,
    formula="(L - e_inf) / (e_0 - L)^alpha = beta D^c",
    citation=f"{_SOURCE}, M4",
    units=_UNITS,
)
