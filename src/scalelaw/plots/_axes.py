"""Axes of quantities that span decades: limits, ticks and labels."""

import math

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, FuncFormatter, LogLocator, NullFormatter, ScalarFormatter

from scalelaw.plots._style import QUANTITIES, compute, numbered

FEW_DECADES = 1.5
"""Below so many, ticks also stand at 2 and 5."""

Range = tuple[float, float]


def padded(values: Float[np.ndarray, " n"], share: float = 0.05, least: float = 0.05) -> Range:
    """The range of positive values, wider by a share of its decades (and `least` decades) on either side."""
    low, high = float(np.min(values)), float(np.max(values))
    wider = 10 ** (share * math.log10(high / low) + least)
    return low / wider, high * wider


def log_x(axes: Axes, limits: Range, label: str) -> None:
    """A logarithmic x axis with people's numbers on it."""
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    axes.set_xlabel(QUANTITIES.get(label, label))
    _ticks(axes.xaxis, limits, FuncFormatter(compute if label == "C" else numbered))


def log_y(axes: Axes, limits: Range, label: str) -> None:
    """A logarithmic y axis with people's numbers on it; losses with the same decimals throughout."""
    axes.set_yscale("log")
    axes.set_ylim(*limits)
    axes.set_ylabel(QUANTITIES.get(label, label))
    _ticks(axes.yaxis, limits, decimals() if label == "L" else FuncFormatter(numbered))


def decimals() -> Formatter:
    """Plain decimal numbers, as many decimals on each tick."""
    return ScalarFormatter(useOffset=False, useMathText=False)


def _ticks(axis: Axis, limits: Range, write: Formatter) -> None:
    decades = math.log10(limits[1] / limits[0])
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < FEW_DECADES else (1,), numticks=8))
    axis.set_major_formatter(write)
    axis.set_minor_formatter(NullFormatter())
