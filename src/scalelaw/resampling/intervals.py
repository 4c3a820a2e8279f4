"""Intervals from draws. NumPy, replicates along the first axis.

A draw that gives no number (a coefficient beyond all numbers times zero, a budget without a best split) is left out
of what it gives none of; where more than a tenth of the draws is left out, nothing is stated. Infinite draws have
their place among the others, and no mean.

Davison & Hinkley 1997, chapter 5; Efron 1987 for BCa; Hall 1988 for the studentized. `KINDS` says what each
kind needs beside the draws; a new one is a function here and a row there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from scalelaw.resampling.reliability import REFUSED

Values = Float[np.ndarray, "R ..."]
_NORMAL = NormalDist()


class Interval(NamedTuple):
    """Lower and upper end, in the unit of the function."""

    low: np.ndarray
    high: np.ndarray


def percentile(values: Values, estimate: np.ndarray, level: float) -> Interval:
    """The middle `level` of the draws."""
    del estimate
    return Interval(*_quantiles(values, [(1 - level) / 2, (1 + level) / 2]))


def basic(values: Values, estimate: np.ndarray, level: float) -> Interval:
    """The percentile interval reflected about the estimate."""
    low, high = percentile(values, estimate, level)
    return Interval(2 * estimate - high, 2 * estimate - low)


def normal(values: Values, estimate: np.ndarray, level: float) -> Interval:
    """The estimate give or take standard errors, corrected for the bias of the draws; NaN if one is infinite."""
    mean, deviation = moments(values)
    half = _NORMAL.inv_cdf((1 + level) / 2) * deviation
    return Interval(2 * estimate - mean - half, 2 * estimate - mean + half)


def moments(values: Values) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the draws; NaN where one is infinite or more than a tenth give no number."""
    there = ~np.isnan(values)
    count = np.where(_too_few(values), np.nan, there.sum(axis=0))
    with np.errstate(invalid="ignore", over="ignore"):
        mean = np.where(there, values, 0.0).sum(axis=0) / count
        squares = np.where(there, values - mean, 0.0) ** 2
        return mean, np.sqrt(squares.sum(axis=0) / (count - 1))


def interval(kind: str, values: Values, estimate: np.ndarray, level: float, *needed: Any) -> Interval:
    """An interval of each entry of a function, over the draws that give a number there.

    Args:
        kind: of `KINDS`.
        values: [R, ...] draws; NaN for no number.
        estimate: the function at the fit.
        level: of confidence.
        needed: what the kind needs beside these.

    Returns:
        The ends; NaN where more than a tenth of the draws gives no number.
    """
    lost = _too_few(values)
    low, high = KINDS[kind].interval(np.where(lost, 0.0, values), estimate, level, *needed)
    return Interval(*(np.where(lost, np.nan, end)[()] for end in (low, high)))


def bca(values: Values, estimate: np.ndarray, level: float, left_out: Float[np.ndarray, "G ..."]) -> Interval:
    """Bias-corrected and accelerated: percentiles moved by the bias and the skewness of influence.

    Args:
        values: [R, ...] draws.
        estimate: the function at the fit.
        level: of confidence.
        left_out: [G, ...] the function with one run or group left out at a time.
    """
    width = int(np.prod(values.shape[1:]))
    columns = zip(
        values.reshape(len(values), width).T,
        np.reshape(estimate, width),
        left_out.reshape(len(left_out), width).T,
        strict=True,
    )
    ends = np.array(
        [_bca(each[~np.isnan(each)], own, left[~np.isnan(left)], level) for each, own, left in columns]
    )
    return Interval(*ends.T.reshape(2, *values.shape[1:]))


def studentized(
    values: Values, estimate: np.ndarray, level: float, errors: Values, error: np.ndarray
) -> Interval:
    """The estimate less quantiles of the draws' own t statistics, in standard errors of the estimate.

    Args:
        values: [R, ...] draws.
        estimate: the function at the fit.
        level: of confidence.
        errors: [R, ...] standard error of each draw; draws without a positive finite one are left out.
        error: standard error at the fit.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where((errors > 0) & np.isfinite(errors), (values - estimate) / errors, np.nan)
    t = np.where(np.isnan(t).all(axis=0), 0.0, t)
    low, high = np.nanquantile(t, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Interval(estimate - high * error, estimate - low * error)


def _bca(values: np.ndarray, estimate: float, left_out: np.ndarray, level: float) -> np.ndarray:
    """One function's interval; a point where all draws agree."""
    below = (np.mean(values < estimate) + np.mean(values <= estimate)) / 2
    if not 0 < below < 1:
        return np.asarray(percentile(values, np.asarray(estimate), level))
    bias = _NORMAL.inv_cdf(float(below))
    with np.errstate(invalid="ignore"):
        pull = left_out.mean() - left_out
    largest = np.max(np.abs(pull))
    # Left out, a run may take a logarithm to minus infinity: that has a bias, and no skewness.
    unit = pull / largest if 0 < largest < np.inf else np.zeros_like(pull)
    acceleration = np.sum(unit**3) / (6 * max(np.sum(unit**2), 1.0) ** 1.5)

    def moved(share: float) -> float:
        z = bias + _NORMAL.inv_cdf(share)
        return _NORMAL.cdf(bias + z / (1 - acceleration * z))

    return _quantiles(values, [moved((1 - level) / 2), moved((1 + level) / 2)])


def _too_few(values: Values) -> np.ndarray:
    """Where more than a tenth of the draws gives no number: the others say little of what was asked."""
    return np.asarray(np.isnan(values).mean(axis=0) > REFUSED)


def _quantiles(values: Values, shares: list[float]) -> np.ndarray:
    """Interpolated, of the draws that are numbers; between two draws of one infinity, that infinity."""
    with np.errstate(invalid="ignore"):
        ends = np.quantile(values, shares, axis=0)
        if np.isnan(ends).any():
            between, below = (
                np.nanquantile(values, shares, axis=0, method=way) for way in ("linear", "lower")
            )
            ends = np.where(np.isnan(between), below, between)
    return np.asarray(ends)


@dataclass(frozen=True)
class Kind:
    """A kind of interval.

    Attributes:
        interval: (values, estimate, level, *what it needs) -> interval.
        summary: what a list of kinds says of it.
        needs: beside the draws: nothing; the function with one run or group left out at a time ("jackknife");
            or its standard error inside each draw, and with all runs ("errors").
    """

    interval: Callable[..., Interval]
    summary: str
    needs: Literal["nothing", "jackknife", "errors"] = "nothing"


KINDS = {
    "percentile": Kind(percentile, "the middle of the draws"),
    "basic": Kind(basic, "percentiles reflected about the estimate"),
    "normal": Kind(normal, "standard errors about the estimate less its bias"),
    "bca": Kind(bca, "percentiles corrected for bias and skewness", "jackknife"),
    "studentized": Kind(studentized, "quantiles of t statistics", "errors"),
}
