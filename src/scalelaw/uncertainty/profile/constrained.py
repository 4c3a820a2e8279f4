"""Constrained fits: some parameters held at one value a lane, all others optimised, every lane in one call."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array, Bool, Float, Int

from scalelaw.fitting import Fit
from scalelaw.fitting.coordinates import Constraints
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
        starts: [K, p - k] the fit's basins.
        solver: what walks.
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
        basins = np.array([[*basin.params] for basin in fit.basins], float)
        theta = setup.theta(basins)
        finite = distinct(theta[np.isfinite(theta).all(axis=1)])
        return cls(setup, np.clip(finite, setup.problem.lower, setup.problem.upper), solver)

    def path(self, values: Float[np.ndarray, "M k"], neighbours: Int[np.ndarray, "M q"]) -> Path:
        """Fit at every value from every basin, then from the neighbours' ends until none is lower.

        Args:
            values: to hold, natural units.
            neighbours: rows of `values` from whose ends each is started again.
        """
        path = self.solved(values, np.broadcast_to(self.starts, (len(values), *self.starts.shape)))
        for _ in range(SWEEPS):
            again = self.solved(values, path.theta[neighbours])
            better = _better(again, path)
            if not better.any():
                break
            path = Path(
                values, *(_where(better, new, old) for new, old in zip(again[1:], path[1:], strict=True))
            )
        return path

    def solved(self, values: Float[np.ndarray, "M k"], starts: Float[np.ndarray, "M K q"]) -> Path:
        """The best end at every value, from its own starts."""
        M, K, _ = starts.shape
        fixed = self._fixed(values)
        ends = self.solver(
            self.setup.problem, starts.reshape(M * K, -1), draw=_holding, lanes=np.repeat(fixed, K, axis=0)
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


def _holding(problem: Problem, fixed: Float[Array, " f"]) -> Problem:
    """The problem of a lane with its own fixed values."""
    return replace(problem, fixed=fixed)


def _better(new: Path, old: Path) -> Bool[np.ndarray, " M"]:
    """Which new ends are lower, or as low and settled where the old one is not."""
    lower = new.objective < old.objective * (1 - LOWER)
    settled = new.usable & ~old.usable & (new.objective <= old.objective * (1 + LOWER))
    return np.asarray(lower | settled)


def _where(better: Bool[np.ndarray, " M"], new: np.ndarray, old: np.ndarray) -> np.ndarray:
    return np.where(better.reshape(-1, *(1,) * (old.ndim - 1)), new, old)
