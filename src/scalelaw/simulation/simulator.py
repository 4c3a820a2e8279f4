"""Data sets simulated from a fit, fitted and resampled: thousands x thousands of refits in one job."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jaxtyping import Array, Float, Int

from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting import Fit
from scalelaw.fitting.adaptive import (
    FIRST,
    LEAST,
    OwnThreshold,
    least_of_resamples,
    settle,
    unit,
    with_threshold,
)
from scalelaw.fitting.curvature import Curvature
from scalelaw.fitting.limits import raised
from scalelaw.fitting.refits import WARM, Draw, padded_draw
from scalelaw.fitting.setup import Setup
from scalelaw.fitting.spread import MAD_OF_NORMAL
from scalelaw.fitting.starts import distinct
from scalelaw.resampling.schemes import SCHEMES, LeaveOut, Spread
from scalelaw.solve import Levenberg, Problem, Solution, Status
from scalelaw.solve.problem import Own, pad

# Every data set is fitted from the truth and from this many points spread over the law's grid.
SPREAD_STARTS = 15
# Intervals do not see a parameter's seventh digit.
SOLVER = replace(WARM, tolerance=1e-14)


@register_dataclass
@dataclass(frozen=True)
class Targets:
    """Lane s minimises data set s."""

    targets: Float[Any, "S n"]

    def __call__(self, problem: Problem, lane: Any) -> Own:
        """The data set's target."""
        del problem
        return jnp.asarray(self.targets)[lane], None


@register_dataclass
@dataclass(frozen=True)
class Resamples:
    """Lane (s, b) minimises replicate b of data set s.

    Attributes:
        targets: [S, n].
        schemes: a resampling scheme whose leaves have a leading axis [S].
    """

    targets: Float[Any, "S n"]
    schemes: Any

    def __call__(self, problem: Problem, lane: Any) -> Own:
        """The replicate's own target and weight."""
        s, replicate = lane
        target = jnp.asarray(self.targets)[s]
        scheme = jax.tree.map(lambda leaf: jnp.asarray(leaf)[s], self.schemes)
        own = scheme(problem.of_lane((target, None)), replicate)
        return target if own[0] is None else own[0], own[1]


class Fits(NamedTuple):
    """Simulated data sets and their fits.

    Attributes:
        targets: [S, n].
        theta: [S, p] where each is lowest.
        status: [S] values of `Status`.
        residuals: [S, n] predicted minus observed.
        scale: [S] their robust standard deviation.
        delta: [S] threshold of the robust loss.
    """

    targets: Float[np.ndarray, "S n"]
    theta: Float[np.ndarray, "S p"]
    status: Int[np.ndarray, " S"]
    residuals: Float[np.ndarray, "S n"]
    scale: Float[np.ndarray, " S"]
    delta: Float[np.ndarray, " S"]


class Repeated(NamedTuple):
    """Refits of every data set.

    Attributes:
        theta: [S, R, p].
        status: [S, R] values of `Status`.
        draw, lanes: what made them.
        inflation: the spread of a full sample against theirs, as of `Plan`.
    """

    theta: Float[np.ndarray, "S R p"]
    status: Int[np.ndarray, "S R"]
    draw: Any
    lanes: Any
    inflation: float


@dataclass(frozen=True)
class Simulator:
    """A fit taken as the truth.

    Attributes:
        setup: its problem.
        truth: [p] its theta.
        starts: [K, p] where the fit of every data set starts, the truth first.
        point: derivatives at the truth.
    """

    setup: Setup
    truth: Float[np.ndarray, " p"]
    starts: Float[np.ndarray, "K p"]
    point: Curvature

    @classmethod
    def of(cls, fit: Fit) -> "Simulator":
        """From a fit: its runs are the design, its parameters the truth."""
        setup = fit.setup
        grid = setup.grid()
        some = grid[:: max(1, len(grid) // SPREAD_STARTS)]
        rows = np.concatenate([np.array([[*fit.params]], float), some])
        inside = setup.theta(rows)
        inside = np.vstack([inside[:1], raised(setup, fit.point, inside[:1]), inside[1:]])
        return cls(setup, inside[0], distinct(inside[np.isfinite(inside).all(axis=1)]), fit.point)

    def fits(self, noise: Float[np.ndarray, "S n"]) -> Fits:
        """Simulate data sets around the truth and fit each."""
        problem, (S, n) = self.setup.problem, noise.shape
        observed = np.asarray(problem.target)[:n]
        targets = observed + _residuals(problem, self.truth[None])[0, :n] + noise
        ends, delta = self._fitted(self.data_sets(targets), S)
        theta = ends.theta
        residuals = _residuals(problem, theta)[:, :n] + observed - targets
        freedom = np.sqrt(n / max(n - theta.shape[1], 1))
        scale = np.median(np.abs(residuals), axis=1) / MAD_OF_NORMAL * freedom
        return Fits(targets, theta, ends.status, residuals, scale, delta)

    def _fitted(self, draw: Targets, S: int) -> tuple[Solution, Float[np.ndarray, " S"]]:
        """The lowest end of every data set, and its delta."""
        auto, setup, K = self.setup.objective.auto, self.setup, len(self.starts)
        if auto:
            setup = with_threshold(setup, FIRST * unit(setup))
        sets = np.arange(S, dtype=np.int32)
        starts = np.tile(self.starts, (S, 1))
        ends = Levenberg()(setup.problem, starts, draw=draw, lanes=np.repeat(sets, K))
        objective = np.where(np.isfinite(ends.objective), ends.objective, np.inf).reshape(S, K)
        won = np.arange(S) * K + np.argmin(objective, axis=1)
        lowest, delta = Solution(*(column[won] for column in ends)), np.full(S, setup.objective.delta)
        if not auto:
            return lowest, delta
        least = LEAST * unit(setup)
        return settle(Levenberg(), setup.problem, lowest, delta, draw=draw, lanes=sets, least=least)

    def resample(
        self,
        fits: Fits,
        scheme: str,
        codes: Int[np.ndarray, " n"],
        seeds: list[np.uint32],
        count: int,
        share: float,
    ) -> Repeated:
        """Refit `count` resamples of every data set, each from its fit."""
        p = fits.theta.shape[1]
        draws = [
            SCHEMES[scheme].make(Spread(residuals, float(scale), p), seed, codes, share)
            for residuals, scale, seed in zip(fits.residuals, fits.scale, seeds, strict=True)
        ]
        return self._repeat(fits, draws, count, SCHEMES[scheme].inflation(len(codes), share))

    def leave_out(self, fits: Fits, codes: Int[np.ndarray, " n"]) -> Repeated:
        """Refit every data set without each run, or each group, in turn."""
        draws: list[Draw] = [LeaveOut(codes) for _ in fits.targets]
        return self._repeat(fits, draws, int(codes.max()) + 1, 1.0)

    def data_sets(self, targets: Float[np.ndarray, "S n"]) -> Targets:
        """The draw whose lane s minimises data set s, padded as the solver's problem is."""
        return Targets(pad(targets.T, len(self.setup.problem.target)).T)

    def with_deltas(self, draw: Any, lanes: Any, delta: Float[np.ndarray, " lanes"]) -> tuple[Any, Any]:
        """A draw and its lanes, those of a delta of their own where delta follows the noise."""
        return (OwnThreshold(draw), (lanes, delta)) if self.setup.objective.auto else (draw, lanes)

    def _repeat(self, fits: Fits, draws: list[Draw], count: int, inflation: float) -> Repeated:
        S, p = fits.theta.shape
        size = len(self.setup.problem.target)
        schemes = jax.tree.map(lambda *leaves: np.stack(leaves), *(padded_draw(draw, size) for draw in draws))
        draw = Resamples(self.data_sets(fits.targets).targets, schemes)
        lanes = (
            np.repeat(np.arange(S, dtype=np.int32), count),
            np.tile(np.arange(count, dtype=np.uint32), S),
        )
        problem, delta = self.setup.problem, np.repeat(fits.delta, count)
        own, places = self.with_deltas(draw, lanes, delta)
        ends = SOLVER(problem, np.repeat(fits.theta, count, axis=0), draw=own, lanes=places)
        self._raise(fits, ends, own, places, lanes[0])
        if self.setup.objective.auto:
            least = least_of_resamples(self.setup, delta)
            ends, delta = settle(SOLVER, problem, ends, delta, draw=draw, lanes=lanes, least=least)
        own, places = self.with_deltas(draw, lanes, delta)
        return Repeated(
            ends.theta.reshape(S, count, p), ends.status.reshape(S, count), own, places, inflation
        )

    def _raise(
        self, fits: Fits, ends: Solution, draw: Any, lanes: Any, of: Int[np.ndarray, " lanes"]
    ) -> None:
        """Repeat refits of data sets whose fit took a parameter to zero from where it counts; lower ends stay."""
        starts = raised(self.setup, self.point, fits.theta)
        again = np.flatnonzero((starts != fits.theta).any(axis=1)[of])
        if not len(again):
            return
        own = jax.tree.map(lambda leaf: leaf[again], lanes)
        others = SOLVER(self.setup.problem, starts[of[again]], draw=draw, lanes=own)
        lower = ~(others.objective >= ends.objective[again])
        for column, other in zip(ends, others, strict=True):
            column[again[lower]] = other[lower]


def seeds_of(datasets: Int[np.ndarray, " S"], seed: int) -> list[np.uint32]:
    """The seed of each data set's resamples."""
    return [np.random.SeedSequence([seed, int(s)]).generate_state(1)[0] for s in datasets]


def is_usable(status: Int[np.ndarray, "..."]) -> np.ndarray:
    """Which lanes ended at a stationary point."""
    return np.isin(status, (Status.CONVERGED, Status.AT_BOUND))


@float64
@compiled
def _residuals(problem: Problem, theta: Float[Array, "S p"]) -> Float[Array, "S n"]:
    return jax.vmap(lambda at: problem.residual(tuple(at)))(theta)
