"""How far the objective may rise: the calibrated drop of a robust objective.

With rho in place of a log-likelihood, twice the rise of the profile objective over its minimum is not
chi-squared but distributed as sum_i lambda_i X_i, X_i independent chi-squared of one degree of freedom and
lambda the eigenvalues of (G H^-1 G')^-1 (G V G'): G the derivative of the profiled functions, H the curvature
and V the sandwich covariance (Kent 1982; Rotnitzky & Jewell 1990, eq. 3; with weights and groups, Chandler &
Bate 2007). For one function lambda is the ratio of its two variances. Squared loss has lambda = s^2, and the
rise is that of a sum of squares; as the noise is estimated there from n - p degrees of freedom, X_i shares an
estimated variance with that many, and the quantiles are those of t^2 and F (Bates & Watts 1988, chapter 6).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting.curvature import Curvature
from scalelaw.fitting.sandwich import bread

# Angles of the trapezoidal rule, which converges faster than any power on a smooth periodic integrand.
ANGLES = 512
# Halvings of a bracket on the log of a quantile: the last bit of a float64.
HALVINGS = 64


@dataclass(frozen=True)
class Calibration:
    """The distribution of twice the rise of a profile objective.

    Attributes:
        weights: [k] eigenvalues lambda, one a profiled function; zero for runs without noise.
        spare: n - p, degrees of freedom of the noise.
    """

    weights: Float[np.ndarray, " k"]
    spare: int

    def rise(self, level: float) -> float:
        """Rise of the objective that a region of this confidence level allows."""
        largest = float(np.max(self.weights))
        if not largest > 0:
            return 0.0
        low, high = -40.0, 40.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.beyond(np.exp(middle) * largest) > 1 - level else (low, middle)
        return float(np.exp(low) * largest / 2)

    def beyond(self, drop: float) -> float:
        """Probability that twice the rise exceeds `drop`.

        In polar coordinates the radius of two standard normals is independent of their angle, so that the
        weighted sum is one integral over it; a single function has a second weight of zero.
        """
        first, second = (*self.weights, 0.0)[:2]
        # Half a step off the axes, where a weight of zero divides.
        angle = (np.arange(ANGLES) + 0.5) * (np.pi / ANGLES)
        spread = first * np.cos(angle) ** 2 + second * np.sin(angle) ** 2
        return float(np.mean(np.exp(-self.spare / 2 * np.log1p(drop / (self.spare * spread)))))


class Quadratic(NamedTuple):
    """What second derivatives say of k profiled functions.

    Attributes:
        calibration: of their profile.
        sandwich: [k, k] G V G', their covariance.
        plain: [k, k] G H^-1 G', the inverse curvature of their profile.
    """

    calibration: Calibration
    sandwich: Float[np.ndarray, "k k"]
    plain: Float[np.ndarray, "k k"]


def quadratic(
    weight: Float[np.ndarray, " n"], point: Curvature, gradients: Float[np.ndarray, "k P"]
) -> Quadratic:
    """The calibration of profiles at a fit.

    Args:
        weight: of the runs.
        point: its derivatives at the optimum.
        gradients: of the profiled functions by the law's parameters in the table's units.
    """
    spare = max(len(point.residuals) - len(point.theta), 1)
    slope = np.where(point.still, 0.0, gradients @ point.params_slope)
    H = _bread(point.jacobian, weight, point.averaged, point.bend, point.still)
    sandwich = slope @ point.covariance @ slope.T
    with np.errstate(all="ignore"):
        plain = slope @ _solve(H, slope.T)
        ratio = _solve(plain, sandwich)
        weights = np.real(np.linalg.eigvals(ratio)) if np.isfinite(ratio).all() else np.array([np.nan])
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            # Mean squared score over mean curvature (Schrader & Hettmansperger 1980), lambda of noise of one
            # size: it needs no inverse, and serves where the runs do not determine the parameters.
            inflation = len(point.residuals) / spare
            common = np.sum((weight * point.psi) ** 2) / np.sum(weight * point.averaged) * inflation
            weights = np.full(len(slope), float(common))
            plain = sandwich / weights[0]
    return Quadratic(Calibration(weights, spare), sandwich, plain)


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """matrix^-1 right; not a number where there is none."""
    finite = np.isfinite(matrix).all() and np.isfinite(right).all()
    if not finite or np.linalg.matrix_rank(matrix / np.max(np.abs(matrix))) < len(matrix):
        return np.full(right.shape, np.nan)
    return np.asarray(np.linalg.solve(matrix, right))


_bread = float64(compiled(bread))
