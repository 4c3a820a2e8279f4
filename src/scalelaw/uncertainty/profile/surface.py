"""The profile of the objective in two quantities: joint regions that follow the surface, not its ellipse.

Two parameters of a scaling law are often so correlated that a rectangle of values misses the region: the
grid follows its ridge. Each column stands at one x, about the y that is best there.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from scalelaw._checks import BadInput, check_at_least, check_probability
from scalelaw._json import plain as plain_json
from scalelaw.fitting import Fit
from scalelaw.fitting.functions import Function
from scalelaw.laws import Law
from scalelaw.numbers import significant
from scalelaw.solve import Levenberg
from scalelaw.uncertainty.profile.calibration import Calibration, Quadratic
from scalelaw.uncertainty.profile.profile import SOLVER, notes_of, quadratic_of, rounding, search_of
from scalelaw.uncertainty.profile.quantity import Quantity, quantity_of, restore
from scalelaw.uncertainty.profile.search import Constrained, Path, Search

LEVELS = (0.5, 0.9, 0.95)
POINTS = 41
# A column reaches so far beyond what the curvature asks; where the region is cut off, all are made longer.
LONGER, ROUNDS = 1.4, 6

Ends = tuple[float, float]


@dataclass(frozen=True, eq=False, repr=False)
class ProfileSurface:
    """A profile of the objective in two quantities.

    Attributes:
        fit: the fit.
        names: of the two quantities.
        estimate: their values at the fit.
        levels: of confidence, ascending.
        x: [X, Y] values of the first quantity, the same within a row, ascending.
        y: [X, Y] of the second, ascending within a row.
        objective: [X, Y] with all other parameters optimised again.
        params: the law's NamedTuple of arrays [X, Y], natural units.
        allowed: rise of the objective that the joint region of each level allows.
        extremes: of each region, (low, high) of the first quantity and of the second.
        calibration: the distribution of twice the rise.
        covariance: [2, 2] sandwich, for comparison.
        notes: what has to be known first, a sentence each.
    """

    fit: Fit
    names: tuple[str, str]
    estimate: tuple[float, float]
    levels: tuple[float, ...]
    x: Float[np.ndarray, "X Y"]
    y: Float[np.ndarray, "X Y"]
    objective: Float[np.ndarray, "X Y"]
    params: Any
    allowed: tuple[float, ...]
    extremes: tuple[tuple[Ends, Ends], ...]
    calibration: Calibration
    covariance: Float[np.ndarray, "2 2"]
    notes: tuple[str, ...]

    @property
    def rise(self) -> Float[np.ndarray, "X Y"]:
        """The objective above the fit's."""
        return self.objective - self.fit.objective

    def to_frame(self) -> pd.DataFrame:
        """One row a point: the two quantities, `objective`, `rise`, and the law's parameters there."""
        columns = {self.names[0]: self.x, self.names[1]: self.y, "objective": self.objective}
        columns |= {"rise": self.rise} | self.params._asdict()
        return pd.DataFrame({name: column.ravel() for name, column in columns.items()})

    def summary(self) -> dict[str, Any]:
        """The regions and the grid, for JSON; an infinite end is None."""
        regions = [
            {
                "level": level,
                "rise_allowed": allowed,
                **dict(zip(self.names, ends, strict=True)),
            }
            for level, allowed, ends in zip(self.levels, self.allowed, self.extremes, strict=True)
        ]
        summary = {
            "of": self.names,
            "value": self.estimate,
            "regions": regions,
            "calibration": self.calibration.weights,
            "notes": self.notes,
            "grid": [self.x, self.y],
            "objective": self.objective,
        }
        return dict(plain_json(summary))

    def text(self) -> str:
        """The extremes of the regions in words."""
        at = " and ".join(
            f"{name} {significant(value)}" for name, value in zip(self.names, self.estimate, strict=True)
        )
        lines = [*(f"note: {note}" for note in self.notes), f"{at}; extremes of the joint profile regions:"]
        for level, ends in zip(self.levels, self.extremes, strict=True):
            spans = (
                f"{name} {significant(low)} to {significant(high)}"
                for name, (low, high) in zip(self.names, ends, strict=True)
            )
            lines.append(f"  {100 * level:.4g} %   {'   '.join(spans)}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def profile_surface(
    fit: Fit,
    x: Function,
    y: Function,
    *,
    levels: tuple[float, ...] = LEVELS,
    points: int = POINTS,
    solver: Levenberg | None = None,
) -> ProfileSurface:
    """Profile the objective in two quantities at once.

    Args:
        fit: the fit.
        x: a free parameter, a derived quantity, or a function of the law's NamedTuple to a scalar.
        y: another; at most one of the two is no parameter.
        levels: of confidence of the joint regions.
        points: values of x, and of y at each.
        solver: `scalelaw.solve.Levenberg` by default.

    Returns:
        The surface.

    Raises:
        BadInput: as `profile`; for the same quantity twice, or two that are no parameters.

    References:
        Kent 1982 for the calibration.
    """
    levels = tuple(sorted(check_probability("levels", level) for level in levels))
    check_at_least("points", points, 8)
    quantities, law = _pair(fit, x, y)
    second = quadratic_of(fit, *quantities)
    allowed = tuple(second.calibration.rise(level) for level in levels)
    solver = solver or SOLVER
    searches = [
        search_of(fit, quantity, float(np.sqrt(max(variance, 0.0))), allowed[-1], solver)
        for quantity, variance in zip(quantities, np.diag(second.sandwich), strict=True)
    ]
    ridges = []
    for search in searches:  # as far as the widest region goes
        exact = search.allowed <= rounding(search.constrained)
        reaches = (4 * search.step,) * 2 if exact else (search.reach(-1), search.reach(1))
        ridges.append(search.path(search.grid(*reaches, points)))
    held = tuple((quantity.pivot, quantity.estimate) for quantity in quantities)
    constrained = Constrained.of(fit, law, held, solver)
    centre = quantities[1].of(restore(quantities[0].law, searches[0].constrained.params(ridges[0])))
    path = _columns(
        constrained, searches[1], ridges[0].values[:, 0], centre, _width(second, searches[1]), points
    )
    shape = len(centre), points
    natural = restore(law, constrained.params(path))
    return ProfileSurface(
        fit=fit,
        names=(quantities[0].name, quantities[1].name),
        estimate=(quantities[0].estimate, quantities[1].estimate),
        levels=levels,
        x=path.values[:, 0].reshape(shape),
        y=path.values[:, 1].reshape(shape),
        objective=path.objective.reshape(shape),
        params=fit.law.Params(*(leaf.reshape(shape) for leaf in natural)),
        allowed=allowed,
        extremes=tuple(_extremes(searches, ridges, rise) for rise in allowed),
        calibration=second.calibration,
        covariance=second.sandwich,
        notes=tuple(notes_of(fit, path, rounding(constrained))),
    )


def _pair(fit: Fit, x: Function, y: Function) -> tuple[tuple[Quantity, Quantity], Law]:
    """The two quantities, and the law in which both are parameters."""
    functions = [of for of in (x, y) if callable(of) or of not in fit.law.fields]
    taken = tuple(of for of in (x, y) if isinstance(of, str) and of in fit.law.fields)
    both = [quantity_of(fit, of, tuple(name for name in taken if name != of)) for of in (x, y)]
    if x == y or len(functions) == 2:
        raise BadInput(
            "a profile surface must be of two quantities, at least one of them a parameter, "
            f"got {both[0].name!r} and {both[1].name!r}"
        )
    law = next((quantity.law for quantity in both if quantity.law is not fit.law), fit.law)
    return (both[0], both[1]), law


def _width(second: Quadratic, search: Search) -> float:
    """How far y may be from the best at its x by the curvature, on the scale of its search."""
    (xx, xy), (_, yy) = second.plain
    width = float(np.sqrt(2 * search.allowed * max(yy - xy**2 / xx, 0.0))) if xx > 0 else np.nan
    if search.logged:
        width /= search.estimate
    return LONGER * width if np.isfinite(width) and width > 0 else 4 * search.step


def _columns(
    constrained: Constrained,
    search: Search,
    x: Float[np.ndarray, " X"],
    centre: Float[np.ndarray, " X"],
    width: float,
    points: int,
) -> Path:
    """Columns of y about the ridge, longer until they hold all of the region."""
    neighbours = neighbours_in_grid(len(x), points)
    for _ in range(ROUNDS):
        offsets = width * np.linspace(-1, 1, points)
        y = centre[:, None] * np.exp(offsets) if search.logged else centre[:, None] + offsets
        y = np.clip(y, *search.domain)
        values = np.column_stack([np.repeat(x, points), y.ravel()])
        path = constrained.path(values, neighbours)
        edges = (path.objective.reshape(y.shape) - search.lowest)[:, [0, -1]]
        inside = (y[:, [0, -1]] > search.domain[0]) & (y[:, [0, -1]] < search.domain[1])
        if not ((edges <= search.allowed) & inside).any():
            break
        width *= LONGER
    return path


def _extremes(searches: list[Search], ridges: list[Path], rise: float) -> tuple[Ends, Ends]:
    """Where each quantity's own profile crosses the rise: the extremes of the joint region."""
    ends = [
        (search.estimate,) * 2
        if rise <= rounding(search.constrained)
        else tuple(replace(search, allowed=rise).crossing(ridge, sign).end for sign in (-1, 1))
        for search, ridge in zip(searches, ridges, strict=True)
    ]
    return (ends[0][0], ends[0][1]), (ends[1][0], ends[1][1])


def neighbours_in_grid(rows: int, columns: int) -> Int[np.ndarray, "M 4"]:
    """The four neighbours of each point of a grid, by its row in the flattened order."""
    i, j = np.divmod(np.arange(rows * columns), columns)
    beside = [(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)]
    return np.column_stack(
        [np.clip(a, 0, rows - 1) * columns + np.clip(b, 0, columns - 1) for a, b in beside]
    )
