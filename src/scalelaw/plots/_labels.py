"""Labels that keep clear of what is drawn: each goes where it covers the fewest points."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from scalelaw.plots._style import INK

Points = Float[np.ndarray, "n 2"]

PLACES = [
    (reach * x, reach * y)
    for reach in (6, 12, 20, 32, 48, 70)
    for x, y in ((-1, 0.4), (1, -0.4), (-1, 0), (1, 0), (-1, 1), (1, -1), (1, 1), (-1, -1), (0, 1), (0, -1))
]
"""Offsets from the point, in typographic points, the preferred first."""

COST_OF_DISTANCE = 0.03
"""Points covered that moving a label by one typographic point is worth."""

TOGETHER = 12
"""Points nearer to each other than so many typographic points share a label."""

BESIDE = 12
"""Within so many points a label needs no line to its point."""


def place(axes: Axes, at: Points, texts: Sequence[str], avoid: Points, fontsize: float = 7.5) -> None:
    """Write each text beside its point, with a thin line to it where it is not next to it.

    Args:
        axes: Where. Its figure must have been laid out (`draw_without_rendering`), for where a text covers a
            point is known only then.
        at: The points, in data coordinates.
        texts: One a point.
        avoid: What to keep clear of, in data coordinates.
        fontsize: Of the texts, in typographic points.
    """
    marks = axes.transData.transform(np.concatenate([avoid, at]))
    taken: list[Bbox] = []
    for point, text in zip(at, texts, strict=True):
        box, line = _place(_label(axes, point, text, fontsize), marks, taken)
        taken.append(box)
        marks = np.concatenate([marks, line])


def together(axes: Axes, points: Points, some: Int[np.ndarray, " k"]) -> list[Int[np.ndarray, " g"]]:
    """Indices of points in groups of those that lie too close to each other to be named one by one.

    Args:
        axes: Where; its figure laid out.
        points: In data coordinates.
        some: Indices of the points to be grouped.

    Returns:
        The groups, that of `some[0]` first.
    """
    where = axes.transData.transform(points[some]) / _pixels(axes)
    group = np.arange(len(some))
    for i, point in enumerate(where):
        near = np.hypot(*(where[: i + 1] - point).T) < TOGETHER
        group[np.isin(group, group[: i + 1][near])] = group[: i + 1][near].min()
    return [some[group == each] for each in np.unique(group)]


def center(axes: Axes, points: Points) -> Float[np.ndarray, "2"]:
    """The middle of points as they are drawn, in data coordinates."""
    drawn = axes.transData.transform(points)
    return np.asarray(axes.transData.inverted().transform((drawn.min(axis=0) + drawn.max(axis=0)) / 2))


def _pixels(drawn: Artist) -> float:
    """Pixels a typographic point."""
    return float(drawn.get_figure().dpi) / 72  # type: ignore[union-attr]


def _label(axes: Axes, point: Float[np.ndarray, "2"], text: str, fontsize: float) -> Annotation:
    """A label that has no place yet.

    It is not part of the layout, else the axes would move under what has been measured.
    """
    label = axes.annotate(
        text,
        (float(point[0]), float(point[1])),
        (0, 0),
        textcoords="offset points",
        va="center",
        fontsize=fontsize,
        zorder=8,
        arrowprops={"arrowstyle": "-", "lw": 0.5, "color": INK, "shrinkA": 0, "shrinkB": 3},
        bbox={"boxstyle": "square,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.9},
    )
    label.set_in_layout(False)
    return label


def _place(label: Annotation, marks: Points, taken: list[Bbox]) -> tuple[Bbox, Points]:
    """Move a label to its best place; the box it takes and the points of its line."""
    boxes = [_box(label, offset) for offset in PLACES]
    costs = [_cost(box, label, marks, taken) for box in boxes]
    best = int(np.argmin(np.add(costs, COST_OF_DISTANCE * np.max(np.abs(PLACES), axis=1))))
    side = _side(PLACES[best])
    label.set(position=PLACES[best], ha=side, multialignment=side)
    if label.arrow_patch is not None:
        label.arrow_patch.set_visible(max(map(abs, PLACES[best])) > BESIDE)
    return boxes[best], _line(label, boxes[best])


def _side(offset: tuple[float, float]) -> Literal["left", "center", "right"]:
    """Alignment that lets a label end or start at its offset."""
    return "right" if offset[0] < 0 else "left" if offset[0] > 0 else "center"


def _box(label: Annotation, offset: tuple[float, float]) -> Bbox:
    """The box of a label's text, were it at an offset, in display coordinates."""
    assert label.axes is not None
    x, y = label.axes.transData.transform(label.xy) + np.multiply(offset, _pixels(label))
    text = Text.get_window_extent(label)
    left = {"left": x, "center": x - text.width / 2, "right": x - text.width}[_side(offset)]
    return Bbox.from_bounds(left, y - text.height / 2, text.width, text.height).padded(2)


def _line(label: Annotation, box: Bbox) -> Points:
    """Points along the line from a label's point to its box, in display coordinates."""
    assert label.axes is not None
    point = label.axes.transData.transform(label.xy)
    end = np.clip(point, box.min, box.max)
    return np.asarray(point + np.linspace(0.1, 1, 12)[:, None] * (end - point))


def _cost(box: Bbox, label: Annotation, marks: Points, taken: list[Bbox]) -> float:
    """Points covered; far more for another label, or for a box that leaves the axes."""
    assert label.axes is not None
    inside = label.axes.bbox.padded(-2)
    leaves = not (inside.containsx(box.x0) and inside.containsx(box.x1))
    leaves |= not (inside.containsy(box.y0) and inside.containsy(box.y1))
    return box.count_contains(marks) + 1e3 * sum(box.overlaps(other) for other in taken) + 1e5 * leaves
