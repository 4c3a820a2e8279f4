"""How long the first fit and the first bootstrap of a process take, with and without what `_compiled` asks of XLA.

Each measurement is a process of its own that finds nothing compiled; the two alternate. The second bootstrap shows
that programs which compile sooner run as fast.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from machine import describe

HERE = Path(__file__).parent
RESULT = HERE / "results" / "compilation.json"
SWEEP = HERE.parent / "src" / "scalelaw" / "data" / "simulated_sweep.csv"
REPLICATES = 4_000


def measure(sooner: bool) -> dict[str, float]:
    """Seconds of one process: its first fit, first bootstrap, second bootstrap, and all its processor time."""
    import scalelaw as sl
    from scalelaw import _compiled

    if not sooner:
        _compiled.SOONER = {}
    runs = sl.read_runs(SWEEP)
    began = time.perf_counter()
    fit = sl.fit(runs)
    fitted = time.perf_counter()
    sl.bootstrap(fit, REPLICATES)
    once = time.perf_counter()
    sl.bootstrap(fit, REPLICATES, seed=1)
    return {
        "first fit": fitted - began,
        "first bootstrap": once - fitted,
        "second bootstrap": time.perf_counter() - once,
        "processor": time.process_time(),
    }


def main() -> None:
    """Measure three pairs, and write their medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--one", choices=("plain", "sooner"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one == "sooner")))
        return
    rows: dict[str, list[dict[str, float]]] = {"plain": [], "sooner": []}
    for name in ("plain", "sooner") * asked.pairs:
        alone = {key: value for key, value in os.environ.items() if key != "JAX_COMPILATION_CACHE_DIR"}
        command = [sys.executable, __file__, "--one", name]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=alone)
        rows[name].append(json.loads(done.stdout.splitlines()[-1]))
    medians = {name: medians_of(measured) for name, measured in rows.items()}
    for step, plain in medians["plain"].items():
        sooner = medians["sooner"][step]
        print(f"{step:16} {plain:6.2f} s -> {sooner:6.2f} s, {sooner / plain:.2f} of it")
    RESULT.write_text(json.dumps({"seconds": medians, "pairs": asked.pairs, **describe()}, indent=1) + "\n")


def medians_of(rows: list[dict[str, float]]) -> dict[str, float]:
    return {step: float(np.median([row[step] for row in rows])) for step in rows[0]}


if __name__ == "__main__":
    main()
