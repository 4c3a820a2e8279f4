"""A folder that cannot be written and a full disk, for every command that writes: one sentence, no remains."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jax
import pandas as pd
import pytest

import scalelaw as sl
import stand_ins
from commands import run
from scalelaw.cli import demo as demo_command
from scalelaw.cli.app import app

FIT = "fit.json"
COMMANDS = {
    "fit": "fit fit.json --out {out}",
    "isoflop": "isoflop runs.csv --no-bias --out {out}",
    "envelope": "envelope curves.csv --group run_id --out {out}",
    "compare": "compare fit.json --replicates 100 --out {out}",
    "backtest": "backtest runs.csv --law chinchilla --replicates 20 --out {out}",
    "predict": "predict fit.json --at N=7B,D=2T --bootstrap 40 --no-backtest --forecast {out}/plan.json",
    "bootstrap": "bootstrap fit.json --replicates 40 --out {out}",
    "merge": "merge study --out {out}",
    "profile": "profile fit.json E --out {out}",
    "influence": "influence fit.json a --out {out}",
    "coverage": "coverage --design few --datasets 3 --replicates 20 --out {out}",
    "report": "report fit.json --bootstrap 0 --output {out}/report.html",
    "demo": "demo --out {out}",
}
READ_ONLY = {"score", "allocate", "datasets", "size", "laws"}
"""Commands that write nothing but their output."""

SLOW = {"backtest", "compare", "coverage", "report", "demo"}
"""What takes long before there is something to write."""

HALF = 64
"""Bytes of a file that a full disk still takes."""


@pytest.fixture(scope="module")
def files(small_fit: sl.Fit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """runs.csv, curves.csv, fit.json and a study of it."""
    folder = tmp_path_factory.mktemp("files")
    small_fit.save(folder / FIT)
    sl.study(small_fit, 40, folder / "study")
    stand_ins.curves().to_csv(folder / "curves.csv", index=False)
    columns = {"params": small_fit.runs.N, "tokens": small_fit.runs.D, "loss": small_fit.runs.L}
    pd.DataFrame(columns).to_csv(folder / "runs.csv", index=False)
    return folder


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow beyond `HALF` bytes, whoever writes it: Python, Matplotlib or Arrow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def _compiled_code_is_only_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Half of what is written would stay there for other tests."""
    for name in [name for name in sys.modules if name.startswith("scalelaw.cli.")]:
        monkeypatch.setattr(sys.modules[name], "use_compilation_cache", lambda: None, raising=False)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 1e9)
    yield
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


def test_all_commands_are_here() -> None:
    assert {str(each.name) for each in app.registered_commands} == {*COMMANDS, *READ_ONLY}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_is_a_file_is_refused_before_any_work(
    command: str, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    (tmp_path / "taken").write_text("precious")
    code, sentence = run(*COMMANDS[command].format(out=tmp_path / "taken").split())
    assert code == 2
    assert "that can be written" in sentence
    assert str(tmp_path / "taken") in sentence
    assert "Not a directory" in sentence
    assert (tmp_path / "taken").read_text() == "precious"


@pytest.mark.usefixtures("_compiled_code_is_only_read")
@pytest.mark.parametrize(
    "command", [pytest.param(each, marks=pytest.mark.slow if each in SLOW else ()) for each in COMMANDS]
)
def test_a_full_disk_is_one_sentence_and_leaves_nothing(
    command: str, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    monkeypatch.setattr(demo_command, "REPLICATES", 100)
    with full_disk():
        code, sentence = run(*COMMANDS[command].format(out=tmp_path).split())
    assert code == 2
    assert "that can be written" in sentence.splitlines()[-1]
    assert tmp_path.name in sentence.splitlines()[-1]
    assert "File too large" in sentence
    assert [*tmp_path.rglob("*")] == []
    assert [*tmp_path.parent.glob(f".{tmp_path.name}*")] == []
