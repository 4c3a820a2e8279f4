"""Compute-equivalent gain: how much compute a better recipe saves, as a factor, at equal loss."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from scalelaw._checks import bad_input
from scalelaw._float64 import float64
from scalelaw._json import plain
from scalelaw.allocation.optimum import check_splits, loss, optimal
from scalelaw.allocation.plan import Fitted, law_of, number, params_of
from scalelaw.allocation.question import Amount, read_amounts
from scalelaw.allocation.result import SPLIT, Columns, Number, Quantities, split_table
from scalelaw.allocation.target import optimal_given_L
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law
from scalelaw.numbers import format_number


def compute_gain(
    law: Law, params: Any, baseline: Law, baseline_params: Any, C: Float[Array, "..."]
) -> Float[Array, "..."]:
    """How many times C the baseline needs for the loss that the law reaches with C, each at its best split.

    For two Chinchilla laws that differ in B alone it is (B_baseline / B)^(1 / beta) at every C.
    Pure, in both sets of parameters and in C.

    Args:
        law: A law of N and D.
        params: Its parameters.
        baseline: The law it is compared with.
        baseline_params: Its parameters.
        C: Budgets [FLOP], any shape.

    Returns:
        The gain, in the shape of C: above 1 where the law is better; NaN where no budget of the baseline
        reaches the loss.

    Raises:
        BadInput: A law is not one of N and D.
    """
    C = jnp.asarray(C, float)
    L = loss(law, params, *optimal(law, params, C))
    gain: Array = SIX_ND.flops(*optimal_given_L(baseline, baseline_params, L)) / C
    return gain


@dataclass(frozen=True, eq=False)
class Gain:
    """Compute-equivalent gain of a law over a baseline; floats, or arrays for a list of budgets.

    Attributes:
        C: Budgets of the law, FLOP.
        L: Its lowest loss with them, nats per token.
        baseline_C: FLOP with which the baseline reaches that loss; NaN where none is enough.
        gain: baseline_C / C.
        quantities: The gain as a function of the law's parameters, the baseline as it is.
    """

    C: Number
    L: Number
    baseline_C: Number
    gain: Number
    quantities: Quantities = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """One row a budget."""
        return pd.DataFrame({name: np.atleast_1d(getattr(self, name)) for name in COLUMNS})

    def to_dict(self) -> dict[str, Any]:
        """Every number as plain Python for JSON, None for NaN."""
        return {name: plain(getattr(self, name)) for name in COLUMNS}

    def __str__(self) -> str:
        """A table with one line a budget, then its conventions."""
        return "\n".join(
            [
                "Compute-equivalent gain over the baseline, each at its own best split of C = 6 N D",
                *split_table(COLUMNS, self),
                "  gain = compute of the baseline over C [FLOP] at the same loss L [nats per token]",
            ]
        )


COLUMNS: Columns = {
    "C": SPLIT["C"],
    "L": SPLIT["L"],
    "baseline_C": ("baseline C [FLOP]", lambda C: "out of reach" if np.isnan(C) else format_number(C)),
    "gain": ("gain", lambda factor: "none" if np.isnan(factor) else f"x {factor:.4g}"),
}


def compute_equivalent_gain(fit: Fitted, baseline: Fitted, *, C: Amount) -> Gain:
    """How many times C the baseline needs for the loss that the fit's law reaches with C.

    Losses of the two must be comparable: the same tokenizer and the same held-out text.

    Args:
        fit: A fit, or anything with `law` and `params`.
        baseline: Another.
        C: Budget of the first, FLOP; a number, text as people write it, or a list of either.

    Returns:
        The gain at each budget.

    Raises:
        BadInput: A law does not read N and D alone, or a budget has no best split.

    Examples:
        >>> new, old = sl.published["besiroglu2024_paper"], sl.published["hoffmann2022_A3_tex"]
        >>> f"{sl.compute_equivalent_gain(new, old, C='1e22').gain:.2f}"
        '0.68'
    """
    law, other = law_of(fit), law_of(baseline)
    params, other_params = params_of(fit), params_of(baseline)
    check_splits(law)
    check_splits(other)
    budgets = read_amounts("C", C)
    L, gain = _gain(law, other, params, other_params, budgets)
    if not np.isfinite(L).all():
        lost = format_number(float(budgets[~np.isfinite(L)].flat[0]))
        raise bad_input("C", f"one that has a best split under law {law.name!r}", f"{lost} FLOP")

    @jax.jit
    def logs(params: Any) -> Array:
        return jnp.log(compute_gain(law, params, other, other_params, jnp.asarray(budgets)))[None]

    note = "the baseline is taken as it is, without draws"
    quantities = Quantities({"C": budgets}, {"C": SPLIT["C"][0], "gain": "gain"}, logs, (note,))
    return Gain(number(budgets), number(L), number(gain * budgets), number(gain), quantities)


@float64
@partial(jax.jit, static_argnames=("law", "other"))
def _gain(law: Law, other: Law, params: Any, other_params: Any, C: Any) -> tuple[Any, Any]:
    L = loss(law, params, *optimal(law, params, C))
    return L, compute_gain(law, params, other, other_params, C)
