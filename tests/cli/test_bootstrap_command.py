"""`scalelaw bootstrap` and `scalelaw merge`: what they print, leave behind, and refuse."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from commands import run
from surfaces import TRUTH, isoflops, losses, normal


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    N, D = isoflops(6, 8)
    path = tmp_path_factory.mktemp("table") / "runs.csv"
    L = losses(TRUTH, N, D) * np.exp(normal(len(N), 0.01))
    model = np.arange(len(N)) // 6
    pd.DataFrame({"params": N, "tokens": D, "loss": L, "model": model}).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def fit(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit") / "fit.json"
    sl.fit(sl.read_runs(table), starts="projected").save(path)
    return path


def test_prints_intervals_and_where_the_draws_lie(fit: Path, tmp_path: Path) -> None:
    code, output = run("bootstrap", fit, "--replicates", 30, "--level", 0.9, "--out", tmp_path)
    assert code == 0
    assert "30 resamples, runs drawn with replacement (seed 0); 0 failed" in output
    assert "90% bca interval" in output
    assert output.rstrip().endswith(f"{tmp_path}: 30 replicates in 1 files")
    assert len(sl.load_draws(tmp_path)) == 30


def test_goes_on_and_answers_in_json(fit: Path, tmp_path: Path) -> None:
    run("bootstrap", fit, "--replicates", 20, "--out", tmp_path)
    code, output = run("bootstrap", fit, "--replicates", 30, "--out", tmp_path, "--json")
    assert code == 0
    answer = json.loads(output)
    study = answer["study"]
    assert (study["replicates"], study["present"], study["missing"]) == (30, 30, [])
    row = answer["intervals"]["of"]["alpha"]
    assert row["low"] < row["value"] < row["high"]


@pytest.mark.slow
def test_a_table_of_runs_and_its_groups(table: Path, tmp_path: Path) -> None:
    words = ("--replicates", 10, "--scheme", "cluster", "--by", "model")
    code, output = run("bootstrap", table, *words, "--out", tmp_path)
    assert code == 0
    assert "8 groups drawn with replacement" in output


def test_starts_are_those_of_the_resamples(fit: Path, tmp_path: Path) -> None:
    code, _ = run("bootstrap", fit, "--replicates", 2, "--starts", "all", "--out", tmp_path)
    assert code == 0
    assert json.loads((tmp_path / "study.json").read_text())["scheme"]["starts"] == "all"


def test_shards_and_merge(fit: Path, tmp_path: Path) -> None:
    words = ("bootstrap", fit, "--replicates", 30, "--chunk", 8)
    run(*words, "--out", tmp_path / "whole")
    for own in range(2):
        code, output = run(*words, "--shard", f"{own}/2", "--out", tmp_path / f"{own}")
        assert code == 0
        assert "of 30 replicates; missing are" in output
        assert "interval" not in output
    code, output = run("merge", tmp_path / "0", tmp_path / "1", "--out", tmp_path / "study", "--json")
    assert code == 0
    assert json.loads(output)["study"]["missing"] == []
    whole = sl.load_draws(tmp_path / "whole").table()
    assert sl.load_draws(tmp_path / "study").table().equals(whole)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--replicates", 1), "--replicates must be a whole number of at least 2, got 1"),
        (("--starts", "grid"), "--starts must be one of 'basins', 'all', got 'grid'"),
        (("--shard", "2/2"), "--shard must be written i/n with i from 0 to n - 1, got '2/2'"),
        (("--shard", "first"), "--shard must be written i/n"),
        (("--interval", "exact"), "--interval must be one of"),
        (("--processes", 2), "--coordinator must be HOST:PORT with --processes and --process, or auto"),
        (("--coordinator", "host", "--processes", 2, "--process", 0), "--coordinator must be HOST:PORT"),
        (("--scheme", "cluster", "--by", "model"), "--by must be the group column that"),
        (("--chunk", 0), "chunk must be a whole number of at least 1, got 0"),
    ],
)
def test_refused_in_a_sentence(fit: Path, tmp_path: Path, words: tuple[object, ...], message: str) -> None:
    code, output = run("bootstrap", fit, *words, "--out", tmp_path / "study")
    assert code == 2
    assert message in output
    assert not (tmp_path / "study").exists()


def test_another_study_is_refused(fit: Path, tmp_path: Path) -> None:
    run("bootstrap", fit, "--replicates", 10, "--out", tmp_path)
    code, output = run("bootstrap", fit, "--replicates", 10, "--seed", 1, "--out", tmp_path)
    assert code == 2
    assert "seed must be as the study began (0), got 1" in output


def test_help_has_examples() -> None:
    for command in ("bootstrap", "merge"):
        code, text = run(command, "--help")
        assert code == 0
        assert f"scalelaw {command}" in text
