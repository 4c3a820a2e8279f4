"""Bootstraps of Approaches 1 and 2: batched calls against a NumPy loop of the same method on the same draws.

The loop is what people write: for every resample and every budget `numpy.polyfit`, or for every resample
`numpy.interp` of every curve that was drawn and the lowest of them; then `numpy.polyfit` in logs. It is run for
some of the resamples and its time scaled; both must give the same exponents.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import scalelaw as sl
from machine import describe

HERE = Path(__file__).parent
REPLICATES, LOOPED = 4000, 100
REPEATS = 5
SEED = 0
TRUTH = (1.8172, 482.01, 2085.43, 0.3478, 0.3658)


def losses(N: np.ndarray, D: np.ndarray, noise: float) -> np.ndarray:
    """Chinchilla's law as refitted by Besiroglu et al. 2024, with noise on the log."""
    E, A, B, alpha, beta = TRUTH
    rng = np.random.default_rng(SEED)
    return (E + A / N**alpha + B / D**beta) * np.exp(noise * rng.standard_normal(N.shape))


def profiles(budgets: int = 9, sizes: int = 9) -> sl.Runs:
    """IsoFLOP profiles as Hoffmann's: 9 budgets, sizes over a factor of 16."""
    C = np.repeat(np.geomspace(6e18, 3e21, budgets), sizes)
    N = np.sqrt(C / 120) * np.tile(np.geomspace(0.25, 4, sizes), budgets)
    D = C / 6 / N
    return sl.Runs.from_frame(pd.DataFrame({"N": N, "D": D, "L": losses(N, D, 0.003)}), N="N", D="D", L="L")


def curves(models: int = 22, points: int = 50) -> sl.Runs:
    """Training curves as McLeish's: 22 models, 50 points each."""
    N = np.repeat(np.geomspace(5e7, 2e9, models), points)
    D = N * np.tile(np.geomspace(2, 160, points), models)
    table = {"N": N, "D": D, "L": losses(N, D, 0.001), "run": np.repeat(np.arange(models), points)}
    return sl.Runs.from_frame(pd.DataFrame(table), N="N", D="D", L="L", group="run")


def parabola(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Vertex of a parabola and the loss there; NaN where it has none within the sizes."""
    a, b, c = np.polyfit(x - x.mean(), y, 2)
    at = -b / (2 * a)
    inside = a > 0 and x.min() < at + x.mean() < x.max()
    return (at + x.mean(), c - b * b / (4 * a)) if inside else (np.nan, np.nan)


def power(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    kept = np.isfinite(y)
    return np.polyfit(x[kept], y[kept], 1)


def looped_profiles(found: sl.IsoFLOP, replicates: int) -> np.ndarray:
    """Exponents of N*, D* and L* over resamples of the runs within each budget, one after another."""
    runs, budgets = found.runs, found.budgets
    order = np.lexsort((runs.N, budgets.code)).reshape(len(budgets.C), -1)
    lots = np.random.default_rng(SEED).random((replicates, *order.shape))
    x, exponents = np.log(budgets.C), []
    for lot in lots:
        N, D, L = np.full((3, len(x)), np.nan)
        for budget, own in enumerate(order):
            drawn = own[(lot[budget] * len(own)).astype(int)]
            N[budget], L[budget] = parabola(np.log(runs.N[drawn]), runs.L[drawn])
            D[budget], _ = parabola(np.log(runs.D[drawn]), runs.L[drawn])
        exponents.append([power(x, y)[0] for y in (N, D, np.log(L))])
    return np.array(exponents)


def looped_curves(found: sl.Envelope, replicates: int) -> np.ndarray:
    """Exponents of N*, D* and L* over resamples of whole runs, one after another."""
    given, x = found.curves, found.candidates.log_C
    lots = (np.random.default_rng(SEED).random((replicates, len(given.N))) * len(given.N)).astype(int)
    exponents = []
    for drawn in lots:
        L = np.array([np.interp(x, np.log(given.C[k]), given.L[k], np.inf, np.inf) for k in drawn])
        best = L.argmin(axis=0)
        kept = np.isfinite(L.min(axis=0))
        D = np.array([np.interp(x, np.log(given.C[k]), np.log(given.D[k])) for k in drawn])
        place = np.arange(len(x))
        columns = np.log(given.N[drawn[best]]), D[best, place], np.log(L[best, place])
        exponents.append([np.polyfit(x[kept], y[kept], 1)[0] for y in columns])
    return np.array(exponents)


def seconds(work: Callable[[], Any]) -> float:
    """The fastest of some runs, after one to warm up."""
    work()
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def row(
    name: str, batched: Callable[[int], sl.FrontierDraws], loop: Callable[[int], np.ndarray]
) -> dict[str, Any]:
    """One comparison; the loop is timed on `LOOPED` resamples."""
    draws = batched(LOOPED)
    mine = np.stack([draws.N.slope, draws.D.slope, draws.L.slope], axis=1)
    apart = float(np.nanmax(np.abs(mine - loop(LOOPED))))
    ours = seconds(lambda: batched(REPLICATES))
    theirs = seconds(lambda: loop(LOOPED)) * REPLICATES / LOOPED
    return {
        "name": name,
        "replicates": REPLICATES,
        "seconds": ours,
        "loop_seconds": theirs,
        "times_faster": theirs / ours,
        "largest_difference_of_exponents": apart,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "frontiers.json")
    out = parser.parse_args().out
    isoflop, envelope = sl.isoflop(profiles()), sl.envelope(curves())
    rows = [
        row(
            "Approach 2, parabola, runs within budgets",
            lambda count: isoflop.bootstrap(count, SEED, scheme="runs"),
            lambda count: looped_profiles(isoflop, count),
        ),
        row(
            "Approach 1, lowest run at 1,500 FLOP values, whole runs",
            lambda count: envelope.bootstrap(count, SEED),
            lambda count: looped_curves(envelope, count),
        ),
    ]
    for each in rows:
        taken = f"{each['seconds']:.3f} s, loop {each['loop_seconds']:.1f} s"
        print(f"{each['name']}: {taken}, {each['times_faster']:.0f} times faster")
    out.write_text(json.dumps({"machine": describe(), "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
