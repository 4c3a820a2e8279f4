"""Structure in residuals: what a smooth surface explains of them and the law's own parameters do not.

Residuals are set against a cubic in the logs of the inputs, of which the part that the law's parameters could take
up is projected out. An F statistic weighs what is left of the surface against the rest, and its distribution under
a law that is right is simulated with the residuals themselves.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from scalelaw.fitting.spread import MAD_OF_NORMAL

DEGREE = 3
# A direction of the surface that leaves less than this part of its length outside the law's tangent space is the
# law's own: of a cubic in two inputs Chinchilla's law takes up five directions of ten.
OWN = 0.3
# Residuals beyond so many robust standard deviations are drawn in to them.
WINSORISED = 2.5
SIMULATIONS = 1999
# Long tables are simulated less often, to this many numbers in all, though at least FEWEST times.
NUMBERS, FEWEST = 1 << 25, 199
# Of singular values, as a share of the largest: below it a direction is rounding.
ROUNDING = 1e-6


class Split(NamedTuple):
    """Residuals, and the two spaces that they are taken apart by.

    Attributes:
        residuals: [n] times the root of the weight, winsorised, without what the law's parameters take up.
        law: [n, p] orthonormal: the law's tangent space.
        surface: [n, k] orthonormal: what the law leaves of the smooth surface.
    """

    residuals: Float[np.ndarray, " n"]
    law: Float[np.ndarray, "n p"]
    surface: Float[np.ndarray, "n k"]

    def sums(self, residuals: Float[np.ndarray, "... n"]) -> tuple[np.ndarray, np.ndarray]:
        """Sums of squares along the surface, and of what is neither law nor surface."""
        along = np.sum((residuals @ self.surface) ** 2, axis=-1)
        law = np.sum((residuals @ self.law) ** 2, axis=-1)
        return along, np.maximum(np.sum(residuals**2, axis=-1) - law - along, 0.0)

    @property
    def degrees(self) -> int:
        """Degrees of freedom of what is neither law nor surface."""
        return int(len(self.residuals) - self.directions - self.law.shape[1])

    @property
    def directions(self) -> int:
        """How many directions of the surface are tested."""
        return int(self.surface.shape[1])

    @property
    def testable(self) -> bool:
        """Whether there is a surface to find, and something left to weigh it against."""
        return self.directions > 0 and self.degrees > 0

    @property
    def smooth(self) -> Float[np.ndarray, " n"]:
        """The part of the residuals along the surface."""
        return np.asarray(self.surface @ (self.surface.T @ self.residuals))


def take_apart(
    residuals: Float[np.ndarray, " n"],
    tangents: Float[np.ndarray, "n p"],
    surface: Float[np.ndarray, "n m"],
    root: Float[np.ndarray, " n"],
) -> Split:
    """Orthonormal bases of the law's tangents, and of the surface without what lies (nearly) in them."""
    scale = np.median(np.abs(residuals)) / MAD_OF_NORMAL
    limit = WINSORISED * scale if scale > 0 else np.inf
    # Where a parameter ran off, nothing can be said of its direction.
    known = np.isfinite(tangents).all(axis=0)
    law = _span(tangents[:, known] * root[:, None])
    smooth = _span(surface * root[:, None])
    outside, length, _ = np.linalg.svd(smooth - law @ (law.T @ smooth), full_matrices=False)
    r = np.clip(residuals, -limit, limit) * root
    return Split(r - law @ (law.T @ r), law, outside[:, length > OWN])


def cubic(inputs: Mapping[str, Float[np.ndarray, " n"]]) -> Float[np.ndarray, "n m"]:
    """All products of up to three standardised logs; of inputs that are not all positive, themselves.

    With many inputs for the runs, products of up to two, or one.
    """
    columns = [_standardised(values) for values in inputs.values() if np.ptp(values) > 0]
    n = len(next(iter(inputs.values())))
    for degree in range(DEGREE, 0, -1):
        terms = [np.ones(n), *_products(columns, degree)]
        if len(terms) <= n / 3:
            break
    return np.stack(terms, axis=1)


def _products(columns: list[np.ndarray], degree: int) -> Iterator[np.ndarray]:
    for order in range(1, degree + 1):
        for factors in combinations_with_replacement(columns, order):
            yield np.prod(factors, axis=0)


def _standardised(values: np.ndarray) -> np.ndarray:
    x = np.log(values) if (values > 0).all() else values
    return np.asarray((x - x.mean()) / x.std())


def _span(columns: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n r"]:
    """An orthonormal basis of what the columns span."""
    size = np.linalg.norm(columns, axis=0)
    unit = columns[:, size > 0] / size[size > 0]
    along, singular, _ = np.linalg.svd(unit, full_matrices=False)
    return np.asarray(along[:, singular > ROUNDING * singular.max(initial=0.0)])


def chance(split: Split, codes: Int[np.ndarray, " n"] | None, simulations: int = SIMULATIONS) -> float:
    """Share of simulated residuals without structure that show as much of it."""
    n = len(split.residuals)
    count = int(np.clip(NUMBERS // n, FEWEST, simulations))
    rng = np.random.default_rng(0)
    own = _ratio(split, split.residuals)
    # A block holds some 2^20 numbers.
    blocks = np.array_split(np.arange(count), max(1, count * n >> 20))
    above = sum(
        np.count_nonzero(_ratio(split, _redraw(rng, split.residuals, codes, len(b))) >= own) for b in blocks
    )
    return (1 + above) / (1 + count)


def _ratio(split: Split, residuals: np.ndarray) -> np.ndarray:
    along, rest = split.sums(residuals)
    return np.asarray(along / np.maximum(rest, np.finfo(float).tiny))


def _redraw(
    rng: np.random.Generator, residuals: np.ndarray, codes: Int[np.ndarray, " n"] | None, count: int
) -> Float[np.ndarray, "count n"]:
    """Residuals of other runs; or the own ones, all of a group with one random sign."""
    if codes is None:
        return rng.choice(residuals - residuals.mean(), size=(count, len(residuals)))
    signs = rng.choice([-1.0, 1.0], size=(count, int(codes.max()) + 1))
    return np.asarray(signs[:, codes] * residuals)
