"""Profiles of the objective: how far a quantity may move, by the curve and by the standard error."""

import math
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from scalelaw.plots._axes import decimals, log_x, log_y
from scalelaw.plots._style import (
    ACCENT,
    BAND,
    COLOURS,
    FAINT,
    INK,
    STAR,
    legend_above,
    numbered,
    plain,
    sheet,
    style,
)
from scalelaw.uncertainty import Profile, ProfileSurface
from scalelaw.uncertainty.profile import Calibration

COLUMNS = 3
ABOVE = 1.7
"""The panel of a profile ends at this multiple of what its level allows."""

CURVE: Any = {"color": COLOURS(0.35), "lw": 1.4, "zorder": 4}
PARABOLA: Any = {"color": FAINT, "lw": 1.0, "ls": (0, (4, 2)), "zorder": 3}
THRESHOLD: Any = {"color": ACCENT, "lw": 0.8, "zorder": 2}

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
    rows = math.ceil(len(profiles) / COLUMNS)
    figure, body = sheet(profiles[0].fit, 0.6 + 2.5 * rows)
    panels = body.subplots(rows, math.ceil(len(profiles) / rows), squeeze=False)
    for axes, each in zip(panels.flat, profiles, strict=False):
        _draw(plain(axes), each)
    for axes in panels.flat[len(profiles) :]:
        axes.set_axis_off()
    calibrated = ", calibrated" if profiles[0].allowed > 0 else ""
    for axes in panels[:, 0]:
        axes.set_ylabel(f"rise of the objective{calibrated}")
    legend_above(body, panels[0, 0])
    return figure


def _draw(axes: Axes, profile: Profile) -> None:
    unit = _unit(profile)
    allowed = 2 * profile.allowed / unit
    low, high = (float(end) for end in np.clip(profile.interval, profile.values[0], profile.values[-1]))
    axes.axvspan(
        low, high, color=BAND, lw=0, gid="interval", label=f"{100 * profile.level:.4g} % profile interval"
    )
    axes.axhline(allowed, gid="allowed", label="allowed", **THRESHOLD)
    if profile.allowed > 0 and profile.stderr > 0:
        x = np.linspace(profile.values[0], profile.values[-1], 400)
        parabola = ((x - profile.estimate) / profile.stderr) ** 2
        axes.plot(x, parabola, gid="parabola", label="by the standard error", **PARABOLA)
    axes.plot(profile.values, 2 * profile.rise / unit, gid="profile", label="profile", **CURVE)
    axes.plot([profile.estimate], [0], gid="estimate", label="fit", clip_on=False, **STAR)
    highest = ABOVE * allowed or float(np.max(2 * profile.rise / unit)) or 1.0
    axes.set_ylim(0, highest)
    _label_ends(axes, profile, allowed)
    _scale(axes, profile.values, profile.name)


def _unit(profile: Profile) -> float:
    """lambda, or 1 where there is no noise."""
    weight = float(profile.calibration.weights[0])
    return weight if weight > 0 and profile.allowed > 0 else 1.0


def _label_ends(axes: Axes, profile: Profile, allowed: float) -> None:
    """The ends of the interval in numbers; an arrow for an open side."""
    for end, is_open, side in zip(profile.interval, profile.open, ("left", "right"), strict=True):
        at = float(np.clip(end, profile.values[0], profile.values[-1]))
        text = (
            f"open, {numbered(end)}" if is_open and np.isfinite(end) else "open" if is_open else numbered(end)
        )
        inward = 3 if side == "left" else -3
        axes.annotate(
            text,
            (at, allowed),
            (inward, 3),
            textcoords="offset points",
            ha=side,
            va="bottom",
            fontsize=7.5,
            color=INK,
        )


def _scale(axes: Axes, values: Float[np.ndarray, " G"], name: str) -> None:
    """A log axis where the values are spaced by their logarithm."""
    limits = (float(values[0]), float(values[-1]))
    if _by_logs(values):
        log_x(axes, limits, UNITS.get(name, name))
        return
    axes.set_xlim(*limits)
    axes.set_xlabel(UNITS.get(name, name))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(decimals())


def _by_logs(values: Float[np.ndarray, " G"]) -> bool:
    steps = np.diff(values)
    return bool(values[0] > 0 and steps[-1] > 5 * steps[0])


@style()
def profile_surface(surface: ProfileSurface) -> Figure:
    """Joint regions of two quantities: contours of the profile, and the ellipses of the sandwich, dashed.

    Args:
        surface: The profile in two quantities.

    Returns:
        The figure.
    """
    figure, body = sheet(surface.fit, 4.6)
    axes = plain(body.subplots())
    x, y, roots = surface.x, surface.y, np.sqrt(np.maximum(surface.rise, 0.0))
    levels = np.sqrt(np.array(surface.allowed))
    shades = [COLOURS(shade) for shade in np.linspace(0.25, 0.75, len(levels))]
    entries = []
    if levels[0] > 0:
        filled = axes.contourf(x, y, roots, levels=[0, *levels], colors=shades, alpha=0.18)
        filled.set_gid("regions")
        axes.contour(x, y, roots, levels=levels, colors=shades, linewidths=1.4).set_gid("contours")
        entries = [
            Line2D([], [], color=shade, lw=1.4, label=f"{100 * level:.4g} %")
            for shade, level in zip(shades, surface.levels, strict=True)
        ]
        for shade, level in zip(shades, surface.levels, strict=True):
            ring = ellipse(surface, level)
            axes.plot(*ring, color=shade, lw=0.9, ls=(0, (4, 2)), gid=f"ellipse-{100 * level:.4g}")
        entries.append(Line2D([], [], color=FAINT, lw=0.9, ls=(0, (4, 2)), label="by the covariance"))
    axes.plot(*([value] for value in surface.estimate), gid="estimate", label="fit", **STAR)
    _scale(axes, x[:, 0], surface.names[0])
    _scale_y(axes, _span(surface), surface.names[1])
    legend_above(body, axes, *entries)
    return figure


def ellipse(surface: ProfileSurface, level: float) -> Float[np.ndarray, "2 n"]:
    """The ellipse of the sandwich covariance that a level of confidence allows (F with n - p)."""
    radius = np.sqrt(2 * Calibration(np.ones(2), surface.calibration.spare).rise(level))
    angle = np.linspace(0, 2 * np.pi, 361)
    values, axes = np.linalg.eigh(surface.covariance)
    root = axes * np.sqrt(np.maximum(values, 0.0))
    circle = radius * np.stack([np.cos(angle), np.sin(angle)])
    return np.asarray(np.array(surface.estimate)[:, None] + root @ circle)


def _span(surface: ProfileSurface) -> Float[np.ndarray, " G"]:
    """Values of y that hold the widest region, a little more on either side."""
    inside = surface.y[surface.rise <= surface.allowed[-1]]
    low, high = (float(inside.min()), float(inside.max())) if inside.size > 1 else np.ptp(surface.y)
    margin = 0.08 * (high - low)
    return np.array([low - margin, low, high, high + margin])


def _scale_y(axes: Axes, values: Float[np.ndarray, " G"], name: str) -> None:
    limits = (float(values[0]), float(values[-1]))
    if _by_logs(values):
        log_y(axes, limits, UNITS.get(name, name))
        return
    axes.set_ylim(*limits)
    axes.set_ylabel(UNITS.get(name, name))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter(decimals())
