"""The parametric profile L = E + A N^-alpha + B' N^beta through each profile, many at once.

At one budget D = C / (6 N) turns B / D^beta into B' N^beta: the shape a law of two power terms has along the
budget, skew and all (and the same with D in place of N). "shared" takes one alpha and one beta for the profiles of
all budgets, as such a law has; "local" gives every profile its own, which trade off against each other.

E, A and B' are solved for by least squares inside a damped Gauss-Newton search over log alpha and log beta alone
(variable projection, Golub & Pereyra 1973; the derivative is Kaufman's 1975). A search is over all profiles of a
"fit": those of all budgets, or one.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from scalelaw.approaches.minima import Fault, Method, Minima, Points, distinct, ends, with_faults

START = 0.3
SMALLEST, LARGEST = 0.05, 2.0
STEPS = 80
# Profiles that share exponents need as many runs in all beyond E, A and B' of each.
EXPONENTS = 2
# A search has settled once its exponents move by less than this share.
SETTLED = 1e-7
# A column of which others leave no more than this share depends on them.
DEPENDENT = 1e-9


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


class _Linear(NamedTuple):
    """One solution of the linear part: its coefficients, residuals, and their derivative in log exponents."""

    linear: Float[np.ndarray, "... 3"]
    residual: Points
    derivative: Float[np.ndarray, "... m 2"]

    @property
    def squares(self) -> Float[np.ndarray, " fits"]:
        """Sum over the profiles of each fit."""
        return np.asarray((self.residual**2).sum(axis=(-2, -1)))


def local_profile(x: Points, y: Points, weight: Points, *, shared: bool) -> LocalProfile:
    """The parametric profile of each profile.

    Args:
        x: [..., B, m] sizes, in logs.
        y: losses, nats per token.
        weight: of the runs; 0 for none.
        shared: whether the B profiles have the same exponents; else each has its own.
    """
    centre = sum(np.where(np.isfinite(end), end, 0.0) for end in ends(x, weight)) / 2
    u, y, root = np.broadcast_arrays(
        np.where(weight > 0, x - centre[..., None], 0.0), np.where(weight > 0, y, 0.0), np.sqrt(weight)
    )
    shape = u.shape[:-1]
    together = u.shape[-2:] if shared else (1, u.shape[-1])
    u, y, root = (values.reshape(-1, *together) for values in (u, y, root))
    # A profile of three runs goes through them all, whatever the exponents, and says nothing of these.
    telling = (root > 0).sum(axis=-1).max(axis=0) > 3
    telling |= not telling.any()
    log_exponents = _search(u[:, telling], y[:, telling], root[:, telling])
    linear = _solve_linear(u, y, root, log_exponents).linear
    E, left, right = (values.reshape(shape) for values in np.moveaxis(linear, -1, 0))
    each = np.exp(np.broadcast_to(log_exponents[:, None], (*linear.shape[:2], 2)))
    alpha, beta = (values.reshape(shape) for values in np.moveaxis(each, -1, 0))
    return LocalProfile(E, left, right, alpha, beta, np.broadcast_to(centre, shape))


def _search(
    u: Float[np.ndarray, "fits B m"], y: Float[np.ndarray, "fits B m"], root: Float[np.ndarray, "fits B m"]
) -> Float[np.ndarray, "fits 2"]:
    """The log exponents of least squares, every fit on its own; those that have settled leave the search."""
    bounds = np.log(SMALLEST), np.log(LARGEST)
    log_exponents = np.full((len(u), 2), np.log(START))
    damping, active = np.full(len(u), 1e-3), np.arange(len(u))
    solved = _solve_linear(u, y, root, log_exponents)
    for _ in range(STEPS):
        here = log_exponents[active]
        proposed = np.clip(here + _step(solved, here, damping[active]), *bounds)
        tried = _solve_linear(u[active], y[active], root[active], proposed)
        better = tried.squares < solved.squares
        log_exponents[active] = np.where(better[:, None], proposed, here)
        damping[active] = np.clip(np.where(better, damping[active] / 5, damping[active] * 4), 1e-14, 1e8)
        moving = np.abs(proposed - here).max(axis=1) >= SETTLED
        if not moving.any():
            break
        for values, new in zip(solved, tried, strict=True):
            values[better] = new[better]
        solved = _Linear(*(values[moving] for values in solved))
        active = active[moving]
    return log_exponents


def _solve_linear(u: Points, y: Points, root: Points, log_exponents: Float[np.ndarray, "fits 2"]) -> _Linear:
    """Least squares in E, left and right at given exponents, by Gram-Schmidt on the three columns."""
    alpha, beta = (np.exp(each)[:, None, None] for each in log_exponents.T)
    falls, rises = np.expm1(-alpha * u), np.expm1(beta * u)
    basis, upper = _orthonormal([root, root * falls, root * rises])
    target = root * y
    shares = [(q * target).sum(axis=-1) for q in basis]
    right = shares[2] / upper[2][2]
    left = (shares[1] - upper[1][2] * right) / upper[1][1]
    constant = (shares[0] - upper[0][1] * left - upper[0][2] * right) / upper[0][0]
    bends = (-alpha * u * (falls + 1) * left[..., None], beta * u * (rises + 1) * right[..., None])
    derivative = np.stack([-_project_out(root * bend, basis) for bend in bends], axis=-1)
    linear = np.stack([constant - left - right, left, right], axis=-1)
    return _Linear(linear, _project_out(target, basis), derivative)


def _orthonormal(columns: list[Points]) -> tuple[list[Points], list[dict[int, np.ndarray]]]:
    """Modified Gram-Schmidt: orthonormal columns, and row i of the triangle that makes the old ones of them.

    What depends on the columns before it (a profile of one or two sizes) is zero: normalised, its rounding errors
    would be a direction, and would stop the search.
    """
    basis: list[Points] = []
    upper: list[dict[int, np.ndarray]] = []
    for rank, column in enumerate(columns):
        least = DEPENDENT * np.sqrt((column**2).sum(axis=-1))
        for known, row in zip(basis, upper, strict=True):
            row[rank] = (known * column).sum(axis=-1)
            column = column - known * row[rank][..., None]
        size = np.sqrt((column**2).sum(axis=-1))
        there = size > least
        size = np.where(there, size, 1.0)
        basis.append(np.where(there[..., None], column, 0.0) / size[..., None])
        upper.append({rank: size})
    return basis, upper


def _project_out(column: Points, basis: list[Points]) -> Points:
    """The part of a column that is orthogonal to the basis."""
    for known in basis:
        column = column - known * (known * column).sum(axis=-1)[..., None]
    return column


def _step(
    solved: _Linear, log_exponents: Float[np.ndarray, "fits 2"], damping: Float[np.ndarray, " fits"]
) -> Float[np.ndarray, "fits 2"]:
    """The damped Gauss-Newton step in the two log exponents; one that a bound holds stays."""
    J, r = solved.derivative, solved.residual
    slope = -np.einsum("fbmi,fbm->fi", J, r)
    held = np.where(slope > 0, log_exponents >= np.log(LARGEST), log_exponents <= np.log(SMALLEST))
    slope = np.where(held, 0.0, slope)
    gram = np.einsum("fbmi,fbmj->fij", J, J)
    size = np.einsum("fii->fi", gram)
    floor = 1e-12 * size.max(axis=-1, keepdims=True) + 1e-300
    cross = np.where(held.any(axis=-1), 0.0, gram[:, 0, 1])
    p, q = (size * (1 + damping[:, None]) + floor).T
    determinant = np.maximum(p * q - cross**2, 1e-300)
    step = np.stack([q * slope[:, 0] - cross * slope[:, 1], p * slope[:, 1] - cross * slope[:, 0]], axis=-1)
    return np.asarray(np.clip(step / determinant[:, None], -1.0, 1.0))


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
