"""The `scalelaw` command, run in this process."""

from typer.testing import CliRunner

from scalelaw import BadInput
from scalelaw.cli.app import app


def run(*words: object) -> tuple[int, str]:
    """Exit code and output; the code 2 of bad input, whose sentence `main` prints."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, BadInput):
        return 2, str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output
