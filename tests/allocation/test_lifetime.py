"""Splits where serving counts or N and D are bounded: Sardana's examples, limits, conditions, derivatives."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import scalelaw as sl
from scalelaw.allocation import (
    Bounds,
    best_size,
    cheapest_size,
    first_order,
    numeric_optimal,
    optimal_given_L,
    optimal_given_N,
)
from scalelaw.laws import LAWS, Bounded, Chinchilla, Cross, Law, Overfitting, Skaling, Tied, chinchilla

# Hoffmann et al. 2022 after De Vries, as Sardana et al. 2024, arXiv:2401.00448, appendix A, use it.
DE_VRIES = Chinchilla(E=1.69, A=406.4, B=410.7, alpha=0.336, beta=0.283)
HELD: dict[str, tuple[Any, dict[str, float]]] = {
    "chinchilla": ("besiroglu2024_paper", {}),
    "skaling": (Skaling(E=1.75, A=87.0, R=1250.0, alpha=0.54, beta=0.77, k=0.41), {}),
    "cross": (Cross(E=1.7, A=400.0, B=1200.0, alpha=0.32, beta=0.34, K=-8e4), {}),
    "tied": (Tied(E=1.8, A=500.0, B=2000.0, alpha=0.36), {}),
    "bounded": (Bounded(E=1.6, L0=9.5, a=30.0, alpha=0.3, b=120.0, beta=0.33), {}),
    "overfitting": (
        Overfitting(1.6, 9.5, 30.0, 0.3, 120.0, 0.33, c=2.0, gamma=0.25, delta=0.38),
        {"U": 25e9},
    ),
    "kaplan": ("kaplan2020_L_N_D", {}),
    "joint_moe": ("ludziejewski2025_joint", {"E": 8.0}),
    "granular_moe": ("krajewski2024_moe", {"G": 8.0}),
    "precision": ("kumar2024_precision", {"P_w": 8.0, "P_a": 16.0, "P_kv": 16.0}),
    "sparse_moe": ("abnar2025", {"S": 0.5}),
    "data_constrained": ("muennighoff2023", {"U": 25e9}),
}
"""By law: a published fit or parameters, and the inputs that are held."""
EVERY_TIME = ("chinchilla", "skaling", "data_constrained")
"""Laws whose first-order condition is looked at in every run of the tests; that of the others is a slow check."""

CLOSED = [name for name in HELD if LAWS[name].optimum is not None]
BUDGETS = np.logspace(18, 26, 9)
SENSIBLE = slice(0, 7)
"""Beyond 1e24 FLOP more of 25e9 unique tokens changes the loss by less than its rounding."""

ANYWHERE = Bounds()


def loss(law: Law, params: Any, N: Any, D: Any) -> Any:
    return law.predict(params, N=N, D=D)


_budget, _loss, _residual, _value, _best_size, _cheapest_size, _given_N = (
    jax.jit(function, static_argnums=0)
    for function in (
        numeric_optimal,
        optimal_given_L,
        first_order,
        loss,
        best_size,
        cheapest_size,
        optimal_given_N,
    )
)


def solve(function: Any, law: Law, params: Any, *amounts: Any) -> Any:
    """A pure function of the library in float64, as NumPy."""
    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, function(law, params, *amounts))


def of_budget(law: Law, params: Any, C: Any, serving: Any = 0.0, bounds: Bounds = ANYWHERE) -> Any:
    return solve(_budget, law, params, *floats(C, serving, bounds))


def of_loss(law: Law, params: Any, L: Any, serving: Any = 0.0, bounds: Bounds = ANYWHERE) -> Any:
    return solve(_loss, law, params, *floats(L, serving, bounds))


def floats(*amounts: Any) -> Any:
    """Amounts of one type and shape each, so that code is compiled once."""
    shape = np.broadcast_shapes(*(np.shape(amount) for amount in amounts[:2]))
    return jax.tree.map(lambda amount: np.broadcast_to(np.asarray(amount, float), shape), amounts)


def terms(params: Chinchilla, N: Any, D: Any) -> tuple[Any, Any]:
    return params.A * N**-params.alpha, params.B * D**-params.beta


def held(name: str) -> tuple[Law, Any]:
    source, inputs = HELD[name]
    return LAWS[name].hold(**inputs), sl.published[source].params if isinstance(source, str) else source


class TestSardana:
    """Five examples of the paper: a Chinchilla model's quality, served T tokens."""

    ROWS = sl.published.table("sardana_examples")

    def plans(self) -> tuple[Any, Any, Any, Any]:
        N, T = (np.array([row[name] for row in self.ROWS]) for name in ("chinchilla_N", "D_inf"))
        D = solve(_given_N, chinchilla, DE_VRIES, N).D
        L = DE_VRIES.E + sum(terms(DE_VRIES, N, D))
        best = of_loss(chinchilla, DE_VRIES, L, T / 3)
        saved = 1 - (6 * best.N * best.D + 2 * best.N * T) / (6 * N * D + 2 * N * T)
        return best, D, saved, L

    def test_sizes_tokens_and_savings(self) -> None:
        best, _, saved, _ = self.plans()
        np.testing.assert_allclose(best.N, [row["N_solved"] for row in self.ROWS], rtol=2e-5)
        np.testing.assert_allclose(best.D, [row["D_solved"] for row in self.ROWS], rtol=4e-5)
        np.testing.assert_allclose(saved, [row["saving_solved"] for row in self.ROWS], atol=6e-6)

    def test_as_the_paper_prints_them(self) -> None:
        best, D, saved, _ = self.plans()
        printed = [f"{N / 1e9:.0f}" for N in best.N[:2]] + [f"{N / 1e9:.1f}" for N in best.N[2:4]]
        assert printed == ["6", "7", "13.6", "41.6"]
        ratio = best.D / D
        assert [round(float(ratio[0]), 2), f"{best.D[3] / 1e12:.2f}T"] == [1.18, "7.92T"]
        assert ratio[2] == pytest.approx(2.84, abs=0.006)
        assert [round(100 * float(share)) for share in saved[1:4]] == [17, 28, 12]
        assert round(100 * float(saved[4]), 1) == 1.3

    def test_condition(self) -> None:
        """Eq. 3: alpha A N^-alpha / (beta B D^-beta) = 1 + T / (3 D), and the loss is met."""
        best, _, _, L = self.plans()
        size, data = terms(DE_VRIES, best.N, best.D)
        T = np.array([row["D_inf"] for row in self.ROWS])
        ratio = DE_VRIES.alpha * size / (DE_VRIES.beta * data)
        np.testing.assert_allclose(ratio, 1 + T / (3 * best.D), rtol=1e-12)
        np.testing.assert_allclose(DE_VRIES.E + size + data, L, rtol=1e-14)


class TestWithoutServing:
    @pytest.mark.parametrize("name", CLOSED)
    def test_numeric_and_closed_form_agree_for_every_law_with_both(self, name: str) -> None:
        law, params = held(name)
        assert law.optimum is not None
        with jax.enable_x64(True):
            closed = law.optimum(params, jnp.asarray(BUDGETS))
        np.testing.assert_allclose(of_budget(law, params, BUDGETS), closed, rtol=1e-9)

    def test_there_are_eight_such_laws(self) -> None:
        assert len(CLOSED) == sum(law.optimum is not None for law in LAWS.values()) == 8

    @pytest.mark.slow
    def test_cheapest_for_a_loss_agrees_too(self) -> None:
        L = np.array([1.8, 2.0, 2.2, 2.5, 3.0])
        expected = solve(optimal_given_L, chinchilla, DE_VRIES, L)
        found = of_loss(chinchilla, DE_VRIES, L)
        np.testing.assert_allclose(found, expected, rtol=1e-9)

    @pytest.mark.parametrize(
        "name", [name if name in EVERY_TIME else pytest.param(name, marks=pytest.mark.slow) for name in HELD]
    )
    def test_first_order_condition_of_every_law(self, name: str) -> None:
        """By the law's derivatives, and by central differences of the loss along the budget."""
        law, params = held(name)
        N, D = (sizes[SENSIBLE] for sizes in of_budget(law, params, BUDGETS))
        assert np.isfinite(N).all()
        np.testing.assert_allclose(solve(_residual, law, params, N, D), 0, atol=1e-7)
        step = 1e-4
        up, down, here = (
            solve(_value, law, params, N * np.exp(shift), D * np.exp(-shift)) for shift in (step, -step, 0)
        )
        assert (up > here).all()
        assert (down > here).all()
        curvature = (up - 2 * here + down) / step**2
        np.testing.assert_allclose((up - down) / (2 * step) / curvature, 0, atol=1e-4)


class TestServing:
    SERVING = np.array([0.0, 1e9, 1e12, 1e15])

    @pytest.mark.parametrize("name", ["chinchilla", "kaplan", "data_constrained", "sparse_moe"])
    def test_first_order_condition(self, name: str) -> None:
        law, params = held(name)
        N, D = of_budget(law, params, 1e24, self.SERVING)
        np.testing.assert_allclose(6 * N * (D + self.SERVING), 1e24, rtol=1e-12)
        np.testing.assert_allclose(solve(_residual, law, params, N, D, self.SERVING), 0, atol=1e-9)
        assert (np.diff(N) < 0).all()

    def test_fades_to_the_compute_optimal_split(self) -> None:
        few, none = (of_budget(chinchilla, DE_VRIES, 1e22, serving) for serving in (1.0, 0.0))
        np.testing.assert_allclose(few, none, rtol=1e-10)

    def test_a_budget_and_its_loss_ask_for_the_same_split(self) -> None:
        served = 1e11
        best = of_budget(chinchilla, DE_VRIES, BUDGETS[:5], served)
        L = DE_VRIES.E + sum(terms(DE_VRIES, best.N, best.D))
        np.testing.assert_allclose(of_loss(chinchilla, DE_VRIES, L, served), best, rtol=1e-9)

    def test_against_a_brute_search(self) -> None:
        N = np.geomspace(1e9, 1e10, 200_001)
        D = 1e22 / 6 / N - 5e11
        N, D = N[D > 0], D[D > 0]
        best = np.argmin(sum(terms(DE_VRIES, N, D)))
        np.testing.assert_allclose(of_budget(chinchilla, DE_VRIES, 1e22, 5e11).N, N[best], rtol=1e-4)


@pytest.mark.slow
def test_in_float32() -> None:
    """Without warnings, to the digits that there are."""
    for bounds in (Bounds(), Bounds(most=1e9)):
        single = numeric_optimal(chinchilla, DE_VRIES, 1e22, 1e11, bounds)  # type: ignore[arg-type]
        assert single.N.dtype == np.float32
        np.testing.assert_allclose(single, of_budget(chinchilla, DE_VRIES, 1e22, 1e11, bounds), rtol=1e-3)


class TestBounds:
    def test_cap_floor_and_tokens(self) -> None:
        free = of_budget(chinchilla, DE_VRIES, 1e22)
        cap = of_budget(chinchilla, DE_VRIES, 1e22, 0.0, Bounds(most=3e9))
        floor = of_budget(chinchilla, DE_VRIES, 1e22, 0.0, Bounds(least=3e10))
        few = of_budget(chinchilla, DE_VRIES, 1e22, 0.0, Bounds(tokens=1e11))
        assert (cap.N, floor.N, few.D) == (3e9, 3e10, 1e11)
        for split in (cap, floor, few):
            assert 6 * split.N * split.D == pytest.approx(1e22, rel=1e-14)
        loose = Bounds(least=free.N / 2, most=free.N * 2, tokens=free.D * 2)
        np.testing.assert_allclose(of_budget(chinchilla, DE_VRIES, 1e22, 0.0, loose), free, rtol=1e-13)

    def test_the_residual_says_which_way_the_loss_falls_on(self) -> None:
        for bounds, sign in ((Bounds(most=3e9), 1), (Bounds(least=3e10), -1), (Bounds(tokens=1e11), -1)):
            split = of_budget(chinchilla, DE_VRIES, 1e22, 0.0, bounds)
            assert np.sign(solve(_residual, chinchilla, DE_VRIES, *split)) == sign

    def test_a_loss_within_bounds(self) -> None:
        """At a cap the tokens follow from the loss; with few tokens the size does."""
        A, beta = DE_VRIES.A, DE_VRIES.beta
        cap = of_loss(chinchilla, DE_VRIES, 2.1, 1e11, Bounds(most=3e9))
        D = (DE_VRIES.B / (2.1 - DE_VRIES.E - A * 3e9**-DE_VRIES.alpha)) ** (1 / beta)
        np.testing.assert_allclose(cap, (3e9, D), rtol=1e-12)
        few = of_loss(chinchilla, DE_VRIES, 2.1, 0.0, Bounds(tokens=2e11))
        N = (A / (2.1 - DE_VRIES.E - DE_VRIES.B * 2e11**-beta)) ** (1 / DE_VRIES.alpha)
        np.testing.assert_allclose(few, (N, 2e11), rtol=1e-12)

    def test_no_room(self) -> None:
        for bounds in (Bounds(least=2e9, most=1e9), Bounds(most=1e9, tokens=1e9), Bounds(least=1e22)):
            assert np.isnan(of_budget(chinchilla, DE_VRIES, 1e22, 0.0, bounds)).all()
        assert np.isnan(of_loss(chinchilla, DE_VRIES, 2.0, 0.0, Bounds(most=1e9))).all()


def log_D(point: Any, solver: Any, amount: Any, bounds: Bounds) -> Any:
    return jnp.log(solver(chinchilla, Chinchilla(*point), amount, 3e11, bounds).D)


_log_D, _slope_of_log_D = (jax.jit(f, static_argnums=1) for f in (log_D, jax.grad(log_D)))


class TestDerivatives:
    @pytest.mark.parametrize(
        ("solver", "amount", "bounds"),
        [
            (numeric_optimal, 1e22, Bounds()),
            (optimal_given_L, 2.1, Bounds()),
            pytest.param(optimal_given_L, 2.1, Bounds(most=6e9), marks=pytest.mark.slow),
            pytest.param(numeric_optimal, 1e22, Bounds(most=1e9), marks=pytest.mark.slow),
        ],
    )
    def test_gradients_are_finite_differences(self, solver: Any, amount: float, bounds: Bounds) -> None:
        """Of log D; at a cap a budget fixes it, and the derivative is 0, not NaN."""

        point, given = np.array(DE_VRIES), (amount, bounds)
        with jax.enable_x64(True):
            slope = np.asarray(_slope_of_log_D(point, solver, *given))
            steps = 1e-5 * np.diag(point)
            differences = [
                (_log_D(point + h, solver, *given) - _log_D(point - h, solver, *given)) / (2 * h.max())
                for h in steps
            ]
        np.testing.assert_allclose(slope, differences, rtol=1e-6, atol=1e-9)

    def test_batches_of_parameters(self) -> None:
        """Draws of a bootstrap go through `vmap`, each with the answer it has alone."""
        exponents = np.linspace(0.3, 0.4, 4)
        draws = DE_VRIES._replace(alpha=exponents)
        axes = Chinchilla(None, None, None, 0, None)  # type: ignore[arg-type]
        with jax.enable_x64(True):
            together = jax.jit(jax.vmap(lambda p: numeric_optimal(chinchilla, p, 1e22, 3e11).N, (axes,)))(
                draws
            )
        alone = [of_budget(chinchilla, DE_VRIES._replace(alpha=a), 1e22, 3e11).N for a in exponents]
        np.testing.assert_allclose(together, alone, rtol=1e-12)


class TestSizes:
    def test_a_dense_list_is_no_list(self) -> None:
        sizes = np.geomspace(1e8, 1e11, 40_001)
        free = of_budget(chinchilla, DE_VRIES, 1e22, 3e11)
        listed = solve(_best_size, chinchilla, DE_VRIES, 1e22, sizes, 3e11)
        np.testing.assert_allclose(listed.N, free.N, rtol=2e-4)

    def test_against_a_loop(self) -> None:
        sizes = np.array([1e9, 3e9, 7e9, 13e9, 30e9])
        for C in (1e21, 1e22, 1e24):
            D = C / 6 / sizes - 1e11
            L = np.where(D > 1, sum(terms(DE_VRIES, sizes, np.maximum(D, 1))), np.inf)
            assert solve(_best_size, chinchilla, DE_VRIES, C, sizes, 1e11).N == sizes[np.argmin(L)]

    def test_cheapest_for_a_loss(self) -> None:
        """7B and 13B reach 2.05 nats; 1B cannot, and with much to serve the smaller one is cheaper."""
        sizes = np.array([1e9, 7e9, 13e9])
        chosen = [float(solve(_cheapest_size, chinchilla, DE_VRIES, 2.05, sizes, X).N) for X in (0.0, 1e14)]
        assert chosen == [13e9, 7e9]
        D = solve(_cheapest_size, chinchilla, DE_VRIES, 2.05, sizes, 1e14).D
        assert DE_VRIES.E + sum(terms(DE_VRIES, 7e9, D)) == pytest.approx(2.05, rel=1e-14)

    def test_out_of_reach(self) -> None:
        assert np.isnan(solve(_best_size, chinchilla, DE_VRIES, 1e18, np.array([1e12]), 1e9)).all()
        assert np.isnan(solve(_cheapest_size, chinchilla, DE_VRIES, 1.8, np.array([1e9]))).all()
