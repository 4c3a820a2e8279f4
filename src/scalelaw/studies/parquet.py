"""Columns of draws as Parquet and back: one row a replicate."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Integer

from scalelaw._checks import BadInput, bad_input, listed, one_line
from scalelaw.solve import Status

WORDS = tuple(status.name.lower() for status in Status)


class Columns(NamedTuple):
    """Draws as columns.

    Attributes:
        replicate: [R] its number.
        params: the estimator's NamedTuple of arrays [R], natural units.
        objective: [R] of the resample.
        status: [R] values of `scalelaw.solve.Status`.
        changed: [R] see `Draws`.
    """

    replicate: Integer[np.ndarray, " R"]
    params: Any
    objective: Float[np.ndarray, " R"]
    status: Int[np.ndarray, " R"]
    changed: np.ndarray

    @classmethod
    def empty(cls, Params: Any, count: int) -> "Columns":
        """Columns of replicates 0, 1, ... to be filled."""
        params = Params(*(np.empty(count) for _ in Params._fields))
        return cls(
            np.arange(count), params, np.empty(count), np.zeros(count, np.int32), np.zeros(count, bool)
        )

    def rows(self, which: Any) -> "Columns":
        """Some of the rows."""
        replicate, params, *others = self
        return Columns(
            replicate[which],
            type(params)(*(leaf[which] for leaf in params)),
            *(column[which] for column in others),
        )

    def fill(self, part: "Columns") -> None:
        """Put the rows of a part where their replicates belong."""
        for mine, theirs in zip((*self.params, *self[2:]), (*part.params, *part[2:]), strict=True):
            mine[part.replicate] = theirs


def arrow() -> tuple[Any, Any]:
    """The pyarrow package and its Parquet module.

    Raises:
        BadInput: if pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise BadInput(
            'draws on disk need pyarrow, which is not installed; pip install "scalelaw[parquet]"'
        ) from None
    return pyarrow, pyarrow.parquet


def write_columns(columns: Columns, path: Path, metadata: Mapping[str, str]) -> None:
    """Write columns, status in words, to a file."""
    pa, parquet = arrow()
    codes = pa.array(columns.status.astype(np.int8))
    table = pa.table(
        {
            "replicate": columns.replicate.astype(np.int64),
            **columns.params._asdict(),
            "objective": columns.objective,
            "status": pa.DictionaryArray.from_arrays(codes, list(WORDS)),
            "changed": columns.changed,
        }
    )
    parquet.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **metadata}), path)


def read_metadata(path: Path) -> dict[str, str]:
    """What was written beside the columns.

    Raises:
        BadInput: if the file is not Parquet.
    """
    _, parquet = arrow()
    pairs = _read(lambda: parquet.read_schema(path), path).metadata or {}
    return {name.decode(): text.decode() for name, text in pairs.items()}


def read_columns(path: Path, Params: Any) -> Columns:
    """The columns of a file.

    Args:
        path: the file.
        Params: the estimator's NamedTuple type of parameters.

    Raises:
        BadInput: if the file is not Parquet, or lacks a column.
    """
    pa, parquet = arrow()
    table = _read(lambda: parquet.read_table(path, use_threads=False), path)
    fields = Params._fields
    missing = {"replicate", *fields, "objective", "status", "changed"} - set(table.column_names)
    if missing:
        raise bad_input("file of draws", "one of this law", f"{path}, which lacks {listed(sorted(missing))}")
    words = table["status"].cast(pa.string())
    return Columns(
        table["replicate"].to_numpy(),
        Params(*(table[name].to_numpy() for name in fields)),
        table["objective"].to_numpy(),
        pa.compute.index_in(words, pa.array(WORDS)).to_numpy().astype(np.int32),
        table["changed"].to_numpy(),
    )


def _read(reading: Any, path: Path) -> Any:
    """The result of reading a file, or one sentence."""
    pa, _ = arrow()
    try:
        return reading()
    except (OSError, pa.ArrowException) as error:
        reason = one_line(str(error))[:100]
        raise bad_input(
            "file of draws",
            "readable Parquet",
            f"{path} ({reason})",
            advice="delete it and continue the study",
        ) from None
