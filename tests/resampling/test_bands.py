"""Simultaneous bands against closed forms, the share of draws they hold, and the interval of a single point."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.resampling.bands import BANDS
from scalelaw.resampling.intervals import KINDS
from surfaces import isoflops, normal, sweep

R = 20_000
# Monte-Carlo error of a quantile of 20,000 draws near level .95, in standard errors of the curve.
NOISE = 0.04


@pytest.fixture(scope="module")
def draws() -> sl.Draws:
    N, D = isoflops(6, 8)
    fit = sl.fit(sweep(N, D, noise=normal(len(N), 0.01)), starts="projected")
    return sl.bootstrap(fit, 1000)


def frontier(params: Any) -> Any:
    """log N*(C) at twenty budgets."""
    return jnp.log(sl.laws.chinchilla.optimum(params, jnp.geomspace(1e18, 1e25, 20)).N)  # type: ignore[misc]


def held(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> int:
    """How many draws lie inside as a whole."""
    return int(np.count_nonzero(((values >= low) & (values <= high)).all(axis=1)))


def gaussian(points: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((R, points))


class TestClosedForms:
    @pytest.mark.parametrize("kind", BANDS)
    @pytest.mark.parametrize("level", [0.8, 0.95])
    def test_independent_points(self, kind: str, level: float) -> None:
        """Of k independent normals all lie within the quantile of level^(1/k) (Sidak 1967)."""
        low, high = BANDS[kind](gaussian(8), np.zeros(8), level)
        c = stats.norm.ppf((1 + level ** (1 / 8)) / 2)
        np.testing.assert_allclose(high, c, atol=3 * NOISE)
        np.testing.assert_allclose(low, -c, atol=3 * NOISE)
        assert np.mean(high - low) / 2 == pytest.approx(c, abs=NOISE)

    @pytest.mark.parametrize("kind", BANDS)
    def test_a_straight_line_at_every_slope_has_scheffes_band(self, kind: str) -> None:
        """sup over angles of z1 cos + z2 sin is |z|, of Rayleigh's law: sqrt(-2 ln .05) = 2.448."""
        angle = np.linspace(0, np.pi, 60, endpoint=False)
        values = gaussian(2) @ np.stack([np.cos(angle), np.sin(angle)])
        low, high = BANDS[kind](values, np.zeros(60), 0.95)
        assert np.mean(high - low) / 2 == pytest.approx(np.sqrt(-2 * np.log(0.05)), abs=NOISE)

    @pytest.mark.parametrize("kind", BANDS)
    def test_points_that_move_as_one_need_no_widening(self, kind: str) -> None:
        z = gaussian(1)
        low, high = BANDS[kind](z * np.array([1, 2, 5]), np.zeros(3), 0.95)
        np.testing.assert_allclose(high, 1.96 * np.array([1, 2, 5]), rtol=0.03)
        np.testing.assert_allclose(low, -1.96 * np.array([1, 2, 5]), rtol=0.03)


class TestShare:
    @pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
    def test_of_the_draws_inside_a_sup_t_band_is_the_level(self, draws: sl.Draws, level: float) -> None:
        band = sl.band(draws, frontier, level=level, kind="sup-t")
        wider = 1e-12 * (band.high - band.low)
        assert abs(held(draws.of(frontier), band.low - wider, band.high + wider) - level * len(draws)) <= 1

    @pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
    def test_of_a_percentile_band_is_the_least_that_is_enough(self, draws: sl.Draws, level: float) -> None:
        """One rank narrower at every point, and too few draws are left inside."""
        band, values = sl.band(draws, frontier, level=level), draws.of(frontier)
        assert held(values, band.low, band.high) >= level * len(draws)
        inside = (values > band.low) & (values < band.high)
        assert np.count_nonzero(inside.all(axis=1)) < level * len(draws)

    @pytest.mark.parametrize("level", [0.5, 0.95])
    def test_is_no_less_than_point_by_point(self, draws: sl.Draws, level: float) -> None:
        band, interval = (
            sl.band(draws, frontier, level=level),
            draws.interval(frontier, level=level, kind="percentile"),
        )
        assert (band.low <= interval.low).all()
        assert (band.high >= interval.high).all()
        assert (band.high - band.low).sum() > 1.05 * (interval.high - interval.low).sum()


class TestOnePoint:
    def test_has_the_percentile_interval(self, draws: sl.Draws) -> None:
        np.testing.assert_allclose(
            sl.band(draws, "alpha")[:2], draws.interval("alpha", kind="percentile"), rtol=1e-4
        )

    def test_has_nearly_the_normal_interval(self) -> None:
        z = gaussian(1)
        ends = KINDS["normal"].interval(z, z.mean(axis=0), 0.95)
        np.testing.assert_allclose(BANDS["sup-t"](z, z.mean(axis=0), 0.95), ends, rtol=0.02)


def test_any_rising_scale_gives_the_same_percentile_band(draws: sl.Draws) -> None:
    logs, sizes = sl.band(draws, frontier), sl.band(draws, lambda p: jnp.exp(frontier(p)))
    np.testing.assert_allclose(np.exp(logs.low), sizes.low, rtol=1e-6)
    np.testing.assert_allclose(np.exp(logs.high), sizes.high, rtol=1e-6)
    np.testing.assert_allclose(np.exp(logs.estimate), sizes.estimate, rtol=1e-12)


def test_the_shape_of_the_curve_is_kept(draws: sl.Draws) -> None:
    band = sl.band(draws, lambda p: frontier(p).reshape(4, 5))
    np.testing.assert_array_equal(band.low.ravel(), sl.band(draws, frontier).low)
    assert band.high.shape == band.estimate.shape == (4, 5)


@pytest.mark.parametrize("kind", BANDS)
def test_draws_that_agree_give_the_curve(kind: str) -> None:
    curve = np.array([1.0, 2.0, 3.0])
    low, high = BANDS[kind](np.tile(curve, (50, 1)), curve, 0.95)
    np.testing.assert_allclose([low, high], [curve, curve], rtol=1e-14)


class TestRefusals:
    @pytest.mark.parametrize(
        ("keywords", "message"),
        [
            ({"kind": "sup-z"}, "kind must be one of .*did you mean 'sup-t'"),
            ({"level": 95}, "level must be a number between 0 and 1"),
            ({"curve": "gamma"}, "function must be one of"),
            (
                {"curve": lambda p: jnp.log(p.alpha - jnp.array([0.0, 9.0]))},
                "draws must be at least 2 that are finite throughout, got 0 of 1000; narrow the range",
            ),
        ],
    )
    def test_in_a_sentence(self, draws: sl.Draws, keywords: dict[str, Any], message: str) -> None:
        with pytest.raises(BadInput, match=message):
            sl.band(draws, **{"curve": frontier, **keywords})
