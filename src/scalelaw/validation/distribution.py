"""A distribution known by some of its quantiles: what it says of an observation, and proper scores of that."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, ndtri


@dataclass(frozen=True, eq=False)
class Distribution:
    """A normal distribution between every two neighbouring quantiles: the one that has both.

    The normal score z = Phi^-1(probability) is thus linear in the quantity from quantile to quantile. Beyond the
    outermost quantiles go the normal tails of the outermost two: tails are neither cut off nor heavier than
    normal. A normal distribution is given back exactly, whatever quantiles of it are known; of Student's t with
    3 (5) degrees of freedom the eleven quantiles of a forecast lose .013 (.004) nats of mean log score.

    Attributes:
        probabilities: [q] ascending, between 0 and 1.
        quantiles: [q] ascending.
    """

    probabilities: Float[np.ndarray, " q"]
    quantiles: Float[np.ndarray, " q"]

    @cached_property
    def z(self) -> Float[np.ndarray, " q"]:
        """Normal scores of the quantiles."""
        return np.asarray(ndtri(self.probabilities))

    @cached_property
    def slope(self) -> Float[np.ndarray, " steps"]:
        """Of z between neighbours: one over the standard deviation there."""
        return np.diff(self.z) / np.diff(self.quantiles)

    def probability(self, y: float) -> float:
        """That the quantity is below y: the probability integral transform of an observation y."""
        return float(ndtr(self._score(y)[0]))

    def log_density(self, y: float) -> float:
        """Log of the density at y: the log score of an observation y; higher is better."""
        z, slope = self._score(y)
        return float(np.log(slope) - (z**2 + np.log(2 * np.pi)) / 2)

    @property
    def expected_log_density(self) -> float:
        """Mean log score of observations that follow this distribution."""
        share = np.diff([0, *self.probabilities[1:-1], 1])
        return float(share @ np.log(self.slope) - (1 + np.log(2 * np.pi)) / 2)

    def crps(self, y: float) -> float:
        """Continuous ranked probability score of an observation y, in its unit; lower is better.

        Twice the integral over probabilities p of the quantile loss (1[y < q(p)] - p) (q(p) - y), in closed form.

        References:
            Gneiting & Raftery 2007, sections 4.2 and 6.1.
        """
        observed = self._score(y)[0]
        edges = np.sort([-np.inf, *self.z[1:-1], observed, np.inf])
        piece = np.clip(np.searchsorted(self.z, edges[1:]) - 1, 0, len(self.slope) - 1)
        # Quantity less y, as level + width * z on each piece.
        width = 1 / self.slope[piece]
        level = self.quantiles[piece] - self.z[piece] * width - y
        density, below = np.exp(-(edges**2) / 2) / np.sqrt(2 * np.pi), ndtr(edges)
        paired = ndtr(np.sqrt(2) * edges) / (2 * np.sqrt(np.pi)) - density * below
        whole = level * np.diff(below) - width * np.diff(density)
        shared = level * np.diff(below**2) / 2 + width * np.diff(paired)
        return float(2 * np.sum((edges[1:] > observed) * whole - shared))

    def _score(self, y: float) -> tuple[float, float]:
        """The normal score of y, and its slope there."""
        piece = int(np.clip(np.searchsorted(self.quantiles, y) - 1, 0, len(self.slope) - 1))
        slope = float(self.slope[piece])
        return float(self.z[piece] + slope * (y - self.quantiles[piece])), slope
