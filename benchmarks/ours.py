"""The one file of the benchmark that calls scalelaw.

Grids go the way of `scalelaw.fitting` (scouts on 48 runs, then every arrival on all runs), or straight
through the solver for comparison; resamples go straight through the solver, each lane with weights of its
own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

import scalelaw as sl
from problem import DELTA, Array, Problem
from scalelaw.fitting.coordinates import Constraints
from scalelaw.fitting.parametric import Setup
from scalelaw.fitting.setup import prepare as made_ready
from scalelaw.objective import Objective
from scalelaw.solve import Levenberg
from scalelaw.solve.multistart import multistart
from workload import Job

ORDER = ("A", "B", "E", "alpha", "beta")
LOGGED = np.array([True, True, True, False, False])
# Below this many lanes at once the solver's own bookkeeping stays small beside one resample's weights.
LANES_AT_ONCE = 16384


def fit_grid(problem: Problem, starts: Array, *, scouts: bool) -> Array:
    """Fit the sweep from each of `starts` (fits, 5), order (a, b, e, alpha, beta)."""
    setup = made_setup(problem)
    solver = Levenberg()
    ends = []
    for first in range(0, len(starts), LANES_AT_ONCE):
        theta = coordinates(setup, starts[first : first + LANES_AT_ONCE])
        way = multistart if scouts else Levenberg.__call__
        ends.append(way(solver, setup.problem, theta).theta)
    return _ordered(setup, np.concatenate(ends))


def fit_resamples(problem: Problem, weights: Array, warm: Array) -> Array:
    """Fit each of the resamples `weights` (fits, runs), all started at `warm` (5,)."""
    setup = made_setup(problem)
    starts = np.repeat(coordinates(setup, warm[None]), len(weights), axis=0)
    return _ordered(setup, Levenberg()(setup.problem, starts, draw=_own_weights, lanes=weights).theta)


@contextmanager
def prepare(job: Job, scouts: bool = True) -> Iterator[Callable[[], Array]]:
    """Compile by solving the job once; the clock starts afterwards."""

    def solve() -> Array:
        if job.weights.ndim == 1:
            return fit_grid(job.problem, job.starts, scouts=scouts)
        return fit_resamples(job.problem, job.weights, job.starts[0])

    solve()
    yield solve


def _own_weights(problem: Any, lane: Any) -> tuple[Any, Any]:
    del problem
    return None, lane


def made_setup(problem: Problem) -> Setup:
    table = {"N": problem.log_N, "D": problem.log_D, "L": problem.log_L}
    runs = sl.Runs.from_frame(pd.DataFrame({name: np.exp(values) for name, values in table.items()}))
    law = sl.laws.chinchilla
    return made_ready(runs, law, Objective(delta=DELTA), Constraints.of(law))


def coordinates(setup: Setup, starts: Array) -> Array:
    """Starts (fits, 5) in the benchmark's order as the solver's coordinates, in the same order of rows."""
    natural = np.where(LOGGED, np.exp(np.where(LOGGED, starts, 0.0)), starts)
    columns = [ORDER.index(name) for name in setup.law.fields]
    return setup.theta(natural[:, columns])


def _ordered(setup: Setup, theta: Array) -> Array:
    """The solver's coordinates as (a, b, e, alpha, beta)."""
    params = setup.params(theta)._asdict()
    columns = np.stack([params[name] for name in ORDER], axis=1)
    with np.errstate(divide="ignore"):
        return np.where(LOGGED, np.log(np.where(LOGGED, columns, 1.0)), columns)
