"""Compute-efficient training: size, updates and data against compute (Kaplan et al. 2020, figure 14)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw import kaplan
from scalelaw._checks import bad_input
from scalelaw.allocation import Fitted
from scalelaw.allocation.optimum import check_splits
from scalelaw.fitting import Fit
from scalelaw.flops import SIX_ND
from scalelaw.laws import KaplanSteps, Trend
from scalelaw.laws.published import Published, published
from scalelaw.plots._axes import (
    Budget,
    Points,
    Range,
    Real,
    budget_range,
    compute_axis,
    draw_curve,
    log_axis,
    padded,
)
from scalelaw.plots._kaplan import law_given, laws_sheet, predict, trained
from scalelaw.plots._labels import Rings, draw_known_models, known_models
from scalelaw.plots._style import ACCENT, COLOURS, INK, legend_above, plain, style
from scalelaw.plots._surface import compute_optimal

BESIDE = (
    "hoffmann2022_A1_frontier",
    "hoffmann2022_A2_frontier",
    "hoffmann2022_A3_tex",
    "besiroglu2024_paper",
)
BUDGETS = (1e15, 1e25)

FIXED_BATCH = 2**19
"""Tokens an update of the paper's runs at one batch."""

TITLES = {"N": "N", "D": "D", "S": "updates S"}
SHADES = (0.0, 0.3, 0.6, 0.95)
WIDTHS = (2.6, 1.5, 1.1, 0.7)
"""Of the frontiers beside: places on the colour scale, and line widths that show them where they coincide."""

TREND: Any = {"label": "trend fitted in C", "color": ACCENT, "lw": 1.6, "zorder": 5}
IMPLIED: Any = {"label": "implied by L(N, S) and the critical batch", "color": INK, "lw": 1.0, "zorder": 4}
FIXED: Any = {"color": ACCENT, "lw": 0.9, "zorder": 4}
RUNS: Any = {"s": 14, "color": ACCENT, "lw": 0.4, "ec": "white", "zorder": 6}


class Laws(NamedTuple):
    """Trends of N, S, D and B in C; learning curve and critical batch; frontiers beside them."""

    trends: dict[str, Fitted]
    steps: Fitted
    batch: Fitted
    beside: tuple[Fitted, ...]

    def implied(self, name: str, C: Real) -> Real:
        """What learning curve and critical batch imply."""
        best = kaplan.efficient(self.steps.params, self.batch.params, C)
        return np.asarray(getattr(best, "S_min" if name == "S" else name))

    def fixed_batch(self, C: Real) -> Real:
        """Updates at the paper's fixed batch."""
        S, B = (predict(self.trends[name], C=C) for name in "SB")
        return np.asarray(kaplan.steps_at(S, FIXED_BATCH, B))


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
    across = budget_range(budgets)
    laws = _laws({"N": N, "S": S, "D": D, "B": B}, steps, batch, beside)
    words = "Kaplan: C_min, N without embeddings; rings: known models, C = 6 N D; dashed: beyond the runs"
    fits = [model for model in laws.beside if isinstance(model, Fit)]
    figure, body = laws_sheet([*laws.trends.values(), laws.steps, laws.batch, *fits], [words], 3.9)
    panels = body.subplot_mosaic([["N", "S"], ["N", "D"]], width_ratios=(1.3, 1), height_ratios=(1, 1.3))
    drawn = {name: _draw_panel(plain(axes), name, laws, across) for name, axes in panels.items()}
    panels["S"].set_xlabel("")
    panels["S"].tick_params(axis="x", labelbottom=False)
    legend_above(body, panels["N"], columns=3)
    known = known_models()
    at = {name: np.column_stack([known.C, getattr(known, name)]) for name in "ND"}
    draw_known_models(figure, [Rings(panels[name], at[name], f"models-{name}", drawn[name]) for name in at])
    return figure


def _laws(
    trends: dict[str, Fitted | None],
    steps: Fitted | None,
    batch: Fitted | None,
    beside: Sequence[Fitted | str],
) -> Laws:
    """What was given, checked, and the paper's where nothing was."""
    given = {
        name: law_given(name, model, f"kaplan2020_{name}_opt", ("C",), name) for name, model in trends.items()
    }
    curve = law_given("steps", steps, "kaplan2020_L_N_Smin", ("N", "S"))
    critical = law_given("batch", batch, "kaplan2020_B_crit", ("loss",), "B")
    for name, model, kind in (("steps", curve, KaplanSteps), ("batch", critical, Trend)):
        if not isinstance(model.params, kind):
            raise bad_input(name, f"a law with the parameters of {kind.__name__}", f"law {model.law.name!r}")
    others = tuple(published[each] if isinstance(each, str) else each for each in beside)
    for model in others:
        if not _is_trend(model):
            check_splits(model.law)
    return Laws(given, curve, critical, others)


def _is_trend(model: Fitted) -> bool:
    """Whether it gives N of C."""
    return model.law.inputs == ("C",) and model.law.output == "N"


def _draw_panel(axes: Axes, name: str, laws: Laws, across: Range) -> Points:
    """The lines of one panel; their points."""
    trend = laws.trends[name]
    span = trained(trend, "C")
    known = trained(laws.steps, "C") if isinstance(laws.steps, Published) else None
    lines = [
        draw_curve(axes, lambda C: predict(trend, C=C), across, span, f"trend-{name}", **TREND),
        draw_curve(axes, lambda C: laws.implied(name, C), across, known, f"implied-{name}", **IMPLIED),
    ]
    if name == "S":
        lines.append(draw_curve(axes, laws.fixed_batch, across, span, "fixed-batch", **FIXED))
        words = "thin: at a batch of $2^{19}$ tokens"
        axes.text(0.04, 0.94, words, transform=axes.transAxes, color=ACCENT, fontsize=7.5, va="top")
    else:
        lines += [_draw_beside(axes, name, rank, model, across) for rank, model in enumerate(laws.beside)]
    if isinstance(trend, Fit):
        lines.append(np.column_stack([trend.runs.inputs("C")["C"], trend.runs.L]))
        axes.scatter(*lines[-1].T, gid=f"runs-{name}", **RUNS)
    points = np.concatenate(lines)
    compute_axis(axes, across, days=name != "D")
    log_axis(axes, "y", padded(points[:, 1], 0.03), TITLES[name])
    return points


def _draw_beside(axes: Axes, name: str, rank: int, model: Fitted, across: Range) -> Points:
    """Another frontier, from the least compute of its runs on; its points."""
    span = trained(model, "C")
    start = across[0] if span is None else float(np.clip(span[0], *across))
    colour, width = COLOURS(SHADES[rank % len(SHADES)]), WIDTHS[rank % len(WIDTHS)]
    label = f"{model.law.name}, fitted"
    if isinstance(model, Published):
        paper, _, variant = model.name.partition("_")
        label = f"{paper[:-4].title()} {paper[-4:]} {variant.replace('_', ' ')}".strip()
    look: Any = {"label": label, "color": colour, "lw": width, "zorder": 3 + rank / 10}
    gid = f"beside-{name}-{rank}"
    return draw_curve(axes, lambda C: _optimum(model, name, C), (start, across[1]), span, gid, **look)


def _optimum(model: Fitted, name: str, C: Real) -> Real:
    """Compute-optimal N or D of budgets C [FLOP]; of a trend of N alone, D is C / (6 N)."""
    if isinstance(model, Published) and model.form == "frontier_power":
        return np.array([getattr(model.optimal(float(budget)), name) for budget in C])
    if _is_trend(model):
        N = predict(model, C=C)
        return N if name == "N" else np.asarray(SIX_ND.tokens(C, N))
    return np.asarray(getattr(compute_optimal(model.law, model.params, C), name))
