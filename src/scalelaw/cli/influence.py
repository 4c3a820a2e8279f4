"""`scalelaw influence`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from scalelaw._checks import check_at_least
from scalelaw.cli.options import OUTPUT, FitOptions, takes
from scalelaw.cli.work import folder_of, grouped_fit, leave


@dataclass(frozen=True)
class InfluenceOptions(FitOptions):
    """How to fit, and what is left out together."""

    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            help="Leave out groups instead of runs: column of equal values (N, D, C too).",
            metavar="COLUMN",
        ),
    ] = None
    top: Annotated[int, typer.Option("--top", help="How many runs or groups to show.", metavar="K")] = 10


@takes(InfluenceOptions)
def influence(
    source: Annotated[
        Path,
        typer.Argument(metavar="RUNS|FIT.json", help="Table of runs, or a saved fit.", show_default=False),
    ],
    function: Annotated[
        str, typer.Argument(help="A parameter or derived quantity: alpha, a, E, ...", show_default=False)
    ],
    options: InfluenceOptions,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write influence.csv and the figure here.", rich_help_panel=OUTPUT),
    ] = None,
) -> None:
    """Which runs carry the answer: how far it would move if each run, or group, were left out.

    Examples:
      scalelaw influence --dataset simulated-sweep alpha

      scalelaw influence runs.csv a --by N --top 5 --out results/

      scalelaw influence results/fit.json E --json
    """
    check_at_least("--top", options.top, 1)
    fitted, by = grouped_fit(source, options, options.by, quiet=as_json)
    from scalelaw.uncertainty import influence as influence_of

    found = influence_of(fitted, function, by=by)
    if out is not None:
        from scalelaw import plots

        found.to_frame().to_csv(folder_of(out) / "influence.csv", index=False)
        plots.save(plots.influence(found), out / "influence")
    if as_json:
        typer.echo(json.dumps({"law": fitted.law.name} | found.summary(options.top), indent=1))
    else:
        for warning in fitted.certificate.warnings:
            typer.secho(f"warning: {warning}", fg="yellow")
        typer.echo(found.text(options.top))
        if out is not None:
            typer.echo(f"\nwritten to {out}: influence.csv and influence.png, .svg, .pdf")
    leave(fitted)
