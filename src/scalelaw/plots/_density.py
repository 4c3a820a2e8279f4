"""Contours of highest density of a cloud of points, also of one as thin as a line."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

REACH = 5.0
"""Standard deviations that the grid reaches to either side."""

CELLS = 100

THINNEST = 1e-7
"""A cloud of 1 - |correlation| below this is a line, and has no contours."""

Points = Float[np.ndarray, " R"]
Grid = Float[np.ndarray, "cells cells"]


class Density(NamedTuple):
    """A density on a grid that is sheared with the cloud.

    Attributes:
        x, y: where each cell of the grid lies.
        height: of the density.
        levels: of height, ascending, that enclose the shares asked for.
    """

    x: Grid
    y: Grid
    height: Grid
    levels: Float[np.ndarray, " shares"]


def density(x: Points, y: Points, shares: tuple[float, ...]) -> Density | None:
    """The smoothed density of points, and the levels that hold shares of them; None if they make a line.

    Points are made round first (uncorrelated, of one variance), smoothed with a normal kernel of Scott's
    width there, and sheared back: a thin cloud stays thin.

    Args:
        x: [R] points.
        y: [R] likewise.
        shares: each between 0 and 1.
    """
    if x.std() == 0 or y.std() == 0 or 1 - abs(np.corrcoef(x, y)[0, 1]) < THINNEST:
        return None
    points = np.stack([x, y])
    center, shear = points.mean(axis=1, keepdims=True), np.linalg.cholesky(np.cov(points))
    rounded = np.linalg.solve(shear, points - center)
    edges = np.linspace(-REACH, REACH, CELLS + 1)
    counts = np.histogram2d(rounded[0], rounded[1], bins=[edges, edges])[0]
    height = _smooth(counts, len(x) ** (-1 / 6) * CELLS / (2 * REACH))
    cells = np.clip(np.digitize(rounded, edges[1:-1]), 0, CELLS - 1)
    levels = np.unique(np.quantile(height[cells[0], cells[1]], [1 - share for share in shares]))
    across, up = np.meshgrid(*2 * [(edges[1:] + edges[:-1]) / 2], indexing="ij")
    sheared = center + shear @ np.stack([across.ravel(), up.ravel()])
    return Density(sheared[0].reshape(CELLS, CELLS), sheared[1].reshape(CELLS, CELLS), height, levels)


def _smooth(counts: Grid, width: float) -> Grid:
    """Counts smoothed with a normal kernel of a standard deviation in cells."""
    reach = np.arange(-int(4 * width) - 1, int(4 * width) + 2)
    kernel = np.exp(-((reach / width) ** 2) / 2)
    for axis in (0, 1):
        counts = np.apply_along_axis(np.convolve, axis, counts, kernel / kernel.sum(), "same")
    return counts
