"""`scalelaw demo`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalelaw.cli.work import folder_of, progress, say, use_compilation_cache

if TYPE_CHECKING:
    from scalelaw.comparison import Comparison
    from scalelaw.resampling import Draws
    from scalelaw.uncertainty import HeldOut

BUDGETS = (3e13, 3e14, 3e15)
"""FLOP: ten, a hundred and a thousand times the largest budget of the sweep."""

REPLICATES = 4000
LEVEL = 0.95


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for report, fit and figures.")] = Path(
        "results/demo"
    ),
) -> None:
    """Run the whole job on the real sweep that ships with the package.

    The sweep is small transformers trained on bytes (`scalelaw datasets sweep`). Chinchilla's law is fitted to 121
    of them, resampled 4,000 times, compared with the other two approaches, and asked to predict five larger
    runs that it has not seen.

    Example:
      scalelaw demo --out results/demo
    """
    use_compilation_cache()
    from scalelaw.approaches import envelope
    from scalelaw.comparison import compare
    from scalelaw.fitting import fit
    from scalelaw.resampling import bootstrap
    from scalelaw.runs import read_dataset
    from scalelaw.uncertainty import held_out

    folder_of(out)
    runs = read_dataset("sweep")
    typer.echo(f"Chinchilla's law on {len(runs)} real runs, from 4,500 starts:\n")
    with progress("fitting", quiet=False) as step:
        fitted = fit(runs, progress=step)
    say(fitted)
    with progress("bootstrap", quiet=False) as step:
        draws = bootstrap(fitted, REPLICATES, progress=step)
    typer.echo(f"\n{draws}")
    held = held_out(draws, read_dataset("sweep-heldout"), level=LEVEL)
    typer.echo(f"\nLarger runs of the sweep, kept apart until now:\n{held}")
    with progress("comparing", quiet=False) as step:
        compared = compare(fitted, budgets=BUDGETS, replicates=REPLICATES, level=LEVEL, progress=step)
    curves = bootstrap(envelope(read_dataset("sweep-curves")), REPLICATES)
    _say_exponents(curves, compared)
    _write(draws, held, compared, out)
    typer.echo(
        f"\nWritten to {out}: open report.html; law.png, compare.png and held_out.png are the pictures."
    )


def _say_exponents(curves: "Draws", compared: "Comparison") -> None:
    """The exponent of N* by all three approaches."""
    typer.echo(f"\nN* grows as C^a ({LEVEL:.0%} intervals):")
    low, high = curves.interval("a", level=LEVEL)
    rows: list[dict[Any, Any]] = [
        {"source": "1: training curves", "value": curves.estimate("a"), "low": low, "high": high}
    ]
    own = [approach.name for approach in compared.approaches]
    of_size = compared.exponents[compared.exponents["name"] == "a"]
    rows += [row for row in of_size.to_dict("records") if row["source"] in own]
    for row in rows:
        typer.echo("  {source:<20} a = {value:.3f} ({low:.3f} to {high:.3f})".format(**row))


def _write(draws: "Draws", held: "HeldOut", compared: "Comparison", out: Path) -> None:
    """The folder of results, the page, and the figures of all that was shown."""
    from scalelaw import plots
    from scalelaw.report import IntervalSettings, web_page, write_page, write_results

    sure, command = IntervalSettings(draws, LEVEL, "bca"), "scalelaw demo"
    write_results(draws.fit, out, budgets=BUDGETS, command=command, sure=sure)
    for name, figure in (("held_out", plots.held_out(held)), ("compare", plots.compare(compared))):
        plots.save(figure, out / name)
    page = web_page(draws.fit, budgets=BUDGETS, sure=sure, comparison=compared, command=command)
    write_page(out / "report.html", page)
