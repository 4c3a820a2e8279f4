"""Calibrated predictions: weights, mixture and excess by hand; what they cover; when they are refused."""

import jax.numpy as jnp
import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.validation.calibrated import Past, mix, weigh
from scalelaw.validation.trials import Cutoff, Trial
from surfaces import isoflops, normal, sweep

N, D = isoflops(9, 8)
FAR = {"N": 7e10, "D": 1.4e12}


@pytest.fixture(scope="module")
def right() -> sl.Calibrated:
    return sl.calibrate(sl.fit(sweep(N, D, noise=normal(72, 0.003)), starts="projected"), replicates=60)


@pytest.fixture(scope="module")
def real() -> sl.Calibrated:
    return sl.calibrate(sl.fit(sl.read_dataset("sweep"), starts="projected"), replicates=60)


def trial(law: str, error: float, count: int = 10) -> Trial:
    line = Cutoff(1.0, np.arange(3), np.arange(count))
    one = np.ones(count)
    return Trial(law, line, None, True, one, error * one, -one, one, 0.01 * one, 0.01)


class TestMixture:
    def test_is_that_of_its_parts(self) -> None:
        """Mean and variance of draws from two normals, 40 % and 60 %."""
        rng = np.random.default_rng(0)
        parts = [rng.normal(1, 0.5, 400_000), rng.normal(2, 0.3, 600_000)]
        mean, deviation = mix([0.4, 0.6], [np.array(1.0), np.array(2.0)], [0.4, 0.0], [0.3, 0.3])
        drawn = np.concatenate(parts)
        assert mean == pytest.approx(drawn.mean(), abs=2e-3)
        assert deviation == pytest.approx(drawn.std(), abs=2e-3)

    def test_weights_follow_errors(self) -> None:
        """Twice the error over four cut-offs, two of them independent: a quarter of the odds."""
        rounds = [[trial("a", 0.01), trial("b", 0.02)]] * 4
        np.testing.assert_allclose(weigh(rounds), [0.8, 0.2])

    def test_equal_laws_share(self) -> None:
        np.testing.assert_allclose(weigh([[trial("a", 0.01), trial("b", -0.01)]] * 3), [0.5, 0.5])

    def test_of_one_law_is_that_law(self) -> None:
        fit = sl.fit(sweep(N, D, noise=normal(72, 0.003)), starts="projected")
        alone = sl.calibrate(fit, [], replicates=60)
        assert alone.weights == {"chinchilla": 1.0}
        assert alone.predict(**FAR).estimate == pytest.approx(fit.predict(**FAR))


class TestWidening:
    DISTANCE = np.array([0.0, 0.5, 1.0, 2.0])

    def widening(self, error: float) -> np.ndarray:
        """After ten errors of so many stated deviations, all a decade out."""
        return Past(np.zeros(10, int), np.ones(10), np.full(10, error), np.ones(10)).widening(self.DISTANCE)

    def test_grows_with_the_distance_where_errors_were_larger(self) -> None:
        np.testing.assert_allclose(self.widening(2.0) ** 2, 1 + 3 * self.DISTANCE**2)

    def test_goes_a_third_of_the_way_where_they_were_smaller(self) -> None:
        """A quarter of the variance: three quarters of it from the mean distance on."""
        np.testing.assert_allclose(self.widening(0.5) ** 2, [1, 1 - 0.25 / 4, 0.75, 0.75])

    def test_is_nothing_where_they_were_as_stated(self) -> None:
        np.testing.assert_allclose(self.widening(1.0), 1)


class TestIntervals:
    @pytest.mark.slow
    def test_grow_with_the_distance_beyond_the_runs(self, real: sl.Calibrated) -> None:
        scale = np.array([1.0, 10.0, 100.0])
        said = real.predict(N=2e5 * np.sqrt(scale), D=1e7 * np.sqrt(scale))
        assert (np.diff(np.log(said.high / said.low)) > 0).all()

    def test_within_the_runs_nothing_is_changed(self, right: sl.Calibrated) -> None:
        at = {"N": np.array(1e9), "D": np.array(2e10)}
        mean, deviation = right.mixed(at)
        said = right.predict(level=0.6826894921370859, **at)
        np.testing.assert_allclose(
            np.log([said.low, said.high]), [mean - deviation, mean + deviation], rtol=1e-9
        )

    def test_hold_the_losses_of_a_law_that_is_right(self, right: sl.Calibrated) -> None:
        said = right.predict(**FAR)
        truth = 1.8 + 480 / FAR["N"] ** 0.35 + 2100 / FAR["D"] ** 0.37
        assert said.low < truth < said.high

    def test_quantiles_rise(self, right: sl.Calibrated) -> None:
        at = right.quantiles([0.025, 0.5, 0.975], **FAR)
        assert (np.diff(at) > 0).all()
        said = right.predict(**FAR)
        np.testing.assert_allclose(at, [said.low, said.estimate, said.high])

    def test_say_what_they_rest_on(self, real: sl.Calibrated) -> None:
        basis, reach = real.predict(**FAR).notes
        assert basis.startswith(f"calibrated on {len(real.past.error)} errors of back-tests at 5 cut-offs")
        assert "beyond that nothing supports the interval" in reach

    @pytest.mark.slow
    def test_by_name(self, right: sl.Calibrated) -> None:
        draws = right.members[0].draws
        said = sl.prediction_interval(draws, kind="calibrated", level=0.9, **FAR)
        expected = sl.calibrate(draws.fit, draws=draws).predict(level=0.9, **FAR)
        assert (said.low, said.high, said.notes) == (expected.low, expected.high, expected.notes)
        assert sl.prediction_interval(draws, **FAR).notes != said.notes

    def test_fall_back_where_runs_are_few(self) -> None:
        few = sl.fit(sweep(*isoflops(3, 4), noise=normal(12, 0.003)), starts="projected")
        draws = sl.bootstrap(few, 60)
        said = sl.prediction_interval(draws, kind="calibrated", **FAR)
        stated = sl.prediction_interval(draws, **FAR)
        assert said[:3] == stated[:3]
        assert said.notes[0].startswith("not calibrated by back-tests: ")


class TestSweep:
    @pytest.mark.slow
    def test_the_larger_runs_are_held(self) -> None:
        """Fitted to the half of the range: the stated intervals miss most later runs, the calibrated hold them."""
        runs = sl.read_dataset("sweep")
        C = 6 * runs.N * runs.D
        below = C <= np.exp(np.mean(np.log([C.min(), C.max()])))
        fit = sl.fit(runs.taken(np.flatnonzero(below)), starts="projected")
        later = runs.taken(np.flatnonzero(~below))
        at = later.inputs(("N", "D"))
        known = sl.calibrate(fit, replicates=60)
        said, stated = known.predict(**at), sl.prediction_interval(known.members[0].draws, **at)
        assert np.mean((stated.low <= later.L) & (later.L <= stated.high)) < 0.6
        assert np.mean((said.low <= later.L) & (later.L <= said.high)) > 0.9

    def test_chinchillas_law_has_the_least_say(self, real: sl.Calibrated) -> None:
        assert real.weights["chinchilla"] < 0.1


class TestOptima:
    def test_every_law_and_a_band_that_holds_them(self, right: sl.Calibrated) -> None:
        frame = right.optimal([1e22, 1e24]).frame
        assert len(frame) == 2 * (len(right.members) + 1)
        for _, part in frame.groupby("C"):
            band = part[part["law"] == "all"].iloc[0]
            for name in ("N", "D", "ratio"):
                own = part[(part["law"] != "all") & (part["weight"] >= 0.05)][name]
                assert band[f"{name}_low"] <= own.min()
                assert own.max() <= band[f"{name}_high"]

    def test_of_the_first_law_are_those_of_its_allocation(self, right: sl.Calibrated) -> None:
        frame = right.optimal(1e23).frame.set_index("law")
        best = sl.allocate(right.members[0].fit, C=1e23)
        assert frame.loc["chinchilla", "N"] == pytest.approx(best.N)
        logs = right.members[0].draws.of(lambda p: jnp.log(sl.optimal(sl.laws.chinchilla, p, 1e23).N))
        low, high = np.exp(np.quantile(logs, [0.025, 0.975]))
        assert frame.loc["chinchilla", "N_low"] == pytest.approx(low, rel=1e-9)
        assert frame.loc["chinchilla", "N_high"] == pytest.approx(high, rel=1e-9)


class TestRefused:
    def test_too_few_runs(self) -> None:
        few = sl.fit(sweep(*isoflops(3, 4), noise=normal(12, 0.003)), starts="projected")
        with pytest.raises(BadInput, match=r"^sweep: "):
            sl.calibrate(few)

    def test_other_inputs(self, right: sl.Calibrated) -> None:
        with pytest.raises(
            BadInput, match=r"inputs must be exactly those of law 'chinchilla' \(N, D\), got N"
        ):
            right.predict(N=1e9)

    def test_a_level_that_is_none(self, right: sl.Calibrated) -> None:
        with pytest.raises(BadInput, match="level must be"):
            right.predict(level=1.5, **FAR)
