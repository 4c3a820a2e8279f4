"""Approaches side by side: where each says the frontier is, and its exponent, beside what papers printed.

After Figure 1 and Table 2 of Hoffmann et al. 2022 (arXiv:2203.15556).
"""

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw.comparison import Comparison
from scalelaw.comparison.questions import Question
from scalelaw.plots._axes import Range, log_x, log_y, padded
from scalelaw.plots._known_models import known_models, name_rings, rings
from scalelaw.plots._side import percent
from scalelaw.plots._style import (
    ACCENT,
    COLOURS,
    FAINT,
    INK,
    distrust,
    plain,
    style,
    written_sheet,
)

HEIGHT = 3.5
POINTS = 24
BELOW, ROOM = 0.5, 8.0
"""The axis reaches from and to these multiples of the smallest and the largest compute, with room for names."""

APPROACHES = {"1": COLOURS(0.02), "2": COLOURS(0.62), "3": ACCENT}
DASHES = ((0, (1, 1.2)), (0, (6, 1.5)), (0, (3, 1.2)), (0, (4, 1.2, 1, 1.2)), (0, (8, 1.2, 1, 1.2, 1, 1.2)))
RUNS: Any = {"s": 4, "color": FAINT, "lw": 0, "alpha": 0.6, "zorder": 1}

EXPONENT: Any = {"color": INK, "marker": "|", "lw": 1.0, "ms": 5.5, "mew": 0.8}
OWN: Any = {"marker": "o", "mec": "white", "lw": 2.2}

Real = Float[np.ndarray, " n"]


@style()
def compare(found: Comparison, *, models: bool = True) -> Figure:
    """N*(C) by every approach, with bands, beside published lines; and the exponents a.

    Left: runs as dots; the points that Approaches 1 and 2 draw their lines through; the lines with bands at
    each budget; published lines, dashed; known models (Hoffmann's Table 1) as rings. Right: the exponent of
    N*(C) with its interval, and with the printed one where a paper gives one.

    Args:
        found: from `compare`.
        models: whether known models are marked; the axes then reach to them.

    Returns:
        The figure; `scalelaw.plots.save` writes it.
    """
    below = f"{len(found.fit.runs)} rows of {found.fit.runs.source}; {found.verdict}"
    figure, body = written_sheet(below, distrust(found.fit), HEIGHT)
    left, right = body.subplots(1, 2, width_ratios=(1.7, 1))
    C = np.geomspace(*_across(found, models), POINTS)
    _draw_runs(plain(left), found)
    drawn = [_draw_approach(left, found, each.name, C) for each in found.approaches]
    _draw_papers(left, found, C)
    log_x(left, (C[0], C[-1]), "C")
    log_y(left, _up(found, drawn, models), "N")
    left.legend(loc="lower right", fontsize=6.5, handlelength=2.6, labelspacing=0.3)
    _draw_exponents(plain(right), found)
    if models:
        known = known_models()
        at = np.column_stack([known.C, known.N])
        rings(left, at, "models")
        figure.draw_without_rendering()
        name_rings(left, at, known.names, np.empty((0, 2)))
    return figure


def _across(found: Comparison, models: bool) -> Range:
    C = found.fit.runs.inputs(["C"])["C"]
    ends = [*found.budgets, C.max(), *(known_models().C if models else ())]
    return BELOW * float(C.min()), ROOM * max(ends)


def _up(found: Comparison, lines: list[Real], models: bool) -> Range:
    sizes = [found.fit.runs.inputs(["N"])["N"], *lines, *([known_models().N] if models else [])]
    return padded(np.concatenate(sizes), 0.02)


def _draw_runs(axes: Axes, found: Comparison) -> None:
    """The runs, and the points that Approaches 1 and 2 go through."""
    given = found.fit.runs.inputs(["N", "C"])
    axes.scatter(given["C"], given["N"], gid="runs", **RUNS)
    look: Any = {"s": 11, "lw": 0.4, "ec": "white", "zorder": 5}
    if found.envelope is not None:
        at = found.envelope.points
        axes.scatter(at.C, at.N, gid="points-1", color=APPROACHES["1"], **look)
    if found.isoflop is not None:
        minima = found.isoflop.to_frame()
        axes.scatter(minima.C, minima.N, gid="points-2", color=APPROACHES["2"], **look)


def _draw_approach(axes: Axes, found: Comparison, name: str, C: Real) -> Real:
    """One approach's N*(C) with its band; the line."""
    answers = next(each for each in found.approaches if each.name == name)
    asked = [Question("N", C=float(each)) for each in C]
    N, color = answers.estimates(asked), APPROACHES[name[0]]
    low, high = answers.intervals(asked, found.level).T
    axes.fill_between(C, low, high, color=color, alpha=0.18, lw=0, zorder=2, gid=f"band-{name[0]}")
    axes.plot(C, N, color=color, lw=1.5, zorder=4, gid=f"line-{name[0]}")
    return N


def _draw_papers(axes: Axes, found: Comparison, C: Real) -> None:
    ends = np.array([C[0], C[-1]])
    for rank, paper in enumerate(found.papers):
        N = paper.estimates([Question("N", C=float(each)) for each in ends])
        axes.plot(ends, N, gid=f"paper-{rank}", label=paper.name, **_dashed(rank))


def _dashed(rank: int) -> dict[str, Any]:
    return {"color": INK, "lw": 0.8, "ls": DASHES[rank % len(DASHES)], "zorder": 3}


def _draw_exponents(axes: Axes, found: Comparison) -> None:
    """The exponent a of every source, a row each, the approaches first."""
    rows = found.exponents[found.exponents.name == "a"].reset_index(drop=True)
    for y, row in enumerate(rows.to_dict("records")):
        look = (
            EXPONENT | OWN | {"color": APPROACHES[row["source"][0]]}
            if y < len(found.approaches)
            else EXPONENT
        )
        axes.plot([row["low"], row["high"]], [y, y], lw=look["lw"], color=look["color"], gid=f"a-{y}")
        axes.plot([row["value"]], [y], **look | {"lw": 0})
    axes.set_yticks(range(len(rows)), [_short(source) for source in rows.source])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axhline(len(found.approaches) - 0.5, color=FAINT, lw=0.5)
    axes.set_xlabel(f"a of N* ~ $C^a$, {percent(found.level)} intervals")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _short(source: str) -> str:
    return source.replace(" et al.", "").replace(", approach ", ", ").replace(": ", "  ")
