"""Where data sets lie: in the package, in a folder of yours, or in the cache of this machine.

A folder is named by hand or by SCALELAW_DATA; on a machine without a network it holds the files already. A file
is used only if it has the bytes that the catalogue knows.
"""

import hashlib
import os
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from platformdirs import user_cache_path

from scalelaw._checks import bad_input
from scalelaw.catalogue.dataset import Dataset, datasets
from scalelaw.catalogue.fetching import fetched

ENVIRONMENT = "SCALELAW_DATA"
"""The variable that names the folder of data sets."""


def dataset_path(name: str, folder: str | Path | None = None) -> Path:
    """The file of a data set on this machine; fetched there if it is not, once.

    Args:
        name: one of `scalelaw.datasets`.
        folder: where data sets lie; SCALELAW_DATA, else the user's cache, when None.

    Raises:
        BadInput: there is no such data set, its file has other bytes than the catalogue knows, or it is not
            there and cannot be fetched.
    """
    return located(datasets[name], folder)


def located(dataset: Dataset, folder: str | Path | None = None) -> Path:
    """The file of a data set of the catalogue, as `dataset_path`."""
    path = place(dataset, folder)
    if os.path.lexists(path):
        _check(dataset, path)
    else:
        _keep(fetched(dataset, path.parent), path)
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
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise bad_input(
            f"data set '{dataset.name}'", "a file that can be read", f"{path} ({error.strerror})"
        ) from None
    if found != dataset.sha256:
        way = "it is fetched again" if dataset.url else "put the right one there"
        advice = f"it is not the {dataset.name} of the catalogue: move it away and {way}"
        raise bad_input("its sha256", dataset.sha256, found, place=str(path), advice=advice)


def _keep(content: bytes, path: Path) -> None:
    """Write a file, whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".", dir=path.parent) as half:
            whole = Path(half) / path.name
            whole.write_bytes(content)
            whole.replace(path)
    except OSError as error:
        raise bad_input(
            "folder of data sets",
            "one that can be written",
            f"{path.parent} ({error.strerror})",
            advice="name another with --data-dir or SCALELAW_DATA",
        ) from None
