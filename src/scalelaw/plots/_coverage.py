"""Coverage: how often intervals of each kind held the truth, beside what they claim."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw.plots._style import BAND, COLOURS, FAINT, INK, WIDTH, style, subplots

COLUMNS, PANEL = 3, 2.3
MARKERS = "osD^vP"
# What users of a 95 % interval are ready to accept; the lowest share that is drawn.
GOOD, LOWEST = (0.93, 0.97), 0.8


@style()
def coverage(table: pd.DataFrame, *, level: float = 0.95) -> Figure:
    """Coverage by design and noise (a panel each), function (a row) and kind of interval (a marker).

    Args:
        table: rows with `panel` (the title), `of`, `kind`, `covered`, `error`.
        level: what the intervals claim.

    Returns:
        The figure; bars are two Monte-Carlo standard errors, an arrow names what lies off the left end.
    """
    panels = list(dict.fromkeys(table["panel"]))
    rows = math.ceil(len(panels) / COLUMNS)
    figure = Figure(figsize=(WIDTH, PANEL * rows + 0.5), layout="constrained")
    grid = subplots(figure, len(panels), COLUMNS, sharex=True, sharey=True)
    for axes, panel in zip(grid.flat, panels, strict=False):
        _panel(axes, table[table["panel"] == panel], level)
        axes.set_title(panel, loc="left")
    for axes in grid.flat[max(0, len(panels) - grid.shape[1]) : len(panels)]:
        axes.tick_params(labelbottom=True)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    figure.supxlabel(f"share of {level:.0%} intervals that held the truth", size=8.5)
    return figure


def _panel(axes: Axes, cell: pd.DataFrame, level: float) -> None:
    functions, kinds = list(dict.fromkeys(cell["of"])), list(dict.fromkeys(cell["kind"]))
    axes.axvspan(*GOOD, color=BAND, lw=0, zorder=0)
    axes.axvline(level, color=FAINT, lw=0.8, zorder=1)
    colours = COLOURS(np.linspace(0, 1, len(kinds)))
    for k, (kind, colour) in enumerate(zip(kinds, colours, strict=True)):
        own = cell[cell["kind"] == kind].set_index("of").loc[functions]
        y = np.arange(len(functions)) + (k - (len(kinds) - 1) / 2) * 0.8 / len(kinds)
        seen = own["covered"].to_numpy() >= LOWEST
        mark = {"color": colour, "marker": MARKERS[k % len(MARKERS)], "ms": 3.2, "ls": "none"}
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
