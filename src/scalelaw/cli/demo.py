"""`scalelaw demo`."""

from pathlib import Path
from typing import Annotated, Any

import typer

import scalelaw as sl
from scalelaw._files import make_folder
from scalelaw.cli.estimate import use_compilation_cache
from scalelaw.cli.options import to_folder
from scalelaw.cli.terminal import print_fit, progress

BUDGETS = (3e13, 3e14, 3e15)
"""FLOP: ten, a hundred and a thousand times the largest budget of the sweep."""

REPLICATES = 4000
LEVEL = 0.95


def demo(
    out: Annotated[Path, to_folder("Folder for report, fit and figures.", None)] = Path("results/demo"),
) -> None:
    """Run the whole job on the real sweep that ships with the package.

    The sweep is small transformers trained on bytes (`scalelaw datasets sweep`). Chinchilla's law is fitted to 121
    of them, resampled 4,000 times, compared with the other two approaches, and asked to predict five larger
    runs that it has not seen.

    Example:
      scalelaw demo --out results/demo
    """
    use_compilation_cache()
    make_folder(out, "--out")
    runs = sl.read_dataset("sweep")
    typer.echo(f"Chinchilla's law on {len(runs)} real runs, from 4,500 starts:\n")
    with progress("fitting", quiet=False) as step:
        fit = sl.fit(runs, progress=step)
    print_fit(fit)
    with progress("bootstrap", quiet=False) as step:
        draws = sl.bootstrap(fit, REPLICATES, progress=step)
    typer.echo(f"\n{draws}")
    held = sl.held_out(draws, sl.read_dataset("sweep-heldout"), level=LEVEL)
    typer.echo(f"\nLarger runs of the sweep, kept apart until now:\n{held}")
    with progress("comparing", quiet=False) as step:
        comparison = sl.compare(fit, budgets=BUDGETS, replicates=REPLICATES, level=LEVEL, progress=step)
    curves = sl.bootstrap(sl.envelope(sl.read_dataset("sweep-curves")), REPLICATES)
    _print_exponents(curves, comparison)
    _write(draws, held, comparison, out)
    typer.echo(
        f"\nWritten to {out}: open report.html; law.png, compare.png and held_out.png are the pictures."
    )


def _print_exponents(curves: "sl.Draws", comparison: "sl.Comparison") -> None:
    """The exponent of N* by all three approaches."""
    typer.echo(f"\nN* grows as C^a ({LEVEL:.0%} intervals):")
    low, high = curves.interval("a", level=LEVEL)
    rows: list[dict[Any, Any]] = [
        {"source": "1: training curves", "value": curves.estimate("a"), "low": low, "high": high}
    ]
    own = [approach.name for approach in comparison.approaches]
    exponents = comparison.exponents
    rows += exponents[(exponents["name"] == "a") & exponents["source"].isin(own)].to_dict("records")
    for row in rows:
        typer.echo("  {source:<20} a = {value:.3f} ({low:.3f} to {high:.3f})".format(**row))


def _write(draws: "sl.Draws", held: "sl.HeldOut", comparison: "sl.Comparison", out: Path) -> None:
    """The folder of results, the page, and the figures of all that was shown."""
    sure, command = sl.report.IntervalSettings(draws, LEVEL, "bca"), "scalelaw demo"
    sl.report.write_results(draws.fit, out, budgets=BUDGETS, command=command, sure=sure)
    for name, figure in (("held_out", sl.plots.held_out(held)), ("compare", sl.plots.compare(comparison))):
        sl.plots.save(figure, out / name)
    page = sl.report.web_page(draws.fit, budgets=BUDGETS, sure=sure, comparison=comparison, command=command)
    sl.report.write_page(out / "report.html", page)
