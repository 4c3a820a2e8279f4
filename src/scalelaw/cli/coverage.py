"""`scalelaw coverage`."""

import hashlib
import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from scalelaw._checks import BadInput, check_at_least, check_choice, check_probability, shown
from scalelaw.cli.options import INTERVALS, OUTPUT, FitOptions, takes
from scalelaw.cli.work import folder_of, grouped_fit, leave, progress, use_compilation_cache

if TYPE_CHECKING:
    from scalelaw.fitting import Fit
    from scalelaw.simulation import Cell, Coverage

SIMULATION = "Simulation"


def _option(flag: str, text: str, metavar: str | None = None) -> Any:
    return typer.Option(flag, help=text, rich_help_panel=SIMULATION, metavar=metavar, show_default=True)


@dataclass(frozen=True)
class CoverageOptions(FitOptions):
    """How to fit, and what to simulate."""

    design: Annotated[
        str | None,
        _option("--design", "Instead of a table: isoflop (72 runs), curves (220) or few (20).", "NAME"),
    ] = None
    noise: Annotated[
        list[str] | None,
        _option(
            "--noise", "gaussian (the default), student, outliers or correlated; may be repeated.", "NAME"
        ),
    ] = None
    size: Annotated[
        float | None,
        _option(
            "--size", "Scale of the noise on the log loss; the fit's own (a design's: 0.005) by default."
        ),
    ] = None
    scheme: Annotated[
        list[str] | None,
        _option("--scheme", "As `scalelaw fit`: pairs (the default), cluster, ...; may be repeated.", "NAME"),
    ] = None
    by: Annotated[
        str | None, _option("--by", "Column of the groups that noise and schemes draw together.", "COLUMN")
    ] = None
    datasets: Annotated[int, _option("--datasets", "Data sets to simulate.")] = 2000
    replicates: Annotated[int, _option("--replicates", "Resamples of each.")] = 999
    level: Annotated[float, typer.Option("--level", help="Confidence level.", rich_help_panel=INTERVALS)] = (
        0.95
    )
    seed: Annotated[int, _option("--seed", "Seed of data sets and resamples.")] = 0


@takes(CoverageOptions)
def coverage(
    options: CoverageOptions,
    source: Annotated[
        Path | None,
        typer.Argument(metavar="[RUNS|FIT.json]", help="Table of runs, or a saved fit.", show_default=False),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Write table and figure here; go on with what is there.", rich_help_panel=OUTPUT
        ),
    ] = None,
) -> None:
    """How often intervals hold the truth, on data sets simulated from your fit, or from a design.

    Examples:
      scalelaw coverage --design few --datasets 200 --replicates 199

      scalelaw coverage runs.csv --noise gaussian --noise student --out coverage/

      scalelaw coverage runs.csv --scheme pairs --scheme bayesian --datasets 500

      scalelaw coverage runs.csv --noise correlated --scheme cluster --by model
    """
    for name, least in (("datasets", 2), ("replicates", 2), ("seed", 0)):
        check_at_least(f"--{name}", getattr(options, name), least)
    check_probability("--level", options.level)
    if options.size is not None:
        check_at_least("--size", options.size, 0)
    truth, by = _truth(source, options, quiet=as_json)
    size = options.size if options.size is not None else truth.scale if source else _design_noise()
    settings = {name: getattr(options, name) for name in ("datasets", "replicates", "level", "seed")}
    kept = _Kept.at(out, {"truth": _fingerprint(truth), "size": size, **settings})
    for cell in _cells(options, by):
        if str(cell) not in kept.cells:
            found = _measured(truth, cell, settings, size, quiet=as_json)
            kept.put(str(cell), found.summary() | {"text": str(found)})
        if not as_json:
            typer.echo(f"{kept.cells[str(cell)]['text']}\n")
    if as_json:
        typer.echo(json.dumps(list(kept.cells.values()), indent=1))
    if out is not None:
        _write(kept, options.level, out)
        if not as_json:
            typer.echo(f"written to {out}: coverage.csv and figures")
    leave(truth)


@dataclass(frozen=True)
class _Kept:
    """Cells measured so far, and the file that keeps them."""

    path: Path | None
    settings: dict[str, Any]
    cells: dict[str, dict[str, Any]]

    @classmethod
    def at(cls, folder: Path | None, settings: dict[str, Any]) -> "_Kept":
        """What a folder holds; one of other data or settings is refused."""
        if folder is None:
            return cls(None, settings, {})
        path = folder_of(folder) / "cells.json"
        if not path.exists():
            return cls(path, settings, {})
        before = json.loads(path.read_text())
        for name, value in settings.items():
            if before["settings"].get(name) != value:
                was = shown(before["settings"].get(name))
                raise BadInput(
                    f"{path}: {name} must stay what it was to go on, {was}, got {shown(value)}; "
                    "choose another folder"
                )
        return cls(path, settings, before["cells"])

    def put(self, name: str, cell: dict[str, Any]) -> None:
        """Keep a cell, whole or not at all."""
        self.cells[name] = cell
        if self.path is not None:
            half = self.path.with_suffix(".tmp")
            half.write_text(json.dumps({"settings": self.settings, "cells": self.cells}, indent=1) + "\n")
            half.replace(self.path)


def _truth(source: Path | None, options: CoverageOptions, *, quiet: bool) -> "tuple[Fit, str | None]":
    """The fit to simulate from, and which of its runs belong together."""
    if (source is None) == (options.design is None):
        raise BadInput("give either a table of runs or --design, one of isoflop, curves and few")
    if source is not None:
        return grouped_fit(source, options, options.by, quiet=quiet)
    use_compilation_cache()
    from scalelaw.fitting import fit
    from scalelaw.simulation.designs import designed

    assert options.design is not None
    runs = designed(options.design)
    return fit(runs, delta=options.delta, loss=options.loss, starts="projected"), options.by


def _design_noise() -> float:
    from scalelaw.simulation.designs import NOISE

    return NOISE


def _fingerprint(truth: "Fit") -> str:
    """Of the parameters and the runs: what data sets are simulated from."""
    inputs = truth.runs.inputs(truth.law.inputs).values()
    numbers = [f"{value:.6e}" for value in np.concatenate([[*truth.params], *inputs])]
    return hashlib.sha256(json.dumps(numbers).encode()).hexdigest()[:16]


def _cells(options: CoverageOptions, by: str | None) -> "list[Cell]":
    from scalelaw.resampling.schemes import SCHEMES
    from scalelaw.simulation import Cell
    from scalelaw.simulation.noise import NOISES

    noises, schemes = options.noise or ["gaussian"], options.scheme or ["pairs"]
    for noise in noises:
        check_choice("--noise", noise, NOISES)
    for scheme in schemes:
        check_choice("--scheme", scheme, SCHEMES)
    needy = [each for each in (*noises, *schemes) if each in ("correlated", "cluster", "stratified")]
    if needy and by is None:
        raise BadInput(f"{needy[0]!r} needs groups: name their column with --by")
    return [
        Cell(scheme, noise, by, SCHEMES[scheme].groups != "never")
        for noise, scheme in product(noises, schemes)
    ]


def _measured(
    truth: "Fit", cell: "Cell", settings: dict[str, Any], size: float, *, quiet: bool
) -> "Coverage":
    from scalelaw.simulation import coverage

    with progress(f"{cell.scheme}, {cell.noise}", quiet=quiet) as report:
        return coverage(truth, cell, size=size, progress=report, **settings)


def _write(kept: _Kept, level: float, folder: Path) -> None:
    import pandas as pd

    from scalelaw import plots

    tables = [
        pd.DataFrame(cell["table"]).assign(
            noise=cell["noise"], scheme=cell["scheme"], panel=f"{cell['scheme']}, {cell['noise']}"
        )
        for cell in kept.cells.values()
    ]
    table = pd.concat(tables)
    table.drop(columns="panel").to_csv(folder / "coverage.csv", index=False)
    plots.save(plots.coverage(table, level=level), folder / "coverage")
