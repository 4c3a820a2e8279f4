"""Runs that a fit has not seen against what it predicted, beside how it fits those that it has."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw.plots._axes import log_x, padded
from scalelaw.plots._side import percent
from scalelaw.plots._style import ACCENT, FAINT, INK, legend_above, plain, sheet, style
from scalelaw.runs import Runs
from scalelaw.uncertainty import HeldOut

PALE = "#f2c9ce"
"""The accent as on white paper at a third of its strength: bars that overlap grow no darker."""

APART = 1.06
"""Held-out runs of one compute are drawn this factor apart."""

Real = Float[np.ndarray, " n"]


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
    axes = plain(body.subplots())
    axis = "C" if fit.runs.C is not None and held.runs.C is not None else fit.law.inputs[0]
    x, unseen = _along(fit.runs, axis), _spread(_along(held.runs, axis))
    seen = _percent(fit.runs.L / fit.predict(**fit.runs.inputs(fit.law.inputs)))
    axes.axhline(0, color=INK, lw=0.8, zorder=1)
    axes.plot(x, seen, "o", ms=2.6, mfc=FAINT, mec="none", label="fitted runs", gid="fitted")
    _draw_unseen(axes, held, unseen)
    log_x(axes, padded(np.concatenate([x, unseen])), axis)
    axes.set_ylabel("observed above\npredicted loss, %")
    legend_above(body, axes)
    return figure


def _draw_unseen(axes: Axes, held: HeldOut, x: Real) -> None:
    """Each interval as a bar about zero, each observed loss as a point."""
    low, high = _percent(held.low / held.predicted), _percent(held.high / held.predicted)
    axes.vlines(
        x,
        low,
        high,
        color=PALE,
        lw=4,
        zorder=2,
        label=f"{percent(held.level)} interval of a new run",
        gid="intervals",
    )
    observed = _percent(held.runs.L / held.predicted)
    axes.plot(
        x, observed, "D", ms=4, mfc=ACCENT, mec="white", mew=0.6, label="runs not fitted", gid="held-out"
    )


def _along(runs: Runs, axis: str) -> Real:
    return runs.inputs([axis])[axis]


def _spread(x: Real) -> Real:
    """Runs that share a place, side by side about it."""
    places, group = np.unique(np.round(np.log10(x), 2), return_inverse=True)
    rank = np.array([np.count_nonzero(group[:at] == group[at]) for at in range(len(x))])
    return x * APART ** (rank - (np.bincount(group, minlength=len(places))[group] - 1) / 2)


def _percent(ratio: Real) -> Real:
    return 100 * (ratio - 1)
