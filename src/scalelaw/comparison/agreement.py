"""Whether approaches agree: a bootstrap Wald test on differences over the same resamples.

Every approach sees the same resamples of the same runs, so that the spread of a difference is that of the
difference, and not of two answers that share their noise. The statistic (d* - d)' S^-1 (d* - d) of the draws is
its own reference (Davison & Hinkley 1997, section 4.4); no normal tail is assumed.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from scalelaw._checks import bad_input

FEWEST = 100
"""Resamples without which there is no test."""


class Agreement(NamedTuple):
    """The test of one number.

    Attributes:
        p: share of resamples whose differences stray farther from those of the runs than these are from zero.
        draws: resamples in which every approach had an answer.
    """

    p: float
    draws: int


def agreement(estimates: Float[np.ndarray, " k"], draws: Float[np.ndarray, "R k"]) -> Agreement:
    """Whether k approaches give one number.

    Args:
        estimates: with all runs.
        draws: of each over the same resamples; rows with a NaN do not count.

    Raises:
        BadInput: for fewer than two approaches, or fewer than 100 resamples with an answer of each.
    """
    if len(estimates) < 2:
        raise bad_input("approaches", "at least 2 to agree", str(len(estimates)))
    kept = draws[np.isfinite(draws).all(axis=1)]
    if len(kept) < FEWEST:
        raise bad_input("resamples", f"at least {FEWEST} with an answer of every approach", str(len(kept)))
    apart = np.diff(estimates)
    strayed = np.diff(kept, axis=1) - apart
    weigh = np.linalg.pinv(np.atleast_2d(np.cov(strayed, rowvar=False)), hermitian=True)
    found = apart @ weigh @ apart
    reference = np.einsum("ri,ij,rj->r", strayed, weigh, strayed)
    return Agreement(float((1 + np.count_nonzero(reference >= found)) / (1 + len(kept))), len(kept))


class Difference(NamedTuple):
    """How far two approaches are apart, and whether all that are compared agree.

    Attributes:
        value: the second less the first, or over the first; NaN for more than two.
        low, high: ends of its percentile interval.
        p: of the test; NaN where too few resamples have every answer.
    """

    value: float
    low: float
    high: float
    p: float


def difference(
    estimates: Float[np.ndarray, " k"],
    draws: Float[np.ndarray, "R k"],
    level: float,
    *,
    fewest: int = FEWEST,
    ratio: bool = False,
) -> Difference:
    """The answers of k approaches beside each other.

    Args:
        estimates: with all runs.
        draws: of each over the same resamples; NaN for none.
        level: of confidence.
        fewest: resamples with every answer, at least 100, that a test needs.
        ratio: whether positive answers are compared by their ratio and tested in logs.
    """
    known = np.isfinite(draws).all(axis=1)
    if ratio:
        estimates, draws = np.log(estimates), np.log(draws)
    p = agreement(estimates, draws).p if np.count_nonzero(known) >= fewest else np.nan
    if len(estimates) > 2 or not known.any():
        return Difference(np.nan, np.nan, np.nan, p)
    ends = np.quantile(np.diff(draws[known], axis=1), [(1 - level) / 2, (1 + level) / 2])
    apart = np.append(np.diff(estimates), ends)
    value, low, high = np.exp(apart) if ratio else apart
    return Difference(value, low, high, p)


def sets(approaches: int) -> list[list[int]]:
    """What is compared: all of them where there are more than two, and every pair."""
    pairs = [list(pair) for pair in combinations(range(approaches), 2)]
    return pairs if approaches < 3 else [list(range(approaches)), *pairs]
