"""`compute_equivalent_gain`: two laws at equal loss, and the compute that one saves against the other."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import pandas as pd

from scalelaw._checks import bad_input
from scalelaw.allocation.answer import Fitted, law_of, number, params_of
from scalelaw.allocation.gain import compute_gain
from scalelaw.allocation.optimum import check_splits, loss, optimal
from scalelaw.allocation.question import Amount, read_amounts
from scalelaw.allocation.result import Columns, Number, aligned, plain
from scalelaw.laws import Law
from scalelaw.numbers import format_number, significant


@dataclass(frozen=True, eq=False)
class Gain:
    """Compute-equivalent gain of a law over a baseline; floats, or arrays for a list of budgets.

    Attributes:
        C: Budgets of the law, FLOP.
        L: Its lowest loss with them, nats per token.
        baseline_C: FLOP with which the baseline reaches that loss; NaN where none is enough.
        gain: baseline_C / C.
    """

    C: Number
    L: Number
    baseline_C: Number
    gain: Number

    def to_frame(self) -> pd.DataFrame:
        """One row a budget."""
        return pd.DataFrame({name: np.atleast_1d(getattr(self, name)) for name in COLUMNS})

    def to_dict(self) -> dict[str, Any]:
        """Every attribute as plain Python for JSON, None for NaN."""
        return {name: plain(getattr(self, name)) for name in COLUMNS}

    def __str__(self) -> str:
        """A table with one line a budget, then its conventions."""
        cells = [aligned(head, getattr(self, name), write) for name, (head, write) in COLUMNS.items()]
        lines = ["  ".join(row) for row in zip(*cells, strict=True)]
        return "\n".join(
            [
                "Compute-equivalent gain over the baseline, each at its own best split of C = 6 N D",
                *lines,
                "  gain = compute of the baseline over C [FLOP] at the same loss L [nats per token]",
            ]
        )


def _times(factor: float) -> str:
    return "none" if np.isnan(factor) else f"x {factor:.4g}"


def _compute(C: float) -> str:
    return "out of reach" if np.isnan(C) else format_number(C)


COLUMNS: Columns = {
    "C": ("C [FLOP]", format_number),
    "L": ("L [nats]", significant),
    "baseline_C": ("baseline C [FLOP]", _compute),
    "gain": ("gain", _times),
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
    laws, params = [law_of(each) for each in (fit, baseline)], [params_of(each) for each in (fit, baseline)]
    for law in laws:
        check_splits(law)
    budgets = read_amounts("C", C)
    with jax.enable_x64(True):
        L, gain = (np.asarray(values) for values in _gain(*laws, *params, budgets))
    if not np.isfinite(L).all():
        lost = format_number(float(budgets[~np.isfinite(L)].flat[0]))
        raise bad_input("C", f"one that has a best split under law {laws[0].name!r}", f"{lost} FLOP")
    return Gain(*(number(values) for values in (budgets, L, gain * budgets, gain)))


def _gain_of(law: Law, other: Law, params: Any, other_params: Any, C: Any) -> tuple[Any, Any]:
    L = loss(law, params, *optimal(law, params, C))
    return L, compute_gain(law, params, other, other_params, C)


_gain = jax.jit(_gain_of, static_argnames=("law", "other"))
