"""`scalelaw datasets`."""

import json
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalelaw.cli.columns import field, named, table, wrapped

if TYPE_CHECKING:
    from scalelaw._checks import ByName
    from scalelaw.catalogue import Dataset


def datasets(
    name: Annotated[str | None, typer.Argument(help="A data set, for all about it.")] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir",
            help="Where data sets lie; else $SCALELAW_DATA, else a cache.",
            metavar="FOLDER",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the data sets that --dataset reads, or show one: columns, source, licence, citation, known answers.

    Examples:
      scalelaw datasets

      scalelaw datasets chinchilla-epoch

      scalelaw fit --dataset chinchilla-epoch

      scalelaw fit --dataset chinchilla-epoch --drop-highest-loss 0

      scalelaw fit --dataset chinchilla-epoch --data-dir folder/
    """
    from scalelaw.catalogue import datasets as catalogue

    if as_json:
        shown = [catalogue[name]] if name else list(catalogue.values())
        plain = [_plain(dataset, data_dir) for dataset in shown]
        typer.echo(json.dumps(plain[0] if name else plain, indent=1))
    else:
        typer.echo("\n".join(_about(catalogue[name], data_dir) if name else _every(catalogue)))


def _every(catalogue: "ByName[Dataset]") -> list[str]:
    rows = [
        (name, f"{dataset.rows:,} rows; licence {_licence(dataset)}; {_way(dataset)}. {dataset.what}")
        for name, dataset in catalogue.items()
    ]
    return [
        f"{len(catalogue)} data sets to read with --dataset NAME",
        *table(rows),
        "",
        *wrapped(
            "",
            "`scalelaw datasets NAME` shows one with its columns, source, licence, citation and known answers; "
            "--data-dir FOLDER, or SCALELAW_DATA, says where the files are on a machine without a network.",
        ),
    ]


def _licence(dataset: "Dataset") -> str:
    return dataset.licence or "MISSING (none stated)"


def _way(dataset: "Dataset") -> str:
    """How its file comes to be on this machine."""
    if dataset.ships:
        return "ships"
    return "fetched once" if dataset.url else "from a folder of yours only"


def _about(dataset: "Dataset", folder: Path | None) -> list[str]:
    return [
        dataset.name,
        *field("runs", f"{dataset.what}; {dataset.rows:,} rows"),
        *named("columns", dataset.columns.items()),
        *field("read as", _reading(dataset)),
        *field("licence", dataset.terms),
        *field("source", dataset.source),
        *field("url", dataset.url),
        *field("made", dataset.made),
        *field("sha256", dataset.sha256),
        *field("file", _file(dataset, folder)),
        *field("note", dataset.note),
        *named("known", [("", answer) for answer in dataset.answers]),
        *field("cite", dataset.citation),
        *dataset.bibtex.strip().splitlines(),
    ]


def _reading(dataset: "Dataset") -> str:
    words = [f"--{key.replace('_', '-')} {quote(str(value))}" for key, value in dataset.read.items()]
    return " ".join(words) or "no table of runs: published answers"


def _file(dataset: "Dataset", folder: Path | None) -> str:
    from scalelaw.catalogue import place

    path = place(dataset, folder)
    return str(path) if path.exists() else f"{path}, which is not there yet"


def _plain(dataset: "Dataset", folder: Path | None) -> dict[str, Any]:
    """A data set for JSON; nothing for what is not known."""
    from scalelaw.catalogue import place

    path = place(dataset, folder)
    return {
        "name": dataset.name,
        "what": dataset.what,
        "rows": dataset.rows,
        "licence": dataset.licence or None,
        "source": dataset.source,
        "url": dataset.url or None,
        "made": dataset.made or None,
        "ships": dataset.ships,
        "file": str(path),
        "here": path.exists(),
        "sha256": dataset.sha256,
        "columns": dict(dataset.columns),
        "read": dict(dataset.read),
        "note": dataset.note or None,
        "answers": list(dataset.answers),
        "citation": dataset.citation,
        "bibtex": dataset.bibtex.strip() or None,
    }
