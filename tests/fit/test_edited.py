"""Files that were edited or cut after they were saved: refused in a sentence, or the same fit; no traceback."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scalelaw as sl
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


@pytest.fixture(scope="module")
def written(small_fit: sl.Fit, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("saved") / "fit.json"
    small_fit.save(path)
    return path.read_text(encoding="utf-8")


edits = pytest.mark.parametrize("count", [EDITS // 10, pytest.param(EDITS, marks=pytest.mark.slow)])


@edits
def test_a_fit_is_refused_or_the_same(small_fit: sl.Fit, written: str, tmp_path: Path, count: int) -> None:
    found = outcomes(tmp_path / "fit.json", sl.Fit.load, written, count)
    loaded = [fit for fit in found if fit is not None]
    assert len(loaded) < count / 3  # those whose fields only changed places, or whose checksum went
    assert all(fit.document() == small_fit.document() for fit in loaded)


@edits
def test_a_fit_without_checksum_is_refused_or_sound(written: str, tmp_path: Path, count: int) -> None:
    """As older versions wrote it: an edit within what a fit may be goes unseen, one beyond does not."""
    document = json.loads(written)
    del document[CHECKSUM]
    found = outcomes(tmp_path / "fit.json", sl.Fit.load, json.dumps(document), count)
    loaded = [fit for fit in found if fit is not None]
    assert 0 < len(loaded) < count
    for fit in loaded:
        runs = len(fit.runs)
        assert fit.residuals.shape == fit.runs.L.shape == fit.runs.rows.shape == (runs,)
        assert fit.covariance.shape == (len(fit.params),) * 2
        assert np.isfinite(fit.params).all() or not fit.certificate.trusted
        assert len(fit.to_frame()) == len(fit.names)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("objective", "x", "objective must be a number, got 'x'"),
        ("objective", float("nan"), "objective must be a finite number of at least 0, got nan"),
        ("residuals", [0.1], "residuals must be 48 entries, got 1"),
        ("covariance", [[1.0]], "covariance must be 5 entries, got 1"),
        ("settings", {}, "settings must be whole .*got one that lacks"),
        (
            "params",
            {"E": float("nan"), "A": 1, "B": 1, "alpha": 1, "beta": 1},
            "a fit to be trusted must be finite",
        ),
    ],
)
def test_names_the_field(field: str, value: Any, message: str, written: str, tmp_path: Path) -> None:
    document = json.loads(written) | {field: value}
    del document[CHECKSUM]
    (tmp_path / "fit.json").write_text(json.dumps(document))
    with pytest.raises(BadInput, match=rf"fit\.json: .*{message}"):
        sl.Fit.load(tmp_path / "fit.json")
