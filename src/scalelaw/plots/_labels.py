"""Labels that keep clear of what is drawn: each goes where it covers the fewest points."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from scalelaw.plots._style import INK

Points = Float[np.ndarray, "n 2"]

PLACES = [
    (reach * x, reach * y)
    for reach in (7, 14, 24, 40, 60, 85)
    for x, y in ((-1, 0.4), (1, -0.4), (-1, 1), (1, -1), (-1, -0.6), (1, 0.6), (0, 1), (0, -1))
]
"""Offsets from the point, in typographic points, the preferred first."""

BESIDE = 14
"""Within so many points a label needs no line to its point."""


def place(axes: Axes, at: Points, texts: Sequence[str], avoid: Points, fontsize: float = 7.5) -> None:
    """Write each text beside its point, with a thin line to it where it is not next to it.

    The figure is laid out first, for where a text covers a point is known only then.

    Args:
        axes: Where; limits and scales are final.
        at: The points, in data coordinates.
        texts: One a point.
        avoid: What to keep clear of, in data coordinates.
        fontsize: Of the texts, in typographic points.
    """
    axes.get_figure(root=True).draw_without_rendering()  # type: ignore[union-attr]
    marks = axes.transData.transform(np.concatenate([avoid, at]))
    taken: list[Bbox] = []
    for point, text in zip(at, texts, strict=True):
        taken.append(_place(_label(axes, point, text, fontsize), marks, taken))


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
        bbox={"boxstyle": "square,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.85},
    )
    label.set_in_layout(False)
    return label


def _place(label: Annotation, marks: Points, taken: list[Bbox]) -> Bbox:
    """Move a label to its best place; the box it takes."""
    boxes = [_box(label, offset) for offset in PLACES]
    costs = [_cost(box, label, marks, taken) + rank / len(boxes) for rank, box in enumerate(boxes)]
    offset = PLACES[int(np.argmin(costs))]
    if label.arrow_patch is not None:
        label.arrow_patch.set_visible(max(map(abs, offset)) > BESIDE)
    return _box(label, offset)


def _box(label: Annotation, offset: tuple[float, float]) -> Bbox:
    """The label's box in display coordinates, once moved to an offset; it ends or starts there."""
    label.set_position(offset)
    side = "right" if offset[0] < 0 else "left" if offset[0] > 0 else "center"
    label.set(ha=side, multialignment=side)
    return label.get_window_extent().padded(2)


def _cost(box: Bbox, label: Annotation, marks: Points, taken: list[Bbox]) -> float:
    """Points covered; far more for another label, or for a box that leaves the axes."""
    assert label.axes is not None
    inside = label.axes.bbox.padded(-2)
    leaves = not (inside.containsx(box.x0) and inside.containsx(box.x1))
    leaves |= not (inside.containsy(box.y0) and inside.containsy(box.y1))
    return box.count_contains(marks) + 1e3 * sum(box.overlaps(other) for other in taken) + 1e5 * leaves
