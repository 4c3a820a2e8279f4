"""Approach 1 in one picture: training curves, their envelope, and the power laws along it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from scalelaw.approaches.envelope import Envelope
from scalelaw.plots._axes import log_x, log_y, padded
from scalelaw.plots._power_laws import colour_bar, draw_law, page, shade
from scalelaw.plots._style import INK, style

TOP = 0.97
"""Share of the losses, from below, that the first panel shows; the rest is off its upper end."""


@style()
def envelope(found: Envelope) -> Figure:
    """Training curves with their envelope; N*(C) and D*(C) with power laws (Hoffmann et al. 2022, fig. 2).

    Args:
        found: from `scalelaw.envelope`.

    Returns:
        The figure; colours are model sizes.
    """
    early = 100 * float(np.mean(~found.points.final))
    drawn = page(
        f"{len(found.curves.names)} runs of {found.runs.source}; {found.cut.words()}; {found.method.words}; "
        f"{early:.3g} % of the points lie before the last 15 % of their run"
    )
    span = float(found.curves.N.min()), float(found.curves.N.max())
    _draw_curves(drawn.profile, found, span)
    if span[1] > span[0]:
        colour_bar(drawn, *span, "model size N, parameters")
    points = found.points
    look = {"s": 10 if len(points.C) < 100 else 3, "c": shade(points.N, *span), "lw": 0}
    draw_law(drawn.N, found.N, points.C, points.N, "N", look)
    draw_law(drawn.D, found.D, points.C, points.D, "D", look)
    return drawn.figure


def _draw_curves(axes: Axes, found: Envelope, span: tuple[float, float]) -> None:
    curves, points = found.curves, found.points
    for run in np.argsort(curves.N):
        length = curves.length[run]
        colour = shade(curves.N[run], *span)
        axes.plot(curves.C[run, :length], curves.L[run, :length], color=colour, lw=0.7, gid=f"run-{run}")
    axes.plot(points.C, points.L, color=INK, lw=1.2, zorder=4, gid="envelope")
    losses = curves.L[curves.there]
    log_x(axes, padded(curves.C[curves.there], 0.02), "C")
    axes.xaxis.set_major_locator(LogLocator(numticks=5))
    log_y(axes, (float(losses.min()) * 0.98, float(np.quantile(losses, TOP))), "L")
