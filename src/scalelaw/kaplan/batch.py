"""Batch size: what a run would have taken at another one (Kaplan et al. 2020, section 5.1).

At the critical batch a run takes twice the fewest updates and twice the fewest examples. Numbers are floats or
arrays that broadcast; batches and examples are in tokens.
"""

import math
from typing import Any

Number = Any
"""A float, a NumPy array or a JAX array; each function maps it to its own kind."""


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
