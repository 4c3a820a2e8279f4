"""`scalelaw predict`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

import scalelaw as sl
from scalelaw._checks import bad_input, shown
from scalelaw.cli.estimate import calibrate, fit_and_draws, runs_of
from scalelaw.cli.options import AsJson, BacktestChoice, Source, option, takes, to_file
from scalelaw.cli.terminal import exit_unless_trusted, print_doubts, print_json
from scalelaw.numbers import format_number, parse_number, significant

Point = dict[str, float]


@takes(BacktestChoice)
def predict(
    source: Source,
    options: BacktestChoice,
    at: Annotated[
        list[str] | None,
        option(
            "--at",
            "Inputs of one prediction, e.g. N=70B,D=1.4T; repeat for more.",
            metavar="N=..,D=..",
        ),
    ] = None,
    held_out: Annotated[
        str | None,
        option(
            "--held-out",
            "Runs not fitted, to set beside their predictions: a table, or a data set's name.",
            metavar="RUNS|NAME",
        ),
    ] = None,
    forecast: Annotated[
        Path | None,
        to_file(
            "--forecast", text="Keep the predictions in a new file, for `scalelaw score`.", metavar="FILE"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Predict the loss of models not trained yet; with --bootstrap, how surely.

    The interval of the mean is that of the law. The interval of a new run is wider: it holds the noise of
    single runs too. The calibrated one holds doubt about the law as well: rival laws are weighed by what they
    predicted of the larger runs of the table, and what all of them missed there is added.

    Examples:
      scalelaw predict --dataset simulated-sweep --at N=70B,D=1.4T

      scalelaw predict runs.csv --at N=70B,D=1.4T --bootstrap 4000

      scalelaw predict results/fit.json --at N=7B,D=2T --at N=13B,D=1T --json

      scalelaw predict runs.csv --held-out larger.csv --bootstrap 4000

      scalelaw predict runs.csv --at N=7B,D=2T --bootstrap 400 --forecast p.json
    """
    points = [_point(text) for text in at or []]
    _check_asked(points, held_out, forecast, options)
    fit, draws = fit_and_draws(source, options, quiet=as_json)
    for point, text in zip(points, at or [], strict=True):
        if set(point) != set(fit.law.inputs):
            raise bad_input("--at", f"of exactly the inputs {', '.join(fit.law.inputs)}", shown(text))
    known = "" if draws is None else calibrate(fit, options, draws, quiet=as_json)
    rows = [_predict(fit, draws, point, options, known) for point in points]
    held = None if held_out is None or draws is None else _held_out(draws, known, held_out, options)
    kept = (
        None
        if forecast is None or draws is None
        else _keep(draws if isinstance(known, str) else known, points, forecast, options)
    )
    if as_json:
        record: dict[str, Any] = {"law": fit.law.name, "trusted": fit.certificate.trusted}
        record["misfit"] = fit.misfit.to_dict()
        if draws is not None:
            kind = {"level": options.level, "kind": options.interval}
            record["intervals"] = {**kind, "scheme": draws.counts(), "warnings": list(draws.warnings)}
        if held is not None:
            said = "stated" if isinstance(known, str) else "calibrated"
            frame = held.to_frame().to_dict("records")
            record["held_out"] = {"runs": frame, "intervals": said, "notes": held.notes}
        if kept is not None:
            record["forecast"] = {"file": forecast, "sha256": kept.sha256}
        print_json(record | {"predictions": rows})
    else:
        print_doubts(fit)
        for row in rows:
            _print(row, fit.law, options)
        if held is not None:
            typer.echo(str(held))
        if kept is not None:
            typer.echo(f"forecast kept in {forecast}, sha256 {kept.sha256}")
    exit_unless_trusted(fit)


def _check_asked(
    points: list[Point], held_out: str | None, forecast: Path | None, options: BacktestChoice
) -> None:
    """Refuse what cannot be answered before there is any work."""
    if not points and held_out is None:
        raise bad_input("--at or --held-out", "given", "neither", advice="add --at N=70B,D=1.4T")
    for flag, value in (("--held-out", held_out), ("--forecast", forecast)):
        if value is not None and not options.bootstrap:
            raise bad_input(flag, "given with --bootstrap", "no resamples", advice="add --bootstrap 4000")
    if forecast is not None:
        if not points:
            raise bad_input("--forecast", "given with --at", "no points", advice="add --at N=70B,D=1.4T")
        sl.validation.refuse_existing(forecast)


def _point(text: str) -> Point:
    """The inputs of "N=70B,D=1.4T"."""
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name and equals for name, equals, _ in pairs):
        raise bad_input("--at", "written NAME=VALUE,NAME=VALUE", shown(text))
    return {name.strip(): parse_number(value) for name, _, value in pairs}


def _predict(
    fit: "sl.Fit",
    draws: "sl.Draws | None",
    point: Point,
    options: BacktestChoice,
    known: "sl.Calibrated | str",
) -> dict[str, Any]:
    """One prediction: inputs, L, and where there are draws all intervals and notes."""
    row: dict[str, Any] = {**point, "L": float(fit.predict(**point))}
    if draws is None:
        return row | {"notes": sl.uncertainty.prediction.beyond(fit, **point)}
    mean = sl.mean_interval(draws, level=options.level, kind=options.interval, **point)
    new = sl.uncertainty.prediction_interval(draws, level=options.level, **point)
    row["mean"] = {"low": float(mean.low), "high": float(mean.high)}
    row["new_run"] = {"low": float(new.low), "high": float(new.high)}
    if isinstance(known, str):
        return {**row, "notes": [*new.notes, *([known] if known else [])]}
    mixed = known.predict(level=options.level, **point)
    laws = {law["law"]: {"weight": law["weight"], "L": float(law["L"])} for law in known.laws(**point)}
    ends = {"L": float(mixed.estimate), "low": float(mixed.low), "high": float(mixed.high)}
    return {**row, "calibrated": {**ends, "laws": laws}, "notes": mixed.notes}


def _held_out(
    draws: "sl.Draws", known: "sl.Calibrated | str", source: str, options: BacktestChoice
) -> "sl.HeldOut":
    """Runs that were not fitted, beside their predictions; a table has the columns of the fitted one."""
    if source in sl.datasets and not Path(source).exists():
        runs = sl.read_dataset(source, options.data_dir)
    else:
        every_row = replace(options, where=None, drop_highest_loss=None)
        runs = runs_of(Path(source), every_row, draws.fit.law.inputs)
    if isinstance(known, str):
        held = sl.held_out(draws, runs, level=options.level)
        return held._replace(notes=(*([known] if known else []), *held.notes))
    return known.held_out(runs, level=options.level)


def _keep(
    known: "sl.Draws | sl.Calibrated", points: list[Point], path: Path, options: BacktestChoice
) -> "sl.Forecast":
    """The predictions of all points, written to a new file."""
    inputs = {name: [point[name] for point in points] for name in points[0]}
    kept = sl.forecast(known, level=options.level, **inputs)
    kept.save(path)
    return kept


def _print(row: dict[str, Any], law: "sl.Law", options: BacktestChoice) -> None:
    at = "  ".join(f"{name} {format_number(row[name])}" for name in law.inputs)
    what, show = ("loss", "{:.6f}".format) if law.output == "L" else (law.output, significant)
    unit = dict(law.units).get(law.output, "nats per token" if law.output == "L" else "")
    typer.echo(f"{at}  predicted {what} {show(row['L'])} {unit}".rstrip())
    if "mean" not in row:
        _print_notes(row)
        return
    level = f"{100 * options.level:.6g} %"
    for of, name in ((f"mean, {level} {options.interval}", "mean"), (f"new run, {level}", "new_run")):
        typer.echo(f"  {of:<24}{show(row[name]['low'])} to {show(row[name]['high'])}")
    if "calibrated" in row:
        said = row["calibrated"]
        laws = ", ".join(f"{name} {show(each['L'])}" for name, each in said["laws"].items())
        ends = f"{show(said['low'])} to {show(said['high'])}"
        typer.echo(f"  {f'calibrated, {level}':<24}{ends}  about {show(said['L'])}: {laws}")
    _print_notes(row)


def _print_notes(row: dict[str, Any]) -> None:
    for note in row["notes"]:
        typer.echo(f"  note: {note}")
