"""Every question that has an answer: what may be given together, and the split of N and D that follows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from scalelaw.allocation.optimum import optimal, optimal_given_D, optimal_given_N
from scalelaw.allocation.target import optimal_given_L, reach_at_D, reach_at_N, reach_at_ratio
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law, Optimum


@dataclass(frozen=True)
class Split:
    """One meaningful question.

    Attributes:
        given: What is given, by keyword of `allocate`.
        at: (law, params, *what is given) -> the split, pure.
        optimal: Whether the split is the best of its own budget.
    """

    given: tuple[str, ...]
    at: Callable[..., Optimum]
    optimal: bool = False


def _budget_and_N(law: Law, params: Any, C: Array, N: Array) -> Optimum:
    del law, params
    return Optimum(N, SIX_ND.tokens(C, N))


def _budget_and_D(law: Law, params: Any, C: Array, D: Array) -> Optimum:
    del law, params
    return Optimum(SIX_ND.params(C, D), D)


def _budget_and_ratio(law: Law, params: Any, C: Array, ratio: Array) -> Optimum:
    N = jnp.sqrt(SIX_ND.tokens(C, ratio))
    return _N_and_ratio(law, params, N, ratio)


def _N_and_D(law: Law, params: Any, N: Array, D: Array) -> Optimum:
    del law, params
    return Optimum(N, D)


def _N_and_ratio(law: Law, params: Any, N: Array, ratio: Array) -> Optimum:
    del law, params
    return Optimum(N, ratio * N)


def _D_and_ratio(law: Law, params: Any, D: Array, ratio: Array) -> Optimum:
    del law, params
    return Optimum(D / ratio, D)


SPLITS = (
    Split(("C",), optimal, optimal=True),
    Split(("N",), optimal_given_N, optimal=True),
    Split(("D",), optimal_given_D, optimal=True),
    Split(("L",), optimal_given_L, optimal=True),
    Split(("C", "N"), _budget_and_N),
    Split(("C", "D"), _budget_and_D),
    Split(("C", "tokens_per_parameter"), _budget_and_ratio),
    Split(("N", "D"), _N_and_D),
    Split(("N", "tokens_per_parameter"), _N_and_ratio),
    Split(("D", "tokens_per_parameter"), _D_and_ratio),
    Split(("L", "N"), reach_at_N),
    Split(("L", "D"), reach_at_D),
    Split(("L", "tokens_per_parameter"), reach_at_ratio),
)
