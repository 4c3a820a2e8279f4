"""The lowest that SciPy finds for twenty resamples, each from all 4,500 of Hoffmann's starts, beside ours.

`python benchmarks/scipy_everywhere.py --data CSV [--out JSON]`. About 45 seconds of a core a resample; those of the
same data in the JSON are kept, so an interrupted run resumes. SciPy gets what helps it: logs centred on their
means, exact gradients, and an objective scaled up so that its stopping rule, absolute below 1, bites late; the
lowest end is then begun afresh three times.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import scalelaw as sl
from bootstrap import HERE, SWEEP, clocked, fitted, resampled_weights
from machine import describe
from problem import Array, Problem, load, objectives
from scalelaw.resampling.resampler import Resampler
from scipy_rivals import cores
from scipy_rivals import fit as scipy_fit
from solvers import ONE_THREAD
from workload import HOFFMANN_STARTS, Job, grid

REPLICATES, SEED = 20, 1
SCALE, POLISHES = 1e6, 3
TIGHT = {"ftol": 1e-16, "gtol": 1e-12, "maxiter": 3000, "maxfun": 20000, "maxcor": 20}


def centred(problem: Problem) -> Problem:
    """The same runs with the means of their logarithms taken off N and D: another A and B, the same fit."""
    log_N, log_D, log_L = problem
    return Problem(log_N - log_N.mean(), log_D - log_D.mean(), log_L)


def starts(problem: Problem) -> Array:
    """Hoffmann's grid in the coordinates of the centred problem."""
    a, b, e, alpha, beta = grid(HOFFMANN_STARTS).T
    a, b = a - alpha * problem.log_N.mean(), b - beta * problem.log_D.mean()
    return np.stack([a, b, e, alpha, beta], axis=1)


def scaled(problem: Problem, begun: Array, weights: Array) -> Job:
    """Fits from these starts, the weights of each such that its objective begins at `SCALE`."""
    scale = SCALE / objectives(begun, problem, weights)
    return Job(problem, begun, scale[:, None] * weights, np.arange(len(begun)))


def lowest(problem: Problem, weights: Array) -> tuple[float, Array]:
    """The objective and parameters of SciPy's lowest end, its A and B those of uncentred runs."""
    middle, job = centred(problem), scaled(centred(problem), starts(problem), weights)
    # Threads of BLAS on matrices of twenty rows cost the processes six times their work.
    with patch.dict(os.environ, ONE_THREAD), cores(job, "L-BFGS-B", TIGHT) as solve:
        ends = solve()
    best = ends[[np.argmin(objectives(ends, middle, weights))]]
    for _ in range(POLISHES):
        best = np.array([*best, scipy_fit(0, scaled(middle, best[-1:], weights), "L-BFGS-B", TIGHT)])
    reached = objectives(best, middle, weights)
    a, b, e, alpha, beta = best[np.argmin(reached)]
    a, b = a + alpha * problem.log_N.mean(), b + beta * problem.log_D.mean()
    return float(reached.min()), np.array([a, b, e, alpha, beta])


def replicate(index: int, fit: sl.Fit, problem: Problem) -> dict[str, Any]:
    """One resample: SciPy's lowest objective, ours, and the parameters of both."""
    (weights,) = resampled_weights(fit, [index], SEED)
    draws = fit.refit(Resampler.of(fit, SEED).draw(fit), np.array([index], np.uint32))
    seconds, (objective, theta) = clocked(lambda: lowest(problem, weights))
    a, b, e, alpha, beta = theta
    return {
        "replicate": index,
        "ours": float(draws.objective[0]),
        "scipy": objective,
        "ours_above": float(draws.objective[0] / objective - 1),
        "scipy_params": [float(p) for p in (np.exp(e), np.exp(a), np.exp(b), alpha, beta)],
        "scipy_seconds": seconds,
    }


def main() -> None:
    """Every replicate that the JSON lacks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=SWEEP)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "scipy_everywhere.json")
    asked = parser.parse_args()
    fit, problem = fitted(asked.data), load(asked.data)
    before = json.loads(asked.out.read_text()) if asked.out.exists() else {}
    rows = before["replicates"] if before.get("data") == asked.data.stem else []
    done = {row["replicate"] for row in rows}
    for index in sorted(set(range(REPLICATES)) - done):
        rows.append(replicate(index, fit, problem))
        print(json.dumps(rows[-1]), flush=True)
        found = {"data": asked.data.stem, "seed": SEED, "replicates": rows, **describe()}
        asked.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
