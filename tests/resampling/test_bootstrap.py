"""The bootstrap against published figures, slow loops of single fits, and what must not change it."""

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.fitting.refits import Refitter
from scalelaw.resampling import schemes
from scalelaw.runs.groups import group_codes
from scalelaw.solve import Levenberg, Status
from scalelaw.solve.levenberg import WARM
from surfaces import TRUTH, isoflops, losses, normal, sweep

BUDGETS, SIZES = 6, 8


@pytest.fixture(scope="module")
def runs() -> sl.Runs:
    N, D = isoflops(BUDGETS, SIZES)
    return sweep(N, D, noise=normal(len(N), 0.01))


@pytest.fixture(scope="module")
def fit(runs: sl.Runs) -> sl.Fit:
    return sl.fit(runs, starts="projected")


def weights(draw: Any, fit: sl.Fit, replicates: int = 200) -> np.ndarray:
    """What a scheme draws for each of some replicates, one at a time."""
    with jax.enable_x64(True):
        return np.array([draw(fit.sample, np.uint32(i))[1] for i in range(replicates)])


@pytest.fixture(scope="module")
def draws(epoch_fit: sl.Fit) -> sl.Draws:
    """4,000 resamples of the 240 runs."""
    return sl.bootstrap(epoch_fit, 4000)


class TestPublished:
    """Besiroglu et al. 2024, table 1 and section 3: 4,000 resamples of the 240 runs."""

    def test_every_replicate_arrives(self, draws: sl.Draws) -> None:
        assert draws.usable.all()

    @pytest.mark.parametrize(
        ("name", "error", "digit"),
        [
            ("E", 0.0257, 1e-4),
            ("A", 124.5, 0.1),
            ("B", 1293, 1),
            ("alpha", 0.0154, 1e-4),
            ("beta", 0.0206, 1e-4),
            ("a", 0.020, 1e-3),
        ],
    )
    def test_standard_errors(self, draws: sl.Draws, name: str, error: float, digit: float) -> None:
        """Within three Monte-Carlo errors of two bootstraps, each 4,000 draws, and half a printed digit."""
        values = draws.of(name)
        kurtosis = np.mean((values - values.mean()) ** 4) / values.var() ** 2
        monte_carlo = draws.stderr(name) * np.sqrt(2 * (kurtosis - 1) / (4 * len(values)))
        assert abs(draws.stderr(name) - error) < 3 * monte_carlo + digit / 2

    @pytest.mark.parametrize(
        ("name", "low", "high", "digit"),
        [
            ("E", 1.769, 1.871, 1e-3),
            ("A", 285, 744, 1),
            ("B", 1042, 5810, 1),
            ("alpha", 0.317, 0.373, 1e-3),
            ("beta", 0.331, 0.415, 1e-3),
        ],
    )
    def test_intervals(self, draws: sl.Draws, name: str, low: float, high: float, digit: float) -> None:
        """Each end between the quantiles three Monte-Carlo errors of two bootstraps to either side of it."""
        interval = draws.interval(name, kind="percentile")
        np.testing.assert_allclose(interval, np.quantile(draws.of(name), [0.025, 0.975]), rtol=1e-12)
        spare = 3 * np.sqrt(2 * 0.025 * 0.975 / len(draws))
        for end, share in ((low, 0.025), (high, 0.975)):
            below, above = np.quantile(draws.of(name), [share - spare, share + spare])
            assert below - digit / 2 <= end <= above + digit / 2

    def test_the_exponent_of_the_allocation_is_a_function_like_any(self, draws: sl.Draws) -> None:
        named = draws.interval("a", kind="percentile")
        np.testing.assert_allclose(
            draws.interval(lambda p: p.beta / (p.alpha + p.beta), kind="percentile"), named, rtol=1e-12
        )
        assert draws.estimate("a") == pytest.approx(0.514, abs=5e-4)


class TestSchemes:
    def test_pairs_draw_every_run_equally_often(self, fit: sl.Fit) -> None:
        drawn = weights(schemes.Pairs(np.uint32(0)), fit)
        np.testing.assert_array_equal(drawn.sum(axis=1), len(fit.runs))
        assert drawn.mean(axis=0) == pytest.approx(1, abs=5 / np.sqrt(200))
        assert drawn.var(axis=0).mean() == pytest.approx(1 - 1 / len(fit.runs), abs=0.1)

    def test_clusters_stay_whole(self, fit: sl.Fit) -> None:
        codes = group_codes(fit.runs, "C")
        drawn = weights(schemes.Clusters(np.uint32(0), codes, BUDGETS), fit)
        by_budget = drawn.reshape(200, BUDGETS, SIZES)
        assert (by_budget == by_budget[:, :, :1]).all()
        np.testing.assert_array_equal(by_budget[:, :, 0].sum(axis=1), BUDGETS)

    def test_strata_keep_their_number(self, fit: sl.Fit) -> None:
        shuffled = np.random.default_rng(0).permutation(len(fit.runs)) % BUDGETS
        drawn = weights(schemes.Strata.of(np.uint32(0), shuffled), fit)
        for code in range(BUDGETS):
            np.testing.assert_array_equal(drawn[:, shuffled == code].sum(axis=1), SIZES)
        assert drawn.mean(axis=0) == pytest.approx(1, abs=5 / np.sqrt(200))

    def test_bayesian_weights_have_mean_one(self, fit: sl.Fit) -> None:
        n = len(fit.runs)
        drawn = weights(schemes.Bayesian(np.uint32(0), np.arange(n), n), fit)
        assert drawn.mean(axis=1) == pytest.approx(1, rel=1e-12)
        assert (drawn > 0).all()

    def test_subsamples_keep_their_share(self, fit: sl.Fit) -> None:
        drawn = weights(schemes.Subsample(np.uint32(0), 0.8), fit)
        assert set(np.unique(drawn)) == {0.0, 1.0}
        np.testing.assert_array_equal(drawn.sum(axis=1), round(0.8 * len(fit.runs)))

    def test_webbs_points_have_mean_zero_and_variance_one(self) -> None:
        points = np.concatenate([schemes.WEBB, -schemes.WEBB])
        assert points.mean() == pytest.approx(0, abs=1e-15)
        assert np.mean(points**2) == pytest.approx(1, rel=1e-15)

    @pytest.mark.parametrize("scheme", sorted(schemes.SCHEMES))
    @pytest.mark.slow
    def test_all_schemes_agree_on_the_size_of_the_error(self, fit: sl.Fit, scheme: str) -> None:
        """Independent noise of one size, groups by chance: all within a factor of two of pairs."""
        by = np.arange(len(fit.runs)) % 24 if scheme in ("cluster", "stratified") else None
        draws = sl.bootstrap(fit, 400, scheme=scheme, by=by)
        assert draws.usable.mean() > 0.99
        ratio = draws.stderr("alpha") / sl.bootstrap(fit, 400).stderr("alpha")
        assert 0.5 < ratio < 2


def without_floor(seed: int) -> sl.Runs:
    """Runs of a law without an irreducible loss."""
    N, D = isoflops(BUDGETS, SIZES)
    L = 8.0 * N**-0.21 + 40 * D**-0.25
    noise = 0.01 * np.random.default_rng(seed).standard_normal(len(N))
    return sl.Runs.from_frame(pd.DataFrame({"N": N, "D": D, "L": L * np.exp(noise)}))


class TestRefits:
    def test_a_replicate_is_a_fit_of_the_repeated_runs(self, fit: sl.Fit) -> None:
        """The slow obvious version: a table with its rows repeated, fitted from projected starts."""
        draws = sl.bootstrap(fit, 4, seed=5)
        counts = weights(schemes.Pairs(np.uint32(5)), fit, 4).astype(int)
        for i, count in enumerate(counts):
            rows = np.repeat(np.arange(len(count)), count)
            table = fit.runs.to_frame().iloc[rows].reset_index(drop=True)
            alone = sl.fit(sl.Runs.from_frame(table), starts="projected")
            assert draws.objective[i] <= alone.objective * (1 + 1e-9)
            np.testing.assert_allclose([leaf[i] for leaf in draws.params], alone.params, rtol=1e-6)

    def test_more_replicates_begin_with_the_same(self, fit: sl.Fit) -> None:
        few, many = sl.bootstrap(fit, 5), sl.bootstrap(fit, 40)
        np.testing.assert_allclose(few.params, np.array(many.params)[:, :5], rtol=1e-9)

    @pytest.mark.parametrize("solver", [Levenberg(chunk=16), Levenberg(chunk=128), Levenberg(threads=1)])
    def test_chunks_and_threads_change_nothing(self, fit: sl.Fit, solver: Levenberg) -> None:
        usual, other = sl.bootstrap(fit, 100), sl.bootstrap(fit, 100, solver=solver)
        np.testing.assert_allclose(usual.params, other.params, rtol=1e-9)

    def test_the_whole_grid_finds_nothing_lower(self, fit: sl.Fit) -> None:
        warm, everywhere = sl.bootstrap(fit, 3), sl.bootstrap(fit, 3, starts="all")
        assert (warm.objective <= everywhere.objective * (1 + 1e-9)).all()

    def test_of_a_fit_that_drove_a_parameter_to_zero(self, fit: sl.Fit) -> None:
        """Where E underflowed its logarithm is minus infinity, and where resamples want it back it comes back."""
        nothing = fit.params._replace(E=0.0)
        emptied = replace(fit, params=nothing, basins=(fit.basins[0]._replace(params=nothing),))
        np.testing.assert_allclose(sl.bootstrap(emptied, 5).params, sl.bootstrap(fit, 5).params, rtol=1e-9)

    @pytest.mark.parametrize("seed", [2, 9])
    def test_of_a_fit_at_a_limit_go_either_way(self, seed: int) -> None:
        """In truth E is 0, and the fit has it there: some resamples want it back, the others have it at 0."""
        at_limit = sl.fit(without_floor(seed))
        assert at_limit.params.E < 1e-12
        draws = sl.bootstrap(at_limit, 40)
        assert draws.usable.all()
        assert 0 < (draws.of("E") > 1e-4).mean() < 1
        assert not ((draws.of("E") > 1e-12) & (draws.of("E") < 1e-7)).any()
        starts = at_limit.setup.theta(at_limit.law.grid()[::150])
        everywhere = Refitter(at_limit.setup, starts, Levenberg(iterations=2000))
        found = everywhere(schemes.Pairs(np.uint32(0)), np.arange(40, dtype=np.uint32))
        assert (draws.objective <= found.objective * (1 + 1e-9)).all()

    def test_on_one_of_several_devices_are_tried_again_too(self, fit: sl.Fit) -> None:
        refitter = fit.refitter()
        moved = refitter.on(jax.devices()[0], 2)
        assert refitter.retry is not None
        assert moved.retry == replace(refitter.retry, threads=moved.solver.threads)

    @pytest.mark.exhaustive
    def test_of_a_fit_at_a_limit_are_never_above_all_starts(self) -> None:
        at_limit = sl.fit(without_floor(9))
        draws, everywhere = sl.bootstrap(at_limit, 300), sl.bootstrap(at_limit, 300, starts="all")
        assert (draws.objective <= everywhere.objective * (1 + 1e-9)).all()

    def test_a_lane_that_wanders_within_rounding_has_arrived(self) -> None:
        """On these runs too few residuals are small: Newton's steps overshoot, and some lanes never stand still."""
        fit = sl.fit(sl.read_dataset("sweep"), starts="projected")
        draws = sl.bootstrap(fit, 60)
        assert draws.usable.sum() >= 59
        more = sl.bootstrap(fit, 60, solver=Levenberg(preset=WARM, iterations=2000))
        np.testing.assert_allclose(draws.objective, more.objective, rtol=1e-9)

    def test_where_a_parameter_vanished_its_logarithm_is_infinite_and_nothing_warns(self) -> None:
        draws = sl.bootstrap(sl.fit(sl.read_dataset("sweep"), starts="projected"), 60)
        assert (draws.of("E") == 0).mean() > 0.05
        assert draws.interval("log_E").low == -np.inf
        assert np.isnan(draws.stderr("log_E"))

    def test_without_noise_intervals_have_no_width(self) -> None:
        N, D = isoflops(BUDGETS, SIZES)
        draws = sl.bootstrap(sl.fit(sweep(N, D), starts="projected"), 50)
        for kind in ("percentile", "basic", "normal", "bca"):
            np.testing.assert_allclose(draws.interval("alpha", kind=kind), TRUTH.alpha, rtol=1e-9)
        assert not draws.moves("alpha")

    def test_a_constant_does_not_move(self, fit: sl.Fit) -> None:
        draws = sl.bootstrap(fit, 5)
        assert draws.moves("alpha")
        assert not draws.moves(lambda p: p.alpha / p.alpha)

    def test_constant_weights_change_nothing(self, fit: sl.Fit) -> None:
        N, D = isoflops(BUDGETS, SIZES)
        noise = normal(len(N), 0.01)
        weighted = sl.fit(sweep(N, D, noise=noise, weight=np.full(len(N), 3.0)), starts="projected")
        np.testing.assert_allclose(sl.bootstrap(weighted, 20).params, sl.bootstrap(fit, 20).params, rtol=1e-9)

    def test_a_lost_replicate_is_counted_and_left_out(self, fit: sl.Fit) -> None:
        draws = sl.bootstrap(fit, 50)
        status = draws.status.copy()
        status[3] = Status.DIVERGED
        params = fit.law.Params(*(np.where(np.arange(50) == 3, np.nan, leaf) for leaf in draws.params))
        lost = replace(draws, status=status, params=params)
        assert np.isfinite(lost.interval("alpha")).all()
        assert "1 failed" in str(lost)


def test_the_jackknife_is_refits_with_a_run_left_out(fit: sl.Fit) -> None:
    draws = sl.jackknife(fit)
    table = fit.runs.to_frame()
    for i in (0, 17, len(table) - 1):
        alone = sl.fit(sl.Runs.from_frame(table.drop(index=i).reset_index(drop=True)), starts="projected")
        np.testing.assert_allclose([leaf[i] for leaf in draws.params], alone.params, rtol=1e-6)


class TestRefusals:
    @pytest.mark.parametrize(
        ("keywords", "message"),
        [
            ({"scheme": "pears"}, "scheme must be one of .*did you mean 'pairs'"),
            ({"scheme": "cluster"}, "groups must come from a column, and none was named"),
            ({"scheme": "pairs", "by": "N"}, "`by` must go with a scheme of groups"),
            ({"scheme": "cluster", "by": np.zeros(48)}, "groups must be at least 2 to be resampled, got 1"),
            ({"scheme": "cluster", "by": [1, 2]}, "one label a run \\(48\\), got 2"),
            ({"seed": 2**32}, "seed must be below"),
            ({"replicates": 1}, "replicates must be a whole number of at least 2"),
            ({"scheme": "subsample", "share": 1.5}, "share must be a number between 0 and 1"),
            ({"scheme": "subsample", "share": 0.01}, "which keeps 0"),
        ],
    )
    def test_of_a_bootstrap(self, fit: sl.Fit, keywords: dict[str, Any], message: str) -> None:
        with pytest.raises(BadInput, match=message):
            sl.bootstrap(fit, **{"replicates": 10, **keywords})

    @pytest.mark.parametrize(
        ("keywords", "message"),
        [
            ({"level": 95}, "level must be a number between 0 and 1"),
            ({"kind": "exact"}, "kind must be one of"),
            ({"function": "gamma"}, "function must be one of"),
        ],
    )
    def test_of_an_interval(self, fit: sl.Fit, keywords: dict[str, Any], message: str) -> None:
        with pytest.raises(BadInput, match=message):
            sl.bootstrap(fit, 10).interval(**{"function": "alpha", **keywords})


def test_losses_of_the_surface_are_the_laws(fit: sl.Fit) -> None:
    """Predictions carry intervals that hold the truth at the middle of the design."""
    draws = sl.bootstrap(fit, 400)
    low, high = draws.interval(lambda p: p.E + p.A * 1e9**-p.alpha + p.B * 2e10**-p.beta)
    assert low < losses(TRUTH, np.array(1e9), np.array(2e10)) < high
