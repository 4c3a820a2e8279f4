"""Where most resamples fail, every command that states intervals says so in one sentence and exits with code 3."""

from dataclasses import replace
from pathlib import Path

import pytest

import scalelaw as sl
from commands import run
from scalelaw.fitting import refits

AT = ("--at", "N=7B,D=140B")


@pytest.fixture(scope="module")
def fit(small_fit: sl.Fit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit") / "fit.json"
    small_fit.save(path)
    return path


@pytest.fixture
def _one_iteration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refits that are stopped after one iteration: nearly all of them fail."""
    for name in ("WARM", "RETRY"):
        monkeypatch.setattr(refits, name, replace(getattr(refits, name), iterations=1))


@pytest.mark.usefixtures("_one_iteration")
@pytest.mark.parametrize(
    "words",
    [
        ("fit", "--bootstrap", 100),
        ("fit", "--bootstrap", 100, "--json"),
        ("predict", *AT, "--bootstrap", 100, "--no-backtest"),
        ("allocate", "--flops", "1e22", "--bootstrap", 100, "--no-backtest"),
        ("compare", "--replicates", 100),
        ("report", "--bootstrap", 100, "--no-backtest"),
    ],
    ids=lambda words: " ".join(map(str, words[:1])),
)
def test_is_refused_by_every_command(words: tuple[object, ...], fit: Path, tmp_path: Path) -> None:
    command, *options = words
    output = ("-o", tmp_path / "page.html") if command == "report" else ()
    code, said = run(command, fit, *options, *output)
    assert code == 3
    assert said.startswith("intervals cannot be stated: ")
    assert said.endswith("the iteration limit came first: raise it, or start nearer")
    assert not any(tmp_path.iterdir())


def test_a_warning_stands_at_the_top(fit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = "3 of 100 resamples (3.0%) gave no estimate"
    monkeypatch.setattr("scalelaw.resampling.draws.failures", lambda status: found)
    for words in (("fit", fit), ("predict", fit, *AT, "--no-backtest")):
        code, said = run(*words, "--bootstrap", 30)
        assert code == 0
        assert said.startswith(f"warning: {found}\n")
