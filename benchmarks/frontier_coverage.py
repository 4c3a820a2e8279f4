"""How often intervals of Approaches 1 and 2 hold the optimum, and how wide they are.

`python benchmarks/frontier_coverage.py`.

IsoFLOP designs and noises that people have, every method, scheme and kind of interval; runs simulated from
Chinchilla's law with alpha = .34, beta = .28. The oracle knows the exponents of the curves, and only looks where
each is lowest. Cells already in the JSON are kept, so an interrupted run resumes.
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import scalelaw as sl
from scalelaw.approaches.frontier import line
from scalelaw.simulation.designs import draw_noise
from scalelaw.simulation.frontiers import default_quantities, name_of

HERE = Path(__file__).parent
LAW = sl.published["hoffmann2022_A3_rounded"]
FAR = 1e24
Design = Callable[[], pd.DataFrame]


def profiles(
    budgets: int, sizes: int, width: float, *, centre: float = 1.0, drift: float = 1.0, seeds: int = 1
) -> pd.DataFrame:
    """Sizes over +-width about the optimum, off by `centre`, and by `drift` more at the largest budget."""
    C = np.geomspace(6e18, 3e21, budgets)
    off = centre * drift ** np.linspace(-1, 1, budgets)
    best = np.asarray(sl.optimal(LAW.law, LAW.params, C).N)
    N = (best * off)[:, None] * np.geomspace(1 / width, width, sizes)
    table = pd.DataFrame(
        {"N": N.ravel(), "C": np.repeat(C, sizes), "model": np.tile(np.arange(sizes), budgets)}
    )
    return pd.concat([table] * seeds, ignore_index=True)


def read_off_curves(models: int, budgets: int) -> pd.DataFrame:
    """A grid of models on all budgets, as profiles read off training curves: the noise of a model is its own."""
    C = np.geomspace(6e18, 3e21, budgets)
    best = np.asarray(sl.optimal(LAW.law, LAW.params, C[[0, -1]]).N)
    N = np.geomspace(best[0] / 4, best[1] * 4, models)
    table = pd.DataFrame(
        {"N": np.repeat(N, budgets), "C": np.tile(C, models), "model": np.repeat(np.arange(models), budgets)}
    )
    return table[np.abs(np.log(table.N / np.interp(table.C, C, np.geomspace(*best, budgets)))) < np.log(16)]


def training_curves(models: int, checkpoints: int) -> pd.DataFrame:
    """Models at 2 to 200 tokens a parameter."""
    N = np.repeat(np.geomspace(5e7, 5e9, models), checkpoints)
    D = N * np.tile(np.geomspace(2, 200, checkpoints), models)
    return pd.DataFrame({"N": N, "C": 6 * N * D, "model": np.repeat(np.arange(models), checkpoints)})


DESIGNS: dict[str, Design] = {
    "9 x 8, +-2x": partial(profiles, 9, 8, 2),
    "9 x 8, +-4x": partial(profiles, 9, 8, 4),
    "9 x 8, +-16x": partial(profiles, 9, 8, 16),
    "7 x 12, +-4x": partial(profiles, 7, 12, 4),
    "5 x 6, +-4x": partial(profiles, 5, 6, 4),
    "5 x 6, 3 seeds": partial(profiles, 5, 6, 4, seeds=3),
    "9 x 8, +-8x, off-centre 3x": partial(profiles, 9, 8, 8, centre=3),
    "9 x 8, +-8x, drifting 1/3 to 3x": partial(profiles, 9, 8, 8, drift=3),
    "12 models read at 9 budgets": partial(read_off_curves, 12, 9),
    "20 curves x 60": partial(training_curves, 20, 60),
    "60 curves x 60": partial(training_curves, 60, 60),
}


class Plan(NamedTuple):
    """One cell."""

    design: str
    noise: str
    size: float
    approach: str = "isoflop"
    method: str = "shared"
    scheme: str = "parametric"
    kind: str = "percentile"
    edges: bool = False


FOUR = [(design, size) for size in (0.002, 0.0005) for design in ("9 x 8, +-4x", "9 x 8, +-16x")]
OTHERS = [
    ("9 x 8, +-2x", "gaussian", 0.002),
    ("9 x 8, +-4x", "gaussian", 0.01),
    ("7 x 12, +-4x", "gaussian", 0.002),
    ("5 x 6, +-4x", "gaussian", 0.002),
    ("5 x 6, 3 seeds", "gaussian", 0.005),
    ("9 x 8, +-8x, off-centre 3x", "gaussian", 0.002),
    ("9 x 8, +-8x, drifting 1/3 to 3x", "gaussian", 0.002),
    ("9 x 8, +-4x", "student", 0.002),
    ("9 x 8, +-4x", "outliers", 0.002),
    ("12 models read at 9 budgets", "correlated", 0.002),
]
CURVES = [("20 curves x 60", 0.002), ("60 curves x 60", 0.002), ("60 curves x 60", 0.0005)]
WAYS = [("lowest", False), ("hull", False), ("lowest", True), ("hull", True)]


def four(**settings: Any) -> list[Plan]:
    """The four cells of two noises and two widths."""
    return [Plan(design, "gaussian", size, **settings) for design, size in FOUR]


def others(**settings: Any) -> list[Plan]:
    """The other designs and noises."""
    return [Plan(*other, **settings) for other in OTHERS]


def envelopes() -> list[Plan]:
    """Every way of taking an envelope."""
    return [
        Plan(design, noise, size, "envelope", method, "cluster", edges=edges)
        for method, edges in WAYS
        for noise in ("gaussian", "correlated")
        for design, size in CURVES
    ]


PLANS = [
    *(plan for method in ("shared", "parabola", "cubic") for plan in four(method=method)),
    *others(),
    *others(method="parabola"),
    *envelopes(),
    *(plan for scheme in ("stratified", "bayesian") for plan in four(scheme=scheme)),
    *(plan for kind in ("bca", "basic", "normal") for plan in four(kind=kind)),
    *others(method="cubic"),
    *(plan for method in ("local", "akima") for plan in four(method=method)),
    Plan("12 models read at 9 budgets", "correlated", 0.002, scheme="cluster"),
]


@cache
def truth_of(design: str) -> sl.Fit:
    """The law on the design, without noise."""
    table = DESIGNS[design]()
    table["L"] = LAW.loss(N=table.N.to_numpy(), D=(table.C / 6 / table.N).to_numpy())
    return sl.fit(sl.Runs.from_frame(table, N="N", C="C", L="L", group="model"), starts="projected")


def measured(plan: Plan, kinds: list[str], datasets: int, replicates: int) -> list[dict[str, Any]]:
    """One cell a kind of interval, all of the same resamples."""
    truth = truth_of(plan.design)
    grouped = plan.scheme in ("stratified", "cluster")
    by: Any = "group" if plan.noise == "correlated" or plan.scheme == "cluster" else None
    if plan.scheme == "stratified":
        by = "C"
    make = partial(getattr(sl, plan.approach), method=plan.method)
    if plan.approach == "envelope":
        make = partial(make, edges=plan.edges)
    of = (*default_quantities(truth.runs), sl.frontier_quantity("N", C=FAR))
    began = time.process_time()
    found = sl.frontier_coverage(
        make,
        truth,
        sl.Cell(plan.scheme, plan.noise, by, grouped),
        of=of,
        kinds=kinds,
        datasets=datasets,
        replicates=replicates,
        size=plan.size,
    )
    seconds = round(time.process_time() - began, 1)
    oracle = oracle_widths(plan, datasets) if plan.approach == "isoflop" else None
    cells = []
    for kind in kinds:
        table = found.table[found.table["kind"] == kind].set_index("of")
        results = {
            "datasets": datasets,
            "replicates": replicates,
            "failed": found.failed,
            "lost": round(float(table["lost"].mean()), 5),
            "covered": table["covered"].round(4).to_dict(),
            "width": {name: float(f"{width:.4g}") for name, width in table["width"].items()},
            "oracle": oracle,
            "cpu_seconds": seconds,
        }
        cells.append({**plan._replace(kind=kind)._asdict(), **results})
    return cells


def oracle_widths(plan: Plan, datasets: int) -> dict[str, float]:
    """Width that 95 % of the oracle's estimates lie in: exponents of the curves known, the rest fitted."""
    runs, truth = truth_of(plan.design).runs, truth_of(plan.design)
    groups = runs.group if plan.noise == "correlated" else np.arange(len(runs))
    noise = draw_noise(plan.noise, groups, np.arange(datasets), 0) * plan.size
    L = truth.predict(N=runs.N, D=runs.D) * np.exp(noise)
    alpha, beta = LAW.params.alpha, LAW.params.beta
    budgets, code = np.unique(runs.C, return_inverse=True)
    best = np.empty((datasets, len(budgets)))
    for budget in range(len(budgets)):
        mine = code == budget
        u = np.log(runs.N[mine])
        centre = u.mean()
        basis = np.stack(
            [np.ones_like(u), np.exp(-alpha * (u - centre)), np.exp(beta * (u - centre))], axis=1
        )
        _, left, right = np.linalg.lstsq(basis, L[:, mine].T, rcond=None)[0]
        best[:, budget] = centre + np.log(alpha * left / (beta * right)) / (alpha + beta)
    x = np.log(budgets)
    fitted = line(x, best, np.isfinite(best).astype(float))
    at = {name_of(each): each.C for each in (*default_quantities(runs), sl.frontier_quantity("N", C=FAR))}
    values = {
        name: fitted.slope if C is None else np.exp(fitted.intercept + fitted.slope * np.log(C))
        for name, C in at.items()
    }
    return {
        name: float(f"{np.subtract(*np.nanquantile(value, [0.975, 0.025])):.4g}")
        for name, value in values.items()
    }


def line_of(cell: dict[str, Any]) -> str:
    """A cell in a line."""
    covered = "  ".join(f"{name} {100 * share:.1f}" for name, share in cell["covered"].items())
    way = f"{cell['approach']} {cell['method']}, {cell['scheme']}, {cell['kind']}"
    if cell["approach"] == "envelope":
        way += f", {'with' if cell['edges'] else 'without'} edges"
    else:
        ratios = (cell["width"][name] / cell["oracle"][name] for name in cell["width"])
        covered += ", width / oracle " + " ".join(f"{ratio:.2f}" for ratio in ratios)
    head = f"{cell['design']}, {cell['noise']} {100 * cell['size']:g} %: {way}"
    return f"{head}: {covered}; failed {cell['failed']}, lost {cell['lost']:.2%}, {cell['cpu_seconds']} s"


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--datasets", type=int, default=2000)
    parser.add_argument("--curves", type=int, default=500, help="data sets of training curves")
    parser.add_argument("--replicates", type=int, default=299)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "frontier_coverage.json")
    asked = parser.parse_args()
    cells = json.loads(asked.out.read_text()) if asked.out.exists() else []
    done = {Plan(*(cell[name] for name in Plan._fields)) for cell in cells}
    missing: dict[Plan, list[str]] = {}
    for plan in PLANS:
        if plan not in done:
            missing.setdefault(plan._replace(kind=""), []).append(plan.kind)
    for plan, kinds in missing.items():
        datasets = asked.curves if plan.approach == "envelope" else asked.datasets
        found = measured(plan, kinds, datasets, asked.replicates)
        cells += found
        asked.out.write_text(json.dumps(cells, indent=1) + "\n")
        print("\n".join(map(line_of, found)), flush=True)


if __name__ == "__main__":
    main()
