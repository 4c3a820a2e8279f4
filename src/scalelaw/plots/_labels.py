"""Labels that keep clear of what is drawn: each goes where it covers the fewest points."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
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


def place(axes: Axes, at: Points, texts: Sequence[str], avoid: Points) -> None:
    """Write each text beside its point, with a thin line to it.

    The figure is laid out first, for where a text covers a point is known only then.

    Args:
        axes: Where; limits and scales are final.
        at: The points, in data coordinates.
        texts: One a point.
        avoid: What to keep clear of, in data coordinates.
    """
    axes.get_figure(root=True).draw_without_rendering()  # type: ignore[union-attr]
    marks = axes.transData.transform(np.concatenate([avoid, at]))
    taken: list[Bbox] = []
    for point, text in zip(at, texts, strict=True):
        taken.append(_place(axes, point, text, marks, taken))


def _place(axes: Axes, point: Float[np.ndarray, "2"], text: str, marks: Points, taken: list[Bbox]) -> Bbox:
    label = axes.annotate(
        text,
        tuple(point),
        (0, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        zorder=8,
        arrowprops={"arrowstyle": "-", "lw": 0.5, "color": INK, "shrinkA": 1, "shrinkB": 3},
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
        gid=f"label-{text}",
    )
    # Not part of the layout, else the axes would move under what has been measured.
    label.set_in_layout(False)
    places = [_box(label, offset) for offset in PLACES]
    costs = [_cost(box, axes, marks, taken) + rank / len(places) for rank, box in enumerate(places)]
    return _box(label, PLACES[int(np.argmin(costs))])


def _box(label: Annotation, offset: tuple[float, float]) -> Bbox:
    """The label's box in display coordinates, once moved to an offset; it ends or starts there."""
    label.set_position(offset)
    label.set_horizontalalignment("right" if offset[0] < 0 else "left" if offset[0] > 0 else "center")
    return label.get_window_extent().padded(2)


def _cost(box: Bbox, axes: Axes, marks: Points, taken: list[Bbox]) -> float:
    """Points covered; far more for another label, or for a box that leaves the axes."""
    inside = axes.bbox.padded(-2)
    leaves = not (inside.containsx(box.x0) and inside.containsx(box.x1))
    leaves |= not (inside.containsy(box.y0) and inside.containsy(box.y1))
    return box.count_contains(marks) + 1e3 * sum(box.overlaps(other) for other in taken) + 1e5 * leaves
