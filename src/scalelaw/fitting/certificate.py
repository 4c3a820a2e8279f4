"""The certificate: whether a fit can be trusted, in parts, and in words where it cannot.

The words name what the runs cannot determine: a parameter, a combination of parameters, a fault of the design.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float

from scalelaw.fitting.curvature import Curvature
from scalelaw.fitting.setup import Setup
from scalelaw.fitting.threshold import plateau
from scalelaw.laws import Law
from scalelaw.numbers import format_number
from scalelaw.solve import Solution

SAME_OBJECTIVE = 1e-6
# Newton's polish leaves 1e-20 and less; a plateau leaves more than 1e-6.
STATIONARY = 1e-12
FEW_STARTS = 0.01
# A step of one is the size of a log or an exponent. On a plateau it changes predictions by more than MOVES (log
# loss or nats per token), and the objective, by slope and curvature, by less than this share.
FLAT, MOVES = 1e-9, 1e-3


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
    stationarity = 0.0 if exact else _stationarity(point, free, units)
    share = float(np.mean(winners))
    flat = not exact and _on_plateau(point, free, units)
    definite = exact or (not flat and _definite(point.hessian[np.ix_(free, free)]))
    why = plateau(setup.objective, float(point.scale)) if flat else ""
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
        warnings=(*undetermined, *_doubts(stationarity, definite, why, share, len(winners))),
    )


def _doubts(stationarity: float, definite: bool, plateau: str, share: float, starts: int) -> list[str]:
    doubts = [plateau] if plateau else []
    if stationarity > STATIONARY:
        doubts.append(
            f"the best start is not stationary (one parameter alone still offers {stationarity:.1e} of the "
            "objective): raise the iteration limit or try other starts"
        )
    if not definite and not plateau:
        doubts.append("the winner is not a strict minimum (the Hessian there is not positive definite)")
    if share < FEW_STARTS and share * starts < 2:
        doubts.append(
            f"{share * starts:.0f} of {starts} starts reached the best objective: a lower one may exist; "
            "try more starts"
        )
    return doubts


def _stationarity(point: Curvature, free: np.ndarray, units: np.ndarray) -> float:
    """What one coordinate still offers: by its curvature, and no more than its slope does over a step of one."""
    gradient, curved = (
        point.gradient[free],
        np.maximum(np.abs(np.diag(point.hessian)[free]), np.finfo(float).tiny),
    )
    offered = np.divide(gradient**2, 2 * curved, out=np.zeros_like(gradient), where=gradient != 0)
    return float(np.max(np.minimum(offered, np.abs(gradient) * units), initial=0.0) / point.objective)


def _on_plateau(point: Curvature, free: np.ndarray, units: np.ndarray) -> bool:
    """Whether predictions change along some line on which the objective does not."""
    bends, along = np.linalg.eigh(np.nan_to_num(point.hessian[np.ix_(free, free)]) * units * units[:, None])
    slopes = np.abs((point.gradient[free] * units) @ along)
    moved = np.sqrt(np.mean(((point.jacobian[free] * units[:, None]).T @ along) ** 2, axis=0))
    level = FLAT * point.objective
    return bool(np.any((np.abs(bends) < level) & (slopes < level) & (moved > MOVES)))


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


# A standard error of 1 on a log or an exponent is a factor of e: nothing is known about it.
UNDETERMINED = 1.0
# Spread of log D about its line on log N below which the two are one variable (log units).
COLLINEAR = 0.1
# An input whose largest value is under this multiple of its smallest has no slope to show.
NARROW = 2.0
SPARE_RUNS = 2
# Share of a unit vector above which a parameter belongs to the combination it points along.
MATTERS = 0.3


def design_faults(inputs: Mapping[str, np.ndarray], parameters: int) -> tuple[str, ...]:
    """Faults of the design alone: too few runs, an input that hardly varies, inputs that vary together."""
    n = len(next(iter(inputs.values())))
    positive = {name: np.log(x) for name, x in inputs.items() if (x > 0).all()}
    faults = [_few(n, parameters)] if n < parameters + SPARE_RUNS else []
    faults += [_narrow(name, x) for name, x in positive.items() if np.ptp(x) < np.log(NARROW)]
    wide = {name: x for name, x in positive.items() if np.ptp(x) >= np.log(NARROW)}
    faults += [
        _collinear(one, other, wide)
        for one, other in combinations(wide, 2)
        if _spread_about_line(wide[one], wide[other]) < COLLINEAR
    ]
    return tuple(faults)


def unidentified_directions(
    jacobian: Float[np.ndarray, "p n"], weight: Float[np.ndarray, " n"], scale: float, names: list[str]
) -> tuple[str, ...]:
    """Directions of theta whose standard error, at this residual scale, is a factor of e or more.

    Args:
        jacobian: of the residuals in centred coordinates, each in a unit of order one.
        weight: of the runs.
        scale: standard deviation of the residuals.
        names: of the entries of theta.
    """
    if not names:
        return ()
    relative = weight / weight.mean()
    information, directions = np.linalg.eigh((jacobian * relative) @ jacobian.T)
    rounding = np.finfo(float).eps * max(information[-1], np.finfo(float).tiny) * len(names)
    errors = scale / np.sqrt(np.maximum(information, rounding))
    loose = (errors > UNDETERMINED) | (information <= rounding)
    return tuple(_loose(names, directions[:, k], errors[k]) for k in np.flatnonzero(loose))


def implausible_values(law: Law, params: Mapping[str, float]) -> tuple[str, ...]:
    """Parameters outside the range in which the law's author expects them."""
    return tuple(
        f"{name} has run off to {params[name]:.4g} (expected between {low:g} and {high:g}): "
        "the term it belongs to is not determined by these runs"
        for name, (low, high) in law.plausible.items()
        if not low <= params[name] <= high
    )


def multiple_optima(
    theta: Float[np.ndarray, "lanes p"], best: Float[np.ndarray, " p"], names: list[str]
) -> tuple[str, ...]:
    """Parameters that differ between starts with the same objective.

    Args:
        theta: ends of the starts that share the lowest objective.
        best: the winner.
        names: of the entries of theta.
    """
    apart = np.ptp(np.vstack([theta, best]), axis=0)
    moved = [f"{name} by {gap:.2g}" for name, gap in zip(names, apart, strict=True) if gap > COLLINEAR]
    if not moved:
        return ()
    differ = ", ".join(moved)
    return (f"different parameters fit equally well: starts with the same objective differ in {differ}",)


def _few(n: int, parameters: int) -> str:
    return (
        f"{n} runs are too few for {parameters} free parameters: "
        f"at least {parameters + SPARE_RUNS} are needed to see any misfit"
    )


def _narrow(name: str, x: np.ndarray) -> str:
    factor = float(np.exp(np.ptp(x)))
    return (
        f"{name} spans only {factor - 1:.0%} (a factor of {factor:.3g}): "
        f"the exponent and coefficient of {name} are not determined"
    )


def _spread_about_line(x: np.ndarray, y: np.ndarray) -> float:
    slope, intercept = np.polyfit(x - x.mean(), y, 1)
    return float(np.std(y - slope * (x - x.mean()) - intercept))


def _collinear(one: str, other: str, logs: Mapping[str, np.ndarray]) -> str:
    x, y = logs[one], logs[other]
    slope = float(np.polyfit(x, y, 1)[0])
    ratio = format_number(float(np.exp(np.mean(y - x))), 3)
    line = f"{other} = {ratio} {one}" if abs(slope - 1) < 0.05 else f"{other} ~ {one}^{slope:.2f}"
    return (
        f"{one} and {other} are collinear (all runs lie on {line}): their terms cannot be told apart, "
        f"so neither exponent is determined; add runs at other ratios of {other} to {one}"
    )


def _loose(names: list[str], direction: np.ndarray, error: float) -> str:
    direction = direction * np.sign(direction[np.argmax(np.abs(direction))])
    terms = [
        f"{value:+.2f} {name}" for name, value in zip(names, direction, strict=True) if abs(value) > MATTERS
    ]
    combination = " ".join(terms).removeprefix("+").replace("+", "+ ").replace(" -", " - ").strip()
    size = f"{error:.2g}" if error < 1e3 else "unbounded"
    what = names[int(np.argmax(np.abs(direction)))] if len(terms) == 1 else f"the combination {combination}"
    return f"the runs do not determine {what} (standard error {size}, in centred logs)"
