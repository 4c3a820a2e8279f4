"""One file a finished run: written whole or not at all, named by the run and by all that decides its numbers."""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from sweep import corpus, model, train
from sweep.plan import MICRO, Run
from sweep.train import Outcome

RECIPE: dict[str, Any] = {
    "corpus": corpus.SHA256,
    "split": (corpus.SPLIT_SEED, corpus.HELD_OUT),
    "context": model.CONTEXT,
    "head": model.HEAD,
    "rotary base": model.ROTARY_BASE,
    "initial": (model.EMBEDDING_SCALE, model.LOGIT_GAIN, model.BASE_WIDTH),
    "schedule": (train.WARM_UP, train.FINAL_RATE),
    "adamw": (*train.BETAS, train.WEIGHT_DECAY),
    "parts": MICRO,
    "curve": (train.CURVE_POINTS, train.SMOOTHING),
}
"""What all runs share. A change of it makes every file another one, and the sweep starts anew."""


class Result(NamedTuple):
    """A finished run, how long it took on its one core, and the versions it ran under."""

    run: Run
    outcome: Outcome
    seconds: float
    versions: dict[str, str]


def path(folder: Path, run: Run) -> Path:
    """Where a run's result is kept."""
    settings = json.dumps([run, RECIPE], sort_keys=True)
    return folder / f"{run.name}-{hashlib.sha256(settings.encode()).hexdigest()[:12]}.json"


def write(folder: Path, result: Result) -> None:
    """Keep a result; who looks meanwhile sees no half of it."""
    target = path(folder, result.run)
    target.parent.mkdir(parents=True, exist_ok=True)
    record = result._asdict() | {"run": result.run._asdict(), "outcome": result.outcome._asdict()}
    part = target.with_suffix(".part")
    part.write_text(json.dumps(record), encoding="utf-8")
    part.replace(target)


def read(folder: Path, run: Run) -> Result:
    """A result that was kept."""
    record = json.loads(path(folder, run).read_text(encoding="utf-8"))
    outcome = Outcome(**record["outcome"])
    return Result(Run(**record["run"]), outcome, record["seconds"], record["versions"])


def finished(folder: Path, runs: list[Run]) -> list[Run]:
    """Those of the runs whose result is kept."""
    return [run for run in runs if path(folder, run).exists()]
