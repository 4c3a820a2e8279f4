"""`plan` and `allocate`: one question asked of a fitted law, from the user's words to the answer."""

from typing import Any, Protocol, Unpack, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from scalelaw._checks import bad_input, check_finite, shown
from scalelaw.allocation.optimum import ANYWHERE, loss
from scalelaw.allocation.question import BUDGET, LOSS, Amount, Constraints, Question, Real, Words, ask
from scalelaw.allocation.result import SPLIT, Plan, Quantities
from scalelaw.allocation.solution import (
    Solution,
    bounded,
    check_found,
    check_possible,
    compared,
    decades_beyond,
    outside,
    solve,
)
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law

TOLERANCE = 1e-9
"""Largest residual of a certified optimum; N is off by about as much. Those of Chinchilla's law are about 1e-15,
those of repeated data 1e-13 after a thousand epochs. Splits within it of a bound lie at the bound."""


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
) -> Plan:
    """How to split training compute C = 6 N D between parameters N and tokens D: `plan` without limits.

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
    return plan(fit, C=C, N=N, D=D, tokens_per_parameter=tokens_per_parameter, L=L)


def plan(fit: Fitted, **words: Unpack[Words]) -> Plan:
    """What to train: the split of lowest loss for a cost, or of lowest cost for a loss, within limits.

    Without limits it is `allocate`. The total cost is that of training, 6 N D FLOP, and of serving T tokens,
    2 N T FLOP (Sardana et al. 2024). With limits one of C, budget and L is given, and N at most besides.

    Args:
        fit: A fit, or anything with `law` and `params`; the range of its `runs` is compared with the answer.
        words: What is asked, by keyword.

            - C, N, D, tokens_per_parameter, L: as in `allocate`; with serving C is the total cost in FLOP.
            - budget: Total cost in the unit of `rates`, instead of C.
            - inference_tokens: T, tokens served in the model's life.
            - generated_tokens: Those of them that the model generates; they matter where `rates` tell them apart.
            - rates: What a FLOP costs: FLOP unless given, else `gpu_hours(...)` or `dollars(...)`.
            - U: Unique tokens at hand.
            - repeats: Whether they may be seen more than once (True); what that is worth is the law's to say,
              or else Muennighoff et al. 2023.
            - R_D: Repetitions after which one more is worth 1/e of the first, instead of theirs (15.39).
            - R_N: Excess of parameters likewise (5.31).
            - sizes: The sizes [parameters] that are to be had.
            - min_N: Parameters at least.
            - max_N: Parameters at most; see `most_in_memory` and `most_in_time`.

    Returns:
        The plan, with a certificate that it is optimal.

    Raises:
        BadInput: The law does not read N and D, the keywords do not go together, an amount is no positive
            number, or no split keeps to them.

    Examples:
        >>> known = sl.published["besiroglu2024_paper"]
        >>> served = sl.plan(known, L=2.0, inference_tokens="10T")
        >>> f"{served.N:.3g} parameters, {served.D:.3g} tokens; saves {served.saved:.0%}"
        '2e+10 parameters, 3.01e+12 tokens; saves 36%'
        >>> few = sl.plan(known, budget="1e22", U="25B")
        >>> f"{few.epochs:.1f} epochs of {few.N:.3g} parameters"
        '10.1 epochs of 6.62e+09 parameters'
    """
    return answer(fit, ask(**words))


def answer(fit: Fitted, asked: Question) -> Plan:
    """The answer to a question; arguments and errors are those of `plan`."""
    law = asked.law(law_of(fit))
    params, runs = params_of(fit), getattr(fit, "runs", None)
    check_possible(asked, law, params)
    found = solve(asked.split, law, params, asked.amounts, asked.constraints)
    best = found
    if not asked.limited and asked.split is not BUDGET:
        best = solve(BUDGET, law, params, (found.C,))
    check_found(asked, law, params, found, best.N)
    at = _at_bound(asked, found)
    # At a bound the loss must fall on beyond it.
    beyond = np.where(at == "most", found.residual > 0, (at != "") & (found.residual < 0))
    certified = bool(np.all((np.abs(found.residual) <= TOLERANCE) | beyond | (at == "size")))
    alone = best.N
    if asked.sizes is not None or asked.bounds != ANYWHERE:
        alone = solve(asked.split, law, params, asked.amounts, Constraints(asked.serving, ANYWHERE)).N
    notes = outside(runs, found)
    if asked.limited:
        notes += bounded(found, alone, at, certified=certified, listed=asked.sizes is not None)
    if not asked.split.optimal:
        notes += compared(best)
    total = asked.total(found.N, found.D)
    numbers: dict[str, Any] = {
        **found._asdict(),
        "tokens_per_parameter": found.D / found.N,
        **_regret(asked, law, params, found, best),
        "decades_beyond": decades_beyond(runs, found.C),
        "total": total,
        "epochs": None if asked.U is None else found.D / asked.U,
        "saved": _saved(asked, law, params, total),
        "alone": alone,
        **asked.named,
    }
    if not asked.costs:
        numbers["total"] = numbers["C"]
    return Plan(
        **{name: number(values) for name, values in numbers.items()},
        optimal=asked.split.optimal,
        unit=asked.rates.unit,
        at=tuple(np.atleast_1d(at).tolist()),
        certified=certified,
        question=asked,
        law=law,
        quantities=_quantities(asked, law),
        notes=tuple(notes),
    )


def _at_bound(asked: Question, found: Solution) -> Any:
    """Which bound each split lies at: "most", "least", "tokens", "size" (of a list), or "" for none."""
    if asked.sizes is not None:
        return np.full(found.N.shape, "size")
    least, most, tokens = asked.bounds
    near = (
        found.N >= most * (1 - TOLERANCE),
        found.D >= tokens * (1 - TOLERANCE),
        asked.limited & (found.N <= least * (1 + TOLERANCE)),
    )
    return np.select(near, ("most", "tokens", "least"), "")


def _regret(asked: Question, law: Law, params: Any, found: Solution, best: Solution) -> dict[str, Real]:
    """What a split that is not optimal costs, as loss and as a share of its compute."""
    if asked.split.optimal:
        return dict.fromkeys(("excess", "wasted"), np.zeros_like(found.L))
    least = solve(LOSS, law, params, (found.L,)).C
    return {"excess": np.maximum(found.L - best.L, 0), "wasted": np.maximum(1 - least / found.C, 0)}


def _saved(asked: Question, law: Law, params: Any, total: Real) -> Real | None:
    """Share of the total cost that counting it saves, against what is cheapest to train to the same loss."""
    if asked.split is not LOSS or not asked.serving:
        return None
    trained = solve(LOSS, law, params, asked.amounts, Constraints(0.0, asked.bounds, asked.sizes))
    return np.asarray(np.maximum(1 - total / asked.total(trained.N, trained.D), 0))


def _quantities(asked: Question, law: Law) -> Quantities:
    """What follows from the question, as functions of the law's parameters."""
    heads = {name: head for name, (head, _) in SPLIT.items()}
    if asked.costs:
        heads = {"total": f"total [{asked.rates.unit}]", **heads}
    if asked.U is not None:
        heads["epochs"] = "epochs"
    amounts, kept = asked.amounts, () if asked.constraints is None else (asked.constraints,)

    @jax.jit
    def logs(params: Any) -> Array:
        N, D = asked.split.at(law, params, *amounts, *kept)
        found = {
            "total": asked.total(N, D),
            "C": SIX_ND.flops(N, D),
            "N": N,
            "D": D,
            "tokens_per_parameter": D / N,
            "L": loss(law, params, N, D),
            "epochs": D / (asked.U or 1.0),
        }
        rows = [jnp.broadcast_to(found[name], amounts[0].shape) for name in heads if name not in asked.named]
        return jnp.log(jnp.stack(rows))

    return Quantities(asked.named, heads, logs)


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


def number(values: Any) -> Any:
    """A float for an array of shape (), an array of its own for another; what is none stays."""
    if not isinstance(values, np.ndarray | np.floating):
        return values
    return np.array(values) if values.ndim else float(values)
