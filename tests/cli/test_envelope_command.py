"""`scalelaw envelope`: words, JSON, files, and one sentence for curves that cannot be used."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands import run
from surfaces import TRUTH, losses


@pytest.fixture(scope="module")
def curves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight curves of fifty points on a true surface."""
    N = np.repeat(np.geomspace(3e7, 3e9, 8), 50)
    D = N * np.tile(np.geomspace(1, 300, 50), 8)
    step = np.tile(np.arange(50), 8)
    table = {
        "run": np.repeat(np.arange(8), 50),
        "params": N,
        "tokens": D,
        "loss": losses(TRUTH, N, D),
        "step": step,
    }
    path = tmp_path_factory.mktemp("envelope") / "curves.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    return path


def test_says_laws_and_what_to_know(curves: Path) -> None:
    code, text = run("envelope", curves, "--group", "run", "--warmup", "100M", "--smoothing", 2)
    assert code == 0
    assert "first 100M tokens cut, smoothed over 2 points" in text
    assert "the run of lowest loss at log-spaced FLOP values: 1500 points" in text
    assert "of the points lie before the last 15 % of their run" in text


def test_json_with_intervals(curves: Path) -> None:
    words = ("--group", "run", "--method", "hull", "--bootstrap", 200, "--flops", "1e23", "--json")
    made = json.loads(run("envelope", curves, *words)[1])
    rows = {row["name"]: row for row in made["intervals"]["of"]}
    assert (made["approach"], made["method"]) == (1, "hull")
    assert rows["a"]["value"] == made["frontier"]["N"]["exponent"]
    assert rows["N"]["low"] < rows["N"]["value"] < rows["N"]["high"]


def test_leaves_out_what_is_not_final(curves: Path, tmp_path: Path) -> None:
    table = pd.read_csv(curves).query("tokens <= 20 * params")
    longer = pd.read_csv(curves).assign(run=lambda own: own["run"] + 8, loss=lambda own: own["loss"] + 0.01)
    path = tmp_path / "lengths.csv"
    pd.concat([table, longer]).to_csv(path, index=False)
    words = ("envelope", path, "--group", "run", "--edges", "--json")
    every, final = (json.loads(run(*words, *more)[1]) for more in ((), ("--final-only",)))
    assert (every["final_only"], every["left_out"], every["points"]) == (False, 0, 1500)
    assert final["points"] == 1500
    assert final["left_out"] == round((1 - every["share_final"]) * 1500)
    assert final["share_final"] == every["share_final"]
    assert final["frontier"]["N"]["exponent"] != every["frontier"]["N"]["exponent"]
    code, text = run("envelope", curves, "--group", "run", "--edges", "--final-only")
    assert code == 2
    assert "must be of at least 2 sizes in the last 15 % of their runs, got 3B alone; add runs" in text


def test_writes_points_draws_and_figures(curves: Path, tmp_path: Path) -> None:
    code, _ = run("envelope", curves, "--group", "run", "--bootstrap", 20, "--out", tmp_path / "new")
    assert code == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "envelope.csv",
        "draws.csv",
        "envelope.png",
        "envelope.svg",
        "envelope.pdf",
    }
    points = pd.read_csv(tmp_path / "new" / "envelope.csv")
    assert list(points) == ["C", "run", "N", "D", "L", "final", "at_edge", "used"]
    assert len(points) == 1500


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "curves.csv: curves must be read with the column that names the run of each row"),
        (("--group", "run", "--method", "bins"), "method must be one of 'lowest', 'hull'"),
        (("--group", "run", "--warmup", "1e15"), "at least 2 runs with 2 points or more, got 0 of 8 runs"),
        (("--group", "run", "--where", "run == 3"), "at least 2 runs with 2 points or more, got 1 of 1 runs"),
        (("--group", "run", "--smoothing", -3), "smoothing must be at least 0"),
        (("--group", "run", "--warmup", "soon"), "--warmup: number must be written like"),
    ],
)
def test_refuses_in_a_sentence(curves: Path, words: tuple[object, ...], message: str) -> None:
    code, text = run("envelope", curves, *words)
    assert code == 2
    assert message in text
    assert "\n" not in text


def test_a_step_column_that_falls(curves: Path, tmp_path: Path) -> None:
    table = pd.read_csv(curves)
    table.loc[60, "step"] = 2
    table.to_csv(tmp_path / "fallen.csv", index=False)
    code, text = run("envelope", tmp_path / "fallen.csv", "--group", "run", "--input", "step")
    assert code == 2
    assert text.startswith(
        "fallen.csv, row 61, column 'step': step must rise from row to row along run '1', got 2"
    )
