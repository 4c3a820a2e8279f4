"""Files that appear whole or not at all."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from scalelaw import BadInput
from scalelaw._files import appearing, check_file, check_folder, unfinished_folder, write_file


def write_half(path: Path) -> None:
    with appearing(path) as partial:
        partial.write_text("half")
        raise ZeroDivisionError


def test_nothing_is_left_of_a_block_that_raises(tmp_path: Path) -> None:
    path = tmp_path / "fit.json"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_half(path)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["fit.json"]


def test_the_file_is_readable_as_any_other(tmp_path: Path) -> None:
    other, made = tmp_path / "other", tmp_path / "made"
    other.write_text("")
    with appearing(made) as partial:
        partial.write_text("whole")
    assert made.read_text() == "whole"
    assert made.stat().st_mode == other.stat().st_mode


def test_a_link_that_somebody_laid_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    os.symlink(victim, tmp_path / "fit.json")
    os.symlink(victim, tmp_path / "fit.json.partial")
    with appearing(tmp_path / "fit.json") as partial:
        partial.write_text("fit")
    assert victim.read_text() == "precious"
    assert (tmp_path / "fit.json").read_text() == "fit"


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="^--out must be a file that can be written, got .*No such file"):
        appearing(tmp_path / "none" / "fit.json", "--out").__enter__()


def test_an_error_without_a_reason_says_what_it_says(tmp_path: Path) -> None:
    with (
        pytest.raises(BadInput, match=r"^file must be a file that can be written, got .*\(disk full\)$"),
        appearing(tmp_path / "fit.json"),
    ):
        raise OSError("disk full")


def test_a_file_is_as_good_as_it_was_where_the_disk_is_full(tmp_path: Path) -> None:
    path = tmp_path / "fit.json"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2, hard))
    try:
        with pytest.raises(BadInput, match=r"fit\.json \(File too large\)$"):
            write_file(path, "new")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["fit.json"]


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    with unfinished_folder(tmp_path / "some" / "study") as partial:
        (partial / "part").write_text("")
        partial.replace(tmp_path / "some" / "study")
    assert [each.relative_to(tmp_path) for each in tmp_path.rglob("*")] == [
        Path("some"),
        Path("some/study"),
        Path("some/study/part"),
    ]


@pytest.mark.parametrize("check", [check_folder, check_file])
def test_what_cannot_be_written_is_refused_before_any_work(
    check: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"file/within \(Not a directory\)$"):
        check(tmp_path / "file" / "within")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(BadInput, match=r"within \(Permission denied\)$"):
        check(tmp_path / "within")


def test_a_folder_is_no_file_and_a_file_needs_its_folder(tmp_path: Path) -> None:
    check_folder(tmp_path / "some" / "where")
    check_file(tmp_path / "file")
    assert [*tmp_path.iterdir()] == []
    with pytest.raises(BadInput, match=r"\(Is a directory\)$"):
        check_file(tmp_path)
    with pytest.raises(BadInput, match=r"file \(No such file or directory\)$"):
        check_file(tmp_path / "none" / "file")
