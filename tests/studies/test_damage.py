"""A study with damaged files: damage is noticed and named, set aside and done again; the draws are the same."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.fitting.documents import CHECKSUM

REPLICATES, CHUNK = 30, 8
PART = "part-0000000008-0000000016.parquet"
OTHER = "part-0000000016-0000000024.parquet"
EDITS = 1000
VALUES: list[Any] = [None, "x", True, -1, 0, 1e308, 10**400, [], [1], {}, {"a": 1}, float("nan")]


def studied(fit: sl.Fit, out: Path, seed: int = 5) -> sl.Study:
    return sl.study(fit, REPLICATES, out, seed=seed, chunk=CHUNK)


@pytest.fixture(scope="module")
def undisturbed(small_fit: sl.Fit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies") / "undisturbed"
    studied(small_fit, folder)
    return folder


@pytest.fixture(scope="module")
def foreign(small_fit: sl.Fit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another seed's part of the same replicates."""
    folder = tmp_path_factory.mktemp("studies") / "foreign"
    return studied(small_fit, folder, seed=6).folder / PART


@pytest.fixture
def folder(undisturbed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(undisturbed, tmp_path / "study"))


def rewritten(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path, Path], None]:
    def damage(path: Path, foreign: Path) -> None:
        table = parquet.read_table(path)
        parquet.write_table(change(table).replace_schema_metadata(table.schema.metadata), path)

    return damage


def without_checksum(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path, Path], None]:
    """As older versions wrote parts: what their rows are numbered still tells."""

    def damage(path: Path, foreign: Path) -> None:
        table = parquet.read_table(path)
        rest = {name: text for name, text in table.schema.metadata.items() if name != CHECKSUM.encode()}
        parquet.write_table(change(table).replace_schema_metadata(rest), path)

    return damage


def numbered(numbers: list[int]) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(0, "replicate", pa.array(numbers, pa.int64()))


def flipped(path: Path, foreign: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 64
    path.write_bytes(bytes(content))


DAMAGES: dict[str, Callable[[Path, Path], Any]] = {
    "a flipped bit": flipped,
    "another value": rewritten(lambda table: table.set_column(1, "E", pa.array(np.full(8, 1.7)))),
    "no row": rewritten(lambda table: table.slice(0, 0)),
    "no row, no checksum": without_checksum(lambda table: table.slice(0, 0)),
    "a missing row": without_checksum(lambda table: table.slice(1)),
    "a doubled row": without_checksum(lambda table: pa.concat_tables([table, table.slice(0, 1)])),
    "foreign numbers": without_checksum(numbered([*range(16, 24)])),
    "numbers out of range": without_checksum(numbered([*range(8, 15), 1 << 40])),
    "rows moved": without_checksum(numbered([*range(15, 7, -1)])),
    "a missing column": rewritten(lambda table: table.drop_columns(["objective"])),
    "a part of another study": lambda path, foreign: shutil.copy(foreign, path),
    "a part of other replicates": lambda path, foreign: shutil.copy(path.with_name(OTHER), path),
    "cut": lambda path, foreign: path.write_bytes(path.read_bytes()[:1000]),
    "empty": lambda path, foreign: path.write_bytes(b""),
}


class TestParts:
    @pytest.mark.parametrize("damage", DAMAGES)
    def test_are_named_set_aside_and_done_again(
        self, small_fit: sl.Fit, undisturbed: Path, foreign: Path, folder: Path, damage: str
    ) -> None:
        DAMAGES[damage](folder / PART, foreign)
        with pytest.raises(BadInput, match=PART):
            sl.Study.load(folder).draws()
        study = studied(small_fit, folder)
        (note,) = study.notes
        assert note.startswith(f"warning: a part was set aside as {PART}.damaged and done again: ")
        assert (folder / f"{PART}.damaged").exists()
        mine, wanted = study.draws(), sl.Study.load(undisturbed).draws()
        assert mine.to_frame().equals(wanted.to_frame())
        assert studied(small_fit, folder).notes == ()

    def test_any_flipped_bit_is_noticed(self, undisturbed: Path, folder: Path) -> None:
        """Or falls where nothing is read."""
        wanted = sl.Study.load(undisturbed).draws().to_frame()
        study, whole, seeded = sl.Study.load(folder), (folder / PART).read_bytes(), random.Random(3)
        noticed = 0
        for _ in range(300):
            content = bytearray(whole)
            content[seeded.randrange(len(content))] ^= 1 << seeded.randrange(8)
            (folder / PART).write_bytes(bytes(content))
            try:
                assert study.draws().to_frame().equals(wanted)
            except BadInput:
                noticed += 1
        assert noticed > 100

    def test_of_a_shard_are_refused_in_a_merge(self, undisturbed: Path, folder: Path, tmp_path: Path) -> None:
        flipped(folder / PART, folder)
        with pytest.raises(BadInput, match=PART):
            sl.merge([undisturbed, folder], tmp_path / "merged")


class TestFitAndManifest:
    @pytest.mark.parametrize("keep", [True, False])
    def test_an_edited_fit_is_not_resumed(self, small_fit: sl.Fit, folder: Path, keep: bool) -> None:
        """With its checksum, and as older versions wrote it."""
        document = json.loads((folder / "fit.json").read_text())
        document["runs"]["L"] = [loss * 1.1 for loss in document["runs"]["L"]]
        if not keep:
            del document[CHECKSUM]
        (folder / "fit.json").write_text(json.dumps(document))
        (folder / PART).unlink()
        with pytest.raises(
            BadInput, match=r"fit\.json: (fields must be as they were|data \(hash\) must be as the)"
        ):
            studied(small_fit, folder)

    @pytest.mark.parametrize("keep", [True, False])
    def test_an_edited_manifest_is_refused_or_the_same(self, folder: Path, keep: bool) -> None:
        path, seeded = folder / "study.json", random.Random(11)
        whole = json.loads(path.read_text())
        wanted = sl.Study.load(folder)
        if not keep:
            del whole[CHECKSUM]
        refused = 0
        for _ in range(EDITS // 4):
            document = json.loads(json.dumps(whole))
            holder = seeded.choice([document, document, document["scheme"], document["data"]])
            key = seeded.choice(list(holder))
            holder[key] = seeded.choice(VALUES)
            if seeded.random() < 0.3:
                del holder[key]
            text = json.dumps(document)
            path.write_text(text[: seeded.randrange(len(text))] if seeded.random() < 0.1 else text)
            try:
                study = sl.Study.load(folder)
                assert isinstance(len(study.parts), int)
                assert not keep or study.manifest == wanted.manifest
            except BadInput:
                refused += 1
        assert refused > EDITS / 8


def test_edited_draws_are_refused(small_fit: sl.Fit, tmp_path: Path) -> None:
    path = tmp_path / "draws.parquet"
    sl.save_draws(sl.bootstrap(small_fit, REPLICATES, 5), path)
    whole, seeded, refused = path.read_bytes(), random.Random(5), 0
    wanted = sl.load_draws(path).to_frame()
    for _ in range(300):
        content = bytearray(whole)
        content[seeded.randrange(len(content))] ^= 1 << seeded.randrange(8)
        path.write_bytes(
            bytes(content[: seeded.randrange(len(content))] if seeded.random() < 0.1 else content)
        )
        try:
            assert sl.load_draws(path).to_frame().equals(wanted)
        except BadInput:
            refused += 1
    assert refused > 100
