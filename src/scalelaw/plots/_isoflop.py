"""IsoFLOP slices: loss against model size at fixed training compute, the fit's curve and the runs."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes

from scalelaw.approaches.budgets import near
from scalelaw.fitting import Fit
from scalelaw.numbers import format_number
from scalelaw.plots._axes import Range, log_x, padded
from scalelaw.plots._style import COLOURS, DIAMOND, QUANTITIES, plain
from scalelaw.plots._surface import compute, frontier, loss

FEWEST_SIZES, FEWEST_SLICES, MOST_SLICES = 4, 3, 9

SPREAD = 6
"""Slices where the runs do not share budgets."""

FAR = 3.0
"""A minimum farther than this factor from the sizes of the runs is left outside the picture."""

APART = 1.5
"""Budgets nearer to each other than this factor make one slice."""


class Slice(NamedTuple):
    """One budget and the runs near it.

    Attributes:
        C: Training compute, FLOP.
        near: Which runs have it, shape (runs,).
    """

    C: float
    near: Bool[np.ndarray, " n"]


def slices(C: Float[np.ndarray, " n"], N: Float[np.ndarray, " n"]) -> list[Slice]:
    """The budgets at which runs of several sizes were trained, else those of some runs; smallest first."""
    found = _budgets(C, N)
    if len(found) >= FEWEST_SLICES:
        return _kept(found)
    spread = np.geomspace(C.min(), C.max(), SPREAD)
    nearest = np.unique([C[np.argmin(np.abs(np.log(C / budget)))] for budget in spread])
    return [Slice(float(budget), near(C, budget)) for budget in nearest]


def _budgets(C: Float[np.ndarray, " n"], N: Float[np.ndarray, " n"]) -> list[Slice]:
    """Budgets with enough sizes, the most populous first."""
    together = near(C[:, None], C)
    found: list[Slice] = []
    for i in np.argsort(-together.sum(axis=1), kind="stable"):
        alone = all(abs(np.log(C[i] / other.C)) > np.log(APART) for other in found)
        if alone and len(np.unique(N[together[i]])) >= FEWEST_SIZES:
            budget = float(np.median(C[together[i]]))
            found.append(Slice(budget, near(C, budget)))
    return found


def _kept(found: list[Slice]) -> list[Slice]:
    """At most `MOST_SLICES`: the smallest, the largest and the most populous budgets; smallest first."""
    ordered = sorted(found, key=lambda each: each.C)
    between = [each for each in found if each.C not in (ordered[0].C, ordered[-1].C)]
    kept = [ordered[0], *between[: MOST_SLICES - 2], ordered[-1]]
    return sorted(kept, key=lambda each: each.C)


def draw_slices(axes: Axes, fit: Fit) -> None:
    """Loss against N, one colour a budget: runs as points, the fit as a curve with its minimum marked."""
    N, C = fit.runs.inputs("N")["N"], compute(fit)
    shown = slices(C, N)
    budgets = np.array([each.C for each in shown])
    best = _nearby(frontier(fit, budgets).N, N)
    minima = loss(fit, budgets, best)
    limits = padded(np.append(N, best[np.isfinite(best)]))
    for rank, each in enumerate(shown):
        colour = COLOURS(1 - rank / max(len(shown) - 1, 1))
        _draw_curve(axes, fit, each, limits, best[rank], colour, f"slice-{rank}")
        _draw_runs(axes, fit, each, colour, f"slice-{rank}-runs")
    found = np.isfinite(best)
    if found.any():
        axes.plot(best[found], minima[found], gid="minima", label="minimum", **DIAMOND)
    log_x(plain(axes), limits, "N")
    near = np.any([each.near for each in shown], axis=0)
    axes.set_ylim(*_around(np.concatenate([fit.runs.L[near], minima[found]])))
    axes.set_ylabel(QUANTITIES["L"])


def _nearby(best: Float[np.ndarray, " s"], N: Float[np.ndarray, " n"]) -> Float[np.ndarray, " s"]:
    """The optimal sizes that are near the sizes of the runs; NaN for the others."""
    return np.where((best > N.min() / FAR) & (best < N.max() * FAR), best, np.nan)


def _draw_curve(
    axes: Axes, fit: Fit, each: Slice, limits: Range, best: float, colour: Any, name: str
) -> None:
    """The fit over the sizes of this budget's runs and its minimum; over all sizes where these are few."""
    own = np.append(fit.runs.inputs("N")["N"][each.near], best)
    own = own[np.isfinite(own)]
    span = padded(own, 0.1, 0.15) if len(np.unique(own)) >= FEWEST_SIZES else limits
    N = np.geomspace(*span, 200)
    L = loss(fit, np.array(each.C), N)
    axes.plot(N, L, color=colour, lw=1, gid=name, label=format_number(each.C, 2))


def _draw_runs(axes: Axes, fit: Fit, each: Slice, colour: Any, name: str) -> None:
    N, L = fit.runs.inputs("N")["N"][each.near], fit.runs.L[each.near]
    axes.scatter(N, L, s=9, color=[colour], lw=0, alpha=0.8, zorder=3, gid=name)


def _around(values: Float[np.ndarray, " n"]) -> Range:
    """A range a little wider than the values."""
    margin = 0.05 * float(np.ptp(values)) or 0.05
    return float(values.min()) - margin, float(values.max()) + margin
