"""`scalelaw profile`: words, JSON, files, and one sentence for what cannot be profiled."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands import run

SWEEP = Path(__file__).parents[2] / "src" / "scalelaw" / "data" / "simulated_sweep.csv"


def test_says_the_interval_and_writes_curve_and_figures(tmp_path: Path) -> None:
    code, text = run("profile", SWEEP, "E", "--starts", "projected", "--level", 0.9, "--out", tmp_path)
    assert code == 0
    assert "90 % profile interval 1." in text
    assert {path.name for path in tmp_path.iterdir()} == {
        "profile.csv",
        "profile.png",
        "profile.svg",
        "profile.pdf",
    }
    curve = pd.read_csv(tmp_path / "profile.csv")
    assert list(curve) == ["value", "objective", "rise", "inside", "E", "A", "B", "alpha", "beta"]
    assert curve.loc[curve.inside, "value"].is_monotonic_increasing
    assert "\n  by the standard error 1." in text


def test_json_of_a_saved_fit_is_that_of_its_table(tmp_path: Path) -> None:
    run("fit", SWEEP, "--starts", "projected", "--out", tmp_path)
    fresh = json.loads(run("profile", SWEEP, "a", "--starts", "projected", "--json")[1])
    saved = json.loads(run("profile", tmp_path / "fit.json", "a", "--json")[1])
    assert (fresh["of"], fresh["trusted"], fresh["open_below"]) == ("a", True, False)
    assert fresh["low"] < fresh["value"] < fresh["high"]
    np.testing.assert_allclose([saved["low"], saved["high"]], [fresh["low"], fresh["high"]], rtol=1e-9)


def test_of_two_gives_joint_regions(tmp_path: Path) -> None:
    code, text = run("profile", SWEEP, "E", "alpha", "--starts", "projected", "--out", tmp_path)
    assert code == 0
    assert "extremes of the joint profile regions" in text
    assert [line.split()[0] for line in text.splitlines() if " %   E " in line] == ["50", "90", "95"]
    assert len(pd.read_csv(tmp_path / "profile.csv")) > 1600


def test_of_a_fit_that_cannot_be_trusted_says_so_first(tmp_path: Path) -> None:
    runs = pd.read_csv(SWEEP).iloc[:40]
    runs["tokens"] = 20 * runs["params"]
    runs[["params", "tokens", "loss"]].to_csv(tmp_path / "line.csv", index=False)
    code, text = run("profile", tmp_path / "line.csv", "E", "--starts", "projected")
    assert code == 3
    assert text.startswith("warning: ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("F",), "what is profiled must be one of 'E'"),
        (
            ("E", "--fix", "E=1.7"),
            "what is profiled must be a free parameter, got 'E', which is fixed at 1.7",
        ),
        (("E", "--level", 95), "--level must be a number between 0 and 1"),
        (("E", "E"), "two quantities"),
    ],
)
def test_refuses_in_a_sentence(words: tuple[object, ...], message: str) -> None:
    code, text = run("profile", SWEEP, *words, "--starts", "projected")
    assert code == 2
    assert message in text
    assert "\n" not in text
