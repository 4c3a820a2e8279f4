"""From finished runs to what ships: a table of runs, a table of training curves and the data card."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scalelaw.flops import parameters, training_flops
from sweep import results
from sweep.card import card
from sweep.model import CONTEXT
from sweep.plan import Run, short
from sweep.results import Result

DIGITS = 6  # of a loss; seeds differ in the third


def collect(runs: list[Run], folder: Path, out: Path) -> None:
    """Write the tables and the card of the finished runs; the same runs make the same bytes."""
    kept = [results.read(folder, run) for run in results.finished(folder, runs)]
    out.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame([row(result) for result in kept])
    table.to_csv(out / "sweep.csv", index=False, lineterminator="\n")
    points = pd.concat([curve(result) for result in kept])
    text = points.to_csv(index=False, lineterminator="\n")
    (out / "sweep_curves.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    (out / "sweep.md").write_text(card(table, len(runs), kept[0].versions), encoding="utf-8")


def row(result: Result) -> dict[str, Any]:
    """One run; N in both conventions, C as 6 N D and exactly, losses in nats a byte."""
    run, outcome = result.run, result.outcome
    model, count = run.model, parameters(run.model)
    return {
        "run_id": run.name,
        "role": run.role,
        "seed": run.seed,
        "layers": run.layers,
        "width": run.width,
        "heads": model.heads,
        "params": count.total,
        "params_non_embedding": count.non_embedding,
        "tokens": run.tokens,
        "budget": "" if run.role == "horizon" else short(run.budget),
        "flops": whole(run.flops),
        "flops_exact": whole(training_flops(model, run.tokens, "exact")),
        "learning_rate": run.rate,
        "batch_tokens": run.batch * CONTEXT,
        "steps": run.steps,
        "last_train_loss": rounded(outcome.losses[-1]),
        "loss": rounded(outcome.held_out),
        "diverged": outcome.diverged,
    }


def curve(result: Result) -> pd.DataFrame:
    """The points of one run's curve, the run's name, role and size with each."""
    run, outcome = result.run, result.outcome
    steps = np.array(outcome.steps)
    tokens = steps * run.batch * CONTEXT
    return pd.DataFrame(
        {
            "run_id": run.name,
            "role": run.role,
            "step": steps,
            "params": parameters(run.model).total,
            "tokens": tokens,
            "flops": [whole(training_flops(run.model, D)) for D in tokens.tolist()],
            "loss": [rounded(loss) for loss in outcome.losses],
        }
    )


def whole(flops: float) -> int:
    """FLOP are counted in whole numbers."""
    return int(flops)


def rounded(loss: float) -> float:
    """A loss in as many digits as ship."""
    return float(f"{loss:.{DIGITS}g}")
