"""The `scalelaw` command and its way with errors: one sentence, exit code 2, no traceback."""

import sys

import typer

from scalelaw._checks import BadInput
from scalelaw.cli import (
    allocate,
    bootstrap,
    compare,
    coverage,
    datasets,
    demo,
    envelope,
    fit,
    influence,
    isoflop,
    laws,
    merge,
    predict,
    profile,
    report,
    size,
)

UNTRUSTED = 3
"""Exit code of a fit that cannot be trusted (its report says why first)."""

app = typer.Typer(
    name="scalelaw",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Fit neural scaling laws: from a table of training runs to a law that can be trusted, "
    "and what to train next.",
    epilog="Exit codes: 0 done, 2 bad input, 3 the fit cannot be trusted (the report says why first).",
)
app.command("demo")(demo.demo)
app.command("fit")(fit.fit)
app.command("isoflop")(isoflop.isoflop)
app.command("envelope")(envelope.envelope)
app.command("compare")(compare.compare)
app.command("predict")(predict.predict)
app.command("bootstrap")(bootstrap.bootstrap)
app.command("merge")(merge.merge)
app.command("profile")(profile.profile)
app.command("influence")(influence.influence)
app.command("coverage")(coverage.coverage)
app.command("allocate")(allocate.allocate)
app.command("report")(report.report)
app.command("datasets")(datasets.datasets)
app.command("size")(size.size)
app.command("laws")(laws.laws)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and leave.", is_eager=True),
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"scalelaw {installed('scalelaw')}")
        raise typer.Exit


def main() -> None:
    """Run the command; bad input is one sentence on standard error and exit code 2."""
    try:
        app()
    except BadInput as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(130)
