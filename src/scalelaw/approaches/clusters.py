"""Clusters on a line that are narrower than the gaps between them: single linkage, cut where that is clearest."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

WIDEST = 1.6
"""The C of one budget's runs differ by no more than this factor: +-20 % is 1.5."""

ONE = 1.05
"""Profiles whose C differs by less than this factor are of one budget."""

CLOSE = 1.25
"""Budgets nearer to each other than this factor may be one that drifts."""

FEWEST = 3
"""Different sizes that make a profile."""

CERTAIN = 5.0
"""A separation beyond which clusters are not called clearer."""

# Sizes are multiplied out, too, or written with six digits.
SAME = 1e-6
# Gaps below are those of compute that was multiplied out.
NOTHING = 1e-9


class Clusters(NamedTuple):
    """Clusters, from the left.

    Attributes:
        code: [n] of each value, from 0.
        populous: which clusters have enough sizes.
        separation: the narrowest gap between clusters over the widest cluster.
    """

    code: Int[np.ndarray, " n"]
    populous: Bool[np.ndarray, " B"]
    separation: float

    @property
    def clearness(self) -> float:
        """Runs in clusters of enough sizes, times the separation."""
        return float(self.populous[self.code].sum()) * min(self.separation, CERTAIN)


def clusters(x: Float[np.ndarray, " n"], sizes: Float[np.ndarray, " n"]) -> Clusters | None:
    """The clusters of values that are clearest; None where no cut makes any.

    Values nearer than a threshold to the next are of one cluster. A threshold will do if every gap between clusters
    is wider than the widest of them (their ratio is the separation), that is no wider than log `WIDEST`, and no two
    of at least three sizes are nearer than log `ONE`. Taken is the one under which clusters of at least three sizes
    hold most runs, times the separation up to `CERTAIN`; that product must reach the number of all runs, so that
    what a grid has by chance is no cluster.

    Args:
        x: log C of each run.
        sizes: its size.
    """
    order = np.argsort(x, kind="stable")
    gaps = np.diff(x[order])
    narrow = np.append(0.0, np.unique(gaps[(gaps > NOTHING) & (gaps <= np.log(WIDEST))]))
    cuts = [cut for each in narrow if (cut := _cut(x[order], sizes[order], gaps, each)) is not None]
    best = max(cuts, key=lambda cut: (cut.clearness, cut.separation), default=None)
    if best is None or best.clearness < len(x):
        return None
    code = np.empty_like(best.code)
    code[order] = best.code
    return best._replace(code=code)


def _cut(
    x: Float[np.ndarray, " n"],
    sizes: Float[np.ndarray, " n"],
    gaps: Float[np.ndarray, " n1"],
    threshold: float,
) -> Clusters | None:
    """The clusters of ascending values by one threshold; None unless they are narrower than the gaps."""
    between = gaps > threshold + NOTHING
    first = np.flatnonzero(np.append(True, between))
    last = np.append(first[1:], len(x)) - 1
    widest = float((x[last] - x[first]).max())
    narrowest = float(gaps[between].min(initial=np.inf))
    if narrowest <= widest or widest > np.log(WIDEST) + NOTHING:
        return None
    code = np.append(0, np.cumsum(between))
    one_each = np.unique(sizes_of(code, sizes), return_index=True)[1]
    populous = np.bincount(code[one_each], minlength=len(first)) >= FEWEST
    if (x[first[populous]][1:] - x[last[populous]][:-1]).min(initial=np.inf) < np.log(ONE):
        return None
    return Clusters(code, populous, narrowest / max(widest, NOTHING))


def sizes_of(code: Int[np.ndarray, " n"], sizes: Float[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Which runs are of one cluster and one size: a code of each such pair from 0, for every run.

    Args:
        code: of each run's cluster.
        sizes: of each run, above 0; those that differ by less than 1e-6 are one.
    """
    order = np.lexsort((sizes, code))
    new = (np.diff(code[order]) != 0) | (np.diff(np.log(sizes[order])) > SAME)
    pair = np.empty(len(code), np.int64)
    pair[order] = np.append(0, np.cumsum(new))
    return pair
