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
from scalelaw.fitting.refits import Sample, draw_samples

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


def weights(draws: sl.Draws) -> np.ndarray:
    """How often each replicate counts each run, [R, n]."""
    sample = Sample(draws.fit.sample.target, np.ones(len(draws.fit.runs)))
    draw = draws.resampler.draw(draws.fit)
    return draw_samples(sample, draw, draws.replicates.astype(np.uint32), at_once=len(draws)).weight


def looped_profiles(found: sl.IsoFLOP, counts: np.ndarray) -> np.ndarray:
    """Exponents of N*, D* and L* over resamples of the runs within each budget, one after another."""
    runs, budgets = found.runs, found.budgets
    x, exponents = np.log(budgets.C), []
    for own in counts:
        N, D, L = np.full((3, len(x)), np.nan)
        for budget in range(len(x)):
            drawn = np.repeat(np.arange(len(runs)), np.where(budgets.code == budget, own, 0).astype(int))
            N[budget], L[budget] = parabola(np.log(runs.N[drawn]), runs.L[drawn])
            D[budget], _ = parabola(np.log(runs.D[drawn]), runs.L[drawn])
        exponents.append([power(x, y)[0] for y in (N, D, np.log(L))])
    return np.array(exponents)


def looped_curves(found: sl.Envelope, counts: np.ndarray) -> np.ndarray:
    """Exponents of N*, D* and L* over resamples of whole runs, one after another."""
    given, x = found.curves, found.candidates.log_C
    exponents = []
    for own in counts:
        drawn = np.flatnonzero(own[given.row])
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
    name: str, found: sl.IsoFLOP | sl.Envelope, scheme: str, loop: Callable[[Any, np.ndarray], np.ndarray]
) -> dict[str, Any]:
    """One comparison; the loop is timed on `LOOPED` resamples."""
    draws = sl.bootstrap(found, LOOPED, SEED, scheme=scheme)
    mine = np.stack([draws.params.a, draws.params.b, -draws.params.gamma], axis=1)
    counts = weights(draws)
    apart = float(np.nanmax(np.abs(mine - loop(found, counts))))
    ours = seconds(lambda: sl.bootstrap(found, REPLICATES, SEED, scheme=scheme))
    theirs = seconds(lambda: loop(found, counts)) * REPLICATES / LOOPED
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
        row("Approach 2, parabola, runs within budgets", isoflop, "stratified", looped_profiles),
        row("Approach 1, lowest run at 1,500 FLOP values, whole runs", envelope, "cluster", looped_curves),
    ]
    for each in rows:
        taken = f"{each['seconds']:.3f} s, loop {each['loop_seconds']:.1f} s"
        print(f"{each['name']}: {taken}, {each['times_faster']:.0f} times faster")
    out.write_text(json.dumps({"machine": describe(), "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
