"""Which runs carry the answer: influence over the plane of the runs, and the largest side by side."""

from typing import Any

import numpy as np
from jaxtyping import Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from scalelaw._checks import check_at_least
from scalelaw.numbers import format_number
from scalelaw.plots._axes import Points, Real, log_axis, padded
from scalelaw.plots._labels import pixels, place_groups, together
from scalelaw.plots._residuals import numbered_rows
from scalelaw.plots._style import ACCENT, COLOURS, FAINT, INK, legend_above, sheet, style, subplots
from scalelaw.uncertainty import Influence

LARGEST, SMALLEST = 90.0, 1.5
"""Area of the largest change, and the least that is drawn, in square points."""

MOST_LABELS = 8
UP, DOWN = COLOURS(0.3), ACCENT


@style()
def influence(influence: Influence, top: int = 15) -> Figure:
    """Influence of every run on one function: where the runs lie, and the largest changes.

    Left, the runs over the first two inputs of the law (log axes; the loss where there is only one), area
    proportional to the change of the function if the run, or its group, were left out. Right, the largest
    changes, signed.

    Args:
        influence: of runs or groups.
        top: how many changes stand on the right.

    Returns:
        The figure.

    Raises:
        BadInput: if `top` is not a whole number of at least 1.
    """
    check_at_least("top", top, 1)
    order = influence.order[: min(top, len(influence.change))]
    figure, body = sheet(influence.fit, 3.7)
    ((plane, bars),) = subplots(body, 2, 2, width_ratios=(1.75, 1))
    _draw_bars(bars, influence, order)
    points = _draw_plane(plane, influence)
    legend_above(body, plane, *_sizes(influence))
    if influence.by == "row":
        figure.draw_without_rendering()
        _name_rows(plane, influence, points, order[:MOST_LABELS])
    return figure


def _draw_plane(axes: Axes, influence: Influence) -> Points:
    """The runs, the largest first so that the small ones stay in sight; where they are."""
    runs, inputs = influence.fit.runs, influence.fit.runs.inputs(influence.fit.law.inputs)
    positive = [(name, values) for name, values in inputs.items() if (values > 0).all()]
    (x_name, x), (y_name, y) = [*positive, ("L", runs.L), ("L", runs.L)][:2]
    change = influence.change[influence.codes]
    for moved, colour, label in ((change > 0, UP, "larger"), (change < 0, DOWN, "smaller")):
        own = np.flatnonzero(moved)
        own = own[np.argsort(-np.abs(change[own]), kind="stable")]
        look: Any = {"color": colour, "lw": 0.4, "ec": "white", "alpha": 0.8, "gid": f"runs-{label}"}
        axes.scatter(x[own], y[own], s=_area(influence, change[own]), **look)
    log_axis(axes, "x", padded(x, 0.07), x_name)
    log_axis(axes, "y", padded(y, 0.07), y_name)
    return np.column_stack([x, y])


def _area(influence: Influence, change: Real) -> Real:
    largest = float(np.nanmax(np.abs(influence.change))) or 1.0
    return np.asarray(np.maximum(LARGEST * np.abs(np.nan_to_num(change)) / largest, SMALLEST))


def _sizes(influence: Influence) -> list[Line2D]:
    """The legend: the sign by colour, a round change by area."""
    largest = float(np.nanmax(np.abs(influence.change))) or 1.0
    step = 10 ** np.floor(np.log10(largest))
    size = step * max(factor for factor in (1, 2, 5) if factor * step <= largest)
    what = "without the run" if influence.by == "row" else f"without all runs of its {influence.by}"

    def dot(colour: Any, area: float, label: str) -> Line2D:
        width = np.sqrt(area)
        return Line2D([], [], ls="none", marker="o", ms=width, mfc=colour, mec="white", mew=0.4, label=label)

    return [
        dot(UP, 30.0, f"{influence.name} would be larger {what}"),
        dot(DOWN, 30.0, "smaller"),
        dot(FAINT, float(_area(influence, np.array([size]))[0]), f"by {size:.1g}"),
    ]


def _name_rows(axes: Axes, influence: Influence, points: Points, some: Int[np.ndarray, " k"]) -> None:
    """Rows of the most influential runs, those that lie together in one label."""
    groups = together(axes, points, some)
    texts = [numbered_rows(influence.label[group]) for group in groups]
    avoid = np.concatenate([points, _rims(axes, influence, points)])
    place_groups(axes, points, groups, texts, avoid, fontsize=7.0)


def _rims(axes: Axes, influence: Influence, points: Points) -> Points:
    """Points on the rims of the discs, for labels to keep clear of, in data coordinates."""
    radius = np.sqrt(_area(influence, influence.change)) / 2 * pixels(axes)
    turns = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    rim = np.column_stack([np.cos(turns), np.sin(turns)])
    drawn = axes.transData.transform(points)[:, None] + radius[:, None, None] * rim
    return np.asarray(axes.transData.inverted().transform(drawn.reshape(-1, 2)))


def _label(influence: Influence, code: int) -> str:
    """What a run or group is called: its row, or its value of the column."""
    value = influence.label[np.flatnonzero(influence.codes == code)[0]]
    if influence.by == "row":
        return str(value)
    return value if isinstance(value, str) else format_number(float(value))


def _draw_bars(axes: Axes, influence: Influence, order: Int[np.ndarray, " k"]) -> None:
    change, at = influence.change[order], np.arange(len(order))
    axes.barh(at, change, height=0.62, color=[UP if each > 0 else DOWN for each in change], gid="bars")
    axes.axvline(0, color=INK, lw=0.6)
    axes.set_yticks(at, [_label(influence, int(code)) for code in order])
    axes.tick_params(axis="y", length=0, labelsize=7)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(4, symmetric=True))
    axes.set_xlabel(f"change of {influence.name} = {influence.estimate:.4g}")
    axes.set_ylabel(influence.by)
    share = influence.share[len(order) - 1]
    axes.set_title(f"{len(order)} of {len(influence.change)}, {share:.0%} of the variance", loc="left")
