"""Profile likelihood-type intervals: how far a quantity may move before the objective rises too much.

At every value of the quantity all other parameters are optimised again; the interval holds the values whose
objective exceeds the minimum by no more than the calibrated drop allows (see `calibration`). It follows the
curve where a standard error follows a parabola, and says so where a side is open.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from scalelaw._checks import check_at_least, check_probability
from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw._json import plain as plain_json
from scalelaw.fitting import Fit
from scalelaw.fitting.functions import Function
from scalelaw.fitting.limits import released
from scalelaw.numbers import significant
from scalelaw.solve import Levenberg
from scalelaw.solve.levenberg import exact_fit
from scalelaw.uncertainty.profile.calibration import Calibration, Quadratic, quadratic
from scalelaw.uncertainty.profile.quantity import Quantity, quantity_of, restore
from scalelaw.uncertainty.profile.search import Constrained, Crossing, Path, Search

POINTS = 48
# A profile that finds the objective lower than the fit's by this share says that the fit is not the minimum.
LOWER = 1e-9
# One chunk for every call of a profile, few lanes or many: one compilation.
SOLVER = Levenberg(chunk=16, stride=32, iterations=200)
# Steps of the search, as shares of the estimate (of 1 for a logarithm): where a standard error is of no use.
SHORTEST, LONGEST = 1e-3, 0.5


@dataclass(frozen=True, eq=False, repr=False)
class Profile:
    """A profile of the objective.

    Attributes:
        fit: the fit.
        name: of the quantity.
        estimate: its value at the fit.
        level: of confidence.
        values: [G] of the quantity, ascending, the estimate among them.
        objective: [G] with all other parameters optimised again.
        params: the law's NamedTuple of arrays [G], natural units.
        interval: (low, high); the end of the domain, or infinite, where a side is open.
        open: (below, above) whether no value on that side raises the objective enough.
        allowed: rise of the objective up to which a value belongs to the interval; 0 for runs without noise.
        calibration: the distribution of twice the rise.
        stderr: sandwich standard error, for comparison; NaN of a quantity that is held at its limit.
        notes: what has to be known first, a sentence each.
    """

    fit: Fit
    name: str
    estimate: float
    level: float
    values: Float[np.ndarray, " G"]
    objective: Float[np.ndarray, " G"]
    params: Any
    interval: tuple[float, float]
    open: tuple[bool, bool]
    allowed: float
    calibration: Calibration
    stderr: float
    notes: tuple[str, ...]

    @property
    def rise(self) -> Float[np.ndarray, " G"]:
        """The objective above the fit's."""
        return self.objective - self.fit.objective

    def to_frame(self) -> pd.DataFrame:
        """One row a value: `value`, `objective`, `rise`, `inside`, and the law's parameters there."""
        columns = {"value": self.values, "objective": self.objective, "rise": self.rise}
        inside = (self.values >= self.interval[0]) & (self.values <= self.interval[1])
        return pd.DataFrame({**columns, "inside": inside, **self.params._asdict()})

    def summary(self) -> dict[str, Any]:
        """The interval and the curve, for JSON; an infinite end is None."""
        summary = {
            "of": self.name,
            "value": self.estimate,
            "stderr": self.stderr,
            "level": self.level,
            "low": self.interval[0],
            "high": self.interval[1],
            "open_below": self.open[0],
            "open_above": self.open[1],
            "rise_allowed": self.allowed,
            "calibration": self.calibration.weights,
            "notes": self.notes,
            "curve": self.to_frame().to_dict("list"),
        }
        return dict(plain_json(summary))

    def text(self) -> str:
        """The interval in words."""
        low, high = (significant(end) for end in self.interval)
        half = NormalDist().inv_cdf((1 + self.level) / 2) * self.stderr
        lines = [
            *(f"note: {note}" for note in self.notes),
            f"{self.name} {significant(self.estimate)}, {100 * self.level:.4g} % profile interval {low} to {high}",
            *(f"  {sentence}" for sentence in self.sides()),
        ]
        if not np.isnan(half):
            ends = (significant(self.estimate - half), significant(self.estimate + half))
            lines.append("  by the standard error {} to {}".format(*ends))
        return "\n".join(lines)

    def sides(self) -> list[str]:
        """A sentence for every open side."""
        ends = zip(self.open, self.interval, ("below", "above"), strict=True)
        return [
            f"open {side}: no {self.name} {side} the estimate raises the objective by what the level asks"
            + (f", not even {end:.6g}" if np.isfinite(end) else "")
            for is_open, end, side in ends
            if is_open
        ]

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def profile(
    fit: Fit, of: Function, *, level: float = 0.95, points: int = POINTS, solver: Levenberg | None = None
) -> Profile:
    """Profile the objective in one quantity, and its interval.

    Args:
        fit: the fit.
        of: a free parameter ("E"), a derived quantity ("a"), or a function of the law's NamedTuple to a scalar.
        level: of confidence, between 0 and 1.
        points: values on the curve; the ends of the interval do not depend on them.
        solver: `scalelaw.solve.Levenberg` by default.

    Returns:
        The profile.

    Raises:
        BadInput: for an unknown name, a parameter that the fit holds or has at its bound, or a number out of
            range.

    References:
        Venzon & Moolgavkar 1988; Kent 1982 for the calibration.

    Examples:
        >>> found = sl.profile(sl.fit(sl.read_dataset("simulated-sweep")), "E", points=8)
        >>> "{:.3f} to {:.3f}".format(*found.interval)
        '1.802 to 1.828'
    """
    check_probability("level", level)
    check_at_least("points", points, 8)
    quantity = quantity_of(fit, of)
    calibration, sandwich, _ = quadratic_of(fit, quantity)
    stderr = float(np.sqrt(max(sandwich[0, 0], 0.0)))
    allowed = calibration.rise(level)
    search = search_of(fit, quantity, stderr, allowed, solver or SOLVER)
    exact = allowed <= rounding(search.constrained)
    reaches = (4 * search.step,) * 2 if exact else (search.reach(-1), search.reach(1))
    path = search.path(search.grid(*reaches, points))
    still = Crossing(quantity.estimate, open=False, returns=False)
    below, above = (still, still) if exact else (search.crossing(path, -1), search.crossing(path, 1))
    notes = notes_of(fit, path, rounding(search.constrained))
    if quantity.at_limit:
        below = still
        notes.append(
            f"{quantity.name} is held at {quantity.estimate:g}, its limit: the interval has one side"
        )
    if below.returns or above.returns:
        notes.append(
            f"values of {quantity.name} beyond an end of the interval are allowed again: see the curve"
        )
    return Profile(
        fit=fit,
        name=quantity.name,
        estimate=quantity.estimate,
        level=level,
        values=path.values[:, 0],
        objective=path.objective,
        params=restore(quantity.law, search.constrained.params(path)),
        interval=(below.end, above.end),
        open=(below.open, above.open),
        allowed=0.0 if exact else allowed,
        calibration=calibration,
        stderr=np.nan if quantity.at_limit else stderr,
        notes=tuple(notes),
    )


def quadratic_of(fit: Fit, *quantities: Quantity) -> Quadratic:
    """What second derivatives at the fit say of these quantities."""
    limits = [quantity.pivot for quantity in quantities if quantity.at_limit]
    point = released(fit.setup, fit.point, limits)
    return quadratic(fit.setup.weight, point, np.stack([quantity.gradient for quantity in quantities]))


def search_of(fit: Fit, quantity: Quantity, stderr: float, allowed: float, solver: Levenberg) -> Search:
    """The search for the ends of a profile."""
    held = ((quantity.pivot, quantity.estimate),)
    constrained = Constrained.of(fit, quantity.law, held, solver)
    return Search(
        constrained=constrained,
        estimate=quantity.estimate,
        lowest=fit.objective,
        allowed=allowed,
        step=_step(quantity, stderr),
        logged=quantity.logged,
        domain=quantity.domain,
    )


def rounding(constrained: Constrained) -> float:
    """The objective of runs without noise: less cannot be told from rounding."""
    return float(_rounding(constrained.setup.problem))


_rounding = float64(compiled(exact_fit))


def _step(quantity: Quantity, stderr: float) -> float:
    """A standard error on the scale of the search, kept between what can be seen and what makes sense."""
    size = abs(quantity.estimate)
    if quantity.at_limit and 0 < stderr < np.inf:
        return stderr
    if quantity.logged:
        return float(np.clip(stderr / size if size > 0 else LONGEST, SHORTEST, LONGEST))
    least, most = SHORTEST * max(size, SHORTEST), LONGEST * max(size, 1.0)
    return float(np.clip(stderr if np.isfinite(stderr) else most, least, most))


def notes_of(fit: Fit, path: Path, floor: float) -> list[str]:
    """What a reader of a profile has to know first: a minimum below the fit's, fits that did not settle."""
    best = int(np.argmin(path.objective))
    lost = int(np.count_nonzero(~path.usable))
    notes = []
    if path.objective[best] < fit.objective * (1 - LOWER) - floor:
        at = " and ".join(significant(value) for value in path.values[best])
        notes.append(f"the objective is lower at {at} than at the fit: fit again from more starts")
    if lost:
        notes.append(
            f"{lost} of {len(path.usable)} constrained fits did not settle; their objective is a bound"
        )
    return notes
