"""What people see: texts as wide as the terminal, a fit with its verdict, progress, JSON, and exit codes."""

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

import scalelaw as sl
from scalelaw._json import plain

UNTRUSTED = 3
"""Exit code of a fit that cannot be trusted (its report says why first)."""

LABEL = 13
GLUE = "\N{NO-BREAK SPACE}"
"""A space at which no line is broken."""
NARROWEST, WIDEST = 60, 120

Rows = Iterable[tuple[str, str]]


def print_json(value: Any) -> None:
    """Print one JSON value; a number that is not finite is null."""
    typer.echo(json.dumps(plain(value), indent=1))


def print_warnings(warnings: Iterable[str], colour: str = "yellow") -> None:
    """Print warnings, a line each."""
    for warning in warnings:
        typer.secho(f"warning: {warning.removeprefix('warning: ')}", fg=colour)


def print_fit(fit: "sl.Fit") -> None:
    """Print a fit, what speaks against it in colour, and what was noted about the table."""
    text = str(fit)
    for colour, doubts in (("red", fit.certificate.warnings), ("yellow", fit.misfit.warnings)):
        if doubts:
            doubt, _, text = text.partition("\n\n")
            typer.secho(doubt + "\n", fg=colour, bold=True)
    typer.echo(f"{text}\n\ntable")
    for note in _notes(fit):
        typer.secho(f"  {note}", fg="yellow" if note.startswith("warning") else None)


def print_doubts(fit: "sl.Fit") -> None:
    """Print what speaks against a fit, its table and its law."""
    print_warnings(note for note in _notes(fit) if note.startswith("warning"))
    print_warnings(fit.certificate.warnings, "red")
    print_warnings(fit.misfit.warnings)


def _notes(fit: "sl.Fit") -> list[str]:
    """What was noted about the table; a law of something else than a loss need not look like one."""
    odd = "" if fit.law.output == "L" else "warning: L "
    return [note for note in fit.runs.notes if not (odd and note.startswith(odd))]


def exit_unless_trusted(fit: "sl.Fit") -> None:
    """Exit with a code of its own where the fit cannot be trusted."""
    if not fit.certificate.trusted:
        raise typer.Exit(UNTRUSTED)


@contextmanager
def progress(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error while a person watches; nothing otherwise."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def wrapped(head: str, text: str, hang: int | None = None) -> list[str]:
    """A head and its text, wrapped beneath the text or `hang` columns in; nothing for no text."""
    lines = textwrap.wrap(
        text,
        min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST),
        initial_indent=head,
        subsequent_indent=" " * (len(head) if hang is None else hang),
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


def glossary(rows: Rows) -> list[str]:
    """Rows of a name and a text each, the texts beneath each other."""
    rows = list(rows)
    width = max(len(name) for name, _ in rows)
    return [line for name, text in rows for line in wrapped(f"  {name:<{width}}  ", text)]
