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
from scalelaw.laws import LAWS, Law
from scalelaw.numbers import format_number
from scalelaw.solve import Solution

SAME_OBJECTIVE = 1e-6
# Newton's polish leaves 1e-20 and less; a plateau leaves more than 1e-6. Less than the rounding of the objective,
# which is that of residuals near rounding themselves, cannot be told.
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
        at_bound: names of the parameters held by a bound that was given.
        identifiable: whether the runs determine every parameter.
        undetermined: what they do not determine, a sentence each.
        ranges: input name -> (smallest, largest) among the runs.
        runs: number of runs.
        parameters: number of free parameters.
        warnings: what the reader has to know first, a sentence each; empty for a fit to be trusted.
        at_limit: names of the positive parameters held at zero, their natural limit; errors are given these.
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
    at_limit: tuple[str, ...] = ()

    @property
    def trusted(self) -> bool:
        """Whether nothing speaks against the fit."""
        return not self.warnings


def certify(
    solution: Solution,
    point: Curvature,
    setup: Setup,
    rounding: float,
) -> Certificate:
    """Judge a fit.

    Args:
        solution: the end of every start.
        point: derivatives at the winner.
        setup: what was solved.
        rounding: objective at or below which every residual is rounding.
    """
    free, limit = ~point.still, setup.limit & (point.theta <= setup.problem.lower)
    coordinates, inputs, weight = setup.coordinates, setup.inputs, setup.weight
    best = float(point.objective)
    exact = best <= rounding
    level = max(best * (1 + SAME_OBJECTIVE), rounding)
    winners = solution.objective <= level
    higher = solution.objective[~winners & solution.usable]
    names = [name for name, kept in zip(coordinates.names(), free, strict=True) if kept]
    idle = _picked(coordinates.free, point.idle)
    determined = {name: value for name, value in point.params._asdict().items() if name not in idle}
    # A log or an exponent is judged in units of one, any other parameter in units of its own size.
    units = np.array(
        [
            1.0 if name.startswith("log ") else max(1.0, abs(at))
            for name, at in zip(names, point.theta[free], strict=True)
        ]
    )
    undetermined = (
        *design_faults(coordinates.law, inputs, len(point.theta)),
        *unidentified_directions(point.jacobian[free] * units[:, None], weight, float(point.scale), names),
        *implausible_values(coordinates.law, determined),
        *multiple_optima(solution.theta[winners][:, free] / units, point.theta[free] / units, names),
        *(f"the runs do not determine {name}, which plays no part" for name in idle),
    )
    limits = limits_reached(coordinates.law, _picked(coordinates.free, limit), point.gradient[limit], exact)
    stationarity = 0.0 if exact else _stationarity(point, free, units)
    share = float(np.mean(winners))
    flat = not exact and _on_plateau(point, free, units)
    definite = exact or (not flat and _definite(point.hessian[np.ix_(free, free)]))
    why = plateau(setup.objective, float(point.scale)) if flat else ""
    still = max(STATIONARY, 0.0 if exact else 2 * float(np.sqrt(rounding / best)))
    doubts = _doubts(stationarity, still, definite, why, share, len(winners))
    return Certificate(
        converged=stationarity <= still,
        stationarity=stationarity,
        starts=len(winners),
        share_at_winner=share,
        next_basin=None if exact or not len(higher) else float(higher.min() / best - 1),
        hessian_positive_definite=definite,
        condition_number=_condition(point.jacobian[free] * np.sqrt(weight)),
        at_bound=_picked(coordinates.free, point.held & ~limit),
        identifiable=not undetermined,
        undetermined=undetermined,
        ranges={name: (float(x.min()), float(x.max())) for name, x in inputs.items()},
        runs=len(weight),
        parameters=len(point.theta),
        warnings=(*undetermined, *limits, *doubts),
        at_limit=_picked(coordinates.free, limit),
    )


def _picked(names: tuple[str, ...], which: Bool[np.ndarray, " p"]) -> tuple[str, ...]:
    return tuple(name for name, on in zip(names, which, strict=True) if on)


def _doubts(
    stationarity: float, still: float, definite: bool, plateau: str, share: float, starts: int
) -> list[str]:
    doubts = [plateau] if plateau else []
    if stationarity > still:
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
# Singular values of rows of length one below this share of the largest are rounding: parameters that move every
# residual alike. Beyond this cosine two directions are one.
ONE_AND_THE_SAME, MOSTLY = 1e-10, 0.5
# Share of a unit vector above which a parameter belongs to the combination it points along.
MATTERS = 0.3
# So many other laws of the same inputs are named where a parameter is held at its limit.
OTHERS = 3


def design_faults(law: Law, inputs: Mapping[str, np.ndarray], parameters: int) -> tuple[str, ...]:
    """Faults of the design alone: too few runs; of power laws, inputs that hardly vary or vary together.

    A law that can be rescaled, or is one of ours, is made of power laws; of any other only its curvature can tell.
    """
    n = len(next(iter(inputs.values())))
    if law.rescale is None and law.name not in LAWS:
        return (_few(n, parameters),) if n < parameters + SPARE_RUNS else ()
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
    rows = jacobian * np.sqrt(weight / weight.mean())
    length = np.maximum(np.linalg.norm(rows, axis=1), np.finfo(float).tiny)
    # Whether two parameters are one does not depend on the unit of either.
    along, singular, _ = np.linalg.svd(rows / length[:, None], full_matrices=False)
    free = along[:, singular <= ONE_AND_THE_SAME * singular[0]] / length[:, None]
    free /= np.linalg.norm(free, axis=0)
    along, singular, _ = np.linalg.svd(rows, full_matrices=False)
    errors = scale / np.maximum(singular, np.finfo(float).tiny)
    # What is free has been said; rounding gives it some error of its own.
    rest = (errors > UNDETERMINED) & (np.abs(free.T @ along) < MOSTLY).all(axis=0)
    return (
        *(_loose(names, direction, np.inf) for direction in free.T),
        *(_loose(names, along[:, k], errors[k]) for k in np.flatnonzero(rest)),
    )


def implausible_values(law: Law, params: Mapping[str, float]) -> tuple[str, ...]:
    """Which of these parameters lie outside the range in which the law's author expects them."""
    return tuple(
        f"{name} has run off to {params[name]:.4g} (expected between {low:g} and {high:g}): "
        "the term it belongs to is not determined by these runs"
        for name, (low, high) in law.plausible.items()
        if name in params and not low <= params[name] <= high
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


def limits_reached(
    law: Law, names: tuple[str, ...], slopes: Float[np.ndarray, " k"], exact: bool
) -> tuple[str, ...]:
    """Positive parameters held at zero, and what that says.

    Args:
        law: that was fitted.
        names: of the parameters.
        slopes: of the objective by the log of each.
        exact: whether every residual is rounding, slopes too.
    """
    return tuple(
        f"{name} is held at 0: {_below(law, slope > 0 and not exact)}; errors below are given {name} = 0"
        for name, slope in zip(names, slopes, strict=True)
    )


def _below(law: Law, pressed: bool) -> str:
    if not pressed:
        return "the runs show nothing of it"
    others = [
        other
        for other in LAWS.values()
        if (other.inputs, other.output) == (law.inputs, law.output)
        and other.name != law.name
        and len(other.fields) >= len(law.fields)
    ]
    others.sort(key=lambda other: other.nests is None or other.nests[0] != law)
    tried = f" (other laws: {', '.join(other.name for other in others[:OTHERS])})" if others else ""
    return f"the runs would take it below, so the form may be wrong{tried}"


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
