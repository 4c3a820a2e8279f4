"""Where a command's runs come from: the table that it names, or a data set of the catalogue."""

from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import typer

import scalelaw as sl
from scalelaw._checks import bad_input, shown

READING = ("N", "D", "C", "L", "weight", "group", "where", "drop_highest_loss")
"""Options that are keywords of `read_runs`."""

Values = dict[str, Any]


def resolve_source(
    arguments: Mapping[str, Any], required: Mapping[str, str], options: Values
) -> tuple[Values, Values]:
    """Arguments and options of a command, with a data set's file as the first argument where one is named.

    Args:
        arguments: what the command line has without flags, by parameter, in order; None for what it has not.
        required: the arguments that the command cannot do without, and what its help calls them.
        options: shared options by field.

    Raises:
        BadInput: both a table and a data set are given, or neither, or a further argument is missing.
    """
    name, folder = options["dataset"], options["data_dir"]
    if name is None and folder is not None:
        raise bad_input("--data-dir", "given with --dataset", shown(str(folder)), advice="add --dataset NAME")
    resolved = dict(arguments) if name is None else _shift(arguments, name)
    for place, (argument, value) in enumerate(resolved.items()):
        if value is None and argument in required:
            if place:
                raise bad_input(required[argument], "given after the runs", "nothing", advice="see --help")
            advice = "`scalelaw datasets` lists the names"
            raise bad_input("the runs", "a table of runs or --dataset NAME", "neither", advice=advice)
    if name is None:
        return resolved, options
    dataset = sl.datasets[name]
    reading = dataset.reading({key: options[key] for key in READING})
    resolved[next(iter(resolved))] = sl.dataset_path(name, folder)
    typer.echo(_notice(dataset), err=True)
    return resolved, options | reading


def _shift(arguments: Mapping[str, Any], name: str) -> Values:
    """The arguments one place on: the first is left to the data set."""
    given = [str(value) for value in arguments.values() if value is not None]
    if given and (len(given) == len(arguments) or Path(given[0]).suffix):
        got = f"{shown(given[0])} and --dataset {name}"
        raise bad_input("the runs", "a table or --dataset NAME, not both", got, advice="leave one out")
    return dict(zip_longest(arguments, [name, *given]))


def _notice(dataset: "sl.Dataset") -> str:
    """What whoever uses a data set must see: licence, citation, and what to know before."""
    lines = [
        f"data set {dataset.name}: {dataset.what}",
        f"  licence: {dataset.terms}",
        f"  cite: {dataset.citation}",
        *([f"  note: {dataset.note}"] if dataset.note else []),
    ]
    return "\n".join(lines)
