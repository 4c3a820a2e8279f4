"""Covariance without resampling against SciPy, slow loops, finite differences and the published bootstrap."""

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from scipy import stats
from scipy.optimize import curve_fit

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.fitting.sandwich import bandwidth
from surfaces import TRUTH, heavy, isoflops, losses, normal, spread, sweep

BUDGETS, SIZES = 9, 8


@pytest.fixture(scope="module")
def squared() -> sl.Fit:
    """72 runs by least squares."""
    N, D = isoflops(BUDGETS, SIZES)
    return sl.fit(sweep(N, D, noise=normal(len(N), 0.01)), loss="squared", starts="projected")


@pytest.fixture(scope="module")
def robust() -> sl.Fit:
    """72 runs with heavy tails, delta a fifth of the noise."""
    N, D = isoflops(BUDGETS, SIZES)
    return sl.fit(sweep(N, D, noise=heavy(len(N), 0.005)), starts="projected")


def slopes(fit: sl.Fit) -> tuple[np.ndarray, np.ndarray]:
    """[5, n] derivative of log L by the natural parameters, and [n, 5, 5] its second, by the closed form."""
    E, A, B, alpha, beta = fit.params
    x, y = np.log(fit.runs.N), np.log(fit.runs.D)
    a, b = np.exp(-alpha * x), np.exp(-beta * y)
    L = E + A * a + B * b
    J = np.stack([np.ones_like(x), a, b, -A * a * x, -B * b * y])
    second = np.zeros((len(x), 5, 5))
    second[:, 1, 3] = second[:, 3, 1] = -a * x
    second[:, 2, 4] = second[:, 4, 2] = -b * y
    second[:, 3, 3], second[:, 4, 4] = A * a * x**2, B * b * y**2
    J = J / L
    return J, second / L[:, None, None] - np.einsum("in,jn->nij", J, J)


def curvature(fit: sl.Fit, curved: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """sum rho'' J J' + psi d2r."""
    J, second = slopes(fit)
    return (J * curved) @ J.T + np.einsum("n,nij->ij", psi, second)


def window(fit: sl.Fit) -> np.ndarray:
    """Huber's rho'' averaged over the window, run by run."""
    delta, n = fit.settings.objective.delta, len(fit.runs)
    share = (4.5 * stats.norm.pdf(0) ** 4 / n) ** 0.2
    h = stats.norm.ppf(0.5 + share) * fit.scale
    r = fit.residuals
    return np.array([(np.clip(x + h, -delta, delta) - np.clip(x - h, -delta, delta)) / (2 * h) for x in r])


class TestInformation:
    def test_least_squares_is_s2_times_the_inverse_hessian(self, squared: sl.Fit) -> None:
        r = squared.residuals
        expected = r @ r / (len(r) - 5) * np.linalg.inv(curvature(squared, np.ones_like(r), r))
        matrix = sl.covariance(squared, "information").matrix
        np.testing.assert_allclose(matrix, expected, rtol=1e-5)

    def test_many_runs_agree_with_scipys_curve_fit(self) -> None:
        """SciPy leaves out the second derivatives, which vanish with the noise: here 0.1 % of it."""
        runs = sweep(*spread(300), noise=normal(300, 1e-5))
        fit = sl.fit(runs, loss="squared", starts="projected")

        def log_loss(_: Any, E: float, log_A: float, log_B: float, alpha: float, beta: float) -> np.ndarray:
            params = TRUTH._replace(E=E, A=np.exp(log_A), B=np.exp(log_B), alpha=alpha, beta=beta)
            return np.log(losses(params, runs.N, runs.D))

        E, A, B, alpha, beta = fit.params
        start = [E, np.log(A), np.log(B), alpha, beta]
        _, theirs = curve_fit(log_loss, np.zeros(300), np.log(runs.L), start)
        covariance = sl.covariance(fit, "information")
        ours = [covariance.stderr(name) for name in ("E", "log_A", "log_B", "alpha", "beta")]
        np.testing.assert_allclose(ours, np.sqrt(np.diag(theirs)), rtol=2e-3)

    def test_huber_is_the_mean_square_score_over_the_mean_curvature(self, robust: sl.Fit) -> None:
        r, delta = robust.residuals, robust.settings.objective.delta
        psi, mean = np.clip(r, -delta, delta), window(robust).mean()
        expected = psi @ psi / (len(r) - 5) / mean
        expected = expected * np.linalg.inv(curvature(robust, np.full_like(r, mean), psi))
        np.testing.assert_allclose(sl.covariance(robust, "information").matrix, expected, rtol=1e-5)


class TestSandwich:
    def test_is_a_slow_loop_over_runs(self, robust: sl.Fit) -> None:
        r, delta = robust.residuals, robust.settings.objective.delta
        psi, (J, _) = np.clip(r, -delta, delta), slopes(robust)
        meat = np.zeros((5, 5))
        for i in range(len(r)):
            score = psi[i] * J[:, i]
            meat += np.outer(score, score)
        bread = np.linalg.inv(curvature(robust, window(robust), psi))
        expected = bread @ meat @ bread * len(r) / (len(r) - 5)
        np.testing.assert_allclose(sl.covariance(robust).matrix, expected, rtol=1e-5)

    def test_is_the_fits_own(self, robust: sl.Fit) -> None:
        covariance = sl.covariance(robust)
        np.testing.assert_allclose(covariance.matrix, robust.covariance, rtol=1e-7)
        assert covariance.stderr("a") == pytest.approx(robust.derived["a"][1], rel=1e-7)

    def test_clusters_are_a_slow_loop_over_groups(self, robust: sl.Fit) -> None:
        r, delta, n = robust.residuals, robust.settings.objective.delta, len(robust.runs)
        psi, (J, _) = np.clip(r, -delta, delta), slopes(robust)
        meat = np.zeros((5, 5))
        for budget in range(BUDGETS):
            score = sum(psi[i] * J[:, i] for i in range(n) if i // SIZES == budget)
            meat += np.outer(score, score)
        bread = np.linalg.inv(curvature(robust, window(robust), psi))
        expected = bread @ meat @ bread * (BUDGETS / (BUDGETS - 1)) * (n - 1) / (n - 5)
        covariance = sl.covariance(robust, "cluster", by="C")
        np.testing.assert_allclose(covariance.matrix, expected, rtol=1e-5)
        assert covariance.degrees == BUDGETS - 1
        assert "9 groups are few" in str(covariance)

    def test_clusters_of_one_run_each_are_the_sandwich(self, robust: sl.Fit) -> None:
        alone = sl.covariance(robust, "cluster", by=np.arange(len(robust.runs)))
        np.testing.assert_allclose(alone.matrix, sl.covariance(robust).matrix, rtol=1e-9)

    def test_the_published_bootstrap(self, epoch_fit: sl.Fit) -> None:
        """Besiroglu et al. 2024, 4,000 resamples; A as it is, B's log, for B's bootstrap has a long tail."""
        covariance = sl.covariance(epoch_fit)
        for name, error in {"E": 0.0257, "A": 124.5, "alpha": 0.0154, "a": 0.020}.items():
            assert covariance.stderr(name) == pytest.approx(error, rel=0.12)
        low, high = covariance.interval("B")
        assert (1042 < low < 1250, 3500 < high < 5810) == (True, True)

    def test_the_window_is_bofingers(self) -> None:
        """Bofinger 1975 for n = 100 normal residuals: half the share is 0.258, its quantile 0.699 scales."""
        with jax.enable_x64(True):
            h = float(bandwidth(jax.numpy.asarray(2.0), 100))
        assert h == pytest.approx(2 * stats.norm.ppf(0.5 + (4.5 * 0.3989422804**4 / 100) ** 0.2), rel=1e-9)


class TestFunctions:
    @pytest.mark.parametrize("kind", ["sandwich", "information"])
    def test_the_delta_method_against_finite_differences(self, robust: sl.Fit, kind: str) -> None:
        def log_N(p: Any) -> Any:
            """Log of N* at 1e23 FLOP."""
            both = p.alpha + p.beta
            G = (p.alpha * p.A / (p.beta * p.B)) ** (1 / both)
            return jax.numpy.log(G) + p.beta / both * np.log(1e23 / 6)

        covariance = sl.covariance(robust, kind)
        values, slope = np.array(robust.params), []
        for i, value in enumerate(values):
            step = 1e-6 * value * (np.arange(5) == i)
            with jax.enable_x64(True):
                ends = [float(log_N(robust.law.Params(*(values + side * step)))) for side in (1, -1)]
            slope.append((ends[0] - ends[1]) / (2e-6 * value))
        expected = float(np.sqrt(np.array(slope) @ covariance.matrix @ slope))
        assert covariance.stderr(log_N) == pytest.approx(expected, rel=1e-3)

    def test_names_lambdas_and_arrays_agree(self, robust: sl.Fit) -> None:
        covariance = sl.covariance(robust)
        both = lambda p: jax.numpy.stack([p.alpha, p.beta / (p.alpha + p.beta)])  # noqa: E731
        errors = covariance.stderr(both)
        np.testing.assert_allclose(errors, [covariance.stderr("alpha"), covariance.stderr("a")], rtol=1e-9)
        np.testing.assert_allclose(np.sqrt(np.diag(covariance.of(both))), errors, rtol=1e-9)

    def test_positive_parameters_have_intervals_of_their_logs(self, robust: sl.Fit) -> None:
        covariance = sl.covariance(robust)
        np.testing.assert_allclose(np.log(covariance.interval("B")), covariance.interval("log_B"), rtol=1e-9)
        low, high = covariance.interval("B", scale="linear")
        t = stats.t.ppf(0.975, len(robust.runs) - 5)
        assert low + high == pytest.approx(2 * robust.params.B, rel=1e-9)
        assert high - low == pytest.approx(2 * t * robust.stderr.B, rel=1e-7)

    @pytest.mark.parametrize(("level", "degrees"), [(0.95, 1), (0.9, 5), (0.95, 235), (0.99, 100_000)])
    def test_students_t(self, robust: sl.Fit, level: float, degrees: int) -> None:
        covariance = replace(sl.covariance(robust), degrees=degrees)
        low, high = covariance.interval("alpha", level=level)
        half = stats.t.ppf((1 + level) / 2, degrees) * covariance.stderr("alpha")
        assert (high - low) / 2 == pytest.approx(half, rel=1e-12)


class TestEdges:
    @pytest.mark.parametrize("kind", ["sandwich", "information", "cluster"])
    def test_without_noise_errors_are_zero(self, kind: str) -> None:
        N, D = isoflops(BUDGETS, SIZES)
        fit = sl.fit(sweep(N, D), starts="projected")
        covariance = sl.covariance(fit, kind, by="C" if kind == "cluster" else None)
        for name in ("E", "alpha", "a", "log_B"):
            assert covariance.stderr(name) == pytest.approx(0, abs=1e-10)

    @pytest.mark.slow
    def test_fixed_parameters_have_no_error(self) -> None:
        N, D = isoflops(BUDGETS, SIZES)
        runs = sweep(N, D, noise=normal(len(N), 0.01))
        fit = sl.fit(runs, fix={"E": 1.8}, tie={"beta": "alpha"}, starts="projected")
        for kind in ("sandwich", "information"):
            covariance = sl.covariance(fit, kind)
            assert covariance.stderr("E") == 0
            assert covariance.stderr("alpha") == covariance.stderr("beta") > 0

    def test_constant_weights_change_nothing(self) -> None:
        N, D = isoflops(BUDGETS, SIZES)
        noise = normal(len(N), 0.01)
        plain, thrice = (
            sl.fit(sweep(N, D, noise=noise, weight=np.full(len(N), w)), starts="projected")
            for w in (1.0, 3.0)
        )
        for kind in ("sandwich", "information"):
            one, three = (sl.covariance(fit, kind).matrix for fit in (plain, thrice))
            np.testing.assert_allclose(one, three, rtol=1e-6)

    def test_the_point_is_the_fit(self, robust: sl.Fit) -> None:
        point = robust.point
        np.testing.assert_allclose(point.params, robust.params, rtol=1e-12)
        assert point.objective == pytest.approx(robust.objective, rel=1e-14)

    @pytest.mark.parametrize(
        ("keywords", "message"),
        [
            ({"kind": "huber"}, "kind must be one of 'sandwich', 'information', 'cluster'"),
            ({"by": "N"}, "`by` must go with kind 'cluster', got 'sandwich'"),
            ({"kind": "cluster"}, "groups must come from a column"),
            ({"kind": "cluster", "by": np.zeros(72)}, "groups must be at least 2.*got 1 for all 72 runs"),
            ({"kind": "cluster", "by": np.arange(72) % 5}, "groups must be more than the 5 fitted .*, got 5"),
        ],
    )
    def test_refusals(self, robust: sl.Fit, keywords: dict[str, Any], message: str) -> None:
        with pytest.raises(BadInput, match=message):
            sl.covariance(robust, **keywords)

    @pytest.mark.parametrize(
        ("keywords", "message"),
        [
            ({"function": "gamma"}, "function must be one of"),
            ({"scale": "cubic"}, "scale must be one of 'linear', 'log'"),
            ({"level": 95}, "level must be a number between 0 and 1"),
            ({"function": lambda p: -p.E, "scale": "log"}, "positive for an interval on the log scale"),
        ],
    )
    def test_refusals_of_an_interval(self, robust: sl.Fit, keywords: dict[str, Any], message: str) -> None:
        with pytest.raises(BadInput, match=message):
            sl.covariance(robust).interval(**{"function": "alpha", **keywords})
