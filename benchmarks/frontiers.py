"""Bootstraps of Approaches 1 and 2: batched calls against a NumPy loop of the same method on the same draws.

The loop is what people write: for every resample and every budget `numpy.polyfit`, or SciPy's `least_squares`
over the two exponents that profiles share with `numpy.linalg.lstsq` for what is linear, or for every resample
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
from scipy.optimize import least_squares

import scalelaw as sl
from machine import describe
from scalelaw.approaches.two_powers import LARGEST, SMALLEST, START
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


def looped_shared(found: sl.IsoFLOP, counts: np.ndarray) -> np.ndarray:
    """Exponents of N*, D* and L* over resamples, profiles E + A N^-alpha + B' N^beta with shared exponents."""
    runs, x, exponents = found.runs, np.log(found.budgets.C), []
    for own in counts:
        (N, L), (D, _) = (
            shared_minima(np.log(size), runs.L, own, found.budgets.code) for size in (runs.N, runs.D)
        )
        exponents.append([power(x, y)[0] for y in (N, D, np.log(L))])
    return np.array(exponents)


def shared_minima(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray, code: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Minima of all profiles and the losses there, by least squares over the two exponents they share."""
    parts = [np.flatnonzero((code == budget) & (weight > 0)) for budget in range(code.max() + 1)]
    middles = [(x[part].min() + x[part].max()) / 2 for part in parts]

    def solve(log_exponents: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        alpha, beta = np.exp(log_exponents)
        left, linear = [], []
        for part, middle in zip(parts, middles, strict=True):
            u, root = x[part] - middle, np.sqrt(weight[part])
            basis = np.stack([np.ones_like(u), np.exp(-alpha * u), np.exp(beta * u)], axis=1)
            found = np.linalg.lstsq(root[:, None] * basis, root * y[part], rcond=None)[0]
            left.append(root * (y[part] - basis @ found))
            linear.append(found)
        return np.concatenate(left), linear

    bounds = np.log([SMALLEST] * 2), np.log([LARGEST] * 2)
    best = least_squares(
        lambda at: solve(at)[0], np.log([START] * 2), bounds=bounds, xtol=1e-10, ftol=1e-12
    ).x
    (alpha, beta), minima = np.exp(best), []
    for (E, falls, rises), part, middle in zip(solve(best)[1], parts, middles, strict=True):
        at = np.log(alpha * falls / (beta * rises)) / (alpha + beta) if min(falls, rises) > 0 else np.nan
        inside = x[part].min() < middle + at < x[part].max()
        minima.append(
            (middle + at, E + falls * np.exp(-alpha * at) + rises * np.exp(beta * at))
            if inside
            else (np.nan, np.nan)
        )
    return tuple(np.array(minima).T)


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
    isoflop, envelope = sl.isoflop(profiles(), method="parabola"), sl.envelope(curves(), edges=True)
    rows = [
        row("Approach 2, parabola, runs within budgets", isoflop, "stratified", looped_profiles),
        row(
            "Approach 2, shared exponents, runs within budgets",
            sl.isoflop(profiles()),
            "stratified",
            looped_shared,
        ),
        row("Approach 1, lowest run at 1,500 FLOP values, whole runs", envelope, "cluster", looped_curves),
    ]
    for each in rows:
        taken = f"{each['seconds']:.3f} s, loop {each['loop_seconds']:.1f} s"
        print(f"{each['name']}: {taken}, {each['times_faster']:.0f} times faster")
    out.write_text(json.dumps({"machine": describe(), "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
