"""Files of runs: what reads each suffix, and what is said of a file that is not what its suffix says."""

import codecs
import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scalelaw._checks import BadInput, bad_input, cut, one_line, shown
from scalelaw.runs.table import Integers, Table, make_table


def read_table(path: str | Path) -> Table:
    """A file of runs as a table.

    Args:
        path: .csv, .tsv, .jsonl, .ndjson or .json (one object a line), .parquet; each also with .gz after it.

    Raises:
        BadInput: The file cannot be read as what its suffix says.
    """
    path = Path(path)
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    zipped = suffixes[-1:] == [".gz"]
    suffix = "".join(suffixes[:-1][-1:] if zipped else suffixes[-1:])
    if suffix not in FORMATS:
        raise bad_input(
            "path", f"a file ending in {', '.join(FORMATS)} (or one of these with .gz)", shown(str(path))
        )
    content = _read_bytes(path)
    label = cut(one_line(path.name), 80)
    frame, lines = FORMATS[suffix](_gunzip(content, label) if zipped else content, label)
    return make_table(label, frame, lines, content)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise bad_input("path", "a file that exists", shown(str(path), 120)) from None
    except IsADirectoryError:
        raise bad_input("path", "a file", f"the directory {shown(str(path), 120)}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise bad_input("path", "a readable file", f"{shown(str(path), 120)} ({reason})") from None


def _gunzip(content: bytes, label: str) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise bad_input("a .gz file", "whole gzip data", one_line(str(error))[:100], place=label) from None


def _decode(content: bytes, label: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found, advice = f"byte 0x{content[error.start]:02x} at position {error.start}", ""
        marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        if marked and "\n" in content.decode("utf-16", "ignore"):
            found, advice = "UTF-16, as PowerShell and Excel's Unicode text are", "save it as UTF-8"
        raise bad_input("the file", "UTF-8 text", found, place=label, advice=advice) from None
    if not text.strip():
        raise bad_input("the file", "a table of runs", "an empty file", place=label)
    if "\0" in text:
        found = f"a NUL byte at position {text.index(chr(0))}"
        raise bad_input("the file", "UTF-8 text", found, place=label)
    return text


def _csv(content: bytes, label: str) -> tuple[pd.DataFrame, Integers]:
    """Comma-separated text; more semicolons or tabs than commas in the header mean that those separate."""
    text = _decode(content, label)
    header = text.lstrip().partition("\n")[0]
    return _parse_separated(text, label, max(",;\t", key=header.count))


def _parse_separated(text: str, label: str, separator: str) -> tuple[pd.DataFrame, Integers]:
    """The records of separated text below its header, cells as text without the blanks around them.

    pandas fills short records up in silence and rounds some numbers, so the standard library's reader splits.
    """
    records = [
        (line, cells) for line, cells in _records(text, label, separator) if any(cells) or len(cells) > 1
    ]
    if not records:
        raise bad_input("the file", "a table of runs", "no column name", place=label)
    header = [name or f"Unnamed: {index}" for index, name in enumerate(records[0][1])]
    for row, (line, cells) in enumerate(records[1:], start=1):
        if len(cells) != len(header):
            wanted = f"as many as the header has names ({len(header)})"
            place = f"{label}, row {row} (line {line})"
            comment = "take the comment off the first line" if header[0].startswith("#") else ""
            raise bad_input("cells", wanted, str(len(cells)), place=place, advice=comment)
    lines = np.array([line for line, _ in records[1:]], dtype=np.int64)
    return pd.DataFrame([cells for _, cells in records[1:]], columns=header, dtype=object), lines


def _records(text: str, label: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it starts on; a blank line is a record without cells."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
    )
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        found = f"a record that is not ({one_line(str(error))[:100]})"
        raise bad_input(
            "the file", "well-formed separated text", found, place=f"{label}, line {line}"
        ) from None


def _json_lines(content: bytes, label: str) -> tuple[pd.DataFrame, Integers]:
    """JSON Lines: one object a line, one member a column."""
    numbered = enumerate(_decode(content, label).split("\n"), start=1)
    records = {line: _json_object(text, f"{label}, line {line}") for line, text in numbered if text.strip()}
    names = list(dict.fromkeys(name for record in records.values() for name in record))
    cells = [[record.get(name) for name in names] for record in records.values()]
    return pd.DataFrame(cells, columns=pd.Index(names), dtype=object), np.array(list(records), dtype=np.int64)


def _json_object(text: str, place: str) -> dict[str, Any]:
    try:
        record = json.loads(text, object_pairs_hook=lambda pairs: _members(pairs, place))
    except BadInput:
        raise
    except (ValueError, RecursionError):
        record = None
    if isinstance(record, dict):
        return record
    array = (
        "of an array, `jq -c '.[]' runs.json > runs.jsonl` makes such lines" if text.startswith("[") else ""
    )
    raise bad_input("each line", "one JSON object", shown(text), place=place, advice=array)


def _members(pairs: list[tuple[str, Any]], place: str) -> dict[str, Any]:
    """The members of an object, each name once."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise bad_input("the names of a JSON object", "different from each other", "one twice", place=place)
    return members


def _parquet(content: bytes, label: str) -> tuple[pd.DataFrame, None]:
    try:
        frame = pd.read_parquet(io.BytesIO(content), engine="pyarrow")
        # Arrow would only decode texts, or fail to, when a cell is looked at.
        return frame.astype(dict.fromkeys(frame.select_dtypes(exclude="number"), object)), None
    except ImportError:
        raise BadInput(f'{label}: reading Parquet needs pyarrow; pip install "scalelaw[parquet]"') from None
    except Exception as error:  # pyarrow raises many kinds for damaged bytes
        raise bad_input("the file", "Parquet", one_line(str(error))[:100], place=label) from None


FORMATS: dict[str, Callable[[bytes, str], tuple[pd.DataFrame, Integers | None]]] = {
    ".csv": _csv,
    ".tsv": lambda content, label: _parse_separated(_decode(content, label), label, "\t"),
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_lines,
    ".parquet": _parquet,
}
"""What reads each suffix."""
