"""`allocate`: one question asked of a fitted law, from the user's words to the answer."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from scalelaw._checks import bad_input, check_finite, shown
from scalelaw.allocation.complaints import check_found, check_reachable
from scalelaw.allocation.extrapolation import decades_beyond, outside
from scalelaw.allocation.optimum import check_splits
from scalelaw.allocation.question import Amount, Real, question
from scalelaw.allocation.result import Allocation, Number
from scalelaw.allocation.solving import Answer, solve
from scalelaw.allocation.splits import Split
from scalelaw.laws import Law
from scalelaw.numbers import format_number, significant
from scalelaw.runs import Runs


@runtime_checkable
class Fitted(Protocol):
    """Anything with a law and its parameters; its `runs`, where it has any, say what is an extrapolation."""

    @property
    def law(self) -> Law:
        """A law of N and D."""

    @property
    def params(self) -> Any:
        """The law's NamedTuple of floats."""


def allocate(
    fit: Fitted,
    *,
    C: Amount | None = None,
    N: Amount | None = None,
    D: Amount | None = None,
    tokens_per_parameter: Amount | None = None,
    L: Amount | None = None,
) -> Allocation:
    """How to split training compute C = 6 N D between parameters N and tokens D.

    Asked with C, N, D or L alone, it finds the compute-optimal split: of the budget C, the one in which N (or
    D) is optimal, or the cheapest one that reaches the loss L. Asked with two (two of C, N, D and
    `tokens_per_parameter`, or L with N, D or `tokens_per_parameter`), it finds the split that follows and
    compares it with the optimal one.

    Args:
        fit: A fit, or anything with `law` and `params`; the range of its `runs` is compared with the answer.
        C: Training compute, FLOP; this and the other amounts are a number, text as people write it (70B,
            5.76e23, 100 PF-days), or a list of either.
        N: Parameters of the model.
        D: Training tokens.
        tokens_per_parameter: D / N.
        L: Target loss, nats per token.

    Returns:
        The split: N, D, C, L and what to know about them.

    Raises:
        BadInput: The law does not read N and D alone, the keywords do not make a question, an amount is no
            positive number, the target loss is out of reach, or no split is the best one.

    Examples:
        >>> best = sl.allocate(sl.published["besiroglu2024_paper"], C="5.76e23")
        >>> f"{best.N:.3g} parameters, {best.D:.3g} tokens, {best.L:.3f} nats per token"
        '7.22e+10 parameters, 1.33e+12 tokens, 1.974 nats per token'
        >>> held = sl.allocate(sl.published["besiroglu2024_paper"], C="5.76e23", N="7B")
        >>> f"{held.D:.3g} tokens; {held.wasted:.0%} of the compute wasted"
        '1.37e+13 tokens; 82% of the compute wasted'
    """
    law, params = _checked(fit)
    split, given = question({"C": C, "N": N, "D": D, "tokens_per_parameter": tokens_per_parameter, "L": L})
    asked = dict(zip(split.given, given, strict=True))
    if "L" in asked:
        check_reachable(law, params, asked)
    answer = solve(split, law, params, given)
    check_found(law, params, split, asked, answer)
    return _allocation(split, asked, answer, getattr(fit, "runs", None))


def _checked(fit: Fitted) -> tuple[Law, Any]:
    """The law of a fit and its parameters, checked."""
    law = law_of(fit)
    check_splits(law)
    return law, params_of(fit)


def law_of(fit: Fitted) -> Law:
    """The law of a fit.

    Raises:
        BadInput: This is no fit.
    """
    if isinstance(fit, Fitted):
        return fit.law
    raise bad_input("fit", "a fit, or anything with `law` and `params`", shown(fit))


def params_of(fit: Fitted) -> Any:
    """The parameters of a fit as floats.

    Raises:
        BadInput: One is not finite.
    """
    law = fit.law
    named = zip(law.fields, fit.params, strict=True)
    return law.Params(*(check_finite(f"{name} of law {law.name!r}", value) for name, value in named))


def _allocation(split: Split, asked: Mapping[str, Real], answer: Answer, runs: Runs | None) -> Allocation:
    """The answer in the user's own shape, with what was asked handed back unrounded."""
    N, D, C, L = answer[:4]
    excess = np.zeros_like(L) if split.optimal else np.maximum(L - answer.best_L, 0)
    wasted = np.zeros_like(L) if split.optimal else np.maximum(1 - answer.least_C / C, 0)
    beyond = decades_beyond(runs, C)
    numbers = {"N": N, "D": D, "C": C, "L": L, "tokens_per_parameter": D / N} | dict(asked)
    return Allocation(
        **{name: number(values) for name, values in numbers.items()},
        optimal=split.optimal,
        excess=number(excess),
        wasted=number(wasted),
        decades_beyond=None if beyond is None else number(beyond),
        notes=(*outside(runs, N, D, C), *_comparison(split, answer)),
    )


def _comparison(split: Split, answer: Answer) -> list[str]:
    """What the optimal split of the same budget is, where another was asked for."""
    if split.optimal:
        return []
    if not np.isfinite(answer.best_L).all():
        return ["the law has no optimal split of this C to compare with"]
    if answer.L.ndim:
        return []
    N, D = format_number(float(answer.best_N)), format_number(float(answer.best_D))
    lowest = significant(float(answer.best_L))
    return [f"the optimal split of this C is N = {N} on D = {D}, with L = {lowest}"]


def number(values: Real) -> Number:
    """A float for an array of shape (), else the array."""
    return values if np.ndim(values) else float(values)
