"""Prediction intervals: all pairs of draw and residual, what they reduce to, and the new runs they cover."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput
from surfaces import TRUTH, heavy, isoflops, losses, normal, sweep

AT = {"N": 1e9, "D": 2e10}
Noise = Callable[[int, int], np.ndarray]


def fitted(noise: np.ndarray | float, design: tuple[int, int] = (6, 8), **keywords: Any) -> sl.Fit:
    return sl.fit(sweep(*isoflops(*design), noise=noise), starts="projected", **keywords)


@pytest.fixture(scope="module")
def draws() -> sl.Draws:
    return sl.bootstrap(fitted(normal(48, 0.01)), 400)


def middle(values: np.ndarray, level: float) -> list[float]:
    """The ends of the middle of values: the first below or at which a tail lies."""
    ordered = np.sort(values, axis=None)
    tails = ((1 - level) / 2, (1 + level) / 2)
    return [ordered[math.ceil(tail * values.size - 1e-6) - 1] for tail in tails]


class TestReference:
    @pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
    def test_all_pairs_of_draw_and_residual(self, draws: sl.Draws, level: float) -> None:
        """The slow obvious version: 400 draws times 48 residuals, written out and sorted."""
        logs = draws.of(lambda p: jnp.log(losses(p, AT["N"], AT["D"])))  # type: ignore[arg-type]
        expected = np.exp(middle(logs[:, None] - draws.fit.residuals * np.sqrt(48 / 43), level))
        np.testing.assert_allclose(sl.prediction_interval(draws, level=level, **AT)[:2], expected, rtol=1e-12)

    def test_quantiles_are_those_of_all_pairs(self, draws: sl.Draws) -> None:
        """The ends of the intervals are two of them; at two points at once."""
        N, tails = np.array([1e9, 2e8]), (0.001, 0.025, 0.3, 0.5, 0.975)
        found = sl.prediction_quantiles(draws, tails, N=N, D=2e10)
        for i, size in enumerate(N):
            logs = draws.of(lambda p, size=size: jnp.log(losses(p, size, 2e10)))  # type: ignore[misc]
            pairs = np.sort(logs[:, None] - draws.fit.residuals * np.sqrt(48 / 43), axis=None)
            expected = [pairs[math.ceil(tail * pairs.size - 1e-6) - 1] for tail in tails]
            np.testing.assert_allclose(found[:, i], np.exp(expected), rtol=1e-12)
        ends = sl.prediction_interval(draws, N=N, D=2e10)[:2]
        np.testing.assert_allclose(found[[1, 4]], ends, rtol=1e-14)

    @pytest.mark.parametrize("probability", [0, 1, 1.5, float("nan")])
    def test_quantiles_at_no_probability_are_refused(self, draws: sl.Draws, probability: float) -> None:
        with pytest.raises(BadInput, match="probabilities must be a number between 0 and 1"):
            sl.prediction_quantiles(draws, [0.5, probability], **AT)

    @pytest.mark.slow
    def test_residuals_of_a_linear_objective_are_added(self) -> None:
        draws = sl.bootstrap(fitted(normal(48, 0.01), residual="linear", loss="squared"), 100)
        means = draws.of(lambda p: losses(p, AT["N"], AT["D"]))  # type: ignore[arg-type]
        expected = middle(means[:, None] - draws.fit.residuals * np.sqrt(48 / 43), 0.95)
        np.testing.assert_allclose(sl.prediction_interval(draws, **AT)[:2], expected, rtol=1e-12)

    def test_the_mean_has_the_interval_of_its_function(self, draws: sl.Draws) -> None:
        expected = draws.interval(lambda p: losses(p, AT["N"], AT["D"]))  # type: ignore[arg-type]
        np.testing.assert_allclose(sl.mean_interval(draws, **AT), expected, rtol=1e-6)

    def test_arrays_are_taken_point_by_point(self, draws: sl.Draws) -> None:
        whole = sl.prediction_interval(draws, N=[1e9, 2e8], D=2e10)
        for i, N in enumerate([1e9, 2e8]):
            alone = sl.prediction_interval(draws, N=N, D=2e10)
            np.testing.assert_array_equal([end[i] for end in whole[:3]], alone[:3])


class TestLimits:
    def test_without_residuals_it_is_the_interval_of_the_mean(self, draws: sl.Draws) -> None:
        quiet = replace(draws, fit=replace(draws.fit, residuals=np.zeros(48)))
        low, high = sl.mean_interval(draws, **AT, kind="percentile")
        np.testing.assert_allclose(
            sl.prediction_interval(quiet, **AT)[:2], (low, high), atol=0.02 * (high - low)
        )

    def test_without_noise_it_is_the_law(self) -> None:
        draws = sl.bootstrap(fitted(0.0), 50)
        expected = losses(TRUTH, np.array(AT["N"]), np.array(AT["D"]))
        low, high, estimate, _ = sl.prediction_interval(draws, **AT)
        np.testing.assert_allclose([low, high, estimate], expected, rtol=1e-9)
        np.testing.assert_allclose(sl.mean_interval(draws, **AT), expected, rtol=1e-9)

    @pytest.mark.slow
    def test_many_runs_leave_the_noise_alone(self) -> None:
        """Of 1,000 runs the law is known; what is left is normal noise of 1 %."""
        draws = sl.bootstrap(fitted(normal(1000, 0.01), (25, 40)), 100)
        low, high, estimate, _ = sl.prediction_interval(draws, **AT)
        np.testing.assert_allclose(np.log([low / estimate, high / estimate]), [-0.0196, 0.0196], rtol=0.1)

    def test_runs_of_no_weight_lend_no_noise(self) -> None:
        N, D = isoflops(6, 8)
        noise, weight = normal(48, 0.01), np.ones(48)
        noise[7], weight[7] = 0.8, 0.0
        runs = sweep(N, D, noise=noise, weight=weight)
        low, high, estimate, _ = sl.prediction_interval(
            sl.bootstrap(sl.fit(runs, starts="projected"), 50), level=0.999, **AT
        )
        assert high / estimate < 1.1

    def test_constant_weights_change_nothing(self, draws: sl.Draws) -> None:
        runs = sweep(*isoflops(6, 8), noise=normal(48, 0.01), weight=np.full(48, 3.0))
        weighted = sl.bootstrap(sl.fit(runs, starts="projected"), 400)
        ours = sl.prediction_interval(weighted, **AT)[:2]
        np.testing.assert_allclose(ours, sl.prediction_interval(draws, **AT)[:2], rtol=1e-6)


class TestNotes:
    def test_within_the_runs_there_are_none(self, draws: sl.Draws) -> None:
        assert sl.prediction_interval(draws, **AT).notes == ()

    def test_beyond_the_runs_each_input_and_the_compute_are_named(self, draws: sl.Draws) -> None:
        notes = sl.prediction_interval(draws, N=70e9, D=1.4e12).notes
        assert [note.split(" is ")[0] for note in notes] == ["N = 70B", "D = 1.4T", "C = 5.88e23"]
        assert "beyond the largest of the runs (1e22)" in notes[2]

    def test_below_too(self, draws: sl.Draws) -> None:
        (note, *_) = sl.prediction_interval(draws, N=1e6, D=2e10).notes
        assert note.startswith("N = 1M is below the smallest of the runs")

    def test_few_runs_show_little_of_their_tails(self, draws: sl.Draws) -> None:
        notes = sl.prediction_interval(draws, level=0.99, **AT).notes
        (note,) = notes
        assert note.startswith("48 runs show little of the tails of their noise (200 would at level 0.99)")


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"N": 1e9}, r"inputs must be exactly those of law 'chinchilla' \(N, D\), got N"),
        ({}, "got none"),
        ({**AT, "level": 95}, "level must be a number between 0 and 1"),
    ],
)
def test_refused_in_a_sentence(draws: sl.Draws, keywords: dict[str, Any], message: str) -> None:
    for interval in (sl.prediction_interval, sl.mean_interval):
        with pytest.raises(BadInput, match=message):
            interval(draws, **keywords)


def coverage(noise: Noise, design: tuple[int, int], tables: int, new: int = 400) -> float:
    """Share of new runs inside their 95 % interval, over simulated tables."""
    N, D = np.array([1e9, 3e8, 5e9]), np.array([2e10, 1e10, 2e11])
    truth, n = losses(TRUTH, N, D), design[0] * design[1]
    hits = []
    for seed in range(tables):
        draws = sl.bootstrap(fitted(noise(n, seed), design), 200, seed)
        low, high, *_ = sl.prediction_interval(draws, N=N, D=D)
        runs = truth * np.exp(noise(3 * new, 10_000 + seed).reshape(new, 3))
        hits.append(np.mean((runs >= low) & (runs <= high)))
    return float(np.mean(hits))


class TestCoverage:
    """Of new runs, each interval made from 200 resamples of a simulated table."""

    @pytest.mark.slow
    def test_of_few_tables_is_near_the_level(self) -> None:
        """15 tables: Monte-Carlo error .008."""
        assert coverage(lambda n, seed: normal(n, 0.01, seed), (9, 8), 15) == pytest.approx(0.95, abs=0.02)

    @pytest.mark.slow
    @pytest.mark.parametrize("noise", [normal, heavy])
    @pytest.mark.parametrize("design", [(9, 8), (5, 4)])
    def test_of_many_tables_is_the_level(self, noise: Any, design: tuple[int, int]) -> None:
        """300 tables: Monte-Carlo error .002 for 72 runs, .003 for 20, where tails are hardly seen."""
        covered = coverage(lambda n, seed: noise(n, 0.006, seed), design, 300)
        assert covered == pytest.approx(0.95, abs=0.01 if design == (9, 8) else 0.025)
