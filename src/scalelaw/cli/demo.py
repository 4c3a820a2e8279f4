"""`scalelaw demo`."""

from pathlib import Path
from typing import Annotated

import typer

from scalelaw.cli.options import FitOptions
from scalelaw.cli.work import fit_of, say

BUDGETS = (1e22, 5.76e23, 1e25)


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for report, fit and figures.")] = Path(
        "results/demo"
    ),
) -> None:
    """Run the whole job on the simulated sweep that ships with the package.

    The sweep has the design of the Chinchilla experiments (50 published sizes, 9 budgets, 4 horizons) and
    losses drawn from the law that Besiroglu et al. 2024 fitted to them: the fit should find E 1.8172, alpha
    0.3473, beta 0.3672 again.

    Example:
      scalelaw demo --out results/demo
    """
    from importlib.resources import as_file, files

    with as_file(files("scalelaw.data") / "simulated_sweep.csv") as sweep:
        typer.echo("Fitting Chinchilla's law to a SIMULATED sweep of 240 runs from 4,500 starts ...\n")
        fitted = fit_of(sweep, FitOptions())
    say(fitted)
    from scalelaw.allocation import allocate
    from scalelaw.report import write_results

    typer.echo(f"\n{allocate(fitted, C=list(BUDGETS))}")
    write_results(fitted, out, budgets=BUDGETS, command="scalelaw demo")
    typer.echo(
        f"\nWritten to {out}: start with report.md; law.png is the picture, fit.json the fit in full digits."
    )
