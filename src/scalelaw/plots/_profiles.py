"""Approach 2 in one picture: IsoFLOP profiles with their minima, and the power laws through them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw.approaches.isoflop import IsoFLOP
from scalelaw.approaches.minima import ends
from scalelaw.plots._axes import log_x, padded
from scalelaw.plots._power_laws import Page, colour_bar, draw_law, page, shade
from scalelaw.plots._style import DIAMOND, FAINT, style

POINTS = 120
TOP = 0.95
"""Share of the losses, from below, that the first panel shows; the rest is off its upper end."""


@style()
def isoflop(found: IsoFLOP) -> Figure:
    """IsoFLOP profiles with their minima; N*(C) and D*(C) with power laws (Hoffmann et al. 2022, fig. 3).

    Args:
        found: from `scalelaw.isoflop`.

    Returns:
        The figure; profiles that are refused are grey and have no minimum.
    """
    refused = int(np.count_nonzero(~found.by_N.used))
    grey = f"; grey: {refused} refused" if refused else ""
    corrected = "; minima corrected for the bias of the design" if found.correction is not None else ""
    drawn = page(f"{len(found.runs)} runs of {found.runs.source}; {found.method.words}{grey}{corrected}")
    C, used = found.budgets.C, found.by_N.used
    span = float(C[used].min()), float(C[used].max())
    _draw_profiles(drawn.profile, found, span)
    colour_bar(drawn, *span, "training compute C, FLOP")
    _draw_laws(drawn, found, span)
    return drawn.figure


def _draw_profiles(axes: Axes, found: IsoFLOP, span: tuple[float, float]) -> None:
    side = found.by_N
    given = side.profiles
    low, high = ends(given.x, given.weight)
    finite = np.isfinite(low) & (high > low)
    at = np.linspace(np.where(finite, low, 0.0), np.where(finite, high, 1.0), POINTS, axis=-1)
    curves = found.method.curve(given.x, given.y, given.weight, at)
    for row, (C, good) in enumerate(zip(found.budgets.C, side.used, strict=True)):
        there = given.weight[row] > 0
        colour = shade(C, *span) if good else FAINT
        x, y = np.exp(given.x[row][there]), given.y[row][there]
        axes.scatter(x, y, s=7, color=colour, lw=0, alpha=0.85 if good else 0.4, gid=f"runs-{row}")
        if good:
            axes.plot(np.exp(at[row]), curves[row], color=colour, lw=0.9, gid=f"profile-{row}")
    minima = side.loss
    axes.plot(side.best[side.used], minima[side.used], gid="minima", **DIAMOND)
    log_x(axes, padded(np.exp(given.x[given.weight > 0])), "N")
    there = given.weight > 0
    bottom = float(min(given.y[there].min(), np.nanmin(minima)))
    top = float(np.quantile(given.y[there & side.used[:, None]], TOP))
    axes.set_ylim(bottom - 0.06 * (top - bottom), top)
    axes.set_ylabel("loss, nats per token")


def _draw_laws(drawn: Page, found: IsoFLOP, span: tuple[float, float]) -> None:
    for axes, law, side in ((drawn.N, found.N, found.by_N), (drawn.D, found.D, found.by_D)):
        C, best, sd = (values[side.used] for values in (found.budgets.C, side.best, side.sd))
        known = np.isfinite(sd)
        bars = best * np.exp(-2 * np.where(known, sd, 0)), best * np.exp(2 * np.where(known, sd, 0))
        axes.vlines(C, *bars, color=FAINT, lw=0.8, zorder=1)
        draw_law(axes, law, C, best, side.profiles.axis, {"s": 16, "c": shade(C, *span)})
