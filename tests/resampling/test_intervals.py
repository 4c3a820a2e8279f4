"""Interval formulas against SciPy's, and against what they must be where all draws agree."""

import numpy as np
import pytest
from scipy import stats

from scalelaw.resampling.intervals import KINDS, bca

SAMPLE = stats.lognorm(0.7).rvs(size=30, random_state=3)


@pytest.fixture(scope="module")
def draws() -> np.ndarray:
    """The means of 20,000 resamples."""
    rows = np.random.default_rng(0).integers(0, 30, (20_000, 30))
    return SAMPLE[rows].mean(axis=1)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("percentile", "percentile"), ("basic", "basic"), ("bca", "BCa")]
)
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_intervals_of_a_mean_are_scipys(draws: np.ndarray, ours: str, theirs: str, level: float) -> None:
    """Within the Monte-Carlo error of 20,000 draws: 0.02 of the standard error at these quantiles."""
    estimate = SAMPLE.mean()
    left_out = (SAMPLE.sum() - SAMPLE) / 29
    mine = (
        bca(draws, estimate, level, left_out)
        if ours == "bca"
        else KINDS[ours].interval(draws, estimate, level)
    )
    result = stats.bootstrap(
        (SAMPLE,), np.mean, n_resamples=20_000, confidence_level=level, method=theirs, rng=1, batch=1000
    )
    np.testing.assert_allclose(mine, result.confidence_interval, atol=0.06 * result.standard_error)


def test_bca_on_the_very_same_draws_is_scipys_to_rounding() -> None:
    """SciPy takes our draws as its own."""
    result = stats.bootstrap((SAMPLE,), np.mean, n_resamples=999, method="BCa", rng=7)
    left_out = (SAMPLE.sum() - SAMPLE) / 29
    mine = bca(result.bootstrap_distribution, SAMPLE.mean(), 0.95, left_out)
    np.testing.assert_allclose(mine, result.confidence_interval, rtol=1e-12)


@pytest.mark.parametrize("kind", ["percentile", "basic", "normal", "bca"])
def test_draws_that_agree_give_a_point(kind: str) -> None:
    same, estimate = np.full(100, 1.7), np.asarray(1.7)
    ends = (
        bca(same, estimate, 0.9, np.full(9, 1.7))
        if kind == "bca"
        else KINDS[kind].interval(same, estimate, 0.9)
    )
    np.testing.assert_allclose(ends, [1.7, 1.7], rtol=1e-14)


def test_arrays_are_taken_entry_by_entry() -> None:
    values = np.random.default_rng(1).normal(size=(500, 2, 3))
    estimate, left_out = values.mean(axis=0), values[:40]
    whole = bca(values, estimate, 0.9, left_out)
    for i, j in np.ndindex(2, 3):
        alone = bca(values[:, i, j], estimate[i, j], 0.9, left_out[:, i, j])
        np.testing.assert_array_equal([end[i, j] for end in whole], alone)


def test_an_infinite_draw_leaves_no_standard_error_and_no_warning() -> None:
    """As of an exponent that has run off on a resample of few runs."""
    ends = KINDS["normal"].interval(np.array([1.0, 1.2, np.inf]), np.asarray(1.1), 0.9)
    assert np.isnan(ends).all()
