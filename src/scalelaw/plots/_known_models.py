"""Known models on a picture: rings where their size, data and compute put them, and their names beside them."""

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes

from scalelaw.flops import SIX_ND
from scalelaw.laws.published import published
from scalelaw.plots._labels import Points, center, place, together
from scalelaw.plots._style import INK

TABLE = "hoffmann_table1"
RING: Any = {"ls": "none", "marker": "o", "ms": 4.6, "mfc": "white", "mec": INK, "mew": 0.9, "zorder": 7}
LETTERS = 18
"""Names of one group are broken into lines of so many letters."""


class KnownModels(NamedTuple):
    """Names, parameters N, training tokens D and training compute C = 6 N D [FLOP] of known models."""

    names: tuple[str, ...]
    N: Float[np.ndarray, " m"]
    D: Float[np.ndarray, " m"]
    C: Float[np.ndarray, " m"]


def known_models() -> KnownModels:
    """Those of Hoffmann et al. 2022, table 1."""
    rows = published.table(TABLE)
    N, D = (np.array([row[name] for row in rows], float) for name in ("params", "tokens"))
    return KnownModels(tuple(row["model"] for row in rows), N, D, np.asarray(SIX_ND.flops(N, D)))


def rings(axes: Axes, at: Points, gid: str) -> None:
    """Rings at points that lie within the limits of `axes`; to be named once the figure is laid out."""
    inside = at[_inside(axes, at)]
    if len(inside):
        axes.plot(*inside.T, gid=gid, **RING)


def name_rings(axes: Axes, at: Points, names: Sequence[str], avoid: Points) -> None:
    """The names of rings, one label where several lie together.

    Args:
        axes: where; its figure laid out.
        at: the points, those outside the limits included.
        names: one a point.
        avoid: points to keep clear of.
    """
    groups = together(axes, at, np.flatnonzero(_inside(axes, at)))
    where = np.array([center(axes, at[group]) for group in groups]).reshape(-1, 2)
    texts = [_joined([names[i] for i in group]) for group in groups]
    place(axes, where, texts, np.concatenate([avoid, at]), fontsize=7)


def _inside(axes: Axes, at: Points) -> Bool[np.ndarray, " m"]:
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    x, y = at.T
    return np.asarray((x > left) & (x < right) & (y > bottom) & (y < top))


def _joined(names: Sequence[str]) -> str:
    return textwrap.fill(", ".join(names), LETTERS, break_on_hyphens=False)
