"""What to know about an answer: how far it lies outside the runs, what bounds it, and what is better."""

import math
from typing import Any

import numpy as np

from scalelaw.allocation.question import Real
from scalelaw.allocation.solution import Solution
from scalelaw.numbers import format_number, significant
from scalelaw.runs import Runs

ROUNDING = 1e-9
"""Relative difference within which an amount counts as that of the outermost run."""


def decades_beyond(runs: Runs | None, C: Real) -> Real | None:
    """log10 of C over the largest C of the runs, above 0 outside; None where no C is known."""
    known = None if runs is None else runs.C
    return None if known is None else np.log10(C) - math.log10(float(known.max()))


def outside(runs: Runs | None, found: Solution) -> list[str]:
    """A sentence for each of C, N and D that lies outside the range of the runs, above or below."""
    if runs is None:
        return []
    notes = []
    for name, unit, what in (("C", "FLOP", "run"), ("N", "parameters", "model"), ("D", "tokens", "data set")):
        known, values = getattr(runs, name), getattr(found, name)
        if known is None:
            continue
        high, low = float(np.max(values)), float(np.min(values))
        most, least = float(known.max()), float(known.min())
        if high > most * (1 + ROUNDING):
            where = f"{_far(high / most)} beyond the largest {what} ({format_number(most)} {unit})"
            notes.append(f"{name} = {format_number(high)} is {where}: an extrapolation")
        if low < least * (1 - ROUNDING):
            where = f"{_far(least / low)} below the smallest {what} ({format_number(least)} {unit})"
            notes.append(f"{name} = {format_number(low)} is {where}: an extrapolation")
    return notes


def _far(ratio: float) -> str:
    """A ratio above 1 in decades, or in percent where that would say 0.0."""
    decades = math.log10(ratio)
    return f"{decades:.1f} decades" if decades >= 0.05 else f"{100 * (ratio - 1):.2g} %"


BOUNDS = {
    "most": "the cap",
    "least": "the least size",
    "tokens": "all unique tokens",
    "size": "the allowed size",
}
UNCERTIFIED = "not certified, the loss has a kink here or is flat to its last digits: "


def bounded(found: Solution, alone: Real, at: Any, *, certified: bool, listed: bool) -> list[str]:
    """Which bound holds a plan, and how well the first-order condition is met.

    Args:
        found: The splits.
        alone: Parameters that the law would take without bounds.
        at: The bound that each split lies at.
        certified: Whether every split is the best.
        listed: Whether the sizes are those of a list.
    """
    N, inside, notes = found.N, at == "", []
    if not N.ndim and at.item():
        name, value = ("D", found.D) if at == "tokens" else ("N", N)
        where = f"at {BOUNDS[at.item()]}, {name} = {format_number(value.item())}"
        free = f"the law alone would take N = {format_number(alone.item())}"
        notes.append(f"{where}: {'without bounds the law has no best split' if np.isnan(alone) else free}")
    if N.ndim and not inside.all() and not listed:
        notes.append(f"{np.count_nonzero(~inside)} of {N.size} splits lie at a bound")
    if inside.any():
        worst = float(np.max(np.abs(found.residual[inside])))
        notes.append(f"{'' if certified else UNCERTIFIED}first-order condition met to {worst:.1g}")
    return [*notes, "every allowed size was looked at"] if listed else notes


def compared(best: Solution) -> list[str]:
    """What the optimal split of the same budget is."""
    if not np.isfinite(best.L).all():
        return ["the law has no optimal split of this C to compare with"]
    if best.L.ndim:
        return []
    N, D = format_number(float(best.N)), format_number(float(best.D))
    return [f"the optimal split of this C is N = {N} on D = {D}, with L = {significant(float(best.L))}"]
