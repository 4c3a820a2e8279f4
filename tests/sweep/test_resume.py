"""A resumed sweep equals an uninterrupted one, and half a file counts for nothing."""

from itertools import islice

import pandas as pd
import pytest

import scalelaw as sl
from sweep import crew, results
from sweep.collect import collect
from sweep.plan import Run
from sweep.run import sweep

pytestmark = pytest.mark.slow

TABLES = ("sweep.csv", "sweep_curves.csv.gz", "sweep.md")


@pytest.fixture
def train(windows, monkeypatch):
    """Trains one run after another in this process."""
    monkeypatch.setattr(crew, "windows", lambda: windows)
    return lambda runs: map(crew.trained, runs)


def tables(runs, folder):
    collect(runs, folder, folder / "tables")
    return [(folder / "tables" / name).read_bytes() for name in TABLES]


def test_a_resumed_sweep_equals_an_uninterrupted_one(tiny, train, tmp_path):
    assert len(list(sweep(tiny, tmp_path / "whole", train))) == 4
    assert len(list(islice(sweep(tiny, tmp_path / "broken", train), 2))) == 2
    assert [result.run for result in sweep(tiny, tmp_path / "broken", train)] == tiny[2:]
    assert tables(tiny, tmp_path / "whole") == tables(tiny, tmp_path / "broken")


@pytest.mark.slow
def test_a_half_written_file_does_not_count(tiny, train, tmp_path):
    whole = list(sweep(tiny, tmp_path, train))[1]
    path = results.path(tmp_path, tiny[1])
    path.with_suffix(".part").write_text(path.read_text()[:100])
    path.unlink()
    assert results.finished(tmp_path, tiny) == [tiny[0], *tiny[2:]]
    again = list(sweep(tiny, tmp_path, train))
    assert [(result.run, result.outcome) for result in again] == [(whole.run, whole.outcome)]


def test_a_write_that_dies_leaves_no_result(tiny, train, tmp_path, monkeypatch):
    (result,) = train(tiny[:1])
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt, match="^$"):
            results.write(tmp_path, result)
    assert results.finished(tmp_path, tiny) == []


def test_other_settings_are_another_file(tiny, tmp_path, monkeypatch):
    named = {results.path(tmp_path, run) for run in (tiny[0], tiny[0]._replace(steps=13))}
    monkeypatch.setitem(results.RECIPE, "corpus", "another")
    assert len(named | {results.path(tmp_path, tiny[0])}) == 3


def test_results_come_back_as_they_were_kept(tiny, train, tmp_path):
    diverging = Run("lr", 1e7, 1, 8, 12, 4, rate=1e30)
    for result in train([tiny[0], diverging]):
        results.write(tmp_path, result)
        kept = results.read(tmp_path, result.run)
        assert repr(kept) == repr(result)  # as text, a loss that is no number equals itself
    assert kept.outcome.diverged


def test_tables_are_read_as_they_are(tiny, train, tmp_path):
    list(sweep(tiny, tmp_path, train))
    tables(tiny, tmp_path)
    table = pd.read_csv(tmp_path / "tables" / "sweep.csv")
    assert table["run_id"].tolist() == [run.name for run in tiny]
    runs = sl.read_runs(tmp_path / "tables" / "sweep.csv")
    assert runs.N.tolist() == [2816] * 4
    assert runs.D.tolist() == [12 * 256] * 2 + [24 * 256] * 2
    assert runs.C.tolist() == [6 * 2816 * 12 * 256] * 2 + [6 * 2816 * 24 * 256] * 2
    assert runs.L.tolist() == table["loss"].tolist()
    curves = pd.read_csv(tmp_path / "tables" / "sweep_curves.csv.gz")
    assert curves.groupby("run_id")["tokens"].max().to_dict() == dict(
        zip(table["run_id"], table["tokens"], strict=True)
    )
    assert curves.groupby("run_id")["loss"].last().to_dict() == dict(
        zip(table["run_id"], table["last_train_loss"], strict=True)
    )


def test_the_card_says_what_was_run(tiny, train, tmp_path):
    list(sweep(tiny, tmp_path, train))
    card = tables(tiny, tmp_path)[2].decode()
    for fact in ("4 of 4 planned", "SHA-256 `d6c022304d3f", "BSD-3-Clause", "CC-BY-4.0", "one rule"):
        assert fact in card
