"""Labels that keep clear of what is drawn: each goes where it covers the fewest points. Known models have them."""

import textwrap
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from scalelaw.flops import SIX_ND
from scalelaw.laws.published import published
from scalelaw.plots._axes import Points
from scalelaw.plots._style import INK

PLACES = [
    (reach * x, reach * y)
    for reach in (6.0, 12.0, 20.0, 32.0, 48.0, 70.0)
    for x, y in ((-1, 0.4), (1, -0.4), (-1, 0), (1, 0), (-1, 1), (1, -1), (1, 1), (-1, -1), (0, 1), (0, -1))
]
"""Offsets from the point, in typographic points, the preferred first."""

COST_OF_DISTANCE = 0.03
"""Points covered that moving a label by one typographic point is worth."""

TOGETHER = 12
"""Points nearer to each other than so many typographic points share a label."""

BESIDE = 12
"""Within so many points a label needs no line to its point."""

KNOWN_MODELS = "hoffmann_table1"
RING: Any = {"ls": "none", "marker": "o", "ms": 4.6, "mfc": "white", "mec": INK, "mew": 0.9, "zorder": 7}
LETTERS = 18
"""Names that share a label are broken into lines of so many letters."""


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


def place_groups(
    axes: Axes,
    points: Points,
    groups: Sequence[Int[np.ndarray, " _"]],
    texts: Sequence[str],
    avoid: Points,
    fontsize: float,
) -> None:
    """Write each text beside the middle, as it is drawn, of a group of `points`; see `place`."""
    drawn = axes.transData.transform(points)
    middles = [(drawn[group].min(axis=0) + drawn[group].max(axis=0)) / 2 for group in groups]
    at = axes.transData.inverted().transform(np.reshape(middles, (-1, 2)))
    place(axes, at, texts, avoid, fontsize)


def together(axes: Axes, points: Points, some: Int[np.ndarray, " k"]) -> list[Int[np.ndarray, " _"]]:
    """Indices of points in groups of those that lie too close to each other to be named one by one.

    Args:
        axes: Where; its figure laid out.
        points: In data coordinates.
        some: Indices of the points to be grouped.

    Returns:
        The groups, that of `some[0]` first.
    """
    where = axes.transData.transform(points[some]) / pixels(axes)
    group = np.arange(len(some))
    for i, point in enumerate(where):
        near = np.hypot(*(where[: i + 1] - point).T) < TOGETHER
        group[np.isin(group, group[: i + 1][near])] = group[: i + 1][near].min()
    return [some[group == each] for each in np.unique(group)]


def pixels(artist: Artist) -> float:
    """Pixels a typographic point."""
    figure = artist.get_figure(root=True)
    assert figure is not None
    return float(figure.dpi) / 72


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
    alignment = _alignment(PLACES[best])
    label.set(position=PLACES[best], ha=alignment, multialignment=alignment)
    if label.arrow_patch is not None:
        label.arrow_patch.set_visible(max(map(abs, PLACES[best])) > BESIDE)
    return boxes[best], _line(label, boxes[best])


def _alignment(offset: tuple[float, float]) -> Literal["left", "center", "right"]:
    """Alignment that lets a label end or start at its offset."""
    return "right" if offset[0] < 0 else "left" if offset[0] > 0 else "center"


def _box(label: Annotation, offset: tuple[float, float]) -> Bbox:
    """The box of a label's text, were it at an offset, in display coordinates."""
    assert label.axes is not None
    x, y = label.axes.transData.transform(label.xy) + np.multiply(offset, pixels(label))
    text = Text.get_window_extent(label)
    left = {"left": x, "center": x - text.width / 2, "right": x - text.width}[_alignment(offset)]
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


class KnownModels(NamedTuple):
    """Names, parameters N, training tokens D and training compute C = 6 N D [FLOP] of known models."""

    names: tuple[str, ...]
    N: Float[np.ndarray, " m"]
    D: Float[np.ndarray, " m"]
    C: Float[np.ndarray, " m"]


def known_models() -> KnownModels:
    """Those of Hoffmann et al. 2022, table 1."""
    rows = published.table(KNOWN_MODELS)
    N, D = (np.array([row[name] for row in rows], float) for name in ("params", "tokens"))
    return KnownModels(tuple(row["model"] for row in rows), N, D, np.asarray(SIX_ND.flops(N, D)))


class Rings(NamedTuple):
    """Known models on one panel.

    Attributes:
        axes: the panel.
        at: [m, 2] where each model of `known_models` lies; those outside the limits are left out.
        gid: what the rings are called in the figure.
        avoid: points that their names keep clear of.
    """

    axes: Axes
    at: Points
    gid: str
    avoid: Points

    @property
    def inside(self) -> Int[np.ndarray, " k"]:
        """Indices of the models within the limits of the panel."""
        low, high = np.transpose([self.axes.get_xlim(), self.axes.get_ylim()])
        return np.flatnonzero(((self.at > low) & (self.at < high)).all(axis=1))


def draw_known_models(figure: Figure, rings: Sequence[Rings]) -> None:
    """Rings on panels whose limits are set, and their names, one label where several lie together."""
    for panel in rings:
        if panel.inside.size:
            panel.axes.plot(*panel.at[panel.inside].T, gid=panel.gid, **RING)
    figure.draw_without_rendering()
    names = known_models().names
    for panel in rings:
        groups = together(panel.axes, panel.at, panel.inside)
        lists = [", ".join(names[i] for i in group) for group in groups]
        texts = [textwrap.fill(each, LETTERS, break_on_hyphens=False) for each in lists]
        avoid = np.concatenate([panel.avoid, panel.at])
        place_groups(panel.axes, panel.at, groups, texts, avoid, fontsize=7.0)
