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
    assert "6 budgets found by the gaps between them" in text
    assert "  C = 1e22: 2 of the 3 different sizes that a shared fit needs" in text
    assert "power laws, weighted by 1 / sd^2" in text


def test_measures_the_bias_and_takes_it_off(sweep: Path) -> None:
    shown = json.loads(run("isoflop", sweep, "--json")[1])
    corrected = json.loads(run("isoflop", sweep, "--json", "--correct", "--surface", "chinchilla")[1])
    assert (shown["corrected"], corrected["corrected"]) == (False, True)
    assert (shown["surface"], corrected["surface"], shown["by_law"]) == ("chinchilla", "chinchilla", [])
    assert corrected["by_law"][0]["a"] == corrected["plain"]["N"]["exponent"]
    moved = shown["plain"]["N"]["exponent"] - corrected["plain"]["N"]["exponent"]
    assert moved == pytest.approx(shown["bias"]["a"], abs=1e-12)
    assert "; --correct takes it off" in run("isoflop", sweep)[1]


@pytest.mark.slow
def test_the_law_that_back_tests_best_takes_the_bias_off() -> None:
    """On the package's sweep Chinchilla's law is ruled out; of the others both answers are shown."""
    code, text = run("isoflop", "--dataset", "sweep", "--correct", "--method", "parabola")
    assert code == 0
    assert "bias of this design by 'cross'" in text
    assert "the bias is measured by 'cross', which predicts later runs best" in text
    assert "; 'skaling' cannot be told from it; over these laws a from 0.44" in text


def test_a_law_without_an_optimum_has_no_bias(sweep: Path) -> None:
    code, text = run("isoflop", sweep, "--surface", "power_N")
    assert code == 2
    assert "law must be of N and D, for between these two a budget C = 6 N D is split, got 'power_N'" in text
    code, text = run("isoflop", sweep, "--surface", "skaling", "--no-bias")
    assert code == 2
    assert "--surface must be the law that a bias is measured by, got --no-bias; leave out one" in text


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


def test_budgets_of_a_column_and_the_best_of_each_size(sweep: Path, tmp_path: Path) -> None:
    table = pd.read_csv(sweep)
    labels = [f"{C:.12g}" for C in 6 * table["params"] * table["tokens"]]
    worse = table.assign(loss=table["loss"] + 0.05)
    path = tmp_path / "seeds.csv"
    pd.concat([table, worse]).assign(horizon=labels * 2).to_csv(path, index=False)
    words = ("isoflop", path, "--no-bias", "--json", "--budget", "horizon")
    both, best = (json.loads(run(*words, *more)[1]) for more in ((), ("--best-per-size",)))
    assert both["budgets"].startswith("6 budgets of column 'horizon' (runs differ from theirs by up to")
    assert both["repeats"] == {"sizes": 47, "runs": 94, "best_per_size": False, "left_out": 0}
    assert best["repeats"] == {"sizes": 47, "runs": 94, "best_per_size": True, "left_out": 47}
    alone = json.loads(run("isoflop", sweep, "--no-bias", "--json")[1])
    assert best["plain"]["N"]["exponent"] == pytest.approx(alone["plain"]["N"]["exponent"], rel=1e-9)
    code, text = run("isoflop", path, "--budget", "horizont")
    assert code == 2
    assert "budget must be a column of seeds.csv" in text
    assert "did you mean 'horizon'?" in text


def test_budgets_that_are_not_clear_are_a_warning(tmp_path: Path) -> None:
    N, D = isoflops(5, 9)
    C = 6 * N * D * 1.8 ** np.tile(np.linspace(-0.5, 0.5, 9), 5)
    path = tmp_path / "drifts.csv"
    table = {"params": N, "tokens": C / (6 * N), "loss": losses(TRUTH, N, C / (6 * N)), "flops": C}
    pd.DataFrame(table).to_csv(path, index=False)
    code, text = run("isoflop", path, "--no-bias")
    assert code == 2
    assert "the C of these runs form no clusters with wider gaps between them" in text
    words = [word for C in np.geomspace(1e18, 1e22, 5) for word in ("--budget", f"{C:.9g}")]
    made = json.loads(run("isoflop", path, "--no-bias", "--json", *words, "--tolerance", 0.4)[1])
    assert made["budgets"].startswith("5 budgets given within 40 %")
