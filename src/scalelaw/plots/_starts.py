"""Where every start ended: basins as clusters, the winner at the bottom."""

import math
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from scalelaw._checks import bad_input
from scalelaw.fitting import Fit
from scalelaw.fitting.certificate import SAME_OBJECTIVE
from scalelaw.fitting.setup import Ends
from scalelaw.plots._axes import Range, Real, linear_axis, log_axis, numbered
from scalelaw.plots._style import BAND, COLOURS, FAINT, STAR, legend_above, sheet, style, subplots
from scalelaw.solve import Status

FLOOR = 1e-10
"""Added to the relative objective, so that the best one has a logarithm; below it lies rounding."""

FARTHEST = 1e4
"""Ends of a positive parameter farther than this factor from the winner's are drawn on the rim."""

FILLED: Any = {"color": COLOURS(0.35), "lw": 0}
HOLLOW: Any = {"fc": "none", "ec": FAINT, "lw": 0.6}

MOST_SHARES = 4
COLUMNS = 5


@style()
def starts(fit: Fit) -> Figure:
    """Objective at the end of every start against each free parameter.

    The objective is shown relative to the best, f / best - 1 + 1e-10, on a log scale. The shaded band holds
    the ends that count as the winner's (within 1e-6); shares of starts stand on the right. Ends too far out
    are drawn on the rim as triangles; those without a finite objective are not drawn.

    Args:
        fit: A fit that has its `ends`: one made here, not loaded from a file.

    Returns:
        The figure.

    Raises:
        BadInput: The fit was loaded from a file, which does not hold the ends of its starts, or it has no
            free parameter.
    """
    ends, names = _ends(fit), free(fit)
    if not names:
        wanted = "one with a free parameter to show where starts ended"
        raise bad_input("fit", wanted, "one with all parameters held")
    figure, body = sheet(fit, 0.7 + 2.1 * math.ceil(len(names) / COLUMNS))
    panels = subplots(body, len(names), COLUMNS, sharey=True)
    for axes, name in zip(panels.flat, names, strict=False):
        _draw(axes, fit, ends, name)
    for axes in panels[:, 0]:
        _scale_y(axes, fit, ends)
    _write_shares(panels[0, -1], fit)
    legend_above(body, panels[0, 0])
    return figure


def free(fit: Fit) -> list[str]:
    """Names of the parameters that were neither fixed nor tied."""
    constraints = fit.settings.constraints
    held = {name for name, _ in (*constraints.fix, *constraints.tie)}
    return [name for name in fit.law.fields if name not in held]


def above_best(fit: Fit, objective: Any) -> Float[np.ndarray, "..."]:
    """Objectives f as f / best - 1 + 1e-10, or f + 1e-10 where the best is zero."""
    excess = np.asarray(objective, float) - fit.objective
    return np.asarray(np.maximum(excess / (fit.objective or 1.0), 0) + FLOOR)


def _ends(fit: Fit) -> Ends:
    if fit.ends is not None:
        return fit.ends
    wanted, got = "one that was made here, with the ends of its starts", "one loaded from a file"
    raise bad_input("fit", wanted, f"{got}, which does not hold them", advice="fit again to draw `starts`")


def _draw(axes: Axes, fit: Fit, ends: Ends, name: str) -> None:
    """One parameter: the ends by kind, the winner, the band of what counts as the winner."""
    x, y = getattr(ends.params, name), above_best(fit, ends.objective)
    finite = np.isfinite(ends.objective) & np.isfinite(x)
    stationary = np.isin(ends.status, (Status.CONVERGED, Status.AT_BOUND))
    limits = _limits(fit, name, x[finite])
    axes.axhspan(FLOOR / 10, SAME_OBJECTIVE, color=BAND, lw=0, label="within 1e-6 of the best")
    for kind, label, look in ((stationary, "stationary", FILLED), (~stationary, "not stationary", HOLLOW)):
        at = finite & kind
        if at.any():
            gid = f"{label.replace(' ', '-')}-{name}"
            axes.scatter(x[at], y[at], s=9, alpha=0.5, rasterized=True, gid=gid, label=label, **look)
            _draw_rim(axes, x[at], y[at], limits, gid, look)
    axes.plot([getattr(fit.params, name)], [FLOOR], gid=f"winner-{name}", label="winner", **STAR)
    # A log axis where the ends span a decade; few ticks, for the panel is small.
    if limits[0] > 0 and limits[1] > 10 * limits[0]:
        log_axis(axes, "x", limits, name, decades=4)
    else:
        linear_axis(axes, "x", limits, name, most=2)
        axes.xaxis.set_major_formatter(FuncFormatter(numbered))


def _draw_rim(axes: Axes, x: Real, y: Real, limits: Range, gid: str, look: dict[str, Any]) -> None:
    """Triangles on the rim for ends beyond the limits."""
    low, high = limits
    for beyond, marker, edge, where in ((x < low, "<", low, "left"), (x > high, ">", high, "right")):
        if beyond.any():
            rim: Any = {"s": 16, "marker": marker, "clip_on": False, "zorder": 6, "gid": f"{gid}-{where}"}
            axes.scatter(np.full(beyond.sum(), edge), y[beyond], **rim, **look)


def _limits(fit: Fit, name: str, ended: Real) -> Range:
    """A range with the winner, the basins and nearly all ends, no narrower than a tenth of the winner."""
    best = float(getattr(fit.params, name))
    basins = np.array([getattr(basin.params, name) for basin in fit.basins])
    about = [best, 0.95 * best, 1.05 * best]
    shown = np.concatenate([about, basins, np.quantile(ended, [0.01, 0.99]) if ended.size else []])
    shown = shown[np.isfinite(shown)]
    if name in fit.law.positive:
        shown = shown[(shown >= best / FARTHEST) & (shown <= best * FARTHEST)]
    low, high = float(shown.min()), float(shown.max())
    if name in fit.law.positive and high > 10 * low:
        return low / (high / low) ** 0.12, high * (high / low) ** 0.12
    margin = 0.12 * (high - low) or 0.1 * abs(best) or 0.1
    return low - margin, high + margin


def _scale_y(axes: Axes, fit: Fit, ends: Ends) -> None:
    highest = float(above_best(fit, ends.objective[np.isfinite(ends.objective)]).max())
    axes.set_yscale("log")
    axes.set_ylim(FLOOR / 4, max(10 * highest, 1e-3))
    axes.yaxis.set_major_locator(LogLocator(numticks=7))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("objective / best − 1")


def _write_shares(axes: Axes, fit: Fit) -> None:
    """Shares of starts beside the basins they ended in."""
    for rank, basin in enumerate(fit.basins[:MOST_SHARES]):
        level = float(above_best(fit, basin.objective))
        text = f"{100 * basin.share:.3g} %" + ("\nof starts" if rank == 0 else "")
        look: Any = {"textcoords": "offset points", "va": "center", "fontsize": 7.5}
        axes.annotate(text, (1, level), (5, 0), xycoords=axes.get_yaxis_transform(), **look)
