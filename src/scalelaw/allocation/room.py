"""Where a split may lie: bounds on the size of the model and on its tokens."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws import Optimum

UNBOUNDED = 1e30
"""Parameters or tokens beyond any: finite, in float32 too, so that products with it have derivatives."""


class Room(NamedTuple):
    """Bounds that a split keeps.

    Attributes:
        least: parameters at least.
        most: parameters at most.
        tokens: training tokens at most (unique ones that must not repeat).
    """

    least: Any = 1.0
    most: Any = UNBOUNDED
    tokens: Any = UNBOUNDED


ANYWHERE = Room()


def largest(work: Float[Array, " n"], serving: Float[Array, " n"], room: Room) -> Optimum:
    """The largest model that N (D + serving) = work allows: of `most` parameters, or on a single token."""
    starved = work / (1 + serving)
    N = jnp.minimum(room.most, starved)
    return Optimum(N, jnp.where(starved <= room.most, 1.0, work / N - serving))


def smallest(work: Float[Array, " n"], serving: Float[Array, " n"], room: Room) -> Optimum:
    """The smallest model likewise: of `least` parameters, or on all `tokens`."""
    filled = work / (room.tokens + serving)
    N = jnp.maximum(room.least, filled)
    return Optimum(N, jnp.where(filled >= room.least, room.tokens, work / N - serving))
