"""Pictures as files: whole or not at all, and the same bytes every time."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure

from scalelaw._checks import bad_input, check_choice
from scalelaw.plots._style import style

DPI = 200

# No dates and no versions: the same picture is the same file.
METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def save(
    figure: Figure, path: str | Path, formats: Sequence[str] = ("png", "svg", "pdf")
) -> tuple[Path, ...]:
    """Write a picture; each file appears whole or not at all, and holds no date.

    Args:
        figure: The picture.
        path: Without a suffix, one file a format; with .png, .svg or .pdf, that one file.
        formats: Which of png (200 dots an inch), svg and pdf.

    Returns:
        The files written.

    Raises:
        BadInput: A format is unknown, or the folder does not exist.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise bad_input("path", "in a folder that exists", str(path), advice="create the folder first")
    own = path.suffix.removeprefix(".").lower()
    if own in METADATA:
        return (_write(figure, path, own),)
    known = [check_choice("formats", each, METADATA) for each in formats]
    return tuple(_write(figure, path.with_name(f"{path.name}.{each}"), each) for each in known)


def svg(figure: Figure) -> bytes:
    """A picture as SVG, letters as paths: it looks alike on every machine."""
    drawn = BytesIO()
    with style():
        figure.savefig(drawn, format="svg", metadata=METADATA["svg"])
    return drawn.getvalue()


def _write(figure: Figure, path: Path, kind: str) -> Path:
    partial = path.with_name(path.name + ".partial")
    with style():
        figure.savefig(partial, format=kind, dpi=DPI, metadata=METADATA[kind])
    partial.replace(path)
    return path
