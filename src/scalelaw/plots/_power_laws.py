"""What pictures of Approaches 1 and 2 share: a page of three panels, and a power law drawn past its points."""

import textwrap
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, LogLocator

from scalelaw.approaches.frontier import UNITS, PowerLaw
from scalelaw.numbers import format_number
from scalelaw.plots._axes import log_x, log_y, padded
from scalelaw.plots._style import ACCENT, COLOURS, FAINT, LINE, WIDTH, compute, plain

HEIGHT = 2.6
BEYOND = 100.0
"""A law is drawn to this multiple of the largest budget, dashed beyond it."""


class Page(NamedTuple):
    """A figure of three panels: what was trained, N*(C) and D*(C)."""

    figure: Figure
    body: SubFigure
    profile: Axes
    N: Axes
    D: Axes


def page(words: str) -> Page:
    """An empty page with `words` on its lower margin, in as many lines as they need."""
    wrapped = "\n".join(textwrap.wrap(words, 128, max_lines=3)).replace("$", r"\$")
    lines = wrapped.count("\n") + 1
    figure = Figure(figsize=(WIDTH, HEIGHT + LINE * lines), layout="constrained")
    figure.supxlabel(wrapped, x=0.01, ha="left", fontsize=7, color=FAINT)
    body = figure.add_subfigure(figure.add_gridspec(1, 1)[0])
    axes = body.subplots(1, 3, width_ratios=(1.25, 1, 1))
    return Page(figure, body, *(plain(each) for each in axes))


def draw_law(
    axes: Axes, law: PowerLaw, C: Float[np.ndarray, " P"], y: Float[np.ndarray, " P"], name: str, look: Any
) -> None:
    """The points y at budgets C, and the power law through them, on to a hundred times the largest budget.

    Args:
        axes: where.
        law: of y in C [FLOP].
        C: budgets.
        y: parameters or tokens.
        name: "N" or "D".
        look: of the points, keywords of `scatter`.
    """
    limits = float(C.min()) / 2, float(C.max()) * BEYOND
    inside, beyond = np.geomspace(C.min(), C.max(), 2), np.geomspace(C.max(), limits[1], 2)
    axes.plot(inside, law.at(inside), color=ACCENT, lw=1.2, zorder=2, gid=f"{name}-law")
    axes.plot(beyond, law.at(beyond), "--", color=ACCENT, lw=1.0, zorder=2, gid=f"{name}-beyond")
    axes.scatter(C, y, gid=f"{name}-points", **{"zorder": 3, "lw": 0.4, "ec": "white", **look})
    log_x(axes, limits, "C")
    axes.xaxis.set_major_locator(LogLocator(numticks=5))
    log_y(axes, padded(np.concatenate([y, law.at(np.array(limits))])), name)
    axes.set_ylabel("")
    axes.set_title(f"{name}*, {UNITS[name]}", loc="left")
    axes.text(
        0.96,
        0.05,
        f"{name}* = {format_number(law.coefficient)} $C^{{{law.exponent:.4f}}}$",
        transform=axes.transAxes,
        ha="right",
        color=ACCENT,
    )


def colour_bar(drawn: Page, low: float, high: float, label: str) -> None:
    """A bar above all panels for the colours of sizes or budgets."""
    bar = drawn.body.colorbar(
        ScalarMappable(LogNorm(low, high), COLOURS), ax=drawn[2:], location="top", aspect=90, pad=0.04
    )
    bar.ax.xaxis.set_major_formatter(FuncFormatter(compute))
    bar.ax.xaxis.set_minor_formatter("")
    bar.ax.tick_params(which="both", width=0.5, labelsize=7, pad=1)
    bar.set_label(label, size=8)
    bar.outline.set_visible(False)


def shade(value: Float[np.ndarray, "..."], low: float, high: float) -> Any:
    """The colour of a value on a logarithmic scale from low to high."""
    return COLOURS(LogNorm(low, high)(value))
