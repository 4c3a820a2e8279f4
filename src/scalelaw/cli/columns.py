"""Labels, names and texts in columns that wrap beneath themselves, as wide as the terminal."""

import shutil
import textwrap
from collections.abc import Iterable
from decimal import Decimal

LABEL = 13
GLUE = "\N{NO-BREAK SPACE}"
"""A space at which no line is broken."""
NARROWEST, WIDEST = 60, 120

Rows = Iterable[tuple[str, str]]


def digits(value: float, most: int = 17) -> str:
    """The digits of a constant, 3.1e8 for 310000000.0: all of them, or `most` where they are many."""
    text = repr(value) if most == 17 else f"{value:.{most}g}"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return text.removesuffix(".0")
    return str(Decimal(text).normalize()).replace("E+", "e").replace("E", "e")


def _width() -> int:
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)


def wrapped(head: str, text: str, hang: int | None = None) -> list[str]:
    """A head and its text, wrapped beneath the text or `hang` columns in; nothing for no text."""
    beneath = " " * (len(head) if hang is None else hang)
    lines = textwrap.wrap(
        text,
        _width(),
        initial_indent=head,
        subsequent_indent=beneath,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [line.replace(GLUE, " ") for line in lines]


def field(label: str, text: str) -> list[str]:
    """A label and its text; nothing for no text."""
    return wrapped(f"  {label:<{LABEL - 2}}", text)


def named(label: str, rows: Rows) -> list[str]:
    """One label for rows of a name and a text each."""
    rows = list(rows)
    width = max((len(name) + 2 for name, _ in rows if name), default=0)
    heads = [f"  {'' if i else label:<{LABEL - 2}}{name:<{width}}" for i, (name, _) in enumerate(rows)]
    return [line for head, (_, text) in zip(heads, rows, strict=True) for line in wrapped(head, text)]


def table(rows: Rows) -> list[str]:
    """Rows of a name and a text each, the texts beneath each other."""
    rows = list(rows)
    width = max(len(name) for name, _ in rows)
    return [line for name, text in rows for line in wrapped(f"  {name:<{width}}  ", text)]
