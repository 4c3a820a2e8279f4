"""Worker processes, one core each: a run's sums are then always made in one order, and no two runs share a core."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from multiprocessing import TimeoutError as NothingYet
from multiprocessing import get_context
from typing import Any

from scalelaw.cli.estimate import use_compilation_cache
from sweep import corpus
from sweep.corpus import Bytes
from sweep.model import CONTEXT
from sweep.plan import Run
from sweep.results import Result
from sweep.train import train

Report = Callable[[float], None]
"""Told the FLOP done by all workers since they started."""

ONE_CORE = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "NPROC": "1"}
LIBRARIES = ("jax", "jaxlib", "optax", "numpy")
POLL_SECONDS = 0.5

_done: Any = None  # FLOP of all workers, in memory that they share; set where a worker starts


@contextmanager
def crew(size: int, report: Report) -> Iterator[Callable[[list[Run]], Iterator[Result]]]:
    """A function that trains runs on `size` workers and yields each as it ends; leaving it stops them."""
    os.environ.update(ONE_CORE)
    context = get_context("spawn")
    done = context.Value("d", 0.0)
    with context.Pool(size, _start, (done,)) as pool:
        yield lambda runs: _watched(pool.imap_unordered(trained, runs), len(runs), lambda: report(done.value))


def _watched(results: Any, count: int, look: Callable[[], None]) -> Iterator[Result]:
    """The results as they come, looking at the work while none does."""
    while count:
        look()
        try:
            yield results.next(timeout=POLL_SECONDS)
            count -= 1
        except NothingYet:
            continue


def _start(done: Any) -> None:
    """Ready a worker; an interrupt is for the process that leads."""
    global _done
    _done = done
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    use_compilation_cache()


def trained(run: Run) -> Result:
    """Train one run, in whatever process this is."""
    began = time.perf_counter()
    outcome = train(run, *windows(), report=lambda: _add(run.flops / run.steps))
    seconds = round(time.perf_counter() - began, 2)
    return Result(run, outcome, seconds, {library: version(library) for library in LIBRARIES})


def _add(flops: float) -> None:
    if _done is not None:
        with _done.get_lock():
            _done.value += flops


@cache
def windows() -> tuple[Bytes, Bytes]:
    """The text's windows, trained on and held out."""
    return corpus.split(corpus.read(corpus.folder()), CONTEXT)
