"""A table of runs, where it comes from, and its cells: as numbers, and checked by complaints that name the cell."""

import hashlib
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from keyword import iskeyword
from numbers import Real as RealNumber

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalelaw._checks import bad_input, cut, listed, one_line, shown
from scalelaw.numbers import parse_number

Mask = NDArray[np.bool_]
Integers = NDArray[np.int64]
Reals = NDArray[np.float64]
Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a file or a DataFrame before any cell is judged.

    Attributes:
        label: What messages call it: the file's name.
        frame: The cells, one column a name, index 0..n-1.
        rows: Number of each row, from 1; a file's header is not counted.
        lines: Line of the file on which each row starts, from 1; None where the source has no lines.
        sha256: Hash of the file's bytes, or of the DataFrame written as CSV.
    """

    label: str
    frame: pd.DataFrame
    rows: Integers
    lines: Integers | None
    sha256: str

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> str:
        """Row `index` (from 0) in words: "row 7 (line 8)"."""
        return f"row {self.rows[index]}" + (f" (line {self.lines[index]})" if self.lines is not None else "")

    def place(self, index: int, column: str | None = None) -> str:
        """Where a cell stands: "runs.csv, row 7 (line 8), column 'loss'"."""
        where = f"{self.label}, {self.row(index)}"
        return where if column is None else f"{where}, column {shown(column, 40)}"

    def keep(self, mask: Mask) -> "Table":
        """The rows where `mask` is true, under their own numbers."""
        lines = None if self.lines is None else self.lines[mask]
        return replace(self, frame=self.frame[mask].reset_index(drop=True), rows=self.rows[mask], lines=lines)


@dataclass(frozen=True, eq=False)
class Provenance:
    """Where runs come from: what a result needs to be repeated, and what its report says.

    It travels with `Runs` through `jax.tree` untouched and counts as equal only to itself.

    Attributes:
        source: The file's name, or the label given to a DataFrame.
        sha256: Hash of the file's bytes, or of the DataFrame written as CSV.
        columns: Column of each quantity that was read, keyed by N, D, C, L, weight, group or input.
        rows: Number of each run's row in the source, from 1, the header not counted, shape (runs,).
        excluded: The rows left out: `row`, `reason` and their original cells; empty when none was.
        notes: Sentences on what was read and derived; those that start "warning:" want a look.
        group_names: Name of each group, in the order of its code; empty without groups.
    """

    source: str
    sha256: str
    columns: Mapping[str, str]
    rows: Integers
    excluded: pd.DataFrame
    notes: tuple[str, ...]
    group_names: tuple[str, ...]


def tabulate(frame: pd.DataFrame, label: str) -> Table:
    """A DataFrame as a table; its index is not read.

    Raises:
        BadInput: It is no DataFrame, has no row, or has two columns of one name.
    """
    if not isinstance(frame, pd.DataFrame):
        raise bad_input("df", "a pandas DataFrame", shown(type(frame).__name__), place=label)
    text = frame.to_csv(index=False, lineterminator="\n")
    return make_table(cut(one_line(label), 80), frame, None, text.encode("utf-8", "surrogatepass"))


def make_table(label: str, frame: pd.DataFrame, lines: Integers | None, content: bytes) -> Table:
    """A table after the checks that all sources share; the index of `frame` is not read.

    `lines` and `content` are the line on which each row starts, if there are lines, and the bytes to hash.

    Raises:
        BadInput: It has no row, or two columns of one name.
    """
    names = pd.Index([str(name) for name in frame.columns])
    if not names.is_unique:
        doubled = listed(names[names.duplicated()].unique())
        raise bad_input("column names", "different from each other", f"{doubled} more than once", place=label)
    if frame.empty:
        raise bad_input("the table", "one row a run below the header", "no row", place=label)
    frame = frame.set_axis(names, axis="columns").reset_index(drop=True)
    return Table(label, frame, np.arange(1, len(frame) + 1), lines, hashlib.sha256(content).hexdigest())


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
        further: What else may be done with negative numbers.
    """

    constraint: str
    holds: Callable[[Reals], Mask]
    example: str
    further: str = ""


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
    also = demand.further if -math.inf < values[first] < 0 else ""
    advice = f'correct it, or leave such rows out on purpose with where (--where "{keeps}"){also}'
    raise bad_input(
        quantity,
        demand.constraint,
        ("an empty cell" if is_empty else shown(cell)) + others,
        place=table.place(first, column),
        advice=advice,
    )
