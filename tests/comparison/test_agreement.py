"""The bootstrap Wald test: its size where approaches agree, its power where they do not, and its limits."""

import numpy as np
import pytest

from scalelaw import BadInput
from scalelaw.comparison.agreement import agreement

COVARIANCE = np.array([[1.0, 0.8, 0.5], [0.8, 1.5, 0.6], [0.5, 0.6, 2.0]])


def drawn(random: np.random.Generator, about: np.ndarray, count: int) -> np.ndarray:
    k = len(about)
    return random.multivariate_normal(about, COVARIANCE[:k, :k], count)


@pytest.mark.parametrize("k", [2, 3])
def test_rejects_five_in_a_hundred_where_all_agree(k: int) -> None:
    random = np.random.default_rng(k)
    answers = drawn(random, np.full(k, 0.5), 600)
    p = np.array([agreement(own, drawn(random, own, 400)).p for own in answers])
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 600))


def test_of_two_normal_answers_is_the_normal_test() -> None:
    random = np.random.default_rng(0)
    own = np.array([0.0, 2.0])
    z = 2.0 / np.sqrt(1.0 + 1.5 - 2 * 0.8)
    two_sided = 0.0350  # 2 (1 - Phi(2.108))
    assert z == pytest.approx(2.108, abs=1e-3)
    assert agreement(own, drawn(random, own, 40_000)).p == pytest.approx(two_sided, abs=0.003)


def test_does_not_depend_on_the_order_of_the_approaches() -> None:
    random = np.random.default_rng(3)
    own = np.array([0.1, 0.9, -0.4])
    draws = drawn(random, own, 500)
    shuffled = [2, 0, 1]
    assert agreement(own, draws).p == agreement(own[shuffled], draws[:, shuffled]).p


def test_shared_noise_is_no_disagreement() -> None:
    """Answers that move together differ by less than either moves: paired draws see it."""
    random = np.random.default_rng(4)
    shared = random.standard_normal(1000)
    draws = np.stack([shared, shared + 0.01 * random.standard_normal(1000) + 0.1], axis=1)
    assert agreement(np.array([0.0, 0.1]), draws).p == 1 / 1001


def test_resamples_without_an_answer_do_not_count() -> None:
    draws = np.random.default_rng(5).standard_normal((300, 2))
    draws[:50, 0] = np.nan
    found = agreement(np.zeros(2), draws)
    assert (found.draws, found.p) == (250, 1.0)


def test_needs_two_approaches_and_a_hundred_resamples() -> None:
    with pytest.raises(BadInput, match="approaches must be at least 2 to agree, got 1"):
        agreement(np.zeros(1), np.zeros((500, 1)))
    with pytest.raises(
        BadInput, match="resamples must be at least 100 with an answer of every approach, got 99"
    ):
        agreement(np.zeros(2), np.zeros((99, 2)))
