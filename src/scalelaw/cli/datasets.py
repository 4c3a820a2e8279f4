"""`scalelaw datasets`."""

from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer

import scalelaw as sl
from scalelaw.cli.options import option
from scalelaw.cli.terminal import field, glossary, named, print_json, wrapped


def datasets(
    name: Annotated[str | None, typer.Argument(help="A data set, for all about it.")] = None,
    data_dir: Annotated[
        Path | None,
        option("--data-dir", "Where data sets lie; else $SCALELAW_DATA, else a cache.", None, "FOLDER"),
    ] = None,
    as_json: Annotated[bool, option("--json", "Print JSON.")] = False,
) -> None:
    """List the data sets that --dataset reads, or show one: columns, source, licence, citation, known answers.

    Examples:
      scalelaw datasets

      scalelaw datasets chinchilla-epoch

      scalelaw fit --dataset chinchilla-epoch

      scalelaw fit --dataset chinchilla-epoch --drop-highest-loss 0

      scalelaw fit --dataset chinchilla-epoch --data-dir folder/
    """
    if as_json and name:
        print_json(_record(sl.datasets[name], data_dir))
    elif as_json:
        print_json([_record(dataset, data_dir) for dataset in sl.datasets.values()])
    else:
        typer.echo("\n".join(_describe(sl.datasets[name], data_dir) if name else _list()))


def _list() -> list[str]:
    rows = []
    for name, dataset in sl.datasets.items():
        licence = dataset.licence or "MISSING (none stated)"
        fetched = "fetched once" if dataset.url else "from a folder of yours only"
        origin = "ships" if dataset.ships else fetched
        rows.append((name, f"{dataset.rows:,} rows; licence {licence}; {origin}. {dataset.what}"))
    return [
        f"{len(rows)} data sets to read with --dataset NAME",
        *glossary(rows),
        "",
        *wrapped(
            "",
            "`scalelaw datasets NAME` shows one with its columns, source, licence, citation and known answers; "
            "--data-dir FOLDER, or SCALELAW_DATA, says where the files are on a machine without a network.",
        ),
    ]


def _describe(dataset: "sl.Dataset", folder: Path | None) -> list[str]:
    flags = [f"--{key.replace('_', '-')} {quote(str(value))}" for key, value in dataset.read.items()]
    path = sl.catalogue.place(dataset, folder)
    return [
        dataset.name,
        *field("runs", f"{dataset.what}; {dataset.rows:,} rows"),
        *named("columns", dataset.columns.items()),
        *field("read as", " ".join(flags) or "no table of runs: published answers"),
        *field("licence", dataset.terms),
        *field("source", dataset.source),
        *field("url", dataset.url),
        *field("made", dataset.made),
        *field("sha256", dataset.sha256),
        *field("file", str(path) if path.exists() else f"{path}, which is not there yet"),
        *field("note", dataset.note),
        *named("known", [("", answer) for answer in dataset.answers]),
        *field("cite", dataset.citation),
        *dataset.bibtex.strip().splitlines(),
    ]


def _record(dataset: "sl.Dataset", folder: Path | None) -> dict[str, Any]:
    """A data set for JSON; nothing for what is not known."""
    path = sl.catalogue.place(dataset, folder)
    return {
        "name": dataset.name,
        "what": dataset.what,
        "rows": dataset.rows,
        "licence": dataset.licence or None,
        "source": dataset.source,
        "url": dataset.url or None,
        "made": dataset.made or None,
        "ships": dataset.ships,
        "file": path,
        "here": path.exists(),
        "sha256": dataset.sha256,
        "columns": dataset.columns,
        "read": dataset.read,
        "note": dataset.note or None,
        "answers": dataset.answers,
        "citation": dataset.citation,
        "bibtex": dataset.bibtex.strip() or None,
    }
