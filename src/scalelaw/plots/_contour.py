"""Iso-loss contours over compute and model size with the efficient frontier, and IsoFLOP slices beside them.

After Figure 4 of Hoffmann et al. 2022 (arXiv:2203.15556).
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator, NullLocator

from scalelaw._checks import bad_input, shown
from scalelaw.fitting import Fit
from scalelaw.laws import Law
from scalelaw.numbers import format_number, parse_number
from scalelaw.plots._axes import Range, decimals, log_x, log_y, padded
from scalelaw.plots._isoflop import draw_slices
from scalelaw.plots._labels import Points, place
from scalelaw.plots._style import ACCENT, ALERT, COLOURS, STAR, legend_above, plain, sheet, style
from scalelaw.plots._surface import Ridge, compute, frontier, loss

GRID = 160
LEVELS = 14

HEADROOM = 0.15
"""Share of the decades of N that is left free above for the labels of budgets."""

Budget = float | str
Real = Float[np.ndarray, " n"]


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
    check_surface(fit.law)
    asked = _asked(budgets)
    figure, body = sheet(fit, 3.3)
    left, right = body.subplots(1, 2, width_ratios=[1.12, 1])
    draw_slices(right, fit)
    right.legend(title="budget, FLOP", title_fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    best = frontier(fit, asked)
    avoid = _draw_surface(body, left, fit, asked, best.N)
    legend_above(body, left)
    _mark(figure, left, asked, best, avoid)
    return figure


def check_surface(law: Law) -> None:
    """Refuse a law that is no surface over N and D.

    Raises:
        BadInput: It reads something else.
    """
    if set(law.inputs) != {"N", "D"}:
        reads = " and ".join(law.inputs)
        advice = "draw `residuals`, or `curve` for a law of one input"
        raise bad_input("law", "one of N and D to have contours", f"{law.name!r}, of {reads}", advice=advice)


def _asked(budgets: Budget | Sequence[Budget] | None) -> Real:
    """Budgets as numbers, FLOP."""
    listed = [] if budgets is None else [budgets] if np.ndim(budgets) == 0 else budgets
    return np.array([_budget(each) for each in cast(Sequence[Budget], listed)], float)


def _budget(value: Budget) -> float:
    number = parse_number(value)
    if number > 0:
        return number
    raise bad_input("budgets", "positive training compute, FLOP", shown(value))


def _draw_surface(body: SubFigure, axes: Axes, fit: Fit, asked: Real, best: Real) -> Points:
    """Contours, runs and frontier; the points of what was drawn."""
    N, C = fit.runs.inputs("N")["N"], compute(fit)
    across, up = padded(np.append(C, asked)), padded(np.append(N, best[np.isfinite(best)]))
    if asked.size:
        up = up[0], up[1] * (up[1] / up[0]) ** HEADROOM
    norm = _draw_contours(plain(axes), fit, across, up)
    axes.scatter(
        C,
        N,
        c=fit.runs.L,
        cmap=COLOURS,
        norm=norm,
        s=11,
        lw=0.4,
        ec="white",
        zorder=3,
        gid="runs",
        label="runs",
    )
    ridge = _draw_frontier(axes, fit, across, (C.min(), C.max()))
    log_x(axes, across, "C")
    log_y(axes, up, "N")
    _draw_colourbar(body, axes, norm)
    return np.concatenate([np.column_stack([C, N]), ridge])


def _draw_contours(axes: Axes, fit: Fit, across: Range, up: Range) -> LogNorm:
    """Contours no higher than the highest loss of the runs, evenly spread over the picture; their colours."""
    C, N = np.geomspace(*across, GRID), np.geomspace(*up, GRID)
    L = loss(fit, C, N[:, None])
    within = L[np.greater(L, 0) & np.less_equal(L, 1.02 * fit.runs.L.max())]
    levels = np.unique(np.quantile(within, np.linspace(0.01, 1, LEVELS))) if within.size else np.empty(0)
    held = np.append(levels, fit.runs.L)
    norm = LogNorm(held.min(), held.max())
    if levels.size:
        axes.contour(C, N, np.ma.masked_invalid(L), levels, cmap=COLOURS, norm=norm, linewidths=0.7, zorder=1)
    return norm


def _draw_frontier(axes: Axes, fit: Fit, across: Range, data: Range) -> Points:
    """N*(C), solid where there are runs, dashed beyond; the points of the line."""
    parts = (
        ("frontier", "-", "compute-optimal N", np.geomspace(*data, GRID)),
        ("frontier-beyond", "--", "beyond the runs", np.geomspace(data[1], across[1], GRID)),
        ("frontier-below", "--", None, np.geomspace(across[0], data[0], GRID)),
    )
    drawn = []
    for name, dashes, label, C in parts:
        N = frontier(fit, C).N
        drawn.append(np.column_stack([C, N])[np.isfinite(N)])
        if np.isfinite(N).any():
            axes.plot(C, N, dashes, color=ACCENT, lw=1.6, zorder=4, gid=name, label=label)
    return np.concatenate(drawn)


def _draw_colourbar(body: SubFigure, axes: Axes, norm: LogNorm) -> None:
    bar = body.colorbar(ScalarMappable(norm, COLOURS), ax=axes, pad=0.02, aspect=32)
    bar.ax.set_title("loss")
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_locator(MaxNLocator(6))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.yaxis.set_major_formatter(decimals())
    plain(bar.ax)


def _mark(figure: Figure, axes: Axes, asked: Real, best: Ridge, avoid: Points) -> None:
    """The optimal models of the budgets asked for, with their sizes in words; those without one, in words."""
    found = np.isfinite(best.N)
    if not found.all():
        without = " and ".join(format_number(budget) for budget in asked[~found])
        axes.set_title(f"no optimal split of {without} FLOP", fontsize=7.5, color=ALERT, loc="left")
    if not found.any():
        return
    # The largest first: its label has the least room.
    order = np.argsort(-asked[found], kind="stable")
    C, N, D = (each[found][order] for each in (asked, best.N, best.D))
    axes.plot(C, N, gid="optima", clip_on=False, **STAR)
    texts = [
        f"{format_number(c)} FLOP:\n{format_number(n, 3)}, {format_number(d, 3)} tokens"
        for c, n, d in zip(C, N, D, strict=True)
    ]
    figure.draw_without_rendering()
    place(axes, np.column_stack([C, N]), texts, avoid)
