"""What is said of later runs, and what they did: `python benchmarks/calibration.py --data FOLDER`.

For every table and outer cut-off (40, 50, ..., 80 % of the range of log C) the smaller runs are all that is known:
Chinchilla's law with today's stated interval, the law that back-tests within them favour, and the calibrated
mixture predict the larger ones. Only the package's own sweep ships; the other tables are read from a folder, and
the rule's constants were set on them. `--simulated 60` adds tables drawn from Chinchilla's law, where nothing has
to be widened. Rows already in the JSON are kept, so an interrupted run resumes.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import scalelaw as sl
from scalelaw.simulation.designs import NOISE, TRUTH, isoflop
from scalelaw.validation.trials import cut

HERE = Path(__file__).parent
SHARES = (0.4, 0.5, 0.6, 0.7, 0.8)
FEWEST = 30
REPLICATES = 200
SIMULATED = "simulated"


def tables(folder: Path | None) -> Iterator[tuple[str, sl.Runs]]:
    """Name and runs of every table of N and D."""
    yield "sweep", sl.read_dataset("sweep")
    if folder is None:
        return
    yield (
        "chinchilla_epoch",
        sl.read_runs(
            folder / "chinchilla_epoch.csv", N="Model Size", C="Training FLOP", L="loss", drop_highest_loss=5
        ),
    )
    plain = {"N": "params", "D": "tokens", "L": "loss"}
    yield "gemstones_hot", sl.read_runs(folder / "gemstones_hot.csv", group="run_id", **plain)
    yield "cs336", sl.read_runs(folder / "cs336_isoflops.csv", **plain)
    dense = pd.read_csv(folder / "routing_dense_curves.csv").dropna(subset=["loss"])
    yield "routing_dense", sl.Runs.from_frame(dense, group="run_id", source="routing_dense", **plain)
    for name, part in pd.read_csv(folder / "porian_isoflop.csv").groupby("experiment"):
        yield f"porian {name}", sl.Runs.from_frame(part, source=str(name), **plain)


def simulated(count: int) -> Iterator[tuple[str, sl.Runs]]:
    """Tables of the design of 9 budgets x 8 sizes, drawn from Chinchilla's law with normal noise."""
    design = isoflop(9, 8)
    L = np.asarray(sl.laws.chinchilla.predict(TRUTH, N=design.N, D=design.D))
    for number in range(count):
        noise = NOISE * np.random.default_rng(number).standard_normal(len(L))
        frame = pd.DataFrame({"N": design.N, "D": design.D, "L": L * np.exp(noise)})
        yield f"{SIMULATED} {number}", sl.Runs.from_frame(frame)


def judged(observed: np.ndarray, said: sl.uncertainty.Prediction) -> dict[str, float]:
    """Errors and half-widths as per cent of the observed loss, and how many lie inside."""
    error = 100 * (said.estimate / observed - 1)
    return {
        "rms": float(np.sqrt(np.mean(error**2))),
        "bias": float(error.mean()),
        "inside": float(np.mean((said.low <= observed) & (observed <= said.high))),
        "half_width": float(np.mean(50 * (said.high - said.low) / observed)),
    }


def measured(runs: sl.Runs, seen: np.ndarray, later: np.ndarray) -> dict[str, Any]:
    """All three predictors on one split."""
    fit = sl.fit(runs.taken(seen), starts="projected")
    scheme = "pairs" if runs.group is None else "cluster"
    draws = sl.bootstrap(fit, REPLICATES, scheme=scheme)
    beyond = runs.taken(later)
    at = beyond.inputs(("N", "D"))
    found = {"today": judged(beyond.L, sl.prediction_interval(draws, **at))}
    try:
        known = sl.calibrate(fit, draws=draws, replicates=REPLICATES)
    except sl.BadInput as error:
        return {**found, "not_calibrated": str(error)}
    first = max(known.members, key=lambda member: member.weight)
    found["first"] = {
        "law": first.fit.law.name,
        **judged(beyond.L, sl.prediction_interval(first.draws, **at)),
    }
    found["calibrated"] = judged(beyond.L, known.predict(**at))
    return {**found, "weights": known.weights, "excess": known.excess, "trusted": fit.certificate.trusted}


def summary(rows: list[dict[str, Any]]) -> str:
    """Pooled over all later runs, by table, and the ratio of width to error."""
    both = [row for row in rows if "calibrated" in row]
    if not both:
        return "nothing was calibrated"
    runs = np.array([row["later"] for row in both])
    lines = []
    for name in ("today", "first", "calibrated"):
        inside = np.array([row[name]["inside"] for row in both])
        ratio = np.array(
            [row[name]["half_width"] / row[name]["rms"] for row in both if row[name]["rms"] > 1e-3]
        )
        rms = np.median(
            [row[name]["rms"] / row["today"]["rms"] for row in both if row["today"]["rms"] > 1e-3]
        )
        of = {
            table: np.average(
                [row[name]["inside"] for row in both if row["table"] == table],
                weights=[row["later"] for row in both if row["table"] == table],
            )
            for table in dict.fromkeys(row["table"] for row in both)
        }
        worst = min(of, key=lambda table: of[table])
        width = np.median([row[name]["half_width"] / row["today"]["half_width"] for row in both])
        lines += [
            f"{name:<11} inside {np.average(inside, weights=runs):.1%} of {runs.sum():,} predictions "
            f"({len(both)} splits, {len(of)} tables); worst table {of[worst]:.0%} ({worst})",
            f"{'':<11} medians: half-width / rms error {np.median(ratio):.2f}, half-width / today's {width:.2f}, "
            f"rms / today's {rms:.2f}",
        ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder of public tables")
    parser.add_argument("--simulated", type=int, default=0, help="so many tables from Chinchilla's law")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "calibration.json")
    options = parser.parse_args()
    rows = json.loads(options.out.read_text()) if options.out.exists() else []
    done = {(row["table"], row["share"]) for row in rows}
    for name, runs in (*tables(options.data), *simulated(options.simulated)):
        for share in (0.6,) if name.startswith(SIMULATED) else SHARES:
            (line,) = cut(runs, "C", None, (share,))
            if (name, share) in done or len(line.seen) < FEWEST:
                continue
            row = {"table": name, "share": share, "seen": len(line.seen), "later": len(line.later)}
            rows.append(row | measured(runs, line.seen, line.later))
            options.out.write_text(json.dumps(rows, indent=1) + "\n")
            print(rows[-1], flush=True)
    print(summary([row for row in rows if not row["table"].startswith(SIMULATED)]))
    print(summary([row for row in rows if row["table"].startswith(SIMULATED)]))


if __name__ == "__main__":
    main()
