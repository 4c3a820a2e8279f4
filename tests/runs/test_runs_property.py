"""Two thousand broken tables: each gives sound runs, or one short sentence."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalelaw import BadInput
from scalelaw.runs import Runs, read_runs

HEADER = ["params", "tokens", "flops", "loss", "run id"]
ROWS = [
    [str(N), str(20 * N), str(120 * N**2), str(round(1.7 + 480 * N**-0.34, 6)), f"run-{N % 7}"]
    for N in (70_000_000, 160_000_000, 410_000_000, 1_000_000_000, 2_800_000_000)
]
NASTY = [
    "", " ", "0", "-0.0", "-1", "nan", "NaN", "inf", "-inf", "1e999", "1e-999", "9" * 400, "NA", "None",
    "null", "abc", "7B", "1.4T", "1,000,000", "1,5", "1_0", "0x1F", "1e3k", "100 PF-days", "TRUE",
    "\u0663", "1\u00a0000", "\u221e", "=1+1", "#REF!", '"', "'", "`", "\\", ",", ";", "\t", "\n", "\r\n",
    "\x00", "\ufeff", "\U0001f600", "{}", "[1]", "x" * 200_000, "y" * 999, "N", "D", "C", "L", "loss",
    "val_loss", "budget", "params", "row", "reason", "index",
]  # fmt: skip
WHERES = [
    "loss < 3", "N > 1e8", "D / N < 21", "C == C", "loss == loss and params > 0", "`run id` == 'run-1'",
    "loss", "loss <", "1", "", "@loss > 1", "loss = 1", "loss > 'a'", "params.str.len() > 3", "run id > 1",
    "not loss", "loss < loss.mean()", "index > 1", "loss ** 1e9 > 0", "params / 0 > 1", "`", "\n",
    "loss in [1, 'a']", "a.b.c", "(" * 300, "~(loss > 1)", "tokens & 1", "sin(loss) > 0", "loss < 1e400",
    "L > 0 or N > 0", "x" * 5000,
]  # fmt: skip

Table = list[list[str]]


def tables(count: int) -> settings:
    return settings(derandomize=True, deadline=None, database=None, max_examples=count)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broken")


def sound(runs: Runs) -> bool:
    """Whether every array is of the runs' length, finite and positive."""
    arrays = [values for values in (runs.N, runs.D, runs.C, runs.L) if values is not None]
    return len(runs) > 0 and all(
        values.shape == (len(runs),) and bool((np.isfinite(values) & (values > 0)).all()) for values in arrays
    )


def check(read: Callable[[], Runs]) -> None:
    """Runs that are sound, or one short sentence; nothing else."""
    try:
        runs = read()
    except BadInput as refusal:
        message = str(refusal)
        assert len(message.splitlines()) == 1
        assert message.isprintable()
        assert len(message) < 500
    else:
        assert sound(runs)
        assert all(len(note.splitlines()) == 1 for note in runs.notes)


def written(table: Table, separator: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(table)
    return text.getvalue()


def contents() -> dict[str, bytes]:
    """The sound table in every format whose bytes are mutated."""
    as_csv = written([HEADER, *ROWS], ",").encode()
    records = (json.dumps(dict(zip(HEADER, row, strict=True))) for row in ROWS)
    return {
        ".csv": as_csv,
        ".tsv": written([HEADER, *ROWS], "\t").encode(),
        ".jsonl": "\n".join(records).encode(),
        ".csv.gz": gzip.compress(as_csv, mtime=0),
    }


CONTENT = contents()


@st.composite
def mutated_tables(draw: st.DrawFn) -> Table:
    """A table after up to four changes to its cells, columns and rows."""
    table = [list(row) for row in [HEADER, *ROWS]]
    for _ in range(draw(st.integers(1, 4))):
        change = draw(
            st.sampled_from([replace_cell, replace_cell, drop_column, double_column, drop_row, double_row])
        )
        change(draw, table)
    return table


def replace_cell(draw: st.DrawFn, table: Table) -> None:
    row = draw(st.integers(0, len(table) - 1))
    if table[row]:
        table[row][draw(st.integers(0, len(table[row]) - 1))] = draw(st.sampled_from(NASTY))


def drop_column(draw: st.DrawFn, table: Table) -> None:
    column = draw(st.integers(0, len(HEADER)))
    for row in table:
        del row[column : column + 1]


def double_column(draw: st.DrawFn, table: Table) -> None:
    column = draw(st.integers(0, len(HEADER)))
    name = draw(st.sampled_from([None, *NASTY]))
    for index, row in enumerate(table):
        cells = row[column : column + 1]
        row.extend([name] if cells and index == 0 and name is not None else cells)


def drop_row(draw: st.DrawFn, table: Table) -> None:
    if len(table) > 1:
        del table[draw(st.integers(0, len(table) - 1))]


def double_row(draw: st.DrawFn, table: Table) -> None:
    table.append(list(table[draw(st.integers(0, len(table) - 1))]))


@tables(600)
@given(
    table=mutated_tables(),
    separator=st.sampled_from(",,,;;\t|"),
    suffix=st.sampled_from([".csv", ".csv", ".tsv"]),
)
def test_mutated_tables(folder: Path, table: Table, separator: str, suffix: str) -> None:
    path = folder / f"runs{suffix}"
    path.write_text(written(table, separator), encoding="utf-8", newline="")
    check(lambda: read_runs(path))


@tables(600)
@given(
    edits=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), max_size=6),
    length=st.one_of(st.none(), st.integers(0, 400)),
    suffix=st.sampled_from([".csv", ".tsv", ".jsonl", ".csv.gz"]),
)
def test_mutated_bytes(folder: Path, edits: list[tuple[int, bytes]], length: int | None, suffix: str) -> None:
    content = bytearray(CONTENT[suffix])
    for position, replacement in edits:
        content[position : position + max(1, len(replacement))] = replacement
    path = folder / f"runs{suffix}"
    path.write_bytes(bytes(content[:length]))
    check(lambda: read_runs(path))


JSON_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([*NASTY, 10**400, [], {}, [1.0], {"a": None}]),
)


@tables(400)
@given(
    cells=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(HEADER), JSON_CELLS), min_size=1, max_size=5),
    lacking=st.sets(st.tuples(st.integers(0, 4), st.sampled_from(HEADER)), max_size=1),
    drop=st.integers(0, 3),
)
def test_mutated_json_lines(
    folder: Path, cells: list[tuple[int, str, object]], lacking: set[tuple[int, str]], drop: int
) -> None:
    records: list[dict[str, object]] = [dict(zip(HEADER, row, strict=True)) for row in ROWS]
    for row, name, cell in cells:
        records[row][name] = cell
    for row, name in lacking:
        del records[row][name]
    path = folder / "runs.ndjson"
    path.write_text("\n".join(json.dumps(record) for record in records))
    check(lambda: read_runs(path, group="run id", drop_highest_loss=drop, flops="given"))


@tables(400)
@given(
    table=mutated_tables(),
    where=st.sampled_from(WHERES),
    drop=st.integers(-1, 6),
    keywords=st.dictionaries(
        st.sampled_from(["N", "D", "C", "L", "weight", "group", "flops"]),
        st.sampled_from([*HEADER, *NASTY, "6ND", "given"]),
        max_size=2,
    ),
)
def test_mutated_tables_and_requests(
    folder: Path, table: Table, where: str, drop: int, keywords: dict[str, str]
) -> None:
    path = folder / "runs.csv"
    path.write_text(written(table, ","), encoding="utf-8", newline="")
    check(lambda: read_runs(path, where=where, drop_highest_loss=drop, **keywords))


@pytest.mark.parametrize("suffix", list(CONTENT))
def test_the_table_is_sound_before_it_is_mutated(folder: Path, suffix: str) -> None:
    path = folder / f"sound{suffix}"
    path.write_bytes(CONTENT[suffix])
    assert len(read_runs(path, group="run id")) == len(ROWS)
