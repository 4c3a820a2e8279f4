"""What is asked of a rival: a batch of fits of one problem, over a grid of starts or over resamples."""

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from problem import Array, Problem, objectives, value_and_gradient

SEED = 0

# Where Hoffmann et al. start (eq. 11), in the order (a, b, e, alpha, beta).
HOFFMANN_STARTS = 4500
HOFFMANN_AXES = (*2 * [np.linspace(0, 25, 6)], np.linspace(-1, 1, 5), *2 * [np.linspace(0, 2, 5)])
# The same box, denser: 45,000 starts.
DENSE_AXES = (*2 * [np.linspace(0, 25, 15)], np.linspace(-1, 1, 8), *2 * [np.linspace(0, 2, 5)])


class Job(NamedTuple):
    """Fits to do: `starts` (fits, 5), `weights` (runs,) shared or (fits, runs), `lanes` their numbers."""

    problem: Problem
    starts: Array
    weights: Array
    lanes: np.ndarray


def grid(count: int) -> Array:
    """Hoffmann's 4,500 starts or a seeded draw from them; 45,000 takes the dense grid."""
    axes = HOFFMANN_AXES if count <= HOFFMANN_STARTS else DENSE_AXES
    starts = np.array(list(product(*axes)))
    return np.asarray(starts[draw(len(starts), count)])


def draw(total: int, count: int) -> np.ndarray:
    """`count` of the numbers below `total`, a seeded draw without replacement, in order."""
    return np.sort(np.random.default_rng(SEED).permutation(total)[:count])


def resample_weights(runs: int, count: int) -> Array:
    """How often each run is drawn in each bootstrap resample, (count, runs)."""
    draws = np.random.default_rng(SEED).multinomial(runs, np.full(runs, 1 / runs), size=count)
    return draws.astype(float)


def optimum(problem: Problem) -> Array:
    """The best fit of the whole sweep over 45 starts; resamples start warm from it."""
    weights = np.ones_like(problem.log_L)
    fits = [
        minimize(value_and_gradient, start, (problem, weights), "BFGS", jac=True, options={"gtol": 1e-12}).x
        for start in grid(45)
    ]
    return np.asarray(fits[int(np.argmin(objectives(np.array(fits), problem, weights)))])


def grid_job(problem: Problem, size: int, most: int) -> Job:
    lanes = draw(size, most)
    return Job(problem, grid(size)[lanes], np.ones_like(problem.log_L), lanes)


def resample_job(problem: Problem, size: int, most: int) -> Job:
    lanes = draw(size, most)
    weights = resample_weights(len(problem.log_L), size)[lanes]
    return Job(problem, np.tile(optimum(problem), (len(lanes), 1)), weights, lanes)


JOBS = {"grid": grid_job, "resamples": resample_job}
