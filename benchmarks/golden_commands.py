"""What the documented commands print: exit codes, the keys of their JSON with types, values, and text.

Every example of a command's `--help` and every command of the README runs in a folder of its own with the files
that they name, as the tests run them, and once more with `--json` where the command has it. What would take minutes
runs on fewer resamples.
"""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

COMMANDS = (
    *(
        "demo",
        "fit",
        "isoflop",
        "envelope",
        "compare",
        "predict",
        "bootstrap",
        "merge",
        "profile",
        "influence",
    ),
    *("coverage", "allocate", "report", "datasets", "size", "laws"),
)
THEN = " && "
"""Between the commands of one example, which run one after another in the same folder."""

SMALLER = {
    "--replicates 1000000": "--replicates 400",
    "--starts all": "--starts all --replicates 4",
    "--bootstrap 10000": "--bootstrap 400",
    "--group run ": "--group run_id ",
}
"""What is too heavy, or named otherwise in the files, and what runs in its place."""

COVERAGE = "--datasets 4 --replicates 99"
"""The last word of every `scalelaw coverage`."""

PREPARED = {
    "study-*/": [
        f"scalelaw bootstrap results/fit.json --replicates 40 --shard {own}/2 --out study-{own}/"
        for own in range(2)
    ]
}
"""What runs before an example that goes on from there."""

NOT_RUN = "--coordinator"
"""Processes of one run start before any other work."""


class Outcome(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    printed: str
    complaint: str


def run(line: str) -> Outcome:
    """Run a command in this process, in the folder where it stands."""
    from scalelaw.cli import main

    printed, complaint, code = io.StringIO(), io.StringIO(), 0
    before, sys.argv = sys.argv, list(words(line))
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaint):
            main()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except Exception:
        code = -1
        complaint.write(traceback.format_exc())
    finally:
        sys.argv = before
    return Outcome(code, printed.getvalue(), complaint.getvalue())


def words(line: str) -> Iterator[str]:
    """What a shell hands to the command: names in place of patterns."""
    for word in shlex.split(line):
        yield from sorted(map(str, Path().glob(word))) if "*" in word else [word]


def documented(root: Path) -> list[str]:
    """The examples of every command's help, and the commands of the README."""
    os.environ["COLUMNS"] = "80"
    found = [each for name in COMMANDS for each in examples(run(f"scalelaw {name} --help").printed)]
    found += commands_of((root / "README.md").read_text(encoding="utf-8"))
    return [job for job in dict.fromkeys(found) if NOT_RUN not in job]


def examples(help_text: str) -> list[str]:
    """The paragraphs of commands in a help text."""
    lines = "\n".join(line.strip() for line in help_text.splitlines())
    paragraphs = re.findall(r"(?:^scalelaw .*\n?)+", lines, re.MULTILINE)
    return [THEN.join(each.strip().splitlines()) for each in paragraphs]


def commands_of(readme: str) -> list[str]:
    """Those in its blocks without a language, two or more to a line with spaces between."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    lines = [
        line.partition(" #")[0] for language, text in blocks if not language for line in text.splitlines()
    ]
    return [
        each for line in lines for each in re.split(r"\s{2,}", line.strip()) if each.startswith("scalelaw ")
    ]


def outcomes(jobs: Iterable[str], data: Path, root: Path) -> dict[str, dict[str, Any]]:
    """What each prints: `codes`, `keys` and `values` of its JSON, and `text`, a list of its commands' each."""
    sections: dict[str, dict[str, Any]] = {name: {} for name in ("codes", "keys", "values", "text")}
    with tempfile.TemporaryDirectory() as temporary:
        files = Path(temporary) / "files"
        prepare_folder(files, data, root)
        has_json = {name: "--json" in run(f"scalelaw {name} --help").printed for name in COMMANDS}
        for job in jobs:
            lines = job.split(THEN)
            plain = ran(lines, files, {})
            as_json = (
                ran(lines, files, has_json) if any(has_json[line.split()[1]] for line in lines) else plain
            )
            print(f"{[each.code for each in plain]} {job}", file=sys.stderr)
            trees = [parsed(each.printed) for each in as_json]
            sections["codes"][job] = [[each.code for each in way] for way in (plain, as_json)]
            sections["keys"][job] = [shape(tree) for tree in trees]
            sections["values"][job] = trees
            sections["text"][job] = [each.printed + each.complaint for each in plain]
    return sections


def prepare_folder(files: Path, data: Path, root: Path) -> None:
    """A folder with what examples name, a cache unless one is set, and other people's data instead of a network."""
    sys.path.insert(0, str(root / "tests"))
    from stand_ins import write

    files.mkdir()
    write(files)
    os.environ.setdefault("XDG_CACHE_HOME", str(files.parent / "cache"))
    if data.is_dir():
        (files / "folder").symlink_to(data.resolve())
        os.environ["SCALELAW_DATA"] = str(data.resolve())


def ran(lines: list[str], files: Path, has_json: dict[str, bool]) -> list[Outcome]:
    """The commands of an example in a fresh copy of the folder, with `--json` where they have it."""
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary) / "here"
        shutil.copytree(files, here, symlinks=True)
        with contextlib.chdir(here):
            for word, before in PREPARED.items():
                for line in before if any(word in each for each in lines) else []:
                    run(line)
            return [run(asked(line, has_json)) for line in lines]


def asked(line: str, has_json: dict[str, bool]) -> str:
    """The command that runs in place of a documented one."""
    name = line.split()[1]
    for heavy, light in SMALLER.items():
        line = line.replace(heavy, light)
    options = [line.replace(" --json", "")]
    options += [COVERAGE] if name == "coverage" else []
    options += ["--json"] if has_json.get(name) else []
    return " ".join(options)


def parsed(printed: str) -> Any:
    """The JSON that a command printed; None where it printed none."""
    try:
        return json.loads(printed)
    except ValueError:
        return None


def shape(tree: Any) -> Any:
    """A tree of JSON with types for leaves; a list is as long as it has kinds of entries, at most one."""
    if isinstance(tree, dict):
        return {name: shape(each) for name, each in tree.items()}
    if isinstance(tree, list):
        return [united(map(shape, tree))] if tree else []
    if tree is None:
        return "null"
    return {bool: "boolean", int: "number", float: "number", str: "text"}[type(tree)]


def united(shapes: Iterable[Any]) -> Any:
    """One shape for all entries of a list: every key that one of them has, every type."""
    found = list(shapes)
    if all(isinstance(each, dict) for each in found):
        names = dict.fromkeys(name for each in found for name in each)
        return {name: united(each[name] for each in found if name in each) for name in names}
    if all(isinstance(each, list) for each in found):
        inside = [entry for each in found for entry in each]
        return [united(inside)] if inside else []
    return "|".join(
        sorted({each if isinstance(each, str) else json.dumps(each, separators=(",", ":")) for each in found})
    )
