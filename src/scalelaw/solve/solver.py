"""The contract of a solver: what `Levenberg` and `LBFGS` take, and what they give."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from scalelaw.solve.problem import Own, Problem

Draw = Callable[[Problem, Any], Own]
Progress = Callable[[int, int], None]


class Status(IntEnum):
    """How one lane ended. A lane never raises; it carries one of these."""

    RUNNING = 0
    CONVERGED = 1
    AT_BOUND = 2
    STALLED = 3
    ITERATION_LIMIT = 4
    DIVERGED = 5
    UNDETERMINED = 6

    @property
    def advice(self) -> str:
        """One sentence: what happened, and what to do about it."""
        return _ADVICE[self]

    @property
    def usable(self) -> bool:
        """Whether the lane ended at a stationary point (inside the bounds or on one)."""
        return self in (Status.CONVERGED, Status.AT_BOUND)


_ADVICE = {
    Status.RUNNING: "The lane has not finished.",
    Status.CONVERGED: "The lane is stationary to the tolerance asked for.",
    Status.AT_BOUND: "The lane is stationary with at least one parameter held by a bound: widen the bound "
    "unless it is part of the model.",
    Status.STALLED: "No further decrease can be resolved in this precision, yet the gradient is not zero: "
    "rescale the inputs, or give the law a `rescale` so that the fit can do it.",
    Status.ITERATION_LIMIT: "The iteration limit came first: raise it, or start nearer.",
    Status.DIVERGED: "The start gives a prediction that is not finite: leave it out of the grid.",
    Status.UNDETERMINED: "The resample does not determine what is estimated: it has too few runs of a kind.",
}


class Solution(NamedTuple):
    """The end of every lane, on the host.

    Attributes:
        theta: [lanes, p] solver coordinates at the end.
        objective: [lanes] weighted sum of rho at `theta` (inf where the lane diverged).
        stationarity: [lanes] largest decrease that any single coordinate still offers, g_i^2 / (2 B_ii),
            as a fraction of the objective; independent of the scale of objective and coordinates.
        status: [lanes] values of `Status`.
        iterations: [lanes] evaluations of the residuals and their Jacobian.
    """

    theta: Float[np.ndarray, "lanes p"]
    objective: Float[np.ndarray, " lanes"]
    stationarity: Float[np.ndarray, " lanes"]
    status: Int[np.ndarray, " lanes"]
    iterations: Int[np.ndarray, " lanes"]

    @property
    def best(self) -> int:
        """Index of the lowest objective among the lanes that are not NaN."""
        return int(np.nanargmin(self.objective))

    @property
    def usable(self) -> Bool[np.ndarray, " lanes"]:
        """Which lanes ended at a stationary point."""
        return np.isin(self.status, (Status.CONVERGED, Status.AT_BOUND))

    def share_within(self, rtol: float = 1e-6) -> float:
        """Share of lanes whose objective is within `rtol` (relative) of the best."""
        best = self.objective[self.best]
        return float(np.mean(self.objective <= best * (1 + rtol) + np.finfo(float).tiny))


class Solver(Protocol):
    """Anything that minimises a problem from many starts at once: a dataclass with a limit of `iterations`."""

    def __call__(
        self,
        problem: Problem,
        starts: Float[np.ndarray, "*lanes p"],
        *,
        draw: Draw | None = None,
        lanes: Any = None,
        progress: Progress | None = None,
    ) -> Solution:
        """Minimise from every start.

        Args:
            problem: what to minimise.
            starts: [lanes, p].
            draw: pure function of (problem, lane) to that lane's own (target [n], weight [n]), or (target,
                weight, rho); how resamples enter. Hashable, or a pytree whose arrays may change without a
                recompilation. None in place of target or weight, or of `draw`: the problem's, shared by all
                lanes. It may also return a whole `Problem`, where a lane has inputs, fixed values or bounds of
                its own.
            lanes: pytree with a leading axis [lanes], sliced and handed to `draw`.
            progress: called with (lanes finished, lanes in all) as chunks end.

        Returns:
            The end of every lane, on the host.
        """
        ...


def as_pytree(draw: Draw | None) -> Any:
    """A draw that compiled functions take as an argument: a plain function becomes a pytree without leaves."""
    return jax.tree_util.Partial(draw) if callable(draw) and jax.tree_util.all_leaves([draw]) else draw
