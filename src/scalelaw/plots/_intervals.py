"""Intervals by scheme and kind under each other, and how often those of each kind held the truth.

Does the answer depend on how it was made, and does a kind hold what it claims?
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from scalelaw._checks import bad_input
from scalelaw.fitting.functions import Function
from scalelaw.plots._axes import numbered
from scalelaw.plots._corner import moving
from scalelaw.plots._style import (
    ACCENT,
    BAND,
    COLOURS,
    FAINT,
    INK,
    WIDTH,
    legend_above,
    percent,
    sheet,
    style,
    subplots,
)
from scalelaw.resampling import Draws

ROW, HEAD = 0.16, 0.62
"""Inches that an interval and the margins of a panel take."""

COLUMNS = 3
GAP = 1.0
"""Rows of space between schemes."""

MARKERS = "os^DvPX"
FIT: Any = {"color": ACCENT, "lw": 1.1, "zorder": 1}
PUBLISHED: Any = {"color": INK, "lw": 0.9, "ls": (0, (4, 2)), "zorder": 1}

PANEL = 2.3
"""Inches that a panel of coverage takes."""

KIND_MARKERS = "osD^vP"
GOOD, LOWEST = (0.93, 0.97), 0.8
"""What users of a 95 % interval are ready to accept; the lowest share that is drawn."""

Functions = Sequence[str] | Mapping[str, Function]


@style()
def forest(
    draws: Draws | Mapping[str, Draws],
    functions: Functions | None = None,
    *,
    kinds: Sequence[str] | None = None,
    level: float = 0.95,
    published: Mapping[str, float] | None = None,
) -> Figure:
    """Intervals of functions of the parameters, a panel each, a row for every scheme and kind.

    Args:
        draws: of one scheme, or name -> draws of each scheme, all of one fit.
        functions: names ("alpha", "a", ...), or label -> function of the law's NamedTuple; by default every
            parameter that moves.
        kinds: of interval, as in `Draws.interval`; by default all that the draws of every scheme allow.
        level: of confidence.
        published: name -> value to compare with, marked by a dashed line.

    Returns:
        The figure; the line through each panel is the fit.

    Raises:
        BadInput: for an unknown name, kind or level, no draws, or nothing to show.
    """
    groups = {"": draws} if isinstance(draws, Draws) else dict(draws)
    if not groups:
        raise bad_input("draws", "of at least one scheme", "none")
    first = next(iter(groups.values()))
    shown = moving(first) if functions is None else functions
    labelled = dict(shown) if isinstance(shown, Mapping) else {name: name for name in shown}
    if not labelled:
        raise bad_input("functions", "at least one", "none")
    if kinds is None:
        kinds = [kind for kind in first.kinds if all(kind in each.kinds for each in groups.values())]
    rows = math.ceil(len(labelled) / COLUMNS)
    figure, body = sheet(first.fit, 0.45 + rows * (HEAD + ROW * len(groups) * (len(kinds) + GAP)))
    panels = subplots(body, len(labelled), COLUMNS, sharey=True)
    for axes, (label, function) in zip(panels.flat, labelled.items(), strict=False):
        _draw(axes, groups, function, kinds, level)
        axes.set_xlabel(label)
        if label in (published or {}):
            axes.axvline((published or {})[label], gid="published", label="published", **PUBLISHED)
    _name_rows(panels, groups, kinds)
    # Of several schemes the rows are named after the schemes, and the legend tells the kinds.
    looks = [] if len(groups) == 1 else [(kind, _look(rank, len(kinds))) for rank, kind in enumerate(kinds)]
    bars = Line2D([], [], lw=1.6, color=INK, label=f"{percent(level)} interval")
    legend_above(body, panels[0, 0], bars, *(Line2D([], [], label=kind, **look) for kind, look in looks))
    return figure


def _draw(
    axes: Axes, groups: Mapping[str, Draws], function: Function, kinds: Sequence[str], level: float
) -> None:
    """One function: the fit, and the interval of every scheme and kind."""
    estimate = float(next(iter(groups.values())).estimate(function))
    axes.axvline(estimate, gid="fit", label="the fit", **FIT)
    for group, draws in enumerate(groups.values()):
        if group % 2:  # every other scheme stands on grey
            first, last = (_height(group, rank, len(kinds)) for rank in (0, len(kinds) - 1))
            axes.axhspan(last - GAP, first + GAP, color=BAND, lw=0, zorder=0)
        for rank, kind in enumerate(kinds):
            low, high = (float(end) for end in draws.interval(function, level=level, kind=kind))
            y, look = _height(group, rank, len(kinds)), _look(rank, len(kinds))
            axes.plot([low, high], [y, y], lw=1.6, color=look["color"], gid=f"interval-{group}-{kind}")
            axes.plot([float(draws.estimate(function))], [y], zorder=3, **look)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(numbered))
    axes.margins(x=0.06)


def _height(group: int, rank: int, kinds: int) -> float:
    """Where a row stands; the first is the highest."""
    return -(group * (kinds + GAP) + rank)


def _look(rank: int, kinds: int) -> dict[str, Any]:
    color = COLOURS(0.1 + 0.75 * rank / max(kinds - 1, 1))
    marker = MARKERS[rank % len(MARKERS)]
    return {"color": color, "marker": marker, "ls": "none", "ms": 4.2, "mec": "white", "mew": 0.5}


def _name_rows(panels: Any, groups: Mapping[str, Draws], kinds: Sequence[str]) -> None:
    """The kinds of a single scheme; of several, the schemes."""
    heights = [
        [_height(group, rank, len(kinds)) for rank in range(len(kinds))] for group in range(len(groups))
    ]
    at, names = (heights[0], kinds) if len(groups) == 1 else (np.mean(heights, axis=1), list(groups))
    for axes in panels[:, 0]:
        axes.set_yticks(at, names)
    for axes in panels.flat:
        axes.set_ylim(heights[-1][-1] - GAP, GAP)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)


@style()
def coverage(table: pd.DataFrame, *, level: float = 0.95) -> Figure:
    """Coverage by design and noise (a panel each), function (a row) and kind of interval (a marker).

    Args:
        table: rows with `panel` (the title), `of`, `kind`, `covered`, `error`.
        level: what the intervals claim.

    Returns:
        The figure; bars are two Monte-Carlo standard errors, an arrow names what lies off the left end.
    """
    panels, kinds = (list(dict.fromkeys(table[name])) for name in ("panel", "kind"))
    rows = math.ceil(len(panels) / COLUMNS)
    figure = Figure(figsize=(WIDTH, PANEL * rows + 0.5), layout="constrained")
    grid = subplots(figure, len(panels), COLUMNS, sharex=True, sharey=True)
    for axes, panel in zip(grid.flat, panels, strict=False):
        _panel(axes, table[table["panel"] == panel], kinds, level)
        axes.set_title(panel, loc="left")
    for axes in grid.flat[max(0, len(panels) - grid.shape[1]) : len(panels)]:
        axes.tick_params(labelbottom=True)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    figure.supxlabel(f"share of {level:.0%} intervals that held the truth", size=8.5)
    return figure


def _panel(axes: Axes, cell: pd.DataFrame, kinds: Sequence[str], level: float) -> None:
    """One design; a kind has its colour and its place in every panel, be it there or not."""
    functions = list(dict.fromkeys(cell["of"]))
    axes.axvspan(*GOOD, color=BAND, lw=0, zorder=0)
    axes.axvline(level, color=FAINT, lw=0.8, zorder=1)
    colours = COLOURS(np.linspace(0, 1, len(kinds)))
    for k, (kind, colour) in enumerate(zip(kinds, colours, strict=True)):
        own = cell[cell["kind"] == kind].set_index("of").reindex(functions)
        y = np.arange(len(functions)) + (k - (len(kinds) - 1) / 2) * 0.8 / len(kinds)
        seen = own["covered"].to_numpy() >= LOWEST
        mark = {"color": colour, "marker": KIND_MARKERS[k % len(KIND_MARKERS)], "ms": 3.2, "ls": "none"}
        shown = own[seen]
        axes.errorbar(shown["covered"], y[seen], xerr=2 * shown["error"], elinewidth=0.7, label=kind, **mark)
    for height, name in enumerate(functions):
        _name_lower(axes, float(height), cell.loc[cell["of"] == name, "covered"].to_numpy())
    axes.set_yticks(np.arange(len(functions)), functions)
    axes.set_xlim(LOWEST, 1.0)
    axes.set_ylim(len(functions) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=BAND, lw=0.5)
    axes.spines["bottom"].set_color(INK)


def _name_lower(axes: Axes, height: float, shares: np.ndarray) -> None:
    """Say which shares lie off the left end."""
    lower = shares[shares < LOWEST]
    if len(lower):
        low, high = f"{100 * lower.min():.0f}", f"{lower.max():.0%}"
        text = high if low == high[:-1] else f"{low}\N{EN DASH}{high}"
        arrow = {"arrowstyle": "->", "color": INK, "lw": 0.7}
        at, beside = (LOWEST, height), (LOWEST + 0.02, height)
        axes.annotate(text, at, beside, color=INK, size=7, va="center", arrowprops=arrow)
