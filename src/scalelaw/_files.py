"""Files that appear whole or not at all, and the one sentence where they cannot."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from scalelaw._checks import BadInput, bad_input

# What `open` would give: NamedTemporaryFile makes files that only their owner can read.
READABLE = 0o666


@contextmanager
def unfinished(path: str | Path, what: str = "file") -> Iterator[Path]:
    """A new, empty file beside `path` to write to, which is gone when the block ends.

    Its name cannot be foreseen and is never a link that is there already, so nothing is written through
    somebody else's.

    Args:
        path: what the file is to become.
        what: what a message calls it.

    Raises:
        BadInput: the folder does not exist or cannot be written, or the disk is full.
    """
    path = Path(path)
    partial: Path | None = None
    try:
        with NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".partial", delete=False
        ) as made:
            partial = Path(made.name)
        mask = os.umask(0)  # it can only be read by setting it
        os.umask(mask)
        partial.chmod(READABLE & ~mask)
        yield partial
    except OSError as error:
        raise unwritable(error, path, what) from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


@contextmanager
def appearing(path: str | Path, what: str = "file") -> Iterator[Path]:
    """A file beside `path` to write to; it takes the name `path` when the block ends, and goes if it raises.

    Args:
        path: where the file is to appear; one that is there is replaced.
        what: what a message calls it.

    Raises:
        BadInput: the folder does not exist or cannot be written, or the disk is full.

    Examples:
        >>> from pathlib import Path
        >>> from scalelaw._files import appearing
        >>> with appearing("law.txt") as partial:
        ...     _ = partial.write_text("L = E + A / N^alpha")
        >>> Path("law.txt").read_text()
        'L = E + A / N^alpha'
    """
    with unfinished(path, what) as partial:
        yield partial
        partial.replace(path)


def write_file(path: str | Path, content: str | bytes, what: str = "file") -> None:
    """Write a file, text in UTF-8, whole or not at all; arguments and errors as `appearing`."""
    with appearing(path, what) as partial:
        partial.write_bytes(content if isinstance(content, bytes) else content.encode())


@contextmanager
def unfinished_folder(path: str | Path, what: str = "folder") -> Iterator[Path]:
    """A new folder beside `path`, of a name that cannot be foreseen, which is gone when the block ends.

    Args:
        path: what the folder is to become.
        what: what a message calls it.

    Raises:
        BadInput: the folder around it cannot be made or written, or the disk is full.
    """
    path = Path(path)
    around = make_folder(path.parent, what)
    try:
        with TemporaryDirectory(dir=around, prefix=f".{path.name}.", ignore_cleanup_errors=True) as folder:
            Path(folder).chmod(around.stat().st_mode)
            yield Path(folder)
    except OSError as error:
        raise unwritable(error, path, what, "folder") from error


def make_folder(path: str | Path, what: str = "folder") -> Path:
    """The folder `path`, made if need be.

    Raises:
        BadInput: it cannot be made, or is a file.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(error, path, what, "folder") from error
    return path


def check_folder(path: str | Path, what: str = "folder") -> None:
    """Refuse a folder that can be neither written nor made, before the work whose results are to lie there.

    Raises:
        BadInput: it is a file or lies in one, or the nearest folder that exists cannot be written.
    """
    path = Path(path)
    there = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    if code := _obstacle(there):
        raise unwritable(OSError(code, os.strerror(code)), path, what, "folder")


def check_file(path: str | Path, what: str = "file") -> None:
    """Refuse a file that cannot be written, before the work whose results are to stand in it.

    Raises:
        BadInput: it is a folder, or the folder around it does not exist or cannot be written.
    """
    path = Path(path)
    code = errno.EISDIR if path.is_dir() else _obstacle(path.parent)
    if code:
        raise unwritable(OSError(code, os.strerror(code)), path, what)


def unwritable(error: OSError, path: Path, what: str, kind: str = "file") -> BadInput:
    """The sentence that says why a file or folder could not be written."""
    return bad_input(what, f"a {kind} that can be written", f"{path} ({error.strerror or error})")


def _obstacle(folder: Path) -> int:
    """The error number of why nothing can be written in a folder; 0 where something can."""
    if not folder.is_dir():
        return errno.ENOTDIR if folder.exists() else errno.ENOENT
    return 0 if os.access(folder, os.W_OK | os.X_OK) else errno.EACCES
