"""Kaplan's system: every number that Kaplan et al. 2020 print or imply, contradictions included."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput, kaplan
from scalelaw.flops import PF_DAY
from scalelaw.laws import LAWS, Kaplan, KaplanSteps, Trend
from surfaces import TRUTH, isoflops, sweep

NAMES = ("L_N", "L_D", "L_C_naive", "L_Cmin", "L_N_D", "N_opt", "B_opt", "S_opt", "D_opt", "min_data")
PAPER: dict[str, Any] = {name: sl.published[f"kaplan2020_{name}"] for name in NAMES}
JOINT: Kaplan = PAPER["L_N_D"].params
STEPS: KaplanSteps = sl.published["kaplan2020_L_N_Smin"].params
"""Table 3: alpha_N 0.077."""
STEPS_1: KaplanSteps = STEPS._replace(alpha_N=0.076)
"""Table 3 with the alpha_N of table 2."""
BATCH: Trend = sl.published["kaplan2020_B_crit"].params
JOINT_LAW = LAWS["kaplan"]


class Eq67:
    """Eq. 6.7: D = 4e10 C^0.26, C in PF-days."""

    law = LAWS["optimal_D"]
    params = Trend(4e10 * PF_DAY**-0.26, 0.26)


class TestTheLaws:
    def test_in_one_variable(self) -> None:
        """A billion parameters, 22e9 tokens, one PF-day."""
        assert float(PAPER["L_N"].loss(N=1e9)) == pytest.approx(2.3756, abs=6e-5)
        assert float(PAPER["L_D"].loss(D=22e9)) == pytest.approx(2.0992, abs=6e-5)
        assert float(PAPER["L_Cmin"].loss(C=PF_DAY)) == pytest.approx(2.6581, abs=6e-5)
        assert float(PAPER["L_C_naive"].loss(C=PF_DAY)) == pytest.approx(2.5742, abs=6e-5)

    def test_in_two(self) -> None:
        losses = PAPER["L_N_D"].loss(N=1e9, D=[22e9, 1e300])
        assert losses == pytest.approx([2.36932, 2.31883], abs=6e-6)

    def test_learning_rate(self) -> None:
        """D.1, at the smallest and the largest model; negative beyond 1.2e10 parameters."""
        assert kaplan.learning_rate(768) == pytest.approx(0.002312, abs=5e-7)
        assert kaplan.learning_rate(1.5e9) == pytest.approx(0.000291, abs=1e-6)
        assert kaplan.learning_rate(1.3e10) < 0


class TestBatch:
    def test_critical(self) -> None:
        """B* = 2e8 (eq. 1.4) and 2.1e8 (table 5)."""
        law = sl.published["kaplan2020_B_crit"]
        assert float(law.predict(loss=2.5)) == pytest.approx(2.547e6, rel=3e-4)
        assert float(law.predict(loss=2.5)) * 2.1 / 2 == pytest.approx(2.675e6, rel=3e-4)

    def test_doubles_for_every_13_percent_of_loss(self) -> None:
        law = sl.published["kaplan2020_B_crit"]
        assert float(law.predict(loss=0.87 * 2.5) / law.predict(loss=2.5)) == pytest.approx(1.941, abs=5e-4)

    def test_at_the_critical_batch_both_are_double(self) -> None:
        S_min, B_crit = 1e4, 2e6
        S = kaplan.steps_at(S_min, B_crit, B_crit)
        assert S == 2 * S_min
        assert kaplan.examples_given_steps(S, S_min, S_min * B_crit) == 2 * S_min * B_crit
        assert kaplan.compute_at(1e20, B_crit, B_crit) == 2e20

    @pytest.mark.parametrize("B", [1e4, 2e6, 3e8])
    def test_there_and_back_on_the_hyperbola(self, B: float) -> None:
        """(S / S_min - 1) (E / E_min - 1) = 1 with E = B S and B_crit = E_min / S_min."""
        S_min, B_crit, C_min = 1e4, 2e6, 1e20
        S = kaplan.steps_at(S_min, B, B_crit)
        assert kaplan.minimal_steps(S, B, B_crit) == pytest.approx(S_min, rel=1e-14)
        C = kaplan.compute_at(C_min, B, B_crit)
        assert kaplan.minimal_compute(C, B, B_crit) == pytest.approx(C_min, rel=1e-14)
        assert kaplan.examples_given_steps(S, S_min, S_min * B_crit) == pytest.approx(B * S, rel=1e-12)
        assert (S / S_min - 1) * (B * S / (S_min * B_crit) - 1) == pytest.approx(1, rel=1e-12)


class TestOverfitting:
    def test_of_a_billion_parameters_on_webtext(self) -> None:
        assert float(kaplan.overfitting(JOINT_LAW, JOINT, 1e9, 22e9)) == pytest.approx(0.02177, abs=6e-6)

    def test_is_eq_4_3(self) -> None:
        N, D = np.geomspace(1e6, 1e11, 7), np.geomspace(1e8, 1e12, 7)
        rho = JOINT.alpha_N / JOINT.alpha_D
        printed = (1 + (N / JOINT.N_c) ** rho * JOINT.D_c / D) ** JOINT.alpha_D - 1
        np.testing.assert_allclose(kaplan.overfitting(JOINT_LAW, JOINT, N, D), printed, rtol=1e-11)

    def test_data_needed_is_its_trend(self) -> None:
        """5519 N^0.7379, where eq. 4.4 prints 5e3 N^0.74."""
        trend = kaplan.data_trend(JOINT)
        assert float(trend.k) == pytest.approx(5519, abs=0.5)
        assert float(trend.p) == pytest.approx(0.7379, abs=5e-5)
        N = np.geomspace(1e6, 1e12, 7)
        np.testing.assert_allclose(kaplan.data_needed(JOINT_LAW, JOINT, N), trend.k * N**trend.p, rtol=1e-12)
        assert float(kaplan.data_needed(JOINT_LAW, JOINT, 1e9)) == pytest.approx(
            float(PAPER["min_data"].predict(N=1e9)), rel=0.06
        )

    def test_with_the_printed_power(self) -> None:
        """k = 5157 if p is forced to 0.74."""
        trend = kaplan.data_trend(JOINT)
        assert float(trend.k * JOINT.N_c ** (trend.p - 0.74)) == pytest.approx(5157, abs=0.5)

    def test_from_the_laws_in_one_variable(self) -> None:
        """Their constants would say 1628 N^0.80."""
        trend = kaplan.data_trend(Kaplan(alpha_N=0.076, alpha_D=0.095, N_c=8.8e13, D_c=5.4e13))
        assert (float(trend.k), float(trend.p)) == pytest.approx((1628, 0.80), rel=5e-4)

    def test_of_another_law(self) -> None:
        """Chinchilla's: B / D^beta is the excess times E + A / N^alpha."""
        fit = sl.published["besiroglu2024_paper"]
        E, A, B, alpha, beta = fit.params
        D = (B / (0.02 * (E + A * 1e9**-alpha))) ** (1 / beta)
        assert float(kaplan.data_needed(fit.law, fit.params, 1e9)) == pytest.approx(D, rel=1e-10)

    def test_of_a_fit(self) -> None:
        fit = sl.fit(sweep(*isoflops(4, 6)), starts="projected")
        ours = kaplan.data_needed(fit.law, fit.params, 1e9)
        assert float(ours) == pytest.approx(float(kaplan.data_needed(fit.law, TRUTH, 1e9)), rel=1e-6)

    def test_slope_in_the_parameters(self) -> None:
        """Of the numeric data needed against the closed form, by jax.grad."""
        with jax.enable_x64(True):
            params = Kaplan(*(jnp.asarray(value) for value in JOINT))
            numeric = jax.grad(lambda p: jnp.log(kaplan.data_needed(JOINT_LAW, p, 1e9)))(params)

            def closed(p: Kaplan) -> Any:
                trend = kaplan.data_trend(p)
                return jnp.log(trend.k) + trend.p * jnp.log(1e9)

            np.testing.assert_allclose(numeric, jax.grad(closed)(params), rtol=1e-9)

    def test_stop(self) -> None:
        """S_c / (L(N, D) - L(N, endless))^(1 / alpha_S)."""
        gap = 2.36932 - 2.31883
        bound = float(kaplan.early_stop(STEPS, JOINT_LAW, JOINT, 1e9, 22e9))
        assert bound == pytest.approx(2100 * gap ** (-1 / 0.76), rel=4e-4)  # gap has four digits

    def test_a_law_of_one_input(self) -> None:
        with pytest.raises(BadInput, match="^law must be of N and D, .* 'kaplan_N', which reads N alone"):
            kaplan.overfitting(LAWS["kaplan_N"], PAPER["L_N"].params, 1e9, 1e10)

    def test_an_excess_that_is_none(self) -> None:
        with pytest.raises(BadInput, match="^excess must be a positive finite number, got 0$"):
            kaplan.data_needed(JOINT_LAW, JOINT, 1e9, 0)


class TestEfficient:
    def test_exponents(self) -> None:
        """The paper: 0.050 fitted, 0.054 (6.4) and 0.052 (B.7) derived, N 0.71, table 6: N 0.73, S 0.03, D 0.27."""
        ones = kaplan.exponents(STEPS_1, BATCH), kaplan.exponents(STEPS, BATCH)
        assert [float(e.loss) for e in ones] == pytest.approx([0.05199, 0.05245], abs=5e-6)
        assert [float(e.N) for e in ones] == pytest.approx([0.684, 0.681], abs=5e-4)
        assert float(ones[0].S) == pytest.approx(0.068, abs=5e-4)
        assert float(ones[0].D) == pytest.approx(0.316, abs=5e-4)
        for e in ones:
            assert float(e.N + e.D) == pytest.approx(1, rel=1e-14)
        assert 0.054 / 0.076 == pytest.approx(0.71, abs=1e-3)

    @pytest.mark.parametrize(
        ("steps", "B_star", "C_c"),
        [(STEPS, 2e8, 1.53e8), (STEPS, 2.1e8, 1.61e8), (STEPS_1._replace(N_c=8.8e13), 2.1e8, 2.2e8)],
        ids=["table 3", "table 3, B* 2.1e8", "table 5"],
    )
    def test_scale_of_compute(self, steps: KaplanSteps, B_star: float, C_c: float) -> None:
        """In PF-days; the fit of L(C_min) says 3.1e8."""
        ours = float(kaplan.compute_scale(steps, BATCH._replace(k=B_star))) / PF_DAY
        assert ours == pytest.approx(C_c, rel=8e-3)

    @pytest.mark.parametrize(("B_star", "N"), [(2e8, 6.0e8), (2.1e8, 5.8e8)])
    def test_size_of_a_pf_day(self, B_star: float, N: float) -> None:
        """Table 6 says 1.3e9: theory and fit agree in exponent only."""
        ours = float(kaplan.efficient(STEPS, BATCH._replace(k=B_star), PF_DAY).N)
        assert ours == pytest.approx(N, rel=9e-3)
        assert float(PAPER["N_opt"].predict(C=PF_DAY)) / ours > 2

    def test_is_the_cheapest_way_to_its_loss(self) -> None:
        """Spends the budget, has the loss it says, alpha_N / alpha_S above the converged one; none is better."""
        C = np.array([1.0, 1e3]) * PF_DAY
        best = kaplan.efficient(STEPS, BATCH, C)
        law = LAWS["kaplan_steps"]

        def loss(N: Any) -> Any:
            S = C / (6 * N * (BATCH.k * best.L**BATCH.p))
            return np.asarray(law.loss(STEPS, law.pack({"N": N, "S": S})))

        with jax.enable_x64(True):
            np.testing.assert_allclose(6 * best.N * best.B * best.S_min, C, rtol=1e-10)
            np.testing.assert_allclose(loss(best.N), best.L, rtol=1e-10)
            assert (loss(1.1 * best.N) > best.L).all()
            assert (loss(best.N / 1.1) > best.L).all()
            converged = (STEPS.N_c / best.N) ** STEPS.alpha_N
        np.testing.assert_allclose(best.L / converged - 1, STEPS.alpha_N / STEPS.alpha_S, rtol=1e-9)
        assert STEPS.alpha_N / STEPS.alpha_S == pytest.approx(0.1, abs=2e-3)

    def test_grows_with_its_exponents(self) -> None:
        one, other = (kaplan.efficient(STEPS, BATCH, C) for C in (1e20, 1e23))
        e = kaplan.exponents(STEPS, BATCH)
        for name in ("N", "B", "D"):
            slope = np.log(getattr(other, name) / getattr(one, name)) / np.log(1e3)
            assert float(slope) == pytest.approx(float(getattr(e, name)), rel=1e-10)
        assert float(np.log(one.L / other.L) / np.log(1e3)) == pytest.approx(float(e.loss), rel=1e-10)

    def test_another_size(self) -> None:
        """B.16 and B.17: 0.6 and 2.2 times the size cost 16 and 20 % more; 2.2 needs 45 % fewer updates."""
        costs = kaplan.cost_of_size(STEPS_1, np.array([0.6, 1.0, 2.2]))
        assert costs == pytest.approx([1.1645, 1.0, 1.2035], abs=5e-5)
        assert float(kaplan.steps_of_size(STEPS_1, 2.2)) == pytest.approx(0.5470, abs=5e-5)

    def test_against_training_to_convergence(self) -> None:
        """B.12 to B.14: 2.7 times the size, 13 % of the updates, 36 % of the compute."""
        ratios = kaplan.against(STEPS_1, 0.1, 0.02)
        assert [float(x) for x in ratios] == pytest.approx([2.70, 0.133, 0.359], rel=3e-3)

    def test_table_6_multiplies_up(self) -> None:
        """6 N B S_min is 0.97 C_min at a PF-day; D is 2 C / (6 N) = 2.2e10, table 6 says 2e10, eq. 6.7 4e10."""
        N, B, S, D = (float(PAPER[name].predict(C=PF_DAY)) for name in ("N_opt", "B_opt", "S_opt", "D_opt"))
        assert (N, B, S, D) == pytest.approx((1.3e9, 2.0e6, 5.4e3, 2e10), rel=1e-12)
        assert 6 * N * B * S / PF_DAY == pytest.approx(0.975, abs=1e-3)
        assert 2 * PF_DAY / (6 * N) == pytest.approx(2.2e10, rel=8e-3)

    def test_what_hoffmann_quotes(self) -> None:
        """4.68e9 parameters for 1e21 FLOP is table 6 at half of them; 1e21 itself gives 7.77e9."""
        half, whole = PAPER["N_opt"].predict(C=np.array([0.5e21, 1e21]))
        assert (half, whole) == pytest.approx((4.683e9, 7.77e9), rel=4e-4)


class TestContradiction:
    @pytest.mark.parametrize(
        ("tokens", "C", "N", "D", "L"),
        [
            (PAPER["D_opt"], 1.12e4, 1.17e12, 2.5e11, 1.668),
            (Eq67, 1.06e5, 6.1e12, 8.1e11, 1.490),
        ],
        ids=["table 6", "eq 6.7"],
    )
    def test_where_compute_outruns_its_data(
        self, tokens: Any, C: float, N: float, D: float, L: float
    ) -> None:
        """The paper: C ~ 1e4 PF-days, N ~ 1e12, D ~ 1e12, L ~ 1.7."""
        point = kaplan.contradiction(PAPER["L_Cmin"], PAPER["L_D"], tokens, PAPER["N_opt"])
        assert point.pf_days == pytest.approx(C, rel=5e-3)
        assert point.N == pytest.approx(N, rel=9e-3)
        assert point.D == pytest.approx(D, rel=9e-3)
        assert point.L == pytest.approx(L, abs=6e-4)

    def test_both_laws_agree_there(self) -> None:
        point = kaplan.contradiction(*(PAPER[name] for name in ("L_Cmin", "L_D", "D_opt", "N_opt")))
        assert float(PAPER["L_Cmin"].loss(C=point.C)) == pytest.approx(point.L, rel=1e-12)
        assert float(PAPER["L_D"].loss(D=point.D)) == pytest.approx(point.L, rel=1e-12)

    def test_any_two_functions(self) -> None:
        assert kaplan.crossing(lambda x: 3 * x**-0.05, lambda x: 2 * x**-0.04) == pytest.approx(
            1.5**100, rel=1e-12
        )

    def test_laws_that_do_not_meet(self) -> None:
        with pytest.raises(
            BadInput, match="^two laws must be equal somewhere between 10B and 1e40, got a gap"
        ):
            kaplan.crossing(lambda x: 3 * x**-0.05, lambda x: 2 * x**-0.05)

    def test_a_law_of_something_else(self) -> None:
        with pytest.raises(BadInput, match=r"^law 'kaplan_N' must read C alone here, got \('N',\)$"):
            kaplan.contradiction(PAPER["L_N"], PAPER["L_D"], PAPER["D_opt"], PAPER["N_opt"])
