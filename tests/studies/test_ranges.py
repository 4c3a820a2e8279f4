"""Chunks of replicates: every one belongs to one shard, and gaps are what is not there."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scalelaw.studies.parts import CHUNK, LANES, Range, at_least, chunk_size, chunks, covered, gaps, in_words

SIZES = st.integers(1, 60)


@given(replicates=st.integers(1, 500), size=SIZES, count=st.integers(1, 7), devices=st.integers(1, 9))
def test_every_replicate_has_one_shard_and_one_chunk(
    replicates: int, size: int, count: int, devices: int
) -> None:
    all_of_them = [
        np.arange(*piece)
        for own in range(count)
        for piece in at_least(devices, chunks(replicates, size, (own, count)))
    ]
    assert sorted(np.concatenate(all_of_them)) == list(range(replicates))


@given(there=st.lists(st.booleans(), min_size=1, max_size=60), ends=st.tuples(SIZES, SIZES))
def test_gaps_are_what_is_not_there(there: list[bool], ends: tuple[int, int]) -> None:
    first, stop = (min(end, len(there)) for end in sorted(ends))
    found = gaps(np.array(there), Range(first, stop))
    assert [i for gap in found for i in range(*gap)] == [i for i in range(first, stop) if not there[i]]
    assert all(earlier.stop < later.first for earlier, later in zip(found, found[1:], strict=False))


def test_covered_is_the_union() -> None:
    there = covered([Range(1, 3), Range(2, 4), Range(6, 9)], 8)
    assert list(np.flatnonzero(there)) == [1, 2, 3, 6, 7]


def test_chunks_hold_a_bounded_number_of_lanes_and_something_for_all() -> None:
    assert chunk_size(1_000_000, 1) == CHUNK
    assert chunk_size(1_000_000, 4500) == LANES // 4500
    assert chunk_size(4000, 1, 8) == 500
    assert chunk_size(2, 1 << 30) == 1


def test_few_chunks_are_cut_for_many_devices() -> None:
    assert at_least(4, [Range(0, 10), Range(20, 25)]) == [(0, 5), (5, 10), (20, 23), (23, 25)]
    assert at_least(4, []) == []


def test_words_stay_short() -> None:
    assert in_words([Range(0, 64), Range(128, 192)]) == "0 to 63, 128 to 191"
    assert in_words([Range(i, i + 1) for i in range(0, 12, 2)]).endswith("6 to 6 and 2 more ranges")
