"""Parabolas and cubics through profiles, by weighted least squares in closed form, many at once.

The parabola is Hoffmann et al. 2022, section 3.2. On a wide, off-centre or skewed grid its vertex is not the
surface's minimum (arXiv:2603.22339); a cubic takes most of the skewness up.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from scalelaw.approaches.minima import Method, Minima, Points, distinct, with_faults


class Polynomial(NamedTuple):
    """Coefficients [..., degree + 1] from the constant on, in (x - centre) / half."""

    coefficients: Float[np.ndarray, "... k"]
    centre: Float[np.ndarray, "..."]
    half: Float[np.ndarray, "..."]

    def at(self, x: Points) -> Points:
        """The polynomial at x [..., k]."""
        scaled = (x - self.centre[..., None]) / self.half[..., None]
        *lower, value = np.moveaxis(self.coefficients[..., None], -2, 0)
        for coefficient in reversed(lower):
            value = value * scaled + coefficient
        return np.asarray(value)


def polynomial(x: Points, y: Points, weight: Points, degree: int) -> Polynomial:
    """The least-squares polynomial of each profile; NaN where it has no more sizes than the degree."""
    centre = (x[..., 0] + x[..., -1]) / 2
    half = (x[..., -1] - x[..., 0]) / 2
    half = np.where(half > 0, half, 1.0)
    powers = ((x - centre[..., None]) / half[..., None])[..., None] ** np.arange(2 * degree + 1)
    moments = _sum_over_runs(weight, powers)
    right = _sum_over_runs(weight * np.where(weight > 0, y, 0.0), powers[..., : degree + 1])
    gram = moments[..., np.add.outer(range(degree + 1), range(degree + 1))]
    enough = distinct(x, weight) > degree
    solved = _solve(np.where(enough[..., None, None], gram, np.eye(degree + 1)), right)
    return Polynomial(np.where(enough[..., None], solved, np.nan), centre, half)


def _sum_over_runs(weight: Points, powers: Float[np.ndarray, "... m k"]) -> Float[np.ndarray, "... k"]:
    """Weighted sums over the runs; one matrix product a profile where all resamples share its sizes."""
    if weight.ndim == powers.ndim:
        by_profile = np.moveaxis(weight, 0, -2)
        return np.asarray(np.moveaxis(by_profile @ powers, -2, 0))
    return np.asarray((weight[..., None, :] @ powers)[..., 0, :])


def _solve(
    gram: Float[np.ndarray, "... k k"], right: Float[np.ndarray, "... k"]
) -> Float[np.ndarray, "... k"]:
    """Solutions of many small positive definite systems, by elimination in all of them at once."""
    size = right.shape[-1]
    # Resamples of losses alone share one matrix, which is eliminated once.
    gram, right = gram.copy(), right.copy()
    for pivot in range(size):
        for row in range(pivot + 1, size):
            share = gram[..., row, pivot] / gram[..., pivot, pivot]
            gram[..., row, pivot:] -= share[..., None] * gram[..., pivot, pivot:]
            right[..., row] -= share * right[..., pivot]
    for row in reversed(range(size)):
        known = (gram[..., row, row + 1 :] * right[..., row + 1 :]).sum(axis=-1)
        right[..., row] = (right[..., row] - known) / gram[..., row, row]
    return right


def vertex(fitted: Polynomial, x: Points, weight: Points) -> Minima:
    """The vertex of each profile's parabola."""
    _, slope, bend = np.moveaxis(fitted.coefficients, -1, 0)
    upward = bend > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        at = fitted.centre + fitted.half * np.where(upward, -slope / (2 * bend), np.nan)
    return with_faults(x, weight, 3, at, fitted.at(at[..., None])[..., 0], upward)


def trough(fitted: Polynomial, x: Points, weight: Points) -> Minima:
    """The local minimum of each profile's cubic."""
    _, slope, bend, twist = np.moveaxis(fitted.coefficients, -1, 0)
    discriminant = bend**2 - 3 * slope * twist
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.where(discriminant > 0, discriminant, np.nan))
        # The root of the rising slope, in the form that loses no digits as the cubic becomes a parabola.
        scaled = np.where(bend > 0, -slope / (bend + root), (root - bend) / (3 * twist))
    at = fitted.centre + fitted.half * scaled
    return with_faults(x, weight, 4, at, fitted.at(at[..., None])[..., 0], np.isfinite(scaled))


PARABOLA = Method("parabola", "a parabola by least squares", 3, partial(polynomial, degree=2), vertex, 3)
CUBIC = Method("cubic", "a cubic by least squares", 4, partial(polynomial, degree=3), trough, 4)
