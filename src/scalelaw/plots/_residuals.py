"""Observed beside predicted: what the law leaves unexplained, and runs that the fit has not seen."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalelaw.fitting import Fit
from scalelaw.plots._axes import Real, log_axis, padded
from scalelaw.plots._labels import place_groups, together
from scalelaw.plots._style import (
    ACCENT,
    BAND,
    COLOURS,
    FAINT,
    INK,
    legend_above,
    percent,
    sheet,
    style,
    subplots,
)
from scalelaw.uncertainty import HeldOut

OUTLYING = 4.0
"""Residuals beyond so many robust scales are outliers."""

SHOWN = 10.0
"""Residuals beyond so many robust scales are drawn on the rim."""

ROUNDING = 1e-7
"""Smaller residuals are rounding of the table, never outliers."""

MOST_LABELS = 8
MOST_STEPS, RUNS_A_STEP, FEWEST_RUNS = 12, 10, 5
"""The running median takes at most so many steps, one for so many runs, and skips those with fewer."""

PALE = "#f2c9ce"
"""The accent as on white paper at a third of its strength: bars that overlap grow no darker."""

APART = 1.06
"""Held-out runs of one compute are drawn this factor apart."""

INTERVAL: Any = {"color": PALE, "lw": 4, "zorder": 2}
SEEN: Any = {"ls": "none", "marker": "o", "ms": 2.6, "mfc": FAINT, "mec": "none"}
UNSEEN: Any = {"ls": "none", "marker": "D", "ms": 4, "mfc": ACCENT, "mec": "white", "mew": 0.6}


@style()
def residuals(fit: Fit) -> Figure:
    """Residuals (predicted above observed) against N, D and C, those that the runs have, and further inputs.

    A band of one robust scale (`fit.scale`), lines at plus and minus delta, a line through medians of
    neighbouring runs, and outliers beyond four robust scales with the number of their row. Those beyond ten
    are drawn on the rim as triangles, with their value in brackets.

    Args:
        fit: Any fit.

    Returns:
        The figure; residuals are in per cent of the loss when the objective is of log residuals, else in nats
        per token.
    """
    own = {name: x for name, x in (("N", fit.runs.N), ("D", fit.runs.D), ("C", fit.runs.C)) if x is not None}
    inputs = own | {name: fit.runs.extra[name] for name in fit.law.inputs if name not in own}
    figure, body = sheet(fit, 2.7)
    (panels,) = subplots(body, len(inputs), len(inputs), sharey=True)
    for axes, (name, x) in zip(panels, inputs.items(), strict=True):
        _draw_bands(axes, fit)
        _draw_runs(axes, fit, name, x)
    panels[0].set_ylabel(f"predicted above\nobserved, {unit(fit)}")
    rows = Line2D([], [], ls="none", marker="$12$", ms=8, mew=0.2, color=INK)
    rows.set_label(f"row beyond {OUTLYING:g} scales")
    legend_above(body, panels[0], *([rows] if len(outliers(fit)) else []))
    figure.draw_without_rendering()
    for axes, x in zip(panels, inputs.values(), strict=True):
        _name_outliers(axes, fit, x)
    return figure


def unit(fit: Fit) -> str:
    """The unit in which residuals are shown."""
    return "%" if fit.settings.objective.residual == "log" else "nats per token"


def shown(fit: Fit, residual: Float[np.ndarray, "..."] | float) -> Float[np.ndarray, "..."]:
    """Residuals in per cent, or in nats per token as they are."""
    return np.asarray(100 * np.expm1(residual) if fit.settings.objective.residual == "log" else residual)


def medians(x: Real, r: Real) -> tuple[Real, Real]:
    """Median x and median residual of neighbouring runs, taken together in equal steps along the axis."""
    along = np.log(x) if (x > 0).all() else x
    edges = np.histogram_bin_edges(along, int(np.clip(len(x) // RUNS_A_STEP, 1, MOST_STEPS)))
    step = np.digitize(along, edges[1:-1])
    groups = [step == each for each in np.unique(step) if np.count_nonzero(step == each) >= FEWEST_RUNS]
    return np.array([np.median(x[i]) for i in groups]), np.array([np.median(r[i]) for i in groups])


def outliers(fit: Fit) -> Int[np.ndarray, " k"]:
    """Indices of the runs beyond four robust scales, the farthest first."""
    size = np.abs(fit.residuals)
    ranked = np.argsort(-size, kind="stable")
    return np.asarray(ranked[size[ranked] > max(OUTLYING * fit.scale, ROUNDING)])


def _rim(fit: Fit) -> float:
    """The largest residual drawn to scale."""
    largest = min(float(np.max(np.abs(fit.residuals))), SHOWN * fit.scale)
    return 1.02 * float(shown(fit, max(largest, fit.settings.objective.delta)))


def _draw_bands(axes: Axes, fit: Fit) -> None:
    """Zero, one robust scale and delta on either side."""
    scale, delta = (shown(fit, np.array([-size, size])) for size in (fit.scale, fit.settings.objective.delta))
    short = " %" if unit(fit) == "%" else ""
    axes.axhspan(*scale, color=BAND, lw=0, label=f"± robust scale {scale[1]:.2g}{short}")
    look: Any = {"color": FAINT, "lw": 0.7, "ls": ":", "label": f"± delta {delta[1]:.2g}{short}"}
    axes.hlines(delta, 0, 1, transform=axes.get_yaxis_transform(), **look)
    axes.axhline(0, color=INK, lw=0.6)


def _draw_runs(axes: Axes, fit: Fit, name: str, x: Real) -> None:
    """The runs, those beyond the rim on it, and the medians of neighbours."""
    r, rim = shown(fit, fit.residuals), _rim(fit)
    inside = np.abs(r) < rim
    look: Any = {"color": COLOURS(0.35), "lw": 0}
    axes.scatter(x[inside], r[inside], s=7, alpha=0.75, gid=f"runs-{name}", label="runs", **look)
    for beyond, marker, edge, where in ((r >= rim, "^", rim, "above"), (r <= -rim, "v", -rim, "below")):
        if beyond.any():
            axes.scatter(x[beyond], 0 * x[beyond] + edge, s=14, marker=marker, gid=f"{where}-{name}", **look)
    axes.plot(*medians(x, r), color=ACCENT, lw=1, gid=f"medians-{name}", label="running median")
    axes.set_ylim(-1.1 * rim, 1.1 * rim)
    if (x > 0).all():
        log_axis(axes, "x", padded(x), name)
    else:
        axes.set_xlabel(name)


def _name_outliers(axes: Axes, fit: Fit, x: Real) -> None:
    """The rows of the outliers, those that lie together in one label."""
    r, rim = shown(fit, fit.residuals), _rim(fit)
    points = np.column_stack([x, np.clip(r, -rim, rim)])
    groups = together(axes, points, outliers(fit))[:MOST_LABELS]
    texts = [_row_label(fit.runs.rows[group], r[group], rim) for group in groups]
    place_groups(axes, points, groups, texts, points, fontsize=6.5)


def _row_label(rows: Int[np.ndarray, " k"], r: Real, rim: float) -> str:
    """The numbers of rows, with their residuals where these lie beyond the rim."""
    if (np.abs(r) < rim).any():
        return numbered_rows(rows)
    values = " to ".join(dict.fromkeys(f"{value:+.2g}" for value in (r.max(), r.min())))
    return f"{numbered_rows(rows)} ({values})".replace("-", "−")


def numbered_rows(rows: Int[np.ndarray, " k"]) -> str:
    """Numbers in order, neighbours as a range: "6, 11, 202–210"; after three, how many more."""
    ordered = np.sort(rows)
    ranges = np.split(ordered, np.flatnonzero(np.diff(ordered) != 1) + 1)
    texts = [f"{each[0]}" if len(each) == 1 else f"{each[0]}–{each[-1]}" for each in ranges]
    more = sum(len(each) for each in ranges[3:])
    return ", ".join(texts[:3]) + (f" and {more} more" if more else "")


@style()
def held_out(held: HeldOut) -> Figure:
    """Observed above predicted loss against compute: fitted runs, and held-out runs in their intervals.

    Args:
        held: from `scalelaw.held_out`.

    Returns:
        The figure; where the runs have no compute, against the law's first input.
    """
    fit = held.fit
    figure, body = sheet(fit, 2.9)
    axes = subplots(body, 1, 1)[0, 0]
    axis = "C" if fit.runs.C is not None and held.runs.C is not None else fit.law.inputs[0]
    x, unseen = fit.runs.inputs([axis])[axis], _dodge(held.runs.inputs([axis])[axis])
    axes.axhline(0, color=INK, lw=0.8, zorder=1)
    seen = _above(fit.runs.L, fit.predict(**fit.runs.inputs(fit.law.inputs)))
    axes.plot(x, seen, label="fitted runs", gid="fitted", **SEEN)
    low, high, observed = (_above(L, held.predicted) for L in (held.low, held.high, held.runs.L))
    label = f"{percent(held.level)} interval of a new run"
    axes.vlines(unseen, low, high, label=label, gid="intervals", **INTERVAL)
    axes.plot(unseen, observed, label="runs not fitted", gid="held-out", **UNSEEN)
    log_axis(axes, "x", padded(np.concatenate([x, unseen])), axis)
    axes.set_ylabel("observed above\npredicted loss, %")
    legend_above(body, axes)
    return figure


def _above(L: Real, predicted: Real) -> Real:
    """Per cent."""
    return np.asarray(100 * (L / predicted - 1))


def _dodge(x: Real) -> Real:
    """Runs that share a place, side by side about it."""
    places, group = np.unique(np.round(np.log10(x), 2), return_inverse=True)
    rank = np.array([np.count_nonzero(group[:at] == group[at]) for at in range(len(x))])
    return np.asarray(x * APART ** (rank - (np.bincount(group, minlength=len(places))[group] - 1) / 2))
