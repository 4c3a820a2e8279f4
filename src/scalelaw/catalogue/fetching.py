"""Fetching: the one file of a data set, from a pinned address, taken only if it has the bytes that are known."""

import hashlib
import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from scalelaw._checks import bad_input, one_line
from scalelaw.catalogue.dataset import Dataset
from scalelaw.catalogue.preparing import prepared

SECONDS = 30
"""How long a server may be silent."""


def fetched(dataset: Dataset, folder: Path) -> bytes:
    """The bytes of a data set's table; a download that is corrupt or cut short leaves nothing behind.

    Args:
        dataset: what to fetch.
        folder: where it was not, for messages.

    Raises:
        BadInput: it is not published as such, cannot be reached, or what comes is not what is known.
    """
    if not dataset.url:
        raise bad_input(
            f"data set '{dataset.name}'",
            f"in {folder} as {dataset.file}",
            "no such file",
            advice=f"it cannot be fetched, being {dataset.made}: name the folder that has it with "
            "--data-dir or SCALELAW_DATA",
        )
    content = prepared(dataset.prepare, _downloaded(dataset))
    found = hashlib.sha256(content).hexdigest()
    if found != dataset.sha256:
        raise bad_input(
            f"sha256 of {dataset.name}",
            dataset.sha256,
            found,
            place=dataset.url,
            advice="the download, corrupt or cut short, is removed: try again",
        )
    return content


def _downloaded(dataset: Dataset) -> bytes:
    """What the address holds, by way of a folder that is gone afterwards."""
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    with TemporaryDirectory(prefix="scalelaw-") as folder:
        try:
            path = pooch.retrieve(
                dataset.url,
                known_hash=None,
                fname=dataset.file,
                path=folder,
                downloader=pooch.HTTPDownloader(timeout=SECONDS),
            )
        except (OSError, ValueError) as error:
            reason = f"{type(error).__name__}: {one_line(str(error))[:100]}"
            raise bad_input(
                dataset.url,
                f"reachable, to fetch {dataset.name}",
                reason,
                advice=f"without a network, put {dataset.file} into a folder and name it with --data-dir or "
                "SCALELAW_DATA",
            ) from None
        return Path(path).read_bytes()
