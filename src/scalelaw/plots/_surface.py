"""The fitted surface by training compute: its loss, its compute-optimal ridge, and IsoFLOP slices through it."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes

from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.allocation import optimal
from scalelaw.approaches.budgets import budgets_of, near
from scalelaw.fitting import Fit
from scalelaw.flops import SIX_ND
from scalelaw.numbers import format_number
from scalelaw.plots._axes import POINTS, Real, log_axis, padded
from scalelaw.plots._style import COLOURS, DIAMOND, QUANTITIES

FARTHEST = 1e30
"""An optimum farther than this factor from the typical size of the runs is that of a law that ran off."""

FEWEST_SIZES, FEWEST_SLICES, MOST_SLICES = 4, 3, 9

SPREAD = 6
"""Slices where the runs do not share budgets."""

NEARBY = 3.0
"""A minimum farther than this factor from the sizes of the runs is left outside the picture."""

APART = 1.5
"""Budgets nearer to each other than this factor make one slice."""

compute_optimal = float64(compiled(optimal, static_argnums=0))
"""`optimal` of a law, compiled."""


class Ridge(NamedTuple):
    """Compute-optimal sizes of budgets: parameters N and tokens D; NaN where the law has no sensible one."""

    N: Real
    D: Real


class Slice(NamedTuple):
    """One budget and the runs near it.

    Attributes:
        C: Training compute, FLOP.
        near: Which runs have it, shape (runs,).
    """

    C: float
    near: Bool[np.ndarray, " n"]


def compute(fit: Fit) -> Real:
    """C = 6 N D [FLOP] of the runs: where the law, which reads N and D, sees them."""
    N, D = fit.runs.inputs(("N", "D")).values()
    return np.asarray(SIX_ND.flops(N, D))


def loss(fit: Fit, C: Float[np.ndarray, "..."], N: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Predicted loss [nats/token] of N parameters trained with C FLOP; NaN where it is not finite."""
    values = fit.predict(N=N, D=SIX_ND.tokens(C, N))
    return np.where(np.isfinite(values), values, np.nan)


def frontier(fit: Fit, C: Real) -> Ridge:
    """The compute-optimal sizes of budgets C [FLOP]."""
    N, D = compute_optimal(fit.law, fit.params, C)
    with np.errstate(all="ignore"):
        distance = np.abs(np.log(N / np.median(fit.runs.inputs("N")["N"])))
        sensible = (distance < np.log(FARTHEST)) & np.isfinite(D)
    return Ridge(np.where(sensible, N, np.nan), np.where(sensible, D, np.nan))


def slices(C: Real, N: Real) -> list[Slice]:
    """The budgets at which runs of several sizes were trained, else those of some runs; smallest first.

    At most `MOST_SLICES`: the smallest, the largest and the most populous of budgets that lie apart.
    """
    budgets = budgets_of(C, sizes=N)
    shared = [Slice(float(budget), budgets.code == code) for code, budget in enumerate(budgets.C)]
    apart: list[Slice] = []
    for each in sorted(shared, key=lambda each: -int(each.near.sum())):
        distinct = all(abs(np.log(each.C / other.C)) > np.log(APART) for other in apart)
        if distinct and len(np.unique(N[each.near])) >= FEWEST_SIZES:
            apart.append(each)
    if len(apart) >= FEWEST_SLICES:
        ends = sorted(apart, key=lambda each: each.C)[:: len(apart) - 1]
        between = [each for each in apart if each.C not in (ends[0].C, ends[1].C)]
        return sorted([*ends, *between[: MOST_SLICES - 2]], key=lambda each: each.C)
    nearest = [C[np.argmin(np.abs(np.log(C / budget)))] for budget in np.geomspace(C.min(), C.max(), SPREAD)]
    return [Slice(float(each), near(C, each)) for each in np.unique(nearest)]


def draw_slices(axes: Axes, fit: Fit) -> None:
    """Loss against N, one colour a budget: runs as points, the fit as a curve with its minimum marked."""
    N, L = fit.runs.inputs("N")["N"], fit.runs.L
    shown = slices(compute(fit), N)
    budgets = np.array([each.C for each in shown])
    best = frontier(fit, budgets).N
    best = np.where((best > N.min() / NEARBY) & (best < N.max() * NEARBY), best, np.nan)
    minima, exists = loss(fit, budgets, best), np.isfinite(best)
    limits = padded(np.append(N, best[exists]))
    for rank, each in enumerate(shown):
        colour = COLOURS(1 - rank / max(len(shown) - 1, 1))
        # Over the sizes of this budget's runs and its minimum; over all sizes where these are few.
        own = np.append(N[each.near], best[rank] if exists[rank] else [])
        span = padded(own, 0.1, 0.15) if len(np.unique(own)) >= FEWEST_SIZES else limits
        sizes = np.geomspace(*span, POINTS)
        line: Any = {"color": colour, "lw": 1, "label": format_number(each.C, 2)}
        axes.plot(sizes, loss(fit, np.array(each.C), sizes), gid=f"slice-{rank}", **line)
        runs: Any = {"s": 9, "color": [colour], "lw": 0, "alpha": 0.8, "zorder": 3}
        axes.scatter(N[each.near], L[each.near], gid=f"slice-{rank}-runs", **runs)
    if exists.any():
        axes.plot(best[exists], minima[exists], gid="minima", label="minimum", **DIAMOND)
    log_axis(axes, "x", limits, "N")
    losses = np.concatenate([L[np.any([each.near for each in shown], axis=0)], minima[exists]])
    margin = 0.05 * float(np.ptp(losses)) or 0.05
    axes.set_ylim(float(losses.min()) - margin, float(losses.max()) + margin)
    axes.set_ylabel(QUANTITIES["L"])
