"""The search along one profile: how far to look, the curve, and where it crosses what is allowed."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from scalelaw.uncertainty.profile.constrained import Constrained, Path

# Distances tried, in standard errors, before more are: 0.5 to 7 and a quarter farther each time.
NEAREST, FARTHER, AT_ONCE = 0.5, 1.25, 12
# The curve goes on a little beyond the interval.
BEYOND = 1.1
# Nobody looks beyond: a factor of e^40 of a positive quantity, or so many standard errors.
VANISHED, FARTHEST = 40.0, 4096.0
# A positive quantity whose extremes are farther apart than this factor is spaced by its logarithm.
WIDE = 30.0
# Ends are found to this share of their size.
TOLERANCE = 1e-9
ROUNDS = 60
# Trials about the secant's guess, as shares of the bracket: one hit shortens it thousandfold.
ABOUT = np.array([-0.1, -1e-3, -1e-5, 1e-5, 1e-3, 0.1])

Values = Float[np.ndarray, " M"]


class Crossing(NamedTuple):
    """One side of an interval.

    Attributes:
        end: where the rise is the allowed one; the end of the domain, or infinite, where there is no such.
        open: whether there is none.
        returns: whether a value farther out is allowed again.
    """

    end: float
    open: bool
    returns: bool


@dataclass(frozen=True)
class Search:
    """A profile to be searched.

    Attributes:
        constrained: fits with the quantity held.
        estimate: of the quantity.
        lowest: the objective there.
        allowed: its rise at an end.
        step: a standard error of the quantity, of its logarithm if `logged`.
        logged: whether distances are those of logarithms.
        domain: lowest and highest value.
    """

    constrained: Constrained
    estimate: float
    lowest: float
    allowed: float
    step: float
    logged: bool
    domain: tuple[float, float]

    def at(self, distance: Values, sign: int) -> Values:
        """The values at distances from the estimate, kept in the domain; zero where one has vanished."""
        if not self.logged:
            return np.clip(self.estimate + sign * distance, *self.domain)
        values = self.estimate * np.exp(sign * np.minimum(distance, VANISHED))
        return np.clip(np.where(sign * distance <= -VANISHED, 0.0, values), *self.domain)

    def path(self, values: Values) -> Path:
        """Constrained fits at ascending values, each started from its neighbours' ends as well."""
        return self.constrained.path(values[:, None], beside(len(values)))

    def rise(self, path: Path) -> Values:
        """Objectives above the lowest."""
        return path.objective - self.lowest

    def reach(self, sign: int) -> float | None:
        """A distance at which the objective has risen too far; None if there is none in the domain."""
        limit = VANISHED if self.logged else FARTHEST * self.step
        first = NEAREST * self.step
        while True:
            distance = np.minimum(first * FARTHER ** np.arange(AT_ONCE), limit)
            values = self.at(distance, sign)
            order = np.argsort(values, kind="stable")
            rise = np.empty(AT_ONCE)
            rise[order] = self.rise(self.path(values[order]))
            over = np.flatnonzero(rise > self.allowed)
            if len(over):
                return float(distance[over[0]])
            if distance[-1] >= limit or values[-1] in self.domain:
                return None
            first = distance[-1] * FARTHER

    def grid(self, below: float | None, above: float | None, points: int) -> Values:
        """Values between the two reaches, the estimate among them; an open side reaches as far as the other."""
        other = max([4 * self.step, *(reach for reach in (below, above) if reach is not None)])
        low, high = (
            float(self.at(np.array([BEYOND * (other if reach is None else reach)]), sign)[0])
            for reach, sign in ((below, -1), (above, 1))
        )
        if below is None and np.isfinite(self.domain[0]):
            low = self.domain[0]
        spaced = np.geomspace if low > 0 and high > WIDE * low else np.linspace
        return np.unique(np.append(spaced(low, high, points - 1), self.estimate))

    def crossing(self, path: Path, sign: int) -> Crossing:
        """Where the curve leaves the allowed rise for the first time on a side."""
        values, rise = path.values[:, 0], self.rise(path)
        outward = np.flatnonzero(sign * (values - self.estimate) >= 0)[::sign]
        over = np.flatnonzero(rise[outward] > self.allowed)
        if not len(over):
            return Crossing(self.domain[0 if sign < 0 else 1], open=True, returns=False)
        k = int(over[0])
        returns = bool((rise[outward[k:]] <= self.allowed).any())
        if k == 0:
            return Crossing(self.estimate, open=False, returns=returns)
        return Crossing(self._root(_rows(path, outward[[k - 1, k]])), open=False, returns=returns)

    def _root(self, bracket: Path) -> float:
        """The crossing between two values, the inner one first."""
        for _ in range(ROUNDS):
            inner, outer = bracket.values[:, 0]
            if abs(outer - inner) <= TOLERANCE * max(abs(outer), abs(inner)):
                break
            trials = self._trials(bracket)
            starts = np.broadcast_to(bracket.theta, (len(trials), *bracket.theta.shape))
            path = _joined(bracket, self.constrained.solved(trials[:, None], starts))
            k = int(np.flatnonzero(self.rise(path) > self.allowed)[0])
            bracket = _rows(path, np.array([k - 1, k]))
        return self._secant(bracket)

    def _trials(self, bracket: Path) -> Values:
        """Values inside a bracket, from its inner end: near the secant's guess, and one in the middle."""
        inner, outer = bracket.values[:, 0]
        share = (self._secant(bracket) - inner) / (outer - inner)
        shares = np.unique(np.append(share + ABOUT, 0.5))
        return np.asarray(inner + (outer - inner) * shares[(shares > 0) & (shares < 1)])

    def _secant(self, bracket: Path) -> float:
        """Where the root of the rise, straight for a parabola, would be the allowed one's."""
        roots = np.sqrt(np.maximum(self.rise(bracket), 0.0))
        inner, outer = bracket.values[:, 0]
        share = (np.sqrt(self.allowed) - roots[0]) / max(roots[1] - roots[0], np.finfo(float).tiny)
        return float(inner + (outer - inner) * np.clip(share, 0, 1))


def beside(count: int) -> Int[np.ndarray, "M 2"]:
    """The neighbours of each value in a row."""
    rows = np.arange(count)
    return np.column_stack([np.maximum(rows - 1, 0), np.minimum(rows + 1, count - 1)])


def _rows(path: Path, rows: np.ndarray) -> Path:
    return Path(*(column[rows] for column in path))


def _joined(bracket: Path, path: Path) -> Path:
    """A bracket with the path between its ends."""
    return Path(
        *(np.concatenate([ends[:1], column, ends[1:]]) for ends, column in zip(bracket, path, strict=True))
    )
