"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from scalelaw._checks import bad_input

# What `open` would give: NamedTemporaryFile makes files that only their owner can read.
READABLE = 0o666


@contextmanager
def appearing(path: str | Path, what: str = "file") -> Iterator[Path]:
    """A file beside `path` to write to; it takes the name `path` when the block ends, and goes if it raises.

    Its name cannot be foreseen and is never a link that is there already, so nothing is written through
    somebody else's.

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
    path = Path(path)
    partial: Path | None = None
    try:
        with NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".partial", delete=False
        ) as made:
            partial = Path(made.name)
        yield partial
        mask = os.umask(0)  # it can only be read by setting it
        os.umask(mask)
        partial.chmod(READABLE & ~mask)
        partial.replace(path)
    except OSError as error:
        raise bad_input(what, "a file that can be written", f"{path} ({error.strerror or error})") from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)
