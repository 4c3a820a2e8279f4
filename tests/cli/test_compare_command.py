"""`scalelaw compare`: words, JSON, files, and one sentence for what cannot be asked."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands import run
from surfaces import TRUTH, isoflops, losses, normal


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six budgets of nine sizes with a little noise."""
    N, D = isoflops(6, 9)
    L = losses(TRUTH, N, D) * np.exp(normal(len(N), 0.003))
    path = tmp_path_factory.mktemp("compare") / "sweep.csv"
    pd.DataFrame({"params": N, "tokens": D, "loss": L}).to_csv(path, index=False)
    return path


FAST = ("--starts", "projected", "--replicates", 200)


def test_says_everything(sweep: Path, tmp_path: Path) -> None:
    code, text = run("compare", sweep, *FAST, "--flops", "1e24", "--size", "70B", "--out", tmp_path)
    assert code == 0
    lines = [line for line in text.splitlines() if not line.startswith("written to")]
    assert lines[0] == "Compute-optimal training from 54 rows of sweep.csv"
    assert lines[1].startswith("the approaches agree: no test of a or N* speaks against it (smallest p ")
    assert lines[2].startswith(
        "1: training curves: not possible: sweep.csv: curves must be read with the column"
    )
    assert "Kaplan et al. 2020                0.7300                          0.2700" in text
    assert "Hoffmann et al. 2022, approach 1  0.4981 (0.4880 to 0.5020, 80%)" in text
    assert "at C = 1e24 FLOP" in text
    assert "N = 70B parameters is the best size for" in text
    assert "Do they agree? One test of all differences over these resamples (max-T)" in text
    written = {path.name for path in tmp_path.iterdir()}
    assert {
        "exponents.csv",
        "best.csv",
        "sizes.csv",
        "agreement.csv",
        "compare.png",
        "compare.svg",
    } <= written


def test_json_holds_the_same_tables(sweep: Path) -> None:
    made = json.loads(run("compare", sweep, *FAST, "--flops", "1e24", "--json")[1])
    sources = [row["source"] for row in made["exponents"] if row["name"] == "a"]
    assert sources[:3] == ["2: IsoFLOP profiles", "3: parametric law", "Kaplan et al. 2020"]
    assert made["exponents"][4]["low"] is None
    assert {row["name"] for row in made["best"]} == {"N", "D", "tokens_per_parameter"}
    assert [row["name"] for row in made["agreement"]] == ["a", "N"]
    assert "runs drawn with replacement within 6 strata" in made["resamples"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--flops", "0"),
            "--flops must be a positive number, written like 7B, 1.4T, 6e18 or 100 PF-days, got '0'",
        ),
        (("--flops", "much"), "--flops must be a positive number"),
        (("--replicates", "50"), "--replicates must be a whole number of at least 100, got 50"),
        (("--level", "95"), "--level must be"),
        (("--curves", "highest"), "curves must be one of 'lowest', 'hull', got 'highest'"),
        (("--law", "kaplan_N"), "law must be of N and D, for between these two a budget C = 6 N D is split"),
    ],
)
def test_bad_choices(sweep: Path, words: tuple[str, str], sentence: str) -> None:
    code, text = run("compare", sweep, *words)
    assert code == 2
    assert text.startswith(sentence)
