"""What the sweep that ships says, in numbers and figures: `python benchmarks/sweep_results.py`.

All three approaches with intervals, in both counts of N; the larger runs predicted by a fit that has not seen them;
the noise between seeds beside what the law leaves over; and how the answer moves with the smallest budget fitted.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import scalelaw as sl

RESULTS = Path(__file__).parent / "results"
REPLICATES = 4000
SMALLEST = (0, 1e10, 2e10, 5e10, 1e11)
"""FLOP below which runs are left out, in turn; the data set `sweep` takes 1e10."""

ROLES = "role in ['isoflop', 'horizon', 'seed']"
PARAMETERS = 5

Record = dict[str, Any]


def digits(numbers: Any) -> list[float]:
    return [float(f"{number:.5g}") for number in np.ravel(numbers)]


def approaches(fit: sl.Fit, draws: sl.Draws) -> Record:
    """Exponent a of N*, and its 95 % interval; Approach 2 over resamples within budgets, 1 over whole curves."""
    curves = sl.bootstrap(sl.envelope(sl.read_dataset("sweep-curves")), REPLICATES)
    profiles = sl.bootstrap(sl.isoflop(fit.runs), REPLICATES)
    every = (("1: training curves", curves), ("2: IsoFLOP profiles", profiles), ("3: parametric law", draws))
    return {name: digits([found.estimate("a"), *found.interval("a")]) for name, found in every}


def without_embeddings() -> Record:
    """The same with N non-embedding, and C = 6 N D of that N."""
    blocks = {"N": "params_non_embedding", "C": None}
    curves = sl.read_dataset("sweep-curves")
    sizes = pd.read_csv(sl.dataset_path("sweep")).drop_duplicates("params").set_index("params")
    N = sizes["params_non_embedding"].loc[curves.N.astype(int)].to_numpy()
    table = pd.DataFrame({"N": N, "D": curves.D, "L": curves.L, "run": curves.group})
    envelope = sl.envelope(sl.Runs.from_frame(table, N="N", D="D", L="L", group="run"))
    recounted = sl.bootstrap(envelope, REPLICATES)
    fit = sl.fit(sl.read_dataset("sweep", **blocks))
    draws = sl.bootstrap(fit, REPLICATES)
    return {
        "1: training curves": digits([recounted.estimate("a"), *recounted.interval("a")]),
        "3: parametric law": digits([draws.estimate("a"), *draws.interval("a")]),
        "warnings of the law's fit": list(fit.certificate.warnings),
    }


def noise(fit: sl.Fit) -> Record:
    """Standard deviations of log loss: between seeds of one cell, pooled, and of the runs about the law."""
    table = pd.read_csv(sl.dataset_path("sweep"))
    same = table[table["role"].isin(["isoflop", "seed"]) & (table["flops"] >= fit.runs.C.min())]
    cells = same.assign(log=np.log(same["loss"])).groupby(["budget", "params"])["log"].agg(["size", "var"])
    cells = cells[cells["size"] >= 3]
    pooled = np.sqrt(np.average(cells["var"], weights=cells["size"] - 1))
    about = np.sqrt(np.sum(fit.residuals**2) / (len(fit.runs) - PARAMETERS))
    return {"cells": len(cells), "between seeds": digits(pooled)[0], "about the law": digits(about)[0]}


def from_smallest(smallest: float, larger: sl.Runs) -> Record:
    """The law fitted to runs of at least so many FLOP, and its errors at the larger ones."""
    fit = sl.fit(sl.read_dataset("sweep-all", where=f"flops >= {smallest:g}"))
    errors = fit.predict(N=larger.N, D=larger.D) / larger.L - 1
    return {
        "smallest, FLOP": smallest,
        "runs": len(fit.runs),
        "trusted": fit.certificate.trusted,
        "residual scale": digits(fit.scale)[0],
        **{
            name: digits(value)[0] for name, value in (fit.params._asdict() | {"a": fit.derived["a"]}).items()
        },
        "errors at larger runs": digits(errors),
    }


def calibrated(fit: sl.Fit, draws: sl.Draws, larger: sl.Runs) -> Record:
    """The larger runs by all laws, weighed by their back-tests."""
    known = sl.calibrate(fit, draws=draws)
    said = known.predict(N=larger.N, D=larger.D)
    return {
        "weights": {name: digits(weight)[0] for name, weight in known.weights.items()},
        "errors": digits(said.estimate / larger.L - 1),
        "half-widths": digits((said.high - said.low) / 2 / larger.L),
        "inside": [bool(each) for each in (said.low <= larger.L) & (larger.L <= said.high)],
    }


def main() -> None:
    larger = sl.read_dataset("sweep-heldout")
    fit = sl.fit(sl.read_dataset("sweep"))
    draws = sl.bootstrap(fit, REPLICATES)
    held = sl.held_out(draws, larger)
    tested = sl.backtest(fit.runs)
    record = {
        "a": approaches(fit, draws),
        "a without embeddings": without_embeddings(),
        "held out": held.to_frame().round(5).to_dict("records"),
        "calibrated": calibrated(fit, draws, larger),
        "back-tests": tested.summary().round(3).to_dict("records"),
        "noise": noise(fit),
        "by smallest budget": [from_smallest(smallest, larger) for smallest in SMALLEST],
    }
    (RESULTS / "sweep.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    sl.plots.save(sl.plots.held_out(held), RESULTS / "sweep_held_out", formats=("png", "svg"))
    sl.plots.save(sl.plots.isoflop(sl.isoflop(fit.runs)), RESULTS / "sweep_isoflop", formats=("png", "svg"))
    sl.plots.save(sl.plots.backtest(tested), RESULTS / "sweep_backtest", formats=("png", "svg"))
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
