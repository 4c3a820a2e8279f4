"""Presolve: far starts are solved on a subsample of the points first, and on all of them from where they arrive.

A subsample of 48 points leads a lane nine tenths of its way as well as 240 do, and lanes that arrive at the
same place go on as one. Because all points may show a basin that the subsample does not, a sample of the starts
(controls) is solved on all points from the start, and so is every start whose presolve led elsewhere than to
the winner.
"""

from dataclasses import replace
from typing import Any

import jax
import numpy as np

from scalelaw.solve.batch import SMALL_CHUNK, Levenberg
from scalelaw.solve.problem import Problem
from scalelaw.solve.solver import Solution

# Below this many points or lanes, presolving costs more than it saves.
LEAST_POINTS = 144
LEAST_LANES = 512
SUBSAMPLE = 48
CONTROLS = 128
# The subsample's objective has corners this much rounder: fewer iterations (77 for 101), and fewer places to
# get stuck.
ROUNDER = 10.0
# A presolve stops at this share of the objective; lanes are merged where they agree to this many digits.
PRESOLVE_TOLERANCE = 1e-9
SAME_PLACE_DIGITS = 4
SAME_OBJECTIVE = 1e-6


def multistart(solver: Levenberg, problem: Problem, starts: np.ndarray, **keywords: Any) -> Solution:
    """The end of every start, by way of a presolve where that saves time.

    Args:
        solver: what minimises.
        problem: whose rho is a `RobustLoss`.
        starts: [lanes, p].
        keywords: handed on to the solver (`progress`).

    Returns:
        As the solver would. A lane that the presolve merged with others carries the end of the one that went on.
    """
    if int(problem.points) < LEAST_POINTS or len(starts) < LEAST_LANES:
        return solver(problem, starts, **keywords)
    presolved = replace(solver, tolerance=PRESOLVE_TOLERANCE)(subsample(problem), starts, **keywords)
    # Few lanes go on: small chunks, and the same for the last ones, as each size is a compilation.
    solver = replace(solver, chunk=solver.chunk or SMALL_CHUNK)
    places = np.where(np.isfinite(presolved.theta), presolved.theta, starts).round(SAME_PLACE_DIGITS)
    # A control stands at its own start, and so at a place of its own.
    control = np.linspace(0, len(starts) - 1, CONTROLS).round().astype(int)
    ahead = presolved.theta.copy()
    ahead[control] = starts[control]
    mark = np.zeros((len(starts), 1))
    mark[control, 0] = 1 + np.arange(CONTROLS)
    _, first, lane = np.unique(np.hstack([places, mark]), axis=0, return_index=True, return_inverse=True)
    ends = Solution(*(column[lane.ravel()] for column in solver(problem, ahead[first])))
    ends = ends._replace(iterations=ends.iterations + np.where(mark[:, 0] > 0, 0, presolved.iterations))
    return _solve_others_again(solver, problem, starts, ends)


def subsample(problem: Problem) -> Problem:
    """The problem on 48 of its points with a rounder rho, evenly spaced by target among those with weight."""
    weighted = np.flatnonzero(problem.weight > 0)
    ranked = weighted[np.argsort(problem.target[weighted], kind="stable")]
    rows = np.sort(ranked[np.linspace(0, len(ranked) - 1, SUBSAMPLE).round().astype(int)])
    return replace(
        problem,
        rho=replace(problem.rho, delta=ROUNDER * problem.rho.delta),
        inputs=jax.tree.map(lambda column: column[rows], problem.inputs),
        target=problem.target[rows],
        weight=problem.weight[rows],
        count=None,
    )


def _solve_others_again(solver: Levenberg, problem: Problem, starts: np.ndarray, ends: Solution) -> Solution:
    """A presolve is believed where it led to the winner; every other start is solved on all points."""
    elsewhere = ~(ends.objective <= ends.objective[ends.best] * (1 + SAME_OBJECTIVE))
    if not elsewhere.any():
        return ends
    again = solver(problem, starts[elsewhere])
    for column, solved in zip(ends, again, strict=True):
        column[elsewhere] = solved
    return ends
