"""The laws beside Chinchilla's, each of which holds it or is held by it: their limits, fits and optima."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from designs import design, truth

import scalelaw as sl
from scalelaw.laws import Chinchilla, Law, bounded, chinchilla, cross, overfitting, skaling, tied

COUPLED = pytest.mark.parametrize("law", [skaling, cross], ids=lambda law: law.name)
N, D = np.geomspace(1e7, 1e11, 9), np.geomspace(1e13, 1e9, 9)


def runs_of(law: Law, params: Any) -> sl.Runs:
    """Runs without noise."""
    inputs = design(law)
    table = pd.DataFrame({**inputs, "L": law.predict(params, **inputs)})
    return sl.Runs.from_frame(table, N="N", D="D", L="L")


class Model:
    """A law and its parameters."""

    def __init__(self, law: Law, params: Any) -> None:
        self.law, self.params = law, params


@COUPLED
def test_projected_starts_find_the_truth(law: Law) -> None:
    fit = sl.fit(runs_of(law, truth(law)), law, starts="projected")
    np.testing.assert_allclose(fit.params, truth(law), rtol=1e-6)
    assert fit.certificate.trusted


@COUPLED
def test_chinchillas_law_is_one_of_them(law: Law) -> None:
    """Its noise-free surface gives k = 1 and K = 0."""
    params = Chinchilla(E=1.8, A=480.0, B=2100.0, alpha=0.35, beta=0.37)
    fit = sl.fit(runs_of(chinchilla, params), law, starts="projected")
    assert tuple(fit.params[:2]) == pytest.approx((params.E, params.A), rel=1e-6)
    assert fit.params.alpha == pytest.approx(params.alpha, rel=1e-6)
    assert fit.params.beta == pytest.approx(params.beta, rel=1e-6)
    if law is skaling:
        assert fit.params.k == pytest.approx(1, rel=1e-6)
        assert fit.derived["B"][0] == pytest.approx(params.B, rel=1e-5)
    else:
        assert fit.derived["kappa"][0] == pytest.approx(0, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("law", [skaling, cross, tied, bounded], ids=lambda law: law.name)
@pytest.mark.parametrize("table", ["epoch_runs", "gemstones_runs", "sweep"])
def test_projected_starts_miss_nothing_that_the_grid_finds(
    law: Law, table: str, request: pytest.FixtureRequest
) -> None:
    """32 lanes against some hundreds, on real runs; and a law that holds Chinchilla's is never above it."""
    runs = sl.read_dataset(table) if table == "sweep" else request.getfixturevalue(table)
    few, many = (sl.fit(runs, law, starts=starts).objective for starts in ("projected", "grid"))
    assert few == pytest.approx(many, rel=1e-9)
    if law is not tied:
        assert few < sl.fit(runs, starts="projected").objective
    else:
        assert few > sl.fit(runs, starts="projected").objective


class TestSkaling:
    def test_is_the_published_form(self) -> None:
        """E + (A' / N^alpha + B' / D^beta)^k."""
        E, A, R, alpha, beta, k = truth(skaling)
        inner = A ** (1 / k)
        printed = E + (inner / N**alpha + R * inner / D**beta) ** k
        np.testing.assert_allclose(skaling.predict(truth(skaling), N=N, D=D), printed, rtol=1e-13)

    def test_what_endless_data_or_size_leaves(self) -> None:
        params = truth(skaling)
        assert skaling.derived
        with jax.enable_x64(True):
            derived = {name: float(value) for name, value in skaling.derived(params).items()}
        no_end = 1e200
        of_N, of_D = (skaling.predict(params, **at) for at in ({"N": N, "D": no_end}, {"N": no_end, "D": D}))
        np.testing.assert_allclose(of_N, params.E + params.A / N ** derived["alpha_N"], rtol=1e-13)
        np.testing.assert_allclose(of_D, params.E + derived["B"] / D ** derived["beta_D"], rtol=1e-13)

    @pytest.mark.parametrize("k", [0.3, 1.0, 2.0])
    def test_the_optimum_is_the_same_for_every_k(self, k: float) -> None:
        params = truth(skaling)._replace(k=k)
        sum_within = Chinchilla(E=1.0, A=1.0, B=params.R, alpha=params.alpha, beta=params.beta)
        C = np.array([1e18, 1e21, 1e24])
        closed, numeric, chinchillas = (
            sl.allocate(model, C=C)
            for model in (
                Model(skaling, params),
                Model(replace(skaling, optimum=None), params),
                Model(chinchilla, sum_within),
            )
        )
        np.testing.assert_allclose(closed.N, chinchillas.N, rtol=1e-12)
        np.testing.assert_allclose(numeric.N, closed.N, rtol=1e-9)


class TestCross:
    def test_kappa_does_not_depend_on_units(self) -> None:
        assert cross.rescale
        assert cross.derived
        with jax.enable_x64(True):
            there = cross.rescale(truth(cross), cross.pack({"N": 1e9, "D": 1e11}))
            kappas = [float(cross.derived(params)["kappa"]) for params in (truth(cross), there)]
        assert kappas[0] == pytest.approx(kappas[1], rel=1e-12)
        assert kappas[0] == pytest.approx(-8e4 / (400 * 1200), rel=1e-12)

    def test_where_more_data_does_harm(self) -> None:
        """Below the size (-K / B)^(1 / alpha), and nowhere above."""
        _, _, B, alpha, _, K = params = truth(cross)
        turn = (-K / B) ** (1 / alpha)
        few, many = (cross.predict(params, N=np.array([0.9, 1.1]) * turn, D=at) for at in (1e9, 1e10))
        assert ((many > few) == [True, False]).all()

    @pytest.mark.parametrize("K", [-8e4, 0.0, 8e4])
    def test_splits_a_budget_numerically(self, K: float) -> None:
        """The first-order condition N dL/dN = D dL/dD at 6 N D = C; Chinchilla's closed form where K = 0."""
        params = truth(cross)._replace(K=K)
        C = np.array([1e18, 1e21, 1e24])
        plan = sl.allocate(Model(cross, params), C=C)
        np.testing.assert_allclose(6 * plan.N * plan.D, C, rtol=1e-12)
        E, A, B, alpha, beta, _ = params
        of_N, of_D = A / plan.N**alpha, B / plan.D**beta
        both = K / (plan.N**alpha * plan.D**beta)
        np.testing.assert_allclose(alpha * (of_N + both), beta * (of_D + both), rtol=1e-7)
        if K == 0:
            closed = sl.allocate(Model(chinchilla, Chinchilla(E, A, B, alpha, beta)), C=C)
            np.testing.assert_allclose(plan.N, closed.N, rtol=1e-9)


class TestTied:
    def test_is_chinchillas_law_with_one_exponent(self) -> None:
        E, A, B, alpha = params = truth(tied)
        same = Chinchilla(E, A, B, alpha, alpha)
        np.testing.assert_array_equal(tied.predict(params, N=N, D=D), chinchilla.predict(same, N=N, D=D))

    def test_every_budget_has_the_same_tokens_per_parameter(self) -> None:
        assert tied.derived
        with jax.enable_x64(True):
            M = float(tied.derived(tied.Params(*map(jnp.asarray, truth(tied))))["M_star"])
        plan = sl.allocate(Model(tied, truth(tied)), C=np.array([1e18, 1e21, 1e24]))
        np.testing.assert_allclose(plan.tokens_per_parameter, M, rtol=1e-12)


class TestBounded:
    def test_ends_at_both_sides(self) -> None:
        params = truth(bounded)
        assert float(bounded.predict(params, N=1e300, D=1e300)) == pytest.approx(params.E, rel=1e-12)
        assert float(bounded.predict(params, N=1e-300, D=1e12)) == pytest.approx(params.L0, rel=1e-12)

    def test_is_chinchillas_law_where_little_is_lost(self) -> None:
        """With E, A and B held and L0 without end, h is small everywhere."""
        E, A, B, alpha, beta = same = Chinchilla(1.8, 480.0, 2100.0, 0.35, 0.37)
        limit = bounded.Params(E=E, L0=E + 1e9, a=A / 1e9, alpha=alpha, b=B / 1e9, beta=beta)
        np.testing.assert_allclose(
            bounded.predict(limit, N=N, D=D), chinchilla.predict(same, N=N, D=D), rtol=1e-8
        )

    def test_no_end_of_unique_tokens_leaves_no_overfitting(self) -> None:
        params = truth(overfitting)
        abundant = overfitting.predict(params, N=N, D=D, U=1e300)
        np.testing.assert_allclose(
            abundant, bounded.predict(bounded.Params(*params[:6]), N=N, D=D), rtol=1e-13
        )

    def test_a_larger_model_can_overfit(self) -> None:
        """On few unique tokens the loss has a least size, which more unique tokens move up."""
        sizes = np.geomspace(1e6, 1e13, 400)
        best = [
            sizes[np.argmin(overfitting.predict(truth(overfitting), N=sizes, D=1e12, U=U))]
            for U in (1e8, 1e10)
        ]
        assert sizes[0] < best[0] < best[1] < sizes[-1]
