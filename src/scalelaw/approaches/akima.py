"""Akima's interpolation through profiles, many at once: a curve through every run that does not overshoot.

Akima 1970; Porian et al. 2024, arXiv:2406.19146, section 3, read their IsoFLOP minima off it.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from scalelaw.approaches.minima import Method, Minima, Points, with_faults

# Where neighbouring slopes differ by less than this share of the largest difference they count as equal.
EQUAL = 1e-9


class Knots(NamedTuple):
    """Profiles with one run a size, those that are there first; behind them the last is repeated.

    Attributes:
        x: sizes [..., m], ascending.
        y: losses.
        slope: of the curve at each.
        length: how many there are.
    """

    x: Points
    y: Points
    slope: Points
    length: Int[np.ndarray, "..."]

    def at(self, x: Points) -> Points:
        """The curve at x [..., k], within its sizes; beyond them the end pieces go on."""
        _, pieces = _cubics(self)
        x = np.broadcast_to(x, (*self.x.shape[:-1], x.shape[-1]))
        passed = (x[..., :, None] >= self.x[..., None, :]).sum(axis=-1) - 1
        piece = np.clip(passed, 0, np.maximum(self.length - 2, 0)[..., None])
        step = x - np.take_along_axis(self.x, piece, axis=-1)
        own = np.take_along_axis(pieces, piece[..., None], axis=-2)
        start, slope, bend, twist = np.moveaxis(own, -1, 0)
        return np.asarray(start + step * (slope + step * (bend + step * twist)))


def knots(x: Points, y: Points, weight: Points) -> Knots:
    """The knots of each profile; runs of one size are averaged."""
    x, y, weight = _average_repeats(*np.broadcast_arrays(x, y, weight))
    order = np.argsort(weight == 0, axis=-1, kind="stable")
    length = np.count_nonzero(weight, axis=-1)
    last = np.maximum(length - 1, 0)[..., None]
    rank = np.minimum(np.arange(x.shape[-1]), last)
    order = np.take_along_axis(order, np.broadcast_to(rank, order.shape), axis=-1)
    x, y = (np.take_along_axis(values, order, axis=-1) for values in (x, y))
    return Knots(x, y, _slopes(x, y, last), length)


def _average_repeats(x: Points, y: Points, weight: Points) -> tuple[Points, Points, Points]:
    """One run in place of those of one size, at the place of the first; `weight` is 0 at the others."""
    first = np.concatenate([np.ones((*x.shape[:-1], 1), bool), np.diff(x, axis=-1) > 0], axis=-1)
    if first.all():
        return x, np.where(weight > 0, y, 0.0), weight
    same = np.cumsum(first, axis=-1)
    shares = (same[..., :, None] == same[..., None, :]) * weight[..., None, :]
    total = shares.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (shares * np.where(weight > 0, y, 0.0)[..., None, :]).sum(axis=-1) / total
    return x, np.where(total > 0, mean, 0.0), np.where(first, total, 0.0)


def _slopes(x: Points, y: Points, last: Int[np.ndarray, "... 1"]) -> Points:
    """Akima's slope at each knot, from the secants of the two intervals on either side."""
    with np.errstate(divide="ignore", invalid="ignore"):
        secant = np.diff(y, axis=-1) / np.diff(x, axis=-1)
    secant = np.where(np.isfinite(secant), secant, 0.0)
    # Places -2, -1, ..., last + 1 of the secants; those beyond an end go on in a straight line.
    place = np.arange(-2, x.shape[-1] + 1)
    end = np.maximum(last - 1, 0)
    inner = np.clip(place, 0, end)
    beyond = place - inner
    towards = np.clip(inner - np.sign(beyond), 0, end)
    known, before = (np.take_along_axis(secant, at, axis=-1) for at in (inner, towards))
    far = np.minimum(np.abs(beyond), 2)
    m = known + far * (known - before)
    turn = np.abs(np.diff(m, axis=-1))
    left, right = turn[..., 2:], turn[..., :-2]
    both = left + right
    middle = (m[..., 3:] + m[..., :-3]) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        weighed = (left * m[..., 1:-2] + right * m[..., 2:-1]) / both
    return np.asarray(np.where(both > EQUAL * both.max(axis=-1, keepdims=True), weighed, middle))


def _cubics(given: Knots) -> tuple[Points, Float[np.ndarray, "... p 4"]]:
    """Length of each interval, and the coefficients of its cubic from the constant on."""
    x, y, slope, _ = given
    width = np.diff(x, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        secant = np.where(width > 0, np.diff(y, axis=-1) / width, 0.0)
        bend = np.where(width > 0, (3 * secant - 2 * slope[..., :-1] - slope[..., 1:]) / width, 0.0)
        twist = np.where(width > 0, (slope[..., :-1] + slope[..., 1:] - 2 * secant) / width**2, 0.0)
    return width, np.stack([y[..., :-1], slope[..., :-1], bend, twist], axis=-1)


def lowest(given: Knots, x: Points, weight: Points) -> Minima:
    """The lowest point of each profile's curve."""
    width, pieces = _cubics(given)
    start, slope, bend, twist = np.moveaxis(pieces, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(bend**2 - 3 * slope * twist)
        step = np.where(bend > 0, -slope / (bend + root), (root - bend) / (3 * twist))
    step = np.where((step > 0) & (step < width), step, 0.0)
    inner = start + step * (slope + step * (bend + step * twist))
    at = np.concatenate([given.x[..., :-1] + step, given.x], axis=-1)
    loss = np.concatenate([inner, given.y], axis=-1)
    best = np.argmin(loss, axis=-1)[..., None]
    at, loss = (np.take_along_axis(values, best, axis=-1)[..., 0] for values in (at, loss))
    return with_faults(x, weight, 3, at, loss, np.ones(at.shape, bool))


AKIMA = Method("akima", "Akima's curve through every run", 3, knots, lowest, None)
