"""The files of a study: each appears whole or not at all, and is on the disk before it has its name."""

import os
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from scalelaw._checks import BadInput
from scalelaw.studies.ranges import Range

_PART = re.compile(r"part-(\d{10})-(\d{10})\.parquet")
_UNFINISHED = re.compile(r"\.part-(\d{10})-(\d{10})\.parquet\..*")


class Part(NamedTuple):
    """A finished part: its file and its replicates."""

    path: Path
    replicates: Range


def name_of(replicates: Range) -> str:
    """The file of a part: first replicate and the one after its last."""
    return f"part-{replicates.first:010d}-{replicates.stop:010d}.parquet"


def parts(folder: Path) -> list[Part]:
    """The finished parts, by their first replicate."""
    return sorted(_matching(folder, _PART), key=lambda part: part.replicates)


def sweep(folder: Path, mine: Iterable[Range]) -> None:
    """Remove what a killed process left unfinished of these ranges; those of others may be in the making."""
    wanted = sorted(mine)
    for path, (first, stop) in _matching(folder, _UNFINISHED):
        if any(first < other.stop and other.first < stop for other in wanted):
            path.unlink(missing_ok=True)


@contextmanager
def appearing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes its name, in place of any other, when it is whole and on the disk."""
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _rename(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync(path.parent)


def keep_first(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file unless it is there: of processes that start together the first to finish writes it."""
    unfinished = path.with_name(f".{uuid.uuid4().hex}.{path.name}")
    try:
        write(unfinished)
        sync(unfinished)
        os.link(unfinished, path)
    except FileExistsError:
        return
    except OSError:
        # A file system without hard links.
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk (Windows offers no such thing)."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _matching(folder: Path, pattern: re.Pattern[str]) -> Iterator[Part]:
    for path in folder.iterdir():
        if match := pattern.fullmatch(path.name):
            yield Part(path, Range(int(match[1]), int(match[2])))


def _rename(unfinished: Path, path: Path) -> None:
    try:
        unfinished.replace(path)
    except FileNotFoundError:
        raise BadInput(
            f"{path}: another process works on the same replicates; let one finish, or give each its --shard"
        ) from None
