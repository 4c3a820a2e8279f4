"""Batch size, and compute-efficient training as it follows from the learning curve L(N, S) and the critical batch.

Kaplan et al. 2020, arXiv:2001.08361, sections 5.1 and 6 and appendix B. What the paper fitted instead (table 6) is
`sl.published["kaplan2020_N_opt"]`, `..._B_opt`, `..._S_opt` and `..._D_opt`; the two agree in exponents only.

At the critical batch a run takes twice the fewest updates and twice the fewest examples. Batches and examples are
in tokens.
"""

import math
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw._float64 import float64
from scalelaw.allocation.optimum import Numbers
from scalelaw.laws import KaplanSteps, Trend

Number = Any
"""A float, a NumPy array or a JAX array; the functions of a batch map it to its own kind, and broadcast."""


def minimal_steps(S: Number, B: Number, B_crit: Number) -> Number:
    """The fewest updates for what S updates at batch B reached: S / (1 + B_crit / B) (eq. 5.4).

    Examples:
        >>> sl.kaplan.minimal_steps(S=3e5, B=5e5, B_crit=1e6)
        100000.0
    """
    return S / (1 + B_crit / B)


def minimal_compute(C: Number, B: Number, B_crit: Number) -> Number:
    """The least compute [FLOP] for what C at batch B reached: C / (1 + B / B_crit) (eq. 5.5).

    Examples:
        >>> sl.kaplan.minimal_compute(C=3e20, B=5e5, B_crit=1e6)
        2e+20
    """
    return C / (1 + B / B_crit)


def steps_at(S_min: Number, B: Number, B_crit: Number) -> Number:
    """Updates at batch B for what S_min reach at a large one: S_min (1 + B_crit / B)."""
    return S_min * (1 + B_crit / B)


def compute_at(C_min: Number, B: Number, B_crit: Number) -> Number:
    """Compute [FLOP] at batch B for what C_min reaches at a small one: C_min (1 + B / B_crit)."""
    return C_min * (1 + B / B_crit)


def examples_given_steps(S: Number, S_min: Number, E_min: Number) -> Number:
    """Examples E that a run in S updates sees: (S / S_min - 1) (E / E_min - 1) = 1 (eq. 5.1).

    The trade of time for compute; McCandlish et al. 2018, arXiv:1812.06162.

    Args:
        S: updates, more than S_min.
        S_min: fewest updates.
        E_min: fewest examples [tokens]; the critical batch is E_min / S_min.

    Examples:
        >>> sl.kaplan.examples_given_steps(S=2e5, S_min=1e5, E_min=1e11)
        200000000000.0
    """
    return E_min * (1 + 1 / (S / S_min - 1))


def learning_rate(N: float) -> float:
    """Kaplan's rule for Adam's peak learning rate, N without embeddings (appendix D.6, eq. D.1).

    Examples:
        >>> f"{sl.kaplan.learning_rate(1.5e9):.2e}"
        '2.92e-04'
    """
    return 0.003239 - 0.0001395 * math.log(N)


class Exponents(NamedTuple):
    """Exponents of C: the loss falls as C^-loss; size, batch, updates and tokens grow as C^N, C^B, C^S, C^D."""

    loss: Float[Array, ""]
    N: Float[Array, ""]
    B: Float[Array, ""]
    S: Float[Array, ""]
    D: Float[Array, ""]


class Efficient(NamedTuple):
    """What to train: N parameters, critical batch B [tokens], S_min updates, D tokens; and the loss L.

    D is what a run at the critical batch sees, 2 B S_min (it takes twice the fewest updates).
    """

    N: Float[Array, "..."]
    B: Float[Array, "..."]
    S_min: Float[Array, "..."]
    D: Float[Array, "..."]
    L: Float[Array, "..."]


class Ratios(NamedTuple):
    """Size, updates and compute of one training to a loss over those of another."""

    N: Float[Array, "..."]
    S: Float[Array, "..."]
    C: Float[Array, "..."]


@float64
def exponents(steps: KaplanSteps, batch: Trend) -> Exponents:
    """The exponents that learning curve and critical batch imply (eqs. 6.4, 6.5 and B.7).

    alpha_C = 1 / (1 / alpha_S + 1 / alpha_B + 1 / alpha_N), and N ~ C^(alpha_C / alpha_N), likewise B and S.

    Args:
        steps: parameters of `kaplan_steps`.
        batch: parameters of `critical_batch`, B = k L^p with p = -1 / alpha_B.

    Examples:
        >>> steps, batch = (sl.published[f"kaplan2020_{name}"].params for name in ("L_N_Smin", "B_crit"))
        >>> found = sl.kaplan.exponents(steps, batch)
        >>> f"N* ~ C^{found.N:.2f}, B ~ C^{found.B:.2f}, S ~ C^{found.S:.2f}"
        'N* ~ C^0.68, B ~ C^0.25, S ~ C^0.07'
    """
    loss = 1 / (1 / steps.alpha_S - batch.p + 1 / steps.alpha_N)
    S, B = loss / steps.alpha_S, -loss * batch.p
    return Exponents(loss=loss, N=loss / steps.alpha_N, B=B, S=S, D=B + S)


@float64
def compute_scale(steps: KaplanSteps, batch: Trend) -> Float[Array | np.ndarray, ""]:
    """C_c [FLOP] of L(C_min) = (C_c / C_min)^alpha_C (eq. B.8).

    C_c = 6 N_c B* S_c (1 + alpha_N / alpha_S)^(1 / alpha_S + 1 / alpha_N) (alpha_S / alpha_N)^(1 / alpha_S).
    """
    alpha_N, alpha_S, N_c, S_c = steps
    f = alpha_N / alpha_S
    logs = (1 / alpha_S + 1 / alpha_N) * jnp.log1p(f) - jnp.log(f) / alpha_S
    return 6 * N_c * batch.k * S_c * jnp.exp(logs)


@float64
def efficient(steps: KaplanSteps, batch: Trend, C: Numbers) -> Efficient:
    """What to train on the least compute C = 6 N B S_min.

    The model is trained until its loss is f = alpha_N / alpha_S, some 10 %, above where it would converge.

    Args:
        steps: parameters of `kaplan_steps`.
        batch: parameters of `critical_batch`.
        C: C_min [FLOP], any shape.

    Examples:
        >>> steps, batch = (sl.published[f"kaplan2020_{name}"].params for name in ("L_N_Smin", "B_crit"))
        >>> best = sl.kaplan.efficient(steps, batch, C=8.64e19)
        >>> f"{best.N:.3g} parameters, batch {best.B:.3g} tokens, {best.L:.2f} nats per token"
        '6.04e+08 parameters, batch 1.8e+06 tokens, 2.69 nats per token'
    """
    alpha_N, alpha_S, N_c, S_c = steps
    f = alpha_N / alpha_S
    alpha_C = exponents(steps, batch).loss
    log_L = alpha_C * (jnp.log(compute_scale(steps, batch)) - jnp.log(C))
    N = N_c * jnp.exp((jnp.log1p(f) - log_L) / alpha_N)
    S_min = S_c * jnp.exp((jnp.log1p(1 / f) - log_L) / alpha_S)
    B = batch.k * jnp.exp(batch.p * log_L)
    return Efficient(N=N, B=B, S_min=S_min, D=2 * B * S_min, L=jnp.exp(log_L))


@float64
def cost_of_size(steps: KaplanSteps, r: Numbers) -> Float[Array | np.ndarray, "..."]:
    """Compute to a loss with a model r times the efficient size, over the least (eq. B.16).

    Examples:
        >>> steps = sl.published["kaplan2020_L_N_Smin"].params
        >>> f"{sl.kaplan.cost_of_size(steps, 2.2):.2f} times the compute"
        '1.20 times the compute'
    """
    return jnp.asarray(r) * steps_of_size(steps, r)


@float64
def steps_of_size(steps: KaplanSteps, r: Numbers) -> Float[Array | np.ndarray, "..."]:
    """Updates to a loss with a model r times the efficient size, over those of the efficient one (eq. B.17).

    [1 + (alpha_S / alpha_N) (1 - r^-alpha_N)]^(-1 / alpha_S); NaN where so small a model never gets there.
    """
    alpha_N, alpha_S = steps.alpha_N, steps.alpha_S
    room = 1 - alpha_S / alpha_N * jnp.expm1(-alpha_N * jnp.log(jnp.asarray(r)))
    return jnp.exp(-jnp.log(room) / alpha_S)


@float64
def against(steps: KaplanSteps, f: Numbers, other: Numbers) -> Ratios:
    """Training to f above the converged loss, against training to `other` above it, to the same loss.

    Eqs. B.12 to B.14: efficient training (f = 0.1) against a 2 % margin takes a model 2.7 times as large, 13 % of
    the updates and 36 % of the compute.
    """
    f, other = jnp.asarray(f), jnp.asarray(other)
    N = jnp.exp((jnp.log1p(f) - jnp.log1p(other)) / steps.alpha_N)
    S = jnp.exp((jnp.log1p(1 / f) - jnp.log1p(1 / other)) / steps.alpha_S)
    return Ratios(N=N, S=S, C=N * S)
