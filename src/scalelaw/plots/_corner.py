"""Draws of the parameters against each other: which of them the runs tell apart, and which move together."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from scipy import ndimage

from scalelaw._checks import bad_input, listed
from scalelaw.fitting import Fit
from scalelaw.plots._axes import Range, numbered
from scalelaw.plots._style import ACCENT, COLOURS, INK, percent, sheet, style, subplots
from scalelaw.resampling import Draws

PANEL = 1.32
"""Inches of a panel."""

SHARES = (0.5, 0.9)
"""Of the draws, that the contours of highest density hold."""

DOTS = 4000
BINS = 40

MOST_DECIMALS = 6

RIM = 0.001
"""Share of the draws that may lie outside the limits at either end."""

WIDE = 1.7
"""A positive quantity that spans at least this factor stands on a log axis."""

MARGIN = 0.08
MOST_TICKS = 3
ROUND = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0))
"""Ticks of a decade, from few to many."""

REACH, CELLS = 5.0, 100
"""Standard deviations that the grid of a density reaches to either end, and its cells."""

THINNEST = 1e-7
"""A cloud of 1 - |correlation| below this is a line, and has no contours."""

CLOUD = COLOURS(0.35)
FIT: Any = {"color": ACCENT, "lw": 1.1}
END: Any = {"color": INK, "lw": 0.8, "ls": (0, (3, 2))}
DOT: Any = {"ls": "none", "marker": "o", "ms": 4.2, "mfc": ACCENT, "mec": "white", "mew": 0.6, "zorder": 6}
CONTOURS: Any = {"colors": INK, "linewidths": (0.7, 1.1), "zorder": 4}


@style()
def corner(
    draws: Draws, names: Sequence[str] | None = None, *, level: float = 0.95, kind: str | None = None
) -> Figure:
    """A histogram of the draws of each parameter, and of each pair their cloud, contours and correlation.

    Contours hold 50 % and 90 % of the draws at the highest density. Positive parameters that span a factor of
    1.7 stand on log axes, and correlations are then of their logarithm.

    Args:
        draws: from `bootstrap`.
        names: parameters or derived quantities ("alpha", "a", ...); by default every parameter that moves.
        level: of the intervals, which are marked in the histograms and written above them.
        kind: of interval, as in `Draws.interval`; by default that of the estimator.

    Returns:
        The figure.

    Raises:
        BadInput: for an unknown name, kind or level, or a parameter that no draw moves.
    """
    chosen = moving(draws) if names is None else tuple(names)
    marginals = [Marginal.of(draws, name) for name in chosen]
    still = [each.name for each in marginals if not draws.moves(each.name)]
    if still or not marginals:
        got = f"all alike in {listed(still)}" if still else "none that moves a parameter"
        raise bad_input("draws", "different from each other to be drawn in a corner plot", got)
    count = len(marginals)
    figure, body = sheet(draws.fit, PANEL * max(count, 2) + 0.3)
    panels = subplots(body, count**2, count)
    for (row, column), axes in np.ndenumerate(panels):
        if column > row:
            axes.set_axis_off()
        elif column == row:
            _draw_marginal(axes, marginals[row], draws.interval(chosen[row], level=level, kind=kind))
        else:
            _draw_pair(axes, marginals[column], marginals[row])
    _name_axes(panels, chosen)
    _explain(body, draws, f"{percent(level)} {kind or draws.fit.default_kind} interval")
    return figure


class Marginal(NamedTuple):
    """The draws of one quantity and the axis that they stand on.

    Attributes:
        name: of the quantity.
        values: [R] draws.
        estimate: its value at the fit.
        log: whether on a log axis.
        limits: of the axis, in the quantity's own unit.
    """

    name: str
    values: Float[np.ndarray, " R"]
    estimate: float
    log: bool
    limits: Range

    @classmethod
    def of(cls, draws: Draws, name: str) -> "Marginal":
        """A log axis for draws that span much; limits that hold the fit and nearly all draws."""
        values, estimate = draws.of(name), float(draws.estimate(name))
        ends = np.append(np.quantile(values, [RIM, 1 - RIM]), estimate)
        log = bool(values.min() > 0 and ends.max() > WIDE * ends.min())
        if log:
            ends = np.log(ends)
        margin = MARGIN * np.ptp(ends) or abs(estimate) / 10 or 1.0
        limits = np.array([ends.min() - margin, ends.max() + margin])
        low, high = np.exp(limits) if log else limits
        return cls(name, values, estimate, log, (float(low), float(high)))

    @property
    def even(self) -> Float[np.ndarray, " R"]:
        """The draws on the scale on which the axis is even: their logarithm on a log axis."""
        return np.log(self.values) if self.log else self.values

    def uneven(self, values: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Back from the even scale."""
        return np.exp(values) if self.log else values

    def scale(self, axes: Axes, which: Literal["x", "y"]) -> None:
        """Scale, limits and ticks of the x or the y axis of a panel."""
        axis: Any = getattr(axes, f"{which}axis")
        axes.set(**{f"{which}scale": "log" if self.log else "linear", f"{which}lim": self.limits})
        axis.set_major_locator(FixedLocator(ticks(self.limits)) if self.log else MaxNLocator(MOST_TICKS))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(numbered))


def ticks(limits: Range) -> list[float]:
    """At most three round values between the limits of a log axis, as many as can be had."""
    decades = range(int(np.floor(np.log10(limits[0]))), int(np.ceil(np.log10(limits[1]))) + 1)
    fewer: list[float] = []
    for multiples in ROUND:
        values = [multiple * 10.0**decade for decade in decades for multiple in multiples]
        more = [value for value in values if limits[0] <= value <= limits[1]]
        if len(more) > MOST_TICKS:
            return fewer if len(fewer) >= 2 else more[:: (len(more) - 1) // (MOST_TICKS - 1)][:MOST_TICKS]
        fewer = more
    return fewer


def moving(draws: Draws) -> tuple[str, ...]:
    """The parameters that differ from draw to draw: neither fixed nor tied to another."""
    tied = dict(draws.fit.settings.constraints.tie) if isinstance(draws.fit, Fit) else {}
    names = (name for name in draws.names if name in draws.params._fields and name not in tied)
    return tuple(name for name in names if draws.moves(name))


def _draw_marginal(axes: Axes, marginal: Marginal, ends: tuple[Any, Any]) -> None:
    """A histogram with the fit and the interval, which are written above it."""
    marginal.scale(axes, "x")
    spaced = np.geomspace if marginal.log else np.linspace
    edges = spaced(*marginal.limits, BINS + 1)
    counts, _ = np.histogram(marginal.values, edges)
    axes.stairs(counts, edges, fill=True, color=CLOUD, alpha=0.3, lw=0, gid=f"histogram-{marginal.name}")
    axes.stairs(counts, edges, color=CLOUD, lw=0.8)
    axes.axvline(marginal.estimate, gid=f"fit-{marginal.name}", **FIT)
    for end in ends:
        axes.axvline(float(end), gid=f"end-{marginal.name}", **END)
    value, low, high = (numbered(float(each), digits=3) for each in (marginal.estimate, *ends))
    axes.set_title(f"{marginal.name} = {value}\n{low} to {high}", fontsize=7.5, pad=3)
    axes.set_ylim(0, 1.08 * counts.max())
    axes.yaxis.set_major_locator(NullLocator())
    axes.spines["left"].set_visible(False)


def _draw_pair(axes: Axes, across: Marginal, up: Marginal) -> None:
    """The cloud, its contours, the fit, and the correlation."""
    across.scale(axes, "x")
    up.scale(axes, "y")
    gid = f"{across.name}-{up.name}"
    shown = slice(None, None, -(-len(up.values) // DOTS))
    dots = across.values[shown], up.values[shown]
    axes.plot(*dots, ".", ms=1.4, mew=0, color=CLOUD, alpha=0.4, rasterized=True, gid=f"cloud-{gid}")
    smooth = density(across.even, up.even, SHARES)
    if smooth is not None:
        x, y = across.uneven(smooth.x), up.uneven(smooth.y)
        axes.contour(x, y, smooth.height, smooth.levels, **CONTOURS).set_gid(f"contours-{gid}")
    axes.plot([across.estimate], [up.estimate], gid=f"fit-{gid}", **DOT)
    _write_correlation(axes, float(np.corrcoef(across.even, up.even)[0, 1]))


def _write_correlation(axes: Axes, r: float) -> None:
    """In the corner that a cloud of this slope leaves empty; with as many decimals as tell it from 1."""
    decimals = next((each for each in range(2, MOST_DECIMALS) if round(abs(r), each) < 1), MOST_DECIMALS)
    text = f"{r:+.{decimals}f}".replace("-", "−")
    x, alignment = (0.05, "left") if r >= 0 else (0.95, "right")
    look: Any = {"va": "top", "ha": alignment, "fontsize": 7.5, "gid": "correlation"}
    axes.text(x, 0.96, text, transform=axes.transAxes, **look)


def _name_axes(panels: Any, names: Sequence[str]) -> None:
    """Names and numbers below the lowest panels and left of the leftmost alone."""
    for (row, column), axes in np.ndenumerate(panels):
        if row < len(names) - 1:
            axes.tick_params(labelbottom=False)
        elif column <= row:
            axes.set_xlabel(names[column])
        if column > 0:
            axes.tick_params(labelleft=False)
        elif row > 0:
            axes.set_ylabel(names[row])


def _explain(body: SubFigure, draws: Draws, interval: str) -> None:
    """What is drawn, in the corner that stays empty."""
    letter: Any = {"ls": "none", "marker": "$r$", "ms": 5, "mew": 0.2, "color": INK}
    entries = [
        Line2D([], [], label="the fit", **FIT),
        Line2D([], [], label=interval, **END),
        Line2D([], [], ls="none", marker=".", ms=3, color=CLOUD, label=f"{len(draws):,} resamples"),
        Line2D([], [], color=INK, lw=1.1, label="hold 50 % and 90 % of them"),
        Line2D([], [], label="correlation (of logs on log axes)", **letter),
    ]
    body.legend(handles=entries, loc="upper right")


class Density(NamedTuple):
    """A density on a grid that is sheared with the cloud.

    Attributes:
        x, y: where each cell of the grid lies.
        height: of the density.
        levels: of height, ascending, that enclose the shares.
    """

    x: Float[np.ndarray, "cells cells"]
    y: Float[np.ndarray, "cells cells"]
    height: Float[np.ndarray, "cells cells"]
    levels: Float[np.ndarray, " shares"]


def density(
    x: Float[np.ndarray, " R"], y: Float[np.ndarray, " R"], shares: tuple[float, ...]
) -> Density | None:
    """The smoothed density of points, and the levels that hold shares of them; None if they make a line.

    Points are made round first (uncorrelated, of one variance), smoothed with a normal kernel of Scott's
    width there, and sheared back: a thin cloud stays thin. It is the estimate of `scipy.stats.gaussian_kde`, on
    points counted in cells, which takes milliseconds for a million of them.

    Args:
        x: [R] points.
        y: [R] likewise.
        shares: each between 0 and 1.
    """
    if x.std() == 0 or y.std() == 0 or 1 - abs(np.corrcoef(x, y)[0, 1]) < THINNEST:
        return None
    points = np.stack([x, y])
    center, shear = points.mean(axis=1, keepdims=True), np.linalg.cholesky(np.cov(points))
    rounded = np.linalg.solve(shear, points - center)
    edges = np.linspace(-REACH, REACH, CELLS + 1)
    counts = np.histogram2d(rounded[0], rounded[1], bins=[edges, edges])[0]
    width = len(x) ** (-1 / 6) * CELLS / (2 * REACH)
    height = ndimage.gaussian_filter(counts, width, mode="constant")
    own = height[*np.clip(np.digitize(rounded, edges[1:-1]), 0, CELLS - 1)]
    levels = np.unique(np.quantile(own, [1 - share for share in shares]))
    middles = (edges[1:] + edges[:-1]) / 2
    grid = np.stack(np.meshgrid(middles, middles, indexing="ij"))
    across, up = center[:, None] + np.tensordot(shear, grid, 1)
    return Density(across, up, height, levels)
