"""`scalelaw backtest`, and what it lets `predict` and `allocate` say of larger runs."""

import json
from pathlib import Path

import pandas as pd
import pytest

from commands import run
from surfaces import isoflops, normal, sweep

QUICK = ("--replicates", 40)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """72 runs of Chinchilla's law, 0.3 % noise."""
    path = tmp_path_factory.mktemp("runs") / "runs.csv"
    sweep(*isoflops(9, 8), noise=normal(72, 0.003)).to_frame().drop(columns="row").to_csv(path, index=False)
    return path


class TestBacktest:
    @pytest.mark.slow
    def test_prints_laws_and_who_is_better(self) -> None:
        words = ("--law", "chinchilla", "--law", "skaling", *QUICK)
        code, said = run("backtest", "--dataset", "sweep", *words)
        assert code == 0
        assert "121 runs of" in said
        assert "skaling predicts later runs better than chinchilla" in said

    def test_json(self, table: Path) -> None:
        code, said = run("backtest", table, "--law", "chinchilla", "--law", "skaling", *QUICK, "--json")
        found = json.loads(said)
        assert code == 0
        assert [law["law"] for law in found["laws"]] == ["chinchilla", "skaling"]
        assert {"by", "level", "cutoffs", "by_distance", "ranking", "notes"} <= set(found)

    def test_writes_forecasts_and_the_figure(self, table: Path, tmp_path: Path) -> None:
        code, _ = run("backtest", table, "--law", "chinchilla", *QUICK, "--cutoff", "1e20", "--out", tmp_path)
        assert code == 0
        frame = pd.read_csv(tmp_path / "forecasts.csv")
        assert list(frame) == ["law", "cutoff", "row", "decades", "error", "low", "high", "inside"]
        assert (tmp_path / "backtest.png").stat().st_size > 10_000

    @pytest.mark.parametrize(
        ("words", "complaint"),
        [
            (("--cutoff", "1e30"), "at least 3 above"),
            (("--law", "chincilla"), "law must be one of"),
            (("--law", "data_constrained"), "U"),
            (("--level", "2"), "level must be"),
            (("--order", "Z"), "Z"),
        ],
    )
    def test_refuses_in_a_sentence(self, table: Path, words: tuple[str, ...], complaint: str) -> None:
        code, said = run("backtest", table, *words)
        assert code == 2
        assert complaint in said
        assert "\n" not in said.strip()


class TestPredict:
    @pytest.mark.slow
    def test_is_calibrated_where_there_are_draws(self, table: Path) -> None:
        code, said = run("predict", table, "--at", "N=7e10,D=1.4e12", "--bootstrap", 60, "--json")
        assert code == 0
        (row,) = json.loads(said)["predictions"]
        mixed = row["calibrated"]
        assert mixed["low"] < mixed["L"] < mixed["high"]
        lowest, highest = (end(law["L"] for law in mixed["laws"].values()) for end in (min, max))
        assert lowest <= mixed["L"] <= highest
        assert sum(law["weight"] for law in mixed["laws"].values()) == pytest.approx(1)
        assert row["notes"][0].startswith("calibrated on ")

    def test_is_not_where_nobody_wants_it(self, table: Path) -> None:
        words = ("predict", table, "--at", "N=7e10,D=1.4e12", "--bootstrap", 60, "--no-backtest", "--json")
        (row,) = json.loads(run(*words)[1])["predictions"]
        assert set(row) == {"N", "D", "L", "mean", "new_run", "notes"}

    @pytest.mark.slow
    def test_says_why_not_where_runs_are_few(self, tmp_path: Path) -> None:
        path = tmp_path / "few.csv"
        few = sweep(*isoflops(3, 4), noise=normal(12, 0.003))
        few.to_frame().drop(columns="row").to_csv(path, index=False)
        _, said = run("predict", path, "--at", "N=7e10,D=1.4e12", "--bootstrap", 60)
        assert "note: not calibrated by back-tests: " in said


class TestAllocate:
    def test_says_what_every_law_would_train(self, table: Path) -> None:
        code, said = run("allocate", table, "--flops", "1e23", "--bootstrap", 60, "--json")
        found = json.loads(said)
        assert code == 0
        rows = {row["law"]: row for row in found["laws"]["optima"]}
        assert set(rows) == {"chinchilla", "skaling", "cross", "all"}
        assert rows["chinchilla"]["N"] == pytest.approx(found["N"])
        assert found["misfit"]["found"] is False

    def test_not_for_other_questions(self, table: Path) -> None:
        words = ("allocate", table, "--flops", "1e23", "--params", "7B", "--bootstrap", 60, "--json")
        assert "laws" not in json.loads(run(*words)[1])
