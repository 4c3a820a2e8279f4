"""Refits: one replicate's lanes start from every basin of the fit, and the best of them is its draw."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from scalelaw.fitting import Fit
from scalelaw.fitting.setup import Setup
from scalelaw.fitting.starts import distinct
from scalelaw.solve import Levenberg
from scalelaw.solve.solver import Progress
from scalelaw.solve.levenberg import WARM as WARM_PRESET

# Most replicates end in a dozen iterations, and the slowest of a chunk in three dozen.
WARM = Levenberg(preset=WARM_PRESET, stride=12, chunk=128)
# Replicates x starts held at once.
LANES_AT_ONCE = 1 << 16
# A positive parameter that a fit drove below e^VANISHED no longer moves a loss, and no gradient would bring it back
# where a resample wants it: it starts alive, at e^REVIVED.
VANISHED, REVIVED = -40.0, -10.0
# Another basin counts as one if it is lower by more than this share.
LOWER = 1e-6


class Refits(NamedTuple):
    """The winner of every replicate.

    Attributes:
        theta: [R, p] on the solver's scale.
        objective: [R] of the resampled data.
        status: [R] values of `scalelaw.solve.Status`.
        changed: [R] whether another start than the fit itself led lower.
    """

    theta: Float[np.ndarray, "R p"]
    objective: Float[np.ndarray, " R"]
    status: Int[np.ndarray, " R"]
    changed: np.ndarray


@dataclass(frozen=True)
class Refitter:
    """A fit made ready to be repeated.

    Attributes:
        fit: what is repeated.
        setup: the solver's problem and the way back to parameters.
        starts: [K, p] where each replicate starts, the fit first.
        solver: what walks.
    """

    fit: Fit
    setup: Setup
    starts: Float[np.ndarray, "K p"]
    solver: Levenberg

    @classmethod
    def of(cls, fit: Fit, *, everywhere: bool = False, solver: Levenberg | None = None) -> "Refitter":
        """From the fit and its basins, and from the law's whole grid if `everywhere`."""
        setup = fit.setup
        basins = np.array([[*basin.params] for basin in fit.basins], float)
        theta = setup.theta(basins)
        positive = np.isin(setup.coordinates.free, fit.law.positive)
        theta = np.where(positive & (theta < VANISHED), REVIVED, theta)
        if everywhere:
            theta = np.concatenate([theta, setup.theta(fit.law.grid())])
        finite = distinct(theta[np.isfinite(theta).all(axis=1)])
        inside = np.clip(finite, setup.problem.lower, setup.problem.upper)
        return cls(fit, setup, inside, solver or (Levenberg() if everywhere else WARM))

    def __call__(
        self, draw: Any, replicates: Int[np.ndarray, " R"], progress: Progress | None = None
    ) -> Refits:
        """Refit every replicate.

        Args:
            draw: (problem, replicate) -> that replicate's (target, weight).
            replicates: numbers of the replicates.
            progress: called with (replicates done, replicates in all).
        """
        at_once = max(1, LANES_AT_ONCE // len(self.starts))
        parts = []
        for first in range(0, len(replicates), at_once):
            parts.append(self._some(draw, replicates[first : first + at_once]))
            if progress:
                progress(min(first + at_once, len(replicates)), len(replicates))
        return Refits(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _some(self, draw: Any, replicates: Int[np.ndarray, " R"]) -> Refits:
        count, K = len(replicates), len(self.starts)
        lanes = np.repeat(replicates, K)
        ends = self.solver(self.setup.problem, np.tile(self.starts, (count, 1)), draw=draw, lanes=lanes)
        objective = np.where(np.isfinite(ends.objective), ends.objective, np.inf).reshape(count, K)
        won = np.argmin(objective, axis=1)
        flat = np.arange(count) * K + won
        changed = ends.objective[flat] < objective[:, 0] * (1 - LOWER)
        return Refits(ends.theta[flat], ends.objective[flat], ends.status[flat], changed)
