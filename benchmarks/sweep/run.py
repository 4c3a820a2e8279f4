"""Train what is not trained yet, a file a run, then write the tables; started again, it goes on where it was."""

import argparse
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from sweep import corpus, plan, results
from sweep.collect import collect
from sweep.crew import crew
from sweep.plan import Run
from sweep.results import Result

HERE = Path(__file__).parent
COLUMNS = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
SPEED_SECONDS = 900  # that the time left is judged by


def sweep(runs: list[Run], folder: Path, train: Callable[[list[Run]], Iterable[Result]]) -> Iterator[Result]:
    """Train the runs that `folder` does not hold, keep each the moment it ends, and yield it."""
    done = set(results.finished(folder, runs))
    for result in train([run for run in runs if run not in done]):
        results.write(folder, result)
        yield result


def line(result: Result) -> str:
    """A finished run in a line."""
    run, outcome = result.run, result.outcome
    rate = run.flops / result.seconds / 1e9
    told = f"{run.name}: {outcome.held_out:.4f} nats a byte in {result.seconds:.0f} s at {rate:.0f} GFLOP/s"
    return told + (", DIVERGED" if outcome.diverged else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=HERE / "runs", help="folder of finished runs")
    parser.add_argument("--out", type=Path, default=HERE / "tables", help="folder of the tables and the card")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes, one core each")
    asked = parser.parse_args()
    corpus.read(corpus.folder())
    runs = plan.runs()
    try:
        follow(runs, asked.runs, asked.workers)
    except KeyboardInterrupt:
        raise SystemExit("Stopped; the same command goes on with the runs that are left.") from None
    collect(runs, asked.runs, asked.out)
    print(f"{len(runs)} runs in {asked.out}")


def follow(runs: list[Run], folder: Path, workers: int) -> None:
    """Train what is left with a bar of the FLOP done."""
    before = sum((run.flops for run in results.finished(folder, runs)), 0.0)
    with Progress(*COLUMNS, speed_estimate_period=SPEED_SECONDS) as bar:
        whole = bar.add_task("training", total=sum(run.flops for run in runs))
        bar.update(whole, completed=before)
        with crew(workers, lambda flops: bar.update(whole, completed=before + flops)) as train:
            for result in sweep(runs, folder, train):
                bar.console.print(line(result), highlight=False)
