"""Edits of files that scalelaw wrote: fields deleted, doubled, moved, renamed, of other values, and texts cut."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scalelaw import BadInput
from scalelaw.fitting.documents import CHECKSUM

EDITS = 1000
OTHERS = [
    None,
    "x",
    "",
    "nan",
    True,
    -1,
    -3.5,
    0,
    1e308,
    10**400,
    2**63,
    [],
    [1],
    {},
    {"a": 1},
    float("nan"),
    float("inf"),
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a document and every key in it."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from places(value[key])


def edited(text: str, random: random.Random) -> str:
    """One edit: a field deleted, doubled, of another value or name, moved, or the text cut."""
    if random.random() < 0.05:
        return text[: random.randrange(len(text))]
    document = json.loads(text)
    found = [place for place in places(document) if random.random() < 0.2 or isinstance(place[0], dict)]
    holder, key = random.choice(found)
    edit = random.choice(["delete", "other", "other", "other", "double", "reverse"])
    if edit == "delete":
        del holder[key]
    elif edit == "other":
        holder[key] = random.choice(OTHERS)
    elif edit == "double" and isinstance(holder, list):
        holder.insert(key, holder[key])
    elif edit == "double":
        holder[f"{key} "] = holder[key]
    elif isinstance(holder, list):
        holder.reverse()
    else:
        holder[key] = holder.pop(key)
    return json.dumps(document)


def outcomes(path: Path, load: Callable[[Path], Any], text: str, count: int = EDITS) -> list[Any]:
    """What loading gives after each of the edits; a sentence that refuses counts as None."""
    seeded, found = random.Random(7), list[Any]()
    for _ in range(count):
        path.write_text(edited(text, seeded), encoding="utf-8")
        try:
            found.append(load(path))
        except BadInput:
            found.append(None)
    return found


def unsigned(text: str) -> str:
    """The document without its checksum, as older versions wrote it."""
    return json.dumps({name: value for name, value in json.loads(text).items() if name != CHECKSUM})


counts = pytest.mark.parametrize("count", [EDITS // 10, pytest.param(EDITS, marks=pytest.mark.slow)])
