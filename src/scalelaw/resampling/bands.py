"""Simultaneous bands: where a whole curve lies, not each of its points by itself.

Montiel Olea & Plagborg-Møller 2019, "Simultaneous confidence bands: theory, implementation, and an
application to SVARs", J. Applied Econometrics 34: algorithm 1 (sup-t) and algorithm 2 (percentile).
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from scalelaw._checks import check_choice, check_probability
from scalelaw.fitting.functions import Function
from scalelaw.resampling.draws import Draws
from scalelaw.resampling.intervals import percentile

Values = Float[np.ndarray, "R points"]
Curve = Float[np.ndarray, " points"]
# level x R within so little of a whole number is that number.
ROUNDING = 1e-9


class Band(NamedTuple):
    """Lower and upper curve and the curve of the fit, in the unit of the curve."""

    low: np.ndarray
    high: np.ndarray
    estimate: np.ndarray


def band(draws: Draws, curve: Function, *, level: float = 0.95, kind: str = "percentile") -> Band:
    """A band that holds the whole curve with confidence `level`.

    It is wider than intervals point by point, each of which misses by itself.

    Args:
        draws: from `bootstrap`.
        curve: a function of the law's NamedTuple to an array: the curve at its points, all of which count.
        level: of confidence, between 0 and 1.
        kind: "percentile" widens the percentile interval of all points equally until `level` of the draws lie
            inside as a whole; any monotone scale gives the same band. "sup-t" takes the fit give or take a
            common multiple of the standard errors; of a positive curve, take it of its logarithm.

    Returns:
        Band of the shape of the curve.

    Raises:
        BadInput: for an unknown kind or name, a level outside (0, 1), or fewer than 2 usable draws in which the
            curve is finite; the others do not count (`Draws.lost`).
        Unreliable: as of `Draws.interval`.

    References:
        Montiel Olea & Plagborg-Møller 2019, J. Applied Econometrics 34.

    Examples:
        >>> import numpy as np
        >>> fit = sl.fit(sl.read_dataset("simulated-sweep"))
        >>> budgets = np.array([1e20, 1e22, 1e24])
        >>> found = sl.band(sl.bootstrap(fit, 400), lambda p: sl.optimal(fit.law, p, budgets).N)
        >>> (found.high / found.low).round(2)
        array([1.04, 1.11, 1.2 ])
    """
    check_choice("kind", kind, BANDS)
    check_probability("level", level)
    values, estimate = draws.finite(curve), draws.estimate(curve)
    low, high = BANDS[kind](values.reshape(len(values), -1), estimate.ravel(), level)
    return Band(low.reshape(estimate.shape), high.reshape(estimate.shape), estimate)


def sup_t(values: Values, estimate: Curve, level: float) -> tuple[Curve, Curve]:
    """The fit give or take c standard errors; `level` of the draws deviate nowhere by more than c of them."""
    error = values.std(axis=0, ddof=1)
    deviation = np.abs(values - estimate) / np.where(error > 0, error, np.inf)
    c = np.sort(deviation.max(axis=1))[_fewest_inside(level, len(values)) - 1]
    return estimate - c * error, estimate + c * error


def percentiles(values: Values, estimate: Curve, level: float) -> tuple[Curve, Curve]:
    """Between the k-th lowest and k-th highest draw of each point, for the largest k that keeps `level`."""
    depth = np.min([_depth(column) for column in values.T], axis=0)
    k = np.sort(depth)[len(values) - _fewest_inside(level, len(values))]
    ordered = np.sort(values, axis=0)
    pointwise = percentile(values, estimate, level)
    return np.minimum(ordered[k], pointwise.low), np.maximum(ordered[-1 - k], pointwise.high)


BANDS: dict[str, Callable[[Values, Curve, float], tuple[Curve, Curve]]] = {
    "percentile": percentiles,
    "sup-t": sup_t,
}


def _depth(column: Float[np.ndarray, " R"]) -> Int[np.ndarray, " R"]:
    """How many other draws lie no nearer to the middle, on the side of each where they are fewer."""
    ordered = np.sort(column)
    below = np.searchsorted(ordered, column, "right")
    above = len(column) - np.searchsorted(ordered, column, "left")
    return np.asarray(np.minimum(below, above) - 1)


def _fewest_inside(level: float, count: int) -> int:
    """The fewest of `count` draws that are a share of at least `level`."""
    return math.ceil(level * count - ROUNDING)
