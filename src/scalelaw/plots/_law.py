"""The fitted law: iso-loss contours with the frontier and IsoFLOP slices, or the curve of a law of one input.

Contours after Figure 4 of Hoffmann et al. 2022 (arXiv:2203.15556).
"""

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator, NullLocator

from scalelaw._checks import bad_input
from scalelaw.fitting import Fit
from scalelaw.numbers import amounts, format_number
from scalelaw.plots._axes import Budget, Points, Range, Real, decimals, draw_curve, log_axis, padded
from scalelaw.plots._labels import place
from scalelaw.plots._style import (
    ACCENT,
    ALERT,
    COLOURS,
    FAINT,
    STAR,
    legend_above,
    plain,
    sheet,
    style,
    subplots,
)
from scalelaw.plots._surface import Ridge, compute, draw_slices, frontier, loss

GRID = 160
LEVELS = 14

HEADROOM = 0.15
"""Share of the decades of N that is left free above for the labels of budgets."""

BEYOND = 10.0
"""The fit of one input is drawn on to this multiple of the largest run."""

RIDGE: Any = {
    "label": "compute-optimal N",
    "beyond": "beyond the runs",
    "color": ACCENT,
    "lw": 1.6,
    "zorder": 4,
}
FIT: Any = {"label": "fit", "beyond": "beyond the runs", "color": ACCENT, "zorder": 4}
RUNS: Any = {"lw": 0.4, "ec": "white", "zorder": 3, "gid": "runs", "label": "runs"}


def overview(fit: Fit, *, budgets: Sequence[float] | None = None) -> Figure:
    """`curve` for a law of one input, else `contour` with budgets [FLOP] marked; their errors too."""
    return curve(fit) if len(fit.law.inputs) == 1 else contour(fit, budgets=budgets)


@style()
def contour(fit: Fit, *, budgets: Budget | Sequence[Budget] | None = None) -> Figure:
    """Iso-loss contours with the efficient frontier, and IsoFLOP slices.

    Left: contours of the fitted loss over training compute C = 6 N D and model size N; the runs, coloured by
    their loss on the same scale; the compute-optimal N*(C), dashed beyond the compute of the runs; the
    optimal models of `budgets`. Right: loss against N at the budgets of the runs, with minima marked.

    Args:
        fit: A fit of a law of N and D.
        budgets: Training compute [FLOP] whose optimal models are marked: numbers, or text as people write it.

    Returns:
        The figure; `scalelaw.plots.save` writes it.

    Raises:
        BadInput: The law does not read N and D alone, or a budget is no positive number.
    """
    if set(fit.law.inputs) != {"N", "D"}:
        reads = f"{fit.law.name!r}, of {' and '.join(fit.law.inputs)}"
        advice = "draw `residuals`, or `curve` for a law of one input"
        raise bad_input("law", "one of N and D to have contours", reads, advice=advice)
    C = _amounts(budgets)
    figure, body = sheet(fit, 3.3)
    ((left, right),) = subplots(body, 2, 2, width_ratios=[1.12, 1])
    draw_slices(right, fit)
    right.legend(title="budget, FLOP", title_fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    best = frontier(fit, C)
    avoid = _draw_surface(body, left, fit, C, best.N)
    legend_above(body, left)
    _mark_optima(figure, left, C, best, avoid)
    return figure


def _amounts(budgets: Budget | Sequence[Budget] | None) -> Real:
    if budgets is None or not np.size(budgets):
        return np.empty(0)
    listed = cast(Sequence[Budget], [budgets] if np.ndim(budgets) == 0 else budgets)
    return np.array(amounts("budgets", listed))


def _draw_surface(body: SubFigure, axes: Axes, fit: Fit, budgets: Real, best: Real) -> Points:
    """Contours, runs and frontier; the points of what was drawn."""
    N, C = fit.runs.inputs("N")["N"], compute(fit)
    across, up = padded(np.append(C, budgets)), padded(np.append(N, best[np.isfinite(best)]))
    if budgets.size:
        up = up[0], up[1] * (up[1] / up[0]) ** HEADROOM
    norm = _draw_contours(axes, fit, across, up)
    axes.scatter(C, N, c=fit.runs.L, cmap=COLOURS, norm=norm, s=11, **RUNS)
    known = (float(C.min()), float(C.max()))
    ridge = draw_curve(axes, lambda C: frontier(fit, C).N, across, known, "frontier", **RIDGE)
    log_axis(axes, "x", across, "C")
    log_axis(axes, "y", up, "N")
    bar = body.colorbar(ScalarMappable(norm, COLOURS), ax=axes, pad=0.02, aspect=32)
    plain(bar.ax).set_title("loss")
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_locator(MaxNLocator(6))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.yaxis.set_major_formatter(decimals())
    return np.concatenate([np.column_stack([C, N]), ridge])


def _draw_contours(axes: Axes, fit: Fit, across: Range, up: Range) -> LogNorm:
    """Contours no higher than the highest loss of the runs, evenly spread over the picture; their colours."""
    C, N = np.geomspace(*across, GRID), np.geomspace(*up, GRID)
    L = loss(fit, C, N[:, None])
    within = L[np.greater(L, 0) & np.less_equal(L, 1.02 * fit.runs.L.max())]
    levels = np.unique(np.quantile(within, np.linspace(0.01, 1, LEVELS))) if within.size else np.empty(0)
    drawn = np.append(levels, fit.runs.L)
    norm = LogNorm(drawn.min(), drawn.max())
    if levels.size:
        axes.contour(C, N, np.ma.masked_invalid(L), levels, cmap=COLOURS, norm=norm, linewidths=0.7, zorder=1)
    return norm


def _mark_optima(figure: Figure, axes: Axes, budgets: Real, best: Ridge, avoid: Points) -> None:
    """The optimal models of budgets with their sizes in words; budgets without one, in words."""
    exists = np.isfinite(best.N)
    if not exists.all():
        without = " and ".join(format_number(budget) for budget in budgets[~exists])
        axes.set_title(f"no optimal split of {without} FLOP", fontsize=7.5, color=ALERT, loc="left")
    if not exists.any():
        return
    # The largest first: its label has the least room.
    order = np.argsort(-budgets[exists], kind="stable")
    C, N, D = (each[exists][order] for each in (budgets, best.N, best.D))
    axes.plot(C, N, gid="optima", clip_on=False, **STAR)
    texts = [
        f"{format_number(c)} FLOP:\n{format_number(n, 3)}, {format_number(d, 3)} tokens"
        for c, n, d in zip(C, N, D, strict=True)
    ]
    figure.draw_without_rendering()
    place(axes, np.column_stack([C, N]), texts, avoid)


@style()
def curve(fit: Fit) -> Figure:
    """Loss against the one input of a law: runs, fit (dashed beyond the runs), and its asymptote.

    Args:
        fit: A fit of a law of one positive input (parameters, tokens, FLOP, or a column of the user's).

    Returns:
        The figure.

    Raises:
        BadInput: The law reads more than one input, or some of its values are not positive.
    """
    name, x = _input(fit)
    limits = padded(np.append(x, x.max() * BEYOND), 0.02)
    figure, body = sheet(fit, 3.2)
    axes = subplots(body, 1, 1)[0, 0]
    axes.scatter(x, fit.runs.L, s=12, color=COLOURS(0.35), **RUNS)
    across, known = (x.min(), limits[1]), (x.min(), x.max())
    draw_curve(axes, lambda x: fit.predict(**{name: x}), across, known, "fit", **FIT)
    ends = np.append(fit.runs.L, fit.predict(**{name: limits[1]}))
    with np.errstate(all="ignore"):
        level = float(fit.predict(**{name: math.inf}))
    # A law that falls to zero, or nearly so far below the runs, has no asymptote worth a line.
    if math.isfinite(level) and level > max(ends.min() / 2, 0):
        line: Any = {"color": FAINT, "lw": 0.8, "ls": ":", "label": f"asymptote {format_number(level)}"}
        axes.axhline(level, gid="asymptote", **line)
        ends = np.append(ends, level)
    log_axis(axes, "x", limits, name)
    log_axis(axes, "y", padded(ends[ends > 0], 0.05, 0.005), "L")
    legend_above(body, axes)
    return figure


def _input(fit: Fit) -> tuple[str, Float[np.ndarray, " n"]]:
    """The law's one input, its name and values."""
    if len(fit.law.inputs) != 1:
        reads = f"{fit.law.name!r}, of {' and '.join(fit.law.inputs)}"
        raise bad_input("law", "one of a single input to be a curve", reads, advice="draw `contour`")
    (name,) = fit.law.inputs
    x = fit.runs.inputs([name])[name]
    if (x > 0).all():
        return name, x
    wanted = "positive in every run to be drawn on a log axis"
    raise bad_input(f"input {name!r}", wanted, f"{float(x.min()):g}")
