"""`scalelaw influence`: what it prints and writes."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import commands
from surfaces import TRUTH, isoflops, losses, normal


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 runs with 0.3 % noise, by 12 hands; row 25 is 5 % off."""
    N, D = isoflops(6, 8)
    noise = normal(48, 0.003)
    noise[24] += 0.05
    path = tmp_path_factory.mktemp("table") / "runs.csv"
    hands = [f"hand {i % 12}" for i in range(48)]
    frame = pd.DataFrame({"params": N, "tokens": D, "loss": losses(TRUTH, N, D) * np.exp(noise)})
    frame.assign(hand=hands).to_csv(path, index=False)
    return path


def run(*words: object) -> tuple[int, str]:
    """Exit code and output of the command."""
    return commands.run("influence", *words, "--starts", "projected", "--loss", "squared")


def test_the_odd_run_is_first(table: Path) -> None:
    code, text = run(table, "alpha", "--top", "3")
    assert code == 0
    assert text.startswith("influence on alpha = ")
    assert text.splitlines()[4].split()[0] == "25"
    assert len(text.splitlines()) == 7


@pytest.mark.slow
def test_json_by_group(table: Path) -> None:
    code, text = run(table, "a", "--by", "hand", "--json", "--top", "2")
    answer = json.loads(text)
    assert code == 0
    assert (answer["function"], answer["by"], len(answer["most"])) == ("a", "group", 2)
    assert answer["most"][0]["group"] == "hand 0"
    assert answer["most"][0]["runs"] == 4


def test_out_writes_table_and_figure(table: Path, tmp_path: Path) -> None:
    code, text = run(table, "alpha", "--out", tmp_path / "out")
    assert code == 0
    assert "written to" in text
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"influence.csv", "influence.png", "influence.svg", "influence.pdf"}
    written = pd.read_csv(tmp_path / "out" / "influence.csv")
    assert written["row"].iloc[0] == 25
    assert len(written) == 48


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gamma",), "function must be one of"),
        (("alpha", "--top", "0"), "--top must be a whole number of at least 1"),
        (("alpha", "--by", "colour"), "colour"),
    ],
)
def test_refusals(table: Path, words: tuple[str, ...], message: str) -> None:
    code, text = run(table, *words)
    assert code == 2
    assert message in text
