"""Back-tests: how far from the truth each law was, how far out, and whether its stated intervals held."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from scalelaw.numbers import format_number
from scalelaw.plots._axes import Range, Real, flop
from scalelaw.plots._style import (
    COLOURS,
    FAINT,
    INK,
    legend_above,
    percent,
    plain,
    style,
    subplots,
    written_sheet,
)
from scalelaw.validation import Backtest

ABREAST = 4
"""Panels side by side."""

TOP, ROW = 2.1, 2.05
"""Inches of the panel of all laws, and of each row of panels of one law."""

STEPS, FORECASTS_A_STEP, FEWEST = 8, 10, 3
"""At most so many steps of distance, one for so many forecasts; those with fewer are skipped."""

MIDDLE = (0.1, 0.9)
"""The band holds the forecasts between these quantiles."""

SEEN, MOST = 0.98, 1.5
"""Errors beyond so many times this quantile of their size stand on the rim."""

PALEST = 0.85
"""Laws are as far apart in darkness as can be read on white."""

SHADE = 0.22
UNBROKEN = "\N{NO-BREAK SPACE}"
MARKERS = "osD^vPX*"
STATED: Any = {"lw": 0.9, "ls": (0, (3.2, 2.0))}


class Steps(NamedTuple):
    """Forecasts of a law in steps of distance.

    Attributes:
        at: [steps] mean distance, decades.
        size: [steps] mean absolute error, per cent.
        low, middle, high: [steps] quantiles of the error, per cent.
        width: [steps] mean half-width of the stated intervals, per cent.
    """

    at: Real
    size: Real
    low: Real
    middle: Real
    high: Real
    width: Real


def law_colours(laws: Sequence[str]) -> dict[str, Any]:
    """A colour a law, each darker than the next, so that they can be told apart in grey."""
    return {law: COLOURS(PALEST * rank / max(len(laws) - 1, 1)) for rank, law in enumerate(laws)}


@style()
def backtest(found: Backtest) -> Figure:
    """Errors of back-tests against the distance of the predicted runs, and the intervals that were stated.

    Above, all laws: the mean absolute error (solid) beside the mean half-width of the stated intervals (dashed);
    where the solid line nears the dashed one, too few runs lie inside. Below, a panel a law: single forecasts as
    dots, hollow where the interval missed the run, their running median, and a band that holds 80 % of them.

    Args:
        found: from `scalelaw.backtest`.

    Returns:
        The figure; errors are predicted above observed, per cent of the observed loss. Far outliers stand as
        triangles on the rim.
    """
    laws = [law for law in found.laws if found.of(law)]
    colours, frame = law_colours(laws), found.to_frame()
    rows = -(-len(laws) // ABREAST)
    figure, body = written_sheet(_of(found), _missing(found), TOP + ROW * rows)
    grid = body.add_gridspec(2, 1, height_ratios=(TOP, ROW * rows))
    upper, lower = (body.add_subfigure(grid[row]) for row in range(2))
    top = plain(upper.subplots())
    panels = subplots(lower, len(laws), ABREAST, sharex=True, sharey=True)
    far = 1.03 * float(frame["decades"].max())
    rim = _rim(frame)
    steps = {law: _steps(frame[frame["law"] == law], far) for law in laws}
    for rank, law in enumerate(laws):
        look: Any = {"color": colours[law], "marker": MARKERS[rank % len(MARKERS)]}
        _draw_size(top, law, steps[law], look)
        own = frame[frame["law"] == law]
        _draw_errors(panels.flat[rank], law, own, steps[law], rim, look)
        panels.flat[rank].set_title(_score(found, law), loc="left", fontsize=7.5)
    beyond = f"decades of {found.by} beyond the largest fitted run"
    top.set(xlim=(0, far), ylim=(0, None), xlabel=beyond, ylabel="mean |error|, %")
    for axes in panels[:, 0]:
        axes.set_ylabel("predicted above\nobserved, %")
    margin = 0.06 * float(np.ptp(rim))
    panels[0, 0].set(xlim=(0, far), ylim=(rim[0] - margin, rim[1] + margin))
    lower.supxlabel(beyond, fontsize=8.5)
    stated = Line2D([], [], color=INK, label=f"half of the stated {percent(found.level)} interval", **STATED)
    legend_above(upper, top, stated)
    lower.legend(handles=_key(), loc="outside upper left", ncols=4, columnspacing=1.4)
    return figure


def _of(found: Backtest) -> str:
    number = flop if found.by == "C" else format_number
    cuts = [f"{number(each.value)} ({len(each.seen)} runs)".replace(" ", UNBROKEN) for each in found.cutoffs]
    return f"{len(found.runs)} runs of {found.runs.source}; fitted up to {found.by} = {', '.join(cuts)}"


def _key() -> list[Artist]:
    """What the marks of the panels of one law are, in ink."""
    dot: Any = {"ls": "none", "marker": "o", "ms": 3}
    return [
        Line2D([], [], mfc=FAINT, mec="none", label="forecast", **dot),
        Line2D([], [], mfc="none", mec=INK, mew=0.6, label="its interval missed the run", **dot),
        Line2D([], [], color=INK, lw=1.5, label="median"),
        Patch(color=INK, alpha=SHADE, lw=0, label=f"{percent(MIDDLE[1] - MIDDLE[0])} of forecasts"),
    ]


def _rim(frame: pd.DataFrame) -> Range:
    """Lowest and highest error drawn to scale, and room for typical intervals."""
    errors, width = frame["error"], float((frame["high"] - frame["low"]).median()) / 2
    most = MOST * float(errors.abs().quantile(SEEN))
    return min(max(errors.min(), -most), -width), max(min(errors.max(), most), width)


def _missing(found: Backtest) -> str:
    if not found.notes:
        return ""
    first, *rest = found.notes
    return f"not tried: {first}" + (f" (and {len(rest)} more)" if rest else "")


def _steps(own: pd.DataFrame, far: float) -> Steps:
    """Forecasts of one law, those of like distance taken together."""
    count = int(np.clip(len(own) // FORECASTS_A_STEP, 1, STEPS))
    step = (count * own["decades"] / far).astype(int)
    width = (own["high"] - own["low"]) / 2
    kept = [rows for _, rows in own.assign(width=width).groupby(step) if len(rows) >= FEWEST]
    columns = [
        (
            rows["decades"].mean(),
            rows["error"].abs().mean(),
            *rows["error"].quantile([MIDDLE[0], 0.5, MIDDLE[1]]),
            rows["width"].mean(),
        )
        for rows in kept
    ]
    return Steps(*np.reshape(columns, (-1, len(Steps._fields))).T)


def _draw_size(axes: Axes, law: str, steps: Steps, look: Any) -> None:
    """How large the errors of a law are, and how large it said that they would be."""
    axes.plot(steps.at, steps.size, ms=4.2, mec="white", mew=0.5, label=law, gid=f"size-{law}", **look)
    axes.plot(steps.at, steps.width, color=look["color"], gid=f"width-{law}", **STATED)


def _draw_errors(axes: Axes, law: str, own: pd.DataFrame, steps: Steps, rim: Range, look: Any) -> None:
    """Single forecasts, their median and band, and the mean stated interval about no error."""
    x, y, inside = (own[name].to_numpy() for name in ("decades", "error", "inside"))
    axes.axhline(0, color=INK, lw=0.6, zorder=1)
    axes.fill_between(
        steps.at, steps.low, steps.high, color=look["color"], alpha=SHADE, lw=0, gid=f"band-{law}"
    )
    _draw_dots(axes, f"inside-{law}", x, y, inside, rim, color=FAINT, lw=0, alpha=0.55)
    _draw_dots(axes, f"missed-{law}", x, y, ~inside, rim, fc="none", ec=look["color"], lw=0.5, alpha=0.8)
    axes.plot(steps.at, steps.middle, color=look["color"], lw=1.5, gid=f"median-{law}")
    for sign, end in ((-1, "low"), (1, "high")):
        axes.plot(steps.at, sign * steps.width, color=look["color"], gid=f"stated-{end}-{law}", **STATED)


def _draw_dots(
    axes: Axes, gid: str, x: Real, y: Real, which: Bool[np.ndarray, " _"], rim: Range, **look: Any
) -> None:
    for marker, there, size in (
        ("o", (y >= rim[0]) & (y <= rim[1]), 6),
        ("^", y > rim[1], 12),
        ("v", y < rim[0], 12),
    ):
        some = which & there
        if some.any():
            at = np.clip(y[some], *rim)
            axes.scatter(
                x[some], at, s=size, marker=marker, gid=gid + ("" if marker == "o" else marker), **look
            )


def _score(found: Backtest, law: str) -> str:
    (row,) = found.summary().query("law == @law").to_dict("records")
    return f"{law}\n|error| {row['score']:.2f} %, {100 * row['inside']:.0f} % inside"
