"""A table of runs before any cell is judged, the place of each of its cells, and where it comes from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalelaw._checks import bad_input, cut, listed, one_line, shown

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
