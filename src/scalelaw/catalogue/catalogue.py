"""The catalogue: data sets by name, as `catalogue.toml` has them, and where their files lie.

sl.datasets["chinchilla-epoch"].licence
sl.read_dataset("chinchilla-epoch")

A file lies in the package, in a folder of yours, or in the cache of this machine. A folder is named by hand or by
SCALELAW_DATA; on a machine without a network it holds the files already. What is not there is fetched, once, from
a pinned address. A file is used only if it has the bytes that the catalogue knows.
"""

import hashlib
import json
import logging
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from platformdirs import user_cache_path

from scalelaw._checks import BadInput, ByName, bad_input, one_line, shown
from scalelaw._files import make_folder, write_file

FOLDER = "folder of data sets"
NO_LICENCE = "none stated by its authors: ask them before you pass it on"


@dataclass(frozen=True)
class Dataset:
    """A data set, and how to read it.

    Attributes:
        name: what it is asked for by.
        what: its runs, in a sentence.
        rows: how many its file has.
        file: its file's name.
        sha256: of the file's bytes.
        source: repository, path and commit.
        citation: of the paper, in words.
        bibtex: of the paper; empty where there is none.
        licence: as its authors state it; empty where they state none.
        url: what is fetched, pinned to a commit; empty where the table is not published as such.
        prepare: how the table is made of what is fetched; empty where it is what is fetched.
        made: what the table was made of; empty where it is as published.
        ships: whether it is part of this package.
        columns: what to know about the columns that are used.
        read: keywords of `scalelaw.read_runs`; empty where it is no table of runs.
        note: what to know before using it.
        answers: what is known to come out.
    """

    name: str
    what: str
    rows: int
    file: str
    sha256: str
    source: str
    citation: str
    bibtex: str = ""
    licence: str = ""
    url: str = ""
    prepare: str = ""
    made: str = ""
    ships: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    answers: Sequence[str] = ()

    @property
    def terms(self) -> str:
        """The licence, or in words that there is none."""
        return self.licence or NO_LICENCE

    def reading(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """Keywords of `scalelaw.read_runs`: the catalogue's, and yours in their place.

        Args:
            own: yours; None where you say nothing. `where` chooses among the rows that the catalogue's leaves.

        Raises:
            BadInput: it is no table of runs.
        """
        if not self.read:
            raise bad_input(
                "data set",
                "a table of runs",
                f"{shown(self.name)}, a table of published answers",
                advice=f'read it as it is: pandas.read_csv(scalelaw.dataset_path("{self.name}"))',
            )
        given = {name: value for name, value in own.items() if value is not None}
        both = [each["where"] for each in (self.read, given) if each.get("where")]
        where = {"where": " and ".join(f"({each})" for each in both)} if len(both) == 2 else {}
        return {**self.read, **given, **where}


@cache
def _entries() -> Mapping[str, Dataset]:
    text = files("scalelaw.catalogue").joinpath("catalogue.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)
    papers = entries.pop("paper")
    return MappingProxyType(
        {name: Dataset(name, **papers[entry.pop("paper")], **entry) for name, entry in entries.items()}
    )


datasets = ByName[Dataset]("data set", "`scalelaw datasets`", _entries)


ENVIRONMENT = "SCALELAW_DATA"
"""The variable that names the folder of data sets."""

SECONDS = 30
"""How long a server may be silent."""


def dataset_path(name: str, folder: str | Path | None = None) -> Path:
    """The file of a data set on this machine; fetched there if it is not, once.

    Args:
        name: one of `scalelaw.datasets`.
        folder: where data sets lie; SCALELAW_DATA, else the user's cache, when None.

    Raises:
        BadInput: there is no such data set, its file has other bytes than the catalogue knows, or it is not
            there and cannot be fetched.
    """
    return locate(datasets[name], folder)


def locate(dataset: Dataset, folder: str | Path | None = None) -> Path:
    """The file of a data set of the catalogue, as `dataset_path`."""
    path = place(dataset, folder)
    if os.path.lexists(path):
        _check(dataset, path)
    else:
        _write(_fetch(dataset, path.parent), path)
    return path


def place(dataset: Dataset, folder: str | Path | None = None) -> Path:
    """Where its file is or would be."""
    if dataset.ships:
        return Path(str(files("scalelaw.data") / dataset.file))
    named = folder or os.environ.get(ENVIRONMENT)
    home = Path(named).expanduser() if named else user_cache_path("scalelaw") / "datasets"
    return home / dataset.file


def _check(dataset: Dataset, path: Path) -> None:
    """Refuse a file of other bytes; it is left as it is, since it may be yours."""
    try:
        found = _sha256(path.read_bytes())
    except OSError as error:
        raise bad_input(
            f"data set '{dataset.name}'", "a file that can be read", f"{path} ({error.strerror})"
        ) from None
    if found != dataset.sha256:
        way = "it is fetched again" if dataset.url else "put the right one there"
        advice = f"it is not the {dataset.name} of the catalogue: move it away and {way}"
        raise bad_input("its sha256", dataset.sha256, found, place=str(path), advice=advice)


def _fetch(dataset: Dataset, folder: Path) -> bytes:
    """The bytes of a data set's table, which is not in `folder`."""
    if not dataset.url:
        raise bad_input(
            f"data set '{dataset.name}'",
            f"in {folder} as {dataset.file}",
            "no such file",
            advice=f"it cannot be fetched, being {dataset.made}: name the folder that has it with "
            "--data-dir or SCALELAW_DATA",
        )
    content = prepare(dataset.prepare, _download(dataset))
    found = _sha256(content)
    if found != dataset.sha256:
        advice = "the download, corrupt or cut short, is removed: try again"
        raise bad_input(f"sha256 of {dataset.name}", dataset.sha256, found, place=dataset.url, advice=advice)
    return content


def _download(dataset: Dataset) -> bytes:
    """What the address holds, by way of a folder that is gone afterwards.

    The hash is not pooch's to check: the catalogue knows that of the table, which may be made of what is fetched.
    """
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    with TemporaryDirectory(prefix="scalelaw-") as folder:
        try:
            downloader = pooch.HTTPDownloader(timeout=SECONDS)
            path = pooch.retrieve(dataset.url, None, fname=dataset.file, path=folder, downloader=downloader)
        except (OSError, ValueError) as error:
            raise bad_input(
                dataset.url,
                f"reachable, to fetch {dataset.name}",
                f"{type(error).__name__}: {one_line(str(error))[:100]}",
                advice=f"without a network, put {dataset.file} into a folder and name it with --data-dir or "
                "SCALELAW_DATA",
            ) from None
        return Path(path).read_bytes()


def _write(content: bytes, path: Path) -> None:
    """Write a file and its folder, whole or not at all."""
    try:
        write_file(make_folder(path.parent, FOLDER) / path.name, content, FOLDER)
    except BadInput as error:
        raise BadInput(f"{error}; name another with --data-dir or SCALELAW_DATA") from None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def prepare(way: str, content: bytes) -> bytes:
    """The table that `content` makes; as it is where there is no way, or where it is not what is published."""
    try:
        return WAYS[way](content) if way else content
    except (ValueError, KeyError, TypeError):
        return content


def isoflop_curves(content: bytes) -> bytes:
    """A JSON list of parameters, compute_budget and final_loss as CSV, with D = C / (6 N)."""
    lines = ["params,budget,loss,tokens,flops"]
    for run in json.loads(content):
        N, C, L = float(run["parameters"]), float(run["compute_budget"]), float(run["final_loss"])
        lines.append(f"{N!r},{C!r},{L!r},{C / (6 * N)!r},{C!r}")
    return ("\n".join(lines) + "\n").encode()


WAYS: Mapping[str, Callable[[bytes], bytes]] = {"isoflop-curves": isoflop_curves}
"""How a table is made of what is published, where that is not the table; `Dataset.prepare` names one."""
