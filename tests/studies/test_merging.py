"""Shards of a study, made apart and joined."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

import scalelaw as sl
from scalelaw import BadInput

REPLICATES = 50


@pytest.fixture(scope="module")
def fit(small_fit: sl.Fit) -> sl.Fit:
    return small_fit


@pytest.fixture(scope="module")
def whole(fit: sl.Fit, tmp_path_factory: pytest.TempPathFactory) -> sl.Study:
    return sl.study(fit, REPLICATES, tmp_path_factory.mktemp("whole"), chunk=8)


@pytest.fixture(scope="module")
def shards(fit: sl.Fit, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("shards")
    for own in range(3):
        sl.study(fit, REPLICATES, folder / str(own), chunk=8, shard=(own, 3))
    return [folder / str(own) for own in range(3)]


def assert_same(mine: sl.Study, theirs: sl.Study) -> None:
    ours, others = mine.draws(), theirs.draws()
    for column in ("objective", "status", "changed"):
        assert np.array_equal(getattr(ours, column), getattr(others, column))
    assert np.array_equal(ours.params, others.params)


def test_shards_take_every_third_chunk(shards: list[Path]) -> None:
    first = [[part.replicates.first for part in sl.Study.load(shard).parts] for shard in shards]
    assert first == [[0, 24, 48], [8, 32], [16, 40]]


def test_are_the_whole(shards: list[Path], whole: sl.Study, tmp_path: Path) -> None:
    merged = sl.merge(shards, tmp_path / "study")
    assert not merged.missing
    assert_same(merged, whole)
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_of_one_folder_need_no_merge(fit: sl.Fit, whole: sl.Study, tmp_path: Path) -> None:
    for own in range(3):
        study = sl.study(fit, REPLICATES, tmp_path, chunk=8, shard=(own, 3))
    assert not study.missing
    assert_same(study, whole)


def test_says_what_is_missing_and_lets_go_on(
    fit: sl.Fit, shards: list[Path], whole: sl.Study, tmp_path: Path
) -> None:
    merged = sl.merge(shards[::2], tmp_path / "study")
    assert merged.missing == ((8, 16), (32, 40))
    assert "34 of 50 replicates; missing are 8 to 15, 32 to 39" in merged.progress()
    assert_same(sl.study(fit, REPLICATES, tmp_path / "study"), whole)


def test_overlaps_count_once(fit: sl.Fit, shards: list[Path], whole: sl.Study, tmp_path: Path) -> None:
    """A shard twice, and a study of other chunks that holds some of the same replicates."""
    sl.study(fit, 30, tmp_path / "other", chunk=11)
    merged = sl.merge([*shards, shards[1], tmp_path / "other"], tmp_path / "study")
    assert sum(part.replicates.size for part in merged.parts) == REPLICATES
    assert not merged.missing
    for mine, theirs in zip(merged.draws().params, whole.draws().params, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)


def test_what_others_laid_is_neither_followed_nor_removed(
    shards: list[Path], whole: sl.Study, tmp_path: Path
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "study.unfinished").symlink_to(tmp_path / "theirs")
    assert_same(sl.merge(shards, tmp_path / "study"), whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study", "study.unfinished", "theirs"]
    assert [*(tmp_path / "theirs").iterdir()] == []


def test_overlaps_that_differ_are_refused(fit: sl.Fit, shards: list[Path], tmp_path: Path) -> None:
    made = sl.study(fit, REPLICATES, tmp_path / "other", chunk=8, shard=(0, 3))
    path = made.parts[1].path
    table = pyarrow.parquet.read_table(path)
    place = table.column_names.index("objective")
    changed = table["objective"].to_numpy() * np.where(table["replicate"].to_numpy() == 27, 1.1, 1)
    unsigned = {name: text for name, text in table.schema.metadata.items() if name != b"checksum"}
    other = table.set_column(place, "objective", [changed]).replace_schema_metadata(unsigned)
    pyarrow.parquet.write_table(other, path)
    with pytest.raises(BadInput, match="replicate 27 must be the same as in .*, got another objective"):
        sl.merge([*shards, tmp_path / "other"], tmp_path / "study")
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seed": 1}, "seed must be as the study began \\(0\\), got 1"),
        ({"scheme": "wild"}, "scheme must be as the study began \\('pairs'\\), got 'wild'"),
    ],
)
def test_other_studies_are_refused(
    fit: sl.Fit, shards: list[Path], tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    sl.study(fit, REPLICATES, tmp_path / "other", chunk=8, shard=(1, 3), **settings)
    with pytest.raises(BadInput, match=message):
        sl.merge([shards[0], tmp_path / "other"], tmp_path / "study")


def test_folders_must_be_studies_and_out_new(shards: list[Path], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="study must be a folder with a study.json"):
        sl.merge([tmp_path], tmp_path / "study")
    with pytest.raises(BadInput, match="out must be a new folder"):
        sl.merge(shards, shards[0])
    with pytest.raises(BadInput, match="folders must be at least 1, got none"):
        sl.merge([], tmp_path / "study")
