"""`scalelaw isoflop`: words, JSON, files, and one sentence for what cannot be used."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands import run
from surfaces import TRUTH, isoflops, losses


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five budgets of nine sizes and one of two, with a little noise."""
    N, D = isoflops(6, 9)
    kept = np.arange(len(N)) < 47
    L = losses(TRUTH, N, D) * np.exp(0.001 * np.random.default_rng(0).standard_normal(len(N)))
    path = tmp_path_factory.mktemp("isoflop") / "sweep.csv"
    pd.DataFrame({"params": N, "tokens": D, "loss": L})[kept].to_csv(path, index=False)
    return path


def test_says_minima_laws_and_refusals(sweep: Path) -> None:
    code, text = run("isoflop", sweep, "--no-bias")
    assert code == 0
    assert "6 budgets found within 5 %" in text
    assert "  C = 1e22: 2 of the 3 different sizes that a shared fit needs" in text
    assert "power laws, weighted by 1 / sd^2" in text


def test_measures_the_bias_and_takes_it_off(sweep: Path) -> None:
    shown = json.loads(run("isoflop", sweep, "--json")[1])
    corrected = json.loads(run("isoflop", sweep, "--json", "--correct")[1])
    assert (shown["corrected"], corrected["corrected"]) == (False, True)
    moved = shown["plain"]["N"]["exponent"] - corrected["plain"]["N"]["exponent"]
    assert moved == pytest.approx(shown["bias"]["a"], abs=1e-12)
    assert "; --correct takes it off" in run("isoflop", sweep)[1]


def test_intervals_at_budgets(sweep: Path) -> None:
    words = (
        "isoflop",
        sweep,
        "--no-bias",
        "--bootstrap",
        300,
        "--flops",
        "1e24",
        "--scheme",
        "runs",
        "--json",
    )
    made = json.loads(run(*words)[1])
    rows = {row["name"]: row for row in made["intervals"]["of"]}
    assert made["intervals"]["replicates"] == 300
    assert rows["a"]["low"] < made["plain"]["N"]["exponent"] < rows["a"]["high"]
    assert rows["N"]["C"] == 1e24
    assert made["refused"][0] == {
        "C": pytest.approx(1e22),
        "axis": "N",
        "runs": 2,
        "reason": "2 of the 3 different sizes that a shared fit needs",
    }


def test_json_holds_no_bare_nan(sweep: Path) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    text = run("isoflop", sweep, "--no-bias", "--json")[1]
    made = json.loads(text, parse_constant=refuse)
    assert [row["N"] is None for row in made["minima"]] == [False] * 5 + [True]


def test_writes_minima_draws_and_figures(sweep: Path, tmp_path: Path) -> None:
    code, _ = run("isoflop", sweep, "--no-bias", "--bootstrap", 50, "--out", tmp_path)
    assert code == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "minima.csv",
        "flat.csv",
        "draws.csv",
        "minima.png",
        "minima.svg",
        "minima.pdf",
    }
    minima = pd.read_csv(tmp_path / "minima.csv", keep_default_na=False, na_values=[""])
    assert minima["N"].notna().sum() == 5
    assert len(pd.read_csv(tmp_path / "draws.csv")) == 50


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--method", "spline"), "method must be one of 'shared', 'local', 'parabola', 'cubic', 'akima'"),
        (("--budget", "1e18"), "budgets must be at least 2 for a power law, got 1"),
        (("--where", "params < 1e6 or tokens < 1e9"), "must be at least 2"),
        (("--tolerance", 2), "tolerance must be a share from 0 to below 1"),
        (("--bootstrap", 1), "--bootstrap must be a whole number of at least 2"),
        (("--bootstrap", 9, "--scheme", "wild"), "scheme must be one of 'noise', 'runs'"),
        (("--flops", "1e24"), "--flops must be given with --bootstrap"),
        (("--bootstrap", 9, "--flops", "many"), "--flops must be a positive number, written like 7B"),
        (("--noise", "loud"), "--noise: number must be written like"),
        (("--level", 95), "--level must be a number between 0 and 1"),
    ],
)
def test_refuses_in_a_sentence(sweep: Path, words: tuple[object, ...], message: str) -> None:
    code, text = run("isoflop", sweep, *words)
    assert code == 2
    assert message in text
    assert "\n" not in text


def test_budgets_of_one_run_each(sweep: Path, tmp_path: Path) -> None:
    pd.read_csv(sweep).iloc[::9].to_csv(tmp_path / "thin.csv", index=False)
    code, text = run("isoflop", tmp_path / "thin.csv")
    assert code == 2
    assert text.startswith(
        "thin.csv: profiles by N with a minimum must be at least 2, got 0 of 6 budgets; at C = "
    )


def test_holds_the_frontier_to_later_budgets(sweep: Path) -> None:
    shown = json.loads(run("isoflop", sweep, "--no-bias", "--backtest", "--json")[1])["backtest"]
    assert [(each["points"], each["later"]) for each in shown] == [(3, 2), (4, 1)]
    assert max(each["error_N"] for each in shown) < 10
    assert "predicted by the frontier of smaller ones" in run("isoflop", sweep, "--no-bias", "--backtest")[1]
