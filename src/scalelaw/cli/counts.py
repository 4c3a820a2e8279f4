"""`scalelaw isoflop` with several columns of N: its counts side by side."""

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import typer

import scalelaw as sl
from scalelaw._checks import bad_input
from scalelaw._files import make_folder, write_file
from scalelaw.cli.estimate import runs_of, use_compilation_cache
from scalelaw.cli.options import TableOptions
from scalelaw.cli.terminal import print_json

Options = TypeVar("Options", bound=TableOptions)


def columns_of(options: Options) -> tuple[Options, list[str]]:
    """The options with the first column of N alone, and all columns of N."""
    given: Any = options.N
    names = [given] if isinstance(given, str) else list(given or [])
    return replace(options, N=names[0] if names else None), names


def counts_of(
    path: Path, options: TableOptions, names: list[str], *, budget: str | None, **how: Any
) -> "sl.Counts":
    """The profiles of every count; `budget` is their column, `how` are keywords of `scalelaw.isoflop_counts`."""
    if options.count is not None:
        raise bad_input("--count", "left out where --N names several counts", options.count)
    further = tuple(name for name in names[1:] if name != names[0])
    runs = runs_of(path, options, further, budget)
    use_compilation_cache()
    return sl.isoflop_counts(runs, ["N" if name == names[0] else name for name in names], **how)


def say_counts(found: "sl.Counts", *, as_json: bool, out: Path | None) -> None:
    """Print them, and write counts.csv into a folder."""
    if out is not None:
        write_file(make_folder(out, "--out") / "counts.csv", found.to_frame().to_csv(index=False), "--out")
        typer.echo(f"written to {out}: counts.csv", err=True)
    if as_json:
        print_json({"approach": 2, **found.to_dict()})
    else:
        typer.echo(str(found))
