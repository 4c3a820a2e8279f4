"""`allocate`: one question asked of a fitted law, checked on the host, answered in one compiled call."""

from functools import partial
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw._checks import BadInput, bad_input, check_finite, shown
from scalelaw.allocate.allocation import Allocation, Number
from scalelaw.allocate.optimum import check_splits, loss, optimal
from scalelaw.allocate.question import Amount, Real, question
from scalelaw.allocate.reach import decades_beyond, outside
from scalelaw.allocate.splits import Split
from scalelaw.allocate.target import lowest_loss, optimal_given_L
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law, Optimum
from scalelaw.numbers import format_number, significant
from scalelaw.runs import Runs

TYPICAL_BUDGET = 1e21
"""FLOP at which a law is looked at for a minimum where the question names no budget."""


@runtime_checkable
class Fitted(Protocol):
    """Anything with a law and its parameters; its `runs`, where it has any, say what is an extrapolation."""

    @property
    def law(self) -> Law:
        """A law of N and D."""

    @property
    def params(self) -> Any:
        """The law's NamedTuple of floats."""


class Answer(NamedTuple):
    """The split, the best split of the same C with its loss, and the lowest C that reaches the same L."""

    N: Float[Array, "..."]
    D: Float[Array, "..."]
    C: Float[Array, "..."]
    L: Float[Array, "..."]
    best: Optimum
    lowest_L: Float[Array, "..."]
    lowest_C: Float[Array, "..."]


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
    """
    law, params = _law_of(fit)
    split, given = question({"C": C, "N": N, "D": D, "tokens_per_parameter": tokens_per_parameter, "L": L})
    asked = dict(zip(split.given, given, strict=True))
    with jax.enable_x64(True):
        if "L" in asked:
            _check_reachable(law, params, asked)
        answer = jax.tree.map(np.asarray, _answer(split, law, params, given))
        _check_found(law, params, split, asked, answer)
    return _allocation(split, asked, answer, getattr(fit, "runs", None))


def _law_of(fit: Fitted) -> tuple[Law, Any]:
    """The law of a fit and its parameters, checked."""
    if not isinstance(fit, Fitted):
        raise bad_input("fit", "a fit, or anything with `law` and `params`", shown(fit))
    law = fit.law
    check_splits(law)
    named = zip(law.fields, fit.params, strict=True)
    return law, law.Params(*(check_finite(f"{name} of law {law.name!r}", value) for name, value in named))


_optimal = jax.jit(optimal, static_argnames="law")


@partial(jax.jit, static_argnames=("split", "law"))
def _answer(split: Split, law: Law, params: Any, given: tuple[Array, ...]) -> Answer:
    N, D = split.at(law, params, *given)
    C, L = SIX_ND.flops(N, D), loss(law, params, N, D)
    best = optimal(law, params, C)
    lowest_C = C if split.optimal else SIX_ND.flops(*optimal_given_L(law, params, L))
    return Answer(N, D, C, L, best, loss(law, params, *best), lowest_C)


def _check_reachable(law: Law, params: Any, asked: dict[str, Real]) -> None:
    """Refuse a target loss that no amount of what is free reaches."""
    N, D = (asked.get(name, np.full_like(asked["L"], np.inf)) for name in ("N", "D"))
    limit = np.asarray(_limit(law, params, N, D))
    low = np.flatnonzero(asked["L"] <= limit)
    if not low.size:
        return
    held = [f"{name} = {format_number(_at(asked[name], low[0]))}" for name in "ND" if name in asked]
    free = "unlimited " + " and ".join(name for name in "ND" if name not in asked)
    raise bad_input(
        "L",
        f"above {significant(_at(limit, low[0]))} nats/token, the loss of {' and '.join([*held, free])}",
        shown(_at(asked["L"], low[0])),
    )


@partial(jax.jit, static_argnames="law")
def _limit(law: Law, params: Any, N: Array, D: Array) -> Array:
    return lowest_loss(law, params, jnp.ravel(N), jnp.ravel(D)).reshape(N.shape)


def _check_found(law: Law, params: Any, split: Split, asked: dict[str, Real], answer: Answer) -> None:
    """Refuse a question that the law leaves without a finite answer, or with one that is not the best."""
    found = np.all([np.isfinite(x) & (x > 0) for x in (answer.N, answer.D, answer.C)], axis=0)
    if split.optimal:
        with np.errstate(all="ignore"):
            found &= np.abs(np.log(answer.best.N / answer.N)) < 1e-6
    lost = np.flatnonzero(~(found & np.isfinite(answer.L)))
    if lost.size:
        where = {name: _at(values, lost[0]) for name, values in asked.items()}
        raise _unanswered(law, params, split, where)


def _unanswered(law: Law, params: Any, split: Split, where: dict[str, float]) -> BadInput:
    """The error for a question without an answer."""
    budget = where.get("C", TYPICAL_BUDGET)
    if split.optimal and not np.isfinite(_optimal(law, params, budget)).all():
        return _no_minimum(law, params, budget)
    given = " and ".join(f"{name} = {format_number(amount)}" for name, amount in where.items())
    among = f"of some {'optimal ' if split.optimal else ''}split with finite C = 6 N D under law {law.name!r}"
    return bad_input(" and ".join(where), among, given)


def _no_minimum(law: Law, params: Any, C: float) -> BadInput:
    """The error for a budget whose loss is lowest at one of its ends."""
    one, most = jnp.ones(()), jnp.asarray(SIX_ND.tokens(C, 1.0))
    starved, small = (float(loss(law, params, *ends)) for ends in ((most, one), (one, most)))
    end = "D = 1" if starved < small else "N = 1"
    named = ", ".join(f"{name} = {value:.6g}" for name, value in zip(law.fields, params, strict=True))
    return bad_input(
        f"loss of law {law.name!r} at C = {format_number(C)} FLOP",
        "lowest at a split between N = 1 and D = 1",
        f"a loss that falls on to the end {end} with {named}",
        advice="no split is best: look at the fit, or give two of C, N, D and tokens_per_parameter",
    )


def _allocation(split: Split, asked: dict[str, Real], answer: Answer, runs: Runs | None) -> Allocation:
    """The answer in the user's own shape, with what was asked handed back unrounded."""
    N, D, C, L = (np.asarray(values) for values in answer[:4])
    excess = np.zeros_like(L) if split.optimal else np.maximum(L - answer.lowest_L, 0)
    wasted = np.zeros_like(L) if split.optimal else np.maximum(1 - answer.lowest_C / C, 0)
    beyond = decades_beyond(runs, C)
    numbers = {"N": N, "D": D, "C": C, "L": L, "tokens_per_parameter": D / N} | asked
    return Allocation(
        **{name: _number(values) for name, values in numbers.items()},
        optimal=split.optimal,
        excess=_number(excess),
        wasted=_number(wasted),
        decades_beyond=None if beyond is None else _number(beyond),
        notes=(*outside(runs, N, D, C), *_comparison(split, answer)),
    )


def _comparison(split: Split, answer: Answer) -> list[str]:
    """What the optimal split of the same budget is, where another was asked for."""
    if split.optimal:
        return []
    if not np.isfinite(answer.lowest_L).all():
        return ["the law has no optimal split of this C to compare with"]
    if answer.L.ndim:
        return []
    N, D = (format_number(float(size)) for size in answer.best)
    return [
        f"the optimal split of this C is N = {N} on D = {D}, with L = {significant(float(answer.lowest_L))}"
    ]


def _number(values: Real) -> Number:
    return values if np.ndim(values) else float(values)


def _at(values: Real, index: int) -> float:
    return float(np.ravel(values)[index])
