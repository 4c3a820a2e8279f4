"""A law of one input: loss against it, the runs, the fit and where it levels off."""

import math

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from scalelaw._checks import bad_input
from scalelaw.fitting import Fit
from scalelaw.numbers import format_number
from scalelaw.plots._axes import log_x, log_y, padded
from scalelaw.plots._style import ACCENT, COLOURS, FAINT, legend_above, plain, sheet, style

POINTS = 200
BEYOND = 10.0
"""The fit is drawn on to this multiple of the largest run."""


@style()
def curve(fit: Fit) -> Figure:
    """Loss against the one input of a law: runs, fit (dashed beyond the runs), and its asymptote.

    Args:
        fit: A fit of a law of one positive input (parameters, tokens, FLOP, or a column of the user's).

    Returns:
        The figure.

    Raises:
        BadInput: The law reads more than one input, or some of its values are not positive.
    """
    name, x = _input(fit)
    limits = padded(np.append(x, x.max() * BEYOND), 0.02)
    figure, body = sheet(fit, 3.2)
    axes = plain(body.subplots())
    axes.scatter(
        x, fit.runs.L, s=12, color=COLOURS(0.35), lw=0.4, ec="white", zorder=3, gid="runs", label="runs"
    )
    inside, beyond = np.geomspace(x.min(), x.max(), POINTS), np.geomspace(x.max(), limits[1], POINTS)
    for at, dashes, label in ((inside, "-", "fit"), (beyond, "--", "beyond the runs")):
        L = fit.predict(**{name: at})
        axes.plot(at, L, dashes, color=ACCENT, zorder=4, gid=label.split()[0], label=label)
    ends = np.append(fit.runs.L, fit.predict(**{name: limits[1]}))
    level = asymptote(fit)
    if level is not None and level > ends.min() / 2:
        axes.axhline(
            level, color=FAINT, lw=0.8, ls=":", gid="asymptote", label=f"asymptote {format_number(level)}"
        )
        ends = np.append(ends, level)
    log_x(axes, limits, name)
    log_y(axes, padded(ends[ends > 0], 0.05, 0.005), "L")
    legend_above(body, axes)
    return figure


def _input(fit: Fit) -> tuple[str, Float[np.ndarray, " n"]]:
    """The law's one input, its name and values."""
    if len(fit.law.inputs) != 1:
        reads = " and ".join(fit.law.inputs)
        raise bad_input(
            "law",
            "one of a single input to be a curve",
            f"{fit.law.name!r}, of {reads}",
            advice="draw `contour`",
        )
    (name,) = fit.law.inputs
    x = fit.runs.inputs([name])[name]
    if not (x > 0).all():
        raise bad_input(
            f"input {name!r}", "positive in every run to be drawn on a log axis", f"{float(x.min()):g}"
        )
    return name, x


def asymptote(fit: Fit) -> float | None:
    """The loss that unlimited x tends to; None where the law gives none above zero."""
    with np.errstate(all="ignore"):
        level = float(fit.predict(**{fit.law.inputs[0]: math.inf}))
    return level if math.isfinite(level) and level > 0 else None
