"""Scouts: far starts walk on a few runs first, and only where they arrive do they walk on all of them.

Nine tenths of a lane's way from the grid lead through country that 48 runs show as well as 240. Scouts that
arrive at the same place go on as one. Because a basin may exist on all runs that the few do not show, a
sample of the starts walks the whole way on all runs, and so does every start whose scout led elsewhere than to
the winner.
"""

from dataclasses import replace
from typing import Any, cast

import numpy as np

from scalelaw.objective import Objective
from scalelaw.solve import Levenberg, Problem, Solution
from scalelaw.solve.lanes import SMALL_CHUNK

# Below this many runs or lanes, walking on all runs costs less than it saves.
LEAST_RUNS = 144
LEAST_LANES = 512
SCOUTED_RUNS = 48
CONTROLS = 128
# Scouts see an objective with corners this much rounder: fewer iterations (77 for 101), and fewer places to
# get stuck.
ROUNDER = 10.0
# Scouts stop at this share of the objective, and count as one where they agree to this many digits.
SCOUT_TOLERANCE = 1e-9
SAME_PLACE_DIGITS = 4
SAME_OBJECTIVE = 1e-6


def pays(problem: Problem, starts: np.ndarray) -> bool:
    """Whether scouting saves anything here."""
    return len(problem.target) >= LEAST_RUNS and len(starts) >= LEAST_LANES


def few_runs(problem: Problem) -> Problem:
    """The problem on 48 of its runs, with a rounder robust loss.

    The runs are evenly spaced by loss among those with weight.
    """
    weighty = np.flatnonzero(problem.weight > 0)
    ranked = weighty[np.argsort(problem.target[weighty], kind="stable")]
    rows = np.sort(ranked[np.linspace(0, len(ranked) - 1, SCOUTED_RUNS).round().astype(int)])
    inputs, fixed = problem.inputs
    objective = cast(Objective, problem.rho)
    return replace(
        problem,
        rho=replace(objective, delta=ROUNDER * objective.delta),
        inputs=(type(inputs)(*(column[rows] for column in inputs)), fixed),
        target=problem.target[rows],
        weight=problem.weight[rows],
    )


def scouted(solver: Levenberg, problem: Problem, starts: np.ndarray, **keywords: Any) -> Solution:
    """The end of every start, most of them by way of a scout.

    Args:
        solver: what walks.
        problem: the problem on all runs; its inputs are (inputs of the law, fixed values).
        starts: [lanes, p].
        keywords: handed on to the solver (`progress`).

    Returns:
        As the solver would. A lane whose scout met others carries the end of the one that walked on.
    """
    scouts = replace(solver, tolerance=SCOUT_TOLERANCE)(few_runs(problem), starts, **keywords)
    # Few lanes walk on: small chunks, and the same for the last ones, as each size is a compilation.
    solver = replace(solver, chunk=solver.chunk or SMALL_CHUNK)
    places = np.where(np.isfinite(scouts.theta), scouts.theta, starts).round(SAME_PLACE_DIGITS)
    # A control stands at its own start, and so at a place of its own.
    control = np.linspace(0, len(starts) - 1, CONTROLS).round().astype(int)
    onward = scouts.theta.copy()
    onward[control] = starts[control]
    mark = np.zeros((len(starts), 1))
    mark[control, 0] = 1 + np.arange(CONTROLS)
    _, first, where = np.unique(np.hstack([places, mark]), axis=0, return_index=True, return_inverse=True)
    ends = solver(problem, onward[first])
    whole = Solution(*(column[where.ravel()] for column in ends))
    whole = whole._replace(iterations=whole.iterations + np.where(mark[:, 0] > 0, 0, scouts.iterations))
    return _walked_again(solver, problem, starts, whole)


def _walked_again(solver: Levenberg, problem: Problem, starts: np.ndarray, ends: Solution) -> Solution:
    """A scout is believed where it led to the winner; every other start walks the whole way on all runs."""
    elsewhere = ~(ends.objective <= ends.objective[ends.best] * (1 + SAME_OBJECTIVE))
    if not elsewhere.any():
        return ends
    again = solver(problem, starts[elsewhere])
    for column, walked in zip(ends, again, strict=True):
        column[elsewhere] = walked
    return ends
