"""How sure a plan is, the cost of a smaller model, and a compute-equivalent gain."""

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from scalelaw.allocation import compute_gain, optimal, overtrained, problem
from scalelaw.allocation.answer import Fitted
from scalelaw.allocation.optimum import loss
from scalelaw.allocation.question import Amount, read_amount, read_amounts
from scalelaw.allocation.smaller import shares_of
from scalelaw.flops import SIX_ND
from scalelaw.report.answers import HEADS, Answers, intervals_of
from scalelaw.report.sure import Sure


def plan_answers(sure: Sure, **words: Any) -> Answers:
    """Intervals of the answer of `plan` to these words.

    Args:
        sure: draws of the law, and the kind and level of interval.
        words: keywords of `plan`.

    Raises:
        BadInput: for what `plan` and `Draws.interval` refuse.
    """
    asked = problem(sure.draws.fit.law, **words)
    shape = asked.amounts.shape
    names = ["total", "C", "N", "D", "tokens_per_parameter", "L", "epochs"]
    names.remove("total" if asked.asked == "budget" else "L")
    if asked.U is None:
        names.remove("epochs")
    if asked.rates.unit == "FLOP" and not asked.inference_tokens:
        names = [name for name in names if name != ("C" if asked.asked == "budget" else "total")]

    @jax.jit
    def logs(params: Any) -> Array:
        N, D = asked.split(params)
        found = {
            "N": N,
            "D": D,
            "C": SIX_ND.flops(N, D),
            "total": asked.total(N, D),
            "tokens_per_parameter": D / N,
            "L": loss(asked.law, params, N, D),
            "epochs": D / (asked.U or 1.0),
        }
        return jnp.log(jnp.stack([jnp.broadcast_to(found[name], shape) for name in names]))

    given = {"L" if asked.asked == "L" else "total": asked.amounts}
    heads = {"total": f"total [{asked.rates.unit}]"} | HEADS | {"epochs": "epochs"}
    return Answers(sure, given, *intervals_of(sure, names, logs), heads)


def smaller_answers(sure: Sure, smaller: float | Iterable[float], *, C: Amount) -> Answers:
    """Intervals of `cost_of_smaller`: N, D, compute and tokens against those of the optimal model."""
    law, budget = sure.draws.fit.law, read_amount("C", C)
    shares = np.sort(shares_of(smaller))
    names = ["N", "D", "compute", "tokens"]

    @jax.jit
    def logs(params: Any) -> Array:
        best = optimal(law, params, jnp.asarray(budget))
        N, D = overtrained(law, params, jnp.asarray(budget), jnp.asarray(1 - shares))
        return jnp.log(jnp.stack([N, D, N * D / (best.N * best.D), D / best.D]))

    heads = {"smaller": "smaller", "N": "N", "D": "D", "compute": "C / C*", "tokens": "D / D*"}
    return Answers(sure, {"smaller": shares}, *intervals_of(sure, names, logs), heads)


def gain_answers(sure: Sure, baseline: Fitted, *, C: Amount) -> Answers:
    """Intervals of `compute_equivalent_gain` with the baseline as it is."""
    law, budgets = sure.draws.fit.law, read_amounts("C", C)

    @jax.jit
    def logs(params: Any) -> Array:
        return jnp.log(compute_gain(law, params, baseline.law, baseline.params, jnp.asarray(budgets)))[None]

    of, notes = intervals_of(sure, ["gain"], logs)
    heads = {"C": HEADS["C"], "gain": "gain"}
    return Answers(sure, {"C": budgets}, of, (*notes, "the baseline is taken as it is, without draws"), heads)
