"""`scalelaw isoflop`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalelaw._checks import BadInput, check_choice
from scalelaw.cli.frontiers import (
    FrontierOptions,
    check,
    intervals_summary,
    intervals_text,
    numbers,
    repeated,
    written,
)
from scalelaw.cli.options import INTERVALS, OUTPUT, takes
from scalelaw.cli.work import progress, runs_of, use_compilation_cache

if TYPE_CHECKING:
    from scalelaw.approaches.design_bias import DesignBias
    from scalelaw.approaches.isoflop import IsoFLOP
    from scalelaw.fitting import Fit
    from scalelaw.resampling import Draws
    from scalelaw.runs import Runs

PROFILES = "Profiles"
SCHEMES = {"noise": "parametric", "runs": "stratified"}
"""What the command calls a scheme -> what `bootstrap` calls it."""


def _option(flag: str, text: str, metavar: str, panel: str = PROFILES) -> Any:
    return typer.Option(flag, help=text, rich_help_panel=panel, metavar=metavar)


@dataclass(frozen=True)
class IsoFLOPOptions(FrontierOptions):
    """How to read the table, find minima, and resample."""

    method: Annotated[
        str, _option("--method", "parabola, cubic, akima or local (E + A N^-alpha + B' N^beta).", "NAME")
    ] = "parabola"
    budget: Annotated[
        list[str] | None, _option("--budget", "A compute budget, FLOP; repeat. Found when none.", "NUMBER")
    ] = None
    tolerance: Annotated[
        float, _option("--tolerance", "Share by which a run may differ from its budget.", "SHARE")
    ] = 0.05
    noise: Annotated[
        str | None, _option("--noise", "Standard deviation of a run's loss; else from the scatter.", "NATS")
    ] = None
    bias: Annotated[
        bool,
        typer.Option(
            "--bias/--no-bias",
            help="Measure the method's bias on this design, by an Approach-3 fit.",
            rich_help_panel=PROFILES,
        ),
    ] = True
    correct: Annotated[
        bool, typer.Option("--correct", help="Take that bias off every minimum.", rich_help_panel=PROFILES)
    ] = False
    weighted: Annotated[
        bool,
        typer.Option(
            "--weighted", help="Intervals of the law weighted by 1 / sd^2.", rich_help_panel=INTERVALS
        ),
    ] = False
    scheme: Annotated[
        str,
        _option(
            "--scheme", "noise (added to every loss) or runs (redrawn within budgets).", "NAME", INTERVALS
        ),
    ] = "noise"


@takes(IsoFLOPOptions)
def isoflop(
    runs: Annotated[
        Path, typer.Argument(help="Table of runs: CSV, TSV, JSON Lines or Parquet.", show_default=False)
    ],
    options: IsoFLOPOptions,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write minima, draws and the figure here.", rich_help_panel=OUTPUT),
    ] = None,
) -> None:
    """Approach 2: the minimum of each IsoFLOP profile, and power laws through the minima.

    Examples:
      scalelaw isoflop --dataset simulated-sweep

      scalelaw isoflop runs.csv --budget 6e18 --budget 1e19 --budget 3e19

      scalelaw isoflop runs.csv --method akima --bootstrap 4000 --flops 1e24

      scalelaw isoflop runs.csv --noise 0.005 --tolerance 0.1

      scalelaw isoflop runs.csv --correct --out results/
    """
    check(options)
    from scalelaw.approaches.isoflop import isoflop as approach_2

    table = runs_of(runs, options)
    noise = None if options.noise is None else numbers("--noise", [options.noise])[0]
    found = approach_2(
        table,
        method=options.method,
        budgets=options.budget,
        tolerance=options.tolerance,
        noise=noise,
        weights="inverse-variance" if options.weighted else "unit",
    )
    found, bias, doubts = _biased(found, table, options, quiet=as_json)
    draws = None
    if options.bootstrap:
        scheme = SCHEMES[check_choice("scheme", options.scheme, SCHEMES)]
        draws = repeated(found, options, scheme=scheme)
    if out is not None:
        from scalelaw import plots

        written(out, "minima", found.to_frame(), draws, plots.isoflop(found))
    if as_json:
        typer.echo(json.dumps(_summary(found, bias, doubts, draws, options), indent=1))
    else:
        _say(found, bias, doubts, draws, options)
    if options.correct and doubts:
        raise typer.Exit(3)


def _say(
    found: "IsoFLOP",
    bias: "DesignBias | None",
    doubts: list[str],
    draws: "Draws | None",
    options: IsoFLOPOptions,
) -> None:
    """Print what was found, the bias of the design, intervals, and what to doubt."""
    typer.echo(str(found))
    if bias is not None and not options.correct:
        typer.echo(f"\n{bias.text()}; --correct takes it off")
    if draws is not None:
        typer.echo(f"\n{intervals_text(draws, options)}")
    odd = [note.removeprefix("warning: ") for note in found.runs.notes if note.startswith("warning")]
    for doubt in (*doubts, *odd):
        typer.secho(f"warning: {doubt}", fg="yellow")


def _biased(
    found: "IsoFLOP", runs: "Runs", options: IsoFLOPOptions, *, quiet: bool
) -> "tuple[IsoFLOP, DesignBias | None, list[str]]":
    """What was found, corrected if asked for, the bias of the design, and what to doubt about that."""
    if not (options.bias or options.correct):
        return found, None, []
    try:
        fitted = _surface(runs, quiet=quiet)
        made = found.corrected(fitted) if options.correct else found
        bias = made.correction or found.bias(fitted)
    except BadInput as error:
        if options.correct:
            raise
        return found, None, [f"the bias of this design is not measured: {error}"]
    return (
        made,
        bias,
        [f"the surface that the bias is measured on: {w}" for w in fitted.certificate.warnings],
    )


def _surface(runs: "Runs", *, quiet: bool) -> "Fit":
    """The Approach-3 fit that stands for the truth."""
    use_compilation_cache()
    from scalelaw.fitting import fit

    with progress("fitting the surface", quiet=quiet) as report:
        return fit(runs, starts="projected", progress=report)


def _summary(
    found: "IsoFLOP",
    bias: "DesignBias | None",
    doubts: list[str],
    draws: "Draws | None",
    options: IsoFLOPOptions,
) -> dict[str, Any]:
    rows = found.to_frame().astype(object)
    minima = rows.where(rows.notna(), None).to_dict("records")
    return {
        "approach": 2,
        "method": found.method.name,
        "budgets": found.budgets.words(),
        "noise": found.noise if found.noise == found.noise else None,
        "plain": found.plain.to_dict(),
        "weighted": found.weighted.to_dict(),
        "minima": minima,
        "refused": found.refused_profiles.to_dict("records"),
        "corrected": found.correction is not None,
        "bias": None if bias is None else bias.to_dict(),
        "warnings": doubts,
        "intervals": None if draws is None else intervals_summary(draws, options),
    }
