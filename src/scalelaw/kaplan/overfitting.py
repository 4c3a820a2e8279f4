"""Overfitting: what a limited data set costs, and how large a one costs next to nothing.

Kaplan et al. 2020, arXiv:2001.08361, sections 4.2 to 5.3, written for any law of N and D:
Kaplan's joint law and its fits first of all.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw._checks import check_positive
from scalelaw._float64 import float64
from scalelaw.allocation.optimum import Numbers, check_splits
from scalelaw.allocation.roots import rising_root
from scalelaw.laws import Kaplan, KaplanSteps, Law, Trend

SEED_NOISE = 0.02
"""Loss varies by about this share from seed to seed: overfitting below it is not seen (section 4.2)."""

ENDLESS = 1e300
"""Tokens that stand for endless data; infinity itself would leave some laws without a gradient."""

LOG_TOKENS = np.linspace(0.0, np.log(1e60), 200)


@float64
def overfitting(law: Law, params: Any, N: Numbers, D: Numbers) -> Float[Array | np.ndarray, "..."]:
    """The share by which limited data raise the loss: L(N, D) / L(N, endless) - 1 (eq. 4.2).

    With Kaplan's law that is (1 + (N / N_c)^(alpha_N / alpha_D) D_c / D)^alpha_D - 1 (eq. 4.3).

    Args:
        law: a law of N and D.
        params: its parameters.
        N: parameters of the model, any shape.
        D: unique tokens, same shape.

    Raises:
        BadInput: The law is not one of N and D.

    Examples:
        >>> known = sl.published["kaplan2020_L_N_D"]
        >>> f"{sl.kaplan.overfitting(known.law, known.params, N=1.5e9, D=22e9):.3f}"
        '0.028'
    """
    check_splits(law)
    endless = law.predict(params, N=N, D=jnp.full(jnp.shape(D), ENDLESS))
    return jnp.asarray(law.predict(params, N=N, D=D) / endless - 1)


@float64
def data_needed(
    law: Law, params: Any, N: Numbers, excess: float = SEED_NOISE
) -> Float[Array | np.ndarray, "..."]:
    """Unique tokens with which `overfitting` is `excess`, solved numerically (eq. 4.4).

    Args:
        law: a law of N and D.
        params: its parameters.
        N: parameters of the model, any shape.
        excess: overfitting allowed, a share of the loss.

    Returns:
        D [tokens] in the shape of N; NaN where 1 to 1e60 tokens do not hold it.

    Raises:
        BadInput: The law is not one of N and D, or the excess is not positive.

    Examples:
        >>> known = sl.published["kaplan2020_L_N_D"]
        >>> f"{sl.kaplan.data_needed(known.law, known.params, N=1e9):.2e} tokens"
        '2.41e+10 tokens'
    """
    check_splits(law)
    check_positive("excess", excess)
    N = jnp.asarray(N, float)
    flat = jnp.ravel(N)

    def spare(log_D: Array, given: Any) -> Array:
        params, N = given
        return jnp.log(excess) - jnp.log(overfitting(law, params, N, jnp.exp(log_D)))

    grid = jnp.asarray(LOG_TOKENS, flat.dtype)[:, None] + jnp.zeros_like(flat)
    # Of several roots that with the fewest tokens counts.
    log_D = rising_root(spare, lambda log_D, _: log_D, (params, flat), grid)
    return jnp.exp(log_D).reshape(N.shape)


@float64
def data_trend(params: Kaplan, excess: float = SEED_NOISE) -> Trend:
    """`data_needed` of Kaplan's law in closed form, D = k N^p.

    p = alpha_N / alpha_D and k = D_c / N_c^p / ((1 + excess)^(1 / alpha_D) - 1); the paper prints 5e3 N^0.74.
    """
    p = params.alpha_N / params.alpha_D
    allowed = jnp.expm1(jnp.log1p(excess) / params.alpha_D)
    return Trend(k=jnp.exp(jnp.log(params.D_c) - p * jnp.log(params.N_c)) / allowed, p=p)


@float64
def early_stop(
    steps: KaplanSteps, law: Law, params: Any, N: Numbers, D: Numbers
) -> Float[Array | np.ndarray, "..."]:
    """A lower bound on the update at which to stop: S_c / (L(N, D) - L(N, endless))^(1 / alpha_S) (eq. 5.7).

    Args:
        steps: parameters of the learning curve, `kaplan_steps`.
        law: a law of N and D.
        params: its parameters.
        N: parameters of the model, any shape.
        D: unique tokens, same shape.

    Raises:
        BadInput: The law is not one of N and D.
    """
    check_splits(law)
    gap = law.predict(params, N=N, D=D) - law.predict(params, N=N, D=jnp.full(jnp.shape(D), ENDLESS))
    return steps.S_c * jnp.exp(-jnp.log(gap) / steps.alpha_S)
