"""Kaplan's joint law of size and data (Kaplan et al. 2020, arXiv:2001.08361, eq. 1.5)."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw.laws._law import Law, Optimum


class Kaplan(NamedTuple):
    """alpha_N, alpha_D: exponents; N_c [parameters] and D_c [tokens]: scales."""

    alpha_N: Float[Array, ""]
    alpha_D: Float[Array, ""]
    N_c: Float[Array, ""]
    D_c: Float[Array, ""]


def loss(params: Kaplan, inputs: Any) -> Float[Array, " n"]:
    """Loss [nats/token]: ((N_c / N)^(alpha_N / alpha_D) + D_c / D)^alpha_D.

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


kaplan = Law(
    name="kaplan",
    Params=Kaplan,
    loss=loss,
    inputs=("N", "D"),
    positive=("alpha_N", "alpha_D", "N_c", "D_c"),
    starts={  # type: ignore[arg-type]
        "alpha_N": (0.05, 0.1, 0.2, 0.4),
        "alpha_D": (0.05, 0.1, 0.2, 0.4),
        "N_c": np.logspace(8, 16, 5),
        "D_c": np.logspace(8, 16, 5),
    },
    plausible={"alpha_N": (0.005, 2), "alpha_D": (0.005, 2)},  # type: ignore[arg-type]
    rescale=rescale,
    optimum=optimum,
    formula="L(N, D) = [(N_c / N)^(alpha_N / alpha_D) + D_c / D]^alpha_D",
    citation="Kaplan et al. 2020, arXiv:2001.08361, eq. 1.5 (N without embeddings, D unique tokens)",
)
