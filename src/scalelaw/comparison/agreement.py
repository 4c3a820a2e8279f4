"""Whether approaches agree: one test of all their differences over the same resamples, and what it could have
seen.

Every approach sees the same resamples of the same runs, so that the spread of a difference is that of the
difference, and not of two answers that share their noise. A difference d strays in the resamples by d* - d,
which is its own reference (Davison & Hinkley 1997, section 4.4): no normal tail is assumed. Several nearly
equal questions are one test: each statistic is divided by its own quantile over the resamples, so that all
weigh alike (Beran 1988), and is held to the largest of all in each resample (Westfall & Young 1993, single-step
max-T), which is as large as their correlations leave it; Bonferroni's bound would hide a difference behind
questions that ask the same.
"""

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from scalelaw._checks import bad_input

FEWEST = 100
"""Resamples without which there is no test."""

POWER = 0.8
"""The chance with which a difference would have been seen."""

# Answers that differ by less, in a or in the log of N*, differ by rounding.
ROUNDING = 1e-6


class Agreement(NamedTuple):
    """The test of Q answers (logs of what is compared by ratio) between S sets of approaches.

    Attributes:
        value: [Q, S] the second's answer less the first's; NaN for sets of more than two.
        half: [Q, S] half the width of its interval, simultaneous: it leaves out 0 exactly where `differ` says so.
        seen: [Q, S] the smallest difference that the test would have seen with a chance of 80 %; of more than two
            approaches the largest of their pairs'.
        alone: [Q, S] p of each difference by itself.
        p: [Q, S] p of each among all.
        differ: [Q, S] whether p is below 1 - level.
        draws: resamples in which every approach had every answer.
    """

    value: Float[np.ndarray, "Q S"]
    half: Float[np.ndarray, "Q S"]
    seen: Float[np.ndarray, "Q S"]
    alone: Float[np.ndarray, "Q S"]
    p: Float[np.ndarray, "Q S"]
    differ: Bool[np.ndarray, "Q S"]
    draws: int


def fewest(level: float) -> int:
    """Resamples with every answer without which no test at a level can say that approaches differ, at least 100."""
    return max(FEWEST, math.ceil(round(1 / (1 - level), 6)))


def sets(approaches: int) -> list[list[int]]:
    """What is compared: all of them where there are more than two, and every pair."""
    pairs = [list(pair) for pair in combinations(range(approaches), 2)]
    return pairs if approaches < 3 else [list(range(approaches)), *pairs]


def agreement(
    estimates: Float[np.ndarray, "Q k"], draws: Float[np.ndarray, "R Q k"], level: float
) -> Agreement:
    """Whether k approaches give the same Q answers.

    Args:
        estimates: with all runs.
        draws: of each over the same resamples; those with a NaN do not count.
        level: of confidence, of all answers together.

    Raises:
        BadInput: for fewer than two approaches, or fewer resamples with every answer than `fewest`.
    """
    Q, k = estimates.shape
    if k < 2:
        raise bad_input("approaches", "at least 2 to agree", str(k))
    kept = draws[np.isfinite(draws).all(axis=(1, 2))]
    if len(kept) < fewest(level):
        wanted = f"at least {fewest(level)} with an answer of every approach"
        raise bad_input("resamples", wanted, str(len(kept)))
    compared, R = sets(k), len(kept)
    strayed = kept - estimates
    found, reference = (
        np.stack([[_apart(of[..., q, some], strayed[:, q, some]) for some in compared] for q in range(Q)])
        for of in (estimates, strayed)
    )
    # [Q, S] and [Q, S, R] in units of what each difference strays by itself.
    unit = np.maximum(np.quantile(reference, level, axis=-1), ROUNDING)
    scaled, largest = found / unit, (reference / unit[..., None]).max(axis=(0, 1))
    beyond = np.sort(largest)[::-1]
    critical = beyond[max(math.ceil(round((1 - level) * (1 + R), 6)) - 2, 0)]
    paired = np.array([len(some) == 2 for some in compared])
    value = np.where(
        paired, [[own[some[1]] - own[some[0]] for some in compared] for own in estimates], np.nan
    )
    seen = critical * unit + _power_quantile(strayed, compared)
    return Agreement(
        value,
        np.where(paired, critical * unit, np.nan),
        np.where(paired, seen, np.max(seen[:, paired], axis=1, keepdims=True)),
        (1 + np.count_nonzero(reference >= found[..., None], axis=-1)) / (1 + R),
        (1 + np.count_nonzero(largest >= scaled[..., None], axis=-1)) / (1 + R),
        scaled > critical,
        R,
    )


def _apart(answers: Float[np.ndarray, "... k"], strayed: Float[np.ndarray, "R k"]) -> np.ndarray:
    """How far answers are from being one [...]: two by their difference, more by the distance of Wald's test."""
    steps = np.diff(answers, axis=-1)
    steps = np.where(np.abs(steps) < ROUNDING, 0.0, steps)
    if answers.shape[-1] == 2:
        return np.asarray(np.abs(steps[..., 0]))
    weigh = np.linalg.pinv(np.cov(np.diff(strayed, axis=1), rowvar=False), hermitian=True)
    return np.asarray(np.sqrt(np.maximum(np.einsum("...i,ij,...j->...", steps, weigh, steps), 0.0)))


def _power_quantile(
    strayed: Float[np.ndarray, "R Q k"], compared: Sequence[Sequence[int]]
) -> Float[np.ndarray, "Q S"]:
    """How far beyond the ends of its interval a difference of either sign has to lie; 0 for more than two."""
    ends = np.zeros((strayed.shape[1], len(compared)))
    for at, some in enumerate(compared):
        if len(some) == 2:
            steps = strayed[:, :, some[1]] - strayed[:, :, some[0]]
            ends[:, at] = np.quantile(np.concatenate([steps, -steps]), POWER, axis=0)
    return ends
