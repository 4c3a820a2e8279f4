"""A study on disk: the same draws in every arrangement, continued, extended, refused, shared."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.objective import Objective
from scalelaw.studies.parts import Range, appearing
from scalelaw.studies.parts import sweep as sweep_folder
from surfaces import isoflops, normal, sweep

# Few enough for one kind of chunk, and so one compilation.
REPLICATES, CHUNK = 30, 8
N, D = isoflops(6, 8)


@pytest.fixture
def fit(small_fit: sl.Fit) -> sl.Fit:
    return small_fit


@pytest.fixture(scope="module")
def whole(small_fit: sl.Fit) -> sl.Draws:
    """The draws without a study."""
    return sl.bootstrap(small_fit, REPLICATES, 5)


def studied(fit: sl.Fit, out: Path, **settings: Any) -> sl.Study:
    return sl.study(fit, out=out, **{"replicates": REPLICATES, "seed": 5, "chunk": CHUNK, **settings})


def assert_same(mine: sl.Draws, theirs: sl.Draws) -> None:
    """Verdicts alike and parameters to 1e-9."""
    assert np.array_equal(mine.status, theirs.status)
    assert np.array_equal(mine.changed, theirs.changed)
    for ours, others in zip(mine.params, theirs.params, strict=True):
        np.testing.assert_allclose(ours, others, rtol=1e-9)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


PARTS = [f"part-{first:010d}-{min(first + CHUNK, REPLICATES):010d}.parquet" for first in (0, 8, 16, 24)]


class TestDraws:
    @pytest.mark.parametrize("chunk", [7, 8, 100])
    def test_are_those_of_bootstrap(self, fit: sl.Fit, whole: sl.Draws, tmp_path: Path, chunk: int) -> None:
        study = studied(fit, tmp_path, chunk=chunk)
        assert len(study.parts) == -(-REPLICATES // chunk)
        draws = study.draws()
        assert draws.scheme == whole.scheme
        assert_same(draws, whole)

    @pytest.mark.parametrize("kind", ["percentile", "bca", "studentized"])
    def test_give_the_same_intervals(self, fit: sl.Fit, whole: sl.Draws, tmp_path: Path, kind: str) -> None:
        draws = studied(fit, tmp_path).draws()
        assert draws.interval("a", kind=kind) == pytest.approx(whole.interval("a", kind=kind), rel=1e-9)

    def test_of_groups_by_label(self, fit: sl.Fit, tmp_path: Path) -> None:
        labels = [f"budget {i // 8}" for i in range(len(N))]
        draws = studied(fit, tmp_path, scheme="cluster", by=labels, replicates=20).draws()
        assert_same(draws, sl.bootstrap(fit, 20, 5, scheme="cluster", by=labels))
        assert "6 groups drawn with replacement" in draws.scheme
        assert draws.interval("a") == sl.bootstrap(fit, 20, 5, scheme="cluster", by=labels).interval("a")

    def test_from_the_whole_grid_are_not_worse(self, fit: sl.Fit, whole: sl.Draws, tmp_path: Path) -> None:
        draws = studied(fit, tmp_path, starts="all", replicates=3).draws()
        assert (draws.objective <= whole.objective[:3] * (1 + 1e-9)).all()


class TestGoingOn:
    def test_a_finished_study_is_not_done_again(self, fit: sl.Fit, tmp_path: Path) -> None:
        studied(fit, tmp_path)
        before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
        told: list[tuple[int, int]] = []
        studied(fit, tmp_path, progress=lambda *done: told.append(done))
        assert told == [(REPLICATES, REPLICATES)]
        assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before

    def test_lost_parts_are_made_again(self, fit: sl.Fit, whole: sl.Draws, tmp_path: Path) -> None:
        studied(fit, tmp_path)
        for lost in PARTS[1:3]:
            (tmp_path / lost).unlink()
        there = sl.Study.load(tmp_path)
        assert (len(there), there.missing) == (14, ((8, 24),))
        assert len(there.draws()) == 14
        told: list[tuple[int, int]] = []
        study = studied(fit, tmp_path, progress=lambda *done: told.append(done))
        assert told == [(14, 30), (22, 30), (30, 30)]
        assert_same(study.draws(), whole)

    def test_half_written_parts_do_not_count(self, fit: sl.Fit, whole: sl.Draws, tmp_path: Path) -> None:
        studied(fit, tmp_path)
        half = (tmp_path / PARTS[2]).read_bytes()[:1000]
        (tmp_path / PARTS[2]).unlink()
        (tmp_path / f".{PARTS[2]}.0123456789abcdef").write_bytes(half)
        assert sl.Study.load(tmp_path).missing == ((16, 24),)
        assert_same(studied(fit, tmp_path).draws(), whole)
        assert names(tmp_path) == ["fit.json", *PARTS, "study.json"]

    def test_half_written_parts_of_another_shard_stay(self, fit: sl.Fit, tmp_path: Path) -> None:
        studied(fit, tmp_path, shard=(0, 2))
        theirs = tmp_path / f".{PARTS[1]}.0123456789abcdef"
        theirs.touch()
        studied(fit, tmp_path, shard=(0, 2))
        assert theirs.exists()

    def test_with_another_chunk(self, fit: sl.Fit, whole: sl.Draws, tmp_path: Path) -> None:
        studied(fit, tmp_path)
        (tmp_path / PARTS[1]).unlink()
        study = studied(fit, tmp_path, chunk=5)
        gaps = [tuple(part.replicates) for part in study.parts]
        assert gaps == [(0, 8), (8, 10), (10, 15), (15, 16), (16, 24), (24, 30)]
        assert_same(study.draws(), whole)

    def test_to_more_replicates(self, fit: sl.Fit, whole: sl.Draws, tmp_path: Path) -> None:
        studied(fit, tmp_path, replicates=20)
        study = studied(fit, tmp_path)
        assert study.replicates == REPLICATES
        assert_same(study.draws(), whole)

    def test_after_an_interrupt(self, fit: sl.Fit, whole: sl.Draws, tmp_path: Path) -> None:
        def interrupt(done: int, total: int) -> None:
            if done > 16:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            studied(fit, tmp_path, progress=interrupt)
        assert names(tmp_path) == ["fit.json", *PARTS[:2], "study.json"]
        assert_same(studied(fit, tmp_path).draws(), whole)

    def test_says_that_a_version_has_changed(self, fit: sl.Fit, tmp_path: Path) -> None:
        study = studied(fit, tmp_path)
        assert study.notes == ()
        older = replace(study.manifest, versions={**study.manifest.versions, "jax": "0.1.0"})
        (tmp_path / "study.json").write_text(older.text())
        (note,) = studied(fit, tmp_path).notes
        assert note.startswith("warning: the study began with jax 0.1.0 and goes on with ")


class TestRefused:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"seed": 6}, "seed must be as the study began \\(5\\), got 6; take what the study began with"),
            ({"scheme": "bayesian"}, "scheme must be as the study began \\('pairs'\\), got 'bayesian'"),
            ({"starts": "all"}, "starts must be as the study began \\('basins'\\), got 'all'"),
            ({"replicates": 20}, "replicates must be at least those of the study \\(30\\), got 20"),
        ],
    )
    def test_other_settings(
        self, fit: sl.Fit, tmp_path: Path, settings: dict[str, Any], message: str
    ) -> None:
        studied(fit, tmp_path)
        with pytest.raises(BadInput, match=message):
            studied(fit, tmp_path, **settings)

    @pytest.mark.parametrize(
        ("runs", "message"),
        [
            (sweep(N[:-1], D[:-1]), "data \\(rows\\) must be as the study began \\(48\\), got 47"),
            (sweep(N, D, noise=normal(48, 0.02)), "data \\(hash\\) must be as the study began"),
        ],
    )
    def test_other_data(self, fit: sl.Fit, tmp_path: Path, runs: sl.Runs, message: str) -> None:
        studied(fit, tmp_path)
        with pytest.raises(BadInput, match=message):
            studied(replace(fit, runs=runs), tmp_path)

    def test_another_objective(self, fit: sl.Fit, tmp_path: Path) -> None:
        studied(fit, tmp_path)
        other = replace(fit, settings=replace(fit.settings, objective=Objective(delta=0.01)))
        with pytest.raises(BadInput, match="delta must be as the study began \\(0.001\\), got 0.01"):
            studied(other, tmp_path)

    def test_groups_that_changed(self, fit: sl.Fit, tmp_path: Path) -> None:
        studied(fit, tmp_path, scheme="cluster", by=np.arange(48) // 8)
        with pytest.raises(BadInput, match="data \\(hash\\) must be as the study began"):
            studied(fit, tmp_path, scheme="cluster", by=np.arange(48) // 7)

    def test_a_fit_of_another_minimum(self, fit: sl.Fit, tmp_path: Path) -> None:
        studied(fit, tmp_path)
        with pytest.raises(BadInput, match="objective of the fit must be as the study began"):
            studied(replace(fit, objective=fit.objective * 1.001), tmp_path)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"replicates": 1}, "replicates must be a whole number of at least 2, got 1"),
            ({"replicates": 2**32 + 1}, "replicates must be at most 4294967296"),
            ({"chunk": 0}, "chunk must be a whole number of at least 1, got 0"),
            ({"shard": (2, 2)}, "shard must be i of n with i from 0 to 1, got 2 of 2"),
            ({"starts": "many"}, "starts must be one of 'basins', 'all', got 'many'"),
            ({"scheme": "pears"}, "did you mean 'pairs'"),
        ],
    )
    def test_bad_settings(self, fit: sl.Fit, tmp_path: Path, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(BadInput, match=message):
            studied(fit, tmp_path / "study", **settings)
        assert not (tmp_path / "study").exists()

    def test_a_folder_that_is_something_else(self, fit: sl.Fit, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(BadInput, match="out must be a folder that can be written"):
            studied(fit, tmp_path / "file")
        (tmp_path / PARTS[0]).touch()
        with pytest.raises(BadInput, match="whose parts have no study.json"):
            studied(fit, tmp_path)
        (tmp_path / "study.json").write_text("{}")
        with pytest.raises(BadInput, match="whose study.json is something else"):
            studied(fit, tmp_path)

    def test_damaged_and_foreign_parts(self, fit: sl.Fit, tmp_path: Path) -> None:
        study = studied(fit, tmp_path / "study")
        other = studied(fit, tmp_path / "other", seed=6)
        study.parts[1].path.write_bytes(other.parts[1].path.read_bytes())
        with pytest.raises(BadInput, match="part must be of this study, got one of another"):
            study.draws()
        study.parts[1].path.write_bytes(b"PAR1 and no more")
        with pytest.raises(BadInput, match="must be readable Parquet.*continue the study"):
            study.draws()

    def test_without_pyarrow(self, fit: sl.Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(BadInput, match='pip install "scalelaw\\[parquet\\]"'):
            studied(fit, tmp_path)

    def test_a_second_process_at_the_same_replicates(self, tmp_path: Path) -> None:
        """Which removed, when it started, what it took for the leavings of a killed one."""
        message = "another process works on the same replicates; let one finish, or give each its --shard"
        with pytest.raises(BadInput, match=message), appearing(tmp_path / PARTS[0]):
            sweep_folder(tmp_path, [Range(0, 8)])


def test_manifest_says_what_is_needed_to_repeat_it(fit: sl.Fit, tmp_path: Path) -> None:
    studied(fit, tmp_path)
    manifest = json.loads((tmp_path / "study.json").read_text())
    assert manifest["format"] == "scalelaw study 1"
    assert (manifest["replicates"], manifest["chunk"]) == (REPLICATES, CHUNK)
    assert manifest["scheme"] == {
        "seed": 5,
        "scheme": "pairs",
        "by": None,
        "share": 0.8,
        "starts": "basins",
    }
    assert manifest["data"]["rows"] == len(N)
    assert len(manifest["data"]["hash"]) == 64
    assert set(manifest["versions"]) == {"scalelaw", "jax", "jaxlib", "optax", "numpy"}
    assert sl.Fit.load(tmp_path / "fit.json").params == fit.params
