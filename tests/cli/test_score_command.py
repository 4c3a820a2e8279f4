"""`scalelaw predict --forecast` and `scalelaw score`."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from commands import run

AT = ("--at", "N=20B,D=400B", "--at", "N=7B,D=140B")


@pytest.fixture(scope="module")
def plan(table: Path) -> Path:
    """Two points of a law fitted to `table`."""
    path = table.with_name("plan.json")
    words = ("--starts", "projected", "--bootstrap", 100, "--no-backtest", "--forecast", path)
    code, text = run("predict", table, *AT, *words)
    assert code == 0, text
    assert text.endswith(f"forecast kept in {path}, sha256 {sl.Forecast.load(path).sha256}\n")
    return path


def results(folder: Path, **columns: object) -> Path:
    path = folder / "results.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


class TestForecast:
    def test_holds_what_is_printed(self, table: Path, plan: Path, tmp_path: Path) -> None:
        words = ("--starts", "projected", "--bootstrap", 100, "--no-backtest")
        words += ("--forecast", tmp_path / "p.json", "--json")
        code, text = run("predict", table, *AT, *words)
        assert code == 0
        printed, kept = json.loads(text), sl.Forecast.load(tmp_path / "p.json")
        assert printed["forecast"] == {"file": str(tmp_path / "p.json"), "sha256": kept.sha256}
        rows = printed["predictions"]
        assert kept.predicted.tolist() == [row["L"] for row in rows]
        for end in ("low", "high"):
            said = [row["new_run"][end] for row in rows]
            np.testing.assert_allclose(getattr(kept, end), said, rtol=1e-14)
        np.testing.assert_array_equal(kept.quantiles, sl.Forecast.load(plan).quantiles)

    @pytest.mark.slow
    def test_holds_the_calibrated_intervals_where_there_are_some(self, table: Path, tmp_path: Path) -> None:
        words = ("--starts", "projected", "--bootstrap", 100, "--forecast", tmp_path / "p.json", "--json")
        _, text = run("predict", table, *AT, *words)
        kept = sl.Forecast.load(tmp_path / "p.json")
        rows = [row["calibrated"] for row in json.loads(text)["predictions"]]
        for name, end in (("predicted", "L"), ("low", "low"), ("high", "high")):
            np.testing.assert_allclose(getattr(kept, name), [row[end] for row in rows], rtol=1e-12)
        assert "calibrated on" in kept.kind

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (AT, "--forecast must be given with --bootstrap, got no resamples; add --bootstrap 4000"),
            (
                ("--held-out", "sweep-heldout", "--bootstrap", 20),
                "--forecast must be given with --at, got no points; add --at N=70B,D=1.4T",
            ),
            ((), "--at or --held-out must be given, got neither"),
        ],
    )
    def test_needs_points_and_resamples(
        self, table: Path, tmp_path: Path, words: tuple[object, ...], message: str
    ) -> None:
        code, text = run("predict", table, *words, "--forecast", tmp_path / "p.json")
        assert (code, text.partition(message)[1]) == (2, message)
        assert list(tmp_path.iterdir()) == []

    def test_is_not_written_over(self, table: Path, plan: Path) -> None:
        before = plan.read_bytes()
        code, text = run("predict", table, *AT, "--bootstrap", 20, "--forecast", plan)
        assert code == 2
        assert f"forecast must be written to a new file, got {plan}, which exists; name another" in text
        assert plan.read_bytes() == before

    def test_other_inputs_leave_no_file(self, table: Path, tmp_path: Path) -> None:
        words = ("--starts", "projected", "--bootstrap", 20, "--forecast", tmp_path / "p.json")
        code, text = run("predict", table, "--at", "N=7B", *words)
        assert code == 2
        assert "--at must be of exactly the inputs N, D" in text
        assert list(tmp_path.iterdir()) == []


class TestScore:
    def test_says_errors_and_scores(self, plan: Path, tmp_path: Path) -> None:
        said = sl.Forecast.load(plan)
        made = results(tmp_path, size=["7B", "20B"], D=["140B", "400B"], loss=[said.high[1] * 1.01, 2.0])
        code, text = run("score", plan, made, "--N", "size", "--json")
        assert code == 0
        answer = json.loads(text)
        assert set(answer) == {"forecast", "results", "scores", "points", "notes"}
        assert answer["forecast"]["sha256"] == said.sha256
        expected = sl.score(said, sl.read_runs(made, N="size"))
        assert answer["scores"] == expected.summary()
        first, second = answer["points"]
        assert (first["row"], first["observed"], first["N"]) == (2, 2.0, 20e9)
        assert first["error"] == pytest.approx(100 * (said.predicted[0] / 2 - 1))
        assert (second["inside"], second["pit"] > 0.975) == (False, True)
        code, text = run("score", plan, made, "--N", "size")
        assert (code, text) == (0, f"{expected}\n")

    def test_scores_a_data_set(self, tmp_path: Path) -> None:
        fit = sl.fit(sl.read_dataset("sweep"), starts="projected")
        larger = sl.read_dataset("sweep-heldout")
        sl.forecast(sl.bootstrap(fit, 50), N=larger.N, D=larger.D).save(tmp_path / "plan.json")
        code, text = run("score", tmp_path / "plan.json", "--dataset", "sweep-heldout", "--json")
        assert code == 0
        answer = json.loads(text[text.index("{") :])
        assert [row["observed"] for row in answer["points"]] == larger.L.tolist()
        assert answer["scores"]["scored"] == 5

    def test_refuses_an_edited_file(self, plan: Path, tmp_path: Path) -> None:
        edited = tmp_path / "edited.json"
        edited.write_text(plan.read_text().replace('"level": 0.95', '"level": 0.96'))
        code, text = run("score", edited, "results.csv")
        assert code == 2
        sha256 = sl.Forecast.load(plan).sha256
        assert f"{edited}, which was edited after it was written: its sha256 is {sha256}, of what" in text

    @pytest.mark.parametrize(
        ("columns", "words", "message"),
        [
            ({"N": [7e9], "D": [1.4e11]}, (), "the loss L must be in a column with a name known for it"),
            (
                {"N": [7.1e9], "D": [1.4e11], "loss": [2.1]},
                (),
                "results.csv: a result must be within 1e-06 (relative) of a point of the forecast, got none; the "
                "nearest is row 1, 1.4 % off N = 7B, D = 140B",
            ),
            (
                {"N": [7e9, 7e9], "D": [1.4e11] * 2, "loss": [2.1, 2.2]},
                (),
                "results.csv: results must be one a point, got rows 1 and 2 at N = 7B, D = 140B",
            ),
            (
                {"N": [7e9], "D": [1.4e11], "loss": [2.1]},
                ("--tolerance", 2),
                "tolerance must be a number between 0 and 1",
            ),
            (
                {"N": [7e9], "D": [1.4e11], "loss": [2.1]},
                ("--dataset", "sweep"),
                "the runs must be a table or --dataset NAME, not both",
            ),
        ],
    )
    def test_refuses_in_a_sentence(
        self,
        plan: Path,
        tmp_path: Path,
        columns: dict[str, object],
        words: tuple[object, ...],
        message: str,
    ) -> None:
        code, text = run("score", plan, results(tmp_path, **columns), *words)
        assert (code, text.partition(message)[1]) == (2, message)

    def test_needs_results(self, plan: Path) -> None:
        code, text = run("score", plan)
        assert code == 2
        assert "the runs must be a table of runs or --dataset NAME, got neither" in text

    def test_takes_runs_near_a_point(self, plan: Path, tmp_path: Path) -> None:
        made = results(tmp_path, N=[7.1e9], D=[1.4e11], loss=[2.1])
        code, text = run("score", plan, made, "--tolerance", 0.02)
        assert code == 0
        assert "1 of 2 points were run" in text
        assert "note: no run yet at N = 20B, D = 400B" in text
