"""Minima of many profiles at once, each way against the slow, obvious one of a single profile."""

import numpy as np
import pytest
from scipy.interpolate import Akima1DInterpolator
from scipy.optimize import least_squares

from scalelaw.approaches.akima import AKIMA
from scalelaw.approaches.local_profile import LOCAL, SHARED, local_profile
from scalelaw.approaches.minima import Fault, Method, bracketed, distinct
from scalelaw.approaches.polynomials import CUBIC, PARABOLA, polynomial

METHODS = (PARABOLA, CUBIC, AKIMA, LOCAL, SHARED)
E, A, B = 1.69, 406.4, 410.7


def profile(alpha: float, beta: float, wide: float, C: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log tokens and losses at 15 sizes within a factor `wide` of the optimum, and log of the optimum's tokens."""
    G = (alpha * A / beta / B) ** (1 / (alpha + beta))
    best = (C / 6) ** (alpha / (alpha + beta)) / G
    D = best[:, None] * np.geomspace(1 / wide, wide, 15)
    N = C[:, None] / 6 / D
    return np.log(D), E + A / N**alpha + B / D**beta


def ragged(seed: int = 0, lanes: int = 60, most: int = 11) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bowls with noise, a fifth of the runs missing and the others weighing 1 to 3."""
    rng = np.random.default_rng(seed)
    x = 18 + np.sort(rng.uniform(0, 4, (lanes, most)), axis=1)
    y = 3 + 0.1 * (x - rng.uniform(19, 21, (lanes, 1))) ** 2 + 0.01 * rng.standard_normal(x.shape)
    return x, y, np.where(rng.random(x.shape) < 0.8, rng.integers(1, 4, x.shape), 0).astype(float)


@pytest.mark.parametrize(
    ("alpha", "beta", "published"),
    [(0.34, 0.28, (-0.33, -1.30, -2.90, -5.10)), (0.465, 0.155, (-1.67, -6.50, -13.91, -23.12))],
)
def test_error_of_the_parabola_is_that_of_arxiv_2603_22339(
    alpha: float, beta: float, published: tuple[float, ...]
) -> None:
    """Percent of D* at 1e24, grids of +-2x, 4x, 8x and 16x; profiles of the right form have none."""
    C = np.geomspace(1e17, 1e21, 5)
    exact = np.log((1e24 / 6) ** (alpha / (alpha + beta)) / (alpha * A / beta / B) ** (1 / (alpha + beta)))
    for wide, error in zip((2, 4, 8, 16), published, strict=True):
        x, y = profile(alpha, beta, wide, C)
        off = {}
        for method in (PARABOLA, LOCAL, SHARED):
            slope, intercept = np.polyfit(np.log(C), method.minima(x, y, np.ones_like(x)).x, 1)
            off[method.name] = 100 * np.expm1(intercept + slope * np.log(1e24) - exact)
        assert off["parabola"] == pytest.approx(error, abs=0.005)
        assert off["local"] == pytest.approx(0, abs=1e-6)
        assert off["shared"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("method", "degree"), [(PARABOLA, 2), (CUBIC, 3)])
def test_polynomials_are_those_of_numpy(method: Method, degree: int) -> None:
    x, y, weight = ragged()
    found = method.minima(x, y, weight)
    at = np.linspace(18, 22, 7) * np.ones((len(x), 1))
    curve = method.curve(x, y, weight, at)
    seen = 0
    for row in range(len(x)):
        there = weight[row] > 0
        if there.sum() <= degree:
            assert found.fault[row] == Fault.FEW
            continue
        fitted = np.polynomial.Polynomial.fit(
            x[row][there], y[row][there], degree, w=np.sqrt(weight[row][there])
        )
        np.testing.assert_allclose(curve[row], fitted(at[row]), rtol=1e-8)
        slope = fitted.deriv()
        roots = [
            root.real for root in slope.roots() if abs(root.imag) < 1e-12 and slope.deriv()(root.real) > 0
        ]
        inside = [r for r in roots if x[row][there].min() < r < x[row][there].max()]
        assert (found.fault[row] == Fault.NONE) == (len(inside) == 1)
        if inside:
            assert found.x[row] == pytest.approx(inside[0], abs=1e-7)
            assert found.y[row] == pytest.approx(fitted(inside[0]), rel=1e-10)
            seen += 1
    assert seen > 40


def test_akima_is_that_of_scipy() -> None:
    x, y, weight = ragged()
    fine = np.linspace(18, 22, 4001)
    found = AKIMA.minima(x, y, weight)
    curve = AKIMA.curve(x, y, weight, np.broadcast_to(fine, (len(x), len(fine))))
    for row in range(len(x)):
        own = weight[row] > 0
        slow = Akima1DInterpolator(x[row][own], y[row][own])(fine)
        within = np.isfinite(slow)
        np.testing.assert_allclose(curve[row][within], slow[within], rtol=1e-9)
        if found.fault[row] == Fault.NONE:
            assert found.y[row] <= np.nanmin(slow) + 1e-12
            assert found.y[row] == pytest.approx(np.nanmin(slow), abs=1e-5)
            assert found.x[row] == pytest.approx(fine[np.nanargmin(slow)], abs=0.01)


def test_akima_averages_runs_of_one_size() -> None:
    x = np.array([[1.0, 2, 2, 3, 4]])
    y = np.array([[4.0, 2, 3, 2.7, 5]])
    weight = np.array([[1.0, 1, 3, 1, 1]])
    single = AKIMA.minima(np.array([[1.0, 2, 3, 4]]), np.array([[4.0, 2.75, 2.7, 5]]), np.ones((1, 4)))
    assert AKIMA.minima(x, y, weight).x == pytest.approx(single.x)


def test_local_profile_is_the_least_squares_one_of_scipy() -> None:
    rng = np.random.default_rng(3)
    C = np.array([1e18, 1e19, 1e20])
    x, y = profile(0.34, 0.28, 16, C)
    y = y + 0.002 * rng.standard_normal(y.shape)
    fitted = local_profile(x, y, np.ones_like(x), shared=False)
    for row in range(len(C)):
        u = x[row] - fitted.centre[row]

        def residuals(p: np.ndarray, u: np.ndarray = u, y: np.ndarray = y[row]) -> np.ndarray:
            return p[0] + np.exp(p[1] - np.exp(p[3]) * u) + np.exp(p[2] + np.exp(p[4]) * u) - y

        start = np.log([1.0, 1.0, 1.0, 0.3, 0.3])
        slow = least_squares(residuals, start, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=5000)
        mine = ((fitted.at(x)[row] - y[row]) ** 2).sum()
        assert mine <= 2 * slow.cost * (1 + 1e-6)


def test_profiles_that_share_exponents_are_the_least_squares_ones_of_scipy() -> None:
    rng = np.random.default_rng(4)
    x, y = profile(0.34, 0.28, 8, np.array([1e18, 1e19, 1e20]))
    y = y + 0.001 * rng.standard_normal(y.shape)
    fitted = local_profile(x, y, np.ones_like(x), shared=True)
    assert len(set(fitted.alpha)) == len(set(fitted.beta)) == 1
    u = x - fitted.centre[:, None]

    def residuals(p: np.ndarray) -> np.ndarray:
        E, left, right = p[2:].reshape(3, 3, 1)
        curves = E + np.exp(left - np.exp(p[0]) * u) + np.exp(right + np.exp(p[1]) * u)
        return np.asarray(curves - y).ravel()

    start = np.log(np.r_[0.3, 0.3, np.full(9, 0.5)])
    slow = least_squares(residuals, start, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=5000)
    assert ((fitted.at(x) - y) ** 2).sum() == pytest.approx(2 * slow.cost, rel=1e-6)
    assert np.exp(slow.x[:2]) == pytest.approx([fitted.alpha[0], fitted.beta[0]], rel=1e-3)


@pytest.mark.parametrize("method", METHODS)
class TestEveryMethod:
    def test_each_lane_is_as_if_alone(self, method: Method) -> None:
        x, y, weight = ragged(seed=5, lanes=12)
        tables = [values[:, None] for values in (x, y, weight)]
        together = method.minima(*tables)
        for row in range(len(x)):
            alone = method.minima(*(values[row] for values in tables))
            assert alone.fault[0] == together.fault[row, 0]
            np.testing.assert_allclose(alone.x[0], together.x[row, 0], atol=1e-9)

    def test_places_without_weight_do_not_count(self, method: Method) -> None:
        x, y, weight = ragged(seed=6, lanes=8)
        junk = np.where(weight > 0, y, 99.0)
        np.testing.assert_array_equal(method.minima(x, y, weight).x, method.minima(x, junk, weight).x)

    def test_too_few_sizes_and_falling_losses_are_faults(self, method: Method) -> None:
        x = np.array([[1.0, 2, 3, 4, 5, 6]] * 2)
        y = np.stack([(x[0] - 3.2) ** 2, 6 - x[0] + 0.1 * (x[0] - 8) ** 2])
        weight = np.array([[1.0, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]])
        fault = method.minima(x, y, weight).fault
        assert fault[0] == Fault.FEW
        assert fault[1] == Fault.OUTSIDE

    def test_resamples_broadcast(self, method: Method) -> None:
        x, y, weight = ragged(seed=7, lanes=4)
        two = method.minima(x, np.stack([y, y + 1]), weight)
        assert two.x.shape == (2, 4)
        np.testing.assert_allclose(two.x[0], two.x[1], atol=1e-6)


def test_a_hill_opens_downward() -> None:
    x = np.arange(1.0, 7)[None]
    assert PARABOLA.minima(x, -((x - 3) ** 2), np.ones_like(x)).fault == Fault.DOWNWARD


def test_bracketed_asks_for_a_higher_run_on_both_sides() -> None:
    x = np.array([[1.0, 2, 3], [1, 2, 3], [1, 2, 3]])
    y = np.array([[3.0, 1, 2], [1, 2, 3], [3, 2, 1]])
    weight = np.ones_like(x)
    assert bracketed(x, y, weight).tolist() == [True, False, False]
    weight[0, 0] = 0
    assert not bracketed(x, y, weight)[0]


def test_repeated_sizes_count_once() -> None:
    x = np.array([[1.0, 1, 2, 3], [1, 2, 3, 4]])
    assert distinct(x, np.array([[1.0, 1, 1, 0], [1, 1, 1, 1]])).tolist() == [2, 4]


def test_polynomial_of_too_few_sizes_is_nan() -> None:
    fitted = polynomial(np.array([[1.0, 2, 2]]), np.ones((1, 3)), np.ones((1, 3)), 2)
    assert np.isnan(fitted.coefficients).all()


def test_profiles_too_small_to_bend_leave_the_shared_exponents_alone() -> None:
    """Up to three runs lie on a curve of any exponents; their rounding errors once ended the search early."""
    rng = np.random.default_rng(5)
    x, y = profile(0.4, 0.55, 4, np.geomspace(1e17, 1e20, 24))
    x += np.sort(0.02 * rng.random(x.shape), axis=1)
    y += 0.002 * rng.standard_normal(y.shape)
    weight = np.ones_like(x)
    alone = local_profile(x[:3], y[:3], weight[:3], shared=True)
    for row in range(3, 24):
        weight[row, 1 + row % 3 :] = 0
    for drawn in (weight, np.stack([weight, 2 * weight])):
        beside = local_profile(x, y, drawn, shared=True)
        np.testing.assert_allclose(beside.alpha, alone.alpha[0], rtol=1e-6)
        np.testing.assert_allclose(beside.beta, alone.beta[0], rtol=1e-6)
    assert abs(np.log(alone.alpha[0] / 0.3)) > 0.1
