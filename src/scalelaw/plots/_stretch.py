"""Lines on axes of compute and loss: solid as far as there were runs, dashed beyond."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from scalelaw.flops import PF_DAY
from scalelaw.plots._axes import Range, decimals, log_x, log_y
from scalelaw.plots._labels import Points
from scalelaw.plots._models import Real
from scalelaw.plots._style import plain

POINTS = 96
DASH = np.array([4.6, 2.2])
"""Dash and gap in typographic points, the same for thick lines and thin ones."""

MOST_TICKS = 6


def stretch(
    axes: Axes,
    curve: Callable[[Real], Real],
    across: Range,
    known: Range | None,
    gid: str,
    label: str | None = None,
    **look: Any,
) -> Points:
    """A curve over x, solid where it is known and dashed elsewhere.

    Args:
        axes: where.
        curve: y of an array of x.
        across: from where to where it is drawn.
        known: where there were runs; None draws it solid throughout.
        gid: of the solid part; "-below" and "-beyond" follow it for the dashed parts.
        label: of the solid part, in a legend.
        look: keywords of `plot`.

    Returns:
        Points along it.
    """
    low, high = np.clip(across if known is None else known, *across)
    dashed = (0, DASH / look.get("lw", 1.2))
    parts = (("", low, high, "-"), ("-below", across[0], low, dashed), ("-beyond", high, across[1], dashed))
    drawn = [np.empty((0, 2))]
    for part, start, end, dashes in parts:
        if start < end:
            x = np.geomspace(start, end, POINTS)
            y = curve(x)
            axes.plot(x, y, ls=dashes, gid=gid + part, label=label, **look)
            drawn.append(np.column_stack([x, y]))
            label = None
    return np.concatenate(drawn)


def compute_axes(axes: Axes, limits: Range) -> None:
    """A logarithmic x axis of compute, FLOP below and PF-days above."""
    flop_below(axes, limits)
    days_above(axes)


def flop_below(axes: Axes, limits: Range) -> None:
    """A logarithmic x axis of compute in FLOP."""
    log_x(plain(axes), limits, "C")
    _powers_of_ten(axes.xaxis)


def days_above(axes: Axes) -> None:
    """The same compute in PF-days, on top."""
    days = axes.secondary_xaxis("top", functions=(_days, _flop))
    days.set_xlabel("PF-days", fontsize=8)
    days.tick_params(which="both", width=0.5, length=2, labelsize=8, pad=1.5)
    _powers_of_ten(days.xaxis)


def loss_y(axes: Axes, limits: Range) -> None:
    """A logarithmic y axis of loss with round numbers on it, though it spans no decade."""
    log_y(axes, limits, "L")
    axes.yaxis.set_major_locator(MaxNLocator(MOST_TICKS, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(decimals())
    axes.yaxis.set_minor_locator(MaxNLocator(4 * MOST_TICKS, steps=[1, 2, 5, 10]))


def scientific(value: float, digits: int = 4) -> str:
    """A number for a formula, in mathtext: 8.8 x 10^13; plain from 0.01 to 10,000."""
    if 0.01 <= abs(value) < 1e4:
        return f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}"


def _days(C: Any) -> Any:
    return C / PF_DAY


def _flop(days: Any) -> Any:
    return days * PF_DAY


def _powers_of_ten(axis: Axis) -> None:
    axis.set_major_locator(LogLocator(numticks=5))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(_power_of_ten))


def _power_of_ten(value: float, _position: int | None = None) -> str:
    return f"1e{round(math.log10(value))}".replace("-", "−") if value > 0 else ""
