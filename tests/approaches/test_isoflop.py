"""Approach 2: published optima and exponents, the bias of a design, refusals by name, resamples against loops."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from porian import WAYS, experiments
from resamples import drawn
from scalelaw import BadInput
from scalelaw.approaches.frontier import line, power_law
from surfaces import TRUTH, isoflops, losses, normal, sweep

TRUE_A = 0.36 / 0.70
"""Of `cs336_isoflops.csv`, whose surface is known."""


@pytest.fixture(scope="module")
def cs336_fit(cs336_runs: sl.Runs) -> sl.Fit:
    return sl.fit(cs336_runs, starts="projected")


def noisy(size: float = 0.003, budgets: int = 6, sizes: int = 9) -> sl.Runs:
    N, D = isoflops(budgets, sizes)
    return sweep(N, D, noise=normal(len(N), size))


class TestPorian:
    """Porian et al. 2024, arXiv:2406.19146: their optima and their exponents."""

    def test_exponents_follow_from_the_published_optima(self, shared_data: Path) -> None:
        optima = pd.read_csv(shared_data / "porian_optima_published.csv").dropna()
        fits = pd.read_csv(shared_data / "porian_fits_published.csv").set_index("experiment")
        for name, own in optima.groupby("experiment"):
            C, sd = own["budget"].to_numpy(), own["n_star_std"].to_numpy()
            N, D = own["n_star"].to_numpy(), own["t_star"].to_numpy()
            laws = {
                "basic.n": power_law(C, N),
                "weighted.n": power_law(C, N, 1 / sd**2),
                "basic.t": power_law(C, D),
            }
            for label, law in laws.items():
                assert law.exponent == pytest.approx(fits.loc[name, f"{label}_exponent"], rel=1e-12)
                assert law.coefficient == pytest.approx(fits.loc[name, f"{label}_coef"], rel=1e-9)
        assert optima["experiment"].nunique() == 15

    def test_optima_follow_from_the_runs_within_their_published_sd(self, shared_data: Path) -> None:
        table = pd.read_csv(shared_data / "porian_isoflop.csv")
        published = pd.read_csv(shared_data / "porian_optima_published.csv").set_index(
            ["experiment", "budget"]
        )
        compared, refused = 0, []
        for name, own in table.groupby("experiment"):
            runs = sl.Runs.from_frame(own, N="params", D="tokens", C="budget", L="loss")
            found = sl.isoflop(runs, method="akima", noise=0.005, tolerance=0.01).to_frame()
            for C, N in found[["C", "N"]].itertuples(index=False):
                theirs = published.loc[(name, C)]
                if np.isfinite(theirs.n_star) and np.isfinite(N):
                    assert abs(np.log(N / theirs.n_star)) < theirs.n_star_std
                    compared += 1
                elif np.isfinite(theirs.n_star):
                    refused.append(found.loc[found["C"] == C, "refused_N"].item())
                else:
                    assert np.isnan(N)
        assert compared == 171
        # The two whose lowest run is their smallest.
        assert len(refused) == 2
        assert all(
            reason.startswith("not bracketed: the lowest loss is at the smallest") for reason in refused
        )

    @pytest.mark.slow
    def test_exponents_lie_in_the_intervals_of_the_default_and_of_their_method(
        self, shared_data: Path
    ) -> None:
        for made in experiments(shared_data, 400):
            for way in WAYS:
                assert made[way]["budgets"] == made["budgets run"]
                assert made[way]["low"] < made["published"] < made[way]["high"]


class TestBias:
    def test_of_cs336_is_shown_and_taken_off(self, cs336_runs: sl.Runs, cs336_fit: sl.Fit) -> None:
        found = sl.isoflop(cs336_runs, method="parabola")
        bias = found.bias(cs336_fit)
        assert found.N.exponent - TRUE_A == pytest.approx(2.9377e-4, abs=1e-7)
        assert bias.a == pytest.approx(found.N.exponent - TRUE_A, abs=1e-7)
        corrected = found.corrected(cs336_fit)
        assert corrected.N.exponent == pytest.approx(TRUE_A, abs=1e-8)
        assert corrected.D.exponent == pytest.approx(1 - TRUE_A, abs=1e-8)
        assert corrected.correction is not None
        best = sl.allocate(cs336_fit, C="1e24")
        assert corrected.N.at(1e24) == pytest.approx(best.N, rel=1e-6)
        assert found.N.at(1e24) == pytest.approx(best.N, rel=0.02)
        assert found.N.at(1e24) != pytest.approx(best.N, rel=0.005)

    @pytest.mark.parametrize("method", ["shared", "local"])
    def test_profiles_of_the_right_form_have_none(self, method: str, cs336_runs: sl.Runs) -> None:
        assert sl.isoflop(cs336_runs, method=method).N.exponent == pytest.approx(TRUE_A, abs=1e-8)

    @pytest.mark.parametrize(("alpha", "beta", "error"), [(0.34, 0.28, -5.10), (0.465, 0.155, -23.12)])
    def test_of_wide_grids_is_corrected(self, alpha: float, beta: float, error: float) -> None:
        """arXiv:2603.22339: five budgets, 15 sizes within a factor 16, D* at 1e24."""
        truth = TRUTH._replace(E=1.69, A=406.4, B=410.7, alpha=alpha, beta=beta)
        C = np.geomspace(1e17, 1e21, 5)
        G = (alpha * 406.4 / beta / 410.7) ** (1 / (alpha + beta))
        best = (C / 6) ** (alpha / (alpha + beta)) / G
        D = (best[:, None] * np.geomspace(1 / 16, 16, 15)).ravel()
        N = np.repeat(C, 15) / 6 / D
        runs = sweep(N, D, truth)
        found = sl.isoflop(runs, method="parabola")
        exact = (1e24 / 6) ** (alpha / (alpha + beta)) / G
        assert 100 * (found.D.at(1e24) / exact - 1) == pytest.approx(error, abs=0.005)
        fit = sl.fit(runs, starts="projected")
        assert 100 * (found.corrected(fit).D.at(1e24) / exact - 1) == pytest.approx(0, abs=0.05)

    def test_knows_that_compute_need_not_be_6ND(self, cs336_runs: sl.Runs, cs336_fit: sl.Fit) -> None:
        """At C = 7 N D a budget buys less: N* and D* at C are those of 6 C / 7."""
        table = cs336_runs.to_frame()[["N", "D", "L"]].assign(C=lambda own: 7 * own["N"] * own["D"])
        found = sl.isoflop(sl.Runs.from_frame(table, N="N", D="D", C="C", L="L", flops="given"))
        best = sl.allocate(cs336_fit, C=6e24 / 7)
        assert found.corrected(cs336_fit).N.at(1e24) == pytest.approx(best.N, rel=1e-6)

    def test_of_a_law_without_an_optimum_is_refused(self, cs336_runs: sl.Runs) -> None:
        fit = sl.fit(cs336_runs, sl.laws.power_N, starts="projected")
        with pytest.raises(BadInput, match="law must be of N and D, for between these two a budget"):
            sl.isoflop(cs336_runs).bias(fit)


class TestRefusals:
    def test_are_listed_by_name_and_used_in_nothing(self) -> None:
        N, D = isoflops(6, 9)
        C = 6 * N * D
        budgets = np.unique(np.round(np.log(C), 6))
        rank = np.searchsorted(budgets, np.round(np.log(C), 6))
        L = losses(TRUTH, N, D)
        hill = rank == 1
        L[hill] = 6 - L[hill]
        place = np.arange(len(N)) % 9
        kept = ~((rank == 0) & (place > 1)) & ~((rank == 5) & (place > 3))
        table = pd.DataFrame({"N": N, "D": D, "L": L})[kept]
        found = sl.isoflop(sl.Runs.from_frame(table, N="N", D="D", L="L"))
        reasons = found.by_N.refused
        assert reasons[0] == "2 of the 3 different sizes that a shared fit needs"
        assert reasons[1] == "its shared fit opens downward"
        assert reasons[5].startswith(
            ("the minimum lies at the edge of, or outside, the sizes trained", "not bracketed")
        )
        assert reasons[2:5] == ("", "", "")
        assert found.N.points == found.weighted.D.points == 3
        alone = sl.isoflop(sl.Runs.from_frame(table[rank[kept] % 5 > 1], N="N", D="D", L="L"))
        assert found.N.exponent == pytest.approx(alone.N.exponent, rel=1e-9)
        assert found.refused_profiles["reason"].str.len().gt(0).all()
        assert len(found.refused_profiles) == 6
        assert "refused, and used in nothing above" in str(found)

    def test_a_profile_whose_lowest_run_is_at_its_end_is_not_bracketed(self) -> None:
        N, D = isoflops(4, 7)
        L = losses(TRUTH, N, D)
        L[0] = L[:7].min() - 0.001
        found = sl.isoflop(sl.Runs.from_frame(pd.DataFrame({"N": N, "D": D, "L": L}), N="N", D="D", L="L"))
        assert found.by_N.refused[0].startswith(
            "not bracketed: the lowest loss is at the smallest of the sizes"
        )

    def test_a_single_budget_is_refused_in_a_sentence(self) -> None:
        N, D = isoflops(1, 9)
        with pytest.raises(BadInput, match="budgets must be at least 2 for a power law, got 1"):
            sl.isoflop(sweep(N, D))

    def test_budgets_of_one_run_are_refused_in_a_sentence(self) -> None:
        N, D = isoflops(5, 1)
        with pytest.raises(
            BadInput, match="must be at least 2, got 0 of 5 budgets; .* 1 of the 3 different sizes"
        ):
            sl.isoflop(sweep(N, D))

    @pytest.mark.parametrize(
        ("keywords", "message"),
        [
            ({"method": "parabol"}, "method must be one of .*did you mean 'parabola'"),
            ({"tolerance": -0.1}, "tolerance must be a share from 0 to below 1"),
            ({"budgets": [1e20, 1e20]}, "budgets must be different from each other, got 1e20 twice"),
            ({"budgets": []}, "budgets must be at least one"),
            ({"noise": -1}, "noise must be a standard deviation of at least 0"),
        ],
    )
    def test_bad_choices(self, keywords: dict[str, object], message: str) -> None:
        with pytest.raises(BadInput, match=message):
            sl.isoflop(noisy(), **keywords)  # type: ignore[arg-type]


class TestResamples:
    def test_noise_is_that_of_the_losses(self) -> None:
        runs = noisy(0.003, budgets=12, sizes=15)
        assert sl.isoflop(runs, method="local").noise == pytest.approx(0.003 * runs.L.mean(), rel=0.15)

    @pytest.mark.parametrize("scheme", ["parametric", "stratified"])
    @pytest.mark.parametrize("method", ["shared", "local", "parabola", "cubic", "akima"])
    def test_replicate_i_is_the_same_whatever_their_number(self, scheme: str, method: str) -> None:
        found = sl.isoflop(noisy(), method=method)
        many, few = (sl.bootstrap(found, count, 7, scheme=scheme) for count in (40, 10))
        np.testing.assert_allclose(many.params.a[:10], few.params.a, rtol=1e-6)

    def test_runs_within_budgets_are_a_loop_over_resampled_tables(self) -> None:
        """Each replicate again, slowly: numpy.polyfit over the runs that were drawn, budget by budget."""
        runs = noisy()
        found = sl.isoflop(runs, method="parabola")
        draws = sl.bootstrap(found, 25, 3, scheme="stratified")
        lacking = []
        for replicate in range(25):
            best = []
            for budget in range(6):
                counts = drawn(draws, replicate).weight * (found.budgets.code == budget)
                assert counts.sum() == 9
                rows = np.repeat(np.arange(len(runs)), counts.astype(int))
                x = np.log(runs.N[rows])
                c, b, a = np.polynomial.Polynomial.fit(x - x.mean(), runs.L[rows], 2).convert().coef
                del c
                at = x.mean() - b / (2 * a)
                best.append(at if a > 0 and x.min() < at < x.max() else np.nan)
            kept = np.isfinite(best)
            lacking.append(not kept.all())
            slope = np.polyfit(np.log(found.budgets.C)[kept], np.array(best)[kept], 1)[0]
            assert draws.params.a[replicate] == pytest.approx(slope, rel=1e-9)
        assert 0 < sum(lacking) < 25
        np.testing.assert_array_equal(draws.changed, lacking)
        ends = f"0 without a frontier count in no interval, {sum(lacking)} lack the minimum of some profile"
        assert draws.counts().endswith(ends)

    def test_noise_and_refit_is_a_loop_over_noisy_losses(self) -> None:
        runs = noisy()
        found = sl.isoflop(runs, noise=0.01)
        draws = sl.bootstrap(found, 10, 5)
        for replicate in range(10):
            table = pd.DataFrame({"N": runs.N, "D": runs.D, "L": drawn(draws, replicate).target})
            assert np.std(table.L - runs.L) == pytest.approx(0.01, rel=0.3)
            again = sl.isoflop(sl.Runs.from_frame(table, N="N", D="D", L="L"), noise=0.01)
            if not len(again.refused_profiles):
                assert draws.params.a[replicate] == pytest.approx(again.N.exponent, rel=1e-9)
                assert draws.params.log_kL[replicate] == pytest.approx(again.L.log_coefficient, rel=1e-9)

    def test_intervals_hold_the_truth_and_know_budgets(self) -> None:
        found = sl.isoflop(noisy(), method="local")
        draws = sl.bootstrap(found, 400)
        low, high = draws.interval("a")
        assert low < TRUTH.beta / (TRUTH.alpha + TRUTH.beta) < high
        ratio = sl.frontier_quantity("tokens_per_parameter", "1e23")
        low, high = draws.interval(ratio)
        assert low < draws.estimate(ratio) < high
        assert draws.estimate(ratio) == pytest.approx(found.D.at(1e23) / found.N.at(1e23), rel=1e-12)
        compute = sl.frontier_quantity("C", N="70B")
        assert found.N.at(float(draws.estimate(compute))) == pytest.approx(7e10, rel=1e-12)
        assert draws.table(["a", ratio])["name"].tolist() == ["a", "tokens_per_parameter"]
        with pytest.raises(BadInput, match="C must be given with 'N'"):
            sl.frontier_quantity("N")

    def test_equal_quantities_are_one_function(self) -> None:
        assert sl.frontier_quantity("N", "1e23") == sl.frontier_quantity("N", C=1e23)
        assert hash(sl.frontier_quantity("N", "1e23")) == hash(sl.frontier_quantity("N", C=1e23))

    @pytest.mark.parametrize("method", ["cubic", "shared"])
    def test_bca_of_a_smooth_method_takes_runs_out_one_by_one(self, method: str) -> None:
        draws = sl.bootstrap(sl.isoflop(noisy(), method=method), 400, scheme="stratified")
        low, high = draws.interval("a", kind="bca")
        assert (low, high) == pytest.approx(draws.interval("a"), abs=0.03)
        assert low < draws.estimate("a") < high
        left_out = sl.jackknife(draws.fit)
        one = sl.isoflop(draws.fit.runs.taken(np.arange(1, 54)), method=method, noise=draws.fit.noise)
        assert left_out.params.a[0] == pytest.approx(one.N.exponent, rel=1e-8)

    @pytest.mark.parametrize(
        ("method", "scheme", "kind", "reason"),
        [
            ("parabola", "wild", "percentile", "'wild', which takes what is left about the profiles' curves"),
            ("akima", "bayesian", "percentile", "'bayesian', which only weighs runs, and a curve by 'akima'"),
            ("akima", "stratified", "bca", "'bca', which needs an estimate that is smooth in the weights"),
            ("local", "stratified", "studentized", "'studentized', which needs a standard error of each"),
            ("shared", "stratified", "studentized", "'studentized', which needs a standard error of each"),
        ],
    )
    def test_what_does_not_hold_is_refused(self, method: str, scheme: str, kind: str, reason: str) -> None:
        with pytest.raises(BadInput, match=reason):
            sl.bootstrap(sl.isoflop(noisy(), method=method), 9, scheme=scheme).interval("a", kind=kind)

    def test_three_sizes_a_budget_are_too_few_to_share_exponents(self) -> None:
        N, D = isoflops(5, 3)
        with pytest.raises(
            BadInput, match="3 sizes, and the budgets have too few in all .*: take the parabola"
        ):
            sl.isoflop(sweep(N, D))

    def test_noise_that_nothing_says_is_asked_for(self) -> None:
        N, D = isoflops(5, 3)
        found = sl.isoflop(sweep(N, D), method="parabola")
        with pytest.raises(
            BadInput, match="'parametric', which needs the noise of a loss, and nothing says it"
        ):
            sl.bootstrap(found, 9)

    def test_inverse_variance_weights_are_those_of_the_weighted_law(self) -> None:
        found = sl.isoflop(noisy(0.01), weights="inverse-variance")
        assert found.params.a == found.weighted.N.exponent
        draws = sl.bootstrap(found, 400)
        plain = sl.bootstrap(sl.isoflop(noisy(0.01)), 400)
        assert draws.stderr("a") < plain.stderr("a")
        assert draws.of("a").mean() == pytest.approx(found.weighted.N.exponent, abs=2 * draws.stderr("a"))

    def test_draws_of_a_corrected_frontier_are_about_it(self, cs336_runs: sl.Runs, cs336_fit: sl.Fit) -> None:
        found = sl.isoflop(cs336_runs, noise=1e-6).corrected(cs336_fit)
        draws = sl.bootstrap(found, 50)
        for name in draws.names:
            assert draws.of(name).mean() == pytest.approx(draws.estimate(name), abs=5 * draws.stderr(name))

    def test_resamples_of_a_corrected_frontier_measure_the_bias_again(self) -> None:
        """Replicate 3 is the corrected frontier of its redrawn table; held, the bias of all runs is taken off."""
        runs = noisy(0.005)
        fit, plain = sl.fit(runs, starts="projected"), sl.isoflop(runs, method="parabola")
        found = plain.corrected(fit)
        draws = sl.bootstrap(found, 4, scheme="stratified")
        again = runs.taken(np.repeat(np.arange(len(runs)), drawn(draws, 3).weight.astype(int)))
        refit = sl.isoflop(again, method="parabola").corrected(sl.fit(again, starts="projected"))
        assert draws.params.a[3] == pytest.approx(refit.params.a, rel=1e-6)
        held = plain.subtract(sl.isoflop(runs, method="parabola").bias(fit)._replace(surface=None))
        assert sl.bootstrap(held, 4, scheme="stratified").params.a[3] != draws.params.a[3]
        assert held.params == found.params

    def test_a_surface_of_other_runs_is_held(self, cs336_fit: sl.Fit) -> None:
        found = sl.isoflop(noisy(), method="parabola").corrected(cs336_fit)
        assert found.correction is not None
        assert found.correction.surface is None

    def test_document_makes_it_again(self, cs336_runs: sl.Runs, cs336_fit: sl.Fit) -> None:
        plain = sl.isoflop(noisy(), method="cubic", weights="inverse-variance")
        given = sl.isoflop(
            cs336_runs, budgets=np.unique(cs336_runs.inputs("C")["C"])[:4].tolist(), tolerance=0.01
        )
        for found in (plain, given, given.corrected(cs336_fit)):
            again = sl.IsoFLOP.restored(json.loads(json.dumps(found.document())))
            assert again.params == found.params
            assert again.document() == found.document()

    def test_the_sd_of_a_minimum_is_the_spread_over_repeated_experiments(self) -> None:
        N, D = isoflops(3, 9)
        sds, minima = [], []
        for seed in range(150):
            additive = np.log1p(normal(len(N), 0.004, seed) / losses(TRUTH, N, D))
            found = sl.isoflop(sweep(N, D, noise=additive), method="cubic")
            sds.append(found.by_N.sd)
            minima.append(np.log(found.by_N.best))
        np.testing.assert_allclose(np.nanmean(sds, axis=0), np.nanstd(minima, axis=0), rtol=0.3)

    def test_weights_are_one_over_the_variance_of_the_minima(self) -> None:
        found = sl.isoflop(noisy(0.01))
        good = found.by_N.used
        x, y, sd = np.log(found.budgets.C)[good], np.log(found.by_N.best)[good], found.by_N.sd[good]
        assert found.weighted.N.exponent == pytest.approx(np.polyfit(x, y, 1, w=1 / sd)[0], rel=1e-9)


def test_lines_with_missing_points_are_those_without_them() -> None:
    x = np.arange(5.0)
    y = np.array([[1.0, np.nan, 3, 3.5, 6], [np.nan, np.nan, np.nan, np.nan, 1]])
    found = line(x, y, np.isfinite(y).astype(float))
    slope, intercept = np.polyfit(x[[0, 2, 3, 4]], y[0, [0, 2, 3, 4]], 1)
    assert found.slope[0] == pytest.approx(slope)
    assert found.intercept[0] == pytest.approx(intercept)
    assert np.isnan(found.slope[1])


def test_by_N_and_by_D_are_one_where_C_is_6ND() -> None:
    found = sl.isoflop(noisy())
    np.testing.assert_allclose(6 * found.by_N.best * found.by_D.best, found.budgets.C, rtol=1e-9)
    assert found.N.exponent + found.D.exponent == pytest.approx(1)


def test_says_the_exponents_that_profiles_share_and_where_a_bound_holds_one() -> None:
    N, D = isoflops(6, 9)
    assert "exponents of the profiles alpha 0.35, beta 0.37\n" in str(sl.isoflop(sweep(N, D)))
    budget = 6 * N * D
    steep = 2 + (N / np.sqrt(budget / 120)) ** 3 + (np.sqrt(budget / 120) / N) ** 0.4
    runs = sl.Runs.from_frame(pd.DataFrame({"N": N, "D": D, "L": steep}))
    said = "alpha 0.05, beta 2; alpha and beta at a bound: the profiles do not determine them"
    assert said in str(sl.isoflop(runs))
    assert "exponents of the profiles" not in str(sl.isoflop(sweep(N, D), method="parabola"))
