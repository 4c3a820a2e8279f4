"""IsoFLOP slices: loss against model size at fixed training compute, the fit's curve and the runs beside it."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from scalelaw.fit import Fit
from scalelaw.numbers import format_number
from scalelaw.plots._axes import log_x, padded
from scalelaw.plots._style import COLOURS, INK, QUANTITIES, plain
from scalelaw.plots._surface import compute, frontier, loss

SAME_BUDGET = 0.03
"""Runs whose compute differs by no more than this share belong to one budget."""

FEWEST_SIZES, FEWEST_SLICES, MOST_SLICES = 4, 3, 9

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
    """The budgets at which runs of several sizes were trained, else evenly spread ones; smallest first."""
    found = _budgets(C, N)
    if len(found) >= FEWEST_SLICES:
        return _kept(found)
    spread = np.geomspace(C.min(), C.max(), MOST_SLICES)[1:-1:2]
    return [Slice(float(budget), np.abs(np.log(C / budget)) <= np.log1p(SAME_BUDGET)) for budget in spread]


def _budgets(C: Float[np.ndarray, " n"], N: Float[np.ndarray, " n"]) -> list[Slice]:
    """Budgets with enough sizes, the most populous first."""
    near = np.abs(np.log(C[:, None] / C)) <= np.log1p(SAME_BUDGET)
    found: list[Slice] = []
    for i in np.argsort(-near.sum(axis=1), kind="stable"):
        alone = all(abs(np.log(C[i] / other.C)) > np.log(APART) for other in found)
        if alone and len(np.unique(N[near[i]])) >= FEWEST_SIZES:
            found.append(Slice(float(np.median(C[near[i]])), near[i]))
    return found


def _kept(found: list[Slice]) -> list[Slice]:
    """At most `MOST_SLICES`: the smallest and largest budget and the most populous between; smallest first."""
    ordered = sorted(found, key=lambda each: each.C)
    between = [each for each in found if each.C not in (ordered[0].C, ordered[-1].C)]
    kept = [ordered[0], *between[: MOST_SLICES - 2], ordered[-1]]
    return sorted(kept, key=lambda each: each.C)


def draw_slices(axes: Axes, fit: Fit) -> None:
    """Loss against N, one colour a budget: runs as points, the fit as a curve with its minimum marked."""
    plain(axes)
    N, C = fit.runs.inputs("N")["N"], compute(fit)
    shown = slices(C, N)
    limits = padded(N)
    colours = COLOURS(LogNorm(shown[0].C, shown[-1].C)([each.C for each in shown]))
    best = frontier(fit, np.array([each.C for each in shown]))
    for rank, (each, N_best, colour) in enumerate(zip(shown, best.N, colours, strict=True)):
        _draw_slice(axes, fit, each, float(N_best), colour, f"slice-{rank}")
    log_x(axes, limits, "N")
    axes.set_ylim(*_losses(fit, shown, best.N))
    axes.set_ylabel(QUANTITIES["L"])


def _draw_slice(axes: Axes, fit: Fit, each: Slice, N_best: float, colour: Any, name: str) -> None:
    runs = fit.runs.inputs("N")["N"][each.near]
    low, high = padded(np.append(runs, fit.runs.inputs("N")["N"]) if not runs.size else runs, 0.1, 0.1)
    N = np.geomspace(np.fmin(low, N_best / 1.5), np.fmax(high, N_best * 1.5), 200)
    label = format_number(each.C, 2)
    axes.plot(N, loss(fit, np.array(each.C), N), color=colour, lw=1, gid=name, label=label)
    axes.scatter(runs, fit.runs.L[each.near], s=9, color=[colour], lw=0, alpha=0.8, gid=f"{name}-runs")
    lowest = loss(fit, np.array([each.C]), np.array([N_best]))
    axes.plot([N_best], lowest, "D", ms=3.8, mfc="white", mec=INK, mew=0.8, zorder=5, gid=f"{name}-minimum")


def _losses(fit: Fit, shown: list[Slice], N_best: Float[np.ndarray, " s"]) -> tuple[float, float]:
    """Limits that hold the runs and the minima of all slices."""
    minima = loss(fit, np.array([each.C for each in shown]), N_best)
    near = np.any([each.near for each in shown], axis=0)
    held = np.concatenate([fit.runs.L[near] if near.any() else fit.runs.L, minima[np.isfinite(minima)]])
    margin = 0.05 * float(np.ptp(held)) or 0.05
    return float(held.min()) - margin, float(held.max()) + margin
