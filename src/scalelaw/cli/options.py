"""Options that several commands share, declared once: types of parameters, and dataclasses of options."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from typer.models import ArgumentInfo

from scalelaw._checks import BadInput, bad_input, check_probability, shown
from scalelaw._files import check_file, check_folder
from scalelaw.cli.source import resolve_source
from scalelaw.numbers import parse_number

NAMED = "A data set instead of a table"
TABLE = "Columns of the table"
COUNT = "What N counts"
CHOICE = "Which runs"
MODEL = "Law and objective"
INTERVALS = "Intervals"
OUTPUT = "Output"


def option(flag: str, text: str, panel: str | None = None, metavar: str | None = None) -> Any:
    """An option: its flag, its help, the panel of the help that it stands in, and what its value is called."""
    return typer.Option(flag, help=text, rich_help_panel=panel, metavar=metavar)


def _check_folder(param: typer.CallbackParam, path: Path | None) -> Path | None:
    if path is not None:
        check_folder(path, param.opts[0])
    return path


def _check_file(param: typer.CallbackParam, path: Path | None) -> Path | None:
    if path is not None:
        check_file(path, param.opts[0])
    return path


def to_folder(text: str, panel: str | None = OUTPUT) -> Any:
    """`--out`: a folder for results, refused before any work where it could not be written."""
    return typer.Option("--out", help=text, rich_help_panel=panel, callback=_check_folder)


def to_file(*flags: str, text: str, panel: str | None = None, metavar: str | None = None) -> Any:
    """A file for results, refused before any work where it could not be written."""
    return typer.Option(*flags, help=text, rich_help_panel=panel, metavar=metavar, callback=_check_file)


def argument(text: str, metavar: str | None = None) -> Any:
    """What a command takes without a flag."""
    return typer.Argument(help=text, metavar=metavar, show_default=False)


def number(flag: str, text: str) -> float:
    """The number that an option gives.

    Raises:
        BadInput: for text that says none; the message names the option.
    """
    try:
        return parse_number(text)
    except BadInput as error:
        raise BadInput(f"{flag}: {error}") from None


def share_of(flag: str, text: str, other: str = "") -> float:
    """The share that an option gives, written 0.3, 30% or 30 %.

    Raises:
        BadInput: for text that says none; the message names the option, and what `other` it could be.
    """
    number = text.strip().removesuffix("%")
    percent = number != text.strip()
    try:
        return check_probability(flag, parse_number(number.strip()) / (100 if percent else 1))
    except BadInput:
        must = f"{other}a share between 0 and 1, written like 0.3 or 30%"
        raise bad_input(flag, must, shown(text)) from None


def delta_of(text: str) -> float | str:
    """The threshold that `--delta` asks for: "auto", or a number.

    Raises:
        BadInput: for other text.
    """
    return text if text == "auto" else number("--delta", text)


Table = Annotated[Path, argument("Table of runs: CSV, TSV, JSON Lines or Parquet.")]
Source = Annotated[Path, argument("Table of runs, or a saved fit.", "RUNS|FIT.json")]
Curves = Annotated[Path, argument("Table of runs, or a saved fit (.json); --group names curves.")]
AsJson = Annotated[bool, option("--json", "Print one JSON object.", OUTPUT)]
Kind = Annotated[
    str, option("--interval", "bca, percentile, basic, normal or studentized.", INTERVALS, "KIND")
]
Delta = Annotated[
    str, option("--delta", "Threshold of the robust loss; or auto: 1.345 residual scales.", MODEL, "NUMBER")
]
Level = Annotated[float, option("--level", "Confidence level.", INTERVALS)]

_column = partial(option, panel=TABLE, metavar="COLUMN")


@dataclass(frozen=True)
class TableOptions:
    """Which table, and how to read it."""

    dataset: Annotated[
        str | None,
        option("--dataset", "A name of `scalelaw datasets`; its columns are known.", NAMED, "NAME"),
    ] = None
    data_dir: Annotated[
        Path | None,
        option("--data-dir", "Where data sets lie; else $SCALELAW_DATA, else a cache.", NAMED, "FOLDER"),
    ] = None
    N: Annotated[str | None, _column("--N", "Column of model sizes, parameters.")] = None
    D: Annotated[str | None, _column("--D", "Column of training tokens.")] = None
    C: Annotated[str | None, _column("--C", "Column of training compute, FLOP.")] = None
    L: Annotated[str | None, _column("--L", "Column of the loss, nats per token.")] = None
    weight: Annotated[str | None, _column("--weight", "Column of weights in the fit.")] = None
    group: Annotated[
        str | None, _column("--group", "Column that says which rows belong together; several: size,seed.")
    ] = None
    input: Annotated[
        list[str] | None,
        option(
            "--input",
            "Further input of your own law; the column has its name unless given.",
            TABLE,
            "NAME[=COLUMN]",
        ),
    ] = None
    flops_rule: Annotated[
        str,
        option(
            "--flops-rule",
            "How C follows from N and D: 6ND, or `given` to take the table's C unquestioned.",
            TABLE,
            "RULE",
        ),
    ] = "6ND"
    count: Annotated[
        str | None,
        option(
            "--count",
            "Work with N non-embedding where the table's is total, or with total where it is not.",
            COUNT,
            "non-embedding|total",
        ),
    ] = None
    embeddings: Annotated[
        str | None,
        option(
            "--embeddings", "Column of embedding parameters; else Pearce & Song's curve.", COUNT, "COLUMN"
        ),
    ] = None
    vocabulary: Annotated[
        int | None,
        option("--vocabulary", "Tokens, for that curve: 32000; twice as many if the head is untied.", COUNT),
    ] = None
    aspect: Annotated[float | None, option("--aspect", "Width / layers, for that curve: 39.2.", COUNT)] = None
    where: Annotated[str | None, option("--where", 'Rows to use, e.g. "loss < 5".', CHOICE, "EXPRESSION")] = (
        None
    )
    drop_highest_loss: Annotated[
        int | None,
        option("--drop-highest-loss", "Leave out this many runs of the highest loss.", CHOICE, "K"),
    ] = None


@dataclass(frozen=True)
class FitOptions(TableOptions):
    """How to fit."""

    law: Annotated[
        str, option("--law", "A law of `scalelaw laws`, or your own: my_law.py:LAW.", MODEL, "LAW")
    ] = "chinchilla"
    delta: Delta = "0.001"
    loss: Annotated[str, option("--loss", "huber, squared, absolute, log-cosh or cauchy.", MODEL, "NAME")] = (
        "huber"
    )
    residual: Annotated[str, option("--residual", "log (of the loss) or linear.", MODEL, "NAME")] = "log"
    starts: Annotated[
        str,
        option("--starts", "grid (every start of the law) or projected (a few dozen: fast).", MODEL, "KIND"),
    ] = "grid"
    solver: Annotated[str, option("--solver", "levenberg, or lbfgs for comparison.", MODEL, "NAME")] = (
        "levenberg"
    )
    iterations: Annotated[
        int | None, option("--iterations", "Limit of iterations per start; 500 of levenberg.", MODEL)
    ] = None
    fix: Annotated[
        list[str] | None, option("--fix", "Hold a parameter, e.g. E=1.69.", MODEL, "NAME=VALUE")
    ] = None
    tie: Annotated[
        list[str] | None, option("--tie", "Make one equal another, e.g. beta=alpha.", MODEL, "NAME=NAME")
    ] = None
    bound: Annotated[
        list[str] | None,
        option("--bound", "Keep a parameter in a range, e.g. alpha=0:1.", MODEL, "NAME=LOW:HIGH"),
    ] = None


@dataclass(frozen=True)
class IntervalOptions(FitOptions):
    """How to fit, how to resample its runs, and which intervals to take."""

    scheme: Annotated[
        str,
        option(
            "--scheme",
            "pairs, cluster, stratified, bayesian, subsample, residual, wild, webb or parametric.",
            INTERVALS,
            "NAME",
        ),
    ] = "pairs"
    by: Annotated[
        str | None,
        option("--by", "Column whose equal values belong together (N, D, C too).", INTERVALS, "COLUMN"),
    ] = None
    share: Annotated[
        float, option("--share", "Part of the runs that `--scheme subsample` keeps.", INTERVALS)
    ] = 0.8
    interval: Kind = "bca"
    level: Level = 0.95
    seed: Annotated[int, option("--seed", "Seed of the resamples.", INTERVALS)] = 0


@dataclass(frozen=True)
class BootstrapOptions(IntervalOptions):
    """How to fit, and over how many resamples to repeat it."""

    bootstrap: Annotated[
        int, option("--bootstrap", "Refit over this many resamples for intervals; 0: none.", INTERVALS, "R")
    ] = 0


@dataclass(frozen=True)
class BacktestChoice(BootstrapOptions):
    """Whether back-tests of rival laws calibrate what is said of larger runs."""

    backtest: Annotated[
        bool,
        typer.Option(
            "--backtest/--no-backtest",
            help="With --bootstrap: weigh rival laws by back-tests, for intervals that hold outside the data.",
            rich_help_panel=INTERVALS,
        ),
    ] = True


def takes(options: type, table: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose parameter `options` is built from one command-line option a field.

    Its argument `table`, or else the first without a flag, is a table of runs, for which `--dataset` may stand.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = dict(inspect.signature(command, eval_str=True).parameters)
        del own["options"]
        infos = {name: parameter.annotation.__metadata__[0] for name, parameter in own.items()}
        arguments = [name for name, info in infos.items() if isinstance(info, ArgumentInfo)]
        arguments = arguments[0 if table is None else arguments.index(table) :]
        required = {
            name: infos[name].metavar or name.upper()
            for name in arguments
            if own[name].default is inspect.Parameter.empty
        }

        def wrapped(**values: Any) -> None:
            given = {name: values.pop(name) for name in arguments}
            chosen = {field.name: values.pop(field.name) for field in fields(options)}
            given, chosen = resolve_source(given, required, chosen)
            command(options=options(**chosen), **given, **values)

        hints = get_type_hints(options, include_extras=True)
        parameters = [
            *(
                (name, each.annotation, None if name in required else each.default)
                for name, each in own.items()
            ),
            *((field.name, hints[field.name], field.default) for field in fields(options)),
        ]
        wrapped.__doc__, wrapped.__name__ = command.__doc__, command.__name__
        wrapped.__annotations__ = {name: annotation for name, annotation, _ in parameters}
        vars(wrapped)["__signature__"] = inspect.Signature(
            [
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
                )
                for name, annotation, default in parameters
            ]
        )
        return wrapped

    return decorate
