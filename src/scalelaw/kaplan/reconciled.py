"""Kaplan's exponent from Chinchilla's law: what an optimum looks like when embeddings are not counted.

Pearce & Song 2024, arXiv:2406.12907: let the loss follow Chinchilla's law in all parameters,
N_total = N + omega N^(1/3), and spend C = 6 N D counted without embeddings. Then N* is no power law of C:
its local exponent over Kaplan's small models is 0.74 to 0.78, and only far beyond them a = beta / (alpha + beta).
"""

from typing import Any

import jax.numpy as jnp
import numpy as np

from scalelaw._float64 import float64
from scalelaw.flops import OMEGA
from scalelaw.laws import Chinchilla

KAPLAN_SIZES = (790.0, 1.58e9)
"""Non-embedding parameters of the models that Pearce & Song take for Kaplan's."""

POINTS = 1025


@float64
def budget_of(params: Chinchilla, N: Any, omega: float = OMEGA) -> Any:
    """C [FLOP, 6 N D without embeddings] at which N non-embedding parameters are optimal (their eq. 16).

    Args:
        params: Chinchilla's law in all parameters; only A, B, alpha and beta matter.
        N: Non-embedding parameters, any shape.
        omega: Of N_total = N + omega N^(1/3).
    """
    return jnp.exp(_log_budget(params, jnp.log(jnp.asarray(N, float)), omega))


@float64
def local_exponent(params: Chinchilla, N: Any, omega: float = OMEGA) -> Any:
    """The slope d log N* / d log C at N non-embedding parameters, both counted without embeddings.

    It is beta / (alpha / 3 + beta) where embeddings are nearly all of a model, beta / (alpha + beta) where they
    are nearly none of it, and can lie above both in between.

    Args:
        params: As for `budget_of`.
        N: Non-embedding parameters, any shape.
        omega: Likewise.

    Examples:
        >>> known = sl.published["besiroglu2024_paper"].params
        >>> sl.kaplan.local_exponent(known, [1e6, 1e9, 1e12]).round(2)
        array([0.96, 0.54, 0.51])
    """
    root = jnp.asarray(N, float) ** (2 / 3)
    inner = (root + omega / 9) / (root + omega / 3)
    outer = (root + omega / 3) / (root + omega)
    return 1 / (1 - inner / params.beta + (1 + params.alpha) / params.beta * outer)


@float64
def fitted_exponent(
    params: Chinchilla, sizes: tuple[float, float] = KAPLAN_SIZES, omega: float = OMEGA
) -> Any:
    """The exponent that a straight line finds in log N* over log C, both counted without embeddings.

    The line is the least-squares one over budgets that are evenly spread in log C, from the one at which the
    smaller size is optimal to that of the larger.

    Args:
        params: As for `budget_of`.
        sizes: Non-embedding parameters of the smallest and the largest optimum.
        omega: Likewise.

    Examples:
        >>> f"{sl.kaplan.fitted_exponent(sl.published['hoffmann2022_A3_tex'].params):.2f}"
        '0.75'
    """
    x = jnp.linspace(float(np.log(sizes[0])), float(np.log(sizes[1])), POINTS)
    y = _log_budget(params, x, omega)
    weight, x, y = jnp.diff(y), (x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2
    away = y - jnp.average(y, weights=weight)
    return jnp.sum(weight * away * x) / jnp.sum(weight * away**2)


def _log_budget(params: Chinchilla, log_N: Any, omega: float) -> Any:
    """The log of C at which N is optimal."""
    alpha, beta = params.alpha, params.beta
    grown = log_N / 3 + jnp.log(jnp.exp(2 / 3 * log_N) + omega / 3)
    total = log_N / 3 + jnp.log(jnp.exp(2 / 3 * log_N) + omega)
    prices = jnp.log(beta * params.B / (alpha * params.A))
    return jnp.log(6.0) + log_N + ((1 + alpha) * total - grown + prices) / beta
