"""`scipy.optimize.minimize`, one fit after another, in one process or in one process a core."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any

import numpy as np
from scipy.optimize import minimize

from machine import cores as available_cores
from problem import Array, value, value_and_gradient
from workload import Job

CHUNKS_A_CORE = 16  # small enough that the last chunks finish together

Options = dict[str, Any]
_received: list[Job] = []


def fit(lane: int, job: Job, method: str, options: Options) -> Array:
    """One fit with the analytic gradient; the minimiser's own verdict is ignored, the objective judges."""
    weights = np.broadcast_to(job.weights, (len(job.starts), len(job.problem.log_L)))[lane]
    with np.errstate(all="ignore"):
        result = minimize(
            value_and_gradient, job.starts[lane], (job.problem, weights), method, jac=True, options=options
        )
    return np.asarray(result.x)


def fit_by_differences(lane: int, job: Job, method: str, options: Options) -> Array:
    """One fit with SciPy's own two-point differences, what most published fits use."""
    weights = np.broadcast_to(job.weights, (len(job.starts), len(job.problem.log_L)))[lane]
    with np.errstate(all="ignore"):
        result = minimize(value, job.starts[lane], (job.problem, weights), method, options=options)
    return np.asarray(result.x)


@contextmanager
def serial(job: Job, method: str, options: Options) -> Iterator[Callable[[], Array]]:
    yield lambda: np.array([fit(lane, job, method, options) for lane in range(len(job.starts))])


@contextmanager
def differences(job: Job, method: str, options: Options) -> Iterator[Callable[[], Array]]:
    yield lambda: np.array(
        [fit_by_differences(lane, job, method, options) for lane in range(len(job.starts))]
    )


@contextmanager
def cores(job: Job, method: str, options: Options) -> Iterator[Callable[[], Array]]:
    """A pool with a process a core, each holding the job before the clock starts."""
    count = available_cores()
    context = get_context("spawn")
    ready = context.Barrier(count + 1)
    fits = len(job.starts)
    with context.Pool(count, receive, (job, ready)) as pool:
        ready.wait()
        one = partial(fit_received, method=method, options=options)
        chunk = max(1, fits // (count * CHUNKS_A_CORE))
        yield lambda: np.array(pool.map(one, range(fits), chunk))
        pool.close()
        pool.join()


def receive(job: Job, ready: Barrier) -> None:
    _received.append(job)
    ready.wait()


def fit_received(lane: int, method: str, options: Options) -> Array:
    return fit(lane, _received[0], method, options)
