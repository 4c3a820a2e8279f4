"""Forecasts: kept to the last bit, refused when edited, and scored as by hand."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, norm

import scalelaw as sl
from scalelaw._checks import BadInput
from scalelaw._json import plain
from scalelaw.uncertainty import Prediction
from scalelaw.validation import PROBABILITIES, Distribution, digest
from surfaces import TRUTH, isoflops, losses, normal, sweep

AT = {"N": np.array([1e9, 2e10, 7e9]), "D": np.array([2e10, 4e11, 1.4e11])}


@pytest.fixture(scope="module")
def fit() -> sl.Fit:
    return sl.fit(sweep(*isoflops(6, 8), noise=normal(48, 0.01)), starts="projected")


@pytest.fixture(scope="module")
def draws(fit: sl.Fit) -> sl.Draws:
    return sl.bootstrap(fit, 200)


@pytest.fixture(scope="module")
def kept(draws: sl.Draws) -> sl.Forecast:
    return sl.forecast(draws, **AT)


@pytest.fixture
def file(kept: sl.Forecast, tmp_path: Path) -> Path:
    kept.save(tmp_path / "plan.json")
    return tmp_path / "plan.json"


def gaussian(fit: sl.Fit, means: np.ndarray, sds: np.ndarray, level: float = 0.9) -> sl.Forecast:
    """A forecast of one's own: log loss is normal at each point of AT."""
    quantiles = np.exp(norm.ppf(np.array(PROBABILITIES)[:, None], means, sds))
    low, high = (np.exp(norm.ppf(tail, means, sds)) for tail in ((1 - level) / 2, (1 + level) / 2))
    prediction = Prediction(low, high, np.exp(means), ("by feeling",))
    return sl.Forecast.of(fit, AT, prediction, quantiles, level=level, kind="normal", resamples={})


def results(L: Any, N: Any = AT["N"], D: Any = AT["D"]) -> sl.Runs:
    table = pd.DataFrame({"N": N, "D": D, "L": L})
    return sl.Runs.from_frame(table, N="N", D="D", L="L", source="results.csv")


class TestKept:
    def test_holds_interval_and_quantiles_of_a_new_run(self, kept: sl.Forecast, draws: sl.Draws) -> None:
        expected = sl.prediction_interval(draws, **AT)
        np.testing.assert_array_equal([kept.low, kept.high, kept.predicted], expected[:3])
        tails = kept.quantiles[[PROBABILITIES.index(0.025), PROBABILITIES.index(0.975)]]
        np.testing.assert_allclose(tails, expected[:2], rtol=1e-14)
        for level, (low, high) in {0.99: (0, -1), 0.9: (2, -3), 0.5: (4, -5)}.items():
            ends = sl.prediction_interval(draws, level=level, **AT)[:2]
            np.testing.assert_allclose(kept.quantiles[[low, high]], ends, rtol=1e-14)

    def test_says_law_data_and_versions(self, kept: sl.Forecast, fit: sl.Fit) -> None:
        assert kept.law["name"] == "chinchilla"
        assert kept.law["params"] == fit.params._asdict()
        assert kept.law["objective"] == {
            "residual": "log",
            "loss": "huber",
            "delta": 1e-3,
            "auto": False,
            "value": fit.objective,
        }
        assert (kept.data["sha256"], kept.data["runs"]) == (fit.runs.sha256, 48)
        assert kept.data["ranges"]["N"] == (fit.runs.N.min(), fit.runs.N.max())
        assert kept.resamples == {"scheme": "runs drawn with replacement (seed 0)", "replicates": 200}
        assert kept.versions["scalelaw"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", kept.written)
        assert [note.split(" of the runs")[0] for note in kept.notes] == ["C = 4.8e22 is beyond the largest"]

    def test_comes_back_to_the_last_bit(self, kept: sl.Forecast, file: Path) -> None:
        again = sl.Forecast.load(file)
        assert (again.sha256, again.to_dict()) == (kept.sha256, kept.to_dict())
        assert str(again) == str(kept)
        for name in ("predicted", "low", "high", "quantiles", "probabilities"):
            np.testing.assert_array_equal(getattr(again, name), getattr(kept, name))
        for name, values in kept.points.items():
            np.testing.assert_array_equal(again.points[name], values)

    def test_is_not_written_over(self, kept: sl.Forecast, file: Path) -> None:
        before = file.read_bytes()
        message = r"written to a new file, got .*plan\.json, which exists; name another: .* proves nothing"
        with pytest.raises(BadInput, match=message):
            kept.save(file)
        assert file.read_bytes() == before

    def test_leaves_nothing_where_it_cannot_be_written(self, kept: sl.Forecast, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="forecast must be a file that can be written"):
            kept.save(tmp_path / "nowhere" / "plan.json")
        assert list(tmp_path.iterdir()) == []

    def test_a_point_that_was_run_is_said(self, draws: sl.Draws, fit: sl.Fit) -> None:
        kept = sl.forecast(draws, N=[fit.runs.N[5], 1e9], D=[fit.runs.D[5], 2e10])
        assert [note for note in kept.notes if "had been run before" in note] == [
            f"{kept.named[0]} had been run before this was written: row 6 of sweep"
        ]


class TestEdited:
    def test_any_other_digit_is_refused(self, file: Path) -> None:
        """Every digit of the file in turn, those beyond double precision too."""
        text = file.read_text()
        places = [match.start() for match in re.finditer(r"\d", text)]
        assert len(places) > 1000
        edited = file.with_name("edited.json")
        for place in places[:: len(places) // 200]:
            edited.write_text(f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}")
            with pytest.raises(BadInput, match=r"edited|format|forecast 1|not JSON"):
                sl.Forecast.load(edited)

    def test_both_hashes_are_said(self, kept: sl.Forecast, file: Path) -> None:
        file.write_text(file.read_text().replace('"level": 0.95', '"level": 0.9'))
        message = (
            rf"got .*plan\.json, which was edited after it was written: its sha256 is {kept.sha256}, "
            r"of what stands there [0-9a-f]{64}; take"
        )
        with pytest.raises(BadInput, match=message):
            sl.Forecast.load(file)

    def test_notes_and_names_count_too(self, file: Path) -> None:
        values = json.loads(file.read_text())
        for edit in ({"notes": []}, {"law": {**values["law"], "name": "skaling"}}, {"more": 1}):
            file.write_text(json.dumps(values | edit))
            with pytest.raises(BadInput, match="edited after it was written"):
                sl.Forecast.load(file)

    def test_spaces_and_order_do_not(self, kept: sl.Forecast, file: Path) -> None:
        values = json.loads(file.read_text())
        file.write_text(json.dumps(dict(reversed(values.items()))))
        assert sl.Forecast.load(file).sha256 == kept.sha256

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("L = 2", r"the JSON that `save` wrote, got .*, which is not JSON"),
            ('{"format": "scalelaw fit 1"}', r"\('scalelaw forecast 1'\), got .*, which is something else"),
            ("[]", "which is something else"),
        ],
    )
    def test_other_files_are_refused(self, tmp_path: Path, text: str, message: str) -> None:
        (tmp_path / "plan.json").write_text(text)
        with pytest.raises(BadInput, match=message):
            sl.Forecast.load(tmp_path / "plan.json")

    def test_no_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match=r"a file that can be read, got .*plan\.json \(No such file"):
            sl.Forecast.load(tmp_path / "plan.json")

    def test_a_part_that_lacks_is_refused_whatever_the_hash(self, kept: sl.Forecast, file: Path) -> None:
        values = kept.to_dict()
        del values["points"]
        sha256 = digest(json.dumps(values))
        file.write_text(json.dumps({**values, "sha256": sha256}))
        with pytest.raises(BadInput, match=r"plan\.json: forecast must be whole .*lacks 'points'"):
            sl.Forecast.load(file)


class TestRefused:
    def test_a_point_twice(self, draws: sl.Draws) -> None:
        message = "points must be different from each other, got N = 1B, D = 20B more than once"
        with pytest.raises(BadInput, match=message):
            sl.forecast(draws, N=[1e9, 1e9], D=2e10)

    def test_other_inputs(self, draws: sl.Draws) -> None:
        with pytest.raises(BadInput, match="inputs must be exactly those of law 'chinchilla'"):
            sl.forecast(draws, N=1e9)

    def test_quantiles_that_do_not_ascend(self, fit: sl.Fit) -> None:
        said = Prediction(*np.full((3, 3), 2.0), ())
        of = partial(sl.Forecast.of, fit, AT, said, level=0.9, kind="", resamples={})
        with pytest.raises(BadInput, match="quantiles must be those of a positive loss, got -1"):
            of(np.full((11, 3), -1.0))
        with pytest.raises(BadInput, match=r"quantiles must be ascending, .* nothing to score"):
            of(np.full((11, 3), 2.0))


class TestScores:
    MEANS, SDS = np.log([2.2, 2.0, 2.1]), np.array([0.01, 0.02, 0.005])
    OBSERVED = np.array([2.21, 1.9, 2.1])

    @pytest.fixture
    def scores(self, fit: sl.Fit) -> sl.Scores:
        """In another order than the forecast's."""
        order = [2, 0, 1]
        said = gaussian(fit, self.MEANS, self.SDS)
        return sl.score(said, results(self.OBSERVED[order], AT["N"][order], AT["D"][order]))

    def test_are_those_of_normal_densities(self, scores: sl.Scores) -> None:
        y = np.log(self.OBSERVED)
        np.testing.assert_allclose(scores.log_score, norm.logpdf(y, self.MEANS, self.SDS), rtol=1e-10)
        np.testing.assert_allclose(scores.pit, norm.cdf(y, self.MEANS, self.SDS), rtol=1e-9)
        np.testing.assert_allclose(scores.expected, -np.log(self.SDS * np.sqrt(2 * np.pi * np.e)))

    def test_by_hand(self, scores: sl.Scores) -> None:
        np.testing.assert_allclose(scores.observed, self.OBSERVED)
        np.testing.assert_allclose(scores.error, [-100 * 0.01 / 2.21, 100 * 0.1 / 1.9, 0], atol=1e-12)
        assert scores.inside.tolist() == [True, False, True]
        total = scores.summary()
        assert (total["points"], total["scored"], total["inside"]) == (3, 3, 2 / 3)
        assert total["rms"] == pytest.approx(np.sqrt((0.45248869**2 + 5.26315789**2) / 3), rel=1e-8)
        assert total["bias"] == pytest.approx((-0.45248869 + 5.26315789) / 3, rel=1e-8)
        assert total["log_score"] == pytest.approx(scores.log_score.mean())

    def test_are_printed(self, scores: sl.Scores) -> None:
        lines = str(scores).splitlines()
        assert lines[1].startswith(
            "3 of 3 points were run: predicted to 3 % root mean square, +1.6 % on average; "
            "2 of 3 lie in their 90 % intervals; log score"
        )
        assert lines[4].split()[:5] == ["20B", "400B", "1.9000", "2.0000", "+5.26"]
        assert lines[4].endswith("outside")

    def test_as_a_frame_and_for_json(self, scores: sl.Scores) -> None:
        frame = scores.to_frame()
        assert frame["row"].tolist() == [2, 3, 1]
        record = json.loads(json.dumps(plain(scores.to_dict())))
        assert record["forecast"]["sha256"] == scores.forecast.sha256
        assert record["scores"]["inside"] == 2 / 3
        assert record["points"][1]["inside"] is False

    def test_pit_of_all_pairs_of_draw_and_residual_is_uniform(
        self, draws: sl.Draws, kept: sl.Forecast
    ) -> None:
        """Of the very distribution whose eleven quantiles are kept: what lies between them is interpolated."""
        logs = np.log([draws.fit.law.predict(p, **AT) for p in _each(draws)])
        pairs = np.sort((logs[:, None] - draws.fit.residuals[:, None] * np.sqrt(48 / 43)).reshape(-1, 3).T)
        rank = (np.arange(pairs.shape[1]) + 0.5) / pairs.shape[1]
        for values, column in zip(pairs, np.log(kept.quantiles.T), strict=True):
            said = Distribution(kept.probabilities, column)
            pit = np.array([said.probability(y) for y in values[::20]])
            np.testing.assert_allclose(pit, rank[::20], atol=0.04)
            at = np.searchsorted(values, column)
            np.testing.assert_allclose(at / len(values), PROBABILITIES, atol=2 / len(values))

    def test_pit_of_new_runs_is_uniform(self) -> None:
        """240 runs make a law of which 200 new ones differ by hardly more than noise."""
        fit = sl.fit(sweep(*isoflops(12, 20), noise=normal(240, 0.01)), starts="projected")
        N, D = isoflops(10, 20, 3e18, 3e21)
        said = sl.forecast(sl.bootstrap(fit, 50), N=N, D=D)
        scores = sl.score(said, results(losses(TRUTH, N, D) * np.exp(normal(200, 0.01, 8)), N, D))
        assert kstest(scores.pit, "uniform").pvalue > 0.01
        # Three standard errors of 200 runs.
        assert scores.inside.mean() == pytest.approx(0.95, abs=0.046)
        error = scores.log_score.std() / np.sqrt(200)
        assert scores.log_score.mean() == pytest.approx(scores.expected.mean(), abs=3 * error)

    @pytest.mark.slow
    def test_runs_of_the_law_itself_are_covered(self) -> None:
        """A new data set and new runs for each of 60 forecasts: PIT uniform, 95 % inside."""
        pit, inside = [], []
        for seed in range(60):
            fit = sl.fit(sweep(*isoflops(6, 8), noise=normal(48, 0.01, seed)), starts="projected")
            said = sl.forecast(sl.bootstrap(fit, 100), **AT)
            truth = losses(TRUTH, AT["N"], AT["D"]) * np.exp(normal(3, 0.01, 1000 + seed))
            scores = sl.score(said, results(truth))
            pit.append(scores.pit[0])
            inside.append(scores.inside.mean())
        assert kstest(pit, "uniform").pvalue > 0.01
        assert np.mean(inside) > 0.9


def _each(draws: sl.Draws) -> list[Any]:
    """The usable draws, one NamedTuple each."""
    rows = draws.to_frame()[list(draws.fit.law.fields)][draws.usable]
    return [draws.fit.law.Params(*row) for row in rows.to_numpy()]


class TestMatched:
    L = np.array([2.2, 2.0, 2.1])

    def test_within_the_tolerance(self, kept: sl.Forecast) -> None:
        near = results(self.L, AT["N"] * (1 + 9e-7), AT["D"] * (1 - 9e-7))
        assert sl.score(kept, near).points.tolist() == [0, 1, 2]
        with pytest.raises(
            BadInput,
            match=r"^results.csv: a result must be within 1e-07 \(relative\) of a point of the forecast, got "
            r"none; the nearest is row 1, 1.1e-05 % off N = 1B, D = 20B; check the columns, or give a larger",
        ):
            sl.score(kept, results(self.L[:1], AT["N"][:1] * (1 + 1.1e-7), AT["D"][:1]), tolerance=1e-7)

    def test_points_without_a_run_and_other_runs_are_said(self, kept: sl.Forecast) -> None:
        scores = sl.score(kept, results([3.0, 2.2, 3.0], [1e8, 1e9, 1e8], [2e10, 2e10, 3e10]))
        assert (scores.points.tolist(), scores.found.tolist()) == ([0], [1])
        assert scores.notes == (
            "no run yet at N = 20B, D = 400B",
            "no run yet at N = 7B, D = 140B",
            "rows at no point of the forecast: 1, 3 of results.csv",
        )
        assert str(scores).endswith("note: rows at no point of the forecast: 1, 3 of results.csv")

    def test_two_runs_at_one_point_are_refused(self, kept: sl.Forecast) -> None:
        with pytest.raises(
            BadInput,
            match=r"^results.csv: results must be one a point, got rows 1 and 3 at N = 1B, D = 20B; keep one",
        ):
            sl.score(kept, results(self.L, [1e9, 2e10, 1e9], [2e10, 4e11, 2e10]))

    def test_a_run_at_two_points_is_refused(self, draws: sl.Draws) -> None:
        kept = sl.forecast(draws, N=[1e9, 1.01e9], D=2e10)
        with pytest.raises(
            BadInput,
            match=r"^results.csv, row 1: a result must be that of one point, got a run near both N = 1B",
        ):
            sl.score(kept, results([2.2], [1.005e9], [2e10]), tolerance=0.02)

    def test_runs_without_an_input_are_refused(self, kept: sl.Forecast) -> None:
        table = pd.DataFrame({"N": [1e9], "L": [2.2]})
        runs = sl.Runs.from_frame(table, N="N", L="L", source="results.csv")
        with pytest.raises(BadInput, match=r"^results.csv: input must be one of 'N', got 'D'"):
            sl.score(kept, runs)

    def test_a_tolerance_out_of_range_is_refused(self, kept: sl.Forecast) -> None:
        with pytest.raises(BadInput, match="tolerance must be a number between 0 and 1"):
            sl.score(kept, results(self.L), tolerance=0)
