"""Covariance without resampling: sandwich, clustered, information; the delta method for any function.

Milliseconds where a bootstrap takes seconds, at the price of an approximation for many runs: the estimate is
taken as normal and the function as straight over its error. Where it is neither (20 runs; B, whose bootstrap
has a long upper tail), resample or profile.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float
from scipy.special import stdtrit

from scalelaw._checks import BadInput, bad_input, check_choice, check_probability, shown
from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting import Fit
from scalelaw.fitting.curvature import UNBOUNDED, Curvature, Value, propagated, standard_error
from scalelaw.fitting.functions import Function
from scalelaw.fitting.sandwich import bread, sandwich
from scalelaw.resampling.draws import interval_lines
from scalelaw.resampling.estimator import slope_of
from scalelaw.resampling.intervals import Interval
from scalelaw.runs.groups import By, check_enough, group_codes

# Below so many groups clustered errors are too small (Cameron, Gelbach & Miller 2008: 5 to 30 over-reject).
FEW_GROUPS = 30
# Derived quantities that are coefficients, like A and B: they cannot be negative.
COEFFICIENTS = ("G",)


@dataclass(frozen=True, eq=False, repr=False)
class Covariance:
    """Covariance of a law's parameters, and errors of any function of them.

    Attributes:
        fit: whose parameters.
        matrix: [P, P] in natural units; zero rows for parameters that are fixed or held by a bound.
        kind: how it was made, in words.
        degrees: of freedom of the t quantile that intervals use.
        warnings: why not to rely on it, in words.
    """

    fit: Fit
    matrix: Float[np.ndarray, "P P"]
    kind: str
    degrees: int
    warnings: tuple[str, ...] = ()

    def of(self, function: Function) -> np.ndarray:
        """Covariance of the entries of a function: a variance for a scalar, [K, K] for K entries."""
        slope = slope_of(self.fit, function).slope
        return np.asarray(propagated(slope.reshape(-1, slope.shape[-1]), self.matrix)).reshape(
            slope.shape[:-1] * 2
        )

    def stderr(self, function: Function) -> Value:
        """Standard error of a function by the delta method; infinite where the runs do not determine it.

        Args:
            function: a name ("alpha", "a", ...), or any function of the law's NamedTuple.

        Raises:
            BadInput: for an unknown name.
        """
        return self._stderr(slope_of(self.fit, function).slope)

    def interval(self, function: Function, *, level: float = 0.95, scale: str | None = None) -> Interval:
        """The estimate give or take standard errors, by Student's t.

        Args:
            function: a name, or a function of the law's NamedTuple to a scalar or an array.
            level: of confidence, between 0 and 1.
            scale: "linear": symmetric about the estimate; "log": symmetric in the log of a positive function,
                (value / f, value x f). By default "log" for the parameters that the fit holds as logs (E, A,
                B) and for G, whose errors are close to log-normal, and "linear" for all else; ask for "log"
                for N* or D*.

        Returns:
            (low, high) in the unit of the function.

        Raises:
            BadInput: for an unknown name or scale, a level outside (0, 1), or a log scale of what is not
                positive.
        """
        check_probability("level", level)
        value, slope = slope_of(self.fit, function)
        positive = isinstance(function, str) and function in (*self.fit.law.positive, *COEFFICIENTS)
        logged = positive and value > 0
        scale = check_choice("scale", scale or ("log" if logged else "linear"), ("linear", "log"))
        half = stdtrit(self.degrees, (1 + level) / 2) * self._stderr(slope)
        if scale == "linear":
            return Interval(value - half, value + half)
        if not (value > 0).all():
            raise bad_input("function", "positive for an interval on the log scale", shown(value.min()))
        with np.errstate(over="ignore"):
            factor = np.exp(half / value)
        return Interval(value / factor, value * factor)

    def table(self, *, level: float = 0.95) -> pd.DataFrame:
        """Parameters and finite derived quantities: columns `name`, `value`, `stderr`, `low`, `high`."""
        rows = [
            (
                name,
                float(slope_of(self.fit, name).value),
                float(self.stderr(name)),
                *map(float, self.interval(name, level=level)),
            )
            for name in self.fit.names
            if np.isfinite(slope_of(self.fit, name).value)
        ]
        return pd.DataFrame(rows, columns=["name", "value", "stderr", "low", "high"])

    def text(self, *, level: float = 0.95) -> str:
        """How it was made, warnings, and the table."""
        head = [f"  {self.kind}", *(f"  warning: {each}" for each in self.warnings), ""]
        lines = interval_lines(self.table(level=level), f"{level:.0%} delta-method interval")
        return "\n".join([*head, *lines])

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _stderr(self, slope: Float[np.ndarray, "... P"]) -> Value:
        # A parameter that the function does not read may be as undetermined as it likes.
        both = slope[..., :, None] * slope[..., None, :]
        with np.errstate(invalid="ignore", over="ignore"):
            variance = np.sum(
                np.where((both == 0) | (self.matrix == 0), 0.0, both * self.matrix), axis=(-2, -1)
            )
        error: Value = standard_error(variance)
        return error


def covariance(fit: Fit, kind: str = "sandwich", *, by: By = None) -> Covariance:
    """Covariance of a fit's parameters without resampling.

    Args:
        fit: the fit.
        kind: "sandwich": runs independent, noise of any size at each (White 1980, HC1); "information":
            noise of one size, E[psi^2] / E[psi'] times the inverse curvature, for squares s^2 H^-1 with the
            exact Hessian; "least squares": s^2 (J'J)^-1 with s^2 = RSS / (n - p), the classical errors of a fit
            with loss "squared"; "cluster": runs of one group may go astray together (Liang & Zeger 1986).
        by: with "cluster", which runs belong together (see `bootstrap`).

    Returns:
        The covariance, with warnings where it should not be relied on.

    Raises:
        BadInput: for an unknown kind, `by` without "cluster", "least squares" of another loss, a missing column,
            one group only, or no more groups than free parameters.

    References:
        Huber 1967; White 1980; Powell 1991 and Bofinger 1975 for the curvature where delta is small.

    Examples:
        >>> found = sl.covariance(sl.fit(sl.read_dataset("simulated-sweep")))
        >>> low, high = found.interval("a")
        >>> f"{found.stderr('a'):.4f}: {low:.3f} to {high:.3f}"
        '0.0039: 0.500 to 0.515'
    """
    check_choice("kind", kind, tuple(KINDS))
    if by is not None and kind != "cluster":
        raise BadInput(f"`by` must go with kind 'cluster', got {kind!r}")
    point = fit.point
    made = KINDS[kind](fit, fit.setup.weight, point, by)
    undetermined = () if fit.certificate.identifiable else ("the runs do not determine all parameters",)
    given = tuple(f"{name} is held at 0: errors are given that" for name in fit.certificate.at_limit)
    natural = np.asarray(propagated(point.params_slope, made.theta))
    return Covariance(fit, natural, made.words, made.degrees, (*undetermined, *given, *made.warnings))


class _Made(NamedTuple):
    """Covariance [p, p] on the solver's scale, what it assumes, degrees of freedom, and warnings."""

    theta: Float[np.ndarray, "p p"]
    words: str
    degrees: int
    warnings: tuple[str, ...] = ()


def _sandwich(fit: Fit, weight: np.ndarray, point: Curvature, by: By) -> _Made:
    del fit, weight, by
    return _Made(point.covariance, "sandwich: runs independent, noise of any size", _degrees(point))


def _cluster(fit: Fit, weight: np.ndarray, point: Curvature, by: By) -> _Made:
    """Scores summed within groups, times G / (G - 1) and (n - 1) / (n - p)."""
    codes = group_codes(fit.runs, by)
    G, (p, n) = int(codes.max()) + 1, point.score.shape
    check_enough(G, p, fit.runs.source)
    sums = np.zeros((G, p))
    np.add.at(sums, codes, point.score.T)
    meat = sums.T @ sums * (G / (G - 1) * (n - 1) / _degrees(point))
    theta = _sandwich_of(point.jacobian, weight, point.averaged, point.bend, point.still, meat)
    few = f"{G} groups are few: clustered errors tend to be too small below about {FEW_GROUPS}"
    return _Made(_unbounded(point, theta), f"sandwich of {G} groups", G - 1, (few,) if G < FEW_GROUPS else ())


def _information(fit: Fit, weight: np.ndarray, point: Curvature, by: By) -> _Made:
    del fit, by
    J = point.jacobian
    mean = float(np.sum(weight * point.averaged) / np.sum(weight))
    spread = float(np.sum(weight * point.psi**2)) / _degrees(point) / mean
    equal = np.full(len(weight), mean)
    theta = _inverse(J, weight, equal, point.bend, point.still) * spread
    words = "information: runs independent, noise of one size"
    return _Made(_unbounded(point, theta), words, _degrees(point))


def _least_squares(fit: Fit, weight: np.ndarray, point: Curvature, by: By) -> _Made:
    """s^2 (J' W J)^-1, from the orthogonal factor of J: the digits of J'J would be half as many."""
    del by
    loss = fit.settings.objective.loss
    if loss != "squared":
        raise bad_input("kind 'least squares'", "of a fit with loss 'squared'", repr(loss))
    free = ~point.still
    J = point.jacobian[free].T * np.sqrt(weight)[:, None]
    size = np.linalg.norm(J, axis=0)
    root = np.linalg.inv(np.linalg.qr(J / size, mode="r")) / size[:, None]
    theta = np.zeros((len(free), len(free)))
    theta[np.ix_(free, free)] = root @ root.T * (np.sum(weight * point.residuals**2) / _degrees(point))
    words = "least squares: runs independent, noise of one size, s^2 (J'J)^-1"
    return _Made(_unbounded(point, theta), words, _degrees(point))


def _unbounded(point: Curvature, theta: Float[np.ndarray, "p p"]) -> Float[np.ndarray, "p p"]:
    """A covariance on the solver's scale: nothing for what is held, no bound for what plays no part."""
    free = ~point.still
    return np.asarray(
        np.where(np.outer(free, free), theta, 0.0) + np.diag(np.where(point.idle, UNBOUNDED, 0.0))
    )


KINDS: dict[str, Callable[[Fit, np.ndarray, Curvature, By], _Made]] = {
    "sandwich": _sandwich,
    "information": _information,
    "cluster": _cluster,
    "least squares": _least_squares,
}


def _degrees(point: Curvature) -> int:
    """Runs beyond the parameters that cost a degree of freedom, at least one."""
    return max(len(point.residuals) - int(point.parameters), 1)


@float64
@compiled
def _sandwich_of(J: Array, weight: Array, curved: Array, bend: Array, held: Array, meat: Array) -> Array:
    return sandwich(bread(J, weight, curved, bend, held), meat)


@float64
@compiled
def _inverse(J: Array, weight: Array, curved: Array, bend: Array, held: Array) -> Array:
    inverse: Array = jnp.linalg.inv(bread(J, weight, curved, bend, held))
    return inverse
