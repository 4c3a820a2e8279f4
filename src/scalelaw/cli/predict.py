"""`scalelaw predict`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from scalelaw._checks import bad_input, shown
from scalelaw.cli.options import OUTPUT, FitOptions, takes
from scalelaw.cli.work import fit_of, leave
from scalelaw.numbers import format_number, parse_number


@takes(FitOptions)
def predict(
    source: Annotated[
        Path,
        typer.Argument(metavar="RUNS|FIT.json", help="Table of runs, or a saved fit.", show_default=False),
    ],
    options: FitOptions,
    at: Annotated[
        list[str],
        typer.Option(
            "--at", help="Inputs of one prediction, e.g. N=70B,D=1.4T; repeat for more.", metavar="N=..,D=.."
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """Predict the loss of models not trained yet.

    Examples:
      scalelaw predict runs.csv --at N=70B,D=1.4T

      scalelaw predict results/fit.json --at N=7B,D=2T --at N=13B,D=1T --json
    """
    points = [_point(text) for text in at]
    fitted = fit_of(source, options, quiet=as_json)
    for point, text in zip(points, at, strict=True):
        if set(point) != set(fitted.law.inputs):
            raise bad_input("--at", f"of exactly the inputs {', '.join(fitted.law.inputs)}", shown(text))
    losses = [float(fitted.predict(**point)) for point in points]
    rows = [{**point, "L": loss} for point, loss in zip(points, losses, strict=True)]
    if as_json:
        typer.echo(
            json.dumps(
                {"law": fitted.law.name, "trusted": fitted.certificate.trusted, "predictions": rows}, indent=1
            )
        )
    else:
        for warning in fitted.certificate.warnings:
            typer.secho(f"warning: {warning}", fg="red")
        for row in rows:
            inputs = "  ".join(f"{name} {format_number(value)}" for name, value in row.items() if name != "L")
            typer.echo(f"{inputs}  predicted loss {row['L']:.6f} nats per token")
    leave(fitted)


def _point(text: str) -> dict[str, float]:
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name and equals for name, equals, _ in pairs):
        raise bad_input("--at", "written NAME=VALUE,NAME=VALUE", shown(text))
    return {name.strip(): parse_number(value) for name, _, value in pairs}
