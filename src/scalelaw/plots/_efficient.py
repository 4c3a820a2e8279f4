"""Compute-efficient training: size, updates and data against compute (Kaplan et al. 2020, figure 14)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from scalelaw.allocation import Fitted
from scalelaw.fitting import Fit
from scalelaw.laws.published import Published
from scalelaw.plots._axes import Range, log_y, padded
from scalelaw.plots._efficiency import Efficiency, chosen, optimum
from scalelaw.plots._known_models import known_models, name_rings, rings
from scalelaw.plots._labels import Points
from scalelaw.plots._models import Budget, budgets_range, model_sheet, studied, value
from scalelaw.plots._stretch import days_above, flop_below, stretch
from scalelaw.plots._style import ACCENT, COLOURS, INK, style

BESIDE = (
    "hoffmann2022_A1_frontier",
    "hoffmann2022_A2_frontier",
    "hoffmann2022_A3_tex",
    "besiroglu2024_paper",
)
BUDGETS = (1e15, 1e25)

TITLES = {"N": "N", "D": "D", "S": "updates S"}
SHADES = (0.0, 0.3, 0.6, 0.95)
WIDTHS = (2.6, 1.5, 1.1, 0.7)
"""Of the frontiers beside: places on the colour scale, and line widths that show them where they coincide."""

LINE: Any = {"color": ACCENT, "lw": 1.6, "zorder": 5}
IMPLIED: Any = {"color": INK, "lw": 1.0, "zorder": 4}
RUNS: Any = {"s": 14, "color": ACCENT, "lw": 0.4, "ec": "white", "zorder": 6}
FIXED: Any = {"color": ACCENT, "lw": 0.9, "zorder": 4}


@style()
def efficient(
    *,
    N: Fitted | None = None,
    S: Fitted | None = None,
    D: Fitted | None = None,
    B: Fitted | None = None,
    steps: Fitted | None = None,
    batch: Fitted | None = None,
    beside: Sequence[Fitted | str] = BESIDE,
    budgets: tuple[Budget, Budget] = BUDGETS,
) -> Figure:
    """What compute-efficient training takes: N, updates and tokens against compute (Kaplan et al. 2020, fig. 14).

    Drawn are the trends fitted in C, what the learning curve L(N, S) and the critical batch imply instead,
    and frontiers of others; rings are known models at C = 6 N D. Of updates: the fewest, S_min, and those at
    a batch of 2^19 tokens. Each line is solid where there were runs, if that is known, and dashed elsewhere.

    Args:
        N: a fit or a published fit of the efficient N in C (`optimal_N`); by default the paper's (table 6).
        S: likewise of updates (`steps_C`).
        D: likewise of tokens (`optimal_D`).
        B: likewise of the critical batch in tokens (`batch_C`), for updates at the fixed one.
        steps: a fit or a published fit of `kaplan_steps`; by default the paper's (table 3).
        batch: likewise of `critical_batch`; by default the paper's (eq. 5.3).
        beside: what to compare with: fits, published fits or their names, of laws of N and D, whose optimal
            split is drawn, or of N in C, with D = C / (6 N).
        budgets: lowest and highest C [FLOP], as numbers or as people write them.

    Returns:
        The figure. Kaplan's C is C_min and N leaves embeddings out; the others count both in full.

    Raises:
        BadInput: a law reads or predicts something else, or budgets are no range.
    """
    across = budgets_range(budgets)
    drawn = chosen({"N": N, "S": S, "D": D, "B": B}, steps, batch, beside)
    words = "Kaplan: C_min, N without embeddings; rings: known models, C = 6 N D; dashed: beyond the runs"
    fits = [model for model in drawn.beside if isinstance(model, Fit)]
    models = [*drawn.trends.values(), drawn.steps, drawn.batch, *fits]
    figure, body = model_sheet(models, words, 3.9)
    panels = body.subplot_mosaic([["N", "S"], ["N", "D"]], width_ratios=(1.3, 1), height_ratios=(1, 1.3))
    points = {name: _draw(axes, name, drawn, across) for name, axes in panels.items()}
    days_above(panels["N"])
    days_above(panels["S"])
    panels["S"].set_xlabel("")
    panels["S"].tick_params(axis="x", labelbottom=False)
    _legend(body, panels)
    _ring(figure, panels, points)
    return figure


def _draw(axes: Axes, name: str, drawn: Efficiency, across: Range) -> Points:
    """The lines of one panel; their points."""
    trend = drawn.trends[name]
    span = studied(trend, "C")
    known = studied(drawn.steps, "C") if isinstance(drawn.steps, Published) else None
    look = IMPLIED | {"label": "implied by L(N, S) and the critical batch"}
    lines = [
        stretch(
            axes, lambda C: value(trend, C=C), across, span, f"trend-{name}", "trend fitted in C", **LINE
        ),
        stretch(axes, lambda C: drawn.implied(name, C), across, known, f"implied-{name}", **look),
    ]
    if name == "S":
        lines.append(stretch(axes, drawn.fixed_batch, across, span, "fixed-batch", **FIXED))
        words = "thin: at a batch of $2^{19}$ tokens"
        axes.text(0.04, 0.94, words, transform=axes.transAxes, color=ACCENT, fontsize=7.5, va="top")
    else:
        lines += [_draw_beside(axes, name, rank, model, across) for rank, model in enumerate(drawn.beside)]
    if isinstance(trend, Fit):
        lines.append(np.column_stack([trend.runs.inputs("C")["C"], trend.runs.L]))
        axes.scatter(*lines[-1].T, gid=f"runs-{name}", **RUNS)
    points = np.concatenate(lines)
    flop_below(axes, across)
    log_y(axes, padded(points[:, 1], 0.03), TITLES[name])
    return points


def _draw_beside(axes: Axes, name: str, rank: int, model: Fitted, across: Range) -> Points:
    """Another frontier, from the least compute of its runs on; its points."""
    span = studied(model, "C")
    start = across[0] if span is None else float(np.clip(span[0], *across))
    look = {
        "color": COLOURS(SHADES[rank % len(SHADES)]),
        "lw": WIDTHS[rank % len(WIDTHS)],
        "zorder": 3 + rank / 10,
    }
    curve = partial(optimum, model, name)
    return stretch(axes, curve, (start, across[1]), span, f"beside-{name}-{rank}", _label(model), **look)


def _label(model: Fitted) -> str:
    """A published fit by paper and variant, a fit by its law."""
    if not isinstance(model, Published):
        return f"{model.law.name}, fitted"
    paper, _, variant = model.name.partition("_")
    return f"{paper[:-4].title()} {paper[-4:]} {variant.replace('_', ' ')}".strip()


def _legend(body: SubFigure, panels: dict[str, Axes]) -> None:
    """The lines, in rows above all panels."""
    handles, labels = panels["N"].get_legend_handles_labels()
    body.legend(handles, labels, loc="outside upper left", ncols=3, columnspacing=1.4)


def _ring(figure: Figure, panels: dict[str, Axes], avoid: dict[str, Points]) -> None:
    """Known models in the panels of N and D, named."""
    known = known_models()
    at = {name: np.column_stack([known.C, getattr(known, name)]) for name in "ND"}
    for name, points in at.items():
        rings(panels[name], points, f"models-{name}")
    figure.draw_without_rendering()
    for name, points in at.items():
        name_rings(panels[name], points, known.names, avoid[name])
