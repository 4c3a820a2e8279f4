"""Measure one rival on one workload in this process; the runner starts it, one process a measurement.

Prints the row as JSON on the last line and writes the objectives it reached beside the results.
"""

import argparse
import importlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from machine import describe, peak_megabytes
from plan import RIVALS, WORKLOADS, Rival, Workload
from problem import Array, load, objectives
from workload import JOBS, Job

ENOUGH_SECONDS, MOST_REPEATS = 2.0, 5  # a quick job is repeated and its best time kept


def measure(rival: Rival, workload: Workload, data: Path, most: int) -> tuple[dict[str, Any], Array, Job]:
    """Run the fits and report; the row, the objective each fit reached, and the job."""
    job = JOBS[workload.kind](load(data), workload.size, min(most, rival.most(workload.kind), workload.size))
    base_memory, load_average = peak_megabytes(), os.getloadavg()[0]
    module, function = rival.prepare.split(":")
    prepare = getattr(importlib.import_module(module), function)
    began = time.perf_counter()
    with prepare(job, **rival.settings) as solve:
        setup = time.perf_counter() - began
        thetas, times = timed(solve)
    reached = objectives(thetas, job.problem, job.weights)
    row = {
        "fits": len(job.starts),
        "fits_of": workload.size,
        "seconds": min(times),
        "repeats": len(times),
        "ms_per_fit": 1e3 * min(times) / len(job.starts),
        "setup_seconds": setup,
        "peak_rss_mb": peak_megabytes(),
        "base_rss_mb": base_memory,
        "settings": rival.settings,
        "load_average": load_average,
        **describe(),
    }
    return row, reached, job


def timed(solve: Callable[[], Array]) -> tuple[Array, list[float]]:
    times: list[float] = []
    while not times or (sum(times) < ENOUGH_SECONDS and len(times) < MOST_REPEATS):
        began = time.perf_counter()
        thetas = solve()
        times.append(time.perf_counter() - began)
    return thetas, times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rival", choices=[rival.name for rival in RIVALS])
    parser.add_argument("workload", choices=[workload.name for workload in WORKLOADS])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--most", type=int, required=True)
    parser.add_argument("--objectives", type=Path, required=True)
    asked = parser.parse_args()
    rival = next(rival for rival in RIVALS if rival.name == asked.rival)
    workload = next(workload for workload in WORKLOADS if workload.name == asked.workload)
    try:
        row, reached, job = measure(rival, workload, asked.data, asked.most)
    except NotImplementedError as missing:
        print(json.dumps({"skipped": str(missing)}))
        return
    asked.objectives.parent.mkdir(parents=True, exist_ok=True)
    np.savez(asked.objectives, objectives=reached, lanes=job.lanes)
    print(json.dumps(row))


if __name__ == "__main__":
    main()
