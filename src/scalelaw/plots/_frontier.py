"""The efficient frontier with bands: N*(C), D*(C) and their ratio, and where the data end.

N* D* = C / 6, so that D* and D* / N* are monotone functions of N* at each budget, and percentile bands of
N*(C) are theirs too.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw.allocation import optimal
from scalelaw.allocation.optimum import check_splits
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law
from scalelaw.plots import _surface
from scalelaw.plots._axes import Budget, Range, Real, budget_range, draw_curve, log_axis, padded
from scalelaw.plots._style import (
    ACCENT,
    ALERT,
    BAND,
    COLOURS,
    FAINT,
    legend_above,
    percent,
    sheet,
    style,
    subplots,
)
from scalelaw.resampling import Draws, band

BUDGETS = 32
"""At which the bands are made."""

NEARER, FARTHER = 2 / 3, 1e3
"""By default budgets reach from and to these multiples of the smallest and largest of the runs."""

SHADE: Any = {"color": COLOURS(0.4), "lw": 0, "zorder": 2}
LOOKS: dict[str, tuple[str, Any]] = {
    "pointwise": ("interval at each C", SHADE | {"alpha": 0.5}),
    "simultaneous": ("band of the whole curve", SHADE | {"alpha": 0.22}),
}
LINE: Any = {"color": ACCENT, "lw": 1.4, "zorder": 4}
RUNS: Any = {"s": 4, "color": FAINT, "lw": 0, "alpha": 0.7, "zorder": 1}

SHOWN: dict[str, Callable[[Real, Real], Real]] = {
    "N": lambda C, N: N,
    "D": lambda C, N: SIX_ND.tokens(C, N),
    "tokens per parameter D / N": lambda C, N: SIX_ND.tokens(C, N) / N,
}
"""What each panel shows, of compute C and model size N."""


@style()
def frontier(draws: Draws, *, budgets: tuple[Budget, Budget] | None = None, level: float = 0.95) -> Figure:
    """Compute-optimal parameters N*(C), tokens D*(C) and tokens per parameter, with percentile bands.

    The inner band holds each point with confidence `level`, the outer one the whole curve. The line is dashed
    and the ground grey where there are no runs of such compute; the runs are dots.

    Args:
        draws: from `bootstrap`, of a law of N and D.
        budgets: lowest and highest C [FLOP], as numbers or as people write them; by default to a thousand
            times the largest run.
        level: of confidence.

    Returns:
        The figure. Draws that failed, or have no optimum at some budget, are not in the bands but counted in it.

    Raises:
        BadInput: the law is not one of N and D, or budgets are no range.
    """
    check_splits(draws.fit.law)
    C, N = _surface.compute(draws.fit), draws.fit.runs.inputs("N")["N"]
    data = float(C.min()), float(C.max())
    across = (NEARER * data[0], FARTHER * data[1]) if budgets is None else budget_range(budgets)
    at = np.geomspace(*across, BUDGETS)
    kept = having_optima(draws, at)
    bands = _bands(kept, at, level)
    figure, body = sheet(draws.fit, 2.75)
    (panels,) = subplots(body, 3, 3)
    for axes, (name, show) in zip(panels, SHOWN.items(), strict=True):
        edges = _draw_bands(axes, name, at, bands, level)
        _draw_fit(axes, draws, name, across, data)
        axes.scatter(C, show(C, N), gid=f"runs-{name}", label="runs", **RUNS)
        log_axis(axes, "x", across, "C", decades=5)
        log_axis(axes, "y", padded(np.append(show(C, N), edges), 0.03), name)
    _mark_end(panels, across, data)
    legend_above(body, panels[0])
    _count_missing(panels[0], draws, kept)
    return figure


def having_optima(draws: Draws, C: Real) -> Draws:
    """The usable draws with an optimal split of every budget C."""
    usable = _pick(draws, draws.usable)
    exists = np.isfinite(usable.of(_log_N(draws.fit.law, C))).all(axis=1)
    return _pick(usable, exists)


def _pick(draws: Draws, which: np.ndarray) -> Draws:
    names = ("objective", "status", "changed", "replicates")
    kept = {name: getattr(draws, name)[which] for name in names}
    return replace(draws, params=jax.tree.map(lambda leaf: leaf[which], draws.params), **kept)


def _log_N(law: Law, C: Real) -> Callable[[Any], Float[Array, " n"]]:
    """Logarithm of the compute-optimal N of each budget, as a function of the parameters."""
    return jax.jit(lambda params: jnp.log(optimal(law, params, jnp.asarray(C)).N))


def _bands(draws: Draws, C: Real, level: float) -> dict[str, Float[np.ndarray, "2 n"]]:
    """Lower and upper ends of N*(C), pointwise and simultaneous."""
    if len(draws) < 2:
        return {}
    curve = _log_N(draws.fit.law, C)
    pointwise = draws.interval(curve, level=level, kind="percentile")
    simultaneous = band(draws, curve, level=level)
    ends = {
        "pointwise": (pointwise.low, pointwise.high),
        "simultaneous": (simultaneous.low, simultaneous.high),
    }
    return {kind: np.exp(each) for kind, each in ends.items()}


def _draw_bands(
    axes: Axes, name: str, C: Real, bands: dict[str, Float[np.ndarray, "2 n"]], level: float
) -> Real:
    """The bands of what is shown; the values on their edges."""
    drawn = [np.empty(0)]
    for kind, ends in bands.items():
        label, look = LOOKS[kind]
        low, high = (SHOWN[name](C, end) for end in ends)
        axes.fill_between(C, low, high, gid=f"{kind}-{name}", label=f"{percent(level)} {label}", **look)
        drawn += [low, high]
    return np.concatenate(drawn)


def _draw_fit(axes: Axes, draws: Draws, name: str, across: Range, data: Range) -> None:
    """The fit's own curve, solid where there are runs."""

    def curve(C: Real) -> Real:
        return SHOWN[name](C, _surface.frontier(draws.fit, C).N)

    draw_curve(axes, curve, across, data, f"fit-{name}", "the fit", "beyond the runs", **LINE)


def _mark_end(panels: Any, across: Range, data: Range) -> None:
    """Grey ground without runs, and words where they end."""
    for axes in panels:
        shade_outside(axes, across, data)
    if across[0] < data[1] < across[1]:
        look = {"fontsize": 7.5, "va": "bottom", "rotation": 90, "ha": "left"}
        at = {"xytext": (2, 3), "textcoords": "offset points"}
        where = panels[0].get_xaxis_transform()
        panels[0].annotate("data end here", (data[1], 0), xycoords=where, **at, **look)


def shade_outside(axes: Axes, across: Range, data: Range) -> None:
    """Grey ground where there are no runs."""
    for start, end in ((across[0], min(data[0], across[1])), (max(data[1], across[0]), across[1])):
        if start < end:
            axes.axvspan(start, end, color=BAND, lw=0, zorder=0)


def _count_missing(axes: Axes, draws: Draws, kept: Draws) -> None:
    """How many draws are not in the bands, and why, in red."""
    failed = int(np.count_nonzero(~draws.usable))
    lost = {"failed": failed, "have no optimum": len(draws) - failed - len(kept)}
    reasons = [f"{count:,} {what}" for what, count in lost.items() if count]
    if reasons:
        text = f"of {len(draws):,} draws {' and '.join(reasons)}: not in the bands"
        axes.set_title(text, fontsize=7.5, color=ALERT, loc="left")
