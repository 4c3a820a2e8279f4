"""Plans that cannot be made, each with its sentence."""

from typing import Any

import numpy as np

from scalelaw._checks import bad_input, shown
from scalelaw.allocation.problem import Problem
from scalelaw.allocation.question import Real
from scalelaw.allocation.room import UNBOUNDED
from scalelaw.allocation.solving import lowest
from scalelaw.flops import SIX_ND
from scalelaw.numbers import format_number, significant

SLACK = 1 + 1e-9


def check_possible(problem: Problem, params: Any) -> None:
    """Refuse what no split keeps to.

    Raises:
        BadInput: The budget is below what the smallest model costs or above what the largest one can use, or
            the loss is out of reach.
    """
    if problem.asked == "L":
        _check_reachable(problem, params)
    else:
        _check_enough(problem)
        _check_not_too_much(problem)


def check_found(problem: Problem, N: Real) -> None:
    """Refuse an answer that is none.

    Raises:
        BadInput: No split is the best one; the message says for which amount.
    """
    lost = np.flatnonzero(~np.isfinite(N))
    if lost.size:
        kept = (
            "sizes and tokens allowed" if problem.terms.sizes is not None else "split between N = 1 and D = 1"
        )
        got = _amount(problem, float(problem.amounts.flat[lost[0]]))
        raise bad_input(problem.asked, f"one for which law {problem.law.name!r} has a best {kept}", got)


def _check_enough(problem: Problem) -> None:
    N = problem.smallest
    least = float(problem.total(N, 1.0))
    low = problem.amounts[problem.amounts < least]
    if low.size:
        served = (
            f" and serving {format_number(problem.inference_tokens)} tokens" if problem.terms.serving else ""
        )
        what = f"training the smallest model allowed, N = {format_number(N)}, on one token{served}"
        raise bad_input(
            "budget", f"at least {_amount(problem, least)}, the cost of {what}", _amount(problem, low[0])
        )


def _check_not_too_much(problem: Problem) -> None:
    N, tokens = problem.largest, float(problem.terms.room.tokens)
    if tokens >= UNBOUNDED or N >= UNBOUNDED:
        return
    most = float(problem.total(N, tokens))
    high = problem.amounts[problem.amounts > most * SLACK]
    if high.size:
        D = float(SIX_ND.tokens(high[0] / problem.rates.training, N)) - problem.terms.serving
        raise bad_input(
            "D",
            f"at most the U = {format_number(tokens)} unique tokens, for repeats are forbidden",
            f"{format_number(D)}, which {_amount(problem, high[0])} buys for the largest model allowed, "
            f"N = {format_number(N)}",
            advice=f"allow repeats or larger models, or spend at most {_amount(problem, most)}",
        )


def _check_reachable(problem: Problem, params: Any) -> None:
    bounds = {"N": problem.largest, "D": float(problem.terms.room.tokens)}
    N, D = (np.asarray([np.inf if bound >= UNBOUNDED else bound]) for bound in bounds.values())
    limit = float(lowest(problem.law, params, N, D)[0])
    low = problem.amounts[problem.amounts <= limit]
    if low.size:
        held = [
            f"unlimited {name}" if bound >= UNBOUNDED else f"{name} = {format_number(bound)}"
            for name, bound in bounds.items()
        ]
        reached = f"above {significant(limit)} nats/token, the loss of {' and '.join(held)}"
        raise bad_input("L", reached, shown(float(low[0])))


def _amount(problem: Problem, value: float) -> str:
    return f"{format_number(float(value))} {'nats/token' if problem.asked == 'L' else problem.rates.unit}"
