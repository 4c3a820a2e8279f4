"""Cells as numbers, and the checks of a column whose complaints name the cell."""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from keyword import iskeyword
from numbers import Real as RealNumber

import numpy as np
import pandas as pd

from scalelaw._checks import bad_input, shown
from scalelaw.numbers import parse_number
from scalelaw.runs.table import Mask, Reals, Table

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "<na>"})
"""What people write in a cell that has no value, in lower case."""


def numbers(column: pd.Series) -> Reals:
    """The cells as float64: numbers, or text that says one (`7B`); NaN where a cell says none."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
        return column.to_numpy(dtype=np.float64)
    return np.array([_number(cell) for cell in column], dtype=np.float64)


def missing(column: pd.Series) -> Mask:
    """True where a cell has no value: None, NaN, NA, or text that says so."""
    says_so = [isinstance(cell, str) and cell.strip().lower() in MISSING for cell in column]
    return column.isna().to_numpy(dtype=np.bool_) | np.array(says_so, dtype=np.bool_)


def as_numbers(column: pd.Series) -> pd.Series:
    """The column as float64 if every cell that has a value is a number or says one, else as it is."""
    values, empty = numbers(column), missing(column)
    if empty.all() or (np.isnan(values) & ~empty).any():
        return column.infer_objects()
    return pd.Series(values, index=column.index)


def _number(cell: object) -> float:
    """One cell as a float, infinite ones included, or NaN."""
    if isinstance(cell, str):
        for read in (float, parse_number):
            with suppress(ValueError):
                return read(cell)
    elif not isinstance(cell, bool) and isinstance(cell, (RealNumber, Decimal)):
        try:
            return float(cell)
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan
    return math.nan


@dataclass(frozen=True)
class Demand:
    """What the cells of a column must be.

    Attributes:
        constraint: In words.
        holds: True for each value that meets it; false for NaN.
        example: The rest of a `where` that keeps such values.
    """

    constraint: str
    holds: Callable[[Reals], Mask]
    example: str


POSITIVE = Demand("a positive finite number", lambda x: np.isfinite(x) & (x > 0), "> 0")
NOT_NEGATIVE = Demand("a finite number of at least 0", lambda x: np.isfinite(x) & (x >= 0), ">= 0")
FINITE = Demand("a finite number", lambda x: np.isfinite(x), "> -1e300")


def check_cells(table: Table, quantity: str, column: str, values: Reals, demand: Demand) -> None:
    """Refuse the first cell that does not meet the demand.

    Args:
        table: Where the cells stand.
        quantity: What the column is read as: N, D, C, L, weight or a user's input.
        column: The column's name.
        values: Its cells as numbers.
        demand: What they must be.

    Raises:
        BadInput: Some cell is no such number; the message names the file, the row, the column and the cell,
            and how to leave the row out on purpose.
    """
    bad = np.flatnonzero(~demand.holds(values))
    if not bad.size:
        return
    first = int(bad[0])
    cell = table.frame[column].iloc[first]
    is_empty = cell is None or cell is pd.NA or (isinstance(cell, str) and not cell.strip())
    others = f" (and {bad.size - 1} more of its cells)" if bad.size > 1 else ""
    if len(column) > 40 or "`" in column:
        term = quantity  # `where` knows it too, and the column's name is too odd to quote
    else:
        term = column if column.isidentifier() and not iskeyword(column) else f"`{column}`"
    keeps = f"{term} {'< 1e300' if values[first] == math.inf else demand.example}"
    advice = f'correct it, or leave such rows out on purpose with where (--where "{keeps}")'
    raise bad_input(
        quantity,
        demand.constraint,
        ("an empty cell" if is_empty else shown(cell)) + others,
        place=table.place(first, column),
        advice=advice,
    )
