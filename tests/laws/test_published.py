"""Published fits: every check point of the file, what papers print, and how far their constants disagree."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput, kaplan
from scalelaw.laws import LAWS, Chinchilla, Kaplan, KaplanSteps, data_constrained
from scalelaw.laws.data_constrained import effective, sufficient
from scalelaw.laws.joint_moe import at_experts
from scalelaw.laws.overtraining import in_N_and_D
from scalelaw.laws.precision import effective_share
from scalelaw.laws.published import Check, Published, disagreement, published
from scalelaw.laws.routed import saturated_experts

UNRELIABLE = ("memory_constants", "unverified_constants")
CHECKS = [(name, check) for name, fit in published.items() for check in fit.checks]
WITHOUT_LAW = {
    *("kaplan2020_overfit", "kaplan2020_S_min", "kaplan2020_C_min", "kaplan2020_contradiction"),
    *("kaplan2020_suboptimal_size", "kaplan2020_params", "kaplan2020_flops_forward", "deepseek2024_M"),
    *("hoffmann2022_data_c4", "hoffmann2022_data_github", "besiroglu2024_ci95", "gemstones2025_a1"),
    *("pearce2024_embedding", "pearce2024_frontier", "sardana2023_objective", "minicpm2024"),
    *("busbridge2025_supervised", "busbridge2025_distill"),
    *("luo2025_mpl_25M", "luo2025_mpl_100M", "luo2025_mpl_400M"),
}
"""Counts, identities, intervals and exponents, and laws that the package does not have."""


def _overfit(constants: Mapping[str, float], x: Mapping[str, float]) -> Any:
    return kaplan.overfitting(LAWS["kaplan"], Kaplan(**constants), x["N"], x["D"])


def _suboptimal(constants: Mapping[str, float], x: Mapping[str, float]) -> Any:
    return kaplan.cost_of_size(KaplanSteps(**constants, N_c=1.0, S_c=1.0), x["r"])


FUNCTIONS: dict[str, Callable[[Mapping[str, float], Mapping[str, float]], Any]] = {
    "kaplan2020_overfit": _overfit,
    "kaplan2020_suboptimal_size": _suboptimal,
    "kaplan2020_S_min": lambda _, x: kaplan.minimal_steps(**x),
    "kaplan2020_C_min": lambda _, x: kaplan.minimal_compute(**x),
}
"""What stands for a published formula that is no law."""


def printed(fit: Published, x: Mapping[str, float]) -> float:
    """The printed equation at x, in the paper's own units: a second way to every number."""
    names = {"log": math.log, "log10": math.log10, "exp": math.exp, "E_hat": saturated_experts}
    return float(eval(fit.equation, {**names, **fit.constants, **x}))


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """And no dtype promoted unasked."""
    with jax.enable_x64(True), jax.numpy_dtype_promotion("strict"):
        yield


class TestTheFile:
    def test_holds_113_fits_and_41_check_points(self) -> None:
        assert len(published) == 113
        assert len(CHECKS) == 41

    def test_says_where_every_fit_comes_from(self) -> None:
        for fit in published.values():
            assert fit.source
            assert fit.equation
            assert fit.reliability in {
                *("primary", "primary+derived", "authors_code", "recomputed"),
                *("secondary", "secondary_reproduced", *UNRELIABLE),
            }

    def test_every_fit_with_a_law_gives_its_parameters(self) -> None:
        assert {name for name, fit in published.items() if not fit.law_name} == WITHOUT_LAW
        for name in set(published) - WITHOUT_LAW:
            assert np.isfinite(published[name].params).all(), name

    @pytest.mark.parametrize(
        "name", [name for name in published if name not in (*WITHOUT_LAW, "muennighoff2023")]
    )
    def test_the_law_is_the_printed_equation(self, name: str) -> None:
        """At inputs of the usual size: the conversion of constants and units, against the paper's own text.

        Muennighoff's formula is several; `TestDataConstrained` has printed losses for it.
        """
        fit = published[name]
        usual = {"N": 3e8, "D": 7e9, "C": 2e20, "M": 40.0, "S": 3e4, "E": 8.0, "G": 4.0, "loss": 2.7}
        usual |= dict.fromkeys(("P_w", "P_a", "P_kv"), 6.0)
        if fit.law_name == "sparse_moe":
            usual["S"] = 0.8
        ours = {input: usual[input] for input in fit.law.inputs}
        theirs = {input: value / fit.per.get(input, 1.0) for input, value in ours.items()}
        assert float(fit.predict(**ours)) == pytest.approx(printed(fit, theirs), rel=1e-10)

    @pytest.mark.parametrize(("name", "check"), CHECKS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(CHECKS)])
    def test_check_point(self, name: str, check: Check) -> None:
        fit = published[name]
        assert fit.reliability not in UNRELIABLE
        x = {input: value * fit.per.get(input, 1.0) for input, value in check.x.items()}
        if fit.law_name:
            y = fit.predict(**x)
        elif name in FUNCTIONS:
            y = FUNCTIONS[name](fit.constants, x)
        else:
            y = printed(fit, x)
        assert float(y) == pytest.approx(check.y, rel=check.rtol)

    def test_ships_beside_the_laws(self) -> None:
        assert files("scalelaw.laws").joinpath("published.toml").is_file()


class TestTheFace:
    def test_optimal(self) -> None:
        best = sl.published["hoffmann2022_A3_tex"].optimal(C=5.76e23)
        assert float(best.N) == pytest.approx(4.036e10, rel=1e-4)
        assert float(best.D / best.N) == pytest.approx(58.9, abs=0.05)

    def test_loss(self) -> None:
        fit = sl.published["hoffmann2022_A3_tex"]
        assert fit.loss(N=[70e9, 1e9], D=[1.4e12, 20e9]) == pytest.approx([1.92085, 2.53067], abs=6e-6)

    def test_can_be_allocated(self) -> None:
        """Anything with a law and parameters can; in FLOP, whatever the paper counts in."""
        fit = sl.published["besiroglu2024_exact_240"]
        assert sl.allocate(fit, C=5.88e23).tokens_per_parameter == pytest.approx(17.911, abs=5e-4)

    def test_further_inputs_are_held(self) -> None:
        fit = sl.published["krajewski2024_moe"]
        coarse, fine = (fit.optimal(C=1e21, G=G) for G in (1.0, 32.0))
        assert fine.N < coarse.N

    @pytest.mark.parametrize(
        ("name", "near"),
        [
            ("hoffmann2022_A3", "hoffmann2022_A3_tex"),
            ("kaplan2020_LN", "kaplan2020_L_N"),
            ("Besiroglu", "besiroglu2024"),
            ("muenighoff", "muennighoff2023"),
        ],
    )
    def test_an_unknown_name_is_refused_with_the_nearest(self, name: str, near: str) -> None:
        with pytest.raises(BadInput, match=f"^published fit must be one of the 113 .*did you mean .*'{near}"):
            sl.published[name]

    def test_a_name_like_no_other(self) -> None:
        with pytest.raises(BadInput, match="^published fit must be one of the 113 .*lists, got 'zzz'$"):
            sl.published["zzz"]
        assert "zzz" not in sl.published

    def test_what_is_no_law(self) -> None:
        with pytest.raises(
            BadInput, match=r"'kaplan2020_S_min' must be of a form .*, got S/\(1\+B_crit/B\)$"
        ):
            sl.published["kaplan2020_S_min"].loss(S=1.0)

    def test_what_is_no_loss(self) -> None:
        with pytest.raises(BadInput, match="must be a law of the loss, got one of lr; use .predict"):
            sl.published["deepseek2024_lr"].loss(C=1e20)

    def test_inputs_left_out(self) -> None:
        with pytest.raises(
            BadInput, match="^inputs of 'muennighoff2023' must be exactly 'N', 'D', 'U', got 'N'$"
        ):
            sl.published["muennighoff2023"].loss(N=1e9)

    def test_a_budget_that_is_none(self) -> None:
        with pytest.raises(BadInput, match="^C must be a positive finite number, got -1.0$"):
            sl.published["hoffmann2022_A3_tex"].optimal(C=-1.0)

    def test_a_law_without_closed_form(self) -> None:
        with pytest.raises(BadInput, match=r"closed-form optimum, got .*; hold U=\.\.\.$"):
            sl.published["muennighoff2023"].optimal(C=1e22)
        with pytest.raises(BadInput, match=r"use sl\.allocate\("):
            sl.published["muennighoff2023"].optimal(C=1e22, U=25e9)

    def test_an_unknown_table(self) -> None:
        with pytest.raises(BadInput, match="^published table must be one of 'hoffmann_table1'.*, got 'A9'$"):
            sl.published.table("A9")

    def test_tables_are_rows_by_column(self) -> None:
        rows = sl.published.table("hoffmann_tableA9")
        assert len(rows) == 50
        assert rows[0]["d_model"] == 512


class TestChinchillas:
    """Section 2 of the accounts of these papers: one fit, many digits."""

    TABLE = {
        "hoffmann2022_A3_rounded": (1.824e9, 50.1, 3.219e10, 92.6, 0.4516),
        "hoffmann2022_A3_tex": (2.217e9, 33.9, 4.036e10, 58.9, 0.4565),
        "hoffmann2022_A3_devries": (2.282e9, 32.0, 4.172e10, 55.2, 0.4572),
        "hoffmann2022_A3_frontier_tableA3": (2.290e9, 31.6, 4.226e10, 53.3, 0.4587),
        "besiroglu2024_paper": (2.779e9, 21.6, 7.225e10, 18.4, 0.5126),
        "hoffmann2022_A1_frontier": (2.860e9, 20.5, 6.78e10, 21.0, 0.4981),
    }

    def test_how_far_they_disagree(self) -> None:
        small, gopher = disagreement(1e21), disagreement(5.76e23)
        assert [row.name for row in small] == list(self.TABLE)
        for one, other in zip(small, gopher, strict=True):
            N, ratio, gopher_N, gopher_ratio, a = self.TABLE[one.name]
            assert (one.N, other.N) == pytest.approx((N, gopher_N), rel=5e-4)
            assert (one.tokens_per_parameter, other.tokens_per_parameter) == pytest.approx(
                (ratio, gopher_ratio), abs=0.051
            )
            assert (one.a, other.a) == pytest.approx((a, a), abs=5.1e-5)

    def test_rounding_moves_the_answer(self) -> None:
        """N* by -20 %, tokens per parameter by +57 % at Gopher's budget; the term in D by 13.2 % at 1e11."""
        rounded, tex = disagreement(5.76e23)[:2]
        assert rounded.N / tex.N - 1 == pytest.approx(-0.20, abs=5e-3)
        assert rounded.tokens_per_parameter / tex.tokens_per_parameter - 1 == pytest.approx(0.57, abs=5e-3)
        terms = [p.B * 1e11**-p.beta for p in (published[row.name].params for row in (rounded, tex))]
        assert terms[0] / terms[1] - 1 == pytest.approx(0.132, abs=5e-4)

    @pytest.mark.parametrize(
        ("name", "C"), [("hoffmann2022_A3_tex", 2.71e22), ("hoffmann2022_A3_rounded", 4.33e22)]
    )
    def test_budget_of_ten_billion(self, name: str, C: float) -> None:
        """Table A3 prints 2.46e22, which no printed set of constants gives."""
        assert sl.allocate(published[name], N=10e9).C == pytest.approx(C, rel=2e-3)

    def test_points_outside_their_own_interval(self) -> None:
        """a of the TeX digits, and b of approach 1, against the percentiles printed beside them."""
        a = disagreement(1e21, ("hoffmann2022_A3_tex",))[0].a
        assert a > published["hoffmann2022_A3_frontier_tableA3"].interval["a"][1]
        assert published["hoffmann2022_A1_frontier"].interval["b"] == (0.501, 0.512)

    @pytest.mark.parametrize(
        "name", ["hoffmann2022_A3_rounded", "hoffmann2022_A3_tex", "besiroglu2024_paper"]
    )
    def test_on_the_frontier(self, name: str) -> None:
        """alpha A N^-alpha = beta B D^-beta; L* - E = (A G^-alpha + B G^beta) (C/6)^(-alpha beta/(alpha+beta))."""
        fit = published[name]
        E, A, B, alpha, beta = fit.params
        assert fit.law.derived
        G = float(fit.law.derived(fit.params)["G"])
        for C in (1e18, 1e21, 5.76e23):
            N, D = (float(leaf) for leaf in fit.optimal(C=C))
            assert alpha * A * N**-alpha == pytest.approx(beta * B * D**-beta, rel=1e-12)
            reducible = float(fit.loss(N=N, D=D)) - E
            frontier = (A * G**-alpha + B * G**beta) * (C / 6) ** (-alpha * beta / (alpha + beta))
            assert reducible == pytest.approx(frontier, rel=1e-12)
            assert A * N**-alpha / reducible == pytest.approx(beta / (alpha + beta), rel=1e-12)

    def test_table_3_is_no_row_of_ten_billion_at_1e21(self) -> None:
        rows = {row["params"]: row["flops"] for row in published.table("hoffmann_table3")}
        assert rows[10e9] == 1.23e22
        fitted = [float(published["hoffmann2022_A1_frontier"].optimal(C=C).N) for C in rows.values()]
        np.testing.assert_allclose(fitted, list(rows), rtol=0.03)


class TestDataConstrained:
    FIT = published["muennighoff2023"]

    def test_printed_losses(self) -> None:
        """Of the authors' repository, to nine digits."""
        losses = self.FIT.loss(N=[6.34e9, 8.67e9], D=[242e9, 178e9], U=25e9)
        np.testing.assert_allclose(losses, [2.2256440889984477, 2.2269634075087867], rtol=1e-9)

    def test_one_epoch_of_a_model_that_fits_is_chinchillas(self) -> None:
        base = published["muennighoff2023_base_c4"]
        N = np.array([1e7, 1e8, 1e9])
        assert self.FIT.loss(N=N, D=100e9, U=100e9) == pytest.approx(base.loss(N=N, D=100e9), rel=1e-12)

    def test_excess_size_and_repeated_data_are_worth_less(self) -> None:
        base = published["muennighoff2023_base_c4"]
        assert self.FIT.loss(N=1e9, D=40e9, U=10e9) > base.loss(N=1e9, D=40e9)
        assert self.FIT.loss(N=5e10, D=10e9, U=10e9) > base.loss(N=5e10, D=10e9)

    @pytest.mark.parametrize(
        ("epochs", "share"), [(2, 0.984), (4, 0.931), (8, 0.828), (16, 0.661), (40, 0.379)]
    )
    def test_worth_of_epochs(self, epochs: float, share: float) -> None:
        """D' / D; four epochs are almost as good as new data."""
        x = data_constrained.pack({"N": 1e9, "D": epochs * 25e9, "U": 25e9})
        assert float(effective(self.FIT.params, x)[1]) / x.D == pytest.approx(share, abs=6e-4)

    def test_ceiling(self) -> None:
        """However often repeated, U tokens are worth no more than 1 + R_D of them."""
        x = data_constrained.pack({"N": 1e9, "D": 1e300, "U": 25e9})
        assert float(effective(self.FIT.params, x)[1]) / x.U == pytest.approx(16.387756, rel=1e-9)

    def test_the_size_that_the_data_are_optimal_for(self) -> None:
        """U_N = 0.051 U_D; 19.613 tokens per parameter at every budget."""
        assert float(sufficient(self.FIT.params, jnp.asarray(25e9))) / 25e9 == pytest.approx(
            0.050987, abs=6e-7
        )
        for C in (1e18, 1e24):
            best = published["muennighoff2023_base_c4"].optimal(C=C)
            assert float(best.D / best.N) == pytest.approx(19.613, abs=5e-4)

    @pytest.mark.slow
    def test_optimum(self) -> None:
        """Of 1e22 FLOP on 25e9 unique tokens; the repository's grid says 7.022e9 and 9.493 epochs."""
        held = data_constrained.hold(U=25e9)
        N, D = sl.optimal(held, self.FIT.params, jnp.asarray(1e22))
        assert float(N) == pytest.approx(7.0262e9, rel=1e-4)
        assert float(D) / 25e9 == pytest.approx(9.488, abs=2e-3)

    def test_rounding_the_constants_moves_the_loss(self) -> None:
        """From 2.5646 to 2.6080: the exponent printed as 0.353 and once more rounded, the rest as printed."""
        rounded = Chinchilla(E=1.87, A=521.0, B=1488.0, alpha=0.35, beta=0.35)
        at = LAWS["chinchilla"].pack({"N": 1e9, "D": 20e9})
        assert float(LAWS["chinchilla"].loss(rounded, at)) == pytest.approx(2.6080, abs=5e-5)


class TestMixturesOfExperts:
    JOINT = published["ludziejewski2025_joint"]

    @pytest.mark.parametrize("row", published.table("ludziejewski_table1"), ids=lambda row: str(row["flops"]))
    def test_table_1(self, row: Mapping[str, float]) -> None:
        """Active parameters and tokens: within 1 % of what is printed as 5.0B, 669M, 136.9B."""
        best = self.JOINT.optimal(C=row["flops"], E=row["experts"])
        for ours, theirs in ((best.N, row["N_act"]), (best.D, row["tokens"])):
            printed_to = 0.05e9 if theirs >= 1e9 else 0.5e6
            assert abs(float(ours) - theirs) <= 0.01 * theirs + printed_to

    def test_table_4(self) -> None:
        """Chinchilla's law at each number of experts: m, mu, n, nu."""
        for row in published.table("ludziejewski_table4"):
            law = at_experts(self.JOINT.params, jnp.asarray(row["experts"]))
            ours = [float(x) for x in (law.A, -law.alpha, law.B, -law.beta)]
            assert ours == pytest.approx([row[k] for k in ("m", "mu", "n", "nu")], rel=3e-3)

    def test_one_expert_counts_as_the_first(self) -> None:
        assert float(saturated_experts(jnp.asarray(1.0), 2.0732, 290.4521)) == pytest.approx(
            2.0732, rel=1e-14
        )
        assert float(saturated_experts(jnp.asarray(1e12), 2.0732, 290.4521)) == pytest.approx(
            290.4521, rel=1e-6
        )

    @pytest.mark.parametrize(
        ("name", "cutoff"),
        [("clark2022_sbase", 1.0e12), ("clark2022_rlr", 3.2e10), ("clark2022_hash", 2.2e11)],
    )
    def test_where_experts_stop_helping(self, name: str, cutoff: float) -> None:
        """From the printed digits of c, one or two of them; the paper says 9.37e11, 8.5e10 and 8.3e10."""
        fit = published[name]
        assert fit.law.derived
        assert float(fit.law.derived(fit.params)["N_cutoff"]) == pytest.approx(cutoff, rel=0.03)

    def test_sparser_is_worse_at_the_same_total(self) -> None:
        losses = published["abnar2025"].loss(N=1e9, D=20e9, S=np.linspace(0, 0.98, 20))
        assert (np.diff(losses) > 0).all()


class TestPrecision:
    PARAMS = published["kumar2024_precision"].params

    def test_many_bits_are_chinchillas(self) -> None:
        wide = published["kumar2024_precision"].loss(N=1e8, D=1e10, P_w=1e3, P_a=1e3, P_kv=1e3)
        E, A, B, alpha, beta = self.PARAMS[:5]
        assert float(wide) == pytest.approx(E + A * 1e8**-alpha + B * 1e10**-beta, rel=1e-14)

    def test_three_bits_of_weights(self) -> None:
        """Without the offsets of appendix K, 67.4 % of the parameters are left."""
        assert float(effective_share(self.PARAMS, 3.0, 1e3, 1e3)) == pytest.approx(0.674, abs=5e-4)

    def test_optimum_conserves_the_budget_and_moves_as_it_must(self) -> None:
        """N* ~ share^(-alpha / (alpha + beta)), the reverse for D*: what the paper's eq. 6 gets wrong."""
        fit = published["kumar2024_precision"]
        few, many = (fit.optimal(C=1e21, P_w=bits, P_a=bits, P_kv=bits) for bits in (4.0, 1e3))
        share = float(effective_share(self.PARAMS, 4.0, 4.0, 4.0))
        assert float(few.N / many.N) == pytest.approx(share**-0.5, rel=1e-12)
        assert float(6 * few.N * few.D) == pytest.approx(1e21, rel=1e-12)


class TestFarseer:
    LARGEST = 25.1e9
    """Parameters of the largest model that Li et al. trained."""

    def tokens_per_parameter(self, name: str, C: float) -> float:
        return float(sl.plan(published[name], budget=C, max_N=self.LARGEST).tokens_per_parameter)

    def test_code_wants_150_tokens_per_parameter(self) -> None:
        """Luo et al. 2025: 150 at 5.36e21 FLOP, from constants of two to six digits."""
        assert self.tokens_per_parameter("luo2025_code", 5.36e21) == pytest.approx(150, rel=0.04)

    def test_text_wants_more_tokens_per_parameter_as_budgets_grow(self) -> None:
        """Li et al. 2025, Fig. 1b: Chinchilla's 10 to 30 at 1e20 to 1e21 FLOP, and rising."""
        few, more, most = (self.tokens_per_parameter("farseer2025_notebook", C) for C in (1e20, 1e21, 5e21))
        assert 10 < few < more < 30 < most < 40

    @pytest.mark.parametrize("C", [1e19, 1e20, 1e21, 1e22, 1e23, 1e24])
    def test_without_a_largest_size_no_split_is_best(self, C: float) -> None:
        """Its floor falls to 0 without end as N grows, and so does what more tokens are worth."""
        with pytest.raises(BadInput, match="^loss of law 'farseer' .* no split is best"):
            sl.allocate(published["farseer2025_notebook"], C=C)

    def test_parameters_describe_a_model_of_1e9_parameters_on_1e10_tokens(self) -> None:
        """Floor and data term there, and their slopes in log N and log D by central differences."""
        fit, step = published["farseer2025_notebook"], 1e-5
        floor, here = (float(fit.loss(N=1e9, D=D)) for D in (1e300, 1e10))
        assert (fit.params.E, fit.params.B) == pytest.approx((floor, here - floor), rel=1e-12)
        up, down = (
            [float(fit.loss(N=1e9 * math.exp(shift), D=D)) for D in (1e300, 1e10)] for shift in (step, -step)
        )
        assert (up[0] - down[0]) / (2 * step * floor) == pytest.approx(fit.params.e, rel=1e-6)
        term = ((up[1] - up[0]) - (down[1] - down[0])) / (2 * step)
        assert term / (here - floor) == pytest.approx(fit.params.b, rel=1e-6)
        more, less = (float(fit.loss(N=1e9, D=1e10 * math.exp(shift))) for shift in (step, -step))
        assert (less - more) / (2 * step * (here - floor)) == pytest.approx(fit.params.A, rel=1e-6)

    def test_derived_constants_are_the_printed_ones(self) -> None:
        fit = published["farseer2025_notebook"]
        assert fit.law.derived
        printed = {
            name: float(value)
            for name, value in fit.law.derived(fit.law.Params(*map(jnp.asarray, fit.params))).items()
        }
        assert printed == pytest.approx({name: fit.constants[name] for name in printed}, rel=1e-12)

    @pytest.mark.slow
    def test_no_curvature_is_a_power_of_N(self) -> None:
        """With gamma, beta, alpha and a 0: E n^e + B n^b d^-A of n = N / 1e9 and d = D / 1e10, and smoothly so."""
        law = LAWS["farseer"]
        flat = law.Params(E=0.5, e=-0.1, gamma=0.0, B=0.1, b=0.2, beta=0.0, A=0.3, a=0.0, alpha=0.0)
        N, D = np.geomspace(1e7, 1e11, 9), np.geomspace(1e12, 1e9, 9)
        powers = 0.5 * (N / 1e9) ** -0.1 + 0.1 * (N / 1e9) ** 0.2 * (D / 1e10) ** -0.3
        np.testing.assert_allclose(law.predict(flat, N=N, D=D), powers, rtol=1e-13)
        slopes = jax.jacfwd(lambda gamma: law.loss(flat._replace(gamma=gamma), law.pack({"N": N, "D": D})))
        for gamma in (0.0, 1e-12, 0.9999e-3, 1.0001e-3):
            by_hand = 0.5 * np.exp(-0.1 * bend(gamma, N)) * -0.1 * slope_of_bend(gamma, N)
            np.testing.assert_allclose(slopes(jnp.asarray(gamma)), by_hand, rtol=1e-9, atol=1e-15)


def bend(curvature: float, N: np.ndarray) -> np.ndarray:
    """((N / 1e9)^curvature - 1) / curvature as its power series in the curvature."""
    log_N = np.log(N / 1e9)
    return sum((log_N ** (i + 1) * curvature**i / math.factorial(i + 1) for i in range(12)), np.zeros(len(N)))


def slope_of_bend(curvature: float, N: np.ndarray) -> np.ndarray:
    log_N = np.log(N / 1e9)
    terms = (i * log_N ** (i + 1) * curvature ** (i - 1) / math.factorial(i + 1) for i in range(1, 12))
    return sum(terms, np.zeros(len(N)))


class TestOthers:
    def test_overtraining_in_N_and_D(self) -> None:
        """A, B and alpha as refitted, the optimum 3.4, 7.4 and 5.8 tokens per parameter: not 20."""
        for data, M in (("c4", 3.4), ("redpajama", 7.4), ("refinedweb", 5.8)):
            fit = published[f"gadre2024_{data}_loss"]
            same: Chinchilla = in_N_and_D(fit.params)
            given = [fit.constants[name] for name in ("A", "B", "alpha")]
            assert [float(x) for x in (same.A, same.B, same.alpha)] == pytest.approx(given, rel=1e-4)
            assert fit.law.derived
            assert float(fit.law.derived(fit.params)["M_star"]) == pytest.approx(M, abs=0.05)
            at = LAWS["chinchilla"].pack({"N": 1e9, "D": 2e10})
            here = float(LAWS["chinchilla"].loss(same, at))
            assert here == pytest.approx(float(fit.loss(C=1.2e20, M=20)), rel=1e-12)

    def test_henighan_is_gpt_3s_curve(self) -> None:
        """2.57 C^-0.048 in PF-days; the language model's best size at 1 PF-day is 1.29e9."""
        fit = published["henighan2020_language_C"]
        assert float(fit.loss(C=8.64e19)) == pytest.approx(2.57, abs=5e-3)
        x0, beta = fit.further["Nopt_x0"], fit.further["Nopt_beta"]
        assert x0**-beta == pytest.approx(1.29e9, rel=5e-3)

    def test_deepseeks_two_trends_spend_the_budget(self) -> None:
        M, D = (published[f"deepseek2024_{name}"].predict(C=1e21) for name in ("M_opt", "D_opt"))
        assert float(M * D) / 1e21 == pytest.approx(1.0001, abs=5e-5)

    def test_llamas_printed_digits_miss_its_own_tokens(self) -> None:
        text, figure = (published[f"llama3_tokens_{name}"].predict(C=3.8e25) for name in ("text", "fig3"))
        assert (float(text), float(figure)) == pytest.approx((10.5e12, 16.29e12), rel=4e-3)
        assert 3.8e25 / (402e9 * 16.55e12) == pytest.approx(5.71, abs=5e-3)

    @pytest.mark.parametrize("name", [name for name in published if re.match("porian2024_(rw|owt2)", name)])
    def test_porian_at_chinchillas_budget(self, name: str) -> None:
        """Exponents have four digits: over 23 decades they leave the prefactor 0.3 %."""
        fit = published[name]
        assert float(fit.predict(C=5.88e23)) == pytest.approx(fit.further["N_at_5_88e23"], rel=4e-3)
