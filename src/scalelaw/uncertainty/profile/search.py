"""Constrained fits, and the search along one profile: how far to look, the curve, where it crosses what is allowed.

In a constrained fit some parameters are held at one value a lane, and all others optimised, every lane in one
call.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array, Bool, Float, Int

from scalelaw.fitting import Fit
from scalelaw.fitting.coordinates import Constraints
from scalelaw.fitting.limits import raised
from scalelaw.fitting.setup import Setup, prepare
from scalelaw.fitting.starts import distinct
from scalelaw.laws import Law
from scalelaw.solve import Levenberg, Problem

# Sweeps over all lanes from their neighbours' ends; they stop when none is lower by this share.
SWEEPS = 8
LOWER = 1e-10
# A lane that no coordinate offers more than this share of the objective has settled, whatever its status:
# between the kinks of a nearly absolute loss the last digits take long.
STILL = 1e-9
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


class Path(NamedTuple):
    """Constrained optima, one a row of held values.

    Attributes:
        values: [M, k] what was held, natural units.
        theta: [M, p - k] the others, on the solver's scale.
        objective: [M].
        usable: [M] whether the winning lane settled.
    """

    values: Float[np.ndarray, "M k"]
    theta: Float[np.ndarray, "M q"]
    objective: Float[np.ndarray, " M"]
    usable: Bool[np.ndarray, " M"]


@dataclass(frozen=True)
class Constrained:
    """A fit made ready to be repeated with parameters held.

    Attributes:
        setup: the solver's problem with the names held, and the way back to parameters.
        starts: [K, p - k] the fit's basins, and the fit with what is at its limit raised.
        solver: what minimises.
    """

    setup: Setup
    starts: Float[np.ndarray, "K q"]
    solver: Levenberg

    @classmethod
    def of(
        cls,
        fit: Fit,
        law: Law,
        held: tuple[tuple[str, float], ...],
        solver: Levenberg,
    ) -> "Constrained":
        """From a fit, the law on whose scale parameters are held, and their names and values."""
        names = {name for name, _ in held}
        old = fit.settings.constraints
        bounds = tuple(pair for pair in old.bounds if pair[0] not in names)
        constraints = Constraints(old.fix + held, old.tie, bounds)
        setup = prepare(fit.runs, law, fit.settings.objective, constraints)
        ends = [basin.params for basin in fit.basins]
        if fit.certificate.at_limit:
            ends.append(fit.setup.params(raised(fit.setup, fit.point, fit.theta)))
        theta = setup.theta(np.array([[*params] for params in ends], float))
        return cls(setup, distinct(theta[np.isfinite(theta).all(axis=1)]), solver)

    def path(self, values: Float[np.ndarray, "M k"], neighbours: Int[np.ndarray, "M q"]) -> Path:
        """Fit at every value from every basin, then from the neighbours' ends until none is lower.

        Args:
            values: to hold, natural units.
            neighbours: rows of `values` from whose ends each is started again.
        """
        path = self.solve(values, np.broadcast_to(self.starts, (len(values), *self.starts.shape)))
        for _ in range(SWEEPS):
            again = self.solve(values, path.theta[neighbours])
            lower = again.objective < path.objective * (1 - LOWER)
            as_low = again.objective <= path.objective * (1 + LOWER)
            better = lower | (as_low & again.usable & ~path.usable)
            if not better.any():
                break
            theta = np.where(better[:, None], again.theta, path.theta)
            others = zip(again[2:], path[2:], strict=True)
            path = Path(values, theta, *(np.where(better, new, old) for new, old in others))
        return path

    def solve(self, values: Float[np.ndarray, "M k"], starts: Float[np.ndarray, "M K q"]) -> Path:
        """The best end at every value, from its own starts."""
        M, K, _ = starts.shape
        fixed = self._fixed(values)
        ends = self.solver(
            self.setup.problem, starts.reshape(M * K, -1), draw=_hold, lanes=np.repeat(fixed, K, axis=0)
        )
        objective = np.where(np.isfinite(ends.objective), ends.objective, np.inf).reshape(M, K)
        level = objective <= objective.min(axis=1, keepdims=True) * (1 + LOWER)
        still = ends.usable | (ends.stationarity < STILL)
        settled = level & still.reshape(M, K)
        # Of lanes that end equally low, one that settled.
        eligible = np.where(settled.any(axis=1, keepdims=True), settled, level)
        won = np.arange(M) * K + np.argmin(np.where(eligible, objective, np.inf), axis=1)
        return Path(values, ends.theta[won], objective.ravel()[won], still[won])

    def params(self, path: Path) -> Any:
        """The law's NamedTuple of arrays [M] along a path, natural units."""
        by_lane = replace(self.setup.problem, fixed=self._fixed(path.values).T)
        return replace(self.setup, problem=by_lane).params(path.theta)

    def _fixed(self, values: Float[np.ndarray, "M k"]) -> Float[np.ndarray, "M f"]:
        """What each lane's fixed values are: the fit's own, then those held here."""
        own = np.asarray(self.setup.problem.fixed)[: -values.shape[1]]
        return np.column_stack([np.tile(own, (len(values), 1)), values])


def _hold(problem: Problem, fixed: Float[Array, " f"]) -> Problem:
    """The problem of a lane with its own fixed values."""
    return replace(problem, fixed=fixed)


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
        return self.constrained.path(values[:, None], neighbours_in_row(len(values)))

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
        return Crossing(self._root(_take(path, outward[[k - 1, k]])), open=False, returns=returns)

    def _root(self, bracket: Path) -> float:
        """The crossing between two values, the inner one first."""
        for _ in range(ROUNDS):
            inner, outer = bracket.values[:, 0]
            if abs(outer - inner) <= TOLERANCE * max(abs(outer), abs(inner)):
                break
            trials = self._trials(bracket)
            starts = np.broadcast_to(bracket.theta, (len(trials), *bracket.theta.shape))
            inside = self.constrained.solve(trials[:, None], starts)
            columns = zip(bracket, inside, strict=True)
            path = Path(*(np.concatenate([ends[:1], mine, ends[1:]]) for ends, mine in columns))
            k = int(np.flatnonzero(self.rise(path) > self.allowed)[0])
            bracket = _take(path, np.array([k - 1, k]))
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


def neighbours_in_row(count: int) -> Int[np.ndarray, "M 2"]:
    """The neighbours of each value in a row."""
    rows = np.arange(count)
    return np.column_stack([np.maximum(rows - 1, 0), np.minimum(rows + 1, count - 1)])


def _take(path: Path, rows: np.ndarray) -> Path:
    return Path(*(column[rows] for column in path))
