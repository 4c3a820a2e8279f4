"""Back-tests: cuts, errors and intervals held to a fit of each part by hand; what is refused; laws ranked."""

import json

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.validation.ranking import compare
from scalelaw.validation.trials import cut
from surfaces import isoflops, normal, sweep

N, D = isoflops(9, 8)
QUICK = {"replicates": 40}


@pytest.fixture(scope="module")
def right() -> sl.Backtest:
    """Three laws on a table of Chinchilla's, one of noise 0.3 %."""
    return sl.backtest(sweep(N, D, noise=normal(72, 0.003)), **QUICK)


@pytest.fixture(scope="module")
def real() -> sl.Backtest:
    """Two laws on the package's own sweep."""
    return sl.backtest(sl.read_dataset("sweep"), ["chinchilla", "skaling"], **QUICK)


class TestCuts:
    def test_are_at_shares_of_the_range_of_the_log(self) -> None:
        lines = cut(sweep(N, D), "C")
        assert [len(line.seen) for line in lines] == [32, 40, 48, 56]
        for line in lines:
            C = 6 * N * D
            assert C[line.seen].max() == line.value < C[line.later].min()
            assert len(line.seen) + len(line.later) == 72

    def test_as_people_write_them(self) -> None:
        (line,) = cut(sweep(N, D), "D", ["3B"])
        assert (D[line.seen] <= 3e9).all()
        assert (D[line.later] > 3e9).all()

    def test_runs_of_one_budget_stay_together(self) -> None:
        jitter = 1 + 1e-9 * np.arange(72)
        lines = cut(sweep(N * jitter, D), "C", [float(6 * N[39] * D[39])])
        assert len(lines[0].seen) == 40


class TestTrials:
    def test_errors_are_those_of_a_fit_by_hand(self, right: sl.Backtest) -> None:
        for trial in right.of("chinchilla"):
            by_hand = sl.fit(right.runs.taken(trial.cutoff.seen))
            later = right.runs.taken(trial.cutoff.later)
            error = np.log(by_hand.predict(N=later.N, D=later.D) / later.L)
            np.testing.assert_allclose(trial.error, error, atol=1e-8)

    def test_intervals_are_those_of_a_bootstrap_by_hand(self, right: sl.Backtest) -> None:
        trial = right.of("chinchilla")[-1]
        by_hand = sl.fit(right.runs.taken(trial.cutoff.seen), starts="projected")
        later = right.runs.taken(trial.cutoff.later)
        said = sl.prediction_interval(sl.bootstrap(by_hand, 40, 0), N=later.N, D=later.D)
        np.testing.assert_allclose(trial.low, np.log(said.low / later.L), atol=1e-7)
        np.testing.assert_allclose(trial.high, np.log(said.high / later.L), atol=1e-7)

    def test_distances_are_decades_beyond_what_was_seen(self, right: sl.Backtest) -> None:
        trial = right.trials[0]
        C = 6 * N * D
        expected = np.log10(C[trial.cutoff.later] / C[trial.cutoff.seen].max())
        np.testing.assert_allclose(trial.distance, expected)

    def test_groups_are_drawn_whole(self) -> None:
        model = np.tile(np.arange(8), 9)
        shared = 0.01 * np.random.default_rng(0).standard_normal(8)[model]
        runs = sweep(N, D, noise=shared + normal(72, 0.001))
        grouped = sweep(N, D, noise=shared + normal(72, 0.001), group=model)
        alone, together = (
            sl.backtest(each, ["chinchilla"], cutoffs=[1e21], **QUICK).trials[0].spread.mean()
            for each in (runs, grouped)
        )
        assert together > alone

    def test_by_size(self) -> None:
        runs = sweep(*isoflops(8, 9), noise=normal(72, 0.003))
        found = sl.backtest(runs, ["chinchilla"], by="N", **QUICK)
        trial = found.trials[0]
        assert runs.N[trial.cutoff.seen].max() < runs.N[trial.cutoff.later].min()


class TestTables:
    def test_summary_gives_each_cutoff_one_voice(self, real: sl.Backtest) -> None:
        row = real.summary().set_index("law").loc["skaling"]
        sizes = [np.mean(np.abs(100 * np.expm1(trial.error))) for trial in real.of("skaling")]
        assert row["score"] == pytest.approx(np.mean(sizes))
        inside = [trial.inside.mean() for trial in real.of("skaling")]
        assert row["inside"] == pytest.approx(np.mean(inside))

    def test_bins_of_distance_hold_all_forecasts(self, real: sl.Backtest) -> None:
        bins = real.by_distance()
        assert bins["forecasts"].sum() == len(real.to_frame())
        of_law = bins[bins["law"] == "chinchilla"]
        assert of_law["rms"].is_monotonic_increasing

    def test_parameters_drift_where_the_law_is_wrong(self, real: sl.Backtest, right: sl.Backtest) -> None:
        drifting, steady = real.drift("chinchilla")["E"], right.drift("chinchilla")["E"]
        assert np.ptp(drifting) / drifting.iloc[-1] > 3 * np.ptp(steady) / steady.iloc[-1]

    def test_json_is_plain(self, real: sl.Backtest) -> None:
        said = json.loads(json.dumps(real.to_dict()))
        assert [law["law"] for law in said["laws"]] == ["chinchilla", "skaling"]

    def test_text_has_a_line_a_law(self, real: sl.Backtest) -> None:
        lines = str(real).splitlines()
        assert lines[0].startswith("121 runs of sweep.csv")
        assert [line.split()[0] for line in lines[2:4]] == ["chinchilla", "skaling"]


class TestSweep:
    def test_chinchillas_law_is_too_pessimistic_of_scale(self, real: sl.Backtest) -> None:
        """What the issue measured of this table: several per cent too high, and few inside the intervals."""
        row = real.summary().set_index("law").loc["chinchilla"]
        assert row["bias"] > 4
        assert row["inside"] < 0.6

    def test_skalings_law_predicts_better(self, real: sl.Backtest) -> None:
        difference = compare(real, "chinchilla", "skaling")
        assert difference.better == "skaling"
        assert difference.told_apart
        assert "skaling predicts later runs better than chinchilla" in str(difference)


class TestRank:
    def test_three_judges(self, right: sl.Backtest) -> None:
        found = sl.rank(right)
        frame = found.frame.set_index("law")
        assert frame["score"].is_monotonic_increasing
        assert frame["criterion"].min() == 0
        # The wider laws hold Chinchilla's: they gain little and pay two for their parameter.
        assert frame.loc["chinchilla", "criterion"] < 4
        assert (frame["cross_validation"] < 0.6).all()

    @pytest.mark.slow
    def test_criterion_of_squares_is_that_of_known_noise(self) -> None:
        """2 RSS / (RSS / n) + 2 p, with the noise of the best law: Mallows's, up to a constant."""
        runs = sweep(N, D, noise=normal(72, 0.003))
        tested = sl.backtest(runs, ["chinchilla", "skaling"], loss="squared", **QUICK)
        fits = {
            name: sl.fit(runs, sl.laws.LAWS[name], starts="projected", loss="squared")
            for name in ("chinchilla", "skaling")
        }
        noise = min(np.mean(fit.residuals**2) for fit in fits.values())
        values = {
            name: np.sum(fit.residuals**2) / noise + 2 * fit.certificate.parameters
            for name, fit in fits.items()
        }
        frame = sl.rank(tested).frame.set_index("law")
        expected = values["skaling"] - values["chinchilla"]
        assert frame.loc["skaling", "criterion"] - frame.loc["chinchilla", "criterion"] == pytest.approx(
            expected
        )

    def test_what_cannot_be_told_apart_is_said_so(self, right: sl.Backtest) -> None:
        assert "cannot be told apart" in str(sl.rank(right))

    @pytest.mark.slow
    def test_one_cutoff_has_no_interval(self) -> None:
        tested = sl.backtest(
            sweep(N, D, noise=normal(72, 0.003)), ["chinchilla", "kaplan"], cutoffs=[1e20], **QUICK
        )
        difference = compare(tested, "chinchilla", "kaplan")
        assert difference.low == -np.inf
        assert not difference.told_apart


class TestRefused:
    def test_no_later_runs(self) -> None:
        with pytest.raises(
            BadInput, match=r"^sweep: cut-off must be one with runs below it and at least 3 above"
        ):
            sl.backtest(sweep(N, D), cutoffs=[1e25])

    def test_no_earlier_runs(self) -> None:
        with pytest.raises(BadInput, match=r"with 0 below it and 72 above$"):
            sl.backtest(sweep(N, D), cutoffs=["1e10"])

    def test_one_cutoff_with_fewer_runs_than_parameters(self) -> None:
        with pytest.raises(
            BadInput, match=r"no law could be fitted below any .*8 runs are too few for its 5"
        ):
            sl.backtest(sweep(N, D), ["chinchilla"], cutoffs=[1.1e18])

    @pytest.mark.slow
    def test_a_law_that_is_too_wide_for_a_cutoff_is_left_out_and_said(self) -> None:
        found = sl.backtest(
            sweep(N, D, noise=normal(72, 0.003)), ["tied", "skaling"], cutoffs=[1.1e18, 1e21], **QUICK
        )
        assert len(found.of("skaling")) == 1
        assert "skaling at C = 1e18: 8 runs are too few for its 6 parameters; 12 would do" in found.notes[0]
        assert found.notes[0] in str(found)

    def test_an_input_that_the_table_lacks(self) -> None:
        with pytest.raises(BadInput, match=r"input must be one of .*'U'"):
            sl.backtest(sweep(N, D), ["data_constrained"])

    def test_an_unknown_law(self) -> None:
        with pytest.raises(BadInput, match="law must be one of"):
            sl.backtest(sweep(N, D), ["chincilla"])

    def test_one_amount_of_compute(self) -> None:
        flat = sl.Runs.from_frame(
            pd.DataFrame({"N": N[:8], "D": 1e19 / 6 / N[:8], "L": np.linspace(3, 4, 8)})
        )
        with pytest.raises(BadInput, match="spread over C"):
            sl.backtest(flat)
