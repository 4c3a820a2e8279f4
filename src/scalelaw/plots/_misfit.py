"""Misfit: where a law is too high or too low, over the plane of its inputs and along what tells most of it."""

from typing import Any, cast

import matplotlib
import numpy as np
from jaxtyping import Bool
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalelaw.fitting import Fit
from scalelaw.fitting.misfit import FIFTHS, telling
from scalelaw.plots._axes import Real, log_axis, padded
from scalelaw.plots._style import (
    ACCENT,
    FAINT,
    INK,
    QUANTITIES,
    Sheet,
    distrust,
    legend_above,
    style,
    subplots,
    written_sheet,
)
from scalelaw.plots._surface import compute

HEIGHT, WIDER = 2.75, 1.5
"""Inches, and the plane's width to that of the panels beside it."""

DIVERGING: Colormap = matplotlib.colormaps["RdBu_r"]
SEEN, MOST = 0.98, 1.5
"""The darkest colour is that of this quantile of the structure's size. Residuals beyond so many times their own
stand on the rim."""


RATIO = "tokens per parameter D / N"
MARKERS = {"high": "^", "low": "v"}
RUNS: Any = {"s": 17, "ec": INK, "lw": 0.3}
RESIDUALS: Any = {"s": 8, "color": FAINT, "lw": 0, "alpha": 0.7}
MEANS: Any = {"color": ACCENT, "lw": 2.4, "zorder": 4, "solid_capstyle": "butt", "marker": "|", "ms": 6}


@style()
def misfit(fit: Fit) -> Figure:
    """Where a law predicts too much or too little: the smooth structure that it leaves in its residuals.

    Left: the runs in the plane of compute and tokens per parameter (or of the law's first two inputs), coloured
    by the structure; triangles point up where the law is too high. Right: residuals against each quantity that
    the misfit names, and the means of the structure in fifths of the runs, which its words are of.

    Args:
        fit: any fit; of a law of one input the plane is left out.

    Returns:
        The figure; structure and residuals are predicted above observed, per cent of the observed loss. Runs of
        weight zero are not shown. Its margin says what `fit.misfit` says.
    """
    found, kept = fit.misfit, np.isfinite(fit.misfit.surface)
    surface, quantities = 100 * found.surface[kept], _quantities(fit, kept)
    residual = 100 * (fit.predict(**fit.runs.inputs(fit.law.inputs)) / fit.runs.L - 1)[kept]
    plane = [name for name in ("C", "D/N", *fit.law.inputs) if name in quantities][:2]
    named = [*telling(quantities, surface)] or [*quantities][-1:]
    figure, body = _sheet(fit)
    widths = [WIDER] * (len(plane) == 2) + [1.0] * len(named)
    (panels,) = subplots(body, len(widths), len(widths), width_ratios=widths)
    if len(plane) == 2:
        _draw_plane(panels[0], {name: quantities[name] for name in plane}, surface)
    along = panels[-len(named) :]
    for axes, name in zip(along, named, strict=True):
        _draw_fifths(axes, name, quantities[name], residual, surface)
    along[0].set_ylabel("predicted above\nobserved, %")
    legend_above(body, along[0], *(_triangles() if len(plane) == 2 else []))
    return figure


def _sheet(fit: Fit) -> Sheet:
    """A sheet that says what was found: in red, if anything was."""
    found, about = fit.misfit, f"{len(fit.runs)} runs of {fit.runs.source}; law {fit.law.name}"
    warnings = [*found.warnings, *filter(None, [distrust(fit)])]
    return written_sheet(about if found.found else f"{about}; {found}", "; ".join(warnings), HEIGHT)


def _quantities(fit: Fit, kept: Bool[np.ndarray, " n"]) -> dict[str, Real]:
    """The inputs that vary, compute and tokens per parameter."""
    inputs = {name: values[kept] for name, values in fit.runs.inputs(fit.law.inputs).items()}
    if {"N", "D"} <= inputs.keys():
        inputs |= {"C": compute(fit)[kept], "D/N": inputs["D"] / inputs["N"]}
    return {name: values for name, values in inputs.items() if np.ptp(values) > 0}


def _draw_plane(axes: Axes, plane: dict[str, Real], surface: Real) -> None:
    """Runs by two quantities, coloured by the structure; up where the law is too high."""
    most = float(np.quantile(np.abs(surface), SEEN)) or 1.0
    scale = ScalarMappable(Normalize(-most, most), DIVERGING)
    for side, there in (("high", surface >= 0), ("low", surface < 0)):
        x, y = (values[there] for values in plane.values())
        look: Any = {"c": scale.to_rgba(surface[there]), "marker": MARKERS[side], "gid": f"too-{side}"}
        axes.scatter(x, y, **look, **RUNS)
    for which, (name, values) in zip(("x", "y"), plane.items(), strict=True):
        _set_axis(axes, which, name, values)
    bar = axes.figure.colorbar(scale, ax=axes, aspect=30, pad=0.02, extend="both")
    bar.set_label("structure, % of loss", fontsize=8.5)
    bar.ax.tick_params(width=0.5, length=2, labelsize=8, pad=1.5)
    cast(Any, bar.outline).set_linewidth(0.5)


def _triangles() -> list[Line2D]:
    look: Any = {"ls": "none", "ms": 4.5, "mfc": "white", "mec": INK, "mew": 0.5}
    return [Line2D([], [], marker=marker, label=f"too {side}", **look) for side, marker in MARKERS.items()]


def _draw_fifths(axes: Axes, name: str, values: Real, residual: Real, surface: Real) -> None:
    """Residuals along a quantity, those far out on the rim, and the mean structure of each fifth of the runs."""
    rim = MOST * float(np.quantile(np.abs(residual), SEEN)) or 1.0
    axes.axhline(0, color=INK, lw=0.6, zorder=1)
    beyond = (
        ("", np.abs(residual) <= rim, "o"),
        ("above-", residual > rim, "^"),
        ("below-", residual < -rim, "v"),
    )
    for where, there, marker in beyond:
        if there.any():
            label, at = None if where else "residual of a run", np.clip(residual[there], -rim, rim)
            axes.scatter(
                values[there], at, marker=marker, gid=f"{where}runs-{name}", label=label, **RESIDUALS
            )
    fifth = np.searchsorted(np.quantile(values, np.arange(1, FIFTHS) / FIFTHS), values, side="right")
    for rank, each in enumerate(np.unique(fifth)):
        own, label = fifth == each, None if rank else "mean structure of a fifth"
        ends = values[own].min(), values[own].max()
        axes.plot(ends, [surface[own].mean()] * 2, gid=f"fifth-{rank}-{name}", label=label, **MEANS)
    _set_axis(axes, "x", name, values)


def _set_axis(axes: Axes, which: Any, name: str, values: Real) -> None:
    label = RATIO if name == "D/N" else name
    if (values > 0).all():
        log_axis(axes, which, padded(values), label)
    else:
        axes.set(**{f"{which}label": QUANTITIES.get(label, label)})
