"""`scalelaw coverage`."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated, Any, TypedDict

import typer

import scalelaw as sl
from scalelaw._checks import BadInput, check_at_least, check_choice, check_positive, check_probability, shown
from scalelaw._files import make_folder, write_file
from scalelaw._json import exact, restored
from scalelaw.cli.estimate import fit_by_groups, use_compilation_cache
from scalelaw.cli.options import AsJson, FitOptions, Level, argument, delta_of, option, takes, to_folder
from scalelaw.cli.terminal import exit_unless_trusted, print_json, progress

SIMULATION = "Simulation"
APPROACHES = {"law": "pairs", "isoflop": "parametric", "envelope": "cluster"}
"""What is fitted to every data set, and the scheme that is taken where none is named."""


@dataclass(frozen=True)
class CoverageOptions(FitOptions):
    """How to fit, and what to simulate."""

    design: Annotated[
        str | None,
        option(
            "--design",
            "Instead of a table: isoflop (72 runs), curves (220) or few (20).",
            SIMULATION,
            "NAME",
        ),
    ] = None
    approach: Annotated[
        str,
        option("--approach", "law (the default), isoflop or envelope.", SIMULATION, "NAME"),
    ] = "law"
    method: Annotated[
        str | None,
        option("--method", "Of isoflop or envelope, as these commands have it.", SIMULATION, "NAME"),
    ] = None
    noise: Annotated[
        list[str] | None,
        option(
            "--noise",
            "gaussian (the default), student, outliers or correlated; may be repeated.",
            SIMULATION,
            "NAME",
        ),
    ] = None
    size: Annotated[
        float | None,
        option(
            "--size",
            "Scale of the noise on the log loss; the fit's own (a design's: 0.005) by default.",
            SIMULATION,
        ),
    ] = None
    scheme: Annotated[
        list[str] | None,
        option(
            "--scheme",
            "As `scalelaw fit`: pairs, cluster, ...; may be repeated; the approach's own by default.",
            SIMULATION,
            "NAME",
        ),
    ] = None
    by: Annotated[
        str | None,
        option("--by", "Column of the groups that noise and schemes draw together.", SIMULATION, "COLUMN"),
    ] = None
    datasets: Annotated[int, option("--datasets", "Data sets to simulate.", SIMULATION)] = 2000
    replicates: Annotated[int, option("--replicates", "Resamples of each.", SIMULATION)] = 999
    level: Level = 0.95
    seed: Annotated[int, option("--seed", "Seed of data sets and resamples.", SIMULATION)] = 0


@takes(CoverageOptions)
def coverage(
    options: CoverageOptions,
    source: Annotated[Path | None, argument("Table of runs, or a saved fit.", "[RUNS|FIT.json]")] = None,
    as_json: AsJson = False,
    out: Annotated[Path | None, to_folder("Write table and figure here; go on with what is there.")] = None,
) -> None:
    """How often intervals hold the truth, on data sets simulated from your fit, or from a design.

    Examples:
      scalelaw coverage --design few --datasets 200 --replicates 199

      scalelaw coverage runs.csv --noise gaussian --noise student --out coverage/

      scalelaw coverage runs.csv --scheme pairs --scheme bayesian --datasets 500

      scalelaw coverage runs.csv --noise correlated --scheme cluster --by model

      scalelaw coverage --design isoflop --approach isoflop --datasets 200
    """
    check_choice("--approach", options.approach, APPROACHES)
    if options.method is not None and options.approach == "law":
        raise BadInput("--method is that of --approach isoflop or envelope, got --approach law; leave it out")
    for name, least in (("datasets", 2), ("replicates", 2), ("seed", 0)):
        check_at_least(f"--{name}", getattr(options, name), least)
    check_probability("--level", options.level)
    if options.size is not None:
        check_positive("--size", options.size)
    truth, by = _truth(source, options, quiet=as_json)
    size = options.size or (truth.scale if source else sl.simulation.NOISE)
    settings = {name: getattr(options, name) for name in ("datasets", "replicates", "level", "seed")}
    way = {"approach": options.approach, "method": options.method}
    cells = _KeptCells.at(out, {"truth": _fingerprint(truth), "size": size, **way, **settings})
    measure = _measure(options)
    for cell in _cells(options, by):
        if str(cell) not in cells.kept:
            with progress(f"{cell.scheme}, {cell.noise}", quiet=as_json) as report:
                found = measure(truth, cell, size=size, progress=report, **settings)
            cells.keep(str(cell), found.summary() | {"text": str(found)})
        if not as_json:
            typer.echo(f"{cells.kept[str(cell)]['text']}\n")
    if as_json:
        print_json(list(cells.kept.values()))
    if out is not None:
        _write(cells, options.level, out)
        if not as_json:
            typer.echo(f"written to {out}: coverage.csv and figures")
    exit_unless_trusted(truth)


def _measure(options: CoverageOptions) -> "Callable[..., sl.Coverage]":
    """What measures the coverage of an approach."""
    if options.approach == "law":
        return sl.coverage
    named = {} if options.method is None else {"method": options.method}
    return partial(sl.frontier_coverage, partial(getattr(sl, options.approach), **named))


class IntervalDocument(TypedDict):
    """How often one kind of interval held one function."""

    of: str
    kind: str
    covered: float
    error: float
    below: float
    above: float
    width: float
    lost: float


class CellDocument(TypedDict):
    """A cell that was measured, and its text."""

    scheme: str
    noise: str
    grouped: bool
    datasets: int
    replicates: int
    level: float
    failed: int
    table: list[IntervalDocument]
    text: str


class CellsDocument(TypedDict):
    """What `cells.json` holds."""

    settings: dict[str, Any]
    cells: dict[str, CellDocument]


@dataclass(frozen=True)
class _KeptCells:
    """Cells measured so far, and the file that keeps them."""

    path: Path | None
    settings: dict[str, Any]
    kept: dict[str, dict[str, Any]]

    @classmethod
    def at(cls, folder: Path | None, settings: dict[str, Any]) -> "_KeptCells":
        """What a folder holds; one of other data or settings is refused."""
        if folder is None:
            return cls(None, settings, {})
        path = make_folder(folder, "--out") / "cells.json"
        if not path.exists():
            return cls(path, settings, {})
        documents = sl.fitting.documents
        before = restored(documents.unsealed(documents.read_object(path, "--out", "`coverage`"), path))
        documents.check_shape(before, CellsDocument, "cells", path)
        for name, value in settings.items():
            if before["settings"].get(name) != value:
                was = shown(before["settings"].get(name))
                raise BadInput(
                    f"{path}: {name} must stay what it was to go on, {was}, got {shown(value)}; "
                    "choose another folder"
                )
        return cls(path, settings, before["cells"])

    def keep(self, name: str, cell: dict[str, Any]) -> None:
        """Keep a cell, in the file too."""
        self.kept[name] = cell
        if self.path is not None:
            content = sl.fitting.documents.sealed(exact({"settings": self.settings, "cells": self.kept}))
            write_file(self.path, json.dumps(content, indent=1) + "\n", "--out")


def _truth(source: Path | None, options: CoverageOptions, *, quiet: bool) -> "tuple[sl.Fit, str | None]":
    """The fit to simulate from, and which of its runs belong together."""
    if source is not None and options.design is None:
        return fit_by_groups(source, options, options.by, quiet=quiet)
    if source is not None or options.design is None:
        raise BadInput("give either a table of runs or --design, one of isoflop, curves and few")
    use_compilation_cache()
    runs = sl.simulation.design_runs(options.design)
    return sl.fit(runs, delta=delta_of(options.delta), loss=options.loss, starts="projected"), options.by


def _fingerprint(truth: "sl.Fit") -> str:
    """Of the parameters and the runs: what data sets are simulated from."""
    inputs = truth.runs.inputs(truth.law.inputs).values()
    numbers = [f"{value:.6e}" for values in (truth.params, *inputs) for value in values]
    return hashlib.sha256(json.dumps(numbers).encode()).hexdigest()[:16]


def _cells(options: CoverageOptions, by: str | None) -> "list[sl.Cell]":
    known = sl.resampling.SCHEMES
    noises, schemes = options.noise or ["gaussian"], options.scheme or [APPROACHES[options.approach]]
    for noise in noises:
        check_choice("--noise", noise, sl.simulation.NOISES)
    for scheme in schemes:
        check_choice("--scheme", scheme, known)
    grouped = [each for each in noises if each == "correlated"]
    if options.approach == "law":  # the others know runs that belong together
        grouped += [each for each in schemes if known[each].groups == "must"]
    if grouped and by is None:
        raise BadInput(f"{grouped[0]!r} needs groups: name their column with --by")
    return [
        sl.Cell(scheme, noise, by, known[scheme].groups != "never")
        for noise, scheme in product(noises, schemes)
    ]


def _write(cells: _KeptCells, level: float, folder: Path) -> None:
    import pandas as pd

    table = pd.concat(
        pd.DataFrame(cell["table"]).assign(
            noise=cell["noise"], scheme=cell["scheme"], panel=f"{cell['scheme']}, {cell['noise']}"
        )
        for cell in cells.kept.values()
    )
    write_file(folder / "coverage.csv", table.drop(columns="panel").to_csv(index=False), "--out")
    sl.plots.save(sl.plots.coverage(table, level=level), folder / "coverage")
