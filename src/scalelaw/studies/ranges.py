"""Replicates as ranges: how a study is cut into chunks, which of them a shard owns, and what is missing."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

# A chunk is what a kill may cost: 16,384 replicates from one start take seconds, a million lanes some more.
CHUNK = 1 << 14
LANES = 1 << 20

Shard = tuple[int, int]


class Range(NamedTuple):
    """Replicates first, first + 1, ..., stop - 1."""

    first: int
    stop: int

    @property
    def size(self) -> int:
        """How many replicates."""
        return self.stop - self.first


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
    return [part for whole in ranges for part in chunked(whole, -(-whole.size // cuts))]


def chunked(whole: Range, size: int) -> list[Range]:
    """A range in pieces of `size`."""
    return [Range(first, min(first + size, whole.stop)) for first in range(whole.first, whole.stop, size)]


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
