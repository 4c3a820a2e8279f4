"""Files of ours but fits, edited or cut: refused in a sentence, or what they say can be used; no traceback."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as parquet
import pytest

import scalelaw as sl
from commands import run
from edits import counts, edited, outcomes, unsigned
from scalelaw import BadInput
from scalelaw.cli.coverage import _KeptCells
from scalelaw.fitting.documents import CHECKSUM
from scalelaw.studies.estimators import load_estimator, text_of
from scalelaw.validation import digest
from surfaces import TRUTH, isoflops, losses, normal, sweep

Use = Callable[[Any], object]


class Format(NamedTuple):
    """A file as it was written, how it is read, and what is done with what was read."""

    text: str
    load: Callable[[Path], Any]
    use: Use = str


@pytest.fixture(scope="module")
def formats(small_fit: sl.Fit, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Format]:
    N, D = isoflops(5, 8)
    profiles = sl.isoflop(sweep(N, D, noise=normal(len(N), 0.002)))
    N = np.repeat(np.geomspace(3e7, 3e9, 6), 10)
    D = N * np.tile(np.geomspace(1, 300, 10), 6)
    table = pd.DataFrame({"N": N, "D": D, "L": losses(TRUTH, N, D), "run": np.repeat(np.arange(6), 10)})
    curves = sl.envelope(sl.Runs.from_frame(table, group="run"), points=50)
    forecast = sl.forecast(sl.bootstrap(small_fit, 40), N=[1e9, 7e9], D=[2e10, 2e12]).to_dict()
    cell = {"scheme": "pairs", "noise": "student", "grouped": False, "datasets": 2, "replicates": 20}
    cell |= {"level": 0.95, "failed": 0, "text": "coverage of ..."}
    numbers = dict.fromkeys(("covered", "error", "below", "above", "width", "lost"), 0.25)
    cell["table"] = [{"of": "a", "kind": kind, **numbers} for kind in ("bca", "basic")]
    cells = {"settings": {"truth": "ab", "size": 0.005, "seed": 0}, "cells": {"pairs, student": cell}}
    return {
        "profiles": Format(text_of(profiles), load_estimator),
        "corrected profiles": Format(text_of(profiles.corrected(small_fit)), load_estimator),
        "an envelope": Format(text_of(curves), load_estimator),
        "a forecast": Format(json.dumps(forecast), hashed_anew),
        "cells": Format(json.dumps(cells), kept_cells, tables),
    }


def hashed_anew(path: Path) -> sl.Forecast:
    """By somebody who knows of the hash."""
    text = path.read_text()
    try:
        values = json.loads(text)
    except ValueError:
        return sl.Forecast.load(path)
    path.write_text(json.dumps({**values, "sha256": digest(json.dumps(values))}))
    return sl.Forecast.load(path)


def kept_cells(path: Path) -> _KeptCells:
    path = path.rename(path.with_name("cells.json"))
    return _KeptCells.at(path.parent, {})


def tables(cells: _KeptCells) -> list[pd.DataFrame]:
    return [
        pd.DataFrame(cell["table"]).assign(panel=f"{cell['scheme']}, {cell['noise']}")
        for cell in cells.kept.values()
    ]


@counts
@pytest.mark.parametrize(
    "name",
    [
        "profiles",
        pytest.param("corrected profiles", marks=pytest.mark.slow),
        "an envelope",
        "a forecast",
        "cells",
    ],
)
def test_are_refused_or_can_be_used(
    name: str, count: int, formats: dict[str, Format], tmp_path: Path
) -> None:
    """As somebody writes them who knows that there are checksums."""
    text, load, use = formats[name]
    (tmp_path / "file.json").write_text(unsigned(text))
    use(load(tmp_path / "file.json"))
    found = outcomes(tmp_path / "file.json", load, unsigned(text), count)
    loaded = [each for each in found if each is not None]
    assert 0 < len(loaded) < count
    for each in loaded:
        use(each)


@pytest.mark.parametrize("name", ["profiles", "an envelope"])
def test_with_their_checksum_are_refused_or_the_same(
    name: str, formats: dict[str, Format], tmp_path: Path
) -> None:
    text, load, _ = formats[name]
    found = outcomes(tmp_path / "file.json", load, text, 30)
    whole = json.loads(text)
    assert all(each.document() == whole for each in found if each is not None)
    assert None in found


@counts
@pytest.mark.parametrize("scheme", ["pairs", "cluster"])
def test_what_stands_beside_draws_is_refused_or_can_be_used(
    scheme: str, count: int, small_fit: sl.Fit, tmp_path: Path
) -> None:
    """The fit and the resampler of a file of draws that has no checksum."""
    path = tmp_path / "draws.parquet"
    by = np.arange(48) % 12 if scheme == "cluster" else None
    sl.save_draws(sl.bootstrap(small_fit, 20, scheme=scheme, by=by), path)
    table, seeded, refused = parquet.read_table(path), random.Random(3), 0
    for _ in range(count):
        beside = {name: text for name, text in table.schema.metadata.items() if name != CHECKSUM.encode()}
        name = seeded.choice([b"resampler", b"resampler", b"fit"])
        beside[name] = edited(beside[name].decode(), seeded).encode()
        parquet.write_table(table.replace_schema_metadata(beside), path)
        try:
            draws = sl.load_draws(path)
            assert (
                draws.interval("alpha", kind="percentile").low
                < draws.interval("alpha", kind="percentile").high
            )
            assert draws.scheme
        except BadInput:
            refused += 1
    assert 0 < refused < count


def test_cells_of_a_broken_file_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cells.json").write_text('{"settings": {}, "cells": ')
    code, sentence = run("coverage", "--design", "few", "--out", tmp_path)
    assert code == 2
    assert "cells.json, which is not JSON" in sentence
