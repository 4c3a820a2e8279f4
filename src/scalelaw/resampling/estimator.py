"""What an estimator is: whatever is fitted to runs and can be fitted again with other targets and weights."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float, Int, Integer

from scalelaw._checks import bad_input, check_choice, shown
from scalelaw.fitting.functions import Evaluated, Function, Slope, slope
from scalelaw.fitting.refits import Draw, Refits, Sample
from scalelaw.fitting.result import Fit
from scalelaw.runs import Runs
from scalelaw.runs.groups import By
from scalelaw.solve import Levenberg
from scalelaw.solve.solver import Progress

Refit = Callable[[Draw, Integer[np.ndarray, " R"], Progress | None], Refits]


class Estimator(Protocol):
    """A function of targets and weights: a law fitted by Approach 3, an envelope, IsoFLOP profiles."""

    @property
    def runs(self) -> Runs:
        """What it was fitted to."""

    @property
    def params(self) -> Any:
        """NamedTuple of floats, with all runs."""

    @property
    def names(self) -> tuple[str, ...]:
        """What `function` knows: parameters, then derived quantities."""

    def function(self, name: str) -> Evaluated:
        """The function of `params` that a name stands for; equal names give equal, hashable functions."""

    @property
    def sample(self) -> Sample:
        """What schemes resample."""

    @property
    def residuals(self) -> Float[np.ndarray, " n"]:
        """Predicted minus observed, on the scale of `sample.target`."""

    @property
    def scale(self) -> float:
        """Robust standard deviation of the residuals."""

    @property
    def degrees(self) -> int | None:
        """Degrees of freedom that the scale was estimated with; None where it is taken for known."""

    @property
    def free(self) -> int:
        """Number of parameters that the runs determine."""

    def groups(self, by: By) -> Int[np.ndarray, " n"]:
        """Code from 0 of each run's group; None: those that the estimator itself knows."""

    def refit(
        self, draw: Draw, replicates: Integer[np.ndarray, " R"], progress: Progress | None = None
    ) -> Refits:
        """The estimator repeated with each replicate's own targets and weights, in batches."""

    def covariances(
        self,
        draw: Draw,
        replicates: Integer[np.ndarray, " R"],
        params: Any,
        groups: Int[np.ndarray, " n"] | None,
    ) -> tuple[Float[np.ndarray, "P P"], Float[np.ndarray, "R P P"]]:
        """Covariance of the parameters with all runs, and at every replicate; `groups` that are drawn whole."""

    @property
    def refused(self) -> Mapping[str, str]:
        """Schemes and kinds of interval that do not hold for it -> why, as "which ..."."""

    @property
    def caution(self) -> str:
        """What speaks against intervals of it from any resamples, a sentence; empty where nothing does."""

    @property
    def plateau(self) -> str:
        """Why resamples may not move it, in words; empty where they do."""

    @property
    def default_scheme(self) -> tuple[str, By]:
        """Scheme and groups of a bootstrap that names none."""

    @property
    def default_kind(self) -> str:
        """Kind of interval where none is named."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns of `runs` that it reads beside L, weight and groups."""

    @property
    def objective(self) -> float:
        """What it minimised; another value is another estimate."""

    @property
    def identity(self) -> dict[str, Any]:
        """What besides the runs decides it, by name, as plain JSON: settings, no results."""

    def describe_ends(self, status: Int[np.ndarray, " R"], changed: np.ndarray) -> str:
        """How refits ended, in words."""

    def document(self) -> dict[str, Any]:
        """Plain JSON from which it is made again, with a "format" line."""


def function_of(estimator: Estimator, function: Function) -> Evaluated:
    """The function of the parameters that is meant: itself, or what its name stands for.

    Raises:
        BadInput: for a name that the estimator does not know.
    """
    if not isinstance(function, str):
        return function
    return estimator.function(check_choice("function", function, estimator.names))


def slope_of(estimator: Estimator, function: Function) -> Slope:
    """Value and derivative of a function with all runs.

    Raises:
        BadInput: for a name that the estimator does not know.
    """
    return slope(function_of(estimator, function), estimator.params)


def check_allowed(estimator: Estimator, what: str, name: str) -> None:
    """Refuse a scheme or a kind of interval that does not hold for an estimator.

    Raises:
        BadInput: with the estimator's own reason.
    """
    if name in estimator.refused:
        kind = type(estimator).__name__
        raise bad_input(what, f"one that holds for {kind}", f"{name!r}, {estimator.refused[name]}")


def refitter_of(estimator: Estimator, starts: str = "basins", solver: Levenberg | None = None) -> Refit:
    """What refits replicates of an estimator, made ready once.

    Args:
        estimator: what is repeated.
        starts: of a fitted law: "basins" or "all" (see `bootstrap`).
        solver: of a fitted law.

    Raises:
        BadInput: for unknown starts, or starts and solvers of an estimator that has none.
    """
    check_choice("starts", starts, ("basins", "all"))
    if isinstance(estimator, Fit):
        return estimator.refitter(starts=starts, solver=solver)
    if starts != "basins" or solver is not None:
        given = shown(starts) if solver is None else shown(solver)
        raise bad_input("starts and solver", "left alone for all but fitted laws", given)
    return estimator.refit
