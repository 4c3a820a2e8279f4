"""Residuals against size, data and compute: is anything left that the law does not explain?"""

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw.fit import Fit
from scalelaw.plots._axes import log_x, padded
from scalelaw.plots._labels import place
from scalelaw.plots._style import ACCENT, BAND, COLOURS, FAINT, INK, legend_above, plain, sheet, style

OUTLYING = 4.0
"""Residuals beyond so many robust scales are outliers."""

SHOWN = 10.0
"""Residuals beyond so many robust scales are drawn on the rim."""

ROUNDING = 1e-12
"""Residuals below it are rounding, never outliers."""

MOST_LABELS = 10
MOST_WINDOWS, FEWEST_RUNS = 12, 10

Real = Float[np.ndarray, " n"]


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
    inputs = _inputs(fit)
    figure, body = sheet(fit, 2.7)
    panels = body.subplots(1, len(inputs), sharey=True, squeeze=False)[0]
    for axes, (name, x) in zip(panels, inputs.items(), strict=True):
        _draw_bands(plain(axes), fit)
        _draw_runs(axes, fit, name, x)
    panels[0].set_ylabel(f"predicted above observed, {unit(fit)}")
    legend_above(body, panels[0])
    for axes, x in zip(panels, inputs.values(), strict=True):
        _name_outliers(axes, fit, x)
    return figure


def unit(fit: Fit) -> str:
    """The unit in which residuals are shown."""
    return "%" if fit.settings.objective.residual == "log" else "nats per token"


def shown(fit: Fit, residual: Real | float) -> Real:
    """Residuals in per cent, or in nats per token as they are."""
    return np.asarray(100 * np.expm1(residual) if fit.settings.objective.residual == "log" else residual)


def medians(x: Real, r: Real) -> tuple[Real, Real]:
    """Median x and median residual of neighbouring runs, ten or more together; those of one x stay together."""
    windows = int(np.clip(len(x) // FEWEST_RUNS, 1, MOST_WINDOWS))
    window = np.searchsorted(np.sort(x), x) * windows // len(x)
    groups = [window == each for each in np.unique(window)]
    return np.array([np.median(x[i]) for i in groups]), np.array([np.median(r[i]) for i in groups])


def outliers(fit: Fit) -> Int[np.ndarray, " k"]:
    """Indices of the runs beyond four robust scales, the farthest first."""
    size = np.abs(fit.residuals)
    ranked = np.argsort(-size, kind="stable")
    return ranked[size[ranked] > max(OUTLYING * fit.scale, ROUNDING)]


def _inputs(fit: Fit) -> dict[str, Real]:
    """N, D and C of the runs, then what else the law reads."""
    runs = fit.runs
    own = {name: x for name, x in (("N", runs.N), ("D", runs.D), ("C", runs.C)) if x is not None}
    return own | {name: runs.extra[name] for name in fit.law.inputs if name not in own}


def _rim(fit: Fit) -> float:
    """The largest residual drawn to scale."""
    largest = min(float(np.max(np.abs(fit.residuals))), SHOWN * fit.scale)
    return 1.02 * float(shown(fit, max(largest, fit.settings.objective.delta)))


def _draw_bands(axes: Axes, fit: Fit) -> None:
    """Zero, one robust scale and delta on either side."""
    scale, delta = (shown(fit, np.array([-size, size])) for size in (fit.scale, fit.settings.objective.delta))
    short = "" if unit(fit) != "%" else " %"
    axes.axhspan(*scale, color=BAND, lw=0, label=f"± robust scale, {scale[1]:.2g}{short}")
    axes.hlines(
        delta,
        0,
        1,
        color=FAINT,
        lw=0.7,
        ls=":",
        label=f"± delta, {delta[1]:.2g}{short}",
        transform=axes.get_yaxis_transform(),
    )
    axes.axhline(0, color=INK, lw=0.6)


def _draw_runs(axes: Axes, fit: Fit, name: str, x: Real) -> None:
    """The runs, those beyond the rim on it, and the medians of neighbours."""
    r, rim = shown(fit, fit.residuals), _rim(fit)
    inside = np.abs(r) < rim
    axes.scatter(
        x[inside], r[inside], s=7, color=COLOURS(0.35), lw=0, alpha=0.75, gid=f"runs-{name}", label="run"
    )
    for beyond, marker, edge in ((r >= rim, "^", rim), (r <= -rim, "v", -rim)):
        if beyond.any():
            at = np.full(beyond.sum(), edge)
            axes.scatter(
                x[beyond], at, s=14, marker=marker, color=COLOURS(0.35), lw=0, gid=f"rim{marker}-{name}"
            )
    axes.plot(*medians(x, r), color=ACCENT, lw=1, gid=f"medians-{name}", label="median of neighbours")
    axes.set_ylim(-1.1 * rim, 1.1 * rim)
    if (x > 0).all():
        log_x(axes, padded(x), name)
    else:
        axes.set_xlabel(name)


def _name_outliers(axes: Axes, fit: Fit, x: Real) -> None:
    """The row of each of the farthest outliers."""
    r, rim, named = shown(fit, fit.residuals), _rim(fit), outliers(fit)[:MOST_LABELS]
    if not len(named):
        return
    points = np.column_stack([x, np.clip(r, -rim, rim)])
    texts = [f"{fit.runs.rows[i]}" + (f" ({r[i]:+.2g})" if abs(r[i]) >= rim else "") for i in named]
    place(axes, points[named], [text.replace("-", "−") for text in texts], points, fontsize=6.5)
