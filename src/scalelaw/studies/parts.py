"""The parts of a study: ranges of replicates, each a file that is named by its range and appears whole."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from scalelaw._checks import BadInput, bad_input, check_at_least
from scalelaw._files import appearing as appearing_file
from scalelaw._files import unfinished

# A chunk is what a kill may cost: 16,384 replicates from one start take seconds, a million lanes some more.
CHUNK = 1 << 14
LANES = 1 << 20

Shard = tuple[int, int]
WHAT = "file of the study"

_PART = re.compile(r"part-(\d{10})-(\d{10})\.parquet")
_UNFINISHED = re.compile(r"\.part-(\d{10})-(\d{10})\.parquet\..*")


class Range(NamedTuple):
    """Replicates first, first + 1, ..., stop - 1."""

    first: int
    stop: int

    @property
    def size(self) -> int:
        """How many replicates."""
        return self.stop - self.first


class Part(NamedTuple):
    """A finished part: its file and its replicates."""

    path: Path
    replicates: Range


def chunk_size(replicates: int, starts: int, shards: int = 1) -> int:
    """Replicates a part: at most `CHUNK`, a bounded number of lanes, and something for every shard."""
    return max(1, min(CHUNK, LANES // starts, -(-replicates // shards)))


def chunks(replicates: int, size: int, shard: Shard = (0, 1)) -> list[Range]:
    """The chunks of a study that shard i of n owns: i, i + n, i + 2 n, ..."""
    own, count = shard
    starts = range(own * size, replicates, count * size)
    return [Range(first, min(first + size, replicates)) for first in starts]


def at_least(count: int, ranges: Sequence[Range]) -> list[Range]:
    """The ranges, cut smaller where they are fewer than `count`."""
    if not ranges or len(ranges) >= count:
        return list(ranges)
    cuts = -(-count // len(ranges))
    return [
        Range(first, min(first - (-piece.size // cuts), piece.stop))
        for piece in ranges
        for first in range(piece.first, piece.stop, -(-piece.size // cuts))
    ]


def covered(ranges: Iterable[Range], replicates: int) -> Bool[np.ndarray, " R"]:
    """Which of replicates 0, 1, ... lie in one of the ranges."""
    there = np.zeros(replicates, bool)
    for first, stop in ranges:
        there[first:stop] = True
    return there


def gaps(there: Bool[np.ndarray, " R"], within: Range) -> list[Range]:
    """What of a range is not there."""
    absent = np.concatenate([[False], ~there[within.first : within.stop], [False]])
    edges = within.first + np.flatnonzero(absent[1:] != absent[:-1])
    return [Range(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]


def in_words(ranges: Sequence[Range]) -> str:
    """Ranges for a message: "0 to 63, 128 to 191 and 3 more ranges"."""
    words = ", ".join(f"{first} to {stop - 1}" for first, stop in ranges[:4])
    return words + (f" and {len(ranges) - 4} more ranges" if len(ranges) > 4 else "")


def overlaps(one: Range, ranges: Iterable[Range]) -> bool:
    """Whether a range has a replicate in common with one of several."""
    return any(one.first < other.stop and other.first < one.stop for other in ranges)


def check_shard(shard: Shard) -> Shard:
    """A shard i of n.

    Raises:
        BadInput: unless 0 <= i < n.
    """
    own, count = shard
    if check_at_least("shard", own, 0) >= check_at_least("shards", count, 1):
        raise bad_input("shard", f"i of n with i from 0 to {count - 1}", f"{own} of {count}")
    return shard


def part_path(folder: Path, replicates: Range) -> Path:
    """The file of a part: first replicate and the one after its last."""
    return folder / f"part-{replicates.first:010d}-{replicates.stop:010d}.parquet"


def parts(folder: Path) -> list[Part]:
    """The finished parts, by their first replicate."""
    return sorted(_matching(folder, _PART), key=lambda part: part.replicates)


def sweep(folder: Path, mine: Iterable[Range]) -> None:
    """Remove what a killed process left unfinished of these ranges; those of others may be in the making."""
    wanted = sorted(mine)
    for path, replicates in _matching(folder, _UNFINISHED):
        if overlaps(replicates, wanted):
            path.unlink(missing_ok=True)


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A file to write that takes its name, in place of any other, when it is whole and on the disk."""
    with appearing_file(path, WHAT) as partial:
        yield partial
        if not partial.exists():
            raise BadInput(
                f"{path}: another process works on the same replicates; let one finish, "
                "or give each its --shard"
            )
        sync(partial)
    sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a file that takes its name, in place of any other, when it is whole and on the disk."""
    with appearing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def keep_first(path: Path, text: str) -> None:
    """Write a file unless it is there: of processes that start together the first to finish writes it."""
    with unfinished(path, WHAT) as own:
        own.write_text(text, encoding="utf-8")
        sync(own)
        try:
            os.link(own, path)
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            own.replace(path)
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
