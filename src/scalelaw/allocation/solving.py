"""The compiled calls behind `allocate`, in float64: one for the split, two that every question shares."""

from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array

from scalelaw.allocation.optimum import loss, optimal
from scalelaw.allocation.question import Real
from scalelaw.allocation.splits import SPLITS, Split
from scalelaw.allocation.target import lowest_loss
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law

(CHEAPEST,) = (split for split in SPLITS if split.given == ("L",))


class Answer(NamedTuple):
    """A split and the best ones to compare it with, shape () or (n,) each.

    N, D, C, L: the split.
    best_N, best_D, best_L: the optimal split of the same C; not finite where the law has none.
    least_C: the lowest C that reaches the same L.
    """

    N: Real
    D: Real
    C: Real
    L: Real
    best_N: Real
    best_D: Real
    best_L: Real
    least_C: Real


def solve(split: Split, law: Law, params: Any, given: tuple[Real, ...]) -> Answer:
    """The answer to a question, with NaN or infinities where there is none."""
    with jax.enable_x64(True):
        N, D = _split(split, law, params, given)
        C, L, *best = _compare(law, params, N, D)
        least_C = C if split.optimal else SIX_ND.flops(*_split(CHEAPEST, law, params, (L,)))
        return Answer(*(np.asarray(values) for values in (N, D, C, L, *best, least_C)))


def lowest(law: Law, params: Any, N: Real, D: Real) -> Real:
    """`lowest_loss` for N and D of any one shape, infinite where they are free."""
    with jax.enable_x64(True):
        return np.asarray(_lowest(law, params, N.ravel(), D.ravel())).reshape(N.shape)


@partial(jax.jit, static_argnames=("split", "law"))
def _split(split: Split, law: Law, params: Any, given: tuple[Array, ...]) -> Any:
    return split.at(law, params, *given)


@partial(jax.jit, static_argnames="law")
def _compare(law: Law, params: Any, N: Array, D: Array) -> tuple[Array, ...]:
    C = SIX_ND.flops(N, D)
    best = optimal(law, params, C)
    return C, loss(law, params, N, D), *best, loss(law, params, *best)


_lowest = jax.jit(lowest_loss, static_argnames="law")
