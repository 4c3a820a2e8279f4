"""Draws out and back: Parquet, DataFrame, ArviZ."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.resampling.intervals import KINDS


@pytest.fixture(scope="module")
def draws(small_fit: sl.Fit) -> sl.Draws:
    return sl.bootstrap(small_fit, 30, scheme="cluster", by="C")


class TestParquet:
    def test_comes_back_to_the_last_bit(self, draws: sl.Draws, tmp_path: Path) -> None:
        sl.save_draws(draws, tmp_path / "draws.parquet")
        back = sl.load_draws(tmp_path / "draws.parquet")
        pd.testing.assert_frame_equal(back.to_frame(), draws.to_frame(), check_exact=True)
        assert back.fit.params == draws.fit.params
        assert back.scheme == draws.scheme
        assert back.table().equals(draws.table())

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize(
        ("scheme", "by"),
        [
            ("cluster", "C"),
            *(
                pytest.param(*each, marks=pytest.mark.slow)
                for each in (("stratified", "C"), ("subsample", None))
            ),
        ],
    )
    def test_has_every_kind_of_interval_again(
        self, small_fit: sl.Fit, tmp_path: Path, kind: str, scheme: str, by: str | None
    ) -> None:
        """BCa with the jackknife of the same groups, studentized with the covariance inside every draw."""
        draws = sl.bootstrap(small_fit, 30, scheme=scheme, by=by)
        sl.save_draws(draws, tmp_path / "draws.parquet")
        back = sl.load_draws(tmp_path / "draws.parquet")
        assert back.interval("a", kind=kind) == draws.interval("a", kind=kind)

    def test_a_jackknife_comes_back_as_one(self, small_fit: sl.Fit, tmp_path: Path) -> None:
        sl.save_draws(sl.jackknife(small_fit, by="C"), tmp_path / "draws.parquet")
        back = sl.load_draws(tmp_path / "draws.parquet")
        assert back.counts().startswith("6 resamples, jackknife; 0 failed")
        assert back.kinds == ("percentile", "basic", "normal")
        with pytest.raises(BadInput, match="kind must be one that these draws allow, got 'bca', which needs"):
            back.interval("a")

    def test_is_a_table_to_others(self, draws: sl.Draws, tmp_path: Path) -> None:
        sl.save_draws(draws, tmp_path / "draws.parquet")
        table = pd.read_parquet(tmp_path / "draws.parquet")
        columns = ["replicate", "E", "A", "B", "alpha", "beta", "objective", "status", "changed"]
        assert list(table) == columns
        assert set(table["status"]) <= {"converged", "at_bound"}
        assert np.array_equal(table["alpha"], draws.params.alpha)

    def test_a_study_is_read_the_same_way(self, draws: sl.Draws, tmp_path: Path) -> None:
        study = sl.study(draws.fit, 30, tmp_path, scheme="cluster", by="C", chunk=16)
        assert study.draws().table().equals(sl.load_draws(tmp_path).table())

    def test_other_files_are_refused(self, draws: sl.Draws, tmp_path: Path) -> None:
        draws.to_frame().to_parquet(tmp_path / "table.parquet")
        with pytest.raises(BadInput, match="must be one that `save_draws` wrote, got .*table.parquet"):
            sl.load_draws(tmp_path / "table.parquet")
        with pytest.raises(BadInput, match="file of draws must be readable Parquet, got .*nowhere"):
            sl.load_draws(tmp_path / "nowhere.parquet")
        with pytest.raises(BadInput, match="study must be a folder with a study.json"):
            sl.load_draws(tmp_path)


class TestArviz:
    def test_one_chain_of_draws(self, draws: sl.Draws) -> None:
        found = sl.to_arviz(draws)
        assert dict(found.posterior.sizes) == {"chain": 1, "draw": int(draws.usable.sum())}
        assert set(found.posterior.data_vars) == set(draws.names)
        for name in ("alpha", "a", "G"):
            assert np.array_equal(found.posterior[name].values[0], draws.of(name))
        assert np.array_equal(found.sample_stats["objective"].values[0], draws.objective[draws.usable])

    def test_missing_is_said_in_a_sentence(self, draws: sl.Draws, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "arviz", None)
        with pytest.raises(BadInput, match='pip install "scalelaw\\[arviz\\]"'):
            sl.to_arviz(draws)
