"""The best split where serving counts and N or D is bounded.

Serving T tokens costs what training on X = T / 3 of them does (`Rates.serving` where a FLOP of serving costs
more), so that a model's total cost is that of 6 N (D + X) FLOP of training. At the optimum

    (d loss / d log N) / (d loss / d log D) = (D + X) / D

(Sardana et al. 2024, arXiv:2401.00448, eq. 3), unless it lies at a bound. X = 0 gives the compute-optimal split.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw.allocation.optimum import check_splits, loss
from scalelaw.allocation.room import ANYWHERE, Room, largest, smallest
from scalelaw.allocation.roots import rising_root
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law, Optimum

FRACTIONS = np.linspace(0, 1, 64)
"""Points of the way from the largest model to the smallest, in log(D / N), at which the slope is looked at."""

LOG_WORK = np.linspace(0, np.log(1e100), 48)
"""log of N (D + X) at which a target loss is looked for."""

SLACK = 1 + 1e-9
"""Bounds that cross by less than this are taken as one."""


def lifetime_optimal(
    law: Law, params: Any, C: Float[Array, "..."], serving: Any = 0.0, room: Room = ANYWHERE
) -> Optimum:
    """The split of lowest loss whose total cost is that of C FLOP of training.

    Pure: `jax.jit` (law static), `jax.vmap` and `jax.grad` go through it, in params and in all amounts.

    Args:
        law: A law of N and D.
        params: Its parameters.
        C: Total cost [FLOP of training]: 6 N (D + serving). Any shape.
        serving: X, tokens of training that cost what serving does: T / 3, or `Rates.serving`.
        room: Bounds on N and D.

    Returns:
        N [parameters] and D [tokens] in the shape of C; NaN where the bounds leave no split, or none is best.

    Raises:
        BadInput: The law is not one of N and D.
    """
    check_splits(law)
    (C, serving), room, shape = _flat(C, serving, room)
    N, D = _best(law, params, SIX_ND.tokens(C, 1.0), serving, room)
    return Optimum(N.reshape(shape), D.reshape(shape))


def lifetime_optimal_given_L(
    law: Law, params: Any, L: Float[Array, "..."], serving: Any = 0.0, room: Room = ANYWHERE
) -> Optimum:
    """The split that reaches a loss L [nats/token] at the lowest total cost; else as `lifetime_optimal`."""
    check_splits(law)
    (L, serving), room, shape = _flat(L, serving, room)
    given = (params, L, serving, room)
    grid = jnp.asarray(LOG_WORK, L.dtype)[:, None] + jnp.zeros_like(L)

    def shortfall(log_work: Array, given: Any) -> Array:
        params, L, serving, room = given
        missing = L - loss(law, params, *_best(law, params, _within(log_work, serving, room), serving, room))
        return jnp.where(jnp.isnan(missing), -jnp.inf, missing)

    log_work = rising_root(shortfall, _less, given, grid)
    N, D = _best(law, params, _within(log_work, serving, room), serving, room)
    return Optimum(N.reshape(shape), D.reshape(shape))


def _flat(amount: Any, serving: Any, room: Room) -> tuple[tuple[Array, Array], Room, tuple[int, ...]]:
    """All amounts as floats of one shape (n,), and the shape they came in."""
    arrays = jnp.broadcast_arrays(*(jnp.asarray(each, float) for each in (amount, serving, *room)))
    amount, serving, *bounds = (jnp.ravel(array) for array in arrays)
    return (amount, serving), Room(*bounds), arrays[0].shape


def _within(log_work: Array, serving: Array, room: Room) -> Float[Array, " n"]:
    """N (D + X), no more than the bounds let it be."""
    return jnp.minimum(jnp.exp(log_work), room.most * (room.tokens + serving))


def _less(log_work: Array, given: Any) -> Array:
    del given
    return log_work


def _best(law: Law, params: Any, work: Array, serving: Array, room: Room) -> Optimum:
    """The split of lowest loss among those with N (D + X) = work that the bounds allow."""
    large, small = largest(work, serving, room), smallest(work, serving, room)
    low, high = (jax.lax.stop_gradient(jnp.log(D / N)) for N, D in (large, small))
    at = _balanced(law, params, work, serving, low, high)
    free = _sizes(work, serving, jnp.clip(at, low, high))
    N, D = (
        jnp.where(at < low, most, jnp.where(at > high, least, inside))
        for most, least, inside in zip(large, small, free, strict=True)
    )
    endless = ((at < low) & (large.D <= 1)) | ((at > high) & (small.N <= 1))
    lost = endless | (small.N > large.N * SLACK) | jnp.isnan(at)
    return Optimum(jnp.where(lost, jnp.nan, N), jnp.where(lost, jnp.nan, D))


def _balanced(law: Law, params: Any, work: Array, serving: Array, low: Array, high: Array) -> Array:
    """log(D / N) of the lowest minimum between `low` and `high`; beyond one of them where it is the minimum.

    The slope is squeezed between -1 and 1 and goes on beyond its ends as a straight line that rises by 1, so that
    a minimum at an end is a root too.
    """

    def along(split: Array, given: Any) -> Array:
        params, work, serving, _, _ = given
        return loss(law, params, *_sizes(work, serving, split))

    def slope(split: Array, given: Any) -> Array:
        *_, low, high = given
        inside = jnp.clip(split, low, high)
        rise: Array = jax.jvp(lambda at: along(at, given), (inside,), (jnp.ones_like(inside),))[1]
        return rise / (1 + jnp.abs(rise)) + (split - inside)

    def lowest(split: Array, given: Any) -> Array:
        *_, low, high = given
        return along(jnp.clip(split, low, high), given)

    given = (params, work, serving, low, high)
    inside = low + (high - low) * jnp.asarray(FRACTIONS, low.dtype)[:, None]
    grid = jnp.concatenate([(low - 1)[None], inside, (high + 1)[None]])
    return rising_root(slope, lowest, given, grid)


def _sizes(work: Array, serving: Array, split: Array) -> Optimum:
    """N and D with N (D + X) = work and log(D / N) = split; no digit is lost where X is far above D or 0."""
    served = serving / 2 * jnp.exp(-(jnp.log(work) + split) / 2)
    log_N = (jnp.log(work) - split) / 2 - jnp.arcsinh(served)
    return Optimum(jnp.exp(log_N), jnp.exp(log_N + split))
