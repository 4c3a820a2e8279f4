"""IsoFLOP profiles: the runs of each budget by size, padded to one length, and what their minima are."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from scalelaw.approaches.budgets import Budgets
from scalelaw.approaches.minima import Fault, Method, Minima, bracketed, distinct, ends
from scalelaw.numbers import format_number

WORDS = {"N": "sizes", "D": "token counts"}
UNITS = {"N": "parameters", "D": "tokens"}


class Profiles(NamedTuple):
    """The profiles of all budgets against one axis.

    Attributes:
        axis: "N" (parameters) or "D" (tokens).
        x: its log, ascending along [B, m].
        y: loss, nats per token.
        weight: of the runs; 0 where a profile has fewer than m.
        run: [B, m] which run; 0 where there is none.
    """

    axis: str
    x: Float[np.ndarray, "B m"]
    y: Float[np.ndarray, "B m"]
    weight: Float[np.ndarray, "B m"]
    run: Int[np.ndarray, "B m"]


def profiles(
    axis: str,
    size: Float[np.ndarray, " n"],
    L: Float[np.ndarray, " n"],
    weight: Float[np.ndarray, " n"],
    budgets: Budgets,
) -> Profiles:
    """The profile of every budget.

    Args:
        axis: "N" or "D".
        size: parameters or tokens of each run.
        L: loss, nats per token.
        weight: of each run.
        budgets: which runs belong to which.
    """
    order = np.lexsort((size, budgets.code))
    code = budgets.code[order]
    order, code = order[code >= 0], code[code >= 0]
    counts = np.bincount(code, minlength=len(budgets.C))
    place = np.arange(len(code)) - np.repeat(np.cumsum(counts) - counts, counts)
    index = np.zeros((len(budgets.C), max(int(counts.max(initial=0)), 1)), np.int64)
    there = np.zeros(index.shape, bool)
    index[code, place], there[code, place] = order, True
    x = np.log(size)[index]
    x = np.where(there, x, np.where(there, x, -np.inf).max(axis=1, keepdims=True, initial=0.0))
    return Profiles(axis, x, L[index], np.where(there, weight[index], 0.0), index)


def strict(method: Method, given: Profiles) -> Minima:
    """The minima of profiles, those of profiles whose lowest run is the smallest or the largest refused too."""
    found = method.minima(given.x, given.y, given.weight)
    open_ended = (found.fault == Fault.NONE) & ~bracketed(given.x, given.y, given.weight)
    fault = np.where(open_ended, Fault.UNBRACKETED, found.fault)
    good = fault == Fault.NONE
    return Minima(np.where(good, found.x, np.nan), np.where(good, found.y, np.nan), fault)


def reasons(method: Method, given: Profiles, fault: Int[np.ndarray, " B"]) -> tuple[str, ...]:
    """Why each profile is refused, in words."""
    low, high = ends(given.x, given.weight)
    sizes = distinct(given.x, given.weight)
    return tuple(
        _reason(method, given, row, fault[row], sizes[row], low[row], high[row]) for row in range(len(fault))
    )


def _reason(
    method: Method, given: Profiles, row: int, fault: int, sizes: int, low: float, high: float
) -> str:
    what = WORDS[given.axis]
    if fault == Fault.FEW:
        return f"{sizes} of the {method.fewest} different {what} that a {method.name} fit needs"
    if fault == Fault.DOWNWARD:
        return f"its {method.name} fit opens downward"
    span = f"{format_number(float(np.exp(low)))} to {format_number(float(np.exp(high)))}"
    if fault == Fault.OUTSIDE:
        return f"the minimum lies at the edge of, or outside, the {what} trained ({span})"
    if fault == Fault.UNBRACKETED:
        lowest = np.argmin(np.where(given.weight[row] > 0, given.y[row], np.inf))
        end = "smallest" if given.x[row, lowest] == low else "largest"
        return f"not bracketed: the lowest loss is at the {end} of the {what} trained ({span})"
    return ""
