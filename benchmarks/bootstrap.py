"""The bootstrap against SciPy on the same resamples, and its time and memory to a million replicates.

`python benchmarks/bootstrap.py [--data CSV] [--out JSON]`. Ours and SciPy's refits take turns in one process, so
that both meet the same machine; every size of the memory table runs in a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jax
import numpy as np

import scalelaw as sl
from machine import describe, peak_megabytes
from problem import load, objectives
from scalelaw.resampling.resampler import Resampler
from scipy_rivals import fit as scipy_fit
from workload import Job, optimum

HERE = Path(__file__).parent
SWEEP = HERE.parent / "src" / "scalelaw" / "data" / "simulated_sweep.csv"
REPLICATES, SCIPYS, EVERYWHERE, TURNS = 4000, 200, 100, 5
SIZES = (4_000, 100_000, 1_000_000)
# As most scripts call it, and as tight as ours.
RIVALS: dict[str, dict[str, Any]] = {"default": {}, "tight": {"gtol": 1e-10, "maxiter": 2000}}
SAME = 1e-6


def fitted(data: Path) -> sl.Fit:
    """The fit of the runs that `problem.load` reads."""
    drop = 5 if "epoch" in data.stem else 0
    return sl.fit(sl.read_runs(data, drop_highest_loss=drop), starts="projected")


def resampled_weights(fit: sl.Fit, replicates: Iterable[int], seed: int) -> np.ndarray:
    """The weights of these replicates, as the device makes them."""
    draw, problem = Resampler.of(fit, seed).draw(fit), fit.setup.problem
    with jax.enable_x64(True):
        return np.stack([np.asarray(draw(problem, np.uint32(i))[1]) for i in replicates])


def clocked(function: Any) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    result = function()
    return time.perf_counter() - began, result


def against_scipy(data: Path) -> dict[str, Any]:
    """Milliseconds a refit, ours and SciPy's, taking turns; and the ratio of the best of each."""
    fit, problem = fitted(data), load(data)
    weights = resampled_weights(fit, range(SCIPYS), seed=0)
    job = Job(problem, np.tile(optimum(problem), (SCIPYS, 1)), weights, np.arange(SCIPYS))
    sl.bootstrap(fit, REPLICATES)
    ours: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in RIVALS}
    part = SCIPYS // TURNS
    ends = {name: np.empty((SCIPYS, 5)) for name in RIVALS}
    for turn in range(TURNS):
        seconds, draws = clocked(lambda: sl.bootstrap(fit, REPLICATES))
        ours.append(1e3 * seconds / REPLICATES)
        for name, options in RIVALS.items():
            lanes = range(turn * part, (turn + 1) * part)
            seconds, found = clocked(
                lambda options=options, lanes=lanes: [scipy_fit(i, job, "BFGS", options) for i in lanes]
            )
            theirs[name].append(1e3 * seconds / part)
            ends[name][lanes.start : lanes.stop] = found
    reached = {name: objectives(found, problem, weights) for name, found in ends.items()}
    best = np.minimum.reduce([draws.objective[:SCIPYS], *reached.values()])
    return {
        "runs": len(fit.runs),
        "replicates": REPLICATES,
        "ours_ms": min(ours),
        "ours_ms_median": float(np.median(ours)),
        "ours_at_best": float(np.mean(draws.objective[:SCIPYS] <= best * (1 + SAME))),
        **{f"scipy_{name}_ms": min(times) for name, times in theirs.items()},
        **{f"scipy_{name}_ms_median": float(np.median(times)) for name, times in theirs.items()},
        **{
            f"scipy_{name}_at_best": float(np.mean(end <= best * (1 + SAME))) for name, end in reached.items()
        },
        **{f"ratio_{name}": float(np.median(theirs[name]) / np.median(ours)) for name in RIVALS},
    }


def from_everywhere(data: Path) -> dict[str, Any]:
    """Resamples that each start from the whole grid."""
    fit = fitted(data)
    lanes = EVERYWHERE * len(fit.refitter(starts="all").starts)
    sl.bootstrap(fit, 2, starts="all")
    seconds, draws = clocked(lambda: sl.bootstrap(fit, EVERYWHERE, starts="all"))
    return {
        "replicates": EVERYWHERE,
        "fits": lanes,
        "seconds": seconds,
        "fits_per_second": lanes / seconds,
        "seconds_for_4000": seconds * 4000 / EVERYWHERE,
        "changed": int(draws.changed.sum()),
    }


def of_size(replicates: int, data: Path) -> dict[str, Any]:
    """Time and peak memory of one bootstrap."""
    fit = fitted(data)
    sl.bootstrap(fit, 512)
    before = peak_megabytes()
    seconds, draws = clocked(lambda: sl.bootstrap(fit, replicates))
    return {
        "replicates": replicates,
        "seconds": seconds,
        "us_per_replicate": 1e6 * seconds / replicates,
        "usable": float(draws.usable.mean()),
        "peak_rss_mb_before": before,
        "peak_rss_mb": peak_megabytes(),
    }


def of_all_sizes(data: Path) -> list[dict[str, Any]]:
    """Each in a process of its own; measured first, as a child's peak counts what its parent held."""
    command = [sys.executable, __file__, "--data", str(data), "--size"]
    return [
        json.loads(subprocess.run([*command, str(size)], stdout=subprocess.PIPE, check=True).stdout)
        for size in SIZES
    ]


def main() -> None:
    """All three tables, or one size of the last."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=SWEEP)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "bootstrap.json")
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.size:
        print(json.dumps(of_size(asked.size, asked.data)))
        return
    found = {"data": asked.data.stem, "load_average": os.getloadavg()[0], "sizes": of_all_sizes(asked.data)}
    found |= {"scipy": against_scipy(asked.data), "starts_all": from_everywhere(asked.data)}
    found |= describe()
    asked.out.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
