"""A quantity on a side of a small panel: linear or logarithmic, its limits and a few ticks."""

from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from scalelaw.numbers import format_number
from scalelaw.plots._axes import Range
from scalelaw.plots._style import numbered
from scalelaw.resampling import Draws

RIM = 0.001
"""Share of the draws that may lie outside the limits on either side."""

WIDE = 1.7
"""A positive quantity that spans at least this factor stands on a log axis."""

MARGIN = 0.08
MOST_TICKS = 3
ROUND = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0))
"""Ticks of a decade, from few to many."""


class Side(NamedTuple):
    """The draws of one quantity as they are shown.

    Attributes:
        name: of the quantity.
        values: [R] draws.
        estimate: its value at the fit.
        log: whether on a log axis.
        limits: of the axis, in the quantity's own unit.
    """

    name: str
    values: Float[np.ndarray, " R"]
    estimate: float
    log: bool
    limits: Range

    @classmethod
    def of(cls, draws: Draws, name: str) -> "Side":
        """A log axis for draws that span much; limits that hold the fit and nearly all draws."""
        values, estimate = draws.of(name), float(draws.estimate(name))
        held = np.append(np.quantile(values, [RIM, 1 - RIM]), estimate)
        log = bool(values.min() > 0 and held.max() > WIDE * held.min())
        flat = np.log(held) if log else held
        margin = MARGIN * np.ptp(flat) or abs(estimate) / 10 or 1.0
        ends = np.array([flat.min() - margin, flat.max() + margin])
        low, high = np.exp(ends) if log else ends
        return cls(name, values, estimate, log, (float(low), float(high)))

    @property
    def flat(self) -> Float[np.ndarray, " R"]:
        """The draws on a scale on which the axis is even: their logarithm on a log axis."""
        return np.log(self.values) if self.log else self.values

    def unflat(self, values: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Back from the even scale."""
        return np.exp(values) if self.log else values

    def steps(self, count: int) -> Float[np.ndarray, " edges"]:
        """Edges of so many even steps between the limits."""
        return np.geomspace(*self.limits, count + 1) if self.log else np.linspace(*self.limits, count + 1)

    def put(self, axes: Axes, which: Literal["x", "y"]) -> None:
        """Scale, limits and ticks of one side of a panel."""
        axis: Any = getattr(axes, f"{which}axis")
        axes.set(**{f"{which}scale": "log" if self.log else "linear", f"{which}lim": self.limits})
        axis.set_major_locator(FixedLocator(ticks(self.limits)) if self.log else MaxNLocator(MOST_TICKS))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(numbered))


def written(value: float) -> str:
    """A value with the digits that an interval needs, its minus sign a real one."""
    return format_number(value, 3).replace("-", "−")


def percent(level: float) -> str:
    """A confidence level as people write it: 95 %, 99.5 %."""
    return f"{100 * level:.6g} %"


def ticks(limits: Range) -> list[float]:
    """At most three round values between the limits of a log axis, as many as can be had."""
    found: list[float] = []
    for multiples in ROUND:
        more = _round(limits, multiples)
        if len(more) > MOST_TICKS:
            return found if len(found) >= 2 else more[:: (len(more) - 1) // (MOST_TICKS - 1)][:MOST_TICKS]
        found = more
    return found


def _round(limits: Range, multiples: tuple[float, ...]) -> list[float]:
    decades = range(int(np.floor(np.log10(limits[0]))), int(np.ceil(np.log10(limits[1]))) + 1)
    all_of_them = (multiple * 10.0**decade for decade in decades for multiple in multiples)
    return [tick for tick in all_of_them if limits[0] <= tick <= limits[1]]
