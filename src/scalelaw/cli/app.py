"""The `scalelaw` command and its way with errors: one sentence, exit code 2, no traceback."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

import scalelaw as sl
from scalelaw._checks import BadInput, Unreliable
from scalelaw.cli import (
    allocate,
    backtest,
    bootstrap,
    compare,
    coverage,
    datasets,
    demo,
    envelope,
    fit,
    isoflop,
    laws,
    predict,
    profile,
    report,
    score,
    size,
)
from scalelaw.cli.terminal import UNTRUSTED

app = typer.Typer(
    name="scalelaw",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Fit neural scaling laws: from a table of training runs to a law that can be trusted, "
    "and what to train next.",
    epilog="Exit codes: 0 done, 2 bad input, 3 fit or intervals cannot be trusted (the report says why first).",
)
for _command in (
    demo.demo,
    fit.fit,
    isoflop.isoflop,
    envelope.envelope,
    compare.compare,
    backtest.backtest,
    predict.predict,
    score.score,
    bootstrap.bootstrap,
    bootstrap.merge,
    profile.profile,
    profile.influence,
    coverage.coverage,
    allocate.allocate,
    report.report,
    datasets.datasets,
    size.size,
    laws.laws,
):
    app.command(_command.__name__)(_command)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and leave.", is_eager=True),
) -> None:
    if version:
        typer.echo(f"scalelaw {sl.__version__}")
        raise typer.Exit


def exit_code(error: BadInput) -> int:
    """2 for bad input; for what cannot be stated of good input that of a fit that cannot be trusted."""
    return UNTRUSTED if isinstance(error, Unreliable) else 2


def main() -> None:
    """Run the command; bad input, and what cannot be read or written, is one sentence and exit code 2."""
    try:
        with _flushed_output():
            app()
    except BadInput as error:
        _refuse(str(error), exit_code(error))
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        _refuse(f"{error.filename or 'standard output'}: {error.strerror or error}")
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(130)


@contextmanager
def _flushed_output() -> Iterator[None]:
    """What was printed is written before the command ends: where that fails, Python could no longer say so."""
    try:
        yield
    finally:
        try:
            print(end="", flush=True)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter tries again
            raise


def _refuse(reason: str, code: int = 2) -> NoReturn:
    typer.echo(f"error: {reason}", err=True)
    sys.exit(code)
