"""Draws of the parameters against each other: which of them the runs tell apart, and which move together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from scalelaw._checks import bad_input, listed
from scalelaw.plots._density import density
from scalelaw.plots._side import Side, percent, written
from scalelaw.plots._style import ACCENT, COLOURS, INK, plain, sheet, style
from scalelaw.resampling import Draws

SIDE = 1.32
"""Inches of a panel."""

SHARES = (0.5, 0.9)
"""Of the draws, that the contours of highest density hold."""

DOTS = 4000
STEPS = 40

MOST_DECIMALS = 6

SAME = 1e-9
"""Draws that differ by less, relatively, differ by rounding alone."""

CLOUD = COLOURS(0.35)
FIT: Any = {"color": ACCENT, "lw": 1.1}
END: Any = {"color": INK, "lw": 0.8, "ls": (0, (3, 2))}
DOT: Any = {"ls": "none", "marker": "o", "ms": 4.2, "mfc": ACCENT, "mec": "white", "mew": 0.6, "zorder": 6}
CONTOURS: Any = {"colors": INK, "linewidths": (0.7, 1.1), "zorder": 4}


@style()
def corner(
    draws: Draws, names: Sequence[str] | None = None, *, level: float = 0.95, kind: str = "bca"
) -> Figure:
    """A histogram of the draws of each parameter, and of each pair their cloud, contours and correlation.

    Contours hold 50 % and 90 % of the draws at the highest density. Positive parameters that span a factor of
    1.7 stand on log axes, and correlations are then of their logarithm.

    Args:
        draws: from `bootstrap`.
        names: parameters or derived quantities ("alpha", "a", ...); by default every parameter that moves.
        level: of the intervals, which are marked in the histograms and written above them.
        kind: of interval, as in `Draws.interval`.

    Returns:
        The figure.

    Raises:
        BadInput: for an unknown name, kind or level, or a parameter that no draw moves.
    """
    chosen = moving(draws) if names is None else tuple(names)
    sides = [Side.of(draws, name) for name in chosen]
    _check(sides)
    figure, body = sheet(draws.fit, SIDE * max(len(sides), 2) + 0.3)
    panels = body.subplots(len(sides), len(sides), squeeze=False)
    for (row, column), axes in np.ndenumerate(panels):
        if column > row:
            axes.set_axis_off()
        elif column == row:
            _draw_one(plain(axes), sides[row], draws.interval(chosen[row], level=level, kind=kind))
        else:
            _draw_pair(plain(axes), sides[column], sides[row])
    _name_sides(panels, sides)
    _explain(body, draws, f"{percent(level)} {kind} interval")
    return figure


def moving(draws: Draws) -> tuple[str, ...]:
    """The parameters that differ from draw to draw: neither fixed nor tied to another."""
    tied = dict(draws.fit.settings.constraints.tie)
    return tuple(name for name in draws.fit.law.fields if name not in tied and not _still(draws.of(name)))


def _still(values: Float[np.ndarray, " R"]) -> bool:
    """Whether draws differ by rounding alone."""
    return bool(np.ptp(values) <= SAME * np.abs(values).max())


def _check(sides: list[Side]) -> None:
    still = [side.name for side in sides if _still(side.values)]
    if still or not sides:
        got = f"all alike in {listed(still)}" if still else "none that moves a parameter"
        raise bad_input("draws", "different from each other to be drawn in a corner plot", got)


def _draw_one(axes: Axes, side: Side, ends: tuple[Any, Any]) -> None:
    """A histogram with the fit and the interval, which are written above it."""
    side.put(axes, "x")
    edges = side.steps(STEPS)
    counts, _ = np.histogram(side.values, edges)
    axes.stairs(counts, edges, fill=True, color=CLOUD, alpha=0.3, lw=0, gid=f"histogram-{side.name}")
    axes.stairs(counts, edges, color=CLOUD, lw=0.8)
    axes.axvline(side.estimate, gid=f"fit-{side.name}", **FIT)
    for end in ends:
        axes.axvline(float(end), gid=f"end-{side.name}", **END)
    low, high = (written(float(end)) for end in ends)
    axes.set_title(f"{side.name} = {written(side.estimate)}\n{low} to {high}", fontsize=7.5, pad=3)
    axes.set_ylim(0, 1.08 * counts.max())
    axes.yaxis.set_major_locator(NullLocator())
    axes.spines["left"].set_visible(False)


def _draw_pair(axes: Axes, across: Side, up: Side) -> None:
    """The cloud, its contours, the fit, and the correlation."""
    across.put(axes, "x")
    up.put(axes, "y")
    gid = f"{across.name}-{up.name}"
    shown = slice(None, None, -(-len(up.values) // DOTS))
    dots = across.values[shown], up.values[shown]
    axes.plot(*dots, ".", ms=1.4, mew=0, color=CLOUD, alpha=0.4, rasterized=True, gid=f"cloud-{gid}")
    found = density(across.flat, up.flat, SHARES)
    if found is not None:
        axes.contour(across.unflat(found.x), up.unflat(found.y), found.height, found.levels, **CONTOURS)
    axes.plot([across.estimate], [up.estimate], gid=f"fit-{gid}", **DOT)
    _write_correlation(axes, float(np.corrcoef(across.flat, up.flat)[0, 1]))


def _write_correlation(axes: Axes, r: float) -> None:
    """In the corner that a cloud of this slope leaves empty."""
    text = f"{r:+.{_decimals(r)}f}".replace("-", "−")
    x, side = (0.05, "left") if r >= 0 else (0.95, "right")
    axes.text(x, 0.96, text, transform=axes.transAxes, va="top", ha=side, fontsize=7.5, gid="correlation")


def _decimals(r: float) -> int:
    """Two, or as many as tell a correlation from 1."""
    return next((each for each in range(2, MOST_DECIMALS) if round(abs(r), each) < 1), MOST_DECIMALS)


def _name_sides(panels: Any, sides: list[Side]) -> None:
    """Names and numbers on the outer sides alone."""
    for (row, column), axes in np.ndenumerate(panels):
        if row < len(sides) - 1:
            axes.tick_params(labelbottom=False)
        elif column <= row:
            axes.set_xlabel(sides[column].name)
        if column > 0:
            axes.tick_params(labelleft=False)
        elif row > 0:
            axes.set_ylabel(sides[row].name)


def _explain(body: SubFigure, draws: Draws, interval: str) -> None:
    """What is drawn, in the corner that stays empty."""
    entries = [
        Line2D([], [], label="the fit", **FIT),
        Line2D([], [], label=interval, **END),
        Line2D([], [], ls="none", marker=".", ms=3, color=CLOUD, label=f"{len(draws):,} resamples"),
        Line2D([], [], color=INK, lw=1.1, label="hold 50 % and 90 % of them"),
        Line2D(
            [],
            [],
            ls="none",
            marker="$r$",
            ms=5,
            mew=0.2,
            color=INK,
            label="correlation (of logs on log axes)",
        ),
    ]
    body.legend(handles=entries, loc="upper right")
