"""What the runs cannot determine, in words that name the combination."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from jaxtyping import Float

from scalelaw.laws import Law
from scalelaw.numbers import format_number

# A standard error of 1 on a log or an exponent is a factor of e: nothing is known about it.
UNDETERMINED = 1.0
# Spread of log D about its line on log N below which the two are one variable (log units).
COLLINEAR = 0.1
# An input whose largest value is under this multiple of its smallest has no slope to show.
NARROW = 2.0
SPARE_RUNS = 2
# Share of a unit vector above which a parameter belongs to the combination it points along.
MATTERS = 0.3


def design_faults(inputs: Mapping[str, np.ndarray], parameters: int) -> tuple[str, ...]:
    """Faults of the design alone: too few runs, an input that hardly varies, inputs that vary together."""
    n = len(next(iter(inputs.values())))
    positive = {name: np.log(x) for name, x in inputs.items() if (x > 0).all()}
    faults = [_few(n, parameters)] if n < parameters + SPARE_RUNS else []
    faults += [_narrow(name, x) for name, x in positive.items() if np.ptp(x) < np.log(NARROW)]
    wide = {name: x for name, x in positive.items() if np.ptp(x) >= np.log(NARROW)}
    faults += [
        _collinear(one, other, wide)
        for one, other in combinations(wide, 2)
        if _spread_about_line(wide[one], wide[other]) < COLLINEAR
    ]
    return tuple(faults)


def unidentified_directions(
    jacobian: Float[np.ndarray, "p n"], weight: Float[np.ndarray, " n"], scale: float, names: list[str]
) -> tuple[str, ...]:
    """Directions of theta whose standard error, at this residual scale, is a factor of e or more.

    Args:
        jacobian: of the residuals in centred coordinates, each in a unit of order one.
        weight: of the runs.
        scale: standard deviation of the residuals.
        names: of the entries of theta.
    """
    if not names:
        return ()
    relative = weight / weight.mean()
    information, directions = np.linalg.eigh((jacobian * relative) @ jacobian.T)
    rounding = np.finfo(float).eps * max(information[-1], np.finfo(float).tiny) * len(names)
    errors = scale / np.sqrt(np.maximum(information, rounding))
    loose = (errors > UNDETERMINED) | (information <= rounding)
    return tuple(_loose(names, directions[:, k], errors[k]) for k in np.flatnonzero(loose))


def implausible_values(law: Law, params: Mapping[str, float]) -> tuple[str, ...]:
    """Parameters outside the range in which the law's author expects them."""
    return tuple(
        f"{name} has run off to {params[name]:.4g} (expected between {low:g} and {high:g}): "
        "the term it belongs to is not determined by these runs"
        for name, (low, high) in law.plausible.items()
        if not low <= params[name] <= high
    )


def multiple_optima(
    theta: Float[np.ndarray, "lanes p"], best: Float[np.ndarray, " p"], names: list[str]
) -> tuple[str, ...]:
    """Parameters that differ between starts with the same objective.

    Args:
        theta: ends of the starts that share the lowest objective.
        best: the winner.
        names: of the entries of theta.
    """
    apart = np.ptp(np.vstack([theta, best]), axis=0)
    moved = [f"{name} by {gap:.2g}" for name, gap in zip(names, apart, strict=True) if gap > COLLINEAR]
    if not moved:
        return ()
    differ = ", ".join(moved)
    return (f"different parameters fit equally well: starts with the same objective differ in {differ}",)


def _few(n: int, parameters: int) -> str:
    return (
        f"{n} runs are too few for {parameters} free parameters: "
        f"at least {parameters + SPARE_RUNS} are needed to see any misfit"
    )


def _narrow(name: str, x: np.ndarray) -> str:
    factor = float(np.exp(np.ptp(x)))
    return (
        f"{name} spans only {factor - 1:.0%} (a factor of {factor:.3g}): "
        f"the exponent and coefficient of {name} are not determined"
    )


def _spread_about_line(x: np.ndarray, y: np.ndarray) -> float:
    slope, intercept = np.polyfit(x - x.mean(), y, 1)
    return float(np.std(y - slope * (x - x.mean()) - intercept))


def _collinear(one: str, other: str, logs: Mapping[str, np.ndarray]) -> str:
    x, y = logs[one], logs[other]
    slope = float(np.polyfit(x, y, 1)[0])
    ratio = format_number(float(np.exp(np.mean(y - x))), 3)
    line = f"{other} = {ratio} {one}" if abs(slope - 1) < 0.05 else f"{other} ~ {one}^{slope:.2f}"
    return (
        f"{one} and {other} are collinear (all runs lie on {line}): their terms cannot be told apart, "
        f"so neither exponent is determined; add runs at other ratios of {other} to {one}"
    )


def _loose(names: list[str], direction: np.ndarray, error: float) -> str:
    direction = direction * np.sign(direction[np.argmax(np.abs(direction))])
    terms = [
        f"{value:+.2f} {name}" for name, value in zip(names, direction, strict=True) if abs(value) > MATTERS
    ]
    combination = " ".join(terms).removeprefix("+").replace("+", "+ ").replace(" -", " - ").strip()
    size = f"{error:.2g}" if error < 1e3 else "unbounded"
    what = names[int(np.argmax(np.abs(direction)))] if len(terms) == 1 else f"the combination {combination}"
    return f"the runs do not determine {what} (standard error {size}, in centred logs)"
