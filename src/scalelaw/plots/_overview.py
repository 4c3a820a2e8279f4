"""The picture that fits the law."""

from matplotlib.figure import Figure

from scalelaw.fitting import Fit
from scalelaw.plots._contour import contour
from scalelaw.plots._curve import curve


def overview(fit: Fit) -> Figure:
    """`curve` for a law of one input, else `contour`; the errors are theirs."""
    return curve(fit) if len(fit.law.inputs) == 1 else contour(fit)
