"""Profiles against SciPy: constrained minima from many starts, the F test of least squares, roots by bisection."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq, least_squares, minimize

import scalelaw as sl
from rival import Rival
from scalelaw import BadInput
from scalelaw.uncertainty.profile import Calibration
from surfaces import TRUTH, isoflops, losses, normal, spread, sweep

Map = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def squared() -> sl.Fit:
    """60 runs with Gaussian noise of half a percent, by least squares."""
    N, D = spread(60)
    return sl.fit(sweep(N, D, noise=normal(60, 0.005)), starts="projected", loss="squared")


@pytest.fixture(scope="module")
def loose() -> sl.Fit:
    """16 runs over a narrow range with 2 % noise: E may be zero."""
    N, D = isoflops(4, 4, 1e18, 1e20)
    return sl.fit(sweep(N, D, noise=normal(16, 0.02, seed=2)), starts="projected")


def lowest(rival: Rival, whole: Map, start: np.ndarray, tries: int = 3) -> float:
    """The rival's objective over the coordinates that `whole` completes, from several starts."""
    rng = np.random.default_rng(0)

    def scaled(rest: np.ndarray) -> float:
        return 1e6 * rival(whole(rest))[0]

    ends = []
    for _ in range(tries):
        at = start + 0.1 * rng.standard_normal(len(start))
        for method in ("BFGS", "Nelder-Mead", "BFGS"):
            at = minimize(scaled, at, method=method, options={"maxiter": 4000}).x
        ends.append(scaled(at) / 1e6)
    return min(ends)


def holding(index: int, value: float) -> Map:
    return lambda rest: np.insert(rest, index, value)


class TestCurve:
    @pytest.mark.parametrize(("name", "index"), [("E", 0), ("alpha", 3)])
    def test_is_the_constrained_minimum(self, epoch_fit: sl.Fit, name: str, index: int) -> None:
        rival = Rival.of(epoch_fit.runs)
        profile = sl.profile(epoch_fit, name, points=12)
        start = np.delete(rival.theta(epoch_fit.params), index)
        for row in (0, 4, -1):
            value = np.log(profile.values[row]) if name == "E" else profile.values[row]
            slow = lowest(rival, holding(index, float(value)), start)
            assert profile.objective[row] <= slow * (1 + 1e-9)
            assert profile.objective[row] == pytest.approx(slow, rel=1e-5)

    def test_of_a_derived_quantity_is_too(self, epoch_fit: sl.Fit) -> None:
        """a = beta / (alpha + beta), so alpha = beta (1 - a) / a."""
        rival = Rival.of(epoch_fit.runs)
        profile = sl.profile(epoch_fit, "a", points=12)
        params = profile.params
        np.testing.assert_allclose(params.beta / (params.alpha + params.beta), profile.values, rtol=1e-10)
        a = float(profile.values[2])

        def whole(rest: np.ndarray) -> np.ndarray:
            return np.insert(rest, 3, rest[3] * (1 - a) / a)

        slow = lowest(rival, whole, np.delete(rival.theta(epoch_fit.params), 3))
        assert profile.objective[2] <= slow * (1 + 1e-9)
        assert profile.objective[2] == pytest.approx(slow, rel=1e-5)

    def test_a_function_that_is_a_parameter_has_its_profile(self, epoch_fit: sl.Fit) -> None:
        plain, function = sl.profile(epoch_fit, "A"), sl.profile(epoch_fit, lambda p: p.A)
        np.testing.assert_allclose(plain.interval, function.interval, rtol=1e-7)

    def test_is_the_objective_of_its_parameters(self, squared: sl.Fit) -> None:
        profile = sl.profile(squared, "B")
        N, D, L = squared.runs.N, squared.runs.D, squared.runs.L
        assert N is not None
        assert D is not None
        for i in (0, 20, 47):
            params = sl.laws.Chinchilla(*(leaf[i] for leaf in profile.params))
            assert params.B == pytest.approx(profile.values[i], rel=1e-14)
            r = np.log(losses(params, N, D) / L)
            assert profile.objective[i] == pytest.approx(np.sum(r**2) / 2, rel=1e-10)

    def test_is_lowest_at_the_fit(self, epoch_fit: sl.Fit) -> None:
        profile = sl.profile(epoch_fit, "E")
        lowest = int(np.argmin(profile.objective))
        assert profile.values[lowest] == epoch_fit.params.E
        assert profile.objective[lowest] == pytest.approx(epoch_fit.objective, rel=1e-12)
        assert profile.notes == ()


class TestInterval:
    @pytest.mark.slow
    def test_of_least_squares_is_that_of_the_f_test(self) -> None:
        """Independent: SciPy fits, the residual variance, F(1, n - p), root-finding.

        2,000 runs, as the sandwich needs no equal variances and pays for it with noise of its own: of 60 runs
        its lambda is a quarter off.
        """
        runs = sweep(*spread(2000), noise=normal(2000, 0.02))
        assert runs.N is not None
        assert runs.D is not None
        x, y, z = np.log(runs.N / 1e9), np.log(runs.D / 1e10), np.log(runs.L)

        def rss(E: float | None) -> float:
            def r(theta: np.ndarray) -> np.ndarray:
                level = theta[4] if E is None else E
                A, B, alpha, beta = theta[:4]
                return np.log(level + np.exp(A - alpha * x) + np.exp(B - beta * y)) - z

            start = np.array([-1.0, -1.0, 0.35, 0.37, 1.8])[: 4 if E is not None else 5]
            return 2 * float(least_squares(r, start, xtol=1e-15, ftol=1e-15, gtol=1e-15).cost)

        full, spare = rss(None), len(runs) - 5
        fit = sl.fit(runs, starts="projected", loss="squared")
        profile = sl.profile(fit, "E")
        allowed = full / spare * stats.f.ppf(0.95, 1, spare)
        assert 2 * profile.allowed == pytest.approx(allowed, rel=0.1)

        def ends(drop: float) -> list[float]:
            over = lambda E: rss(E) - full - drop  # noqa: E731
            E = fit.params.E
            return [brentq(over, E - 0.3, E, xtol=1e-10), brentq(over, E, E + 0.3, xtol=1e-10)]

        np.testing.assert_allclose(profile.interval, ends(2 * profile.allowed), rtol=1e-6)
        width = profile.interval[1] - profile.interval[0]
        np.testing.assert_allclose(profile.interval, ends(allowed), atol=0.03 * width)

    def test_of_E_agrees_with_the_bootstrap(self, epoch_fit: sl.Fit) -> None:
        """4,000 resamples of pairs: percentiles 1.770 and 1.870, a width of 0.100."""
        profile = sl.profile(epoch_fit, "E")
        np.testing.assert_allclose(profile.interval, (1.770, 1.870), atol=0.012)
        assert profile.open == (False, False)

    @pytest.mark.parametrize(
        "name", ["E", *(pytest.param(name, marks=pytest.mark.slow) for name in ("A", "a"))]
    )
    def test_ends_where_the_rise_is_allowed(self, epoch_fit: sl.Fit, name: str) -> None:
        profile = sl.profile(epoch_fit, name)
        few = sl.profile(epoch_fit, name, points=13)
        np.testing.assert_allclose(profile.interval, few.interval, rtol=1e-7)
        if name in epoch_fit.law.fields:
            for end in profile.interval:
                held = sl.fit(epoch_fit.runs, starts="projected", fix={name: end})
                assert held.objective - epoch_fit.objective == pytest.approx(profile.allowed, rel=1e-5)

    def test_grows_with_the_level(self, epoch_fit: sl.Fit) -> None:
        inner, outer = (sl.profile(epoch_fit, "A", level=level).interval for level in (0.5, 0.99))
        assert outer[0] < inner[0] < epoch_fit.params.A < inner[1] < outer[1]

    @pytest.mark.slow
    def test_is_open_where_E_may_be_zero(self, loose: sl.Fit) -> None:
        profile = sl.profile(loose, "E")
        none = sl.fit(loose.runs, starts="projected", fix={"E": 0})
        assert none.objective - loose.objective < profile.allowed
        assert (profile.open, profile.interval[0], profile.values[0]) == ((True, False), 0.0, 0.0)
        assert profile.objective[0] == pytest.approx(none.objective, rel=1e-9)
        assert "open below: no E below the estimate raises the objective" in str(profile)

    def test_is_open_at_a_bound_of_its_own(self, epoch_runs: sl.Runs) -> None:
        fit = sl.fit(epoch_runs, starts="projected", bounds={"E": (1.80, None)})
        profile = sl.profile(fit, "E")
        assert (profile.open, profile.interval[0]) == ((True, False), 1.80)

    @pytest.mark.parametrize("of", ["E", "A", "a"])
    def test_without_noise_has_no_width(self, of: str) -> None:
        profile = sl.profile(sl.fit(sweep(*isoflops(9, 8)), starts="projected"), of)
        assert profile.interval == (profile.estimate, profile.estimate)
        assert np.isfinite(profile.objective).all()
        assert profile.rise[[0, -1]].min() > 0

    def test_of_losses_rounded_to_nine_digits_is_as_narrow(self, cs336_runs: sl.Runs) -> None:
        profile = sl.profile(sl.fit(cs336_runs, starts="projected"), "E")
        np.testing.assert_allclose(profile.interval, 2.69, rtol=1e-7)
        assert profile.interval[0] < profile.estimate < profile.interval[1]

    def test_constant_weights_change_nothing(self, squared: sl.Fit) -> None:
        N, D = spread(60)
        runs = sweep(N, D, noise=normal(60, 0.005), weight=np.full(60, 3.0))
        weighted = sl.fit(runs, starts="projected", loss="squared")
        intervals = [sl.profile(fit, "E").interval for fit in (squared, weighted)]
        np.testing.assert_allclose(*intervals, rtol=1e-6)

    def test_of_a_tied_exponent_moves_both(self, epoch_runs: sl.Runs) -> None:
        fit = sl.fit(epoch_runs, starts="projected", tie={"beta": "alpha"})
        profile = sl.profile(fit, "alpha")
        np.testing.assert_array_equal(profile.params.alpha, profile.params.beta)
        assert profile.interval[0] < fit.params.alpha < profile.interval[1]


class TestCalibration:
    @pytest.mark.parametrize("spare", [11, 235])
    @pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
    def test_of_equal_weights_is_t_and_f(self, spare: int, level: float) -> None:
        one, two = Calibration(np.array([1.7]), spare), Calibration(np.array([1.7, 1.7]), spare)
        assert 2 * one.rise(level) == pytest.approx(1.7 * stats.t.ppf((1 + level) / 2, spare) ** 2, rel=1e-9)
        assert 2 * two.rise(level) == pytest.approx(1.7 * 2 * stats.f.ppf(level, 2, spare), rel=1e-9)

    def test_of_unequal_weights_is_their_weighted_sum(self) -> None:
        rng = np.random.default_rng(0)
        ratio = rng.chisquare(20, 400_000) / 20
        drawn = (3.0 * rng.chisquare(1, 400_000) + 0.5 * rng.chisquare(1, 400_000)) / ratio
        drop = 2 * Calibration(np.array([3.0, 0.5]), 20).rise(0.9)
        assert np.mean(drawn > drop) == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 400_000))

    def test_without_noise_allows_nothing(self) -> None:
        assert Calibration(np.zeros(2), 5).rise(0.95) == 0


class TestSurface:
    def test_is_the_constrained_minimum(self, epoch_fit: sl.Fit) -> None:
        rival = Rival.of(epoch_fit.runs)
        surface = sl.profile_surface(epoch_fit, "E", "alpha", points=9)
        start = np.delete(rival.theta(epoch_fit.params), [0, 3])
        for i, j in ((1, 2), (6, 8)):
            E, alpha = surface.x[i, j], surface.y[i, j]
            slow = lowest(
                rival, lambda rest, E=E, alpha=alpha: np.r_[np.log(E), rest[:2], alpha, rest[2]], start
            )
            assert surface.objective[i, j] <= slow * (1 + 1e-9)
            assert surface.objective[i, j] == pytest.approx(slow, rel=1e-5)

    def test_holds_the_profile_along_its_ridge(self, epoch_fit: sl.Fit) -> None:
        """A and alpha are so correlated that a rectangular grid would miss the region."""
        surface = sl.profile_surface(epoch_fit, "A", "alpha")
        rows = (surface.rise <= surface.allowed[-1]).sum(axis=1)
        middle = np.flatnonzero((surface.x[:, 0] > 320) & (surface.x[:, 0] < 700))
        assert (rows[middle] >= 8).all()
        inside = surface.rise <= surface.allowed[-1]
        assert not inside[:, [0, -1]].any()
        assert not inside[[0, -1]].any()

    @pytest.mark.slow
    def test_extremes_are_ends_of_profiles_at_the_same_rise(self, epoch_fit: sl.Fit) -> None:
        surface = sl.profile_surface(epoch_fit, "a", "E", levels=(0.95,))
        ends = surface.extremes[0][1]
        for end in ends:
            held = sl.fit(epoch_fit.runs, starts="projected", fix={"E": end})
            assert held.objective - epoch_fit.objective == pytest.approx(surface.allowed[0], rel=1e-5)
        inside = surface.rise <= surface.allowed[0]
        step = np.diff(surface.x[:, 0]).max()
        low, high = surface.extremes[0][0]
        assert low <= surface.x[inside].min() < low + step
        assert high - step < surface.x[inside].max() <= high

    def test_without_noise_is_a_point(self) -> None:
        fit = sl.fit(sweep(*isoflops(9, 8)), starts="projected")
        surface = sl.profile_surface(fit, "E", "alpha", points=9)
        for ends, at in zip(surface.extremes[-1], surface.estimate, strict=True):
            assert ends == (at, at)


class TestRefusals:
    @pytest.mark.parametrize(
        ("of", "message"),
        [
            ("gamma", "what is profiled must be one of 'E', 'A', 'B', 'alpha', 'beta', .*'a', .*got 'gamma'"),
            ("E", "what is profiled must be a free parameter, got 'E', which is fixed at 1.7"),
            ("beta", "what is profiled must be a free parameter, got 'beta', which is tied to alpha"),
            (lambda p: np.array([1.0, 2.0]), "must be a scalar, got shape \\(2,\\)"),
            (lambda p: 0.0 * p.A, "must be one that changes with a parameter that nothing holds"),
        ],
    )
    def test_of_what_cannot_move(self, epoch_runs: sl.Runs, of: Any, message: str) -> None:
        fit = sl.fit(epoch_runs, starts="projected", fix={"E": 1.7}, tie={"beta": "alpha"})
        with pytest.raises(BadInput, match=message):
            sl.profile(fit, of)

    def test_of_a_parameter_at_its_bound(self, epoch_runs: sl.Runs) -> None:
        fit = sl.fit(epoch_runs, starts="projected", bounds={"E": (None, 1.7)})
        with pytest.raises(BadInput, match="inside its bounds, got 'E', which is held by one at 1.7; widen"):
            sl.profile(fit, "E")

    def test_of_a_fit_with_nothing_else_to_optimise(self, epoch_runs: sl.Runs) -> None:
        fix = {name: getattr(TRUTH, name) for name in ("E", "A", "B", "alpha")}
        fit = sl.fit(epoch_runs, fix=fix)
        with pytest.raises(BadInput, match="free parameters must be at least 2 for a profile, .*got 1"):
            sl.profile(fit, "beta")

    @pytest.mark.parametrize(
        ("keywords", "message"),
        [({"level": 95}, "level must be a number between 0 and 1"), ({"points": 3}, "points .*at least 8")],
    )
    def test_of_numbers(self, squared: sl.Fit, keywords: dict[str, Any], message: str) -> None:
        with pytest.raises(BadInput, match=message):
            sl.profile(squared, "E", **keywords)

    @pytest.mark.parametrize(("x", "y"), [("E", "E"), ("a", "G")])
    def test_of_surfaces(self, squared: sl.Fit, x: str, y: str) -> None:
        with pytest.raises(BadInput, match="two quantities, at least one of them a parameter"):
            sl.profile_surface(squared, x, y)
