"""N, D and C together: the third from two, and whether three agree."""

from collections.abc import Mapping

import numpy as np

from scalelaw._checks import bad_input, shown
from scalelaw.flops import Convention
from scalelaw.numbers import format_number
from scalelaw.runs.table import Real, Table

LARGEST_RATIO = 3.0
"""How far a table's own C may be from the convention's, either way, before it is taken for a mistake.

Finer counts stay within it: the authors' own FLOP are 0.43 to 1.15 times 6 N D in the dense runs of Clark et
al. 2022, and 0.71 to 1.59 times in those of McLeish et al. 2025.
"""


def derived(values: Mapping[str, Real], rule: Convention) -> dict[str, Real]:
    """The one of N, D and C that is not in `values`, by the convention; empty unless the other two are there.

    Args:
        values: Quantities as numbers, shape (rows,) each; NaN passes through.
        rule: The convention of compute.
    """
    present = {quantity for quantity in "NDC" if quantity in values}
    with np.errstate(all="ignore"):
        if present == {"N", "D"}:
            return {"C": rule.flops(values["N"], values["D"])}
        if present == {"C", "N"}:
            return {"D": rule.tokens(values["C"], values["N"])}
        if present == {"C", "D"}:
            return {"N": rule.params(values["C"], values["D"])}
    return {}


def check_derived(table: Table, quantity: str, values: Real) -> None:
    """Refuse a derived value that left the range of float64.

    Raises:
        BadInput: Some value is not positive and finite.
    """
    bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if bad.size:
        first = int(bad[0])
        found, place = shown(float(values[first])), table.place(first)
        raise bad_input(f"{quantity} as derived", "a positive finite number", found, place=place)


def agreement(table: Table, values: Mapping[str, Real], rule: Convention) -> str:
    """How a table's own C compares with the convention's, as a note.

    Args:
        table: The table, for messages.
        values: N, D and C as positive numbers, shape (rows,) each.
        rule: The convention of compute.

    Raises:
        BadInput: In some row they differ by more than a factor `LARGEST_RATIO`.
    """
    with np.errstate(all="ignore"):
        ratio = values["C"] / rule.flops(values["N"], values["D"])
        far = np.flatnonzero(~(np.abs(np.log(ratio)) <= np.log(LARGEST_RATIO)))
    if far.size:
        raise bad_input(
            "C",
            f"within a factor {LARGEST_RATIO:g} of {rule.name}",
            _trio(values, int(far[0]), float(ratio[far[0]])),
            place=table.place(int(far[0])),
            advice='check the columns and their units, or take C as the table has it with flops="given"',
        )
    low, middle, high = (format_number(float(np.quantile(ratio, share))) for share in (0, 0.5, 1))
    return f"C as in the table is {middle} times {rule.name} in the median row, from {low} to {high}"


def _trio(values: Mapping[str, Real], index: int, ratio: float) -> str:
    """The three values of a row and their ratio."""
    trio = ", ".join(f"{quantity} = {format_number(float(values[quantity][index]))}" for quantity in "NDC")
    return f"{trio} (ratio {ratio:.3g})"
