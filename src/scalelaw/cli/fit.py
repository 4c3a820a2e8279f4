"""`scalelaw fit`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from scalelaw.cli.options import OUTPUT, SureOptions, takes
from scalelaw.cli.work import leave, say, sure_of


@takes(SureOptions)
def fit(
    runs: Annotated[
        Path, typer.Argument(help="Table of runs: CSV, TSV, JSON Lines or Parquet.", show_default=False)
    ],
    options: SureOptions,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write report, fit, figures and manifest here.", rich_help_panel=OUTPUT),
    ] = None,
) -> None:
    """Fit a law to a table of runs, from every start of its grid, with a certificate.

    Examples:
      scalelaw fit --dataset simulated-sweep

      scalelaw fit runs.csv

      scalelaw fit runs.csv --L val_loss --drop-highest-loss 5 --out results/

      scalelaw fit runs.csv --law kaplan --fix alpha_N=0.076 --json

      scalelaw fit runs.csv --tie beta=alpha --bound alpha=0:1 --loss squared

      scalelaw fit runs.csv --bootstrap 4000 --scheme cluster --by N --level 0.9
    """
    fitted, draws = sure_of(runs, options, quiet=as_json)
    level, kind = options.level, options.interval
    from scalelaw.report import IntervalSettings

    sure = None if draws is None else IntervalSettings(draws, level, kind)
    if out is not None:
        from scalelaw.report import write_results

        write_results(fitted, out, sure=sure)
    if as_json:
        from scalelaw.report import summary

        typer.echo(json.dumps(summary(fitted, sure), indent=1))
    else:
        say(fitted)
        if draws is not None:
            typer.echo(f"\nintervals\n{draws.text(level=level, kind=kind)}")
        if out is not None:
            drawn = "" if draws is None else "draws.csv, "
            typer.echo(f"\nwritten to {out}: {drawn}report.md, fit.json, manifest.json and figures")
    leave(fitted)
