"""The contract of an estimator, by the smallest one there is: the weighted mean of log loss, with no solver."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.fitting.functions import Parameter
from scalelaw.fitting.refits import Refits, Sample, draw_samples
from scalelaw.resampling.schemes import SCHEMES
from scalelaw.runs.groups import group_codes
from scalelaw.solve import Levenberg, Status
from scalelaw.studies.estimators import LOADERS
from surfaces import isoflops, normal, sweep

N, D = isoflops(6, 8)


class Level(NamedTuple):
    """Mean of log loss, weights counted."""

    mean: Any


@dataclass(frozen=True, eq=False)
class MeanLoss:
    """An estimator in NumPy; a resample without a run of the first budget does not determine it."""

    runs: sl.Runs

    names: ClassVar[tuple[str, ...]] = ("mean",)
    inputs: ClassVar[tuple[str, ...]] = ("N",)
    identity: ClassVar[dict[str, Any]] = {"estimator": "mean loss"}
    free: ClassVar[int] = 1
    refused: ClassVar[Mapping[str, str]] = {
        "studentized": "which needs a covariance inside every resample, and a mean has none",
        "wild": "which needs residuals of a law",
    }
    default_scheme: ClassVar[tuple[str, Any]] = ("stratified", "C")
    default_kind: ClassVar[str] = "percentile"
    degrees: ClassVar[None] = None
    caution: ClassVar[str] = ""
    plateau: ClassVar[str] = ""
    covariances: ClassVar[Any] = None

    @property
    def sample(self) -> Sample:
        return Sample(np.log(self.runs.L), np.ones(len(self.runs)))

    @property
    def params(self) -> Level:
        return Level(float(self.sample.target.mean()))

    @property
    def residuals(self) -> np.ndarray:
        return np.asarray(self.params.mean - self.sample.target)

    @property
    def scale(self) -> float:
        return float(np.std(self.residuals))

    @property
    def objective(self) -> float:
        return float(np.sum(self.residuals**2))

    def function(self, name: str) -> Parameter:
        return Parameter(name)

    def groups(self, by: Any) -> np.ndarray:
        return group_codes(self.runs, "C" if by is None else by)

    def refit(self, draw: Any, replicates: np.ndarray, progress: Any = None) -> Refits:
        target, weight = draw_samples(self.sample, draw, replicates, at_once=len(replicates))
        mean = (weight * target).sum(axis=-1) / weight.sum(axis=-1)
        there = np.broadcast_to(weight[..., self.groups(None) == 0].sum(axis=-1) > 0, mean.shape)
        status = np.where(there, Status.CONVERGED, Status.UNDETERMINED)
        squares = (weight * (target - mean[:, None]) ** 2).sum(axis=1)
        if progress:
            progress(len(replicates), len(replicates))
        return Refits(Level(np.where(there, mean, np.nan)), squares, status, np.zeros(len(mean), bool))

    def describe_ends(self, status: np.ndarray, changed: np.ndarray) -> str:
        return f"{np.count_nonzero(status == Status.UNDETERMINED)} without a mean"

    def document(self) -> dict[str, Any]:
        return {"format": "mean loss 1", "L": self.runs.L.tolist(), "N": N.tolist(), "D": D.tolist()}


def loaded(document: dict[str, Any], place: Any, law: Any) -> MeanLoss:
    return MeanLoss(sl.Runs.from_frame(pd.DataFrame({name: document[name] for name in "NDL"})))


@pytest.fixture
def mean(monkeypatch: pytest.MonkeyPatch) -> MeanLoss:
    monkeypatch.setitem(LOADERS, "mean loss 1", loaded)
    return MeanLoss(sweep(N, D, noise=normal(len(N), 0.1)))


class TestDraws:
    def test_by_its_own_scheme_and_kind(self, mean: MeanLoss) -> None:
        draws = sl.bootstrap(mean, 400)
        assert draws.counts() == (
            "400 resamples, runs drawn with replacement within 6 strata (seed 0); 0 without a mean"
        )
        assert draws.summary()["kind"] == "percentile"
        assert draws.interval("mean") == draws.interval("mean", kind="percentile")
        within = [np.log(mean.runs.L)[mean.groups(None) == code].var() / 8 for code in range(6)]
        assert draws.stderr("mean") == pytest.approx(np.sqrt(np.mean(within) / 6), rel=0.15)

    def test_of_any_function(self, mean: MeanLoss) -> None:
        low, high = sl.bootstrap(mean, 100).interval(lambda p: jnp.exp(p.mean))
        assert low < np.exp(np.log(mean.runs.L).mean()) < high

    def test_without_an_estimate_count_in_no_interval(self, mean: MeanLoss) -> None:
        draws = sl.bootstrap(mean, 300, scheme="cluster", by="C")
        lost = int(np.count_nonzero(np.isnan(draws.params.mean)))
        assert 300 * (5 / 6) ** 6 == pytest.approx(lost, rel=0.3)
        assert (int(draws.usable.sum()), draws.counts().endswith(f"{lost} without a mean")) == (
            300 - lost,
            True,
        )
        assert np.isfinite(draws.interval("mean")).all()

    def test_bca_is_by_its_own_jackknife(self, mean: MeanLoss) -> None:
        draws = sl.bootstrap(mean, 400, scheme="pairs")
        assert np.isfinite(draws.interval("mean", kind="bca")).all()
        left_out = sl.jackknife(mean).params.mean
        L = np.log(mean.runs.L)
        np.testing.assert_allclose(left_out, (L.sum() - L) / (len(L) - 1), rtol=1e-12)

    @pytest.mark.parametrize("scheme", sorted({*SCHEMES} - {"wild"}))
    def test_by_every_scheme(self, mean: MeanLoss, scheme: str) -> None:
        draws = sl.bootstrap(mean, 200, scheme=scheme)
        assert draws.estimate("mean") == pytest.approx(float(np.log(mean.runs.L).mean()), rel=1e-12)
        assert 0 < draws.stderr("mean") < 3 * mean.scale / np.sqrt(6)


class TestRefusals:
    def test_of_what_does_not_hold_by_its_own_reason(self, mean: MeanLoss) -> None:
        assert sl.bootstrap(mean, 10).kinds == ("percentile", "basic", "normal", "bca")
        with pytest.raises(
            BadInput, match="kind must be .* got 'studentized', which needs a covariance inside"
        ):
            sl.bootstrap(mean, 10).interval("mean", kind="studentized")
        with pytest.raises(BadInput, match="scheme must be .* got 'wild', which needs residuals of a law"):
            sl.bootstrap(mean, 10, scheme="wild")

    @pytest.mark.parametrize("keywords", [{"starts": "all"}, {"solver": Levenberg()}])
    def test_of_starts_and_solvers(self, mean: MeanLoss, keywords: dict[str, Any]) -> None:
        with pytest.raises(BadInput, match="starts and solver must be left alone for all but fitted laws"):
            sl.bootstrap(mean, 10, **keywords)


class TestOnDisk:
    def test_draws_come_back(self, mean: MeanLoss, tmp_path: Path) -> None:
        draws = sl.bootstrap(mean, 40)
        sl.save_draws(draws, tmp_path / "draws.parquet")
        back = sl.load_draws(tmp_path / "draws.parquet")
        assert back.counts() == draws.counts()
        for kind in draws.kinds:
            assert back.interval("mean", kind=kind) == draws.interval("mean", kind=kind)

    def test_a_study_is_continued_and_merged(self, mean: MeanLoss, tmp_path: Path) -> None:
        whole = sl.bootstrap(mean, 40, 3)
        sl.study(mean, 20, tmp_path / "study", seed=3, chunk=8)
        grown = sl.study(mean, 40, tmp_path / "study", seed=3, chunk=8)
        assert np.array_equal(grown.draws().params.mean, whole.params.mean)
        for own in range(2):
            sl.study(mean, 40, tmp_path / str(own), seed=3, chunk=8, shard=(own, 2))
        merged = sl.merge([tmp_path / "0", tmp_path / "1"], tmp_path / "merged")
        assert np.array_equal(merged.draws().params.mean, whole.params.mean)

    def test_another_estimator_is_refused(self, mean: MeanLoss, small_fit: sl.Fit, tmp_path: Path) -> None:
        sl.study(mean, 20, tmp_path / "study")
        with pytest.raises(BadInput, match="must be as the study began"):
            sl.study(small_fit, 20, tmp_path / "study")
