"""How flat each approach finds the loss about its optimum: profiles at their largest budget, the law at any."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalelaw._text import table
from scalelaw.allocation import flat_range
from scalelaw.allocation.nearly_best import SHARE, share_words
from scalelaw.approaches import IsoFLOP
from scalelaw.comparison.questions import Approach
from scalelaw.fitting import Fit
from scalelaw.numbers import format_number
from scalelaw.resampling import flat_intervals

EDGES = {"N_least": "smallest", "N_most": "largest"}
ENDS = tuple(EDGES)
COLUMNS = ("C", "N", *(f"{end}{part}" for end in ENDS for part in ("", "_low", "_high")), "N_edge")


def flatness(approaches: Iterable[Approach], budgets: Iterable[float], level: float) -> pd.DataFrame:
    """The sizes whose loss is within 1 % of the best, by every approach that knows more than the best.

    Args:
        approaches: over resamples; an envelope knows only which run is lowest, and has no row.
        budgets: compute [FLOP] that a law is asked for, beside the largest of the profiles.
        level: of confidence.

    Returns:
        Columns `source`, `C` [FLOP], `N` (the best) [parameters], `N_least` and `N_most`, each with `_low` and
        `_high` of its interval, and `N_edge`, which ends are the last sizes trained; "" of a law.
    """
    frames, largest = [], []
    for each in approaches:
        fit = each.draws.fit
        if isinstance(fit, IsoFLOP):
            found = flat_intervals(each.draws, level=level).tail(1)
            largest.append(float(found.C.iloc[0]))
        elif isinstance(fit, Fit):
            found = _of_law(each, sorted({*largest, *budgets}), level)
        else:
            continue
        frames.append(found[[*COLUMNS]].assign(source=each.name))
    return pd.concat(frames, ignore_index=True)[["source", *COLUMNS]]


def _of_law(approach: Approach, budgets: list[float], level: float) -> pd.DataFrame:
    found = flat_range(approach.draws.fit, C=budgets)
    low, high = approach.draws.interval(found.quantities.logs, level=level, kind=approach.kind)
    frame = found.to_frame().assign(N_edge="")
    for row, end in enumerate(ENDS):
        frame[f"{end}_low"], frame[f"{end}_high"] = np.exp(low[row]), np.exp(high[row])
    return frame


def flat_cells(row: Mapping[Any, Any], end: str) -> tuple[str, str]:
    """An end of a range, marked where the sizes trained end with it, and its interval, "" for none."""
    low, high = row[f"{end}_low"], row[f"{end}_high"]
    interval = "" if np.isnan(low + high) else f"{format_number(low)} to {format_number(high)}"
    last = ", the last trained" if row["N_edge"] in (EDGES[end], "both") else ""
    return f"{format_number(row[end])}{last}", interval


def flatness_lines(found: pd.DataFrame) -> list[str]:
    """One line a source and budget."""

    def cell(row: Mapping[Any, Any], end: str) -> str:
        value, interval = flat_cells(row, end)
        return f"{value} ({interval})" if interval else value

    rows = [
        [row["source"], format_number(row["C"]), *(cell(row, end) for end in ENDS)]
        for row in found.to_dict("records")
    ]
    heading = ["how flat", "C, FLOP", "least N", "most N"]
    title = f"Sizes whose loss is within {share_words(SHARE)} of the best of their budget"
    return [title, *table(rows, "<<<<", heading=heading)]
