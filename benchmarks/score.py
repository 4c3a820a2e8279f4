"""Compare the objectives that all rivals reached: the best known, and who comes home to it."""

from pathlib import Path
from typing import Any

import numpy as np

AT_BEST = 1e-6  # relative


def score(rows: list[dict[str, Any]], folder: Path) -> None:
    """Write best_objective, share_at_best and median_excess into the rows measured on one data set.

    All grids minimise the same function, so their best is one number; each resample has its own.
    """
    reached = [np.load(folder / objectives_name(row)) for row in rows]
    best_of_grids = min(
        (float(np.min(r["objectives"])) for r, row in paired(reached, rows, "grid")), default=0.0
    )
    best_of_lane = best_by_lane([r for r, _ in paired(reached, rows, "resamples")])
    for found, row in zip(reached, rows, strict=True):
        best = best_of_grids if row["kind"] == "grid" else best_of_lane[found["lanes"]]
        excess = found["objectives"] / best - 1
        row["best_objective"] = float(np.min(found["objectives"]))
        row["share_at_best"] = float(np.mean(excess <= AT_BEST))
        row["median_excess"] = float(np.median(excess))


def objectives_name(row: dict[str, Any]) -> str:
    return f"{row['data']}--{row['workload']}--{row['rival']}.npz"


def paired(reached: list[Any], rows: list[dict[str, Any]], kind: str) -> list[tuple[Any, dict[str, Any]]]:
    return [(found, row) for found, row in zip(reached, rows, strict=True) if row["kind"] == kind]


def best_by_lane(reached: list[Any]) -> np.ndarray:
    """The lowest objective anyone reached on each resample, by its number; inf where nobody tried."""
    size = max((int(found["lanes"].max()) + 1 for found in reached), default=0)
    best = np.full(size, np.inf)
    for found in reached:
        best[found["lanes"]] = np.minimum(best[found["lanes"]], found["objectives"])
    return best
