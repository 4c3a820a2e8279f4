"""Where data sets lie: in the package, in a folder of yours, or in the cache of this machine.

A folder is named by hand or by SCALELAW_DATA; on a machine without a network it holds the files already. What
is not there is fetched, once, from a pinned address. A file is used only if it has the bytes that the catalogue
knows.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from platformdirs import user_cache_path

from scalelaw._checks import bad_input, one_line
from scalelaw.catalogue.dataset import Dataset, datasets

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
    """Write a file, whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".", dir=path.parent) as folder:
            partial = Path(folder) / path.name
            partial.write_bytes(content)
            partial.replace(path)
    except OSError as error:
        raise bad_input(
            "folder of data sets",
            "one that can be written",
            f"{path.parent} ({error.strerror})",
            advice="name another with --data-dir or SCALELAW_DATA",
        ) from None


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
