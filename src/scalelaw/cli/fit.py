"""`scalelaw fit`."""

from pathlib import Path
from typing import Annotated

import typer

import scalelaw as sl
from scalelaw.cli.estimate import fit_and_draws
from scalelaw.cli.options import AsJson, BootstrapOptions, Table, takes, to_folder
from scalelaw.cli.terminal import exit_unless_trusted, print_fit, print_json


@takes(BootstrapOptions)
def fit(
    runs: Table,
    options: BootstrapOptions,
    as_json: AsJson = False,
    out: Annotated[Path | None, to_folder("Write report, fit, figures and manifest here.")] = None,
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
    fitted, draws = fit_and_draws(runs, options, quiet=as_json)
    sure = None if draws is None else sl.report.IntervalSettings(draws, options.level, options.interval)
    if out is not None:
        sl.report.write_results(fitted, out, sure=sure)
    if as_json:
        print_json(sl.report.summary(fitted, sure))
    else:
        print_fit(fitted)
        if draws is not None:
            typer.echo(f"\nintervals\n{draws.text(level=options.level, kind=options.interval)}")
        if out is not None:
            drawn = "" if draws is None else "draws.csv, "
            typer.echo(f"\nwritten to {out}: {drawn}report.md, fit.json, manifest.json and figures")
    exit_unless_trusted(fitted)
