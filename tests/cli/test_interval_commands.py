"""The command with --bootstrap: intervals of answers and predictions, and what is written beside them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from commands import run
from surfaces import TRUTH, isoflops, losses

AT = "N=1B,D=20B"
SEED = ("--starts", "projected", "--bootstrap", "200", "--seed", "3")


@pytest.fixture(scope="module")
def draws(table: Path) -> sl.Draws:
    return sl.bootstrap(sl.fit(sl.read_runs(table), starts="projected"), 200, 3)


@pytest.fixture(scope="module")
def results(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    assert run("fit", table, *SEED, "--level", 0.9, "--out", folder)[0] == 0
    return folder


class TestFit:
    @pytest.mark.slow
    def test_writes_the_pictures_of_its_draws(self, results: Path) -> None:
        names = {path.name for path in results.iterdir()}
        pictures = {
            f"{name}.{kind}" for name in ("corner", "forest", "frontier") for kind in ("png", "svg", "pdf")
        }
        assert pictures | {"draws.csv", "report.md"} <= names

    @pytest.mark.slow
    def test_report_has_the_intervals_near_its_top_and_the_pictures(
        self, results: Path, draws: sl.Draws
    ) -> None:
        text = (results / "report.md").read_text()
        lines = text.splitlines()
        row = lines.index(next(line for line in lines if line.startswith("| alpha |")))
        assert "## 90 % bca intervals" in lines[:row]
        assert row < 15
        low, high = draws.interval("alpha", level=0.9)
        cells = [float(cell) for cell in lines[row].split("|")[2:-1]]
        np.testing.assert_allclose(
            cells, [draws.estimate("alpha"), draws.stderr("alpha"), low, high], rtol=1e-4
        )
        assert all(f"![{name}]({name}.png)" in text for name in ("corner", "forest", "frontier"))

    def test_manifest_names_the_resamples(self, results: Path) -> None:
        made = json.loads((results / "manifest.json").read_text())["bootstrap"]
        assert made == {"replicates": 200, "scheme": "runs drawn with replacement (seed 3)"}

    @pytest.mark.slow
    def test_without_noise_there_are_no_pictures_of_draws(self, tmp_path: Path) -> None:
        N, D = isoflops(4, 5)
        exact = pd.DataFrame({"params": N, "tokens": D, "loss": losses(TRUTH, N, D)})
        exact.to_csv(tmp_path / "exact.csv", index=False)
        code, _ = run("fit", tmp_path / "exact.csv", *SEED, "--out", tmp_path / "out")
        assert code == 0
        assert not (tmp_path / "out" / "corner.png").exists()
        assert "intervals" in (tmp_path / "out" / "report.md").read_text()


class TestPredict:
    def test_tells_the_mean_from_a_new_run(self, table: Path, draws: sl.Draws) -> None:
        code, text = run("predict", table, *SEED, "--at", AT, "--no-backtest", "--json")
        assert code == 0
        (row,) = json.loads(text)["predictions"]
        at = {"N": 1e9, "D": 2e10}
        for name, ends in (
            ("mean", sl.mean_interval(draws, **at)),
            ("new_run", sl.prediction_interval(draws, **at)),
        ):
            np.testing.assert_allclose([row[name]["low"], row[name]["high"]], ends[:2], rtol=1e-8)
        assert (
            row["new_run"]["low"]
            < row["mean"]["low"]
            < row["L"]
            < row["mean"]["high"]
            < row["new_run"]["high"]
        )
        assert row["notes"] == []

    def test_warns_beyond_the_runs(self, table: Path) -> None:
        code, text = run("predict", table, *SEED, "--at", "N=70B,D=1.4T", "--level", 0.9, "--no-backtest")
        assert code == 0
        lines = [line.strip() for line in text.splitlines()]
        assert lines[1].startswith("mean, 90 % bca")
        assert lines[2].startswith("new run, 90 %")
        assert lines[3].startswith("note: N = 70B is beyond the largest of the runs")

    def test_without_a_bootstrap_is_one_line(self, table: Path) -> None:
        code, text = run("predict", table, "--starts", "projected", "--at", AT)
        assert code == 0
        assert text.count("\n") == 1


class TestAllocate:
    @pytest.mark.slow
    def test_has_the_intervals_of_its_answer(self, table: Path, draws: sl.Draws) -> None:
        code, text = run("allocate", table, *SEED, "--flops", "1e21", "--flops", "1e23", "--json")
        assert code == 0
        sure = json.loads(text)["intervals"]
        assert (sure["level"], sure["kind"], sure["notes"]) == (0.95, "bca", [])
        budgets = np.array([1e21, 1e23])
        for name in ("N", "D"):
            best = lambda p: getattr(sl.laws.chinchilla.optimum(p, budgets), name)  # type: ignore[misc]  # noqa: B023, E731
            ends = [sure["of"][name]["low"], sure["of"][name]["high"]]
            # Of 200 draws, the rounding of the acceleration moves a BCa end by a share of the gap between two.
            np.testing.assert_allclose(ends, draws.interval(best), rtol=1e-3)
        assert set(sure["of"]) == {"N", "D", "tokens_per_parameter", "L"}

    @pytest.mark.slow
    def test_of_a_saved_fit_is_that_of_its_table(self, table: Path, results: Path) -> None:
        asked = ("--loss-target", "2.3", "--bootstrap", "50", "--starts", "projected", "--json")
        fresh, saved = (
            json.loads(run("allocate", source, *asked)[1]) for source in (table, results / "fit.json")
        )
        np.testing.assert_allclose(
            fresh["intervals"]["of"]["C"]["low"], saved["intervals"]["of"]["C"]["low"], rtol=1e-6
        )

    def test_prints_them_and_says_what_some_draws_cannot_reach(self, table: Path, draws: sl.Draws) -> None:
        target = f"{np.median(draws.params.E):.4f}"
        code, text = run(
            "allocate", table, *SEED, "--loss-target", max(target, f"{draws.fit.params.E + 1e-3:.4f}")
        )
        assert code == 0
        assert "95 % bca intervals; L is the law's mean" in text
        assert (
            "of 200 draws have no such split and do not count; of what more than a tenth lacks there is no interval"
            in text
        )
