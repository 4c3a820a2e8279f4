"""ADAPTER: the one file of the benchmark that calls scalelaw. Until it does, the runner skips our rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from problem import Array, Problem
from workload import Job


def fit_grid(problem: Problem, starts: Array) -> Array:
    """Fit the sweep from each of `starts` (fits, 5), order (a, b, e, alpha, beta).

    Returns:
        The parameters where each fit ended, (fits, 5), same order.
    """
    raise NotImplementedError("scalelaw's solver is not plugged into benchmarks/ours.py yet")


def fit_resamples(problem: Problem, weights: Array, warm: Array) -> Array:
    """Fit each of the resamples `weights` (fits, runs), all started at `warm` (5,).

    Returns:
        The parameters where each fit ended, (fits, 5).
    """
    raise NotImplementedError("scalelaw's solver is not plugged into benchmarks/ours.py yet")


@contextmanager
def prepare(job: Job) -> Iterator[Callable[[], Array]]:
    """Compile by solving the job once; the clock starts afterwards."""

    def solve() -> Array:
        if job.weights.ndim == 1:
            return fit_grid(job.problem, job.starts)
        return fit_resamples(job.problem, job.weights, job.starts[0])

    solve()
    yield solve
