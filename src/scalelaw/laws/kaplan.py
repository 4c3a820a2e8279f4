"""Kaplan's two laws in two variables: size and data, size and steps (Kaplan et al. 2020, arXiv:2001.08361).

In one variable they are `kaplan_N`, `kaplan_D` and `kaplan_C` (`power.py`).
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw.laws.law import Law, Optimum


class Kaplan(NamedTuple):
    """alpha_N, alpha_D: exponents; N_c [parameters] and D_c [tokens]: scales."""

    alpha_N: Float[Array, ""]
    alpha_D: Float[Array, ""]
    N_c: Float[Array, ""]
    D_c: Float[Array, ""]


class KaplanSteps(NamedTuple):
    """alpha_N, alpha_S: exponents; N_c [parameters] and S_c [updates]: scales."""

    alpha_N: Float[Array, ""]
    alpha_S: Float[Array, ""]
    N_c: Float[Array, ""]
    S_c: Float[Array, ""]


def loss(params: Kaplan, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: ((N_c / N)^(alpha_N / alpha_D) + D_c / D)^alpha_D (eq. 1.5).

    Kaplan's N leaves the embeddings out, and D counts unique tokens trained on with early stopping.
    """
    size = jnp.exp(params.alpha_N / params.alpha_D * (jnp.log(params.N_c) - jnp.log(inputs.N)))
    data = params.D_c / inputs.D
    return jnp.exp(params.alpha_D * jnp.log(size + data))


def rescale(params: Kaplan, units: Any) -> Kaplan:
    """Parameters for N and D measured in other units."""
    return params._replace(N_c=params.N_c / units.N, D_c=params.D_c / units.D)


def optimum(params: Kaplan, budget: Float[Array, "..."]) -> Optimum:
    """N* and D* that minimise the loss at 6 N D = budget [FLOP].

    Along the budget the bracket is (N_c / N)^rho + 6 N D_c / C with rho = alpha_N / alpha_D, least where its
    slope vanishes.
    """
    rho = params.alpha_N / params.alpha_D
    work = jnp.asarray(budget) / 6
    N = jnp.exp((jnp.log(rho) + rho * jnp.log(params.N_c) + jnp.log(work) - jnp.log(params.D_c)) / (1 + rho))
    return Optimum(N=N, D=work / N)


def steps_loss(params: KaplanSteps, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token] of N parameters after S updates: (N_c / N)^alpha_N + (S_c / S)^alpha_S (eq. 1.6).

    S counts updates at a batch far above the critical one (`scalelaw.kaplan.minimal_steps`), of data without
    end.
    """
    size = params.alpha_N * (jnp.log(params.N_c) - jnp.log(inputs.N))
    steps = params.alpha_S * (jnp.log(params.S_c) - jnp.log(inputs.S))
    return jnp.exp(size) + jnp.exp(steps)


def steps_rescale(params: KaplanSteps, units: Any) -> KaplanSteps:
    """Parameters for N and S measured in other units."""
    return params._replace(N_c=params.N_c / units.N, S_c=params.S_c / units.S)


kaplan = Law(
    name="kaplan",
    Params=Kaplan,
    loss=loss,
    inputs=("N", "D"),
    positive=("alpha_N", "alpha_D", "N_c", "D_c"),
    starts={
        "alpha_N": (0.05, 0.1, 0.2, 0.4),
        "alpha_D": (0.05, 0.1, 0.2, 0.4),
        "N_c": np.logspace(8, 16, 5),
        "D_c": np.logspace(8, 16, 5),
    },
    plausible={"alpha_N": (0.005, 2), "alpha_D": (0.005, 2)},
    rescale=rescale,
    optimum=optimum,
    formula="L(N, D) = [(N_c / N)^(alpha_N / alpha_D) + D_c / D]^alpha_D",
    citation="Kaplan et al. 2020, arXiv:2001.08361, eq. 1.5",
    units={
        "N": "parameters, embeddings left out",
        "D": "unique tokens, trained on for many epochs and stopped early",
        "L": "nats per token",
    },
)
kaplan_steps = Law(
    name="kaplan_steps",
    Params=KaplanSteps,
    loss=steps_loss,
    inputs=("N", "S"),
    positive=("alpha_N", "alpha_S", "N_c", "S_c"),
    starts={
        "alpha_N": (0.05, 0.1, 0.3),
        "alpha_S": (0.3, 0.7, 1.2),
        "N_c": np.logspace(8, 16, 4),
        "S_c": np.logspace(2, 5, 3),
    },
    plausible={"alpha_N": (0.005, 2), "alpha_S": (0.02, 3)},
    rescale=steps_rescale,
    formula="L(N, S) = (N_c / N)^alpha_N + (S_c / S)^alpha_S",
    citation="Kaplan et al. 2020, arXiv:2001.08361, eq. 1.6",
    units={
        "N": "parameters, embeddings left out",
        "S": "updates, adjusted to a batch far above the critical one",
        "L": "nats per token",
    },
)
