"""Measure every rival on every workload: `python benchmarks/solvers.py [--quick] [--only NAME ...]`.

Rows already in the JSON are kept, so an interrupted run resumes; `--fresh` measures again.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from plan import EVERY, RIVALS, WORKLOADS, Rival, Workload
from score import objectives_name, score

HERE = Path(__file__).parent
SIMULATED = HERE.parent / "src" / "scalelaw" / "data" / "simulated_sweep.csv"
QUICK_FITS = 45
QUICK_WORKLOADS = ("grid45", "resamples4096")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}

Row = dict[str, Any]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=SIMULATED, help="a CSV of runs (default: the shipped sweep)"
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_FITS} fits a rival, two workloads")
    parser.add_argument("--fresh", action="store_true", help="measure again what the JSON already holds")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[rival.name for rival in RIVALS])
    parser.add_argument("--workloads", nargs="+", metavar="NAME", choices=[load.name for load in WORKLOADS])
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    asked.out = asked.out or HERE / "results" / ("quick.json" if asked.quick else "solvers.json")
    asked.workloads = asked.workloads or (
        QUICK_WORKLOADS if asked.quick else [load.name for load in WORKLOADS]
    )
    asked.only = asked.only or [rival.name for rival in RIVALS]
    return asked


def key(row: Row) -> tuple[str, str, str]:
    return row["data"], row["workload"], row["rival"]


def measure(rival: Rival, workload: Workload, data: Path, most: int, folder: Path) -> Row:
    """One measurement in its own process, so that its peak memory is its own."""
    row = {"rival": rival.name, "label": rival.label, "workload": workload.name, "kind": workload.kind}
    row |= {"data": data.stem}
    target = folder / objectives_name(row)
    command = [sys.executable, HERE / "measure.py", rival.name, workload.name]
    command += ["--data", data, "--most", most, "--objectives", target]
    done = subprocess.run(
        list(map(str, command)), env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, text=True, check=True
    )
    measured: Row = json.loads(done.stdout.splitlines()[-1])
    return row | measured


def progress(row: Row) -> str:
    head = f"{row['workload']:14} {row['rival']:26}"
    if "skipped" in row:
        return f"{head} skipped: {row['skipped']}"
    return (
        f"{head} {row['ms_per_fit']:9.3f} ms a fit, {row['fits']:6} of {row['fits_of']:6} fits, "
        f"setup {row['setup_seconds']:4.1f} s, peak {row['peak_rss_mb']:5.0f} MB, "
        f"load {row['load_average']:.1f}"
    )


def write(rows: dict[tuple[str, str, str], Row], out: Path, folder: Path) -> None:
    """Score the rows of each data set against each other and save them all."""
    for data in {row["data"] for row in rows.values()}:
        score([row for row in rows.values() if row["data"] == data], folder)
    out.write_text(json.dumps(list(rows.values()), indent=1) + "\n")


def resume(out: Path, folder: Path) -> dict[tuple[str, str, str], Row]:
    """The rows already measured whose objectives are still there to be compared."""
    rows = json.loads(out.read_text()) if out.exists() else []
    return {key(row): row for row in rows if (folder / objectives_name(row)).exists()}


def main() -> None:
    asked = arguments()
    folder = asked.out.with_suffix(".objectives")
    folder.mkdir(parents=True, exist_ok=True)
    rows = resume(asked.out, folder)
    for workload in (load for load in WORKLOADS if load.name in asked.workloads):
        for rival in (rival for rival in RIVALS if rival.name in asked.only):
            if not asked.fresh and (asked.data.stem, workload.name, rival.name) in rows:
                continue
            row = measure(rival, workload, asked.data, QUICK_FITS if asked.quick else EVERY, folder)
            print(progress(row), flush=True)
            if "skipped" not in row:
                rows[key(row)] = row
                write(rows, asked.out, folder)
    for row in rows.values():
        print(f"{row['workload']:14} {row['rival']:26} {row['share_at_best']:7.1%} at the best objective")


if __name__ == "__main__":
    main()
