"""`plan`: costs in FLOP, GPU-hours and dollars, unique tokens, lists of sizes, and what it refuses."""

import json
from typing import Any

import jax
import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.allocation import Rates, dollars, gpu_hours, most_in_memory, most_in_time, repeating
from scalelaw.laws import Chinchilla, chinchilla, kaplan

DE_VRIES = sl.published["hoffmann2022_A3_devries"]
MUENNIGHOFF = sl.published["muennighoff2023"]
BASE = sl.published["muennighoff2023_base_c4"]
KAPLAN = sl.published["kaplan2020_L_N_D"]
H100 = 989e12


class TestCosts:
    def test_of_sardanas_third_example(self) -> None:
        """30B quality and 1e13 tokens: 13.6B on 2.84 times the tokens saves 28 %."""
        large = sl.allocate(DE_VRIES, N="30B")
        plan = sl.plan(DE_VRIES, L=large.L, inference_tokens="10T")
        assert plan.N == pytest.approx(1.36131e10, rel=3e-5)
        assert plan.D / large.D == pytest.approx(2.845, abs=5e-4)
        assert plan.saved == pytest.approx(0.27985, abs=5e-6)
        assert plan.total == pytest.approx(6 * plan.N * plan.D + 2 * plan.N * 1e13, rel=1e-14)
        assert plan.certified
        assert abs(plan.residual) < 1e-12

    def test_without_anything_to_keep_to_it_is_allocate(self) -> None:
        """Of a law without closed form, too; and a bound that holds nothing changes nothing but rounding."""
        for words in (
            {"C": ["1e21", "1e24"]},
            {"C": "1e22", "N": "7B"},
            {"N": "7B", "tokens_per_parameter": 20},
        ):
            plan, best = sl.plan(KAPLAN, **words), sl.allocate(KAPLAN, **words)  # type: ignore[arg-type]
            assert str(plan) == str(best)
            assert plan.to_dict() == best.to_dict()
        plan, best = sl.plan(DE_VRIES, budget=["1e21", "1e24"]), sl.allocate(DE_VRIES, C=["1e21", "1e24"])
        np.testing.assert_allclose(plan.N, best.N, rtol=1e-12)
        np.testing.assert_allclose(plan.L, best.L, rtol=1e-14)

    def test_proportional_prices_are_flop(self) -> None:
        """Where every FLOP costs the same, GPU-hours and dollars choose as FLOP do."""
        hours = gpu_hours(H100, utilisation=0.4, generation_utilisation=0.4)
        in_flop = sl.plan(DE_VRIES, L=2.0, inference_tokens="2T")
        for rates, unit in ((hours, 1.0), (dollars(hours, 2.5), 2.5)):
            plan = sl.plan(DE_VRIES, L=2.0, inference_tokens="2T", generated_tokens="1T", rates=rates)
            assert plan.N == pytest.approx(in_flop.N, rel=1e-12)
            assert plan.total == pytest.approx(in_flop.total / (0.4 * H100 * 3600) * unit, rel=1e-12)

    def test_dollars_by_hand(self) -> None:
        """Sardana et al. 2024, section 3: training and prompts at 50 %, generation at 1 % of the peak."""
        rates = dollars(gpu_hours(H100), 2.0, 3.0)
        plan = sl.plan(DE_VRIES, budget=1e6, inference_tokens="2T", generated_tokens="500B", rates=rates)
        hours = [6 * plan.N * plan.D / 0.5, 2 * plan.N * 1.5e12 / 0.5, 2 * plan.N * 5e11 / 0.01]
        paid = np.dot(hours, [2, 3, 3]) / (H100 * 3600)
        assert (plan.total, plan.unit) == (1e6, "dollars")
        assert paid == pytest.approx(1e6, rel=1e-12)
        flop = sl.plan(DE_VRIES, L=plan.L, inference_tokens="2T")
        assert plan.N < flop.N

    def test_a_loss_and_the_budget_it_costs_ask_for_the_same(self) -> None:
        words: dict[str, Any] = {"inference_tokens": "1T", "generated_tokens": "1T", "rates": gpu_hours(H100)}
        plan = sl.plan(DE_VRIES, L=2.1, **words)
        assert sl.plan(DE_VRIES, budget=plan.total, **words).N == pytest.approx(plan.N, rel=1e-9)

    def test_rates_refused(self) -> None:
        with pytest.raises(BadInput, match="^utilisation must be a share of the peak, above 0 and at most 1"):
            gpu_hours(H100, utilisation=50)
        with pytest.raises(BadInput, match="^peak must be a positive finite number"):
            gpu_hours(0)
        with pytest.raises(BadInput, match="^price must be a positive finite number"):
            dollars(gpu_hours(H100), -2)


class TestUniqueTokens:
    def test_muennighoffs_optimum(self) -> None:
        """1e22 FLOP on 25e9 unique tokens; the repository's grid says 7.022e9 and 9.493 epochs."""
        plan = sl.plan(MUENNIGHOFF, budget=["1e21", "1e22"], U="25B")
        assert np.asarray(plan.N)[1] == pytest.approx(7.0262e9, rel=1e-5)
        assert np.asarray(plan.epochs)[1] == pytest.approx(9.488, abs=5e-4)
        assert plan.certified

    @pytest.mark.parametrize("C", [1e23, 1e24, 1e25])
    def test_is_certified_after_hundreds_of_epochs(self, C: float) -> None:
        """The worth of repeats has decayed to nothing there, and its derivative must still have its digits."""
        plan = sl.plan(sl.published["muennighoff2023"], budget=C, U=2.5e9)
        assert plan.epochs is not None
        assert np.asarray(plan.epochs) > 300
        assert abs(np.asarray(plan.residual)) < 1e-11
        assert plan.certified

    def test_published_decay_on_the_base_law_is_the_published_law(self) -> None:
        fitted, base = (sl.plan(fit, budget=["1e21", "1e22"], U="25B") for fit in (MUENNIGHOFF, BASE))
        np.testing.assert_allclose(base.N, fitted.N, rtol=1e-12)
        np.testing.assert_allclose(base.L, fitted.L, rtol=1e-14)

    def test_printed_losses(self) -> None:
        law = repeating(chinchilla, 25e9)
        inputs = law.pack({"N": np.array([6.34e9, 8.67e9]), "D": np.array([242e9, 178e9])})
        with jax.enable_x64(True):
            losses = law.loss(BASE.params, inputs)
        np.testing.assert_allclose(losses, [2.2256440889984477, 2.2269634075087867], rtol=1e-9)

    def test_many_unique_tokens_are_no_limit(self) -> None:
        free = sl.allocate(BASE, C=1e22)
        for words in ({"U": "100T"}, {"U": "100T", "repeats": False}):
            plan = sl.plan(BASE, budget=1e22, **words)  # type: ignore[arg-type]
            assert plan.N == pytest.approx(free.N, rel=1e-9)

    def test_own_decay(self) -> None:
        """The sooner repeats are worth nothing, the fewer of them."""
        soon, found = (sl.plan(BASE, budget=[1e21, 1e22], U="25B", R_D=rate) for rate in (2.0, None))
        assert (np.asarray(soon.epochs) < np.asarray(found.epochs)).all()
        assert "R_D = 2, R_N = 5.31, as given" in str(soon)

    def test_without_repeats(self) -> None:
        plan = sl.plan(DE_VRIES, budget=1e22, U="100B", repeats=False)
        assert (plan.D, plan.epochs, plan.at) == (1e11, 1.0, ("tokens",))
        assert plan.N == pytest.approx(1e22 / 6e11, rel=1e-14)
        assert plan.certified
        assert "at all unique tokens, D = 100B: the law alone would take N = 6.538B" in str(plan)


class TestBounds:
    def test_at_the_cap(self) -> None:
        plan = sl.plan(DE_VRIES, budget=["1e22", "1e24"], max_N="7B")
        assert plan.at == ("", "most")
        assert plan.N[1] == 7e9  # type: ignore[index]
        np.testing.assert_allclose(plan.alone, sl.allocate(DE_VRIES, C=["1e22", "1e24"]).N, rtol=1e-12)
        assert "note: 1 of 2 splits lie at a bound" in str(plan)

    def test_of_a_list_of_sizes(self) -> None:
        plan = sl.plan(DE_VRIES, budget=1e23, inference_tokens="2T", sizes=["13B", "1B", "3B", "7B"])
        assert (plan.N, plan.at, plan.certified) == (7e9, ("size",), True)
        others = [
            sl.plan(DE_VRIES, budget=1e23, inference_tokens="2T", sizes=[N]).L for N in ("1B", "3B", "13B")
        ]
        assert min(others) > plan.L
        assert sl.plan(DE_VRIES, budget=1e23, sizes=["1B", "7B"], max_N="3B").N == 1e9

    def test_caps(self) -> None:
        assert most_in_memory(80e9) == 40e9
        assert most_in_memory(24e9, 0.5) == 48e9
        assert most_in_time(0.02, bandwidth=3.35e12) == pytest.approx(33.5e9)
        assert most_in_time(0.02, flops=1e12) == pytest.approx(1e10)
        assert most_in_time(0.02, bandwidth=3.35e12, flops=1e12) == pytest.approx(1e10)
        assert most_in_time(1.0) == np.inf
        with pytest.raises(BadInput, match="^memory must be a positive finite number, got -1"):
            most_in_memory(-1)


class TestText:
    def test_table_with_units_and_conventions(self) -> None:
        lines = str(sl.plan(DE_VRIES, L="2.0", inference_tokens="2T")).splitlines()
        assert lines == [
            "Lowest total cost for a given loss",
            "total [FLOP]  C [FLOP]       N       D    D/N  L [nats]   saved",
            "     1.67e23  1.196e23  11.85B  1.681T  141.9   2.00000  10.8 %",
            "  N parameters, D training tokens, C = 6 N D FLOP of training, L nats per token",
            "  total = cost of 6 N D FLOP of training and 2 N T FLOP of serving, T = 2T tokens; as much as "
            "training on D + 666.7B tokens",
            "  saved: of the total, against the split that is cheapest to train to the same loss",
            lines[-1],
        ]
        assert lines[-1].startswith("note: first-order condition met to")

    def test_frame_and_json(self) -> None:
        plan = sl.plan(DE_VRIES, budget=[1e22, 1e23], max_N="7B", inference_tokens="1T")
        assert plan.to_frame()["at"].tolist() == ["", "most"]
        told = json.loads(json.dumps(plan.to_dict()))
        assert told["N"][1] == 7e9
        assert told["saved"] is None
        assert list(told) == list(sl.allocate(DE_VRIES, C=1e22).to_dict())
        assert told["conventions"][-2:] == [
            "N <= 7B parameters",
            "N unbounded: what the law would take without these bounds",
        ]


@pytest.mark.parametrize(
    ("fit", "words", "message"),
    [
        (DE_VRIES, {}, "^what is given must be one of C, N, D, L, C with N, .*, got nothing$"),
        (DE_VRIES, {"budget": 1e22, "L": 2}, "^what is given must be one of C, N, .*, got L with budget$"),
        (
            DE_VRIES,
            {"max_N": "7B"},
            "^what is given with serving or limits must be one of C and L, got neither$",
        ),
        (DE_VRIES, {"C": 1e22, "L": 2, "max_N": "7B"}, "with serving or limits must be .*, got both$"),
        (
            DE_VRIES,
            {"C": 1e22, "D": "1T", "max_N": "7B"},
            "^D must be left out with serving or limits, which",
        ),
        (DE_VRIES, {"C": 1e22, "N": "1B", "sizes": ["7B"]}, "^N must be left out with sizes, got '1B'$"),
        (DE_VRIES, {"C": 1e6, "rates": gpu_hours(H100)}, "^C must be left out where costs are in GPU-hours"),
        (DE_VRIES, {"budget": "lots"}, "^budget must be a positive number, written like 7B"),
        (DE_VRIES, {"budget": 3}, "^budget must be at least 6 FLOP, the cost of training the smallest model"),
        (
            DE_VRIES,
            {"budget": 1e18, "sizes": ["7B", "13B"], "inference_tokens": "1T"},
            "^budget must be at least 1.4e22 FLOP, the cost of training the smallest model allowed, N = 7B, on "
            "one token and serving 1T tokens, got 1e18 FLOP$",
        ),
        (
            DE_VRIES,
            {"budget": 1e22, "max_N": "1B", "U": "25B", "repeats": False},
            "^D must be at most the U = 25B unique tokens, for repeats are forbidden, got 1.667T, which 1e22 "
            "FLOP buys for the largest model allowed, N = 1B; allow repeats or larger models, or spend at most "
            "1.5e20 FLOP$",
        ),
        (
            DE_VRIES,
            {"budget": 1e22, "U": "25B", "repeats": False, "sizes": ["1B"]},
            "^D must be at most the U",
        ),
        (DE_VRIES, {"L": 2.2, "U": "25B", "repeats": False, "max_N": "7B"}, "the loss of N = 7B and D = 25B"),
        (
            DE_VRIES,
            {"L": 2, "max_N": "1B"},
            "^L must be above 2.07455 nats/token, the loss of N = 1B and unl",
        ),
        (
            DE_VRIES,
            {"L": 1.5},
            "^L must be above 1.69000 nats/token, the loss of unlimited N and D",
        ),
        (
            DE_VRIES,
            {"budget": 1e22, "min_N": "7B", "max_N": "1B"},
            "^min_N must be at most max_N = 1B parameters, got 7B; no model keeps to both$",
        ),
        (
            DE_VRIES,
            {"budget": 1e22, "sizes": ["7B", "13B"], "max_N": "1B"},
            "^sizes must be such that one has at most 1B parameters, got 7B, 13B; no model keeps to both$",
        ),
        (
            DE_VRIES,
            {"budget": 1e22, "repeats": False},
            "^U must be given, .* with repeats forbidden, got nothing$",
        ),
        (DE_VRIES, {"budget": 1e22, "R_D": 3.0}, "^U must be given, .* with R_D or R_N"),
        (MUENNIGHOFF, {"budget": 1e22}, "^U must be given, .* with law 'data_constrained', which reads it"),
        (MUENNIGHOFF, {"budget": 1e22, "U": 1e9, "R_D": 3.0}, "^R_D and R_N must be left to the fit"),
        (
            DE_VRIES,
            {"budget": 1e22, "U": 1e9, "R_D": 3.0, "repeats": False},
            "must be left out where repeats are forbidden, got 3$",
        ),
        (KAPLAN, {"budget": 1e22, "U": 1e9}, "^law must be one that says what repeated tokens are worth"),
        (
            DE_VRIES,
            {"L": 2, "inference_tokens": 1e9, "generated_tokens": 2e9},
            "^generated tokens must be at most the inference tokens, of which they are a part, got 2B of 1B$",
        ),
        (DE_VRIES, {"L": 2, "inference_tokens": "-3"}, "^inference_tokens must be a positive number"),
        (sl.published["gadre2024_c4_loss"], {"L": 2}, "^law must be of N and D"),
        (7, {"L": 2}, "^fit must be a fit, or anything with `law` and `params`, got 7$"),
    ],
)
def test_refused_in_a_sentence(fit: Any, words: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        sl.plan(fit, **words)


def test_a_law_that_reads_neither_repeats_nor_unique_tokens_may_forbid_them() -> None:
    plan = sl.plan(KAPLAN, budget=1e22, U="5B", repeats=False)
    assert (plan.law, plan.D) == (kaplan, 5e9)


def test_one_more_limit_changes_neither_class_nor_keys_nor_numbers() -> None:
    """Where the limit is none: by the numerical optimum instead of the closed form."""
    free = sl.allocate(DE_VRIES, C=["1e21", "1e24"])
    for words in (
        {"max_N": "900T"},
        {"min_N": 2},
        {"U": "900T", "repeats": False},
        {"inference_tokens": 1e-3},
    ):
        found = sl.plan(DE_VRIES, C=["1e21", "1e24"], **words)  # type: ignore[arg-type]
        assert type(found) is type(free) is sl.Plan is sl.Allocation
        assert found.to_dict().keys() == free.to_dict().keys()
        assert found.to_frame().columns.tolist() == free.to_frame().columns.tolist()
        np.testing.assert_allclose(found.N, free.N, rtol=1e-12)
        np.testing.assert_allclose(found.L, free.L, rtol=1e-14)
        np.testing.assert_allclose(found.total, free.total, rtol=1e-11)
        assert found.certified
        assert free.certified


def test_an_unknown_keyword() -> None:
    with pytest.raises(TypeError, match="unknown keywords of a question: tokens"):
        sl.plan(DE_VRIES, C=1e22, tokens=3)  # type: ignore[call-arg]


def test_rates_are_values() -> None:
    assert gpu_hours(H100) == gpu_hours(H100)
    assert isinstance(gpu_hours(H100), Rates)
    assert Chinchilla(*DE_VRIES.params).alpha == 0.336
