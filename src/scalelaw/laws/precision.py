"""Kumar's laws of precision: training in few bits makes a model smaller, rounding it afterwards adds loss.

Kumar et al. 2024, arXiv:2411.04330, eqs. 2 to 4. The paper's appendix K adds an offset to each exponent whose
sign it does not spell out; the laws here are those of the text, without. Bits are those of weights (w),
activations (a) and the KV cache (kv).
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.chinchilla import Chinchilla
from scalelaw.laws.chinchilla import optimum as chinchilla_optimum
from scalelaw.laws.law import Law, Optimum


class Precision(NamedTuple):
    """E, A, B, alpha, beta: Chinchilla's; gamma_w, gamma_a, gamma_kv: bits in which each part fades in."""

    E: Float[Array, ""]
    A: Float[Array, ""]
    B: Float[Array, ""]
    alpha: Float[Array, ""]
    beta: Float[Array, ""]
    gamma_w: Float[Array, ""]
    gamma_a: Float[Array, ""]
    gamma_kv: Float[Array, ""]


class Rounding(NamedTuple):
    """C_T: size; gamma_D, gamma_N: exponents of D and N; gamma_post: bits in which the loss fades."""

    C_T: Float[Array, ""]
    gamma_D: Float[Array, ""]
    gamma_N: Float[Array, ""]
    gamma_post: Float[Array, ""]


def effective_share(params: Precision, P_w: Any, P_a: Any, P_kv: Any) -> Float[Array, "..."]:
    """N_eff / N: the product of 1 - e^(-P / gamma) over weights, activations and KV cache (eq. 3)."""
    pairs = ((P_w, params.gamma_w), (P_a, params.gamma_a), (P_kv, params.gamma_kv))
    w, a, kv = (-jnp.expm1(-bits / gamma) for bits, gamma in pairs)
    return w * a * kv


def loss(params: Precision, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: E + A / N_eff^alpha + B / D^beta (eq. 4)."""
    N = jnp.log(inputs.N) + jnp.log(effective_share(params, inputs.P_w, inputs.P_a, inputs.P_kv))
    E, A, B, alpha, beta = params[:5]
    return E + A * jnp.exp(-alpha * N) + B * jnp.exp(-beta * jnp.log(inputs.D))


def optimum(params: Precision, budget: Float[Array, "..."], *, P_w: Any, P_a: Any, P_kv: Any) -> Optimum:
    """N* and D* at given bits and 6 N D = budget [FLOP].

    N* grows as 1 / N_eff share to the power alpha / (alpha + beta): the law is Chinchilla's with a larger A.
    """
    dtype = jnp.result_type(budget)
    share = effective_share(params, *(jnp.asarray(bits, dtype) for bits in (P_w, P_a, P_kv)))
    E, A, B, alpha, beta = params[:5]
    return chinchilla_optimum(Chinchilla(E, A * jnp.exp(-alpha * jnp.log(share)), B, alpha, beta), budget)


def added(params: Rounding, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token] that rounding to P bits adds: C_T D^gamma_D / N^gamma_N e^(-P / gamma_post) (eq. 2)."""
    size = params.gamma_D * jnp.log(inputs.D) - params.gamma_N * jnp.log(inputs.N)
    return params.C_T * jnp.exp(size - inputs.P / params.gamma_post)


_BITS = "bits per number"
precision = Law(
    name="precision",
    Params=Precision,
    loss=loss,
    inputs=("N", "D", "P_w", "P_a", "P_kv"),
    positive=("E", "A", "B", "gamma_w", "gamma_a", "gamma_kv"),
    starts={
        "E": (1.0, 3.0),
        "A": (1e3, 1e4),
        "B": (1e3, 1e4),
        "alpha": (0.3, 0.5),
        "beta": (0.3, 0.5),
        "gamma_w": (1.0, 3.0),
        "gamma_a": (1.0, 3.0),
        "gamma_kv": (1.0, 3.0),
    },
    linear=("E", "A", "B"),
    plausible={"alpha": (0.02, 2), "beta": (0.02, 2)},
    optimum=optimum,
    formula="L = E + A / N_eff^alpha + B / D^beta, N_eff = N prod (1 - e^(-P_x / gamma_x)), x = w, a, kv",
    citation="Kumar et al. 2024, arXiv:2411.04330, eqs. 3 and 4",
    units={
        "N": "parameters, embeddings left out",
        "D": "training tokens",
        "P_w": _BITS + " of the weights",
        "P_a": _BITS + " of the activations",
        "P_kv": _BITS + " of the KV cache",
        "L": "nats per token",
    },
)
rounding = Law(
    name="rounding",
    Params=Rounding,
    loss=added,
    inputs=("N", "D", "P"),
    positive=("C_T", "gamma_post"),
    starts={"C_T": (0.01, 1.0), "gamma_D": (0.3, 0.6), "gamma_N": (0.3, 0.6), "gamma_post": (0.5, 1.5)},
    linear=("C_T",),
    formula="dL(N, D, P) = C_T D^gamma_D / N^gamma_N e^(-P / gamma_post)",
    citation="Kumar et al. 2024, arXiv:2411.04330, eq. 2",
    output="dL",
    units={
        "N": "parameters, embeddings left out",
        "D": "training tokens",
        "P": _BITS + " after training",
        "dL": "nats per token, added",
    },
)
