"""`scalelaw report`."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalelaw._checks import check_at_least
from scalelaw.cli.frontiers import positive
from scalelaw.cli.options import INTERVALS, OUTPUT, IntervalOptions, takes
from scalelaw.cli.work import leave, progress, resampled

if TYPE_CHECKING:
    from scalelaw.comparison import Comparison
    from scalelaw.fitting import Fit

FEWEST = 100
"""Resamples without which approaches cannot be tested against each other."""


@dataclass(frozen=True)
class ReportOptions(IntervalOptions):
    """How to fit, resample, and what to answer for."""

    bootstrap: Annotated[
        int,
        typer.Option(
            "--bootstrap", help="Resamples for intervals; 0: none.", rich_help_panel=INTERVALS, metavar="R"
        ),
    ] = 4000
    flops: Annotated[
        list[str] | None,
        typer.Option(
            "--flops", help="Answer for this budget, FLOP; repeat.", rich_help_panel=OUTPUT, metavar="NUMBER"
        ),
    ] = None


@takes(ReportOptions)
def report(
    runs: Annotated[
        Path,
        typer.Argument(
            help="Table of runs, or a saved fit (.json); --group names curves.", show_default=False
        ),
    ],
    options: ReportOptions,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page.", rich_help_panel=OUTPUT)] = Path(
        "report.html"
    ),
) -> None:
    """Write one HTML page to attach to a plan: the answer, the certificate, all approaches, methods, figures.

    The page needs no network and nothing beside it.

    Examples:
      scalelaw report --dataset simulated-sweep --flops 5.76e23

      scalelaw report runs.csv --bootstrap 10000 -o report.html

      scalelaw report curves.csv --group run_id --scheme cluster --by run_id
    """
    check_at_least("--bootstrap", options.bootstrap, 0)
    asked = positive("--flops", options.flops or [])
    fitted, scheme = resampled(runs, options)
    from scalelaw.report import IntervalSettings, web_page, write_page
    from scalelaw.resampling import bootstrap

    sure = None
    if options.bootstrap:
        with progress("bootstrap", quiet=False) as step:
            draws = bootstrap(fitted, options.bootstrap, **scheme, progress=step)
        sure = IntervalSettings(draws, options.level, options.interval)
    compared = _compared(fitted, options, asked)
    budgets = asked or (() if compared is None else compared.budgets)
    command = shlex.join(["scalelaw", *sys.argv[1:]])
    page = web_page(fitted, budgets=budgets, sure=sure, comparison=compared, command=command)
    written = write_page(output, page)
    typer.echo(f"written: {written} ({written.stat().st_size / 1e6:.1f} MB); open it in a browser")
    leave(fitted)


def _compared(fitted: "Fit", options: ReportOptions, budgets: list[float]) -> "Comparison | None":
    """All approaches; None for a law that is not one of N and D, or without resamples."""
    if options.bootstrap < FEWEST or set(fitted.law.inputs) != {"N", "D"} or fitted.law.output != "L":
        return None
    from scalelaw.comparison import compare

    with progress("comparing", quiet=False) as step:
        return compare(
            fitted,
            budgets=budgets or None,
            replicates=options.bootstrap,
            seed=options.seed,
            level=options.level,
            progress=step,
        )
