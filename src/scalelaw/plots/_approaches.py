"""Approaches 1 and 2: training curves with their envelope, IsoFLOP profiles with their minima, and power laws."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, to_rgba
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter

from scalelaw.allocation.nearly_best import SHARE, share_words
from scalelaw.approaches import Envelope, IsoFLOP
from scalelaw.approaches.frontier import UNITS, PowerLaw
from scalelaw.approaches.minima import ends
from scalelaw.numbers import format_number
from scalelaw.plots._axes import Range, Real, draw_curve, flop, log_axis, padded
from scalelaw.plots._style import (
    ACCENT,
    COLOURS,
    DIAMOND,
    FAINT,
    INK,
    QUANTITIES,
    style,
    subplots,
    written_sheet,
)

HEIGHT = 2.74
WIDTHS = (1.25, 1, 1)
"""Of the panels: what was trained, N*(C) and D*(C)."""

BEYOND = 100.0
"""A law is drawn to this multiple of the largest budget, dashed beyond it."""

POINTS = 120
"""Of a profile."""

TOP_ENVELOPE, TOP_ISOFLOP = 0.97, 0.95
# The profile of the smallest budget is shown to so many times its minimum at least.
ABOVE = 1.03
"""Share of the losses, from below, that the first panel shows; the rest is off its upper end."""


@style()
def envelope(envelope: Envelope) -> Figure:
    """Training curves with their envelope; N*(C) and D*(C) with power laws (Hoffmann et al. 2022, fig. 2).

    Args:
        envelope: from `scalelaw.envelope`.

    Returns:
        The figure; colours are model sizes, grey points are those that the power laws leave out.
    """
    points, sizes = envelope.points, envelope.curves.N
    early = f"{100 * float(np.mean(~points.final)):.3g} % of the points lie before the last 15 % of their run"
    left_out = int(np.count_nonzero(~envelope.counted))
    early += f"; grey: {left_out} of {len(points.C)} points, left out of the laws" * (left_out > 0)
    runs = f"{len(envelope.curves.names)} runs of {envelope.runs.source}"
    figure, body = written_sheet(
        "; ".join([runs, envelope.cut.words(), envelope.method.words, early]), "", HEIGHT
    )
    (panels,) = subplots(body, 3, 3, width_ratios=WIDTHS)
    colours = LogNorm(float(sizes.min()), float(sizes.max()))
    _draw_envelope(panels[0], envelope, colours)
    if sizes.max() > sizes.min():
        _draw_colour_bar(body, panels, colours, QUANTITIES["N"])
    look = {"s": 10 if len(points.C) < 100 else 3, "c": COLOURS(colours(points.N)), "lw": 0}
    look["c"] = np.where(envelope.counted[:, None], look["c"], to_rgba(FAINT))
    _draw_law(panels[1], envelope.N, points.C, points.N, "N", look)
    _draw_law(panels[2], envelope.D, points.C, points.D, "D", look)
    return figure


def _draw_envelope(axes: Axes, envelope: Envelope, colours: LogNorm) -> None:
    curves, points = envelope.curves, envelope.to_frame()
    for run in np.argsort(curves.N):
        own = slice(curves.length[run])
        colour = COLOURS(colours(curves.N[run]))
        axes.plot(curves.C[run, own], curves.L[run, own], color=colour, lw=0.7, gid=f"run-{run}")
    axes.plot(points.C, points.L, color=INK, lw=1.2, zorder=4, gid="envelope")
    losses = curves.L[curves.there]
    log_axis(axes, "x", padded(curves.C[curves.there], 0.02), "C", decades=5)
    log_axis(axes, "y", (float(losses.min()) * 0.98, float(np.quantile(losses, TOP_ENVELOPE))), "L")


@style()
def isoflop(isoflop: IsoFLOP) -> Figure:
    """IsoFLOP profiles with their minima; N*(C) and D*(C) with power laws (Hoffmann et al. 2022, fig. 3).

    Curves are thick, and the ground about N* and D* shaded, where the loss is within 1 % of the best of its budget.

    Args:
        isoflop: from `scalelaw.isoflop`.

    Returns:
        The figure; profiles that are refused are grey and have no minimum.
    """
    used = isoflop.by_N.used
    words = [f"{len(isoflop.runs)} runs of {isoflop.runs.source}", isoflop.method.words]
    words += [f"grey: {np.count_nonzero(~used)} refused"] * (not used.all())
    words += [f"thick and shaded: loss within {share_words(SHARE)} of the best"]
    words += ["minima corrected for the bias of the design"] * (isoflop.correction is not None)
    figure, body = written_sheet("; ".join(words), "", HEIGHT)
    (panels,) = subplots(body, 3, 3, width_ratios=WIDTHS)
    budgets = isoflop.budgets.C[used]
    colours = LogNorm(float(budgets.min()), float(budgets.max()))
    flat = isoflop.flat()
    _draw_profiles(panels[0], isoflop, flat, colours)
    _draw_colour_bar(body, panels, colours, QUANTITIES["C"])
    for axes, law, minima in ((panels[1], isoflop.N, isoflop.by_N), (panels[2], isoflop.D, isoflop.by_D)):
        C, best, sd = (values[minima.used] for values in (isoflop.budgets.C, minima.best, minima.sd))
        name = minima.profiles.axis
        _draw_flat(axes, flat, name)
        twice = 2 * np.where(np.isfinite(sd), sd, 0)
        axes.vlines(C, best * np.exp(-twice), best * np.exp(twice), color=FAINT, lw=0.8, zorder=1)
        _draw_law(axes, law, C, best, name, {"s": 16, "c": COLOURS(colours(C))})
    return figure


def _draw_flat(axes: Axes, flat: pd.DataFrame, name: str) -> None:
    """The ranges of all budgets as a band."""
    least, most = flat[f"{name}_least"], flat[f"{name}_most"]
    axes.fill_between(flat.C, least, most, color=FAINT, alpha=0.25, lw=0, zorder=0, gid=f"{name}-flat")


def _draw_profiles(axes: Axes, isoflop: IsoFLOP, flat: pd.DataFrame, colours: LogNorm) -> None:
    """Loss against N of every budget, runs and curve, with the minima; thick within the flat ranges."""
    minima, given = isoflop.by_N, isoflop.by_N.profiles
    there = given.weight > 0
    low, high = ends(given.x, given.weight)
    finite = np.isfinite(low) & (high > low)
    at = np.linspace(np.where(finite, low, 0.0), np.where(finite, high, 1.0), POINTS, axis=-1)
    curves = isoflop.method.curve(given.x, given.y, given.weight, at)
    for row, (C, used) in enumerate(zip(isoflop.budgets.C, minima.used, strict=True)):
        look: Any = {"color": COLOURS(colours(C)) if used else FAINT}
        x, y = np.exp(given.x[row][there[row]]), given.y[row][there[row]]
        axes.scatter(x, y, s=7, lw=0, alpha=0.85 if used else 0.4, gid=f"runs-{row}", **look)
        if used:
            axes.plot(np.exp(at[row]), curves[row], lw=0.9, gid=f"profile-{row}", **look)
            least, most = flat.loc[flat.C == C, ["N_least", "N_most"]].to_numpy()[0]
            within = (np.exp(at[row]) >= least) & (np.exp(at[row]) <= most)
            axes.plot(np.exp(at[row])[within], curves[row][within], lw=2.4, gid=f"flat-{row}", **look)
    axes.plot(minima.best[minima.used], minima.loss[minima.used], gid="minima", **DIAMOND)
    log_axis(axes, "x", padded(np.exp(given.x[there])), "N")
    bottom = float(min(given.y[there].min(), np.nanmin(minima.loss)))
    top = float(np.quantile(given.y[there & minima.used[:, None]], TOP_ISOFLOP))
    top = max(top, ABOVE * float(np.nanmax(minima.loss)))
    axes.set_ylim(bottom - 0.06 * (top - bottom), top)
    axes.set_ylabel(QUANTITIES["L"])


def _draw_law(axes: Axes, law: PowerLaw, C: Real, y: Real, name: str, look: Any) -> None:
    """The points y at budgets C, and the power law through them, on to a hundred times the largest budget.

    Args:
        axes: where.
        law: of y in C [FLOP].
        C: budgets.
        y: parameters or tokens.
        name: "N" or "D".
        look: of the points, keywords of `scatter`.
    """
    lowest, highest = float(C.min()), float(C.max())
    limits: Range = lowest / 2, highest * BEYOND
    line: Any = {"color": ACCENT, "lw": 1.2, "zorder": 2}
    draw_curve(axes, law.at, (lowest, limits[1]), (lowest, highest), f"{name}-law", **line)
    axes.scatter(C, y, gid=f"{name}-points", **{"zorder": 3, "lw": 0.4, "ec": "white", **look})
    log_axis(axes, "x", limits, "C", decades=5)
    log_axis(axes, "y", padded(np.concatenate([y, law.at(np.array(limits))])), name)
    axes.set_ylabel("")
    axes.set_title(f"{name}*, {UNITS[name]}", loc="left")
    formula = f"{name}* = {format_number(law.coefficient)} $C^{{{law.exponent:.4f}}}$"
    axes.text(0.96, 0.05, formula, transform=axes.transAxes, ha="right", color=ACCENT)


def _draw_colour_bar(body: SubFigure, panels: Any, colours: LogNorm, label: str) -> None:
    """Above all panels, for the colours of sizes or budgets."""
    bar = body.colorbar(ScalarMappable(colours, COLOURS), ax=panels, location="top", aspect=90, pad=0.04)
    bar.ax.xaxis.set_major_formatter(FuncFormatter(flop))
    bar.ax.xaxis.set_minor_formatter("")
    bar.ax.tick_params(which="both", width=0.5, labelsize=7, pad=1)
    bar.set_label(label, size=8)
    bar.outline.set_visible(False)
