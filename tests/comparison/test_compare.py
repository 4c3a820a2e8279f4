"""All approaches over the same resamples: noise-free truth, a slow loop, who is left out and why, real runs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares

import scalelaw as sl
from resamples import drawn
from scalelaw import BadInput
from surfaces import TRUTH, isoflops, losses, normal, sweep

A = TRUTH.beta / (TRUTH.alpha + TRUTH.beta)
PROFILES, LAW, CURVES = "2: IsoFLOP profiles", "3: parametric law", "1: training curves"
CORRECTED = "2: IsoFLOP profiles, corrected"


def curves(noise: float = 0.0) -> sl.Runs:
    """Twelve sizes, twenty points of each."""
    N = np.repeat(np.geomspace(3e7, 3e9, 12), 20)
    D = N * np.tile(np.geomspace(1, 300, 20), 12)
    own = np.repeat(np.random.default_rng(2).standard_normal(12), 20)
    L = losses(TRUTH, N, D) * np.exp(noise * own)
    table = pd.DataFrame({"N": N, "D": D, "L": L, "run": np.repeat(np.arange(12), 20)})
    return sl.Runs.from_frame(table, N="N", D="D", L="L", group="run", source="curves")


@pytest.fixture(scope="module")
def profiled() -> sl.Comparison:
    N, D = isoflops(6, 9)
    fit = sl.fit(sweep(N, D, noise=normal(len(N), 0.004)), starts="projected")
    return sl.compare(fit, budgets=["1e22", 1e24], replicates=400, profiles="local")


@pytest.fixture(scope="module")
def trained() -> sl.Comparison:
    return sl.compare(sl.fit(curves(0.003), starts="projected"), budgets=1e22, replicates=300)


def value(table: pd.DataFrame, source: str, name: str) -> pd.Series:
    (row,) = [row for _, row in table.iterrows() if (row.source, row["name"]) == (source, name)]
    return row


def test_profiles_allow_approaches_2_and_3(profiled: sl.Comparison) -> None:
    assert [approach.name for approach in profiled.approaches] == [PROFILES, LAW]
    assert list(profiled.missing) == [CURVES]
    assert "the column that names the run of each row" in profiled.missing[CURVES]
    for source in (PROFILES, LAW):
        row = value(profiled.exponents, source, "a")
        assert row.low < A < row.high


@pytest.mark.slow
def test_how_flat_by_profiles_and_by_the_law(profiled: sl.Comparison) -> None:
    flat = profiled.flat
    profiles, law = flat.iloc[0], flat.iloc[1]
    assert (profiles.source, law.source) == (PROFILES, LAW)
    assert profiles.C == law.C == profiled.isoflop.budgets.C[-1]  # type: ignore[union-attr]
    assert flat.C[2:].tolist() == [1e24]
    assert law.N_least_low < law.N_least < law.N_least_high < law.N < law.N_most
    assert profiles.N_least == pytest.approx(law.N_least, rel=0.2)
    assert "Sizes whose loss is within 1 % of the best of their budget" in profiled.text()
    assert len(profiled.to_dict()["flat"]) == len(flat)


def test_curves_allow_approaches_1_and_3(trained: sl.Comparison) -> None:
    assert [approach.name for approach in trained.approaches] == [CURVES, LAW]
    assert "budgets" in trained.missing[PROFILES]
    assert "12 groups drawn with replacement" in trained.resamples


def test_the_law_answers_as_its_closed_forms(profiled: sl.Comparison) -> None:
    params, C = profiled.fit.params, 1e24
    a = params.beta / (params.alpha + params.beta)
    assert value(profiled.exponents, LAW, "a").value == pytest.approx(a, rel=1e-12)
    best = sl.allocate(profiled.fit, C=C)
    at = profiled.best[(profiled.best.C == C) & (profiled.best.source == LAW)].set_index("name").value
    assert at["N"] == pytest.approx(best.N, rel=1e-12)
    assert at["tokens_per_parameter"] == pytest.approx(best.tokens_per_parameter, rel=1e-12)
    sized = profiled.sizes("70B")
    of = sized[sized.source == LAW].set_index("name").value
    assert sl.allocate(profiled.fit, C=of["C"]).N == pytest.approx(7e10, rel=1e-9)


def test_power_laws_answer_as_approach_2_alone(profiled: sl.Comparison) -> None:
    assert profiled.isoflop is not None
    row = value(profiled.best[profiled.best.C == 1e22], PROFILES, "N")
    assert row.value == pytest.approx(float(profiled.isoflop.N.at(1e22)), rel=1e-12)
    sized = profiled.sizes(7e10)
    C = value(sized, PROFILES, "C").value
    assert float(profiled.isoflop.N.at(C)) == pytest.approx(7e10, rel=1e-9)


def test_every_approach_sees_the_same_resamples(profiled: sl.Comparison) -> None:
    """Replicate 7 of either approach is what fitting its redrawn table gives."""
    fit, found = profiled.fit, profiled.isoflop
    assert found is not None
    approach_2, approach_3 = (each.draws for each in profiled.approaches)
    counts = drawn(approach_2, 7).weight.astype(int)
    np.testing.assert_array_equal(counts, drawn(approach_3, 7).weight)
    again = fit.runs.taken(np.repeat(np.arange(len(fit.runs)), counts))
    refit = sl.fit(again, starts="projected").params
    assert approach_3.params.alpha[7] == pytest.approx(refit.alpha, rel=1e-6)
    profiles = sl.isoflop(again, method="local", noise=found.noise)
    assert approach_2.params.a[7] == pytest.approx(profiles.N.exponent, rel=1e-9)


def test_envelopes_see_the_same_resamples(trained: sl.Comparison) -> None:
    approach_1, approach_3 = (each.draws for each in trained.approaches)
    counts = drawn(approach_1, 4).weight
    np.testing.assert_array_equal(counts, drawn(approach_3, 4).weight)
    again = sl.envelope(trained.fit.runs.taken(np.flatnonzero(counts)))
    assert approach_1.params.a[4] == pytest.approx(again.N.exponent, rel=0.01)


def test_agreement_on_a_surface_that_all_approaches_see(profiled: sl.Comparison) -> None:
    tests = profiled.agreement
    assert list(tests.name) == ["a", "N", "N"]
    assert (tests.p > 0.05).all()
    assert (tests.low < tests.value).all()
    assert (tests.value < tests.high).all()


def test_agreement_is_said_only_where_a_difference_that_matters_would_have_been_seen(
    profiled: sl.Comparison,
) -> None:
    """Profiles with exponents of their own know less than those that share them, of the same runs."""
    shared = sl.compare(profiled.fit, budgets=["1e22", 1e24], replicates=400)
    for found, outcome in ((profiled, "cannot tell"), (shared, "agree")):
        tests = found.agreement
        np.testing.assert_array_equal(tests.agree, tests.seen <= tests.matters)
        assert (tests.p > 0.9).all()
        assert set(tests.outcome) == {outcome}
        reach = f"a factor {tests.seen.iloc[2]:.3g} in N* at 1e24 or more would have been seen"
        assert reach in found.verdict
        assert f"seen from {tests.seen.iloc[0]:.3g}: {outcome}" in str(found)
    assert profiled.verdict.startswith("it CANNOT BE TOLD whether the approaches agree")
    assert shared.verdict.startswith("the approaches agree: no test of a or N* speaks against it")
    assert (shared.agreement.seen < profiled.agreement.seen).all()


def test_the_bias_of_the_design_stands_beside_the_profiles(profiled: sl.Comparison) -> None:
    assert profiled.bias is not None
    assert abs(profiled.bias.a) < 1e-9
    assert "local; no bias of this design by 'chinchilla' but rounding" in profiled.approaches[0].words
    assert profiled.to_dict()["bias"]["a"] == profiled.bias.a
    assert profiled.tested == profiled.approaches


def test_a_bias_of_the_design_is_no_disagreement() -> None:
    """Parabolas through wide grids of Hoffmann's surface: N* is off by more than its noise."""
    surface = TRUTH._replace(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
    C = np.repeat(np.geomspace(1e18, 1e22, 6), 9)
    N = np.asarray(sl.laws.chinchilla.optimum(surface, C).N) * np.tile(np.geomspace(1 / 16, 16, 9), 6)
    fit = sl.fit(sweep(N, C / (6 * N), surface, noise=normal(len(N), 0.0005)), starts="projected")
    found = sl.compare(fit, budgets=["1e22", 1e24], replicates=400, profiles="parabola")
    assert [each.name for each in found.tested] == [CORRECTED, LAW]
    assert (found.agreement.p > 0.05).all()
    assert "times half an interval: taken off for the tests" in found.approaches[0].words
    raw = tuple(replace(each, tested=each.name != CORRECTED) for each in found.approaches)
    uncorrected = replace(found, approaches=raw)
    assert uncorrected.agreement.outcome[1] == "differ"
    assert uncorrected.verdict.startswith("the approaches DIFFER")
    at, exact = found.best[found.best.C == 1e22], float(sl.laws.chinchilla.optimum(surface, 1e22).N)
    off, left = (abs(np.log(value(at, name, "N").value / exact)) for name in (PROFILES, CORRECTED))
    assert left < off / 2


def test_all_intervals_are_of_one_kind(profiled: sl.Comparison, trained: sl.Comparison) -> None:
    """BCa where each approach allows it; an envelope does not."""
    assert {each.kind for each in profiled.approaches} == {"bca"}
    assert {each.kind for each in trained.approaches} == {"percentile"}
    assert "bca" not in trained.approaches[0].draws.kinds


@pytest.mark.slow
def test_disagreement_where_the_law_is_tied_to_what_is_not_so() -> None:
    """Profiles of a surface with a = 1/4, and a law that was told alpha = beta, a = 1/2."""
    lopsided = TRUTH._replace(A=406.4, B=410.7, alpha=0.465, beta=0.155)
    C = np.repeat(np.geomspace(1e18, 1e22, 6), 9)
    best = np.asarray(sl.laws.chinchilla.optimum(lopsided, C).N)
    N = best * np.tile(np.geomspace(0.25, 4, 9), 6)
    runs = sweep(N, C / (6 * N), lopsided, noise=normal(len(N), 0.002))
    tied = sl.fit(runs, starts="projected", tie={"beta": "alpha"})
    found = sl.compare(tied, budgets=1e24, replicates=200)
    assert value(found.exponents, LAW, "a").value == pytest.approx(0.5, abs=1e-12)
    assert (found.agreement.outcome == "differ").all()
    assert "the approaches DIFFER beyond their noise: 2: IsoFLOP profiles and 3" in found.verdict


@pytest.mark.slow
def test_one_approach_has_nothing_to_agree_with() -> None:
    rng = np.random.default_rng(0)
    N, D = 10 ** rng.uniform(8, 10, 30), 10 ** rng.uniform(9.5, 11.5, 30)
    found = sl.compare(sl.fit(sweep(N, D, noise=normal(30, 0.003)), starts="projected"), replicates=100)
    assert [approach.name for approach in found.approaches] == [LAW]
    assert "nothing to agree with" in str(found)
    assert "agreement" not in found.to_dict()


def test_too_few_resamples_to_differ_are_no_agreement(profiled: sl.Comparison) -> None:
    """A test at 95 % can say no with 20 resamples, at 99.9 % with 1,000; never with fewer than 100."""
    strict = replace(profiled, level=0.999)
    assert strict.agreement.p.isna().all()
    assert strict.verdict == (
        "too few resamples have an answer of every approach (1000 are needed): not tested"
    )
    assert "not tested" in str(strict)


def test_seeds_and_counts(profiled: sl.Comparison) -> None:
    again = sl.compare(profiled.fit, budgets=["1e22", 1e24], replicates=400, profiles="local")
    pd.testing.assert_frame_equal(again.exponents, profiled.exponents)
    pd.testing.assert_frame_equal(again.agreement, profiled.agreement)


def test_bad_input(profiled: sl.Comparison) -> None:
    with pytest.raises(BadInput, match="replicates must be a whole number of at least 2, got 1"):
        sl.compare(profiled.fit, replicates=1)
    with pytest.raises(BadInput, match="budgets must be a positive finite number, got -1.0"):
        sl.compare(profiled.fit, budgets=-1.0, replicates=2)
    with pytest.raises(BadInput, match="curves must be one of 'lowest', 'hull', got 'highest'"):
        sl.compare(profiled.fit, curves="highest")
    with pytest.raises(
        BadInput,
        match="profiles must be one of 'shared', 'local', 'parabola', 'cubic', 'akima', got 'quartic'",
    ):
        sl.compare(profiled.fit, profiles="quartic")
    with pytest.raises(BadInput, match="tolerance must be a share from 0 to below 1, like 0.05, got 1.5"):
        sl.compare(profiled.fit, tolerance=1.5)
    law = sl.fit(profiled.fit.runs, sl.laws.kaplan_N)
    with pytest.raises(BadInput, match="of N and D, for between these two a budget"):
        sl.compare(law)


def shared_exponents_by_scipy(found: sl.IsoFLOP) -> np.ndarray:
    """Log N* of every budget: SciPy on E_b + A_b N^-alpha + B_b N^beta, alpha and beta of all budgets."""
    log_N, L = np.log(found.runs.N), found.runs.L
    own = [np.flatnonzero(found.budgets.code == each) for each in range(len(found.budgets.C))]
    middles = [log_N[mine].mean() for mine in own]

    def parts(theta: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        alpha, beta = np.exp(theta)
        designs = [
            np.stack(
                [
                    np.ones(len(mine)),
                    np.exp(-alpha * (log_N[mine] - middle)),
                    np.exp(beta * (log_N[mine] - middle)),
                ],
                1,
            )
            for mine, middle in zip(own, middles, strict=True)
        ]
        return [
            (solved := np.linalg.lstsq(design, L[mine])[0], L[mine] - design @ solved)
            for design, mine in zip(designs, own, strict=True)
        ]

    end = least_squares(
        lambda theta: np.concatenate([left for _, left in parts(theta)]),
        np.log([0.3, 0.3]),
        bounds=(np.log(0.05), np.log(2.0)),
        xtol=1e-14,
        ftol=1e-14,
        gtol=1e-14,
    )
    alpha, beta = np.exp(end.x)
    return np.array(
        [
            middle + np.log(alpha * left / (beta * right)) / (alpha + beta)
            for (_, left, right), middle in zip((part[0] for part in parts(end.x)), middles, strict=True)
        ]
    )


class TestRealRuns:
    """What the approaches say of public runs."""

    @pytest.mark.slow
    def test_the_chinchilla_runs_cannot_tell_profiles_from_the_law(self, shared_data: Path) -> None:
        runs = sl.read_runs(shared_data / "chinchilla_epoch.csv", drop_highest_loss=5)
        profiles = ["6e18", "1e19", "3e19", "6e19", "1e20", "3e20", "6e20", "1e21", "3e21"]
        parabola = sl.isoflop(runs, method="parabola", budgets=profiles, tolerance=0.25)
        assert parabola.N.exponent == pytest.approx(0.5459, abs=1e-3)
        found = sl.compare(
            sl.fit(runs, starts="projected"),
            budgets="5.76e23",
            isoflops=profiles,
            tolerance=0.25,
            replicates=400,
        )
        assert found.isoflop is not None
        used = found.isoflop.by_N.used
        best = shared_exponents_by_scipy(found.isoflop)[used]
        slope = np.polyfit(np.log(found.isoflop.budgets.C[used]), best, 1)[0]
        assert value(found.exponents, LAW, "a").value == pytest.approx(0.51390, abs=1e-4)
        assert value(found.exponents, PROFILES, "a").value == pytest.approx(slope, abs=1e-6)
        # Budgets of +-25 % are no budgets of one C: that, and no method, is the bias here.
        assert [each.name for each in found.tested] == [CORRECTED, LAW]
        assert found.bias is not None
        moved = slope - value(found.exponents, CORRECTED, "a").value
        assert moved == pytest.approx(found.bias.a, abs=1e-6)
        assert (found.agreement.p > 0.05).all()
        assert found.verdict.startswith("it CANNOT BE TOLD whether the approaches agree")

    @pytest.mark.slow
    def test_envelope_and_law_differ_on_the_gemstones(self, shared_data: Path) -> None:
        runs = sl.read_runs(
            shared_data / "gemstones_hot_477.csv", C="flops_detailed", group="run_id", flops="given"
        )
        found = sl.compare(sl.fit(runs, starts="projected"), budgets="1e21", curves="hull", replicates=1000)
        assert value(found.exponents, CURVES, "a").value == pytest.approx(0.4886, abs=1e-4)
        assert value(found.exponents, LAW, "a").value == pytest.approx(0.727, abs=2e-3)
        assert found.verdict.startswith("the approaches DIFFER")


def test_the_law_has_the_interval_of_its_own_bootstrap_and_runs_alone_are_drawn() -> None:
    """Two profiles of eight, and 32 runs each alone at its budget: those would be in every resample."""
    N, D = isoflops(2, 8)
    C = np.geomspace(2e18, 5e21, 32)
    single = np.sqrt(C / 120) * np.tile([0.25, 0.6, 1.6, 4], 8)
    N, D = np.append(N, single), np.append(D, C / (6 * single))
    fit = sl.fit(sweep(N, D, noise=normal(48, 0.01)), starts="projected")
    found = sl.compare(fit, budgets=1e22, replicates=100, seed=7)
    assert found.isoflop is not None
    strata = found.isoflop.strata
    assert np.array_equal(np.unique(strata, return_counts=True)[1], [32, 8, 8])
    law, alone = found.approaches[-1].draws, sl.bootstrap(fit, 100, 7, scheme="stratified", by=strata)
    np.testing.assert_array_equal(law.params, alone.params)
    assert law.interval("a") == alone.interval("a")
    assert "within 3 strata" in found.resamples
