"""Axes of quantities that span decades, and the curves over them: limits, ticks, labels, solid and dashed lines."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
    ScalarFormatter,
)

from scalelaw._checks import bad_input, shown
from scalelaw.flops import PF_DAY
from scalelaw.numbers import format_number, parse_number
from scalelaw.plots._style import QUANTITIES

FEW_DECADES = 1.5
"""Below so many, ticks also stand at 2 and 5."""

MOST_TICKS = 8
MOST_LOSSES = 6
"""Ticks of an axis: of decades, and of losses."""

POINTS = 128
"""Of a curve, evenly spaced in log x."""

DASH = np.array([4.6, 2.2])
"""Dash and gap in typographic points, the same for thick lines and thin ones."""

Range = tuple[float, float]
Real = Float[np.ndarray, " _"]
Points = Float[np.ndarray, "_ 2"]
Budget = float | str


def padded(values: Real, share: float = 0.05, least: float = 0.05) -> Range:
    """The range of positive values, wider by a share of its decades (and `least` decades) at either end."""
    low, high = float(np.min(values)), float(np.max(values))
    wider = 10 ** (share * math.log10(high / low) + least)
    return low / wider, high * wider


def budget_range(budgets: tuple[Budget, Budget]) -> Range:
    """Lowest and highest budget [FLOP], as numbers or as people write them.

    Raises:
        BadInput: they are no range.
    """
    low, high = (parse_number(budget) for budget in budgets)
    if 0 < low < high:
        return low, high
    raise bad_input("budgets", "a range (lowest, highest) of training compute, FLOP", shown(budgets))


def log_axis(
    axes: Axes, which: Literal["x", "y"], limits: Range, name: str, decades: int | None = None
) -> None:
    """A logarithmic axis with people's numbers on it; losses with the same decimals throughout.

    Args:
        axes: where.
        which: of the two axes.
        limits: both positive.
        name: "N", "D", "C", "L", or what else stands beside the axis.
        decades: at most so many ticks, at powers of ten alone; by default also at 2 and 5 where decades are few.
    """
    axes.set(**{f"{which}scale": "log", f"{which}lim": limits, f"{which}label": QUANTITIES.get(name, name)})
    axis: Axis = getattr(axes, f"{which}axis")
    few = decades is None and math.log10(limits[1] / limits[0]) < FEW_DECADES
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,), numticks=decades or MOST_TICKS))
    axis.set_major_formatter(decimals() if name == "L" else FuncFormatter(flop if name == "C" else numbered))
    axis.set_minor_formatter(NullFormatter())


def linear_axis(axes: Axes, which: Literal["x", "y"], limits: Range, name: str, most: int) -> None:
    """A plain axis with at most so many steps between its ticks."""
    axes.set(**{f"{which}lim": limits, f"{which}label": QUANTITIES.get(name, name)})
    axis: Axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(MaxNLocator(most))
    axis.set_major_formatter(decimals())


def loss_axis(axes: Axes, limits: Range) -> None:
    """A logarithmic y axis of loss with round numbers on it, though it spans no decade."""
    log_axis(axes, "y", limits, "L")
    axes.yaxis.set_major_locator(MaxNLocator(MOST_LOSSES, steps=[1, 2, 5, 10]))
    axes.yaxis.set_minor_locator(MaxNLocator(4 * MOST_LOSSES, steps=[1, 2, 5, 10]))


def compute_axis(axes: Axes, limits: Range, *, days: bool = True) -> None:
    """A logarithmic x axis of compute, FLOP below and PF-days above.

    Args:
        axes: where.
        limits: FLOP.
        days: whether PF-days are written.
    """
    log_axis(axes, "x", limits, "C")
    below = [axes.xaxis]
    if days:
        to_days, to_flop = partial(np.multiply, 1 / PF_DAY), partial(np.multiply, PF_DAY)
        above = axes.secondary_xaxis("top", functions=(to_days, to_flop))
        above.set_xlabel("PF-days", fontsize=8)
        above.tick_params(which="both", width=0.5, length=2, labelsize=8, pad=1.5)
        below.append(above.xaxis)
    for axis in below:
        axis.set_major_locator(LogLocator(numticks=5))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(
            FuncFormatter(lambda C, _: f"1e{round(math.log10(C))}".replace("-", "−") if C > 0 else "")
        )


def draw_curve(
    axes: Axes,
    curve: Callable[[Real], Real],
    across: Range,
    known: Range | None,
    gid: str,
    label: str | None = None,
    beyond: str | None = None,
    **look: Any,
) -> Points:
    """A curve over x, solid where there were runs and dashed elsewhere; where it is NaN it is not drawn.

    Args:
        axes: where.
        curve: y of an array of x.
        across: from where to where it is drawn.
        known: where there were runs; None draws it solid throughout.
        gid: of the solid part; "-below" and "-beyond" follow it for the dashed parts.
        label: of the first part drawn, in a legend.
        beyond: of the part beyond the runs, if it is another one.
        look: keywords of `plot`.

    Returns:
        Points along it.
    """
    low, high = np.clip(across if known is None else known, *across)
    dashes = (0, DASH / look.get("lw", 1.2))
    parts = (("", low, high, "-"), ("-below", across[0], low, dashes), ("-beyond", high, across[1], dashes))
    drawn = [np.empty((0, 2))]
    for part, start, end, dash in parts:
        if start >= end:
            continue
        x = np.geomspace(start, end, POINTS)
        y = curve(x)
        finite = np.isfinite(y)
        if finite.any():
            label = label or (beyond if part == "-beyond" else None)
            axes.plot(x, y, ls=dash, gid=gid + part, label=label, **look)
            drawn.append(np.column_stack([x, y])[finite])
            label = None
    return np.concatenate(drawn)


def decimals() -> ScalarFormatter:
    """Plain decimal numbers, as many decimals on each tick."""
    return ScalarFormatter(useOffset=False, useMathText=False)


def flop(value: float, _position: int | None = None) -> str:
    """A tick's label of an axis of FLOP: 1e10, however few."""
    return f"{value:.3g}".replace("e+0", "e").replace("e+", "e")


def numbered(value: float, _position: int | None = None, digits: int = 4) -> str:
    """A number as people write it, its minus sign a real one: 100M, 1B, 1e21."""
    return format_number(value, digits).replace("-", "−")
