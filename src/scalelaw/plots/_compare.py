"""Approaches side by side: where each says the frontier is, and its exponent, beside what papers printed.

After Figure 1 and Table 2 of Hoffmann et al. 2022 (arXiv:2203.15556).
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw.comparison import Comparison
from scalelaw.comparison.questions import Approach, Question
from scalelaw.plots._axes import Real, log_axis, padded
from scalelaw.plots._labels import Rings, draw_known_models, known_models
from scalelaw.plots._style import (
    ACCENT,
    COLOURS,
    FAINT,
    INK,
    distrust,
    percent,
    style,
    subplots,
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


@style()
def compare(comparison: Comparison, *, models: bool = True) -> Figure:
    """N*(C) by every approach, with bands, beside published lines; and the exponents a.

    Left: runs as dots; the points that Approaches 1 and 2 draw their lines through; the lines with bands at
    each budget; published lines, dashed; known models (Hoffmann's Table 1) as rings. Right: the exponent of
    N*(C) with its interval, and with the printed one where a paper gives one.

    Args:
        comparison: from `compare`.
        models: whether known models are marked; the axes then reach to them.

    Returns:
        The figure; `scalelaw.plots.save` writes it.
    """
    fit, known = comparison.fit, known_models()
    below = f"{len(fit.runs)} rows of {fit.runs.source}; {comparison.verdict}"
    figure, body = written_sheet(below, distrust(fit), HEIGHT)
    ((left, right),) = subplots(body, 2, 2, width_ratios=(1.7, 1))
    N, C = fit.runs.inputs(["N", "C"]).values()
    highest = max(*comparison.budgets, C.max(), *(known.C if models else ()))
    across = np.geomspace(BELOW * float(C.min()), ROOM * highest, POINTS)
    _draw_runs(left, comparison, C, N)
    lines = [_draw_approach(left, each, across, comparison.level) for each in comparison.tested]
    _draw_papers(left, comparison, across)
    log_axis(left, "x", (across[0], across[-1]), "C")
    sizes = [N, *lines, *([known.N] if models else [])]
    log_axis(left, "y", padded(np.concatenate(sizes), 0.02), "N")
    left.legend(loc="lower right", fontsize=6.5, handlelength=2.6, labelspacing=0.3)
    _draw_exponents(right, comparison)
    if models:
        rings = Rings(left, np.column_stack([known.C, known.N]), "models", np.empty((0, 2)))
        draw_known_models(figure, [rings])
    return figure


def _draw_runs(axes: Axes, comparison: Comparison, C: Real, N: Real) -> None:
    """The runs, and the points that Approaches 1 and 2 go through."""
    axes.scatter(C, N, gid="runs", **RUNS)
    look: Any = {"s": 11, "lw": 0.4, "ec": "white", "zorder": 5}
    if comparison.envelope is not None:
        at = comparison.envelope.points
        axes.scatter(at.C, at.N, gid="points-1", color=APPROACHES["1"], **look)
    for profiles in (each.draws.fit for each in comparison.tested if each.name.startswith("2")):
        minima = profiles.to_frame()
        axes.scatter(minima.C, minima.N, gid="points-2", color=APPROACHES["2"], **look)


def _draw_approach(axes: Axes, approach: Approach, C: Real, level: float) -> Real:
    """One approach's N*(C) with its band; the line."""
    questions = [Question("N", C=float(each)) for each in C]
    number, N = approach.name[0], approach.estimates(questions)
    low, high = approach.intervals(questions, level).T
    look: Any = {"color": APPROACHES[number]}
    axes.fill_between(C, low, high, alpha=0.18, lw=0, zorder=2, gid=f"band-{number}", **look)
    axes.plot(C, N, lw=1.5, zorder=4, gid=f"line-{number}", **look)
    return N


def _draw_papers(axes: Axes, comparison: Comparison, C: Real) -> None:
    ends = C[[0, -1]]
    for rank, paper in enumerate(comparison.papers):
        N = paper.estimates([Question("N", C=float(each)) for each in ends])
        look: Any = {"color": INK, "lw": 0.8, "ls": DASHES[rank % len(DASHES)], "zorder": 3}
        axes.plot(ends, N, gid=f"paper-{rank}", label=paper.name, **look)


def _draw_exponents(axes: Axes, comparison: Comparison) -> None:
    """The exponent a of every source, a row each, the approaches first."""
    rows = comparison.exponents[comparison.exponents.name == "a"].reset_index(drop=True)
    own = len(comparison.approaches)
    for y, row in enumerate(rows.to_dict("records")):
        look = EXPONENT | (OWN | {"color": APPROACHES[row["source"][0]]} if y < own else {})
        axes.plot([row["low"], row["high"]], [y, y], lw=look["lw"], color=look["color"], gid=f"a-{y}")
        axes.plot([row["value"]], [y], **look | {"lw": 0})
    names = rows.source.str.replace(" et al.", "").str.replace(", approach ", ", ").str.replace(": ", "  ")
    names = names.str.replace("IsoFLOP profiles, corrected", "the same, corrected")
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axhline(own - 0.5, color=FAINT, lw=0.5)
    axes.set_xlabel(f"a of N* ~ $C^a$, {percent(comparison.level)} intervals")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
