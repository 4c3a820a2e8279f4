"""`scalelaw report`."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import scalelaw as sl
from scalelaw.cli.estimate import calibrate, fit_and_draws
from scalelaw.cli.options import INTERVALS, OUTPUT, BacktestChoice, Curves, option, takes, to_file
from scalelaw.cli.terminal import exit_unless_trusted, progress
from scalelaw.numbers import amount

FEWEST = 100
"""Resamples without which approaches cannot be tested against each other."""


@dataclass(frozen=True)
class ReportOptions(BacktestChoice):
    """How to fit, resample, and what to answer for."""

    bootstrap: Annotated[int, option("--bootstrap", "Resamples for intervals; 0: none.", INTERVALS, "R")] = (
        4000
    )
    flops: Annotated[
        list[str] | None, option("--flops", "Answer for this budget, FLOP; repeat.", OUTPUT, "NUMBER")
    ] = None


@takes(ReportOptions)
def report(
    runs: Curves,
    options: ReportOptions,
    output: Annotated[Path, to_file("--output", "-o", text="The page.", panel=OUTPUT)] = Path("report.html"),
) -> None:
    """Write one HTML page to attach to a plan: the answer, the certificate, all approaches, methods, figures.

    The page needs no network and nothing beside it.

    Examples:
      scalelaw report --dataset simulated-sweep --flops 5.76e23

      scalelaw report runs.csv --bootstrap 10000 -o report.html

      scalelaw report curves.csv --group run_id --scheme cluster --by run_id
    """
    asked = [amount("--flops", text) for text in options.flops or []]
    fit, draws = fit_and_draws(runs, options)
    sure = None if draws is None else sl.report.IntervalSettings(draws, options.level, options.interval)
    comparison = _compare(fit, options, asked)
    budgets = asked or (() if comparison is None else comparison.budgets)
    command = shlex.join(["scalelaw", *sys.argv[1:]])
    known = "" if comparison is None or draws is None else calibrate(fit, options, draws, quiet=False)
    page = sl.report.web_page(
        fit, budgets=budgets, sure=sure, comparison=comparison, known=known, command=command
    )
    written = sl.report.write_page(output, page)
    typer.echo(f"written: {written} ({written.stat().st_size / 1e6:.1f} MB); open it in a browser")
    exit_unless_trusted(fit)


def _compare(fit: "sl.Fit", options: ReportOptions, budgets: list[float]) -> "sl.Comparison | None":
    """All approaches; None for a law that is not one of N and D, or without resamples."""
    if options.bootstrap < FEWEST or set(fit.law.inputs) != {"N", "D"} or fit.law.output != "L":
        return None
    with progress("comparing", quiet=False) as step:
        return sl.compare(
            fit,
            budgets=budgets or None,
            replicates=options.bootstrap,
            seed=options.seed,
            level=options.level,
            progress=step,
        )
