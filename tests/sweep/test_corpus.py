"""The text is the one whose sum is written down, or one sentence says what to do; its windows never overlap."""

import hashlib
import re
import subprocess
from zipfile import ZipFile

import numpy as np
import pytest

from scalelaw import BadInput
from sweep import corpus


@pytest.fixture
def wheel(tmp_path):
    """A wheel of two Python files and a picture, as the index would have it."""
    path = tmp_path / "sympy-1.13.3-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        for name, text in {"b.py": "second", "a.py": "first ", "c.png": "no"}.items():
            archive.writestr(name, text)
    return path


def test_text_is_the_python_files_by_name(wheel, monkeypatch):
    monkeypatch.setattr(corpus, "SHA256", hashlib.sha256(b"first second").hexdigest())
    assert corpus.read(wheel.parent).tobytes() == b"first second"
    wheel.unlink()
    assert corpus.read(wheel.parent).tobytes() == b"first second"


def test_another_wheel_is_refused_and_not_kept(wheel):
    wanted = "the text must be the Python files of sympy 1.13.3 with SHA-256 d6c0223.*; delete that file"
    with pytest.raises(BadInput, match=wanted):
        corpus.read(wheel.parent)
    assert [path.name for path in wheel.parent.iterdir()] == [wheel.name]


def test_text_changed_since_is_refused(tmp_path):
    kept = tmp_path / "sympy-1.13.3.bytes"
    kept.write_bytes(b"other")
    with pytest.raises(BadInput, match=re.escape(str(kept)) + ": the text must be .* delete that file"):
        corpus.read(tmp_path)


def test_no_way_to_the_package(tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(
        BadInput, match=r"must be the wheel of sympy 1\.13\.3, got nothing from pip; put the wheel"
    ):
        corpus.read(tmp_path)


def test_split_targets_no_byte_twice(monkeypatch):
    monkeypatch.setattr(corpus, "HELD_OUT", 5)
    text = np.arange(161, dtype=np.uint8)
    trained_on, held_out = corpus.split(text, 8)
    assert (len(trained_on), len(held_out)) == (15, 5)
    targets = np.concatenate([trained_on, held_out])[:, 1:]
    assert sorted(targets.ravel().tolist()) == list(range(1, 161))
    assert not np.array_equal(trained_on[:, 0], np.sort(trained_on[:, 0]))
