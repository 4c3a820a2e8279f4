"""Muennighoff's law of repeated data: Chinchilla's, with what repetition and excess size are still worth.

Muennighoff et al. 2023, arXiv:2305.16264, eqs. 5 and 6, appendix A. With R = D / U - 1 repetitions, R_D of
them are worth what fresh data is before the value of each has fallen to 1/e; likewise R_N for parameters
beyond those that U unique tokens call for.

It was fitted in two stages, and so it can be here:

    base = sl.fit(single_epoch_runs, tie={"beta": "alpha"})
    sl.fit(runs, sl.laws.data_constrained, fix=base.params._asdict())
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.chinchilla import Chinchilla
from scalelaw.laws.chinchilla import derived as chinchilla_derived
from scalelaw.laws.law import Law


class DataConstrained(NamedTuple):
    """E, A, B, alpha, beta: Chinchilla's; R_D: worth of repetitions; R_N: worth of excess parameters."""

    E: Float[Array, ""]
    A: Float[Array, ""]
    B: Float[Array, ""]
    alpha: Float[Array, ""]
    beta: Float[Array, ""]
    R_D: Float[Array, ""]
    R_N: Float[Array, ""]


def loss(params: DataConstrained, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: E + A / N'^alpha + B / D'^beta (eq. 5, with the effective N' and D')."""
    E, A, B, alpha, beta, _, _ = params
    N, D = effective(params, inputs)
    return E + A * jnp.exp(-alpha * jnp.log(N)) + B * jnp.exp(-beta * jnp.log(D))


def effective(params: DataConstrained, inputs: Any) -> tuple[Array, Array]:
    """Fresh parameters N' and tokens D' worth as much as N parameters and D tokens of which U are unique.

    D' = U_D + U_D R_D (1 - e^(-R / R_D)) with U_D = min(U, D) and R = D / U_D - 1 repetitions; N' likewise
    from U_N, the size that U_D tokens are optimal for (appendix A, eqs. 16 and 17).
    """
    unique = jnp.minimum(inputs.U, inputs.D)
    fitting = jnp.minimum(sufficient(params, unique), inputs.N)
    return _worth(fitting, inputs.N, params.R_N), _worth(unique, inputs.D, params.R_D)


def sufficient(params: DataConstrained, unique: Float[Array, "..."]) -> Float[Array, "..."]:
    """The size U_N = G (G U)^(beta / alpha) for which U tokens are compute-optimal."""
    log_G = jnp.log(chinchilla_derived(base(params))["G"])
    return jnp.exp(log_G + params.beta / params.alpha * (log_G + jnp.log(unique)))


def base(params: DataConstrained) -> Chinchilla:
    """The law of data that never repeats."""
    return Chinchilla(*params[:5])


def _worth(unique: Array, whole: Array, rate: Array) -> Array:
    return unique + unique * rate * _decayed((whole / unique - 1) / rate)


@jax.custom_jvp
def _decayed(z: Array) -> Array:
    """1 - e^-z, to the last digit for small z."""
    return -jnp.expm1(-z)


@_decayed.defjvp
def _slope(at: tuple[Array], along: tuple[Array]) -> tuple[Array, Array]:
    """Its derivative e^-z: that of expm1, by JAX, is expm1 + 1, without digits left after some 20 decay lengths."""
    (z,), (dz,) = at, along
    return _decayed(z), jnp.exp(-z) * dz


data_constrained = Law(
    name="data_constrained",
    Params=DataConstrained,
    loss=loss,
    inputs=("N", "D", "U"),
    positive=("E", "A", "B", "R_D", "R_N"),
    starts={
        "E": (1.0, 2.0),
        "A": (1e2, 1e3),
        "B": (1e2, 1e4),
        "alpha": (0.2, 0.45),
        "beta": (0.2, 0.45),
        "R_D": (3.0, 20.0),
        "R_N": (3.0, 20.0),
    },
    plausible={"alpha": (0.02, 2), "beta": (0.02, 2), "R_D": (0.1, 1e3), "R_N": (0.1, 1e3)},
    formula="L(N, D, U) = E + A / N'^alpha + B / D'^beta, "
    "D' = U_D [1 + R_D (1 - e^(-(D / U_D - 1) / R_D))], U_D = min(U, D), N' likewise",
    citation="Muennighoff et al. 2023, arXiv:2305.16264, eqs. 5, 6, 16 and 17",
    units={
        "N": "parameters",
        "D": "training tokens seen, every epoch counted",
        "U": "unique tokens at hand",
        "L": "nats per token",
    },
)
