"""Columns of draws as Parquet and back: one row a replicate."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float, Int, Integer

from scalelaw._checks import BadInput, bad_input, listed, one_line
from scalelaw.solve import Status

Result = TypeVar("Result")

CHECKSUM = "checksum"
AGAIN = "continue the study, which sets it aside and does it again, or save the draws again"
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
        params = Params(*(np.full(count, np.nan) for _ in Params._fields))
        return cls(
            np.arange(count), params, np.full(count, np.nan), np.zeros(count, np.int32), np.zeros(count, bool)
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

    def checksum(self, metadata: Mapping[str, str]) -> str:
        """SHA-256 of every number, and of what is written beside them."""
        digest = hashlib.sha256(json.dumps(dict(metadata), sort_keys=True).encode())
        typed = {"replicate": "<i8", **dict.fromkeys(self.params._fields, "<f8"), "objective": "<f8"}
        columns = (self.replicate, *self.params, self.objective, self.status, self.changed)
        for column, dtype in zip(columns, (*typed.values(), "<i4", "?"), strict=True):
            digest.update(np.ascontiguousarray(column, dtype).tobytes())
        return digest.hexdigest()


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
    """Write columns, status in words, to a file, with their checksum."""
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
    signed = {**metadata, CHECKSUM: columns.checksum(metadata)}
    parquet.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **signed}), path)


def read_metadata(path: Path) -> dict[str, str]:
    """What was written beside the columns.

    Raises:
        BadInput: if the file is not Parquet.
    """
    _, parquet = arrow()
    return _read(lambda: _decoded(parquet.read_schema(path)), path)


def read_columns(path: Path, Params: Any) -> Columns:
    """The columns of a file.

    Args:
        path: the file.
        Params: the estimator's NamedTuple type of parameters.

    Raises:
        BadInput: if the file is not Parquet, lacks a column, or holds other numbers than were written.
    """
    pa, parquet = arrow()
    table = _read(lambda: parquet.read_table(path, use_threads=False), path)
    fields = Params._fields
    missing = {"replicate", *fields, "objective", "status", "changed"} - set(table.column_names)
    if missing:
        raise bad_input("file of draws", "one of this law", f"{path}, which lacks {listed(sorted(missing))}")
    with np.errstate(invalid="ignore"):  # an empty cell is no whole number
        columns = _read(lambda: _columns_of(table, Params), path)
    metadata = _decoded(table.schema)
    written = metadata.pop(CHECKSUM, None)
    if written is not None and written != columns.checksum(metadata):
        found = f"{path}, whose numbers do not agree with its checksum"
        raise bad_input("file of draws", "as it was written", found, advice=AGAIN)
    return columns


def _columns_of(table: Any, Params: Any) -> Columns:
    pa, _ = arrow()
    words = table["status"].cast(pa.string())
    return Columns(
        np.asarray(table["replicate"], np.int64),
        Params(*(np.asarray(table[name], float) for name in Params._fields)),
        np.asarray(table["objective"], float),
        np.asarray(pa.compute.index_in(words, pa.array(WORDS)), np.int32),
        np.asarray(table["changed"], bool),
    )


def _decoded(schema: Any) -> dict[str, str]:
    """What stands beside the columns."""
    return {name.decode(): text.decode() for name, text in (schema.metadata or {}).items()}


def _read(reading: Callable[[], Result], path: Path) -> Result:
    """The result of reading a file, or one sentence."""
    pa, _ = arrow()
    try:
        return reading()
    except (OSError, pa.ArrowException, ValueError, TypeError, OverflowError, MemoryError) as error:
        reason = one_line(str(error))[:100]
        raise bad_input(
            "file of draws",
            "readable Parquet",
            f"{path} ({reason})",
            advice=AGAIN,
        ) from None
