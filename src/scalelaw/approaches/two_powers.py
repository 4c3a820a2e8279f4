"""E + a e^(-alpha u) + b e^(beta u) through many profiles, the exponents common to those of a fit: least squares.

E, a and b are solved for inside a damped Gauss-Newton search over log alpha and log beta alone (variable
projection, Golub & Pereyra 1973; the derivative is Kaufman's 1975). Runs stand along the first axis, then fits,
then the profiles of a fit: sums over a few runs are then sums of long rows.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

START = 0.3
SMALLEST, LARGEST = 0.05, 2.0
STEPS = 80
# A search has settled once its exponents move by less than this share.
SETTLED = 1e-7
# Of two columns whose angle has a smaller squared sine the second says nothing of its own: a profile of two sizes.
DEPENDENT = 1e-10

Profiles = Float[np.ndarray, "m #F B"]
PerProfile = Float[np.ndarray, "F B"]


class Solved(NamedTuple):
    """Least squares at given exponents.

    Attributes:
        E, left, right: the linear part of each profile.
        squares: sum of squares of each fit.
        slope: of half of it in the log exponents, those of the linear part solved for.
        bend: Kaufman's Gauss-Newton matrix.
    """

    E: PerProfile
    left: PerProfile
    right: PerProfile
    squares: Float[np.ndarray, " F"]
    slope: Float[np.ndarray, "F 2"]
    bend: Float[np.ndarray, "F 2 2"]


# A step that takes an exponential beyond all numbers is no better, and is taken back.
@np.errstate(over="ignore", invalid="ignore")
def search(u: Profiles, y: Profiles, weight: Profiles) -> Float[np.ndarray, "F 2"]:
    """The log exponents of least squares, every fit on its own; those that have settled leave the search.

    Args:
        u: log sizes about the middle of their profile; one fit stands for all where they share them.
        y: losses.
        weight: of the runs; likewise.
    """
    bounds = np.log(SMALLEST), np.log(LARGEST)
    fits = y.shape[1]
    log_exponents = np.full((fits, 2), np.log(START))
    damping, active = np.full(fits, 1e-3), np.arange(fits)
    solved = solve_linear(u, y, weight, log_exponents)
    for _ in range(STEPS):
        here = log_exponents[active]
        proposed = np.clip(here + _step(solved, here, damping[active]), *bounds)
        tried = solve_linear(_of(u, active), y[:, active], _of(weight, active), proposed)
        better = tried.squares < solved.squares
        log_exponents[active] = np.where(better[:, None], proposed, here)
        damping[active] = np.clip(np.where(better, damping[active] / 5, damping[active] * 4), 1e-14, 1e8)
        moving = np.abs(proposed - here).max(axis=1) >= SETTLED
        if not moving.any():
            break
        for values, new in zip(solved, tried, strict=True):
            values[better] = new[better]
        solved = Solved(*(values[moving] for values in solved))
        active = active[moving]
    return log_exponents


def _of(values: Profiles, fits: np.ndarray) -> np.ndarray:
    """Those of some fits."""
    return values if values.shape[1] == 1 else values[:, fits]


@np.errstate(over="ignore", invalid="ignore")
def solve_linear(
    u: Profiles, y: Profiles, weight: Profiles, log_exponents: Float[np.ndarray, "F 2"]
) -> Solved:
    """Least squares in E, left and right, and how it changes with the exponents."""
    alpha, beta = (np.exp(each)[:, None] for each in log_exponents.T)
    total = np.maximum(weight.sum(axis=0), 1e-300)
    falls, rises = np.exp(-alpha * u), np.exp(beta * u)
    means = [_inner(weight, column) / total for column in (falls, rises, y)]
    f, g, residual = (column - mean for column, mean in zip((falls, rises, y), means, strict=True))
    own = weight * f, weight * g
    inverse = _inverse(_inner(own[0], f), _inner(own[0], g), _inner(own[1], g))
    left, right = _times(inverse, _inner(own[0], residual), _inner(own[1], residual))
    residual -= left * f
    residual -= right * g
    bends = falls * (-alpha * left) * u, rises * (beta * right) * u
    weighted = [weight * bend for bend in bends]
    slope = [-_inner(each, residual).sum(axis=1) for each in weighted]
    onto = [
        (each.sum(axis=0), _inner(bend, own[0]), _inner(bend, own[1]))
        for each, bend in zip(weighted, bends, strict=True)
    ]

    def bend(i: int, j: int) -> Float[np.ndarray, " F"]:
        """Product of two derivatives, without what the linear part takes up."""
        (mean, *others), (other_mean, *theirs) = onto[i], onto[j]
        taken = _times(inverse, *theirs)
        inside = mean * other_mean / total + others[0] * taken[0] + others[1] * taken[1]
        return np.asarray((_inner(weighted[i], bends[j]) - inside).sum(axis=1))

    cross = bend(0, 1)
    matrix = np.stack([np.stack([bend(0, 0), cross], -1), np.stack([cross, bend(1, 1)], -1)], -1)
    E = means[2] - left * means[0] - right * means[1]
    return Solved(
        E, left, right, _inner(weight * residual, residual).sum(axis=1), np.stack(slope, -1), matrix
    )


def _inner(a: Profiles, b: Profiles) -> PerProfile:
    """Sums over the runs."""
    return np.asarray(np.einsum("mfb,mfb->fb", a, b))


def _inverse(ff: PerProfile, fg: PerProfile, gg: PerProfile) -> tuple[PerProfile, PerProfile, PerProfile]:
    """Of [[ff, fg], [fg, gg]]; of its first entry alone where the second column depends on the first."""
    determinant = ff * gg - fg**2
    apart = determinant > DEPENDENT * ff * gg
    safe = np.where(apart, determinant, 1.0)
    alone = np.divide(1.0, ff, out=np.zeros_like(ff), where=ff > 0)
    return (
        np.where(apart, gg / safe, alone),
        np.where(apart, -fg / safe, 0.0),
        np.where(apart, ff / safe, 0.0),
    )


def _times(
    inverse: tuple[PerProfile, PerProfile, PerProfile], f: PerProfile, g: PerProfile
) -> tuple[PerProfile, PerProfile]:
    first, cross, second = inverse
    return first * f + cross * g, cross * f + second * g


def _step(
    solved: Solved, log_exponents: Float[np.ndarray, "F 2"], damping: Float[np.ndarray, " F"]
) -> Float[np.ndarray, "F 2"]:
    """The damped Gauss-Newton step in the two log exponents; one that a bound holds stays."""
    slope = -solved.slope
    held = np.where(slope > 0, log_exponents >= np.log(LARGEST), log_exponents <= np.log(SMALLEST))
    slope = np.where(held, 0.0, slope)
    size = np.einsum("fii->fi", solved.bend)
    floor = 1e-12 * size.max(axis=-1, keepdims=True) + 1e-300
    cross = np.where(held.any(axis=-1), 0.0, solved.bend[:, 0, 1])
    p, q = (np.maximum(size, 0.0) * (1 + damping[:, None]) + floor).T
    determinant = np.maximum(p * q - cross**2, 1e-300)
    step = np.stack([q * slope[:, 0] - cross * slope[:, 1], p * slope[:, 1] - cross * slope[:, 0]], axis=-1)
    return np.asarray(np.clip(step / determinant[:, None], -1.0, 1.0))
