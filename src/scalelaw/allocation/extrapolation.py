"""How far an answer lies outside the runs that the law was fitted to."""

import math

import numpy as np

from scalelaw.allocation.question import Real
from scalelaw.numbers import format_number
from scalelaw.runs import Runs

ROUNDING = 1e-9
"""Relative difference within which an amount counts as that of the outermost run."""


def decades_beyond(runs: Runs | None, C: Real) -> Real | None:
    """log10 of C over the largest C of the runs, above 0 outside; None where no C is known."""
    known = None if runs is None else runs.C
    return None if known is None else np.log10(C) - math.log10(float(known.max()))


def outside(runs: Runs | None, N: Real, D: Real, C: Real) -> list[str]:
    """A sentence for each of C, N and D that lies outside the range of the runs, above or below.

    Args:
        runs: The fitted runs, where they are known.
        N: Parameters of the answer, any shape.
        D: Tokens of the answer.
        C: FLOP of the answer.
    """
    if runs is None:
        return []
    return [
        *_outside("C", "FLOP", "run", C, runs.C),
        *_outside("N", "parameters", "model", N, runs.N),
        *_outside("D", "tokens", "data set", D, runs.D),
    ]


def _outside(name: str, unit: str, what: str, values: Real, known: Real | None) -> list[str]:
    if known is None:
        return []
    high, low = float(np.max(values)), float(np.min(values))
    largest, smallest = float(known.max()), float(known.min())
    notes = []
    if high > largest * (1 + ROUNDING):
        notes.append(_note(name, high, f"{_far(high / largest)} beyond the largest {what}", largest, unit))
    if low < smallest * (1 - ROUNDING):
        notes.append(_note(name, low, f"{_far(smallest / low)} below the smallest {what}", smallest, unit))
    return notes


def _note(name: str, value: float, where: str, run: float, unit: str) -> str:
    return f"{name} = {format_number(value)} is {where} ({format_number(run)} {unit}): an extrapolation"


def _far(ratio: float) -> str:
    """A ratio above 1 in decades, or in percent where that would say 0.0."""
    decades = math.log10(ratio)
    return f"{decades:.1f} decades" if decades >= 0.05 else f"{100 * (ratio - 1):.2g} %"
