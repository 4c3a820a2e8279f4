"""Straight lines in logs, many at once: the power laws of a compute-optimal frontier."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Line(NamedTuple):
    """Least-squares lines y = intercept + slope x, NaN where fewer than 2 different x have weight."""

    slope: Float[np.ndarray, "..."]
    intercept: Float[np.ndarray, "..."]


def line(
    x: Float[np.ndarray, "... n"], y: Float[np.ndarray, "... n"], weight: Float[np.ndarray, "... n"]
) -> Line:
    """Weighted least-squares lines through points along the last axis; the other axes broadcast.

    Args:
        x: abscissae.
        y: ordinates; may be NaN where the weight is 0.
        weight: at least 0.
    """
    total = weight.sum(axis=-1)
    y = np.where(weight > 0, y, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        x_mean, y_mean = (weight * x).sum(axis=-1) / total, (weight * y).sum(axis=-1) / total
        away = np.where(weight > 0, x - x_mean[..., None], 0.0)
        spread = (weight * away**2).sum(axis=-1)
        slope = (weight * away * (y - y_mean[..., None])).sum(axis=-1) / spread
    slope = np.where(np.ptp(away, axis=-1) > 0, slope, np.nan)
    return Line(slope, y_mean - slope * x_mean)


def joined(parts: Sequence[Line]) -> Line:
    """Lines that were made in parts, as one."""
    return Line(*(np.concatenate(each) for each in zip(*parts, strict=True)))


class PowerLaw(NamedTuple):
    """y = coefficient C^exponent, C in FLOP.

    Attributes:
        exponent: the slope in logs.
        log_coefficient: natural log of the coefficient.
        stderr: standard error of the exponent from the scatter about the line; NaN for 2 points, or where they
            are not independent.
        points: through how many it was fitted.
    """

    exponent: float
    log_coefficient: float
    stderr: float
    points: int

    @property
    def coefficient(self) -> float:
        """Y at C = 1 FLOP."""
        return float(np.exp(self.log_coefficient))

    def at(self, C: Float[np.ndarray, "..."] | float) -> np.ndarray:
        """Y at C [FLOP]."""
        return np.asarray(np.exp(self.log_coefficient + self.exponent * np.log(C)))


def power_law(
    C: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], weight: Float[np.ndarray, " n"] | None = None
) -> PowerLaw:
    """The power law through points, by least squares in logs.

    Args:
        C: compute [FLOP].
        y: what follows it; points that are not positive and finite are left out.
        weight: of each point; 1 / sd^2 of log y for the weighted law, all alike when None.
    """
    weight = np.ones_like(y) if weight is None else weight
    weight = np.where(np.isfinite(y) & np.isfinite(weight), weight, 0.0)
    used = weight > 0
    x, log_y = np.log(C), np.log(np.where(used, y, 1.0))
    slope, intercept = line(x, log_y, weight)
    return PowerLaw(
        float(slope), float(intercept), _stderr(x[used], log_y[used], weight[used]), int(used.sum())
    )


def _stderr(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    if len(x) < 3 or np.ptp(x) == 0:
        return float("nan")
    slope, intercept = line(x, y, weight)
    scatter = (weight * (y - intercept - slope * x) ** 2).sum() / (len(x) - 2)
    return float(np.sqrt(scatter / (weight * (x - np.average(x, weights=weight)) ** 2).sum()))
