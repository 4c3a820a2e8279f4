"""Over-training curves and compute-equivalent gains against their closed forms for Chinchilla's law."""

import json
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.allocation import compute_gain, overtraining_cost, overtraining_tokens
from scalelaw.laws import Chinchilla, Law, chinchilla

DE_VRIES = sl.published["hoffmann2022_A3_devries"]
KAPLAN = sl.published["kaplan2020_L_N_D"]
SHARES = np.array([1.0, 0.9, 0.7, 0.5, 0.3])


@dataclass(frozen=True)
class Given:
    law: Law
    params: Any


def closed_tokens(params: Chinchilla, share: Any) -> Any:
    """D / D* at the loss of the optimum, where A N^-alpha / (B D^-beta) = beta / alpha."""
    return (1 - (share**-params.alpha - 1) * params.beta / params.alpha) ** (-1 / params.beta)


class TestSmaller:
    @pytest.mark.parametrize("C", [1e18, 1e25])
    @pytest.mark.slow
    def test_tokens_and_compute_in_closed_form(self, C: float) -> None:
        params = DE_VRIES.params
        with jax.enable_x64(True):
            tokens = overtraining_tokens(chinchilla, params, C, SHARES)
            cost = overtraining_cost(chinchilla, params, C, SHARES)
        np.testing.assert_allclose(tokens, closed_tokens(params, SHARES), rtol=1e-10)
        np.testing.assert_allclose(cost, SHARES * closed_tokens(params, SHARES), rtol=1e-10)

    def test_thirty_percent_smaller_costs_five_percent_more(self) -> None:
        curve = sl.cost_of_smaller(DE_VRIES, [0.3, 0.1], C="1e23")
        assert curve.smaller.tolist() == [0.0, 0.1, 0.3]
        assert curve.more_compute[[0, 2]] == pytest.approx([0, 0.04513932], abs=1e-7)
        assert curve.N[2] == pytest.approx(0.7 * curve.N[0], rel=1e-14)
        np.testing.assert_allclose(DE_VRIES.loss(N=curve.N, D=curve.D), curve.L, rtol=1e-14)
        assert curve.residual < 1e-14

    def test_the_smallest_size_that_data_make_up_for(self) -> None:
        _, _, _, alpha, beta = DE_VRIES.params
        curve = sl.cost_of_smaller(DE_VRIES, 0.5, C=1e22)
        assert curve.least == pytest.approx((1 + alpha / beta) ** (-1 / alpha), rel=1e-9)

    def test_a_law_without_that_closed_form(self) -> None:
        curve = sl.cost_of_smaller(KAPLAN, 0.5, C=1e22)
        np.testing.assert_allclose(KAPLAN.loss(N=curve.N, D=curve.D), curve.L, rtol=1e-13)
        assert curve.more_compute[1] > 0

    def test_table_frame_and_json(self) -> None:
        curve = sl.cost_of_smaller(DE_VRIES, 0.3, C=1e22)
        text = str(curve)
        assert "30 %  4.577B  380.6B  1.045e22  4.514 %  x 1.493" in text
        assert "no number of tokens makes up for N below 9.736 % of the optimal" in text
        assert curve.to_frame().shape == (2, 6)
        assert json.loads(json.dumps(curve.to_dict()))["smaller"] == [0, 0.3]

    @pytest.mark.parametrize(
        ("smaller", "C", "message"),
        [
            (0.95, 1e22, "^smaller must be below 0.9026, for no number of tokens makes up for a model"),
            (1.5, 1e22, "^smaller must be a number between 0 and 1"),
            (0.3, -1, "^C must be a positive finite number, got -1"),
        ],
    )
    def test_refused(self, smaller: float, C: float, message: str) -> None:
        with pytest.raises(BadInput, match=message):
            sl.cost_of_smaller(DE_VRIES, smaller, C=C)


class TestGain:
    def test_of_a_law_over_itself_is_one(self) -> None:
        gain = sl.compute_equivalent_gain(DE_VRIES, DE_VRIES, C=[1e19, 1e24])
        np.testing.assert_allclose(gain.gain, 1, rtol=1e-10)

    @pytest.mark.parametrize(("name", "exponent"), [("A", "alpha"), ("B", "beta")])
    def test_of_a_smaller_coefficient(self, name: str, exponent: str) -> None:
        """A or B divided by k saves k^(1 / exponent) of the compute, at every budget."""
        params = DE_VRIES.params
        better = Given(chinchilla, params._replace(**{name: getattr(params, name) / 1.5}))
        gain = sl.compute_equivalent_gain(better, DE_VRIES, C=[1e19, 1e24]).gain
        np.testing.assert_allclose(gain, 1.5 ** (1 / getattr(params, exponent)), rtol=1e-9)

    def test_of_another_loss_at_infinity_grows_until_out_of_reach(self) -> None:
        better = Given(chinchilla, DE_VRIES.params._replace(E=1.6))
        answer = sl.compute_equivalent_gain(better, DE_VRIES, C=[1e20, 1e22, 1e27])
        assert answer.gain[1] > answer.gain[0] > 1  # type: ignore[index]
        assert np.isnan(answer.gain[2])  # type: ignore[index]
        assert "out of reach     none" in str(answer)
        assert json.loads(json.dumps(answer.to_dict()))["gain"][2] is None

    def test_derivative(self) -> None:
        """d log gain / d log B = -1 / beta."""
        params = DE_VRIES.params
        with jax.enable_x64(True):
            gain = lambda B: compute_gain(chinchilla, params._replace(B=B), chinchilla, params, 1e22)  # noqa: E731
            slope = jax.jit(jax.grad(lambda B: jax.numpy.log(gain(B))))(params.B)
        assert float(slope) * params.B == pytest.approx(-1 / params.beta, rel=1e-9)

    def test_two_laws_of_different_form(self) -> None:
        answer = sl.compute_equivalent_gain(KAPLAN, DE_VRIES, C="1e21")
        reached = sl.allocate(DE_VRIES, C=answer.baseline_C)
        assert reached.L == pytest.approx(answer.L, rel=1e-12)

    def test_refused(self) -> None:
        with pytest.raises(BadInput, match="^law must be of N and D"):
            sl.compute_equivalent_gain(sl.published["muennighoff2023"], DE_VRIES, C=1e22)
