"""What the sweep that ships says, in numbers and figures: `python benchmarks/sweep_results.py`.

All three approaches with intervals, the larger runs predicted by a fit that has not seen them, the noise between
seeds beside what the law leaves over, how the exponents move with the smallest budget that is fitted, and what
leaving embeddings out of N does.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import scalelaw as sl

RESULTS = Path(__file__).parent / "results"
REPLICATES, SEED = 4000, 0
SMALLEST = (0, 1e10, 2e10, 5e10, 1e11)
"""FLOP below which runs are left out of a fit, in turn."""

PROFILES = "role == 'isoflop'"
COUNTS = {"total": "params", "non-embedding": "params_non_embedding"}


def rounded(numbers: Any) -> list[float]:
    return [float(f"{number:.6g}") for number in np.atleast_1d(numbers)]


def approaches(fit: sl.Fit, curves: sl.Runs) -> tuple[sl.Comparison, sl.FrontierDraws]:
    """Approaches 2 and 3 over the same resamples of the runs, Approach 1 over resamples of whole curves."""
    compared = sl.compare(fit, replicates=REPLICATES, seed=SEED)
    return compared, sl.envelope(curves, method="hull").bootstrap(REPLICATES, seed=SEED)


def exponents(compared: sl.Comparison, enveloped: sl.FrontierDraws) -> list[dict[str, Any]]:
    first = {
        name: rounded([enveloped.estimate(name), *enveloped.interval(name)]) for name in ("a", "b")
    }
    rest = [
        {"approach": approach, **{row.quantity: rounded([row.value, row.low, row.high]) for row in rows.itertuples()}}
        for approach, rows in compared.exponents.groupby("approach", sort=True)
    ]
    return [{"approach": "1: training curves", **first}, *rest]


def noise(fit: sl.Fit) -> dict[str, Any]:
    """Standard deviations of log loss: between seeds of one cell, and of runs about the law."""
    every = pd.read_csv(sl.dataset_path("sweep"))
    same = every[every["role"].isin(["isoflop", "seed"])].assign(log_loss=lambda runs: np.log(runs["loss"]))
    cells = same.groupby(["budget", "params"])["log_loss"].agg(["size", "var"]).query("size >= 3")
    used = cells[cells.index.get_level_values("budget") >= fit.runs.C.min()]

    def pooled(of: pd.DataFrame) -> float:
        return float(np.sqrt(np.average(of["var"], weights=of["size"] - 1)))

    return {
        "between seeds": rounded(pooled(cells))[0],
        "between seeds, budgets that are fitted": rounded(pooled(used))[0],
        "about the law": rounded(np.std(fit.residuals, ddof=5))[0],
        "cells": [[*map(float, key), int(row.size), *rounded(np.sqrt(row.var))] for key, row in zip(cells.index, cells.to_dict("records"), strict=True)] if False else [],
    }
