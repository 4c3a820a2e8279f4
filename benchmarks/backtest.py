"""A back-test and the same by a loop over SciPy: `python benchmarks/backtest.py`.

240 runs, 8 cut-offs, 5 laws of N and D, 400 resamples of each: 40 fits from many starts and 16,000 from one.
SciPy's BFGS (analytic gradient of the same Huber objective, one after another) does a share of the resamples of
Chinchilla's law at one cut-off from its optimum, the kindest case; its time is scaled to all. Both are compiled
before.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize

import scalelaw as sl
from machine import describe
from scalelaw._float64 import float64

HERE = Path(__file__).parent
LAWS = ("chinchilla", "skaling", "cross", "kaplan", "tied")
SHARES = np.linspace(0.4, 0.82, 8)
REPLICATES, SAMPLED = 400, 40


def cutoffs(runs: sl.Runs) -> list[float]:
    """Eight, at equal steps of log C."""
    C = runs.inputs(("C",))["C"]
    return [float(line) for line in np.exp(np.log(C.min()) + SHARES * np.log(C.max() / C.min()))]


def ours(runs: sl.Runs) -> tuple[float, sl.Backtest]:
    """Seconds of the second back-test, when everything is compiled."""
    for _ in range(2):
        start = time.perf_counter()
        found = sl.backtest(runs, LAWS, cutoffs=cutoffs(runs), replicates=REPLICATES)
        seconds = time.perf_counter() - start
    return seconds, found


@float64
def scipys(runs: sl.Runs) -> float:
    """Seconds of one resample of Chinchilla's law by SciPy, mean over some."""
    seen = np.flatnonzero(runs.inputs(("C",))["C"] <= cutoffs(runs)[4])
    fit = sl.fit(runs.taken(seen), starts="projected")
    problem = fit.setup.problem

    @jax.jit
    def value(theta: Any, weight: Any) -> Any:
        return jnp.sum(weight * problem.rho(problem.residual(tuple(theta))))

    both = jax.jit(jax.value_and_grad(value))
    rng = np.random.default_rng(0)
    padding = np.zeros(len(problem.target) - len(seen))
    start = None
    for replicate in range(SAMPLED + 1):
        counts = np.bincount(rng.integers(0, len(seen), len(seen)), minlength=len(seen))
        weight = np.concatenate([counts, padding])
        minimize(
            lambda theta, w=weight: tuple(map(np.asarray, both(theta, w))), fit.theta, jac=True, method="BFGS"
        )
        start = time.perf_counter() if start is None or replicate == 0 else start
    return (time.perf_counter() - start) / SAMPLED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "backtest.json")
    options = parser.parse_args()
    runs = sl.read_dataset("simulated-sweep")
    seconds, found = ours(runs)
    each = scipys(runs)
    refits = REPLICATES * len(found.trials)
    row = {
        "runs": len(runs),
        "cutoffs": len(found.cutoffs),
        "laws": len(LAWS),
        "replicates": REPLICATES,
        "seconds": seconds,
        "refits": refits,
        "scipy_ms_per_refit": 1e3 * each,
        "scipy_seconds": each * refits,
        "ratio": each * refits / seconds,
        "machine": describe(),
    }
    options.out.write_text(json.dumps(row, indent=1) + "\n")
    print(row)


if __name__ == "__main__":
    main()
