"""Residuals against size, data and compute: is anything left that the law does not explain?"""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from scalelaw.fit import Fit
from scalelaw.plots._axes import log_x, padded
from scalelaw.plots._style import ACCENT, BAND, COLOURS, FAINT, INK, plain, sheet, style

OUTLYING = 4.0
"""Residuals beyond so many robust scales are outliers."""

SHOWN = 10.0
"""Residuals beyond so many robust scales are drawn on the rim."""

MOST_LABELS = 12
FEW_VALUES = 15
WINDOWS = 12

Real = Float[np.ndarray, " n"]


@style()
def residuals(fit: Fit) -> Figure:
    """Residuals (predicted above observed) against N, D and C, those that the runs have, and further inputs.

    A band of one robust scale (`fit.scale`), lines at plus and minus delta, a line through medians of
    neighbouring runs, and outliers beyond four robust scales with the number of their row. Those beyond ten
    are drawn on the rim as triangles, with their value.

    Args:
        fit: Any fit.

    Returns:
        The figure; residuals are in per cent of the loss when the objective is of log residuals, else in nats
        per token.
    """
    inputs = _inputs(fit)
    figure = sheet(fit, 2.7)
    panels = figure.subplots(1, len(inputs), sharey=True, squeeze=False)[0]
    for axes, (name, x) in zip(panels, inputs.items(), strict=True):
        _draw(plain(axes), fit, name, x)
    unit = "%" if fit.settings.objective.residual == "log" else "nats per token"
    panels[0].set_ylabel(f"predicted above observed, {unit}")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=4)
    return figure


def _inputs(fit: Fit) -> dict[str, Real]:
    """N, D and C of the runs, then what else the law reads."""
    runs = fit.runs
    own = {name: x for name, x in (("N", runs.N), ("D", runs.D), ("C", runs.C)) if x is not None}
    return own | {name: runs.extra[name] for name in fit.law.inputs if name not in own}


def shown_as(fit: Fit, residual: Real) -> Real:
    """Residuals in per cent, or in nats per token as they are."""
    return 100 * np.expm1(residual) if fit.settings.objective.residual == "log" else residual


def _draw(axes: Axes, fit: Fit, name: str, x: Real) -> None:
    scale, delta = fit.scale, fit.settings.objective.delta
    r = shown_as(fit, fit.residuals)
    rim = _rim(fit)
    band, edges = shown_as(fit, np.array([-scale, scale])), shown_as(fit, np.array([-delta, delta]))
    axes.axhspan(*band, color=BAND, lw=0, label="1 robust scale", gid="scale")
    axes.axhline(0, color=INK, lw=0.6, gid="zero")
    for edge in edges:
        axes.axhline(edge, color=FAINT, lw=0.6, ls=":", gid="delta", label="delta" if edge > 0 else None)
    inside = np.abs(r) < rim
    axes.scatter(x[inside], r[inside], s=7, color=COLOURS(0.35), lw=0, alpha=0.75, gid="runs", label="runs")
    for side, marker in ((r >= rim, "^"), (r <= -rim, "v")):
        edge = np.sign(r[side]) * rim
        axes.scatter(x[side], edge, s=14, marker=marker, color=ACCENT, lw=0, gid="rim", clip_on=False)
    axes.plot(*medians(x, r), color=ACCENT, lw=1.1, gid="medians", label="running median")
    _name_outliers(axes, fit, x, r, rim)
    _scale_x(axes, name, x)
    axes.set_ylim(-1.12 * rim, 1.12 * rim)


def _rim(fit: Fit) -> float:
    """The largest residual drawn to scale."""
    largest = min(float(np.max(np.abs(fit.residuals))), SHOWN * fit.scale)
    return float(shown_as(fit, np.array(max(largest, fit.settings.objective.delta)))) * 1.02


def _scale_x(axes: Axes, name: str, x: Real) -> None:
    if (x > 0).all():
        log_x(axes, padded(x), name)
    else:
        axes.set_xlabel(name)
        axes.xaxis.set_minor_formatter(NullFormatter())


def medians(x: Real, r: Real) -> tuple[Real, Real]:
    """Median x and residual of the runs at each x where there are few values, else of equal shares of them."""
    values = np.unique(x)
    order = np.argsort(x, kind="stable")
    groups = [np.flatnonzero(x == value) for value in values] if len(values) <= FEW_VALUES else np.array_split(order, WINDOWS)
    return np.array([np.median(x[i]) for i in groups]), np.array([np.median(r[i]) for i in groups])


def outliers(fit: Fit) -> np.ndarray:
    """Indices of the runs beyond `OUTLYING` robust scales, the farthest first."""
    size = np.abs(fit.residuals)
    ranked = np.argsort(-size, kind="stable")
    return ranked[size[ranked] > OUTLYING * fit.scale]


def _name_outliers(axes: Axes, fit: Fit, x: Real, r: Real, rim: float) -> None:
    for i in outliers(fit)[:MOST_LABELS]:
        at = float(np.clip(r[i], -rim, rim))
        text = f"{fit.runs.rows[i]}" + (f" ({r[i]:+.3g})" if abs(r[i]) >= rim else "")
        axes.annotate(text, (x[i], at), (3, 0), textcoords="offset points", fontsize=6.5, va="center", gid=f"row-{fit.runs.rows[i]}")
