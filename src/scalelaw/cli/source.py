"""Where a command's runs come from: the table that it names, or a data set of the catalogue."""

from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from scalelaw._checks import bad_input, shown

if TYPE_CHECKING:
    from scalelaw.catalogue import Dataset

READING = ("N", "D", "C", "L", "weight", "group", "where", "drop_highest_loss")
"""Options that are keywords of `read_runs`."""

Words = dict[str, Any]


def sourced(words: Mapping[str, Any], required: Mapping[str, str], options: Words) -> tuple[Words, Words]:
    """Words and options of a command once a data set's file stands in the first place of the words.

    Args:
        words: what the command line has without flags, by parameter, in order; None for what it has not.
        required: the words that the command cannot do without, and what its help calls them.
        options: shared options by field.

    Raises:
        BadInput: both a table and a data set are given, or neither, or a further word is missing.
    """
    name, folder = options["dataset"], options["data_dir"]
    if name is None and folder is not None:
        raise bad_input("--data-dir", "given with --dataset", shown(str(folder)), advice="add --dataset NAME")
    placed = dict(words) if name is None else _shifted(words, name)
    for place, (word, value) in enumerate(placed.items()):
        if value is None and word in required:
            raise _missing(required[word], first=not place)
    if name is None:
        return placed, options
    dataset, path = _found(name, folder)
    typer.echo(notice(dataset), err=True)
    reading = dataset.reading({key: options[key] for key in READING})
    return placed | {next(iter(placed)): path}, options | reading


def notice(dataset: "Dataset") -> str:
    """What whoever uses a data set must see: licence, citation, and what to know before."""
    lines = [
        f"data set {dataset.name}: {dataset.what}",
        f"  licence: {dataset.terms}",
        f"  cite: {dataset.citation}",
        f"  note: {dataset.note}",
    ]
    return "\n".join(lines if dataset.note else lines[:-1])


def _found(name: str, folder: Path | None) -> "tuple[Dataset, Path]":
    from scalelaw.catalogue import dataset_path, datasets

    datasets[name].reading({})
    return datasets[name], dataset_path(name, folder)


def _shifted(words: Mapping[str, Any], name: str) -> Words:
    """The words one place on: the first is left to the data set."""
    given = [str(value) for value in words.values() if value is not None]
    if given and (len(given) == len(words) or Path(given[0]).suffix):
        got = f"{shown(given[0])} and --dataset {name}"
        raise bad_input("the runs", "a table or --dataset NAME, not both", got, advice="leave one out")
    return dict(zip_longest(words, [name, *given]))


def _missing(word: str, *, first: bool) -> Exception:
    if first:
        advice = "`scalelaw datasets` lists the names"
        return bad_input("the runs", "a table of runs or --dataset NAME", "neither", advice=advice)
    return bad_input(word, "given after the runs", "nothing", advice="see --help")
