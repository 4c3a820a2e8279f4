"""Profiles of the objective: how far a quantity may move, by the curve and by the standard error."""

import math
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalelaw.plots._axes import linear_axis, log_axis, numbered
from scalelaw.plots._style import (
    ACCENT,
    BAND,
    COLOURS,
    FAINT,
    INK,
    STAR,
    legend_above,
    percent,
    sheet,
    style,
    subplots,
)
from scalelaw.uncertainty import Profile, ProfileSurface
from scalelaw.uncertainty.profile import Calibration

COLUMNS = 3
ABOVE = 1.7
"""The panel of a profile ends at this multiple of what its level allows."""

CURVE: Any = {"color": COLOURS(0.35), "lw": 1.4, "zorder": 4}
PARABOLA: Any = {"color": FAINT, "lw": 1.0, "ls": (0, (4, 2)), "zorder": 3}
THRESHOLD: Any = {"color": ACCENT, "lw": 0.8, "zorder": 2}

ELLIPSE: Any = {"lw": 0.9, "ls": (0, (4, 2))}

UNITS = {"E": "E, nats per token"}


@style()
def profile(*profiles: Profile) -> Figure:
    """The rise of the objective along one quantity, all other parameters optimised again.

    The rise is drawn calibrated, 2 (S - S_min) / lambda, so that a parabola of the sandwich standard error,
    dashed, can be laid beside it; the line is what the level allows and the band is the interval. Without
    noise there is nothing to calibrate by, and the rise itself is drawn.

    Args:
        profiles: Of one fit, one panel each.

    Returns:
        The figure.
    """
    figure, body = sheet(profiles[0].fit, 0.6 + 2.5 * math.ceil(len(profiles) / COLUMNS))
    panels = subplots(body, len(profiles), COLUMNS)
    for axes, each in zip(panels.flat, profiles, strict=False):
        _draw(axes, each)
    calibrated = ", calibrated" if profiles[0].allowed > 0 else ""
    for axes in panels[:, 0]:
        axes.set_ylabel(f"rise of the objective{calibrated}")
    legend_above(body, panels[0, 0])
    return figure


def _draw(axes: Axes, profile: Profile) -> None:
    weight = float(profile.calibration.weights[0])
    unit = weight if weight > 0 and profile.allowed > 0 else 1.0  # lambda, or 1 where there is no noise
    allowed, x = 2 * profile.allowed / unit, profile.values
    low, high = (float(end) for end in np.clip(profile.interval, x[0], x[-1]))
    axes.axvspan(
        low, high, color=BAND, lw=0, gid="interval", label=f"{percent(profile.level)} profile interval"
    )
    axes.axhline(allowed, gid="allowed", label="allowed", **THRESHOLD)
    if profile.allowed > 0 and profile.stderr > 0:
        along = np.linspace(x[0], x[-1], 400)
        parabola = ((along - profile.estimate) / profile.stderr) ** 2
        axes.plot(along, parabola, gid="parabola", label="by the standard error", **PARABOLA)
    axes.plot(x, 2 * profile.rise / unit, gid="profile", label="profile", **CURVE)
    axes.plot([profile.estimate], [0], gid="estimate", label="fit", clip_on=False, **STAR)
    axes.set_ylim(0, ABOVE * allowed or float(np.max(2 * profile.rise / unit)) or 1.0)
    _label_ends(axes, profile, allowed)
    _scale(axes, "x", x, profile.name, most=5)


def _label_ends(axes: Axes, profile: Profile, allowed: float) -> None:
    """The ends of the interval in numbers; in words where one is open."""
    for end, is_open, alignment in zip(profile.interval, profile.open, ("left", "right"), strict=True):
        at = float(np.clip(end, profile.values[0], profile.values[-1]))
        value = numbered(end) if np.isfinite(end) or not is_open else ""
        text = ", ".join(filter(None, ["open" if is_open else "", value]))
        look: Any = {"textcoords": "offset points", "ha": alignment, "va": "bottom", "fontsize": 7.5}
        axes.annotate(text, (at, allowed), (3 if alignment == "left" else -3, 3), color=INK, **look)


def _scale(
    axes: Axes, which: Literal["x", "y"], values: Float[np.ndarray, " G"], name: str, most: int
) -> None:
    """A log axis where the values are spaced by their logarithm; at most so many steps on a plain one."""
    limits, steps, label = (float(values[0]), float(values[-1])), np.diff(values), UNITS.get(name, name)
    if values[0] > 0 and steps[-1] > 5 * steps[0]:
        log_axis(axes, which, limits, label)
    else:
        linear_axis(axes, which, limits, label, most)


@style()
def profile_surface(surface: ProfileSurface) -> Figure:
    """Joint regions of two quantities: contours of the profile, and the ellipses of the sandwich, dashed.

    Args:
        surface: The profile in two quantities.

    Returns:
        The figure.
    """
    figure, body = sheet(surface.fit, 4.6)
    axes = subplots(body, 1, 1)[0, 0]
    entries = _draw_regions(axes, surface) if surface.allowed[0] > 0 else []
    axes.plot(*([value] for value in surface.estimate), gid="estimate", label="fit", **STAR)
    _scale(axes, "x", surface.x[:, 0], surface.names[0], most=5)
    _scale(axes, "y", _span(surface), surface.names[1], most=6)
    legend_above(body, axes, *entries)
    return figure


def _draw_regions(axes: Axes, surface: ProfileSurface) -> list[Line2D]:
    """Contours and ellipses; their entries in the legend."""
    # The root of the rise is nearly a cone, along which matplotlib interpolates well.
    roots, levels = np.sqrt(np.maximum(surface.rise, 0.0)), np.sqrt(np.array(surface.allowed))
    shades = [COLOURS(shade) for shade in np.linspace(0.25, 0.75, len(levels))]
    filled = axes.contourf(surface.x, surface.y, roots, levels=[0, *levels], colors=shades, alpha=0.18)
    filled.set_gid("regions")
    lines = axes.contour(surface.x, surface.y, roots, levels=levels, colors=shades, linewidths=1.4)
    lines.set_gid("contours")
    entries = []
    for shade, level in zip(shades, surface.levels, strict=True):
        axes.plot(*ellipse(surface, level), color=shade, gid=f"ellipse-{100 * level:.4g}", **ELLIPSE)
        entries.append(Line2D([], [], color=shade, lw=1.4, label=percent(level)))
    return [*entries, Line2D([], [], color=FAINT, label="by the covariance", **ELLIPSE)]


def ellipse(surface: ProfileSurface, level: float) -> Float[np.ndarray, "2 n"]:
    """The ellipse of the sandwich covariance that a level of confidence allows (F with n - p)."""
    radius = np.sqrt(2 * Calibration(np.ones(2), surface.calibration.spare).rise(level))
    angle = np.linspace(0, 2 * np.pi, 361)
    values, axes = np.linalg.eigh(surface.covariance)
    root = axes * np.sqrt(np.maximum(values, 0.0))
    circle = radius * np.stack([np.cos(angle), np.sin(angle)])
    return np.asarray(np.array(surface.estimate)[:, None] + root @ circle)


def _span(surface: ProfileSurface) -> Float[np.ndarray, " G"]:
    """Values of y that hold the widest region, a little more at either end; all of them where it is one point."""
    inside = surface.y[surface.rise <= surface.allowed[-1]]
    if inside.size == 0 or np.ptp(inside) == 0:
        inside = surface.y
    low, high = float(inside.min()), float(inside.max())
    margin = 0.08 * (high - low)
    return np.array([low - margin, low, high, high + margin])
