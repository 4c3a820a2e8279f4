"""Covariances inside replicates against explicit loops with finite differences; studentized intervals by hand."""

import jax
import numpy as np
import pytest

import scalelaw as sl
from scalelaw.laws import Chinchilla
from scalelaw.runs.groups import group_codes
from surfaces import isoflops, losses, normal, sweep

DELTA, REPLICATES = 1e-3, 6


@pytest.fixture(scope="module")
def fit() -> sl.Fit:
    N, D = isoflops(6, 8)
    return sl.fit(sweep(N, D, noise=normal(len(N), 0.005)), starts="projected")


def window(scale: float, n: int) -> float:
    """Bofinger's half window for a normal density (see `fitting.sandwich`)."""
    from statistics import NormalDist

    standard = NormalDist()
    share = (4.5 * standard.pdf(0) ** 4 / n) ** 0.2
    return standard.inv_cdf(0.5 + share) * scale


def slow_covariance(
    fit: sl.Fit, params: np.ndarray, target: np.ndarray, times: np.ndarray, codes: np.ndarray
) -> np.ndarray:
    """H^-1 M H^-1 in natural parameters, derivatives by central differences, groups one after another."""
    N, D = fit.runs.N, fit.runs.D
    assert N is not None
    assert D is not None

    def predicted(at: np.ndarray) -> np.ndarray:
        return np.log(losses(Chinchilla(*at), N, D))

    J = np.empty((5, len(N)))
    for i in range(5):
        step = np.zeros(5)
        step[i] = 1e-5 * abs(params[i])
        J[i] = (predicted(params + step) - predicted(params - step)) / (2 * step[i])
    r = predicted(params) - target
    h = window(fit.scale, len(N))
    psi = lambda x: np.clip(x, -DELTA, DELTA)  # noqa: E731
    curved = (psi(r + h) - psi(r - h)) / (2 * h)
    H, M = np.zeros((5, 5)), np.zeros((5, 5))
    for i in range(len(N)):
        H += times[i] * curved[i] * np.outer(J[:, i], J[:, i])
    for g in np.unique(codes):
        score = sum(psi(r[i]) * J[:, i] for i in np.flatnonzero(codes == g))
        M += times[codes == g][0] * np.outer(score, score)
    M *= len(N) / (len(N) - 5)
    inverse = np.linalg.inv(H)
    return inverse @ M @ inverse


@pytest.mark.parametrize(
    ("scheme", "by"),
    [("pairs", None), ("bayesian", None), ("wild", None), ("cluster", "C"), ("subsample", None)],
)
def test_against_an_explicit_loop(fit: sl.Fit, scheme: str, by: str | None) -> None:
    draws = sl.bootstrap(fit, REPLICATES, 3, scheme=scheme, by=by)
    draw = draws.resampler.draw(fit)
    _, fast = fit.covariances(draw, draws.replicates, draws.params, draws.resampler.groups)
    params = np.stack(draws.params, axis=1)
    codes = np.arange(48) if by is None else group_codes(fit.runs, by)
    for lane in range(REPLICATES):
        with jax.enable_x64(True):
            target, weight = draw(fit.sample, np.uint32(lane))
        times = np.ones(48) if weight is None else np.asarray(weight)
        target = np.log(fit.runs.L) if target is None else np.asarray(target)
        slow = slow_covariance(fit, params[lane], target, times, codes)
        scale = np.sqrt(np.outer(np.diag(slow), np.diag(slow)))
        np.testing.assert_allclose(fast[lane] / scale, slow / scale, atol=2e-4)


def test_studentized_by_hand(fit: sl.Fit) -> None:
    draws = sl.bootstrap(fit, 200)
    own, each = fit.covariances(draws.resampler.draw(fit), draws.replicates, draws.params, None)
    t = (draws.params.alpha - fit.params.alpha) / np.sqrt(each[:, 3, 3])
    low, high = np.quantile(t, [0.05, 0.95])
    expected = fit.params.alpha - np.array([high, low]) * np.sqrt(own[3, 3])
    np.testing.assert_allclose(draws.interval("alpha", level=0.9, kind="studentized"), expected, rtol=1e-12)


@pytest.mark.slow
def test_large_samples_agree_with_the_normal_interval() -> None:
    N, D = isoflops(30, 40)
    fit = sl.fit(sweep(N, D, noise=normal(len(N), 0.005)), delta=1.0, starts="projected")
    draws = sl.bootstrap(fit, 1000)
    low, high = draws.interval("alpha", kind="studentized")
    again, above = draws.interval("alpha", kind="normal")
    np.testing.assert_allclose([low, high], [again, above], atol=0.1 * (above - again))


def test_noise_free_is_a_point() -> None:
    N, D = isoflops(6, 8)
    fit = sl.fit(sweep(N, D), starts="projected")
    low, high = sl.bootstrap(fit, 50).interval("alpha", kind="studentized")
    np.testing.assert_allclose([low, high], fit.params.alpha, rtol=1e-9)
