"""The test of agreement: its size where approaches agree, its power where they do not, and its limits."""

import numpy as np
import pytest
from scipy.stats import norm

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.comparison.agreement import Agreement, agreement
from scalelaw.comparison.verdict import IN_A, IN_N

COVARIANCE = np.array([[1.0, 0.8, 0.5], [0.8, 1.5, 0.6], [0.5, 0.6, 2.0]])


def drawn(random: np.random.Generator, about: np.ndarray, count: int) -> np.ndarray:
    k = len(about)
    return random.multivariate_normal(about, COVARIANCE[:k, :k], count)


LEVEL = 0.95


def one(own: np.ndarray, draws: np.ndarray, level: float = LEVEL) -> Agreement:
    """The test of a single answer."""
    return agreement(own[None], draws[:, None], level)


@pytest.mark.parametrize("k", [2, 3])
def test_rejects_five_in_a_hundred_where_all_agree(k: int) -> None:
    random = np.random.default_rng(k)
    answers = drawn(random, np.full(k, 0.5), 600)
    some = [one(own, drawn(random, own, 400)).differ.any() for own in answers]
    assert np.mean(some) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 600))


def test_of_two_normal_answers_is_the_normal_test() -> None:
    """p, interval and what would have been seen, of one question by itself."""
    random = np.random.default_rng(0)
    own, sd = np.array([0.0, 2.0]), np.sqrt(1.0 + 1.5 - 2 * 0.8)
    found = one(own, drawn(random, own, 40_000))
    assert found.p[0, 0] == found.alone[0, 0] == pytest.approx(2 * norm.sf(2.0 / sd), abs=0.003)
    assert found.half[0, 0] == pytest.approx(norm.ppf(0.975) * sd, rel=0.02)
    assert found.seen[0, 0] == pytest.approx((norm.ppf(0.975) + norm.ppf(0.8)) * sd, rel=0.02)


def test_sees_what_it_says_four_times_in_five() -> None:
    random = np.random.default_rng(6)
    level = np.zeros(2)
    seen = one(level, drawn(random, level, 4000)).seen[0, 0]
    answers = drawn(random, np.array([0.0, seen]), 400)
    power = np.mean([one(own, drawn(random, own, 400)).differ[0, 0] for own in answers])
    assert power == pytest.approx(0.8, abs=3 * np.sqrt(0.8 * 0.2 / 400))


def test_questions_that_ask_the_same_cost_nothing() -> None:
    """Four answers with the same noise are one test; four with their own need Sidak's level."""
    random = np.random.default_rng(7)
    own = np.array([[0.0, 2.0]])
    draws = drawn(random, own[0], 20_000)[:, None]
    alone = agreement(own, draws, LEVEL)
    same = agreement(np.repeat(own, 4, axis=0), np.repeat(draws, 4, axis=1), LEVEL)
    np.testing.assert_array_equal(same.p, np.repeat(alone.p, 4, axis=0))
    apart = np.stack([drawn(random, own[0], 20_000) for _ in range(4)], axis=1)
    p = agreement(np.repeat(own, 4, axis=0), apart, LEVEL).p
    exact = 1 - (1 - 2 * norm.sf(2.0 / np.sqrt(1.0 + 1.5 - 2 * 0.8))) ** 4
    # 20,000 draws know the unit of each to 1 %, and with it p to .006.
    np.testing.assert_allclose(p, exact, atol=0.018)


def test_an_interval_leaves_out_zero_exactly_where_the_test_says_differ() -> None:
    random = np.random.default_rng(8)
    for own in drawn(random, np.array([0.0, 2.4]), 60):
        draws = np.stack([drawn(random, own, 200), 2 * drawn(random, own, 200)], axis=1)
        found = agreement(np.stack([own, 2 * own]), draws, LEVEL)
        np.testing.assert_array_equal(found.differ, np.abs(found.value) > found.half)
        np.testing.assert_array_equal(found.differ, found.p < 1 - LEVEL)


def test_does_not_depend_on_the_order_of_the_approaches() -> None:
    random = np.random.default_rng(3)
    own = np.array([0.1, 0.9, -0.4])
    draws = drawn(random, own, 500)
    shuffled = [2, 0, 1]
    found, again = one(own, draws), one(own[shuffled], draws[:, shuffled])
    assert found.alone[0, 0] == again.alone[0, 0]
    assert sorted(found.p[0]) == sorted(again.p[0])


def test_shared_noise_is_no_disagreement() -> None:
    """Answers that move together differ by less than either moves: paired draws see it."""
    random = np.random.default_rng(4)
    shared = random.standard_normal(1000)
    draws = np.stack([shared, shared + 0.01 * random.standard_normal(1000) + 0.1], axis=1)
    assert one(np.array([0.0, 0.1]), draws).p == 1 / 1001


def test_rounding_is_no_disagreement() -> None:
    draws = np.stack([np.full(200, 0.5), np.full(200, 0.5) + 1e-12], axis=1)
    assert not one(np.array([0.5, 0.5 + 1e-12]), draws).differ.any()


def test_resamples_without_an_answer_do_not_count() -> None:
    draws = np.random.default_rng(5).standard_normal((300, 2))
    draws[:50, 0] = np.nan
    found = one(np.zeros(2), draws)
    assert (found.draws, found.p) == (250, 1.0)


def test_needs_two_approaches_and_a_hundred_resamples() -> None:
    with pytest.raises(BadInput, match="approaches must be at least 2 to agree, got 1"):
        one(np.zeros(1), np.zeros((500, 1)))
    with pytest.raises(
        BadInput, match="resamples must be at least 100 with an answer of every approach, got 99"
    ):
        one(np.zeros(2), np.zeros((99, 2)))
    with pytest.raises(BadInput, match="resamples must be at least 1000 with an answer of every approach"):
        one(np.zeros(2), np.zeros((999, 2)), 0.999)


@pytest.mark.slow
def test_what_matters_costs_five_per_cent_of_the_compute() -> None:
    """A model 1.5 times too large or too small, by Hoffmann's exponents; .05 in a over 3.5 decades."""
    law, params = sl.laws.chinchilla, sl.laws.Chinchilla(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
    best = sl.optimal(law, params, 1e23)
    for factor in (IN_N, 1 / IN_N):
        N = best.N * factor
        wasteful = law.predict(params, N=N, D=1e23 / (6 * N))
        least = sl.allocation.optimal_given_L(law, params, wasteful)
        assert 1e23 / float(6 * least.N * least.D) - 1 == pytest.approx(0.05, abs=0.005)
    assert 10 ** (3.5 * IN_A) == pytest.approx(IN_N, rel=0.01)
