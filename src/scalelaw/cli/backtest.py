"""`scalelaw backtest`: which law predicts the later runs of a table, and how far out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import scalelaw as sl
from scalelaw._files import make_folder, write_file
from scalelaw.cli.estimate import runs_of, use_compilation_cache
from scalelaw.cli.options import (
    INTERVALS,
    MODEL,
    AsJson,
    Delta,
    Level,
    Table,
    TableOptions,
    delta_of,
    option,
    takes,
    to_folder,
)
from scalelaw.cli.terminal import print_json, progress


@dataclass(frozen=True)
class BacktestOptions(TableOptions):
    """Which table, which laws, and where to cut it."""

    law: Annotated[
        list[str] | None,
        option("--law", "A name of `scalelaw laws`, or FILE.py:NAME; repeat. Default: three.", MODEL, "LAW"),
    ] = None
    order: Annotated[str, option("--order", "What orders the runs: C, N, D or a further input.", MODEL)] = "C"
    cutoff: Annotated[
        list[str] | None,
        option(
            "--cutoff", "Fit the runs up to here; repeat. Default: 40, ..., 80 % of log C.", MODEL, "NUMBER"
        ),
    ] = None
    loss: Annotated[str, option("--loss", "huber, squared, absolute, log-cosh or cauchy.", MODEL, "NAME")] = (
        "huber"
    )
    delta: Delta = "0.001"
    residual: Annotated[str, option("--residual", "log or linear.", MODEL, "KIND")] = "log"
    replicates: Annotated[
        int, option("--replicates", "Resamples of each law at each cut-off.", INTERVALS, "R")
    ] = 400
    level: Level = 0.95
    seed: Annotated[int, option("--seed", "Seed of the resamples.", INTERVALS)] = 0


@takes(BacktestOptions)
def backtest(
    runs: Table,
    options: BacktestOptions,
    as_json: AsJson = False,
    out: Annotated[Path | None, to_folder("Write every forecast, tables and the figure here.")] = None,
) -> None:
    """Fit laws to the smaller runs, predict the larger ones: which law is right, and how far can it be trusted?

    Examples:
      scalelaw backtest --dataset sweep

      scalelaw backtest runs.csv --law chinchilla --law skaling --law cross --json

      scalelaw backtest runs.csv --order N --cutoff 300M --out results/

      scalelaw backtest curves.csv --group run_id
    """
    use_compilation_cache()
    laws = [sl.laws.find_law(name, sl.laws.LAWS) for name in options.law or sl.validation.CANDIDATES]
    inputs = tuple(dict.fromkeys(name for law in laws for name in law.inputs))
    table = runs_of(runs, options, inputs)
    with progress("back-testing", quiet=as_json) as report:
        found = sl.backtest(
            table,
            laws,
            by=options.order,
            cutoffs=options.cutoff,
            replicates=options.replicates,
            seed=options.seed,
            level=options.level,
            delta=delta_of(options.delta),
            loss=options.loss,
            residual=options.residual,
            progress=report,
        )
    if out is not None:
        _write(found, out)
    if as_json:
        print_json({**found.to_dict(), "ranking": sl.rank(found).to_dict()})
    else:
        typer.echo(f"{found}\n\n{sl.rank(found)}")


def _write(found: "sl.Backtest", out: Path) -> None:
    folder = make_folder(out, "--out")
    tables = {"forecasts": found.to_frame(), "laws": found.summary(), "distances": found.by_distance()}
    for name, frame in tables.items():
        write_file(folder / f"{name}.csv", frame.to_csv(index=False), "--out")
    sl.plots.save(sl.plots.backtest(found), folder / "backtest")
    typer.echo(f"written to {out}: {', '.join(f'{name}.csv' for name in tables)} and figures", err=True)
