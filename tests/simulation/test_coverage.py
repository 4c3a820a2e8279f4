"""Coverage: the batched job against single fits and bootstraps, its tallies, and what it must not depend on."""

import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.laws import Chinchilla
from scalelaw.resampling.intervals import KINDS
from scalelaw.simulation.coverage import Trial, functions_of
from scalelaw.simulation.designs import DESIGNS, NOISES, TRUTH, design_runs, draw_noise
from scalelaw.simulation.simulator import Simulator, seeds_of
from surfaces import losses, sweep

SETS, REPLICATES = 3, 40
OF = ("E", "alpha", "a")


@pytest.fixture(scope="module")
def truth() -> sl.Fit:
    return sl.fit(design_runs("few"), starts="projected")


def trial(truth: sl.Fit, scheme: str = "pairs", kinds: tuple[str, ...] = (*KINDS,)) -> Trial:
    codes = np.arange(len(truth.runs), dtype=np.int32)
    return Trial(truth, Simulator.of(truth), sl.Cell(scheme), codes, OF, REPLICATES, kinds, 0.9, 0.8)


class TestAgainstSingleFits:
    """The slow obvious way: a table, a fit and a bootstrap for every data set."""

    @pytest.mark.parametrize("scheme", ["pairs", "wild", "subsample"])
    @pytest.mark.slow
    def test_every_interval(self, truth: sl.Fit, scheme: str) -> None:
        numbers = np.arange(SETS)
        noise = 0.005 * draw_noise("gaussian", np.arange(20), numbers, 7)
        rows, failed = trial(truth, scheme)(noise, seeds_of(numbers, 7))
        assert failed == 0
        N, D = truth.runs.N, truth.runs.D
        assert N is not None
        assert D is not None
        for s, seed in enumerate(seeds_of(numbers, 7)):
            fit = sl.fit(sweep(N, D, Chinchilla(*truth.params), noise[s]))
            draws = sl.bootstrap(fit, REPLICATES, int(seed), scheme=scheme)
            for name in OF:
                for kind in KINDS:
                    slow = draws.interval(name, level=0.9, kind=kind)
                    fast = rows[(rows["of"] == name) & (rows["kind"] == kind)].iloc[s]
                    np.testing.assert_allclose(
                        [fast.low, fast.high], slow, rtol=3e-5, err_msg=f"{name} {kind}"
                    )

    @pytest.mark.slow
    def test_the_sandwich_interval(self, truth: sl.Fit) -> None:
        noise = 0.005 * draw_noise("gaussian", np.arange(20), np.arange(SETS), 0)
        rows, _ = trial(truth, kinds=("sandwich",))(noise, seeds_of(np.arange(SETS), 0))
        alpha = rows[rows["of"] == "alpha"]
        assert (alpha.high - alpha.low > 0).all()
        half = (alpha.high - alpha.low) / 2
        assert (half / stats.t.ppf(0.95, 15) < 0.1).all()


class TestTally:
    @pytest.mark.slow
    def test_blocks_do_not_matter(self, truth: sl.Fit, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = {"of": OF, "datasets": 6, "replicates": 20, "size": 0.005}
        whole = sl.coverage(truth, **asked)
        monkeypatch.setattr(sys.modules["scalelaw.simulation.coverage"], "LANES", 40)
        pd.testing.assert_frame_equal(sl.coverage(truth, **asked).table, whole.table, rtol=1e-6)

    @pytest.mark.slow
    def test_shares_add_up(self, truth: sl.Fit) -> None:
        seen: list[tuple[int, int]] = []
        found = sl.coverage(
            truth, of=OF, datasets=8, replicates=20, size=0.005, progress=lambda *at: seen.append(at)
        )
        table = found.table
        np.testing.assert_allclose(table.covered + table.below + table.above, 1)
        np.testing.assert_allclose(table.error, np.sqrt(table.covered * (1 - table.covered) / 8))
        assert set(table.kind) == {*KINDS, "sandwich"}
        assert seen[-1] == (8, 8)
        assert "8 data sets x 20 resamples" in str(found)

    @pytest.mark.slow
    def test_noise_that_vanishes_is_held(self, truth: sl.Fit) -> None:
        found = sl.coverage(truth, of=("alpha",), datasets=3, replicates=10, size=1e-4, kinds=("normal",))
        narrow = sl.coverage(truth, of=("alpha",), datasets=3, replicates=10, size=1e-6, kinds=("normal",))
        ratio = found.table.width[0] / narrow.table.width[0]
        # Both far below delta: the fit is least squares, and the width in proportion to the noise.
        assert 99 < ratio < 101

    def test_ten_times_the_largest_budget(self, truth: sl.Fit) -> None:
        beyond = functions_of(truth)[-1]
        assert callable(beyond)
        largest = float(np.max(6 * truth.runs.N * truth.runs.D))
        expected = np.log(sl.optimal(truth.law, truth.params, 10 * largest).N)
        np.testing.assert_allclose(float(beyond(truth.params)), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("published", "further"),
    [
        ("ludziejewski2025_joint", {"E": (1, 256)}),
        ("krajewski2024_moe", {"G": (1, 64)}),
        ("kumar2024_precision", {"P_w": (2, 12), "P_a": (2, 12), "P_kv": (2, 12)}),
    ],
)
@pytest.mark.slow
def test_laws_with_an_optimum_that_read_more_than_N_and_D(
    published: str, further: dict[str, tuple[float, float]]
) -> None:
    """Their N* depends on the further inputs, so coverage is measured of parameters and derived quantities."""
    law, params = sl.published[published].law, sl.published[published].params
    rng = np.random.default_rng(0)
    ranges = {"N": (1e7, 1e10), "D": (1e9, 1e12), **further}
    inputs = {name: rng.permutation(np.geomspace(*ends, 60)) for name, ends in ranges.items()}
    L = law.predict(params, **inputs) * np.exp(0.005 * rng.standard_normal(60))
    columns = {name: name for name in further}
    runs = sl.Runs.from_frame(pd.DataFrame({**inputs, "L": L}), inputs=columns)
    near = {field: (1.02 * value,) for field, value in params._asdict().items()}
    fit = sl.fit(runs, law, starts=near)
    found = sl.coverage(fit, datasets=2, replicates=3, kinds=("percentile",))
    assert list(found.table["of"]) == list(fit.names)


class TestDesigns:
    @pytest.mark.parametrize(("name", "rows"), [("isoflop", 72), ("curves", 220), ("few", 20)])
    def test_rows_lie_on_the_truth(self, name: str, rows: int) -> None:
        runs = design_runs(name)
        assert len(runs) == rows
        assert runs.N is not None
        assert runs.D is not None
        np.testing.assert_allclose(runs.L, losses(Chinchilla(*TRUTH), runs.N, runs.D))

    def test_isoflop_has_nine_budgets(self) -> None:
        design = DESIGNS["isoflop"]()
        assert len(np.unique((6 * design.N * design.D).round(-12))) == 9


class TestNoise:
    @pytest.mark.parametrize("kind", sorted(NOISES))
    def test_a_data_set_is_the_same_alone(self, kind: str) -> None:
        groups = np.repeat(np.arange(5), 4)
        several = draw_noise(kind, groups, np.arange(6), 3)
        np.testing.assert_array_equal(draw_noise(kind, groups, np.array([4]), 3)[0], several[4])

    def test_common_part(self) -> None:
        noise = draw_noise("correlated", np.repeat(np.arange(2), 2), np.arange(4000), 0)
        together = np.corrcoef(noise[:, 0], noise[:, 1])[0, 1]
        assert abs(together - 0.7) < 0.03
        assert abs(np.corrcoef(noise[:, 0], noise[:, 2])[0, 1]) < 0.05
        assert abs(noise.std() - 1) < 0.03

    def test_outliers_lie_above(self) -> None:
        noise = draw_noise("outliers", np.arange(1000), np.arange(20), 0)
        assert abs(np.mean(noise > 6) - 0.03) < 0.005
        assert (noise > -6).all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"cell": sl.Cell("pair")}, "scheme must be one of"),
        ({"cell": sl.Cell(noise="pink")}, "noise must be one of"),
        ({"kinds": ("exact",)}, "kind must be one of"),
        ({"datasets": 1}, "datasets must be a whole number of at least 2"),
        ({"level": 1.0}, "level must be"),
        ({"size": -0.1}, "size must be at least 0, got -0.1"),
        ({"size": np.nan}, "size must be a finite number, got nan"),
    ],
)
def test_refused(truth: sl.Fit, change: dict, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        sl.coverage(truth, **{"datasets": 4, "replicates": 10, **change})
