"""The falling part of lower convex hulls, of many subsets of one cloud of points at once, by gift wrapping.

Jarvis 1973. From the leftmost point on, the next corner is the one of steepest descent; where none descends the
hull has reached its lowest point.
"""

import numpy as np
from jaxtyping import Bool, Float


def falling_hull(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], present: Bool[np.ndarray, "R n"]
) -> Bool[np.ndarray, "R n"]:
    """Which points are corners of the falling part of each subset's lower convex hull.

    Args:
        x: ascending; at equal x the lowest y first.
        y: of each point.
        present: which points each subset has.

    Returns:
        Corners; points on a straight side between two are none.
    """
    corner = np.zeros(present.shape, bool)
    subset = np.flatnonzero(present.any(axis=1))
    at = np.argmax(present[subset], axis=1)
    while len(subset):
        corner[subset, at] = True
        right = present[subset] & (x > x[at][:, None])
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(right, (y - y[at][:, None]) / (x - x[at][:, None]), np.inf)
        # Of several points on one side the last is its corner.
        next_at = slope.shape[1] - 1 - np.argmin(slope[:, ::-1], axis=1)
        falls = slope[np.arange(len(subset)), next_at] < 0
        subset, at = subset[falls], next_at[falls]
    return corner
