"""How flat: ranges against closed forms, slow root searches, the edges of the sizes, resamples one by one."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

import scalelaw as sl
from commands import run
from resamples import drawn
from scalelaw import BadInput
from scalelaw.allocation.nearly_best import RANGES
from scalelaw.approaches.local_profile import local_profile
from surfaces import TRUTH, isoflops, losses, normal, sweep


@cache
def found(method: str = "shared", noise: float = 0.002) -> sl.IsoFLOP:
    N, D = isoflops(6, 9)
    return sl.isoflop(sweep(N, D, noise=normal(len(N), noise)), method=method)


def test_a_parabola_has_a_closed_form() -> None:
    """A loss t above the vertex of a (x - x0)^2 is sqrt(t / a) away from it, on either side."""
    profiles = found("parabola")
    flat = profiles.flat(0.003)
    for row, each in flat.iterrows():
        own = profiles.budgets.code == row
        a, b, c = np.polyfit(np.log(profiles.runs.N[own]), profiles.runs.L[own], 2)
        half = np.sqrt(0.003 * (c - b * b / (4 * a)) / a)
        assert np.log(each.N_least) == pytest.approx(-b / (2 * a) - half, abs=1e-7)
        assert np.log(each.N_most) == pytest.approx(-b / (2 * a) + half, abs=1e-7)
        assert each.rise == pytest.approx(0.003 * each.L, rel=1e-12)
    assert (flat.N_edge == "").all()


@pytest.mark.parametrize("method", ["shared", "local", "cubic"])
def test_other_curves_are_a_slow_search_of_each(method: str) -> None:
    profiles = found(method)
    given = profiles.by_N.profiles
    curves = profiles.method.fit(given.x, given.y, given.weight)
    for row, each in profiles.flat(0.002).iterrows():

        def above(x: float, row: int = row, each: pd.Series = each) -> float:
            return float(curves.at(np.full((len(given.x), 1), x))[row, 0] - each.L - each.rise)

        best, x = np.log(each.N), given.x[row]
        assert np.log(each.N_least) == pytest.approx(brentq(above, x[0], best, xtol=1e-13), abs=1e-9)
        assert np.log(each.N_most) == pytest.approx(brentq(above, best, x[-1], xtol=1e-13), abs=1e-9)


def test_a_range_ends_with_the_sizes_trained() -> None:
    N, D = isoflops(4, 9)
    own = np.arange(len(N)) // 9
    kept = (own != 1) | (np.arange(len(N)) % 9 > 1)
    flat = sl.isoflop(sweep(N[kept], D[kept]), method="parabola").flat(0.02)
    assert flat.N_edge.tolist()[1] == "smallest"
    assert flat.N_least[1] == pytest.approx(N[own == 1][2], rel=1e-12)
    assert flat.D_most[1] == pytest.approx(D[own == 1][2], rel=1e-12)
    everywhere = found().flat(0.5)
    assert (everywhere.N_edge == "both").all()
    np.testing.assert_allclose(everywhere.N_most / everywhere.N_least, 16)


def test_noise_free_profiles_give_the_ranges_of_their_law() -> None:
    profiles = found("shared", 0.0)
    law = sl.flat_range(Known(), 0.005, C=profiles.budgets.C)
    for name in RANGES:
        np.testing.assert_allclose(profiles.flat(0.005)[name], getattr(law, name), rtol=1e-4)


def test_within_the_noise() -> None:
    flat = found().flat("noise")
    np.testing.assert_allclose(flat.rise, found().noise)
    assert (flat.N_least < flat.N).all()
    with pytest.raises(BadInput, match=r"^noise must be above 0 for what lies within it, got no noise; give"):
        sl.isoflop(found().runs, noise=0.0).flat("noise")
    with pytest.raises(BadInput, match=r"^share must be a number between 0 and 1 .both excluded., got 2"):
        found().flat(2)


def test_a_correction_moves_the_range_with_its_minimum() -> None:
    profiles = found("parabola")
    bias = profiles.bias(sl.fit(profiles.runs, starts="projected"))
    plain, moved = profiles.flat(), profiles.subtract(bias).flat()
    np.testing.assert_allclose(np.log(plain.N_least / moved.N_least), bias.N, rtol=1e-9)
    np.testing.assert_allclose(np.log(plain.D_most / moved.D_most), bias.D, rtol=1e-9)


class TestIntervals:
    @pytest.mark.parametrize("scheme", ["parametric", "stratified"])
    def test_a_loop_over_resamples(self, scheme: str) -> None:
        profiles = found("shared")
        draws = sl.bootstrap(profiles, 20, 3, scheme=scheme)
        ends = []
        for replicate in range(20):
            own = drawn(draws, replicate)
            given = profiles.by_N.profiles
            y, weight = own.target[given.run], own.weight[given.run] * (given.weight > 0)
            curve = local_profile(given.x, y, weight, shared=True)
            best = profiles.method.bottom(curve, given.x, weight)
            there = np.ma.masked_array(given.x, weight == 0)
            fine = np.linspace(there.min(axis=1), there.max(axis=1), 20_001, axis=-1).data
            near = curve.at(fine) <= 1.01 * best.y[:, None]
            first = np.take_along_axis(fine, near.argmax(axis=1)[:, None], axis=1)[:, 0]
            ends.append(np.where(np.isfinite(best.x), first, np.nan))
        flat = sl.flat_intervals(draws, level=0.5)
        low, high = np.nanquantile(ends, [0.25, 0.75], axis=0)
        lost = np.isnan(ends).mean(axis=0) > 0.1
        np.testing.assert_array_equal(np.isnan(flat.N_least_low), lost)
        np.testing.assert_allclose(np.log(flat.N_least_low)[~lost], low[~lost], atol=4e-4)
        np.testing.assert_allclose(np.log(flat.N_least_high)[~lost], high[~lost], atol=4e-4)
        pd.testing.assert_frame_equal(flat[profiles.flat().columns], profiles.flat())

    def test_of_profiles_alone(self) -> None:
        fit = sl.fit(found().runs, starts="projected")
        with pytest.raises(BadInput, match=r"^draws must be of IsoFLOP profiles, got Fit; for a law ask"):
            sl.flat_intervals(sl.bootstrap(fit, 10))


class Known:
    """The surface that the sweeps are drawn from."""

    law, params = sl.laws.chinchilla, TRUTH


class TestLaw:
    @pytest.mark.parametrize("share", [0.001, 0.05])
    def test_the_ends_are_a_slow_search_along_the_budget(self, share: float) -> None:
        law = sl.flat_range(Known(), share, C=["1e20", "1e24"])
        frame = law.to_frame()
        for C, row in zip((1e20, 1e24), frame.itertuples(), strict=True):

            def above(x: float, C: float = C, row: object = row) -> float:
                N = np.exp(x)
                return float(losses(TRUTH, N, C / (6 * N))) - row.L * (1 + share)  # type: ignore[attr-defined]

            best = np.log(row.N)
            assert np.log(row.N_least) == pytest.approx(brentq(above, best - 9, best, xtol=1e-13), abs=1e-10)
            assert np.log(row.N_most) == pytest.approx(brentq(above, best, best + 9, xtol=1e-13), abs=1e-10)
            assert row.D_most == pytest.approx(C / (6 * row.N_least), rel=1e-12)
            assert row.tokens_per_parameter_least == pytest.approx(row.D_least / row.N_most, rel=1e-12)

    def test_small_shares_follow_the_curvature(self) -> None:
        """About the optimum the loss rises by alpha beta (p + q) / 2 log(N / N*)^2."""
        law = sl.flat_range(Known(), 1e-7, C=1e21)
        p, q = TRUTH.A / law.N**TRUTH.alpha, TRUTH.B / law.D**TRUTH.beta
        half = np.sqrt(2e-7 * law.L / (TRUTH.alpha * TRUTH.beta * (p + q)))
        assert np.log(law.N_most / law.N_least) / 2 == pytest.approx(half, rel=1e-4)

    def test_noise_is_the_scale_of_the_residuals(self) -> None:
        fit = sl.fit(found().runs, starts="projected")
        law = sl.flat_range(fit, "noise", C=1e21)
        assert law.rise == pytest.approx(law.L * np.expm1(fit.scale), rel=1e-12)
        assert "within the noise of a loss, 0.129 %, of the best" in str(law)
        with pytest.raises(
            BadInput, match="^share must be a number between 0 and 1, or 'noise' of a law fitted"
        ):
            sl.flat_range(Known(), "noise", C=1e21)

    def test_asked_on_the_command_line(self) -> None:
        words = ("allocate", "besiroglu2024_paper", "--flops", "1e22", "--within")
        answer = json.loads(run(*words, "1%", "--json")[1])
        expected = sl.flat_range(sl.published["besiroglu2024_paper"], C=1e22)
        assert (answer["within"], answer["N_least"]) == ("1 %", pytest.approx(expected.N_least, rel=1e-14))
        for said, sentence in {
            ("lots",): "--within must be noise, or a share between 0 and 1, written like 0.3 or 30%",
            ("1%", "--params", "1B"): "--within must be given with --flops, a budget, and nothing else",
            ("noise",): "share must be a number between 0 and 1, or 'noise' of a law fitted to runs",
        }.items():
            code, text = run(*words, *said)
            assert code == 2
            assert sentence in text
            assert "\n" not in text


def test_isoflop_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    pd.DataFrame({"params": found().runs.N, "tokens": found().runs.D, "loss": found().runs.L}).to_csv(path)
    words = ("isoflop", path, "--no-bias", "--bootstrap", 50)
    made = json.loads(run(*words, "--within", "0.5%", "--json")[1])["flat"]
    assert made["within"] == 0.005
    expected = found().flat(0.005)
    assert [row["N_least"] for row in made["budgets"]] == pytest.approx(expected.N_least.tolist(), rel=1e-9)
    assert made["budgets"][0]["N_least_low"] < made["budgets"][0]["N_least"]
    code, text = run(*words, "--within", "noise")
    assert code == 0
    assert f"within the noise of a loss, {found().noise:.3g} nats, of the best of their budget" in text
    assert run(*words, "--within", "wide")[0] == 2
