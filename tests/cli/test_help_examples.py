"""The examples of `scalelaw COMMAND --help`, pasted as they stand: each ends with exit code 0.

An example is a paragraph; its lines are commands, one after another. The first of each command needs nothing: it
runs as it stands in an empty folder, without a network. The others find the files that they name.
"""

import inspect
import shlex
import shutil
import socket
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest
from typer.main import get_command

import stand_ins
from commands import run
from scalelaw.cli.app import app

SCREEN = 80
"""Columns of a narrow terminal."""

SMALLER = {
    "--replicates 1000000": "--replicates 400",
    "--starts all": "--starts all --replicates 4",
    "--bootstrap 10000": "--bootstrap 400",
    "--out coverage/": "--out coverage/ --datasets 4 --replicates 99",
    "--datasets 500": "--datasets 4 --replicates 99",
    "--by model": "--by model --datasets 4 --replicates 99",
}
"""What is too heavy for a test, and what runs in its place."""

READ_ONLY = {
    "--coordinator": "the processes of one run start before any other work: tests/slow/test_studies.py",
}
"""What is read and not run here, and why."""

BEFORE = {
    "study-*/": [
        f"scalelaw bootstrap results/fit.json --replicates 40 --shard {own}/2 --out study-{own}/"
        for own in range(2)
    ],
    "score plan.json": ["scalelaw predict runs.csv --at N=7B,D=2T --bootstrap 40 --forecast plan.json"],
}
"""What was run before an example that goes on from there."""

QUICK = {"datasets", "laws", "size"}
"""Commands whose every example is quick."""

LONG = {"backtest", "compare", "coverage", "demo", "fit", "report", "score"}
"""Commands whose very first example takes long; what they do has tests of its own."""


class Example(NamedTuple):
    """A paragraph of a command's help: lines as one pastes them."""

    command: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return " && ".join(self.lines)


def examples_of(command: str, help_text: str) -> list[Example]:
    """The paragraphs under `Example:` or `Examples:`, which come last."""
    _, _, body = help_text.replace("\nExample:\n", "\nExamples:\n").partition("\nExamples:\n")
    paragraphs = body.strip().split("\n\n") if body else []
    return [Example(command, tuple(map(str.strip, each.splitlines()))) for each in paragraphs]


HELP = {str(each.name): inspect.getdoc(each.callback) or "" for each in app.registered_commands}
EXAMPLES = {name: examples_of(name, text) for name, text in HELP.items()}
LINES = [line for found in EXAMPLES.values() for example in found for line in example.lines]


def further() -> list[Any]:
    """All but the first of each command, those of the heavy commands marked."""
    return [
        pytest.param(example, id=str(example), marks=() if name in QUICK else pytest.mark.slow)
        for name, found in EXAMPLES.items()
        for example in found[1:]
        if not any(word in str(example) for word in READ_ONLY)
    ]


def words(line: str) -> list[str]:
    """What a shell hands to the command: names in place of patterns."""
    program, *given = shlex.split(line)
    assert program == "scalelaw"
    return [
        name for word in given for name in (sorted(map(str, Path().glob(word))) if "*" in word else [word])
    ]


def check_runs(line: str) -> None:
    code, output = run(*words(line))
    assert code == 0, output
    assert "Traceback" not in output


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the examples name: runs.csv, new.csv, larger.csv, results.csv, curves.csv and results/fit.json."""
    folder = tmp_path_factory.mktemp("files")
    stand_ins.write(folder)
    return folder


@pytest.fixture
def here(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with these files."""
    folder = tmp_path / "here"
    shutil.copytree(files, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder on a machine without a network, of a user without data sets."""

    def refused(*_: object) -> NoReturn:
        raise OSError("this should work without a network")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCALELAW_DATA", raising=False)
    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.mark.parametrize("command", HELP)
def test_every_command_has_some_that_a_narrow_screen_does_not_break(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the help wraps cannot be pasted."""
    monkeypatch.setenv("COLUMNS", str(SCREEN))
    screen = [line.strip() for line in run(command, "--help")[1].splitlines()]
    lines = [line for example in EXAMPLES[command] for line in example.lines]
    assert lines
    assert [line for line in lines if line not in screen] == []


@pytest.mark.parametrize("line", LINES)
def test_its_options_are_there(line: str) -> None:
    """Read as the command reads them, whatever it would cost to run."""
    name, *given = shlex.split(line)[1:]
    commands: dict[str, Any] = vars(get_command(app))["commands"]
    commands[name].make_context(name, given)


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in HELP]
)
@pytest.mark.usefixtures("nowhere")
def test_the_first_needs_nothing(command: str) -> None:
    for line in EXAMPLES[command][0].lines:
        check_runs(line)


@pytest.mark.parametrize("example", further())
def test_the_others_need_what_they_name(
    example: Example, here: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "chinchilla-epoch" in str(example):
        data = request.getfixturevalue("shared_data")
        (here / "folder").symlink_to(data)
        monkeypatch.setenv("SCALELAW_DATA", str(data))
    for word, lines in BEFORE.items():
        for line in lines if word in str(example) else []:
            check_runs(line)
    for line in example.lines:
        for heavy, light in SMALLER.items():
            line = line.replace(heavy, light)
        check_runs(line)


def test_what_is_too_heavy_or_prepared_is_still_there() -> None:
    asked = [*SMALLER, *READ_ONLY, *BEFORE]
    assert [words for words in asked if not any(words in line for line in LINES)] == []
