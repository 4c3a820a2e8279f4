"""How every picture looks: sizes, inks, the sheet it is drawn on and what is written on its margins."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from scalelaw.fitting import Fit
from scalelaw.numbers import format_number

WIDTH = 7.0
"""Inches: the text width of a page."""

LINE = 0.14
"""Inches that a line on the margin takes."""

INK, FAINT, BAND, ALERT, ACCENT = "#222222", "#8a8a8a", "#e9e9e9", "#c0141b", "#d1495b"

STAR: Any = {"ls": "none", "marker": "*", "ms": 9, "mfc": ACCENT, "mec": "white", "mew": 0.6, "zorder": 6}
DIAMOND: Any = {"ls": "none", "marker": "D", "ms": 3.8, "mfc": "white", "mec": INK, "mew": 0.8, "zorder": 5}

QUANTITIES = {
    "N": "model size N, parameters",
    "D": "training tokens D",
    "C": "training compute C, FLOP",
    "L": "loss, nats per token",
}
"""What an axis is called."""

COLOURS: Colormap = LinearSegmentedColormap.from_list(
    "scalelaw", matplotlib.colormaps["viridis"]([step / 63 * 0.9 for step in range(64)])
)
"""Viridis without its palest tenth: darkness falls steadily, so it can be read in grey on white paper."""

STYLE: Any = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "text.color": INK,
    "font.size": 8.5,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "lines.linewidth": 1.2,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "svg.hashsalt": "scalelaw",
    "pdf.fonttype": 42,
}

_LOCK = RLock()


@contextmanager
def style() -> Iterator[None]:
    """Draw in scalelaw's style and leave matplotlib's settings as they were.

    matplotlib keeps them in one place for all threads; a lock lets one of scalelaw's pictures at a time be
    drawn.
    """
    with _LOCK, matplotlib.rc_context(STYLE):
        yield


class Sheet(NamedTuple):
    """A figure, and the part of it between its margins that a picture is drawn on."""

    figure: Figure
    body: SubFigure


def sheet(fit: Fit, height: float) -> Sheet:
    """An empty page-wide figure: below, what the fit is of; above, in red, why it cannot be trusted.

    Args:
        fit: The fit to be shown.
        height: Inches, with one line written below; more lines make the sheet higher.
    """
    return written_sheet(_origin(fit), distrust(fit), height)


def written_sheet(below: str, above: str, height: float) -> Sheet:
    """An empty page-wide figure with a text below and, in red, a warning above; height as for `sheet`."""
    below, above = _wrapped(below), _wrapped(above)
    more = len(below.splitlines()) + len(above.splitlines()) - 1
    figure = Figure(figsize=(WIDTH, height + LINE * more), layout="constrained")
    figure.supxlabel(below, x=0.01, ha="left", fontsize=7, color=FAINT)
    if above:
        figure.suptitle(above, x=0.01, ha="left", fontsize=7.5, color=ALERT)
    return Sheet(figure, figure.add_subfigure(figure.add_gridspec(1, 1)[0]))


def _origin(fit: Fit) -> str:
    law = f"law {fit.law.name}" + (f": {fit.law.formula}" if fit.law.formula else "")
    return f"{len(fit.runs)} runs of {fit.runs.source}; {law}"


def distrust(fit: Fit) -> str:
    """The first warning of the certificate, and how many more there are; nothing for a fit to be trusted."""
    if fit.certificate.trusted:
        return ""
    first, *rest = fit.certificate.warnings
    return f"not to be trusted: {first}" + (f" (and {len(rest)} more)" if rest else "")


def _wrapped(text: str) -> str:
    """`text` in at most three lines of the sheet's width; a dollar sign stays one."""
    return "\n".join(textwrap.wrap(text, 128, max_lines=3)).replace("$", r"\$")


def plain(axes: Axes) -> Axes:
    """Thin ticks and small labels, also for ticks that are made when the figure is drawn."""
    axes.tick_params(which="both", width=0.5, color=INK, labelcolor=INK, labelsize=8, pad=2.5)
    axes.tick_params(which="major", length=3)
    axes.tick_params(which="minor", length=1.8)
    return axes


def legend_above(body: SubFigure, axes: Axes, *more: Line2D) -> None:
    """The legend of `axes`, and more entries, in a line above all panels, where there are no data."""
    handles = [*axes.get_legend_handles_labels()[0], *more]
    body.legend(handles=handles, loc="outside upper left", ncols=len(handles), columnspacing=1.4)


def compute(value: float, _position: int | None = None) -> str:
    """A tick's label of an axis of FLOP: 1e10, however few."""
    return f"{value:.3g}".replace("e+0", "e").replace("e+", "e")


def numbered(value: float, _position: int | None = None) -> str:
    """A tick's label as people write it: 100M, 1B, 1e21."""
    return format_number(value).replace("-", "−")
