"""How far an answer lies outside the runs that the law was fitted to."""

import math

import numpy as np

from scalelaw.allocate.question import Real
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
        far = f"{math.log10(high / largest):.1f} decades beyond the largest {what}"
        notes.append(
            f"{name} = {format_number(high)} is {far} ({format_number(largest)} {unit}): an extrapolation"
        )
    if low < smallest * (1 - ROUNDING):
        far = f"{math.log10(smallest / low):.1f} decades below the smallest {what}"
        notes.append(
            f"{name} = {format_number(low)} is {far} ({format_number(smallest)} {unit}): an extrapolation"
        )
    return notes
