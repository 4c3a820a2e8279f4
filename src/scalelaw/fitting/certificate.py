"""The certificate: whether a fit can be trusted, in parts, and in words where it cannot."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from scalelaw.fitting.curvature import Curvature
from scalelaw.fitting.identify import (
    design_faults,
    implausible_values,
    multiple_optima,
    unidentified_directions,
)
from scalelaw.fitting.setup import Setup
from scalelaw.solve import Solution

SAME_OBJECTIVE = 1e-6
# Newton's polish leaves 1e-20 and less; a plateau leaves more than 1e-6.
STATIONARY = 1e-12
FEW_STARTS = 0.01


@dataclass(frozen=True)
class Certificate:
    """The verdict on a fit, in parts.

    Attributes:
        converged: the winner is stationary (see `stationarity`).
        stationarity: largest decrease that one coordinate still offers, as a share of the objective.
        starts: starts solved.
        share_at_winner: share of starts that end within 1e-6 (relative) of the best objective.
        next_basin: relative gap from the best objective to the next stationary one; None if there is none.
        hessian_positive_definite: at the winner, over the parameters that are not at a bound.
        condition_number: of the least-squares normal matrix in centred logs (1: orthogonal parameters).
        at_bound: names of the parameters held by a bound.
        identifiable: whether the runs determine every parameter.
        undetermined: what they do not determine, a sentence each.
        ranges: input name -> (smallest, largest) among the runs.
        runs: number of runs.
        parameters: number of free parameters.
        warnings: what the reader has to know first, a sentence each; empty for a fit to be trusted.
    """

    converged: bool
    stationarity: float
    starts: int
    share_at_winner: float
    next_basin: float | None
    hessian_positive_definite: bool
    condition_number: float
    at_bound: tuple[str, ...]
    identifiable: bool
    undetermined: tuple[str, ...]
    ranges: Mapping[str, tuple[float, float]]
    runs: int
    parameters: int
    warnings: tuple[str, ...]

    @property
    def trusted(self) -> bool:
        """Whether nothing speaks against the fit."""
        return not self.warnings


def certify(
    solution: Solution,
    point: Curvature,
    setup: Setup,
    held: Bool[np.ndarray, " p"],
    rounding: float,
) -> Certificate:
    """Judge a fit.

    Args:
        solution: the end of every start.
        point: derivatives at the winner.
        setup: what was solved.
        held: which entries of theta lie on a bound.
        rounding: objective at or below which every residual is rounding.
    """
    free = ~held
    coordinates, inputs, weight = setup.coordinates, setup.inputs, setup.weight
    best = float(point.objective)
    exact = best <= rounding
    level = max(best * (1 + SAME_OBJECTIVE), rounding)
    winners = solution.objective <= level
    higher = solution.objective[~winners & solution.usable]
    names = [name for name, kept in zip(coordinates.names(), free, strict=True) if kept]
    params = dict(zip(coordinates.law.fields, (float(value) for value in point.params), strict=True))
    # A log or an exponent is judged in units of one, any other parameter in units of its own size.
    units = np.array(
        [
            1.0 if name.startswith("log ") else max(1.0, abs(at))
            for name, at in zip(names, point.theta[free], strict=True)
        ]
    )
    undetermined = (
        *design_faults(inputs, len(point.theta)),
        *unidentified_directions(point.jacobian[free] * units[:, None], weight, float(point.scale), names),
        *implausible_values(coordinates.law, params),
        *multiple_optima(solution.theta[winners][:, free] / units, point.theta[free] / units, names),
    )
    stationarity = 0.0 if exact else _stationarity(point, free)
    share = float(np.mean(winners))
    definite = exact or _definite(point.hessian[np.ix_(free, free)])
    return Certificate(
        converged=stationarity <= STATIONARY,
        stationarity=stationarity,
        starts=len(winners),
        share_at_winner=share,
        next_basin=None if exact or not len(higher) else float(higher.min() / best - 1),
        hessian_positive_definite=definite,
        condition_number=_condition(point.jacobian[free] * np.sqrt(weight)),
        at_bound=tuple(name for name, on in zip(coordinates.free, held, strict=True) if on),
        identifiable=not undetermined,
        undetermined=undetermined,
        ranges={name: (float(x.min()), float(x.max())) for name, x in inputs.items()},
        runs=len(weight),
        parameters=len(point.theta),
        warnings=(*undetermined, *_doubts(stationarity, definite, share, len(winners))),
    )


def _doubts(stationarity: float, definite: bool, share: float, starts: int) -> list[str]:
    doubts = []
    if stationarity > STATIONARY:
        doubts.append(
            f"the best start is not stationary (one parameter alone still offers {stationarity:.1e} of the "
            "objective): raise the iteration limit or try other starts"
        )
    if not definite:
        doubts.append("the winner is not a strict minimum (the Hessian there is not positive definite)")
    if share < FEW_STARTS and share * starts < 2:
        doubts.append(
            f"{share * starts:.0f} of {starts} starts reached the best objective: a lower one may exist; "
            "try more starts"
        )
    return doubts


def _stationarity(point: Curvature, free: np.ndarray) -> float:
    gradient, curved = (
        point.gradient[free],
        np.maximum(np.abs(np.diag(point.hessian)[free]), np.finfo(float).tiny),
    )
    offered = np.divide(gradient**2, 2 * curved, out=np.zeros_like(gradient), where=gradient != 0)
    return float(np.max(offered, initial=0.0) / point.objective)


def _definite(hessian: np.ndarray) -> bool:
    """Positive definite, judged after every parameter is put on its own scale."""
    size = np.sqrt(np.abs(np.diag(hessian)))
    if not len(size):
        return True
    scaled = (
        hessian / np.maximum(size, np.finfo(float).tiny) / np.maximum(size, np.finfo(float).tiny)[:, None]
    )
    return bool(np.linalg.eigvalsh(scaled)[0] > 0) if np.isfinite(scaled).all() else False


def _condition(jacobian: np.ndarray) -> float:
    if not len(jacobian):
        return 1.0
    singular = np.linalg.svd(jacobian, compute_uv=False)
    return float((singular[0] / singular[-1]) ** 2) if singular[-1] > 0 else np.inf
