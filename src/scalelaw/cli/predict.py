"""`scalelaw predict`."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalelaw._checks import bad_input, shown
from scalelaw.cli.options import OUTPUT, SureOptions, takes
from scalelaw.cli.work import leave, runs_of, sure_of
from scalelaw.numbers import format_number, parse_number, significant

if TYPE_CHECKING:
    from scalelaw.fitting import Fit
    from scalelaw.laws import Law
    from scalelaw.resampling import Draws
    from scalelaw.uncertainty import HeldOut

Point = dict[str, float]


@takes(SureOptions)
def predict(
    source: Annotated[
        Path,
        typer.Argument(metavar="RUNS|FIT.json", help="Table of runs, or a saved fit.", show_default=False),
    ],
    options: SureOptions,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at", help="Inputs of one prediction, e.g. N=70B,D=1.4T; repeat for more.", metavar="N=..,D=.."
        ),
    ] = None,
    held_out: Annotated[
        str | None,
        typer.Option(
            "--held-out",
            help="Runs not fitted, to set beside their predictions: a table, or a data set's name.",
            metavar="RUNS|NAME",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """Predict the loss of models not trained yet; with --bootstrap, how surely.

    The interval of the mean is that of the law. The interval of a new run is wider: it holds the noise of
    single runs too.

    Examples:
      scalelaw predict --dataset simulated-sweep --at N=70B,D=1.4T

      scalelaw predict runs.csv --at N=70B,D=1.4T --bootstrap 4000

      scalelaw predict results/fit.json --at N=7B,D=2T --at N=13B,D=1T --json

      scalelaw predict runs.csv --held-out larger.csv --bootstrap 4000
    """
    points = [_point(text) for text in at or []]
    _check_asked(points, held_out, options)
    fitted, draws = sure_of(source, options, quiet=as_json)
    for point, text in zip(points, at or [], strict=True):
        if set(point) != set(fitted.law.inputs):
            raise bad_input("--at", f"of exactly the inputs {', '.join(fitted.law.inputs)}", shown(text))
    rows = [_predicted(fitted, draws, point, options) for point in points]
    held = None if held_out is None or draws is None else _held_out(draws, held_out, options)
    if as_json:
        typer.echo(json.dumps(_record(fitted, draws, rows, held, options), indent=1))
    else:
        for warning in fitted.certificate.warnings:
            typer.secho(f"warning: {warning}", fg="red")
        for row in rows:
            _say(row, fitted.law, options)
        if held is not None:
            typer.echo(str(held))
    leave(fitted)


def _check_asked(points: list[Point], held_out: str | None, options: SureOptions) -> None:
    """Something must be asked for, and held-out runs need draws to be set beside."""
    if not points and held_out is None:
        raise bad_input("--at or --held-out", "given", "neither", advice="add --at N=70B,D=1.4T")
    if held_out is not None and not options.bootstrap:
        raise bad_input("--held-out", "given with --bootstrap", "no resamples", advice="add --bootstrap 4000")


def _held_out(draws: "Draws", source: str, options: SureOptions) -> "HeldOut":
    """Runs that were not fitted, beside their predictions; a table has the columns of the fitted one."""
    from scalelaw.catalogue import datasets
    from scalelaw.runs import read_dataset
    from scalelaw.uncertainty import held_out

    named = source in datasets and not Path(source).exists()
    whole = replace(options, where=None, drop_highest_loss=None)
    runs = (
        read_dataset(source, options.data_dir)
        if named
        else runs_of(Path(source), whole, draws.fit.law.inputs)
    )
    return held_out(draws, runs, level=options.level)


def _record(
    fit: "Fit",
    draws: "Draws | None",
    rows: list[dict[str, Any]],
    held: "HeldOut | None",
    options: SureOptions,
) -> dict[str, Any]:
    """All of it for JSON."""
    record: dict[str, Any] = {"law": fit.law.name, "trusted": fit.certificate.trusted}
    if draws is not None:
        made = {"level": options.level, "kind": options.interval, "scheme": draws.counts()}
        record["intervals"] = made
    if held is not None:
        record["held_out"] = {"runs": held.to_frame().to_dict("records"), "notes": list(held.notes)}
    return record | {"predictions": rows}


def _predicted(fit: "Fit", draws: "Draws | None", point: Point, options: SureOptions) -> dict[str, Any]:
    """One prediction for JSON: inputs, L, and where there are draws both intervals and notes."""
    row: dict[str, Any] = {**point, "L": float(fit.predict(**point))}
    if draws is None:
        return row
    from scalelaw.uncertainty import mean_interval, prediction_interval

    mean = mean_interval(draws, level=options.level, kind=options.interval, **point)
    new = prediction_interval(draws, level=options.level, **point)
    return {
        **row,
        "mean": {"low": float(mean.low), "high": float(mean.high)},
        "new_run": {"low": float(new.low), "high": float(new.high)},
        "notes": list(new.notes),
    }


def _say(row: dict[str, Any], law: "Law", options: SureOptions) -> None:
    at = "  ".join(f"{name} {format_number(row[name])}" for name in law.inputs)
    what, show = ("loss", "{:.6f}".format) if law.output == "L" else (law.output, significant)
    unit = dict(law.units).get(law.output, "nats per token" if law.output == "L" else "")
    typer.echo(f"{at}  predicted {what} {show(row['L'])} {unit}".rstrip())
    if "mean" not in row:
        return
    level = f"{100 * options.level:.6g} %"
    for of, name in ((f"mean, {level} {options.interval}", "mean"), (f"new run, {level}", "new_run")):
        typer.echo(f"  {of:<24}{show(row[name]['low'])} to {show(row[name]['high'])}")
    for note in row["notes"]:
        typer.echo(f"  note: {note}")


def _point(text: str) -> Point:
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name and equals for name, equals, _ in pairs):
        raise bad_input("--at", "written NAME=VALUE,NAME=VALUE", shown(text))
    return {name.strip(): parse_number(value) for name, _, value in pairs}
