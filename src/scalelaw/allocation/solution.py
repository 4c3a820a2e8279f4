"""The split that a question asks for, in float64; the questions that have none; what to know of an answer."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from scalelaw._checks import BadInput, bad_input, shown
from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.allocation.optimum import SLACK, UNBOUNDED, first_order, loss
from scalelaw.allocation.question import BUDGET, Constraints, Question, Real, Split
from scalelaw.allocation.target import lowest_loss
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law
from scalelaw.numbers import format_number, significant
from scalelaw.runs import Runs

TYPICAL_BUDGET = 1e21
"""FLOP at which a law is looked at for a minimum where the question names no budget."""


class Solution(NamedTuple):
    """Splits, shape () or (n,) each; NaN or infinite where there is none.

    Attributes:
        N: Parameters.
        D: Tokens.
        C: 6 N D, FLOP.
        L: Loss, nats per token.
        residual: Of the first-order condition.
    """

    N: Real
    D: Real
    C: Real
    L: Real
    residual: Real


def solve(
    split: Split, law: Law, params: Any, amounts: tuple[Real, ...], constraints: Constraints | None = None
) -> Solution:
    """The split that follows from the amounts, of which a budget and a loss may have constraints."""
    kept = () if constraints is None else (jax.tree.map(lambda bound: np.asarray(bound, float), constraints),)
    N, D = _split(split, law, params, (*amounts, *kept))
    serving = np.asarray(0.0 if constraints is None else constraints.serving, float)
    return Solution(N, D, *_facts(law, params, N, D, serving))


@float64
@compiled(static_argnames=("split", "law"))
def _split(split: Split, law: Law, params: Any, given: tuple[Any, ...]) -> Any:
    return split.at(law, params, *given)


@float64
@compiled(static_argnames="law")
def _facts(law: Law, params: Any, N: Any, D: Any, serving: Any) -> tuple[Any, Any, Any]:
    return SIX_ND.flops(N, D), loss(law, params, N, D), first_order(law, params, N, D, serving)


_lowest = float64(compiled(lowest_loss, static_argnames="law"))


def check_possible(asked: Question, law: Law, params: Any) -> None:
    """Refuse what no split keeps to.

    Raises:
        BadInput: The budget is below what the smallest model costs or above what the largest one can use, or
            the loss is out of reach.
    """
    if "L" in asked.given:
        _check_reachable(asked, law, params)
    elif asked.split is BUDGET:
        _check_enough(asked)
        _check_not_too_much(asked)


def check_found(asked: Question, law: Law, params: Any, found: Solution, best_N: Real) -> None:
    """Refuse an answer that is not finite, or one that should be the optimum of its budget and is not.

    Args:
        asked: The question.
        law: The law that was asked.
        params: Its parameters.
        found: The answer.
        best_N: Parameters of the optimal split of the same budget.

    Raises:
        BadInput: So it is for one of the splits; the message says which.
    """
    good = _positive(found.N) & _positive(found.D) & _positive(found.C) & np.isfinite(found.L)
    if asked.split.optimal:
        with np.errstate(all="ignore"):
            good &= np.abs(np.log(best_N / found.N)) < 1e-6
    lost = np.flatnonzero(~good)
    if lost.size:
        raise _unanswered(asked, law, params, int(lost[0]))


def _positive(values: Real) -> NDArray[np.bool_]:
    return np.isfinite(values) & (values > 0)


def _check_enough(asked: Question) -> None:
    ((name, budgets),) = asked.given.items()
    least = float(asked.total(asked.smallest, 1.0))
    low = budgets[budgets < least]
    if low.size:
        served = f" and serving {format_number(asked.inference_tokens)} tokens" if asked.serving else ""
        model = f"the smallest model allowed, N = {format_number(asked.smallest)}, on one token{served}"
        enough = f"at least {_cost(asked, least)}, the cost of training {model}"
        raise bad_input(name, enough, _cost(asked, low[0]))


def _check_not_too_much(asked: Question) -> None:
    ((_, budgets),) = asked.given.items()
    N, tokens = asked.largest, float(asked.bounds.tokens)
    if tokens >= UNBOUNDED or N >= UNBOUNDED:
        return
    most = float(asked.total(N, tokens))
    high = budgets[budgets > most * SLACK]
    if high.size:
        D = float(SIX_ND.tokens(high[0] / asked.rates.training, N)) - asked.serving
        bought = f"{_cost(asked, high[0])} buys for the largest model allowed, N = {format_number(N)}"
        raise bad_input(
            "D",
            f"at most the U = {format_number(tokens)} unique tokens, for repeats are forbidden",
            f"{format_number(D)}, which {bought}",
            advice=f"allow repeats or larger models, or spend at most {_cost(asked, most)}",
        )


def _check_reachable(asked: Question, law: Law, params: Any) -> None:
    """Refuse a target loss that no amount of what is free reaches."""
    L = asked.given["L"]
    bounds = {"N": asked.largest, "D": float(asked.bounds.tokens)}
    held = {name: np.full_like(L, bound) for name, bound in bounds.items() if bound < UNBOUNDED}
    held |= {name: asked.given[name] for name in "ND" if name in asked.given}
    limit = _lowest(law, params, *(held.get(name, np.full_like(L, np.inf)) for name in "ND"))
    low = np.flatnonzero(L <= limit)
    if low.size:
        kept = [f"{name} = {format_number(value)}" for name, value in _row(held, int(low[0])).items()]
        free = " and ".join(name for name in "ND" if name not in held)
        what = " and ".join([*kept, *([f"unlimited {free}"] if free else [])])
        reached = f"above {significant(float(limit.flat[low[0]]))} nats/token, the loss of {what}"
        raise bad_input("L", reached, shown(float(L.flat[low[0]])))


def _unanswered(asked: Question, law: Law, params: Any, index: int) -> BadInput:
    """The error for a question without an answer."""
    at = _row(asked.given, index)
    budget = float(asked.amounts[0].flat[index]) if asked.split is BUDGET else at.get("C", TYPICAL_BUDGET)
    if asked.split.optimal and not _positive(solve(BUDGET, law, params, (np.asarray(budget),)).N):
        return _no_minimum(law, params, budget)
    given = " and ".join(f"{name} = {format_number(amount)}" for name, amount in at.items())
    kind = "optimal split" if asked.split.optimal else "split"
    limits = " within these limits" if asked.limited else ""
    must = f"of some {kind} with finite C = 6 N D{limits} under law {law.name!r}"
    return bad_input(" and ".join(at), must, given)


def _no_minimum(law: Law, params: Any, C: float) -> BadInput:
    """The error for a budget whose loss is lowest at one of its ends."""
    most = SIX_ND.tokens(C, 1.0)
    small, starved = _lowest(law, params, np.array([1.0, most]), np.array([most, 1.0]))
    end = "D = 1" if starved < small else "N = 1"
    named = ", ".join(f"{name} = {value:.6g}" for name, value in zip(law.fields, params, strict=True))
    return bad_input(
        f"loss of law {law.name!r} at C = {format_number(C)} FLOP",
        "lowest at a split between N = 1 and D = 1",
        f"a loss that falls on to the end {end} with {named}",
        advice="no split is best: look at the fit, or give two of C, N, D and tokens_per_parameter",
    )


def _row(given: Mapping[str, Real], index: int) -> dict[str, float]:
    return {name: float(values.flat[index]) for name, values in given.items()}


def _cost(asked: Question, value: float) -> str:
    return f"{format_number(float(value))} {asked.rates.unit}"


ROUNDING = 1e-9
"""Relative difference within which an amount counts as that of the outermost run."""


def decades_beyond(runs: Runs | None, C: Real) -> Real | None:
    """log10 of C over the largest C of the runs, above 0 outside; None where no C is known."""
    known = None if runs is None else runs.C
    return None if known is None else np.log10(C) - math.log10(float(known.max()))


def outside(runs: Runs | None, found: Solution) -> list[str]:
    """A sentence for each of C, N and D that lies outside the range of the runs, above or below."""
    if runs is None:
        return []
    notes = []
    for name, unit, what in (("C", "FLOP", "run"), ("N", "parameters", "model"), ("D", "tokens", "data set")):
        known, values = getattr(runs, name), getattr(found, name)
        if known is None:
            continue
        high, low = float(np.max(values)), float(np.min(values))
        most, least = float(known.max()), float(known.min())
        if high > most * (1 + ROUNDING):
            where = f"{_far(high / most)} beyond the largest {what} ({format_number(most)} {unit})"
            notes.append(f"{name} = {format_number(high)} is {where}: an extrapolation")
        if low < least * (1 - ROUNDING):
            where = f"{_far(least / low)} below the smallest {what} ({format_number(least)} {unit})"
            notes.append(f"{name} = {format_number(low)} is {where}: an extrapolation")
    return notes


def _far(ratio: float) -> str:
    """A ratio above 1 in decades, or in percent where that would say 0.0."""
    decades = math.log10(ratio)
    return f"{decades:.1f} decades" if decades >= 0.05 else f"{100 * (ratio - 1):.2g} %"


BOUNDS = {
    "most": "the cap",
    "least": "the least size",
    "tokens": "all unique tokens",
    "size": "the allowed size",
}
UNCERTIFIED = "not certified, the loss has a kink here or is flat to its last digits: "


def bounded(found: Solution, alone: Real, at: Any, *, certified: bool, listed: bool) -> list[str]:
    """Which bound holds a plan, and how well the first-order condition is met.

    Args:
        found: The splits.
        alone: Parameters that the law would take without bounds.
        at: The bound that each split lies at.
        certified: Whether every split is the best.
        listed: Whether the sizes are those of a list.
    """
    N, inside, notes = found.N, at == "", []
    if not N.ndim and at.item():
        name, value = ("D", found.D) if at == "tokens" else ("N", N)
        where = f"at {BOUNDS[at.item()]}, {name} = {format_number(value.item())}"
        free = f"the law alone would take N = {format_number(alone.item())}"
        notes.append(f"{where}: {'without bounds the law has no best split' if np.isnan(alone) else free}")
    if N.ndim and not inside.all() and not listed:
        notes.append(f"{np.count_nonzero(~inside)} of {N.size} splits lie at a bound")
    if inside.any():
        worst = float(np.max(np.abs(found.residual[inside])))
        notes.append(f"{'' if certified else UNCERTIFIED}first-order condition met to {worst:.1g}")
    return [*notes, "every allowed size was looked at"] if listed else notes


def compared(best: Solution) -> list[str]:
    """What the optimal split of the same budget is."""
    if not np.isfinite(best.L).all():
        return ["the law has no optimal split of this C to compare with"]
    if best.L.ndim:
        return []
    N, D = format_number(float(best.N)), format_number(float(best.D))
    return [f"the optimal split of this C is N = {N} on D = {D}, with L = {significant(float(best.L))}"]
