"""The `scalelaw` command, run in this process."""

from typer.testing import CliRunner

from scalelaw import BadInput
from scalelaw.cli.app import app, exit_code


def run(*words: object) -> tuple[int, str]:
    """Exit code and output; of bad input the code, and the sentence, that `main` gives."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, BadInput):
        return exit_code(result.exception), str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output
