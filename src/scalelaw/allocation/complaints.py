"""Questions that the law leaves without an answer, each with its sentence."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scalelaw._checks import BadInput, bad_input, shown
from scalelaw.allocation.question import Real
from scalelaw.allocation.solving import Answer, lowest, solve
from scalelaw.allocation.splits import SPLITS, Split
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law
from scalelaw.numbers import format_number, significant

TYPICAL_BUDGET = 1e21
"""FLOP at which a law is looked at for a minimum where the question names no budget."""

(OF_BUDGET,) = (split for split in SPLITS if split.given == ("C",))


def check_reachable(law: Law, params: Any, asked: Mapping[str, Real]) -> None:
    """Refuse a target loss that no amount of what is free reaches.

    Raises:
        BadInput: L is at or below the limit of the law; the message gives the limit.
    """
    N, D = (asked.get(name, np.full_like(asked["L"], np.inf)) for name in "ND")
    limit = lowest(law, params, N, D)
    low = np.flatnonzero(asked["L"] <= limit)
    if low.size:
        at = _row(asked, int(low[0]))
        held = [f"{name} = {format_number(at[name])}" for name in "ND" if name in at]
        free = "unlimited " + " and ".join(name for name in "ND" if name not in at)
        reached = f"{significant(float(limit.flat[low[0]]))} nats/token"
        raise bad_input("L", f"above {reached}, the loss of {' and '.join([*held, free])}", shown(at["L"]))


def check_found(law: Law, params: Any, split: Split, asked: Mapping[str, Real], answer: Answer) -> None:
    """Refuse an answer that is not finite, or one that should be the optimum of its budget and is not.

    Raises:
        BadInput: So it is for one of the splits; the message says which.
    """
    found = _positive(answer.N) & _positive(answer.D) & _positive(answer.C) & np.isfinite(answer.L)
    if split.optimal:
        with np.errstate(all="ignore"):
            found &= np.abs(np.log(answer.best_N / answer.N)) < 1e-6
    lost = np.flatnonzero(~found)
    if lost.size:
        raise _unanswered(law, params, split, _row(asked, int(lost[0])))


def _positive(values: Real) -> NDArray[np.bool_]:
    return np.isfinite(values) & (values > 0)


def _row(asked: Mapping[str, Real], index: int) -> dict[str, float]:
    return {name: float(values.flat[index]) for name, values in asked.items()}


def _unanswered(law: Law, params: Any, split: Split, at: Mapping[str, float]) -> BadInput:
    budget = at.get("C", TYPICAL_BUDGET)
    if split.optimal and not _positive(solve(OF_BUDGET, law, params, (np.asarray(budget),)).N):
        return _no_minimum(law, params, budget)
    given = " and ".join(f"{name} = {format_number(amount)}" for name, amount in at.items())
    kind = "optimal split" if split.optimal else "split"
    return bad_input(" and ".join(at), f"of some {kind} with finite C = 6 N D under law {law.name!r}", given)


def _no_minimum(law: Law, params: Any, C: float) -> BadInput:
    """The error for a budget whose loss is lowest at one of its ends."""
    most = SIX_ND.tokens(C, 1.0)
    small, starved = lowest(law, params, np.array([1.0, most]), np.array([most, 1.0]))
    end = "D = 1" if starved < small else "N = 1"
    named = ", ".join(f"{name} = {value:.6g}" for name, value in zip(law.fields, params, strict=True))
    return bad_input(
        f"loss of law {law.name!r} at C = {format_number(C)} FLOP",
        "lowest at a split between N = 1 and D = 1",
        f"a loss that falls on to the end {end} with {named}",
        advice="no split is best: look at the fit, or give two of C, N, D and tokens_per_parameter",
    )
