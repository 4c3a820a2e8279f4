"""Standard errors: of least squares against the classical formula, of Huber's against a bootstrap by SciPy."""

import numpy as np
import pytest

import scalelaw as sl
from rival import Rival
from surfaces import TRUTH, heavy, normal, spread, sweep


def classical(fit: sl.Fit) -> np.ndarray:
    """Square roots of the diagonal of s^2 (J' J)^-1 for log residuals, J of the five natural parameters."""
    runs = fit.runs
    assert runs.N is not None
    assert runs.D is not None
    _, A, B, alpha, beta = fit.params
    a, b = runs.N**-alpha, runs.D**-beta
    slopes = np.stack([np.ones(len(runs)), a, b, -A * a * np.log(runs.N), -B * b * np.log(runs.D)])
    slopes /= fit.predict(N=runs.N, D=runs.D)
    size = np.linalg.norm(slopes, axis=1, keepdims=True)
    slopes /= size
    variance = fit.residuals @ fit.residuals / (len(runs) - 5)
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(slopes @ slopes.T)) * variance) / size[:, 0])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_least_squares_agrees_with_the_classical_formula(seed: int) -> None:
    """4,000 runs of a true law. The sandwich's own noise: worst of 5 seeds 2.2 %."""
    runs = sweep(*spread(4000, seed), noise=normal(4000, 0.01, seed + 100))
    fit = sl.fit(runs, loss="squared", starts="projected")
    np.testing.assert_allclose(fit.stderr, classical(fit), rtol=0.05)
    assert (np.abs(np.array(fit.params) - TRUTH) < 4 * np.array(fit.stderr)).all()


@pytest.mark.slow
def test_huber_agrees_with_a_bootstrap() -> None:
    """200 runs with heavy tails, 200 resamples by SciPy; logs of A and B, which are skewed.

    Delta is a fifth of the noise, nearly least absolute deviations. Worst of 8 sweeps with 300 resamples 17 %.
    """
    n, seed = 200, 0
    runs = sweep(*spread(n, seed), noise=heavy(n, 0.005, seed + 50))
    fit = sl.fit(runs, starts="projected")
    rival, rng = Rival.of(runs), np.random.default_rng(seed)
    start, draws = rival.theta(fit.params), []
    for _ in range(200):
        weight = np.bincount(rng.integers(n, size=n), minlength=n).astype(float)
        resample = Rival(rival.log_N, rival.log_D, rival.log_L, weight, rival.delta)
        E, A, B, alpha, beta = resample.params(resample.minimum(start, passes=1)[1])
        draws.append([E, np.log(A), np.log(B), alpha, beta])
    errors = [
        fit.stderr.E,
        fit.derived["log_A"][1],
        fit.derived["log_B"][1],
        fit.stderr.alpha,
        fit.stderr.beta,
    ]
    np.testing.assert_allclose(errors, np.std(draws, axis=0, ddof=1), rtol=0.3)


def test_errors_of_functions_follow_from_the_covariance(epoch_fit: sl.Fit) -> None:
    """The delta method by hand: log A, and a = beta / (alpha + beta)."""
    covariance, (_, A, _, alpha, beta) = epoch_fit.covariance, epoch_fit.params
    assert epoch_fit.derived["log_A"][1] == pytest.approx(epoch_fit.stderr.A / A, rel=1e-6)
    slope = np.array([0, 0, 0, -beta, alpha]) / (alpha + beta) ** 2
    assert epoch_fit.derived["a"][1] == pytest.approx(np.sqrt(slope @ covariance @ slope), rel=1e-6)


def test_correlations(epoch_fit: sl.Fit) -> None:
    """A with alpha and B with beta are almost one parameter each; E with beta is known to go up together."""
    correlation = epoch_fit.correlation
    np.testing.assert_allclose(np.diag(correlation), 1, rtol=1e-12)
    np.testing.assert_allclose(correlation, correlation.T, rtol=1e-9)
    assert np.abs(correlation).max() <= 1 + 1e-12
    assert min(correlation[1, 3], correlation[2, 4]) > 0.98
