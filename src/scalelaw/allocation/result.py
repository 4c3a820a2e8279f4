"""The answer: N, D, C and L of each split, how it compares with the best one, and how far it extrapolates."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalelaw.numbers import format_number, significant

Number = float | NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Allocation:
    """Splits of training compute, C = 6 N D; floats for one question, arrays of shape (n,) for a list.

    Attributes:
        N: Parameters of the model.
        D: Training tokens.
        C: Training compute, FLOP.
        L: Loss that the law predicts, nats per token.
        tokens_per_parameter: D / N.
        optimal: Whether this is the compute-optimal split of its budget; else something else was held.
        excess: L minus the loss of the optimal split of the same C, nats per token; 0 for that split, NaN
            where the law has none.
        wasted: Share of C that the cheapest split with the same loss would save; likewise.
        decades_beyond: log10 of C over the largest C of the fitted runs: above 0 is an extrapolation; None
            where the runs are not known.
        notes: What to know before the answer is used, a sentence each.
    """

    N: Number
    D: Number
    C: Number
    L: Number
    tokens_per_parameter: Number
    optimal: bool
    excess: Number
    wasted: Number
    decades_beyond: Number | None
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """One row a split, a column for every attribute but `notes`."""
        columns = {name: value for name, value in self._values().items() if name != "notes"}
        return pd.DataFrame(columns, index=range(np.size(self.N)))

    def to_dict(self) -> dict[str, Any]:
        """Every attribute as plain Python for JSON: floats or lists of them, None for NaN."""
        return {name: plain(value) for name, value in self._values().items()}

    def __str__(self) -> str:
        """A table with one line a split, then the notes."""
        title = f"{'Compute-optimal' if self.optimal else 'Constrained'} split of C = 6 N D"
        columns = COLUMNS if self.optimal else COLUMNS | COMPARISON
        cells = [aligned(head, getattr(self, name), write) for name, (head, write) in columns.items()]
        lines = ["  ".join(row) for row in zip(*cells, strict=True)]
        return "\n".join([title, *lines, *(f"note: {note}" for note in self.notes)])

    def _values(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def percent(share: float) -> str:
    """0.108 as 10.8 %."""
    return f"{100 * share:.1f} %"


def _short(value: float) -> str:
    return f"{value:.3g}"


Columns = dict[str, tuple[str, Callable[[float], str]]]

COLUMNS: Columns = {
    "C": ("C [FLOP]", format_number),
    "N": ("N", format_number),
    "D": ("D", format_number),
    "tokens_per_parameter": ("D/N", format_number),
    "L": ("L [nats]", significant),
}
COMPARISON: Columns = {"excess": ("excess", _short), "wasted": ("wasted", percent)}


def aligned(head: str, values: Number, write: Callable[[float], str]) -> list[str]:
    """One column of the table, its head first, all of one width."""
    texts = [head, *(write(float(value)) for value in np.atleast_1d(values))]
    width = max(len(text) for text in texts)
    return [text.rjust(width) for text in texts]


def plain(value: Any) -> Any:
    """Lists for arrays and tuples, None for NaN."""
    if isinstance(value, np.ndarray | tuple):
        return [plain(each) for each in np.asarray(value).tolist()]
    return None if isinstance(value, float) and math.isnan(value) else value
