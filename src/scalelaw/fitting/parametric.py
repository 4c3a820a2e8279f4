"""Approach 3: fit a parametric law to a table of runs (Hoffmann et al. 2022, section 3.3)."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

import numpy as np

from scalelaw._checks import BadInput, check_at_least
from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting.adaptive import FIRST, LEAST, SETTLED, settle, unit, with_threshold
from scalelaw.fitting.certificate import SAME_OBJECTIVE, certify
from scalelaw.fitting.coordinates import Bounds, Constraints
from scalelaw.fitting.curvature import Curvature, curvature, propagated, standard_error
from scalelaw.fitting.limits import at_limits
from scalelaw.fitting.result import Fit
from scalelaw.fitting.setup import Basin, Ends, Settings, Setup, prepare
from scalelaw.fitting.starts import Starts, distinct, most_promising, projected, starting_points
from scalelaw.laws import LAWS, Law, chinchilla, find_law
from scalelaw.objective import Objective
from scalelaw.runs import Runs
from scalelaw.solve import Levenberg, Solution, Solver, multistart
from scalelaw.solve.levenberg import exact_fit
from scalelaw.solve.solver import Progress

BASINS_KEPT = 8
# Projected starts are ranked by their objective, and this many of them walk.
PROJECTED_KEPT = 32
# Those that arrive do so in some 20 iterations; nobody waits for the others beyond this.
PROJECTED_ITERATIONS = 64
# With another delta another basin may win; its residuals then have the say, but not for ever.
WINNERS = 4


def fit(
    runs: Runs,
    law: Law | str = chinchilla,
    *,
    delta: float | str = 1e-3,
    loss: str = "huber",
    residual: str = "log",
    starts: Starts = "grid",
    fix: Mapping[str, float] | None = None,
    tie: Mapping[str, str] | None = None,
    bounds: Bounds | None = None,
    solver: Solver | None = None,
    iterations: int | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Fit a law to runs from many starts at once, and certify the result.

    Args:
        runs: the table; its weights count if it has any, and a run of weight 0 is none.
        law: a law or its name in `sl.laws.LAWS`; Chinchilla's by default.
        delta: threshold of the robust loss, on the scale of the residual; or "auto": 1.345 robust scales of the
            residuals, found with the fit, and anew in every resample (Huber's loss only).
        loss: "huber", "squared", "absolute", "log-cosh" or "cauchy".
        residual: "log" (ln predicted - ln observed) or "linear" (nats per token).
        starts: "grid" (the law's own; 4,500 for Chinchilla's), "projected" (variable projection: a few dozen
            lanes, milliseconds), a mapping from every parameter to values, or rows of parameters.
        fix: parameter -> value.
        tie: parameter -> the parameter it equals.
        bounds: parameter -> (low, high).
        solver: `scalelaw.solve.Levenberg()` by default.
        iterations: limit of iterations per start, in place of the solver's own (500).
        progress: called with (starts finished, starts in all).

    Returns:
        The fit. One that cannot be trusted is returned too and says so: see `Fit.certificate`.

    Raises:
        BadInput: for an unknown name or a value out of range, an input that the runs lack, or fewer runs than
            free parameters.

    References:
        Hoffmann et al. 2022, arXiv:2203.15556, eqs. 2 and 3; Huber 1981, section 7.8, for the scale of residuals.

    Examples:
        >>> fit = sl.fit(sl.read_dataset("simulated-sweep"))
        >>> fit.certificate.trusted, len(fit.ends.objective)
        (True, 4500)
        >>> f"E {fit.params.E:.3f}, alpha {fit.params.alpha:.3f} with standard error {fit.stderr.alpha:.3f}"
        'E 1.816, alpha 0.352 with standard error 0.005'
    """
    law = find_law(law, LAWS) if isinstance(law, str) else law
    objective, runs = Objective.of(residual, loss, delta), runs.counted()
    setup = prepare(runs, law, objective, Constraints.of(law, fix, tie, bounds))
    solver = solver or Levenberg()
    if iterations is not None:
        solver = replace(cast(Any, solver), iterations=check_at_least("iterations", iterations, 1))
    return fit_prepared(setup, runs, starts, solver, progress)


def fit_prepared(
    setup: Setup, runs: Runs, starts: Starts, solver: Solver, progress: Progress | None = None
) -> Fit:
    """Solve what is prepared from all starts, and certify the best end (see `fit`)."""
    if setup.objective.auto:
        setup = with_threshold(setup, FIRST * unit(setup))
    lanes = _lanes(setup, starts, runs)
    with ThreadPoolExecutor(1) as aside:
        if len(lanes) > PROJECTED_KEPT:
            # Compiled while many starts walk; whatever the first of them has to say is not needed.
            aside.submit(curvature, setup.problem, lanes[0], setup.units)
        solution = _solve(solver, setup, starts, lanes, progress)
        if setup.objective.auto:
            setup, solution = _with_own_threshold(solver, setup, starts, lanes, solution)
    kind = starts if isinstance(starts, str) else "given"
    return _concluded(
        setup, solution, runs, Settings(setup.objective, setup.constraints, kind, repr(solver), versions())
    )


def versions() -> dict[str, str]:
    """Versions of scalelaw and of what its numbers depend on."""
    return dict(_versions())


@cache
def _versions() -> dict[str, str]:
    found = {}
    for package in ("scalelaw", "jax", "jaxlib", "optax", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


def _lanes(setup: Setup, starts: Starts, runs: Runs) -> np.ndarray:
    problem = setup.problem
    if isinstance(starts, str) and starts == "projected":
        theta = most_promising(problem, projected(setup), PROJECTED_KEPT)
    else:
        theta = distinct(setup.theta(starting_points(starts, setup)))
    return np.asarray(np.clip(theta, problem.lower, problem.upper))


def _solve(
    solver: Solver, setup: Setup, starts: Starts, lanes: np.ndarray, progress: Progress | None
) -> Solution:
    """The end of every lane, by the shortest way that this kind of start allows."""
    problem = setup.problem
    if not isinstance(solver, Levenberg):
        return solver(problem, lanes, progress=progress)
    if isinstance(starts, str) and starts == "projected":
        limit = min(solver.iterations, PROJECTED_ITERATIONS)
        brief = replace(solver, iterations=limit)(problem, lanes, progress=progress)
        return brief if brief.usable[brief.best] else solver(problem, lanes, progress=progress)
    return multistart(solver, problem, lanes, progress=progress)


def _with_own_threshold(
    solver: Solver, setup: Setup, starts: Starts, lanes: np.ndarray, solution: Solution
) -> tuple[Setup, Solution]:
    """The delta that the winner's residuals ask for, and every start solved with it; the winner may be another."""
    for _ in range(WINNERS):
        won = Solution(*(column[[_winner(solution)]] for column in solution))
        first = np.array([setup.objective.delta])
        least = LEAST * unit(setup)
        _, delta = settle(solver, setup.problem, won, first, draw=None, lanes=None, least=least)
        if abs(np.log(delta[0] / first[0])) <= SETTLED:
            break
        setup = with_threshold(setup, float(delta[0]))
        solution = _solve(solver, setup, starts, lanes, None)
    return setup, solution


def _concluded(setup: Setup, solution: Solution, runs: Runs, settings: Settings) -> Fit:
    point = at_limits(
        setup, curvature(setup.problem, solution.theta[_winner(solution)], setup.units), _rounding(setup)
    )
    verdict = certify(solution, point, setup, _rounding(setup))
    params = setup.law.Params(*(float(value) for value in point.params))
    fit = Fit(
        law=setup.law,
        params=params,
        objective=float(point.objective),
        covariance=propagated(point.params_slope, point.covariance),
        derived=_derived(point),
        scale=float(point.scale),
        residuals=point.residuals,
        certificate=verdict,
        settings=settings,
        basins=_basins(setup, solution, point, params),
        runs=runs,
        ends=Ends(setup.params(solution.theta), solution.objective, solution.status),
    )
    # What a loaded fit makes when it is asked.
    vars(fit).update(setup=setup)
    return fit


def _winner(solution: Solution) -> int:
    """The calmest lane among those that share the lowest objective to rounding.

    Raises:
        BadInput: if no start gives a finite objective.
    """
    finite = np.where(np.isfinite(solution.objective), solution.objective, np.inf)
    if not np.isfinite(finite.min()):
        raise BadInput("starts must give finite predicted losses, and none of them does; choose other starts")
    level = finite <= finite.min() * (1 + 1e-13)
    return int(np.argmin(np.where(level, solution.stationarity, np.inf)))


def _rounding(setup: Setup) -> float:
    """The objective at which every residual is rounding."""
    return float(_exact_fit(setup.problem))


_exact_fit = float64(compiled(exact_fit))


def _derived(point: Curvature) -> dict[str, tuple[float, float]]:
    slopes = point.derived_slope
    return {
        name: (float(value), float(standard_error(propagated(slopes[name], point.covariance))))
        for name, value in point.derived.items()
    }


def _basins(setup: Setup, solution: Solution, point: Curvature, params: Any) -> tuple[Basin, ...]:
    """Distinct stationary objectives, best first, each with the share of starts that ended there."""
    best = float(point.objective)
    level = max(best * (1 + SAME_OBJECTIVE), _rounding(setup))
    found = [Basin(params, best, float(np.mean(solution.objective <= level)))]
    ranked = np.argsort(solution.objective, kind="stable")
    rest = ranked[(solution.objective[ranked] > level) & solution.usable[ranked]]
    while len(rest) and len(found) < BASINS_KEPT:
        objective = float(solution.objective[rest[0]])
        here = solution.objective[rest] <= objective * (1 + SAME_OBJECTIVE)
        at = setup.params(solution.theta[rest[0]])
        at = setup.law.Params(*(float(value) for value in at))
        found.append(Basin(at, objective, float(np.count_nonzero(here) / len(solution.objective))))
        rest = rest[~here]
    return tuple(found)
