"""The picture that fits the law."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from scalelaw.fitting import Fit
from scalelaw.plots._contour import contour
from scalelaw.plots._curve import curve


def overview(fit: Fit, *, budgets: Sequence[float] | None = None) -> Figure:
    """`curve` for a law of one input, else `contour` with budgets [FLOP] marked; their errors too."""
    return curve(fit) if len(fit.law.inputs) == 1 else contour(fit, budgets=budgets)
