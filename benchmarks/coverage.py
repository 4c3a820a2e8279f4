"""How often intervals hold the truth: designs x noises x schemes, `python benchmarks/coverage.py [--data CSV]`.

Cells already in the JSON are kept, so an interrupted run resumes. The 240-run design is that of a table of
runs which is not shipped (Besiroglu et al. 2024); without `--data` its cells are left out.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import scalelaw as sl
from scalelaw.fitting.functions import Function
from scalelaw.simulation.coverage import LogSize
from scalelaw.simulation.designs import NOISE, design_runs

HERE = Path(__file__).parent
TABLE = "240 runs"


class Plan(NamedTuple):
    """One cell: the design, the noise, the scheme, and what groups it draws."""

    design: str
    noise: str
    scheme: str
    by: str | None = None
    grouped: bool = False


ALONE = ("pairs", "bayesian", "wild", "residual", "parametric")
PLANS = [
    *(Plan("isoflop", noise, "pairs") for noise in ("gaussian", "student")),
    *(Plan(TABLE, noise, "pairs") for noise in ("gaussian", "student")),
    Plan("few", "gaussian", "pairs"),
    Plan("curves", "correlated", "pairs", "group"),
    Plan("curves", "correlated", "cluster", "group", True),
    *(Plan("isoflop", noise, scheme) for scheme in ALONE[1:] for noise in ("gaussian", "student")),
    *(Plan("few", "gaussian", scheme) for scheme in ALONE[1:]),
    *(Plan(TABLE, noise, scheme) for scheme in ALONE[1:3] for noise in ("gaussian", "student")),
    Plan("curves", "correlated", "webb", "group", True),
    Plan("isoflop", "outliers", "pairs"),
    Plan("few", "student", "pairs"),
    *(Plan(TABLE, noise, scheme) for scheme in ALONE[3:] for noise in ("gaussian", "student")),
    Plan("curves", "gaussian", "pairs"),
    Plan(TABLE, "outliers", "pairs"),
]


def truth_of(design: str, data: Path | None) -> sl.Fit | None:
    """The fit that data sets are simulated from."""
    if design != TABLE:
        return sl.fit(design_runs(design), starts="projected")
    if data is None:
        return None
    return sl.fit(sl.read_runs(data, drop_highest_loss=5), starts="projected")


def measured(plan: Plan, truth: sl.Fit, datasets: int, replicates: int) -> dict[str, Any]:
    """One cell."""
    C = float(truth.runs.inputs(("C",))["C"].max())
    of: tuple[Function, ...] = ("E", "alpha", "beta", "a", LogSize(truth.law, 10 * C, "ln N*(10 C)"))
    size = truth.scale if plan.design == TABLE else NOISE
    cell = sl.Cell(plan.scheme, plan.noise, plan.by, plan.grouped)
    began = time.perf_counter()
    found = sl.coverage(truth, cell, of=of, datasets=datasets, replicates=replicates, size=size)
    return {
        **plan._asdict(),
        "runs": len(truth.runs),
        "noise_size": size,
        "datasets": datasets,
        "replicates": replicates,
        "failed": found.failed,
        "seconds": round(time.perf_counter() - began, 1),
        "table": found.table.round(6).to_dict("records"),
    }


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="CSV of the 245 runs of the 240-run design")
    parser.add_argument("--datasets", type=int, default=2000)
    parser.add_argument("--replicates", type=int, default=999)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "coverage.json")
    asked = parser.parse_args()
    cells = json.loads(asked.out.read_text()) if asked.out.exists() else []
    done = {Plan(*(cell[name] for name in Plan._fields)) for cell in cells}
    for plan in PLANS:
        if plan in done or (truth := truth_of(plan.design, asked.data)) is None:
            continue
        cells.append(measured(plan, truth, asked.datasets, asked.replicates))
        asked.out.write_text(json.dumps(cells, indent=1) + "\n")
        print(plan, cells[-1]["seconds"], "s", flush=True)


if __name__ == "__main__":
    main()
