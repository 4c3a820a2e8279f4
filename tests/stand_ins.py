"""What the documentation calls runs.csv, new.csv, larger.csv, results.csv, curves.csv and results/fit.json."""

from pathlib import Path

import numpy as np
import pandas as pd

import scalelaw as sl
from surfaces import TRUTH, losses, normal

BATCH = 524_288
"""Tokens of a step in curves.csv, as an example says."""


def runs() -> pd.DataFrame:
    """The simulated sweep with other columns: `model` numbers its sizes, `epochs` is for a law of one's own."""
    table = pd.read_csv(sl.dataset_path("simulated-sweep"))
    model = pd.factorize(table["params"])[0]
    epochs = np.resize([1, 2, 4], len(table))
    return pd.DataFrame(
        {
            "params": table["params"],
            "tokens": table["tokens"],
            "val_loss": table["loss"],
            "model": model,
            "epochs": epochs,
        }
    )


def larger() -> pd.DataFrame:
    """Four sizes at ten times the largest budget of the sweep, of the law that it is drawn from."""
    C = 10 * 6 * float((runs()["params"] * runs()["tokens"]).max())
    N = np.sqrt(C / 120) * np.geomspace(0.5, 2, 4)
    D = C / (6 * N)
    L = sl.published["besiroglu2024_exact_240"].loss(N=N, D=D) * np.exp(normal(len(N), 0.004))
    return pd.DataFrame({"params": N, "tokens": D, "val_loss": L})


def results() -> pd.DataFrame:
    """Two runs for which there are forecasts, of the same law."""
    N, D = np.array([7e9, 70e9]), np.array([2e12, 1.4e12])
    L = sl.published["besiroglu2024_exact_240"].loss(N=N, D=D) * np.exp(normal(len(N), 0.004))
    return pd.DataFrame({"params": N, "tokens": D, "val_loss": L})


def curves() -> pd.DataFrame:
    """Ten runs of sixty points; `flops_detailed` is 5 % more than 6ND."""
    sizes = np.geomspace(3e7, 3e9, 10)
    step = np.ceil(np.outer(sizes, np.geomspace(1, 300, 60)).ravel() / BATCH)
    N, D = np.repeat(sizes, 60), step * BATCH
    return pd.DataFrame(
        {
            "run_id": [f"run-{number}" for number in range(10) for _ in range(60)],
            "step": step,
            "params": N,
            "tokens": D,
            "flops_detailed": 6.3 * N * D,
            "loss": losses(TRUTH, N, D) * np.exp(normal(len(N), 0.001)),
        }
    )


def write(folder: Path) -> None:
    """All six; the runs of new.csv are 1 % better."""
    table = runs()
    table.to_csv(folder / "runs.csv", index=False)
    table.assign(val_loss=0.99 * table["val_loss"]).to_csv(folder / "new.csv", index=False)
    larger().to_csv(folder / "larger.csv", index=False)
    results().to_csv(folder / "results.csv", index=False)
    curves().to_csv(folder / "curves.csv", index=False)
    (folder / "results").mkdir()
    sl.fit(sl.read_runs(folder / "runs.csv")).save(folder / "results" / "fit.json")
