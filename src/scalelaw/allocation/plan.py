"""`plan`: what to train where serving costs, tokens are few, or not every size is to be had."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import jax
import numpy as np

from scalelaw.allocation.answer import Fitted, law_of, number, params_of
from scalelaw.allocation.certificate import certified, first_order
from scalelaw.allocation.extrapolation import decades_beyond, outside
from scalelaw.allocation.optimum import loss
from scalelaw.allocation.planned import Plan, remarks
from scalelaw.allocation.problem import Problem, Terms, best_split, problem
from scalelaw.allocation.question import Amount, Real
from scalelaw.allocation.rates import IN_FLOP, Rates
from scalelaw.allocation.refusals import check_found, check_possible
from scalelaw.allocation.result import Number
from scalelaw.allocation.room import ANYWHERE, Room
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law
from scalelaw.runs import Runs

SLACK = 1e-9


def plan(
    fit: Fitted,
    *,
    budget: Amount | None = None,
    L: Amount | None = None,
    inference_tokens: float | str | None = None,
    generated_tokens: float | str | None = None,
    rates: Rates = IN_FLOP,
    U: float | str | None = None,
    repeats: bool = True,
    R_D: float | None = None,
    R_N: float | None = None,
    sizes: Iterable[float | str] | None = None,
    min_N: float | str | None = None,
    max_N: float | str | None = None,
) -> Plan:
    """The model of lowest loss for a total cost, or of lowest total cost for a loss, within bounds.

    The total cost is that of training, 6 N D FLOP, and of serving T tokens, 2 N T FLOP (Sardana et al. 2024).

    Args:
        fit: A fit, or anything with `law` and `params`; the range of its `runs` is compared with the answer.
        budget: Total cost in the unit of `rates`; a number, text as people write it, or a list of either.
        L: Target loss, nats per token, likewise.
        inference_tokens: T, tokens served in the model's life.
        generated_tokens: Those of them that the model generates; they matter where `rates` tell them apart.
        rates: What a FLOP costs: FLOP unless given, else `gpu_hours(...)` or `dollars(...)`.
        U: Unique tokens at hand.
        repeats: Whether they may be seen more than once; what that is worth is the law's to say, or else
            Muennighoff et al. 2023.
        R_D: Repetitions after which one more is worth 1/e of the first, instead of theirs (15.39).
        R_N: Excess of parameters likewise (5.31).
        sizes: The sizes [parameters] that are to be had.
        min_N: Parameters at least.
        max_N: Parameters at most; see `most_in_memory` and `most_in_time`.

    Returns:
        The plan, with a certificate that it is optimal.

    Raises:
        BadInput: The law does not read N and D, the keywords do not go together, or no split keeps to them.

    Examples:
        >>> known = sl.published["besiroglu2024_paper"]
        >>> served = sl.plan(known, L=2.0, inference_tokens="10T")
        >>> f"{served.N:.3g} parameters, {served.D:.3g} tokens; saves {served.saved:.0%}"
        '2e+10 parameters, 3.01e+12 tokens; saves 36%'
        >>> few = sl.plan(known, budget="1e22", U="25B")
        >>> f"{few.epochs:.1f} epochs of {few.N:.3g} parameters"
        '10.1 epochs of 6.62e+09 parameters'
    """
    asked = problem(
        law_of(fit),
        budget=budget,
        L=L,
        inference_tokens=inference_tokens,
        generated_tokens=generated_tokens,
        rates=rates,
        U=U,
        repeats=repeats,
        R_D=R_D,
        R_N=R_N,
        sizes=sizes,
        min_N=min_N,
        max_N=max_N,
    )
    params = params_of(fit)
    check_possible(asked, params)
    N, D = solved(asked, params, asked.terms)
    check_found(asked, N)
    return _plan(asked, params, N, D, getattr(fit, "runs", None))


def solved(asked: Problem, params: Any, terms: Terms) -> tuple[Real, Real]:
    """N and D of the best split under these terms, in float64; NaN where there is none."""
    with jax.enable_x64(True):
        room = Room(*(np.asarray(bound, float) for bound in terms.room))
        given = np.asarray(asked.given), Terms(np.asarray(terms.serving, float), room, terms.sizes)
        N, D = _solved(asked.law, asked.asked, params, *given)
        return np.asarray(N), np.asarray(D)


_solved = jax.jit(best_split, static_argnames=("law", "asked"))


@partial(jax.jit, static_argnames="law")
def _facts(law: Law, params: Any, N: Any, D: Any, serving: Any) -> tuple[Any, Any]:
    return loss(law, params, N, D), first_order(law, params, N, D, serving)


def facts(law: Law, params: Any, N: Real, D: Real, serving: float) -> tuple[Real, Real]:
    """Loss and residual of the first-order condition, in float64."""
    with jax.enable_x64(True):
        L, residual = _facts(law, params, N, D, np.asarray(serving, float))
        return np.asarray(L), np.asarray(residual)


def _plan(asked: Problem, params: Any, N: Real, D: Real, runs: Runs | None) -> Plan:
    """The answer in the user's own shape, with its certificate."""
    terms = asked.terms
    L, residual = facts(asked.law, params, N, D, terms.serving)
    C = SIX_ND.flops(N, D)
    beyond = decades_beyond(runs, C)
    at = _bounds(terms, N, D)
    best = certified(residual, at == "most", (at == "least") | (at == "tokens")) | (at == "size")
    sure = bool(np.all(best))
    alone = solved(asked, params, Terms(terms.serving, ANYWHERE))[0]
    numbers = {
        "N": N,
        "D": D,
        "C": C,
        "L": asked.amounts if asked.asked == "L" else L,
        "tokens_per_parameter": D / N,
        "total": asked.amounts if asked.asked == "budget" else asked.total(N, D),
        "residual": residual,
        "alone": alone,
    }
    return Plan(
        **{name: number(values) for name, values in numbers.items()},
        unit=asked.rates.unit,
        epochs=None if asked.U is None else number(D / asked.U),
        saved=_saved(asked, params, asked.total(N, D)),
        at=tuple(np.atleast_1d(at).tolist()),
        certified=sure,
        decades_beyond=None if beyond is None else number(beyond),
        problem=asked,
        notes=(*outside(runs, N, D, C), *remarks(asked, N, D, alone, at, residual, sure)),
    )


def _bounds(terms: Terms, N: Real, D: Real) -> Any:
    """Which bound each split lies at: "most", "least", "tokens", "size" (of a list), or "" for none."""
    room = terms.room
    if terms.sizes is not None:
        return np.full(N.shape, "size")
    return np.select(
        [N >= room.most * (1 - SLACK), D >= room.tokens * (1 - SLACK), N <= room.least * (1 + SLACK)],
        ["most", "tokens", "least"],
        "",
    )


def _saved(asked: Problem, params: Any, total: Real) -> Number | None:
    """Share of the total cost that counting it saves, against what is cheapest to train to the same loss."""
    if asked.asked != "L" or not asked.terms.serving:
        return None
    N, D = solved(asked, params, asked.terms._replace(serving=0.0))
    return number(np.maximum(1 - total / asked.total(N, D), 0))
