"""What is odd about a table but no error: rows that repeat, units that look wrong."""

from collections.abc import Mapping

import numpy as np

from scalelaw.numbers import format_number
from scalelaw.runs.table import Real, Table

HIGHEST_LOSS = 20.0
"""Nats per token; a uniform guess over a vocabulary of 256,000 is 12.5."""

FEWEST_PARAMETERS, FEWEST_TOKENS = 1e4, 1e5
"""Below both, in every row, a table more likely counts in millions or billions."""

FEWEST_TOKENS_A_PARAMETER = 1e-3
"""Below it in every row, tokens more likely are in another unit; real runs see about 1 to 1,000."""


def suspicions(table: Table, values: Mapping[str, Real]) -> list[str]:
    """Notes, each starting "warning:", on what should be looked at before a fit is trusted.

    Args:
        table: The rows that are used.
        values: N, D, C (those there are), L, weight and further inputs, shape (rows,) each.
    """
    found = (_repeats(table, values), _loss_unit(table, values["L"]), _size_unit(values), _token_unit(values))
    return [f"warning: {sentence}" for sentence in found if sentence]


def _repeats(table: Table, values: Mapping[str, Real]) -> str:
    """Which rows say the same as an earlier one."""
    names = [*(name for name in values if name not in ("L", "weight")), "L"]
    cells = np.column_stack([values[name] for name in names])
    _, first, group = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    earlier = first[group.reshape(-1)]
    repeats = np.flatnonzero(earlier != np.arange(len(table)))
    if not repeats.size:
        return ""
    pairs = [f"row {table.rows[index]} repeats row {table.rows[earlier[index]]}" for index in repeats[:5]]
    more = f" and {repeats.size - 5} more rows repeat" if repeats.size > 5 else ""
    return f"{', '.join(pairs)}{more} (the same {', '.join(names)}); all are kept"


def _loss_unit(table: Table, L: Real) -> str:
    """Losses above what any model of text has."""
    highest = int(np.argmax(L))
    if L[highest] <= HIGHEST_LOSS:
        return ""
    return (
        f"L reaches {format_number(float(L[highest]))} in {table.row(highest)}, "
        "which looks like perplexity or a sum rather than nats per token"
    )


def _size_unit(values: Mapping[str, Real]) -> str:
    """Parameters and tokens counted in millions or billions."""
    N, D = values.get("N"), values.get("D")
    if N is None or N.max() >= FEWEST_PARAMETERS or (D is not None and D.max() >= FEWEST_TOKENS):
        return ""
    largest = format_number(float(N.max()))
    return f"N is at most {largest}, which looks like millions or billions rather than parameters"


def _token_unit(values: Mapping[str, Real]) -> str:
    """Far fewer tokens than parameters."""
    N, D = values.get("N"), values.get("D")
    if N is None or D is None or (D >= N * FEWEST_TOKENS_A_PARAMETER).any():
        return ""
    most = format_number(float((D / N).max()))
    return f"D / N is at most {most}, which looks like millions of tokens, or steps, rather than tokens"
