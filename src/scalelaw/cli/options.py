"""Options that several commands share, declared once as dataclass fields."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from typer.models import ArgumentInfo

from scalelaw.cli.source import sourced

NAMED = "A data set instead of a table"
TABLE = "Columns of the table"
COUNT = "What N counts"
CHOICE = "Which runs"
MODEL = "Law and objective"
INTERVALS = "Intervals"
OUTPUT = "Output"


def _option(flag: str, text: str, panel: str, metavar: str | None = None) -> Any:
    return typer.Option(flag, help=text, rich_help_panel=panel, metavar=metavar, show_default=True)


@dataclass(frozen=True)
class TableOptions:
    """Which table, and how to read it."""

    dataset: Annotated[
        str | None,
        _option("--dataset", "A name of `scalelaw datasets`; its columns are known.", NAMED, "NAME"),
    ] = None
    data_dir: Annotated[
        Path | None,
        _option("--data-dir", "Where data sets lie; else $SCALELAW_DATA, else a cache.", NAMED, "FOLDER"),
    ] = None
    N: Annotated[str | None, _option("--N", "Column of model sizes, parameters.", TABLE, "COLUMN")] = None
    D: Annotated[str | None, _option("--D", "Column of training tokens.", TABLE, "COLUMN")] = None
    C: Annotated[str | None, _option("--C", "Column of training compute, FLOP.", TABLE, "COLUMN")] = None
    L: Annotated[str | None, _option("--L", "Column of the loss, nats per token.", TABLE, "COLUMN")] = None
    weight: Annotated[str | None, _option("--weight", "Column of weights in the fit.", TABLE, "COLUMN")] = (
        None
    )
    group: Annotated[
        str | None, _option("--group", "Column that says which rows belong together.", TABLE, "COLUMN")
    ] = None
    input: Annotated[
        list[str] | None,
        _option(
            "--input",
            "Further input of your own law; the column has its name unless given.",
            TABLE,
            "NAME[=COLUMN]",
        ),
    ] = None
    flops_rule: Annotated[
        str,
        _option(
            "--flops-rule",
            "How C follows from N and D: 6ND, or `given` to take the table's C unquestioned.",
            TABLE,
            "RULE",
        ),
    ] = "6ND"
    count: Annotated[
        str | None,
        _option(
            "--count",
            "Work with N non-embedding where the table's is total, or with total where it is not.",
            COUNT,
            "non-embedding|total",
        ),
    ] = None
    embeddings: Annotated[
        str | None,
        _option(
            "--embeddings", "Column of embedding parameters; else Pearce & Song's curve.", COUNT, "COLUMN"
        ),
    ] = None
    vocabulary: Annotated[
        int | None,
        _option("--vocabulary", "Tokens, for that curve: 32000; twice as many if the head is untied.", COUNT),
    ] = None
    aspect: Annotated[float | None, _option("--aspect", "Width / layers, for that curve: 39.2.", COUNT)] = (
        None
    )
    where: Annotated[
        str | None, _option("--where", 'Rows to use, e.g. "loss < 5".', CHOICE, "EXPRESSION")
    ] = None
    drop_highest_loss: Annotated[
        int | None,
        _option("--drop-highest-loss", "Leave out this many runs of the highest loss.", CHOICE, "K"),
    ] = None


@dataclass(frozen=True)
class FitOptions(TableOptions):
    """How to fit."""

    law: Annotated[
        str, _option("--law", "A law of `scalelaw laws`, or your own: my_law.py:LAW.", MODEL, "LAW")
    ] = "chinchilla"
    delta: Annotated[float, _option("--delta", "Threshold of the robust loss.", MODEL)] = 1e-3
    loss: Annotated[
        str, _option("--loss", "huber, squared, absolute, log-cosh or cauchy.", MODEL, "NAME")
    ] = "huber"
    residual: Annotated[str, _option("--residual", "log (of the loss) or linear.", MODEL, "NAME")] = "log"
    starts: Annotated[
        str,
        _option("--starts", "grid (every start of the law) or projected (a few dozen: fast).", MODEL, "KIND"),
    ] = "grid"
    solver: Annotated[str, _option("--solver", "levenberg, or lbfgs for comparison.", MODEL, "NAME")] = (
        "levenberg"
    )
    fix: Annotated[
        list[str] | None, _option("--fix", "Hold a parameter, e.g. E=1.69.", MODEL, "NAME=VALUE")
    ] = None
    tie: Annotated[
        list[str] | None, _option("--tie", "Make one equal another, e.g. beta=alpha.", MODEL, "NAME=NAME")
    ] = None
    bound: Annotated[
        list[str] | None,
        _option("--bound", "Keep a parameter in a range, e.g. alpha=0:1.", MODEL, "NAME=LOW:HIGH"),
    ] = None


@dataclass(frozen=True)
class IntervalOptions(FitOptions):
    """How to fit, how to resample its runs, and which intervals to take."""

    scheme: Annotated[
        str,
        _option(
            "--scheme",
            "pairs, cluster, stratified, bayesian, subsample, residual, wild, webb or parametric.",
            INTERVALS,
            "NAME",
        ),
    ] = "pairs"
    by: Annotated[
        str | None,
        _option("--by", "Column whose equal values belong together (N, D, C too).", INTERVALS, "COLUMN"),
    ] = None
    share: Annotated[
        float, _option("--share", "Part of the runs that `--scheme subsample` keeps.", INTERVALS)
    ] = 0.8
    interval: Annotated[
        str, _option("--interval", "bca, percentile, basic, normal or studentized.", INTERVALS, "KIND")
    ] = "bca"
    level: Annotated[float, _option("--level", "Confidence level.", INTERVALS)] = 0.95
    seed: Annotated[int, _option("--seed", "Seed of the resamples.", INTERVALS)] = 0


@dataclass(frozen=True)
class SureOptions(IntervalOptions):
    """How to fit, and how to say how sure."""

    bootstrap: Annotated[
        int, _option("--bootstrap", "Refit over this many resamples for intervals; 0: none.", INTERVALS, "R")
    ] = 0


def takes(options: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose parameter `options` is built from one command-line option a field.

    What it takes without a flag starts with a table of runs, for which `--dataset` may stand.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(options, include_extras=True)
        own = [
            p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "options"
        ]
        words = [p for p in own if isinstance(p.annotation.__metadata__[0], ArgumentInfo)]
        required = {
            p.name: p.annotation.__metadata__[0].metavar or p.name.upper()
            for p in words
            if p.default is inspect.Parameter.empty
        }
        shared = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None if field.default is MISSING else field.default,
                annotation=hints[field.name],
            )
            for field in fields(options)
        ]

        def wrapped(*args: Any, **values: Any) -> None:
            chosen = {field.name: values.pop(field.name) for field in fields(options)}
            first, chosen = sourced({p.name: values.pop(p.name) for p in words}, required, chosen)
            command(*args, options=options(**chosen), **first, **values)

        keyword_only = [
            p.replace(kind=inspect.Parameter.KEYWORD_ONLY, default=None if p.name in required else p.default)
            for p in own
        ]
        wrapped.__signature__ = inspect.Signature([*keyword_only, *shared])  # type: ignore[attr-defined]
        wrapped.__doc__ = command.__doc__
        wrapped.__name__ = command.__name__
        wrapped.__annotations__ = {p.name: p.annotation for p in (*keyword_only, *shared)}
        return wrapped

    return decorate
