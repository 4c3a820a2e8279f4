"""Time and memory as the number of lanes grows.

Warm-started resamples, and far starts straight through the solver.

Every size runs in a process of its own, so that its peak memory is its own. Weights of a resample are made on
the device from (seed, lane number) alone.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

from machine import describe, peak_megabytes
from ours import coordinates, made_setup
from problem import load
from scalelaw.solve import Levenberg
from workload import optimum

HERE = Path(__file__).parent
SWEEP = HERE.parent / "src" / "scalelaw" / "data" / "simulated_sweep.csv"
SIZES = {"resamples": (1_000, 10_000, 100_000, 1_000_000), "far starts": (1_000, 10_000, 100_000)}
SEED = 0


def bayesian(problem: Any, lane: Any) -> tuple[Any, Any]:
    """Dirichlet weights of resample number `lane`."""
    key = jax.random.fold_in(jax.random.key(SEED), lane)
    return None, jax.random.exponential(key, problem.target.shape, problem.target.dtype)


def measure(kind: str, lanes: int, data: Path) -> dict[str, Any]:
    """One row: microseconds a lane, and the process's peak memory before and after."""
    problem = load(data)
    setup, solver = made_setup(problem), Levenberg()
    rng = np.random.default_rng(SEED)
    if kind == "resamples":
        starts = np.repeat(coordinates(setup, optimum(problem)[None]), lanes, axis=0)
        keywords = {"draw": bayesian, "lanes": np.arange(lanes, dtype=np.uint32)}
    else:
        low, high = np.array([0, 0, -1, 0, 0]), np.array([25, 25, 1, 2, 2])
        starts, keywords = coordinates(setup, rng.uniform(low, high, (lanes, 5))), {}
    few = min(lanes, 512)
    fewer = {"lanes": np.arange(few, dtype=np.uint32)} if keywords else {}
    solver(setup.problem, starts[:few], **{**keywords, **fewer})
    before, began = peak_megabytes(), time.perf_counter()
    solution = solver(setup.problem, starts, **keywords)
    seconds = time.perf_counter() - began
    return {
        "kind": kind,
        "lanes": lanes,
        "seconds": seconds,
        "us_per_lane": 1e6 * seconds / lanes,
        "iterations": float(solution.iterations.mean()),
        "usable": float(solution.usable.mean()),
        "peak_rss_mb_before": before,
        "peak_rss_mb": peak_megabytes(),
        **describe(),
    }


def main() -> None:
    """Measure every size, or the one asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SWEEP)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "lanes.json")
    parser.add_argument("--one", nargs=2, metavar=("KIND", "LANES"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one[0], int(asked.one[1]), asked.data)))
        return
    rows = []
    for kind, sizes in SIZES.items():
        for lanes in sizes:
            command = [sys.executable, __file__, "--data", asked.data, "--one", kind, str(lanes)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            rows.append(json.loads(done.stdout.splitlines()[-1]))
            row = rows[-1]
            cost = f"{row['us_per_lane']:.1f} us a lane, peak {row['peak_rss_mb']:.0f} MB"
            print(f"{kind:10} {lanes:>9,}: {cost}", flush=True)
            asked.out.parent.mkdir(parents=True, exist_ok=True)
            asked.out.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
