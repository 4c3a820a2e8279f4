"""Ludziejewski's joint law of mixtures of experts: active size, tokens and experts.

Ludziejewski et al. 2025, arXiv:2502.05172, eqs. 4 and 6. Exponents carry their sign, as in the paper: alpha and
beta are negative. At a given number of experts it is Chinchilla's law (`at_experts`), and its optimum follows
from there; the paper's G (eq. 7), fed the negative exponents, would be 1 / G.
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.chinchilla import Chinchilla
from scalelaw.laws.chinchilla import loss as chinchilla_loss
from scalelaw.laws.chinchilla import optimum as chinchilla_optimum
from scalelaw.laws.law import Law, Optimum
from scalelaw.laws.routed import saturated_experts


class JointMoE(NamedTuple):
    """Term in N: a, alpha, delta, gamma; term in D: b, beta, omega, zeta; experts: E_start, E_max; floor: c."""

    a: Float[Array, ""]
    alpha: Float[Array, ""]
    delta: Float[Array, ""]
    gamma: Float[Array, ""]
    b: Float[Array, ""]
    beta: Float[Array, ""]
    omega: Float[Array, ""]
    zeta: Float[Array, ""]
    E_start: Float[Array, ""]
    E_max: Float[Array, ""]
    c: Float[Array, ""]


def at_experts(params: JointMoE, E: Float[Array, "..."]) -> Chinchilla:
    """Chinchilla's law of models with E experts: A = a Eh^delta, alpha' = -(alpha + gamma ln Eh), ..."""
    log_Eh = jnp.log(saturated_experts(E, params.E_start, params.E_max))
    return Chinchilla(
        E=params.c,
        A=params.a * jnp.exp(params.delta * log_Eh),
        B=params.b * jnp.exp(params.omega * log_Eh),
        alpha=-(params.alpha + params.gamma * log_Eh),
        beta=-(params.beta + params.zeta * log_Eh),
    )


def loss(params: JointMoE, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: a Eh^delta N^(alpha + gamma ln Eh) + b Eh^omega D^(beta + zeta ln Eh) + c."""
    return chinchilla_loss(at_experts(params, inputs.E), inputs)


def optimum(params: JointMoE, budget: Float[Array, "..."], *, E: Float[Array, ""]) -> Optimum:
    """Active N* and D* of models with E experts at 6 N D = budget [FLOP]."""
    return chinchilla_optimum(at_experts(params, jnp.asarray(E, jnp.result_type(budget))), budget)


joint_moe = Law(
    name="joint_moe",
    Params=JointMoE,
    loss=loss,
    inputs=("N", "D", "E"),
    positive=("a", "b", "E_start", "E_max", "c"),
    starts={
        "a": (30.0, 100.0),
        "alpha": (-0.25, -0.1),
        "delta": (-0.3, 0.3),
        "gamma": (0.0,),
        "b": (30.0, 100.0),
        "beta": (-0.25, -0.1),
        "omega": (0.0, 0.5),
        "zeta": (0.0,),
        "E_start": (2.0,),
        "E_max": (300.0,),
        "c": (0.5, 1.5),
    },
    linear=("a", "b", "c"),
    plausible={"E_start": (0.5, 50), "E_max": (10, 1e5)},
    optimum=optimum,
    formula="L(N, D, E) = a Eh^delta N^(alpha + gamma ln Eh) + b Eh^omega D^(beta + zeta ln Eh) + c, "
    "Eh as in `routed`",
    citation="Ludziejewski et al. 2025, arXiv:2502.05172, eqs. 4 and 6",
    units={
        "N": "active parameters, embedding and unembedding included",
        "D": "training tokens",
        "E": "experts; 1 is dense",
        "L": "nats per token",
    },
)
