"""What every method of finding a profile's minimum takes and gives: many profiles at once, padded to one length.

Along the last axis of x, y and weight stand the runs of a profile, sorted by x; a weight of 0 says that there
is none. The axis before it are the budgets of one table; those before broadcast: resamples.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple, Protocol

import numpy as np
from jaxtyping import Float, Int

Points = Float[np.ndarray, "... m"]


class Fault(IntEnum):
    """Why a profile has no minimum that can be used."""

    NONE = 0
    FEW = 1
    DOWNWARD = 2
    OUTSIDE = 3
    UNBRACKETED = 4


class Minima(NamedTuple):
    """The minimum of each profile.

    Attributes:
        x: where, on the axis of the profile (log N or log D); NaN where there is a fault.
        y: the loss there, nats per token; likewise.
        fault: a `Fault` each.
    """

    x: Float[np.ndarray, "..."]
    y: Float[np.ndarray, "..."]
    fault: Int[np.ndarray, "..."]


class Curve(Protocol):
    """Curves through profiles."""

    def at(self, x: Points) -> Points:
        """The loss of each at x [..., k], nats per token."""


class Method(NamedTuple):
    """A method of drawing a curve through a profile.

    Attributes:
        name: what users write.
        words: what it draws.
        fewest: different sizes that it needs.
        fit: (x, y, weight) -> `Curve`.
        bottom: (that curve, x, weight) -> `Minima`.
        parameters: that each curve spends; None where it goes through every run.
        common: further ones that all curves spend together.
    """

    name: str
    words: str
    fewest: int
    fit: Callable[[Points, Points, Points], Curve]
    bottom: Callable[[Any, Points, Points], Minima]
    parameters: int | None
    common: int = 0

    def minima(self, x: Points, y: Points, weight: Points) -> Minima:
        """Where the curve of each profile is lowest."""
        return self.bottom(self.fit(x, y, weight), x, weight)

    def curve(
        self, x: Points, y: Points, weight: Points, at: Float[np.ndarray, "... k"]
    ) -> Float[np.ndarray, "... k"]:
        """The curve of each profile at other x [..., k]."""
        return self.fit(x, y, weight).at(at)


def with_faults(
    x: Points, weight: Points, fewest: int, at: np.ndarray, loss: np.ndarray, upward: np.ndarray
) -> Minima:
    """Minima with their faults: too few sizes, a curve that opens downward, a minimum not within the sizes.

    Args:
        x: sizes, with `weight` above 0 where there is a run.
        weight: of the runs.
        fewest: different sizes that are needed.
        at: where each curve has its minimum; NaN for none.
        loss: the curve there.
        upward: whether it opens upward.
    """
    low, high = ends(x, weight)
    with np.errstate(invalid="ignore"):
        inside = (at > low) & (at < high)
    fault = np.select(
        [distinct(x, weight) < fewest, ~upward, ~inside], [Fault.FEW, Fault.DOWNWARD, Fault.OUTSIDE], 0
    )
    good = fault == Fault.NONE
    return Minima(np.where(good, at, np.nan), np.where(good, loss, np.nan), fault)


def ends(x: Points, weight: Points) -> tuple[np.ndarray, np.ndarray]:
    """The smallest and the largest x that has weight; infinite where none has."""
    x, there = np.broadcast_arrays(x, weight > 0)
    first = np.argmax(there, axis=-1)[..., None]
    last = x.shape[-1] - 1 - np.argmax(there[..., ::-1], axis=-1)[..., None]
    low, high = (np.take_along_axis(x, at, axis=-1)[..., 0] for at in (first, last))
    some = there.any(axis=-1)
    return np.where(some, low, np.inf), np.where(some, high, -np.inf)


def distinct(x: Points, weight: Points) -> Int[np.ndarray, "..."]:
    """How many different x have weight."""
    there = weight > 0
    repeats = np.diff(x, axis=-1) <= 0
    if not repeats.any() or not (repeats & there[..., 1:]).any():
        return np.asarray(np.count_nonzero(there, axis=-1))
    x, there = np.broadcast_arrays(x, there)
    last = np.maximum.accumulate(np.where(there, x, -np.inf), axis=-1)
    before = np.concatenate([np.full((*x.shape[:-1], 1), -np.inf), last[..., :-1]], axis=-1)
    return np.asarray(np.count_nonzero(there & (x > before), axis=-1))


def bracketed(x: Points, y: Points, weight: Points) -> np.ndarray:
    """Whether the run of lowest loss is neither the smallest nor the largest: runs show the loss rise again."""
    lowest = np.argmin(np.where(weight > 0, y, np.inf), axis=-1)
    at = np.take_along_axis(np.broadcast_to(x, np.broadcast(x, y).shape), lowest[..., None], axis=-1)[..., 0]
    low, high = ends(x, weight)
    return np.asarray((at > low) & (at < high))
