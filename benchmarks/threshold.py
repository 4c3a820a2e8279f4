"""Huber's delta: Hoffmann's 1e-3 against "auto" (1.345 residual scales), `python benchmarks/threshold.py`.

On the designs and noises of `coverage.py`, for each delta: how far estimates stray over simulated data sets, how
many resamples fail, how often 95 % BCa intervals hold the truth, and how wide they are. Cells already in the JSON
are kept, so an interrupted run resumes; estimates rest on more data sets than intervals, as they cost less.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import scalelaw as sl
from scalelaw.fitting.functions import values
from scalelaw.runs.groups import group_codes
from scalelaw.simulation.designs import design_runs, draw_noise
from scalelaw.simulation.simulator import Simulator, is_usable

HERE = Path(__file__).parent
OF = ("alpha", "beta", "a")
DELTAS = (1e-3, "auto")


class Plan(NamedTuple):
    """One cell: the design, the noise and its scale on the log loss, and the scheme."""

    design: str
    noise: str
    size: float
    scheme: str = "pairs"


PLANS = (
    Plan("few", "gaussian", 0.005),
    Plan("isoflop", "gaussian", 0.005),
    Plan("isoflop", "gaussian", 0.02),
    Plan("few", "gaussian", 0.02),
    Plan("isoflop", "student", 0.005),
    Plan("isoflop", "outliers", 0.005),
    Plan("curves", "correlated", 0.005, "cluster"),
)


def strayed(truth: sl.Fit, plan: Plan, datasets: int) -> dict[str, Any]:
    """Root mean square error of estimates over data sets, and the share of fits that did not arrive."""
    groups = group_codes(truth.runs, "group")
    simulator = Simulator.of(truth)
    fits = simulator.fits(draw_noise(plan.noise, groups, np.arange(datasets), 0) * plan.size)
    found, arrived = simulator.setup.params(fits.theta), is_usable(fits.status)
    errors = {
        name: values(truth.function(name), found)[arrived]
        - float(values(truth.function(name), once(truth))[0])
        for name in OF
    }
    rms = {name: round(float(np.sqrt(np.mean(each**2))), 6) for name, each in errors.items()}
    return {
        "rms": rms,
        "fits_failed": round(1 - float(arrived.mean()), 6),
        "delta": float(np.median(fits.delta)),
    }


def once(truth: sl.Fit) -> Any:
    """The parameters of a fit as arrays of one."""
    return truth.law.Params(*(np.array([value]) for value in truth.params))


def measured(plan: Plan, delta: float | str, fits: int, datasets: int, replicates: int) -> dict[str, Any]:
    """One cell with one delta."""
    truth = sl.fit(design_runs(plan.design), delta=delta, starts="projected")
    grouped = plan.scheme == "cluster"
    cell = sl.Cell(plan.scheme, plan.noise, "group" if grouped else None, grouped)
    began = time.process_time()
    found = sl.coverage(
        truth, cell, of=OF, kinds=("bca",), datasets=datasets, replicates=replicates, size=plan.size
    )
    table = found.table.set_index("of")
    return {
        **plan._asdict(),
        "asked": delta,
        "runs": len(truth.runs),
        "fits": fits,
        **strayed(truth, plan, fits),
        "datasets": datasets,
        "replicates": replicates,
        "lost": round(float(table["lost"].mean()), 6),
        "covered": table["covered"].round(4).to_dict(),
        "width": table["width"].round(6).to_dict(),
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def table(cells: list[dict[str, Any]]) -> str:
    """A line a design and noise: efficiency of 1e-3 against auto, then failures, coverage and width of each."""
    lines = []
    for plan in PLANS:
        pair = {cell["asked"]: cell for cell in cells if Plan(*(cell[name] for name in Plan._fields)) == plan}
        if set(pair) == set(DELTAS):
            fixed, auto = (pair[delta] for delta in DELTAS)
            ratios = " ".join(f"{name} {(fixed['rms'][name] / auto['rms'][name]) ** 2:.2f}" for name in OF)
            widths = np.mean([fixed["width"][name] / auto["width"][name] for name in OF])
            covered = " / ".join(f"{np.mean([*each['covered'].values()]):.1%}" for each in (fixed, auto))
            lost = " / ".join(f"{each['lost']:.2%}" for each in (fixed, auto))
            lines.append(
                f"{plan.design}, {plan.noise} {plan.size:g}: variance ratio {ratios}; "
                f"width ratio {widths:.2f}; covered {covered}; failed {lost}"
            )
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fits", type=int, default=1000)
    parser.add_argument("--datasets", type=int, default=100)
    parser.add_argument("--replicates", type=int, default=99)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "threshold.json")
    asked = parser.parse_args()
    cells = json.loads(asked.out.read_text()) if asked.out.exists() else []
    done = {(*(cell[name] for name in Plan._fields), cell["asked"]) for cell in cells}
    for plan in PLANS:
        for delta in DELTAS:
            if (*plan, delta) not in done:
                cells.append(measured(plan, delta, asked.fits, asked.datasets, asked.replicates))
                asked.out.write_text(json.dumps(cells, indent=1) + "\n")
                print(plan, delta, cells[-1]["cpu_seconds"], "CPU s", flush=True)
    print(table(cells))


if __name__ == "__main__":
    main()
