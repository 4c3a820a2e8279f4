"""How every figure looks, and how it becomes a file: sizes, inks, the sheet it is drawn on, margins, formats."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from scalelaw._checks import bad_input, check_choice
from scalelaw._files import appearing
from scalelaw.approaches import Envelope, IsoFLOP
from scalelaw.fitting import Fit

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

DPI = 200

# No dates and no versions: the same figure is the same file.
METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}

_LOCK = RLock()


@contextmanager
def style() -> Iterator[None]:
    """Draw in scalelaw's style and leave matplotlib's settings as they were.

    matplotlib keeps them in one place for all threads; a lock lets one of scalelaw's figures at a time be drawn.
    """
    with _LOCK, matplotlib.rc_context(STYLE):
        yield


class Sheet(NamedTuple):
    """A figure, and the part of it between its margins that panels stand on."""

    figure: Figure
    body: SubFigure


def sheet(fit: Fit | Envelope | IsoFLOP, height: float) -> Sheet:
    """An empty page-wide figure: below, what the fit is of; above, in red, why it cannot be trusted.

    Args:
        fit: The fit to be shown, of a law or of a frontier.
        height: Inches, with one line written below; more lines make the sheet higher.
    """
    runs = f"{len(fit.runs)} runs of {fit.runs.source}"
    if not isinstance(fit, Fit):
        return written_sheet(f"{runs}; {fit.method.words}", "", height)
    law = f"law {fit.law.name}" + (f": {fit.law.formula}" if fit.law.formula else "")
    return written_sheet(f"{runs}; {law}", distrust(fit), height)


def written_sheet(below: str, above: str, height: float) -> Sheet:
    """An empty page-wide figure with a text below and, in red, a warning above; height as for `sheet`."""
    below, above = _wrap(below), _wrap(above)
    more = len(below.splitlines()) + len(above.splitlines()) - 1
    figure = Figure(figsize=(WIDTH, height + LINE * more), layout="constrained")
    figure.supxlabel(below, x=0.01, ha="left", fontsize=7, color=FAINT)
    if above:
        figure.suptitle(above, x=0.01, ha="left", fontsize=7.5, color=ALERT)
    return Sheet(figure, figure.add_subfigure(figure.add_gridspec(1, 1)[0]))


def _wrap(text: str) -> str:
    """`text` in at most three lines of the sheet's width; a dollar sign stays one."""
    return "\n".join(textwrap.wrap(text, 128, max_lines=3)).replace("$", r"\$")


def subplots(body: Figure | SubFigure, count: int, columns: int, **layout: Any) -> Any:
    """The axes [rows, columns] of `count` panels in rows of at most `columns`; what is left over is not drawn.

    Args:
        body: where.
        count: how many.
        columns: how many fit side by side.
        layout: keywords of matplotlib's `subplots`.
    """
    rows = math.ceil(count / columns)
    panels = body.subplots(rows, math.ceil(count / rows), squeeze=False, **layout)
    for rank, axes in enumerate(panels.flat):
        plain(axes)
        if rank >= count:
            axes.set_axis_off()
    return panels


def distrust(fit: Fit) -> str:
    """The first warning of the certificate, and how many more there are; nothing for a fit to be trusted."""
    if fit.certificate.trusted:
        return ""
    first, *rest = fit.certificate.warnings
    return f"not to be trusted: {first}" + (f" (and {len(rest)} more)" if rest else "")


def plain(axes: Axes) -> Axes:
    """Thin ticks and small labels, also for ticks that are made when the figure is drawn."""
    axes.tick_params(which="both", width=0.5, color=INK, labelcolor=INK, labelsize=8, pad=2.5)
    axes.tick_params(which="major", length=3)
    axes.tick_params(which="minor", length=1.8)
    return axes


def legend_above(body: SubFigure, axes: Axes, *more: Line2D, columns: int | None = None) -> None:
    """The legend of `axes`, and more entries, above all panels, where there are no data; one line by default."""
    handles = [*axes.get_legend_handles_labels()[0], *more]
    body.legend(handles=handles, loc="outside upper left", ncols=columns or len(handles), columnspacing=1.4)


def percent(level: float) -> str:
    """A confidence level as people write it: 95 %, 99.5 %."""
    return f"{100 * level:.6g} %"


def save(
    figure: Figure, path: str | Path, formats: Sequence[str] = ("png", "svg", "pdf")
) -> tuple[Path, ...]:
    """Write a figure; each file appears whole or not at all, and holds no date.

    Args:
        figure: The figure.
        path: Without a suffix, one file a format; with .png, .svg or .pdf, that one file.
        formats: Which of png (200 dots an inch), svg and pdf.

    Returns:
        The files written.

    Raises:
        BadInput: A format is unknown, the folder does not exist, or a file cannot be written.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise bad_input("path", "in a folder that exists", str(path), advice="create the folder first")
    suffix = path.suffix.removeprefix(".").lower()
    if suffix in METADATA:
        files = {path: suffix}
    else:
        known = [check_choice("formats", each, METADATA) for each in formats]
        files = {path.with_name(f"{path.name}.{each}"): each for each in known}
    for file, kind in files.items():
        with style(), appearing(file, "figure") as partial:
            figure.savefig(partial, format=kind, dpi=DPI, metadata=METADATA[kind])
    return tuple(files)


def svg(figure: Figure) -> bytes:
    """A figure as SVG, letters as paths: it looks alike on every machine."""
    drawn = BytesIO()
    with style():
        figure.savefig(drawn, format="svg", metadata=METADATA["svg"])
    return drawn.getvalue()
