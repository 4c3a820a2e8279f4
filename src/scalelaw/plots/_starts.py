"""Where every start ended: basins as clusters, the winner at the bottom."""

import math
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from scalelaw._checks import bad_input
from scalelaw.fit import Fit
from scalelaw.fit.certificate import SAME_OBJECTIVE
from scalelaw.fit.parts import Ends
from scalelaw.plots._axes import log_x
from scalelaw.plots._style import ACCENT, BAND, COLOURS, FAINT, plain, sheet, style
from scalelaw.solve import Status

FLOOR = 1e-16
"""Added to the relative objective so that the best one has a logarithm: one rounding error."""

FARTHEST = 1e4
"""Ends of a positive parameter farther than this factor from the winner's are drawn on the rim."""

MOST_SHARES = 4
COLUMNS = 5

Real = Float[np.ndarray, " n"]


@style()
def starts(fit: Fit) -> Figure:
    """Objective at the end of every start against each free parameter.

    The objective is shown relative to the best, f / best - 1 + 1e-16, on a log scale. The shaded band holds
    the ends that count as the winner's (within 1e-6); shares of starts stand on the right. Ends too far out
    are drawn on the rim as triangles.

    Args:
        fit: A fit that has its `ends`: one made here, not loaded from a file.

    Returns:
        The figure.

    Raises:
        BadInput: The fit was loaded from a file, which does not hold the ends of its starts.
    """
    ends = _ends(fit)
    names = free(fit)
    rows = math.ceil(len(names) / COLUMNS)
    figure = sheet(fit, 0.7 + 2.1 * rows)
    panels = figure.subplots(rows, min(len(names), COLUMNS), sharey=True, squeeze=False)
    height = above_best(fit, ends.objective)
    finite = np.isfinite(ends.objective)
    for axes, name in zip(panels.flat, names, strict=False):
        _draw(plain(axes), fit, name, height, finite)
    for axes in panels.flat[len(names) :]:
        axes.set_axis_off()
    for axes in panels[:, 0]:
        _scale_y(axes, height[finite])
    _write_shares(panels[0, -1], fit)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper right", ncols=4)
    return figure


def _ends(fit: Fit) -> Ends:
    if fit.ends is None:
        raise bad_input("fit", "one made in this session, with the ends of its starts", "one loaded from a file, which does not hold them", advice="fit again to draw `starts`")
    return fit.ends


def free(fit: Fit) -> list[str]:
    """Names of the parameters that were neither fixed nor tied."""
    constraints = fit.settings.constraints
    held = {name for name, _ in (*constraints.fix, *constraints.tie)}
    return [name for name in fit.law.fields if name not in held]


def above_best(fit: Fit, objective: Any) -> Real:
    """f / best - 1 + 1e-16; f itself where the best is zero."""
    excess = np.asarray(objective, float) - fit.objective
    return np.maximum(excess / (fit.objective or 1.0), 0) + FLOOR


def _draw(axes: Axes, fit: Fit, name: str, height: Real, finite: Bool[np.ndarray, " n"]) -> None:
    assert fit.ends is not None
    axes.axhspan(FLOOR / 10, SAME_OBJECTIVE, color=BAND, lw=0, gid="winner-band")
    value = getattr(fit.ends.params, name)
    best = getattr(fit.params, name)
    low, high = _limits(fit, name, value[finite])
    stationary = np.isin(fit.ends.status, (Status.CONVERGED, Status.AT_BOUND))
    kinds = (("stationary", stationary, {"color": COLOURS(0.35), "lw": 0}), ("not stationary", ~stationary, {"fc": "none", "ec": FAINT, "lw": 0.5}))
    for label, kind, look in kinds:
        at = finite & kind
        axes.scatter(np.clip(value[at], low, high), height[at], s=9, alpha=0.5, rasterized=True, gid=label, label=label, **look)
    axes.plot([best], [FLOOR], "*", ms=9, mfc=ACCENT, mec="white", mew=0.6, zorder=5, gid="winner", label="winner", ls="none")
    if name in fit.law.positive:
        log_x(axes, (low, high), name)
    else:
        axes.set_xlim(low, high)
        axes.set_xlabel(name)


def _limits(fit: Fit, name: str, value: Real) -> tuple[float, float]:
    best = float(getattr(fit.params, name))
    if name in fit.law.positive:
        kept = value[(value > best / FARTHEST) & (value < best * FARTHEST)]
        low, high = min(kept.min(), best), max(kept.max(), best)
        pad = (high / low) ** 0.08 * 1.1
        return low / pad, high * pad
    low, high = min(np.quantile(value, 0.01), best), max(np.quantile(value, 0.99), best)
    pad = 0.08 * (high - low) + 0.02 * abs(best) + 1e-12
    return float(low - pad), float(high + pad)


def _scale_y(axes: Axes, height: Real) -> None:
    axes.set_yscale("log")
    axes.set_ylim(FLOOR / 5, max(10 * height.max(), 1e-2))
    axes.yaxis.set_major_locator(LogLocator(numticks=7))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("objective / best − 1")


def _write_shares(axes: Axes, fit: Fit) -> None:
    """Shares of starts beside the basins they ended in."""
    for basin in fit.basins[:MOST_SHARES]:
        level = float(above_best(fit, basin.objective))
        axes.annotate(f"{basin.share:.1%}", (1, level), (4, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points", va="center", fontsize=7.5, gid="share")
