"""The parametric profile L = E + A N^-alpha + B' N^beta through each profile, many at once.

At one budget D = C / (6 N) turns B / D^beta into B' N^beta: the shape a law of two power terms has along the
budget, skew and all (and the same with D in place of N). "shared" takes one alpha and one beta for the profiles of
all budgets, as such a law has; "local" gives every profile its own, which trade off against each other.

`two_powers` has the search; a "fit" there are all profiles of a table, or one.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from scalelaw.approaches.minima import Fault, Method, Minima, Points, distinct, ends, with_faults
from scalelaw.approaches.two_powers import search, solve_linear

# Profiles that share exponents need as many runs in all beyond E, A and B' of each.
EXPONENTS = 2


class LocalProfile(NamedTuple):
    """E + left exp(-alpha u) + right exp(beta u), u = x - centre; [...] each."""

    E: np.ndarray
    left: np.ndarray
    right: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray
    centre: np.ndarray

    def at(self, x: Points) -> Points:
        """The profile at x [..., k]."""
        E, left, right, alpha, beta, centre = (values[..., None] for values in self)
        u = x - centre
        return np.asarray(E + left * np.exp(-alpha * u) + right * np.exp(beta * u))


def local_profile(x: Points, y: Points, weight: Points, *, shared: bool) -> LocalProfile:
    """The parametric profile of each profile.

    Args:
        x: [..., B, m] sizes, in logs.
        y: losses, nats per token.
        weight: of the runs; 0 for none.
        shared: whether the B profiles have the same exponents; else each has its own.
    """
    low, high = (np.where(np.isfinite(end), end, 0.0) for end in ends(x, weight))
    centre = (low + high) / 2
    there = weight > 0
    u, y = np.where(there, x - centre[..., None], 0.0), np.where(there, y, 0.0)
    shape = np.broadcast_shapes(u.shape, y.shape)
    sizes, losses, weights = (_runs_first(values, shape, shared) for values in (u, y, weight))
    # A profile of three runs goes through them all, whatever the exponents, and says nothing of these.
    telling = (weights > 0).sum(axis=0).max(axis=0) > 3
    telling |= not telling.any()
    log_exponents = search(*(values[..., telling] for values in (sizes, losses, weights)))
    solved = solve_linear(sizes, losses, weights, log_exponents)
    each = np.exp(np.broadcast_to(log_exponents[:, None], (*solved.E.shape, 2)))
    columns = (solved.E, solved.left, solved.right, each[..., 0], each[..., 1])
    E, left, right, alpha, beta = (values.reshape(shape[:-1]) for values in columns)
    return LocalProfile(E, left, right, alpha, beta, np.broadcast_to(centre, shape[:-1]))


def _runs_first(values: Points, shape: tuple[int, ...], shared: bool) -> Float[np.ndarray, "m F B"]:
    """Runs, fits, profiles of a fit; sizes and weights that all fits share stay those of one."""
    table = shape[-2:] if shared else (1, shape[-1])
    alone = shared and values.size == np.prod(table)
    flat = (values if alone else np.broadcast_to(values, shape)).reshape(-1, *table)
    return np.ascontiguousarray(flat.transpose(2, 0, 1))


def own_bottom(fitted: LocalProfile, x: Points, weight: Points) -> Minima:
    """The minimum of each profile, which has exponents of its own: 5 different sizes to say anything."""
    return _bottom(fitted, x, weight, 5)


def shared_bottom(fitted: LocalProfile, x: Points, weight: Points) -> Minima:
    """The minimum of each profile where all share exponents; none where too few runs are left for these."""
    found = _bottom(fitted, x, weight, 3)
    sizes = distinct(x, weight)
    spare = np.maximum(sizes - 3, 0).sum(axis=-1, keepdims=True)
    short = np.broadcast_to(spare < EXPONENTS, found.fault.shape)
    at, loss = (np.where(short, np.nan, values) for values in (found.x, found.y))
    return Minima(at, loss, np.where(short, Fault.FEW, found.fault))


def _bottom(fitted: LocalProfile, x: Points, weight: Points, fewest: int) -> Minima:
    """Where each curve is lowest."""
    upward = (fitted.left > 0) | (fitted.right > 0)
    both = (fitted.left > 0) & (fitted.right > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = fitted.alpha * fitted.left / (fitted.beta * fitted.right)
        u = np.log(np.where(both, ratio, np.nan)) / (fitted.alpha + fitted.beta)
    at = fitted.centre + u
    return with_faults(x, weight, fewest, at, fitted.at(at[..., None])[..., 0], upward)


FORM = "E + A N^-alpha + B' N^beta by least squares"
LOCAL = Method("local", FORM, 5, partial(local_profile, shared=False), own_bottom, 5)
SHARED = Method(
    "shared",
    f"{FORM}, exponents of all profiles the same",
    3,
    partial(local_profile, shared=True),
    shared_bottom,
    3,
    2,
)
