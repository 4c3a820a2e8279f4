"""`scalelaw coverage`: what it prints and writes, going on, and what it refuses."""

import json
from pathlib import Path

import pandas as pd
import pytest

import commands
import scalelaw as sl

SMALL = ("--design", "few", "--datasets", "3", "--replicates", "20")


def run(*words: object) -> tuple[int, str]:
    """Exit code and output of the command."""
    return commands.run("coverage", *words)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coverage")
    code, text = run(*SMALL, "--out", folder)
    assert code == 0
    assert "coverage of 95% intervals, pairs, noise normal; 3 data sets x 20 resamples" in text
    return folder


def test_size_is_that_of_the_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is handed on as it is given; a design's own without."""
    sizes = []

    def measured(truth: sl.Fit, cell: sl.Cell, *, size: float, **_: object) -> sl.Coverage:
        sizes.append(size)
        return sl.Coverage(
            cell, 3, 20, 0.95, 0, pd.DataFrame({"of": ["a"], "kind": ["bca"], "covered": [1.0]})
        )

    monkeypatch.setattr("scalelaw.simulation.coverage", measured)
    for words in (("--size", "0.02"), ()):
        code, _ = run(*SMALL, *words)
        assert code == 0
    assert sizes == [0.02, 0.005]


@pytest.mark.slow
def test_writes_table_and_figures(folder: Path) -> None:
    assert {each.name for each in folder.iterdir()} == {
        "cells.json",
        "coverage.csv",
        *(f"coverage.{kind}" for kind in ("png", "svg", "pdf")),
    }
    table = pd.read_csv(folder / "coverage.csv")
    assert {"of", "kind", "covered", "error", "below", "above", "width", "noise", "scheme"} <= set(table)
    assert {"alpha", "beta", "a", "ln N*(10 C)"} <= set(table["of"])


@pytest.mark.slow
def test_goes_on_with_what_is_there(folder: Path) -> None:
    before = json.loads((folder / "cells.json").read_text())["cells"]
    code, text = run(*SMALL, "--out", folder, "--noise", "gaussian", "--noise", "student", "--json")
    assert code == 0
    gaussian, student = json.loads(text)
    assert [gaussian] == list(before.values())
    assert student["noise"] == "student"


@pytest.mark.slow
def test_refuses_other_settings(folder: Path) -> None:
    code, text = run(*SMALL[:-1], 21, "--out", folder)
    assert code == 2
    assert "replicates must stay what it was to go on, 20, got 21" in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "give either a table of runs or --design"),
        (("--design", "fewer"), "design must be one of 'isoflop', 'curves', 'few', got 'fewer'"),
        ((*SMALL, "--noise", "pink"), "--noise must be one of"),
        ((*SMALL, "--scheme", "pair"), "--scheme must be one of"),
        ((*SMALL, "--scheme", "cluster"), "'cluster' needs groups: name their column with --by"),
        ((*SMALL, "--level", "95"), "--level must be"),
        ((*SMALL, "--size", "0"), "--size must be a positive finite number, got 0.0"),
        ((*SMALL[:2], "--datasets", "1"), "--datasets must be a whole number of at least 2, got 1"),
    ],
)
def test_bad_input_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    code, text = run(*words)
    assert code == 2
    assert sentence in text
