"""Compute-optimal splits against published numbers, closed forms and hand-written first-order conditions."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from jax.flatten_util import ravel_pytree

from scalelaw import BadInput
from scalelaw.allocation import (
    Allocation,
    allocate,
    lowest_loss,
    numeric_optimal,
    optimal,
    optimal_given_D,
    optimal_given_L,
    optimal_given_N,
    reach_at_D,
    reach_at_N,
    reach_at_ratio,
    rising_root,
)
from scalelaw.flops import PF_DAY
from scalelaw.laws import Chinchilla, Kaplan, Law, Optimum, chinchilla, kaplan, power_C, power_N
from scalelaw.runs import Runs

# Hoffmann et al. 2022, arXiv:2203.15556, eq. 10, as printed.
ROUNDED = Chinchilla(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
# The same fit, digits of the comments in the TeX source as logged by Besiroglu et al. 2024.
TEX = Chinchilla(
    E=1.6933736809989528, A=406.4010175194737, B=410.7228269450398, alpha=0.33917084, beta=0.2849083
)
# The same fit as Sardana et al. 2024, arXiv:2401.00448, appendix A, give it after De Vries.
DE_VRIES = Chinchilla(E=1.69, A=406.4, B=410.7, alpha=0.336, beta=0.283)
# Besiroglu et al. 2024, arXiv:2404.10102, table 1.
BESIROGLU = Chinchilla(E=1.8172, A=482.01, B=2085.43, alpha=0.3478, beta=0.3658)
# Kaplan et al. 2020, arXiv:2001.08361, table 2.
KAPLAN = Kaplan(alpha_N=0.076, alpha_D=0.103, N_c=6.4e13, D_c=1.8e13)

BUDGETS = np.logspace(15, 28, 14)


@dataclass(frozen=True)
class Given:
    """The least that `allocate` takes for a fit."""

    law: Law
    params: Any
    runs: Runs | None = None


HOFFMANN = Given(chinchilla, TEX)
JOINT = Given(kaplan, KAPLAN)


@partial(jax.jit, static_argnums=(0, 1))
def _solved(function: Any, law: Law, params: Any, *amounts: Any) -> Any:
    return function(law, params, *amounts)


def solve(function: Any, law: Law, params: Any, *amounts: Any) -> Any:
    """A pure function of the library in float64, as NumPy."""
    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, _solved(function, law, params, *amounts))


# --- published numbers ---


@pytest.mark.parametrize(
    ("params", "N", "ratio", "a"),
    [
        (ROUNDED, (1.824e9, 3.219e10), (50.1, 92.6), 0.4516),
        (TEX, (2.217e9, 4.036e10), (33.9, 58.9), 0.4565),
        (DE_VRIES, (2.282e9, 4.172e10), (32.0, 55.2), 0.4572),
        (BESIROGLU, (2.779e9, 7.225e10), (21.6, 18.4), 0.5126),
    ],
)
def test_published_variants_of_chinchilla(
    params: Chinchilla, N: tuple[float, float], ratio: tuple[float, float], a: float
) -> None:
    """Eq. 4 worked out for each printed set of constants, at 1e21 and at Gopher's 5.76e23 FLOP."""
    answer = allocate(Given(chinchilla, params), C=["1e21", "5.76e23"])
    np.testing.assert_allclose(answer.N, N, rtol=3e-4)
    np.testing.assert_allclose(answer.tokens_per_parameter, ratio, rtol=2e-3)
    slope = np.diff(np.log(answer.N)) / np.log(5.76e23 / 1e21)
    assert slope == pytest.approx(a, abs=5e-5)


@pytest.mark.parametrize(("params", "L"), [(ROUNDED, 1.93665), (TEX, 1.92085), (BESIROGLU, 1.97388)])
def test_published_loss_of_chinchilla_70B(params: Chinchilla, L: float) -> None:
    np.testing.assert_allclose(allocate(Given(chinchilla, params), N="70B", D="1.4T").L, L, atol=6e-6)


@pytest.mark.parametrize(("params", "C"), [(TEX, 2.71e22), (ROUNDED, 4.33e22)])
def test_published_flops_that_make_10B_optimal(params: Chinchilla, C: float) -> None:
    answer = allocate(Given(chinchilla, params), N="10B")
    np.testing.assert_allclose(answer.C, C, rtol=2e-3)
    assert answer.N == 10e9
    assert answer.optimal


# --- the split of a budget ---


def random_laws(count: int) -> tuple[Chinchilla, np.ndarray]:
    draw = np.random.default_rng(0).uniform
    exponents = draw(0.02, 2, (2, count))
    A, B = np.exp(draw(0, 25, (2, count)))
    return Chinchilla(draw(0, 3, count), A, B, *exponents), 10 ** draw(15, 28, count)


def test_numeric_optimum_is_the_closed_form_on_200_random_laws() -> None:
    params, C = random_laws(200)
    with jax.enable_x64(True):
        numeric, closed = (
            jax.jit(jax.vmap(partial(function, chinchilla)))(params, C)
            for function in (numeric_optimal, optimal)
        )
    np.testing.assert_allclose(numeric, closed, rtol=1e-12)


def test_numeric_optimum_where_a_point_of_the_scan_is_the_root() -> None:
    """With equal terms the best split is D = N, in the middle of the scan."""
    even = Chinchilla(1.7, 400.0, 400.0, 0.3, 0.3)
    N, D = solve(numeric_optimal, chinchilla, even, BUDGETS)
    np.testing.assert_allclose(N, np.sqrt(BUDGETS / 6), rtol=1e-13)
    np.testing.assert_allclose(D, N, rtol=1e-13)


@pytest.mark.parametrize("function", [optimal, numeric_optimal])
def test_identities_of_chinchillas_optimum(function: Any) -> None:
    """Hoffmann et al. 2022, eq. 4: equal marginal gains, the shares of the terms, and L* as a power of C."""
    E, A, B, alpha, beta = TEX
    N, D = solve(function, chinchilla, TEX, BUDGETS)
    size, data = A * N**-alpha, B * D**-beta
    np.testing.assert_allclose(6 * N * D, BUDGETS, rtol=1e-13)
    np.testing.assert_allclose(alpha * size, beta * data, rtol=1e-13)
    np.testing.assert_allclose(size / (size + data), beta / (alpha + beta), rtol=1e-13)
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    gamma = alpha * beta / (alpha + beta)
    lowest = (A * G**-alpha + B * G**beta) * (BUDGETS / 6) ** -gamma
    np.testing.assert_allclose(allocate(HOFFMANN, C=BUDGETS).L, E + lowest, rtol=1e-14)


def test_kaplans_optimum_satisfies_its_first_order_condition() -> None:
    """With s = (N_c/N)^rho and d = D_c/D, rho = alpha_N/alpha_D, eq. 1.5 is stationary where rho s = d."""
    rho = KAPLAN.alpha_N / KAPLAN.alpha_D
    N, D = solve(optimal, kaplan, KAPLAN, BUDGETS)
    np.testing.assert_allclose(rho * (KAPLAN.N_c / N) ** rho, KAPLAN.D_c / D, rtol=1e-12)
    by_hand = (rho * KAPLAN.N_c**rho * BUDGETS / (6 * KAPLAN.D_c)) ** (1 / (1 + rho))
    np.testing.assert_allclose(N, by_hand, rtol=1e-12)


def joined_loss(params: Chinchilla, inputs: Any) -> Any:
    return params.E + (params.A * inputs.N**-params.alpha + params.B * inputs.D**-params.beta) ** 0.45


joined = Law("joined", Chinchilla, joined_loss, inputs=("D", "N"))


def test_a_users_law_whose_optimum_is_known() -> None:
    """A rising function of Chinchilla's terms has Chinchilla's optimum; its inputs come in another order."""
    np.testing.assert_allclose(
        solve(optimal, joined, TEX, BUDGETS), solve(optimal, chinchilla, TEX, BUDGETS), rtol=1e-12
    )


def bottleneck_loss(params: Chinchilla, inputs: Any) -> Any:
    E, A, B, alpha, beta = params
    return E + jnp.maximum(A * inputs.N**-alpha, B * inputs.D**-beta)


bottleneck = Law("bottleneck", Chinchilla, bottleneck_loss)


def test_an_optimum_at_a_kink() -> None:
    """The larger of two terms is least where they are equal."""
    _, A, B, alpha, beta = TEX
    N = ((A / B) * (BUDGETS / 6) ** beta) ** (1 / (alpha + beta))
    np.testing.assert_allclose(solve(optimal, bottleneck, TEX, BUDGETS).N, N, rtol=1e-12)


class Polynomial(NamedTuple):
    coefficients: Any


def polynomial_loss(params: Polynomial, inputs: Any) -> Any:
    return jnp.polyval(params.coefficients, jnp.log(inputs.N) - 20)


polynomial = Law("polynomial", Polynomial, polynomial_loss)


def test_the_lower_of_two_minima() -> None:
    """L = (q^2 - 4)^2 + q in q = log N - 20 has minima near -2 and 2, the first one lower."""
    coefficients = np.array([1.0, 0, -8, 1, 16])
    minima = sorted(np.roots(np.polyder(coefficients)).real)
    N = solve(optimal, polynomial, Polynomial(coefficients), 1e23).N
    assert np.log(N) - 20 == pytest.approx(minima[0], rel=1e-12)


def test_a_minimum_above_the_end_of_the_budget_is_not_the_optimum() -> None:
    """q^3/3 - 4 q has a minimum at q = 2 and is lower still at N = 1."""
    assert np.isnan(solve(optimal, polynomial, Polynomial(np.array([0, 1 / 3, 0, -4, 5])), 1e23).N)


def test_optimum_keeps_the_shape_of_the_budget() -> None:
    split = solve(optimal, kaplan, KAPLAN, np.full((2, 7), 1e21))
    assert split.N.shape == split.D.shape == (2, 7)


def test_optimum_in_float32() -> None:
    """The pure functions keep to the precision of their caller; here to the 24 bits of log N near 23."""
    split = jax.jit(partial(numeric_optimal, chinchilla))(TEX, 1e21)
    assert split.N.dtype == jnp.float32
    assert float(split.N) == pytest.approx(2.217e9, rel=1e-3)


# --- derivatives ---


def log_N(function: Any, law: Law, point: tuple[Any, Any]) -> Any:
    params, log_C = point
    return jnp.log(function(law, params, jnp.exp(log_C)).N)


def slopes(function: Any, point: Any) -> Any:
    """First derivatives, forward and backward."""
    of_point = partial(log_N, function, chinchilla)
    return jax.jacfwd(of_point)(point), jax.jacrev(of_point)(point)


def test_derivatives_of_the_numeric_optimum_are_those_of_the_closed_form() -> None:
    with jax.enable_x64(True):
        point = jax.tree.map(jnp.asarray, (TEX, np.log(5.76e23)))
        numeric, closed = (
            np.array(jax.tree.leaves(jax.jit(partial(slopes, function))(point)))
            for function in (numeric_optimal, optimal)
        )
    np.testing.assert_allclose(numeric, closed, rtol=1e-9, atol=1e-13)


def test_derivatives_of_kaplans_optimum_against_finite_differences() -> None:
    with jax.enable_x64(True):
        function = jax.jit(partial(log_N, optimal, kaplan))
        point, rebuild = ravel_pytree((KAPLAN, np.log(5.76e23)))
        exact = ravel_pytree(jax.jit(jax.grad(function))(rebuild(point)))[0]
        steps = np.diag(1e-5 * np.asarray(point))
        rises = [float(function(rebuild(point + h)) - function(rebuild(point - h))) for h in steps]
    np.testing.assert_allclose(exact, np.array(rises) / (2 * np.diag(steps)), rtol=1e-6)


def test_derivatives_of_the_budget_for_a_loss() -> None:
    """L - E falls as C^-gamma, so d log C / d L = -1 / (gamma (L - E)) and d log C / d E is the opposite."""
    gamma = TEX.alpha * TEX.beta / (TEX.alpha + TEX.beta)

    def log_C(E: Any, L: Any) -> Any:
        N, D = optimal_given_L(chinchilla, TEX._replace(E=E), L)
        return jnp.log(6 * N * D)

    with jax.enable_x64(True):
        exact = jax.jit(jax.grad(log_C, argnums=(0, 1)))(TEX.E, 2.0)
    expected = 1 / (gamma * (2.0 - TEX.E))
    np.testing.assert_allclose(exact, [expected, -expected], rtol=1e-10)


def test_bootstrap_draws_go_through_vmap() -> None:
    draws = jax.tree.map(lambda value: value * np.array([0.99, 1.0, 1.01]), TEX)
    with jax.enable_x64(True):
        together = jax.jit(jax.vmap(lambda params: numeric_optimal(chinchilla, params, 1e23).N))(draws)
    alone = [allocate(Given(chinchilla, Chinchilla(*draw)), C=1e23).N for draw in zip(*draws, strict=True)]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


# --- roots ---


def first(u: Any, given: Any) -> Any:
    return u + 0 * given


def last(u: Any, given: Any) -> Any:
    return -u + 0 * given


def root(function: Any, given: Any, rank: Any = first) -> Any:
    """The root of one function among 40 intervals from -10 to 10."""
    grid = jnp.linspace(-10.0, 10.0, 41)[:, None]
    return rising_root(function, rank, jnp.reshape(given, 1), grid)[0]


def cubic(u: Any, given: Any) -> Any:
    return u**3 - given


def wave(u: Any, given: Any) -> Any:
    return jnp.sin(jnp.pi * (u - given))


def jump(u: Any, given: Any) -> Any:
    return jnp.where(u < given, -1.0, 2.0) + 0.1 * (u - given)


def fading(u: Any, given: Any) -> Any:
    return jnp.minimum(u + given, 0)


def test_a_root_and_its_derivatives_to_third_order() -> None:
    """The root of u^3 = a is a^(1/3), with derivatives 1/3, -2/9 and 10/27 at a = 1."""
    with jax.enable_x64(True):
        derivatives = [partial(root, cubic)]
        for mode in (jax.jacfwd, jax.jacrev, jax.jacfwd):
            derivatives.append(mode(derivatives[-1]))
        values = jax.jit(lambda a: [each(a) for each in derivatives])(1.0)
    np.testing.assert_allclose(values, [1, 1 / 3, -2 / 9, 10 / 27], rtol=1e-13)


def test_of_several_roots_the_one_of_lowest_rank() -> None:
    """sin(pi (u - 0.3)) rises through zero at every even number and 0.3."""
    with jax.enable_x64(True):
        roots = jax.jit(lambda a: (root(wave, a, first), root(wave, a, last)))(0.3)
    np.testing.assert_allclose(roots, (-9.7, 8.3), rtol=1e-14)


def test_a_function_that_jumps_over_zero_has_a_root_without_derivative() -> None:
    with jax.enable_x64(True):
        value, slope = jax.jit(jax.value_and_grad(partial(root, jump)))(0.123)
    assert value == pytest.approx(0.123, rel=1e-14)
    assert np.isnan(slope)


def test_a_function_that_only_fades_to_zero_has_no_root() -> None:
    assert np.isnan(jax.jit(partial(root, fading))(1.0))


# --- the other way round ---


def test_budget_for_which_N_or_D_is_optimal() -> None:
    """alpha A N^-alpha = beta B D^-beta solved for the other."""
    _, A, B, alpha, beta = TEX
    N = np.logspace(7, 13, 7)
    D = (beta * B / (alpha * A) * N**alpha) ** (1 / beta)
    np.testing.assert_allclose(solve(optimal_given_N, chinchilla, TEX, N), (N, D), rtol=1e-12)
    np.testing.assert_allclose(solve(optimal_given_D, chinchilla, TEX, D), (N, D), rtol=1e-12)
    np.testing.assert_allclose(solve(optimal, chinchilla, TEX, 6 * N * D), (N, D), rtol=1e-12)


def test_cheapest_split_for_a_loss() -> None:
    """C = 6 ((A G^-alpha + B G^beta) / (L - E))^(1 / gamma)."""
    E, A, B, alpha, beta = TEX
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    gamma = alpha * beta / (alpha + beta)
    L = np.array([4.0, 2.5, 2.0, 1.8])
    C = 6 * ((A * G**-alpha + B * G**beta) / (L - E)) ** (1 / gamma)
    N, D = solve(optimal_given_L, chinchilla, TEX, L)
    np.testing.assert_allclose(6 * N * D, C, rtol=1e-12)
    np.testing.assert_allclose(N, solve(optimal, chinchilla, TEX, C).N, rtol=1e-12)


def test_cheapest_split_for_a_loss_under_kaplans_law() -> None:
    """On the frontier s (1 + rho) = L^(1 / alpha_D), and d = rho s."""
    rho = KAPLAN.alpha_N / KAPLAN.alpha_D
    L = np.array([2.1, 1.7])
    s = L ** (1 / KAPLAN.alpha_D) / (1 + rho)
    answer = allocate(JOINT, L=L)
    np.testing.assert_allclose(answer.N, KAPLAN.N_c * s ** (-1 / rho), rtol=1e-12)
    np.testing.assert_allclose(answer.D, KAPLAN.D_c / (rho * s), rtol=1e-12)
    assert answer.optimal


def test_what_a_loss_takes_with_N_D_or_their_ratio_held() -> None:
    E, A, B, alpha, beta = TEX
    L = np.array([2.5, 2.1])
    D = (B / (L - E - A * 10e9**-alpha)) ** (1 / beta)
    np.testing.assert_allclose(solve(reach_at_N, chinchilla, TEX, L, 10e9).D, D, rtol=1e-12)
    N = (A / (L - E - B * 1e12**-beta)) ** (1 / alpha)
    np.testing.assert_allclose(solve(reach_at_D, chinchilla, TEX, L, 1e12).N, N, rtol=1e-12)
    N, D = solve(reach_at_ratio, chinchilla, TEX, L, 20.0)
    np.testing.assert_allclose(D, 20 * N, rtol=1e-15)
    np.testing.assert_allclose(E + A * N**-alpha + B * D**-beta, L, rtol=1e-14)


def test_budgets_come_back_from_their_loss_and_sizes() -> None:
    C = np.array([1e18, 5.76e23])
    for fit in (HOFFMANN, JOINT):
        best = allocate(fit, C=C)
        for asked in ({"L": best.L}, {"N": best.N}, {"D": best.D}):
            np.testing.assert_allclose(allocate(fit, **asked).C, C, rtol=1e-10)


def test_lowest_loss() -> None:
    inf = np.array([np.inf])
    assert solve(lowest_loss, chinchilla, TEX, inf, inf) == TEX.E
    assert solve(lowest_loss, kaplan, KAPLAN, inf, inf) == 0
    # L(N) of table 2's constants at 1e9 parameters.
    assert solve(lowest_loss, kaplan, KAPLAN, np.array([1e9]), inf) == pytest.approx(2.31883, abs=5e-6)


def undefined_loss(params: Chinchilla, inputs: Any) -> Any:
    return params.E + inputs.N / (inputs.N**1.5 + inputs.N) + inputs.D / inputs.D**1.5


def test_lowest_loss_of_a_law_not_defined_at_infinity() -> None:
    inf = np.array([np.inf])
    limit = solve(lowest_loss, Law("undefined", Chinchilla, undefined_loss), TEX, inf, inf)
    assert limit == pytest.approx(TEX.E, rel=1e-12)


# --- the face ---


@pytest.mark.parametrize(
    ("asked", "N", "D", "is_optimal"),
    [
        ({"C": 6e21}, None, None, True),
        ({"C": "6e21", "N": "5B"}, 5e9, 2e11, False),
        ({"C": 6e21, "D": "200B"}, 5e9, 2e11, False),
        ({"C": 6e21, "tokens_per_parameter": 40}, 5e9, 2e11, False),
        ({"N": "5B", "D": "200B"}, 5e9, 2e11, False),
        ({"N": 5e9, "tokens_per_parameter": "40"}, 5e9, 2e11, False),
        ({"D": 2e11, "tokens_per_parameter": 40}, 5e9, 2e11, False),
        ({"L": 2.1496127288202533, "N": 5e9}, 5e9, 2e11, False),
        ({"L": 2.1496127288202533, "D": "0.2T"}, 5e9, 2e11, False),
        ({"L": "2.1496127288202533", "tokens_per_parameter": 40}, 5e9, 2e11, False),
        ({"L": 2.1496127288202533}, None, None, True),
        ({"N": "5B"}, 5e9, None, True),
        ({"D": "200B"}, None, 2e11, True),
    ],
)
def test_every_question(asked: dict[str, Any], N: float | None, D: float | None, is_optimal: bool) -> None:
    """5B parameters on 200B tokens: 6e21 FLOP, and L = 2.1496127288202533 in plain Python."""
    answer = allocate(HOFFMANN, **asked)
    size, data = answer.N, answer.D
    np.testing.assert_allclose((size, data), (N or size, D or data), rtol=1e-12)
    np.testing.assert_allclose(answer.C, 6 * size * data, rtol=1e-14)
    E, A, B, alpha, beta = TEX
    np.testing.assert_allclose(answer.L, E + A * size**-alpha + B * data**-beta, rtol=1e-14)
    assert answer.optimal is is_optimal
    assert all(type(value) is float for value in (answer.N, answer.D, answer.C, answer.L, answer.excess))


def test_lists_and_single_numbers_go_together() -> None:
    answer = allocate(HOFFMANN, C=["100 PF-days", 6e21], tokens_per_parameter=np.int64(40))
    np.testing.assert_array_equal(answer.C, [100 * PF_DAY, 6e21])
    np.testing.assert_array_equal(answer.tokens_per_parameter, [40, 40])
    assert all(each.flags.writeable for each in (answer.C, answer.tokens_per_parameter))
    np.testing.assert_allclose(answer.N, np.sqrt(np.array([100 * PF_DAY, 6e21]) / 240), rtol=1e-15)
    assert answer.N.dtype == answer.excess.dtype == np.float64


def test_what_was_asked_comes_back_unrounded() -> None:
    assert allocate(HOFFMANN, C=5.76e23, N=70e9).C == 5.76e23
    assert allocate(HOFFMANN, L=2.1).L == 2.1
    assert allocate(HOFFMANN, C=1e21, tokens_per_parameter=20).tokens_per_parameter == 20.0


def test_excess_and_waste_of_chinchilla_70B() -> None:
    """By eq. 4: the lowest loss at 5.88e23 FLOP, and the least compute for the loss of 70B on 1.4T tokens."""
    E, A, B, alpha, beta = TEX
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    K, gamma = A * G**-alpha + B * G**beta, alpha * beta / (alpha + beta)
    answer = allocate(HOFFMANN, N="70B", D="1.4T")
    assert answer.excess == pytest.approx(answer.L - E - K * (5.88e23 / 6) ** -gamma, rel=1e-10)
    assert answer.wasted == pytest.approx(1 - 6 * (K / (answer.L - E)) ** (1 / gamma) / 5.88e23, rel=1e-9)
    assert answer.notes == ("the optimal split of this C is N = 40.74B on D = 2.405T, with L = 1.91769",)


def test_the_optimal_split_wastes_nothing() -> None:
    best = allocate(JOINT, C=[1e21, 5.76e23])
    np.testing.assert_array_equal((best.excess, best.wasted), np.zeros((2, 2)))
    again = allocate(JOINT, N=best.N, D=best.D)
    np.testing.assert_allclose(again.excess, 0, atol=1e-14)
    np.testing.assert_allclose(again.wasted, 0, atol=1e-12)


def test_a_law_without_an_optimum_still_evaluates() -> None:
    answer = allocate(Given(chinchilla, TEX._replace(B=0.0)), N="70B", D="1.4T")
    np.testing.assert_allclose(answer.L, TEX.E + TEX.A * 70e9**-TEX.alpha, rtol=1e-15)
    assert np.isnan(answer.excess)
    assert answer.notes == ("the law has no optimal split of this C to compare with",)
    assert answer.to_dict()["excess"] is None


def small_runs() -> Runs:
    sizes = pd.DataFrame({"N": [1e8, 1e9, 1e10], "D": [2e9, 2e10, 2e11], "L": [3.3, 2.6, 2.2]})
    return Runs.from_frame(sizes)


def test_how_far_the_answer_lies_beyond_the_runs() -> None:
    fit = Given(chinchilla, TEX, small_runs())
    answer = allocate(fit, C=5.76e23)
    assert answer.decades_beyond == pytest.approx(np.log10(5.76e23 / 1.2e22), rel=1e-14)
    assert answer.notes == (
        "C = 5.76e23 is 1.7 decades beyond the largest run (1.2e22 FLOP): an extrapolation",
        "N = 40.36B is 0.6 decades beyond the largest model (10B parameters): an extrapolation",
        "D = 2.379T is 1.1 decades beyond the largest data set (200B tokens): an extrapolation",
    )
    inside = allocate(fit, C=1e20)
    assert inside.decades_beyond == pytest.approx(np.log10(1e20 / 1.2e22), rel=1e-14)
    assert inside.notes == ()
    assert allocate(fit, C="1e17").notes[0] == (
        "C = 1e17 is 1.1 decades below the smallest run (1.2e18 FLOP): an extrapolation"
    )
    assert allocate(HOFFMANN, C=5.76e23).decades_beyond is None


def test_the_outermost_run_is_no_extrapolation() -> None:
    answer = allocate(Given(chinchilla, TEX, small_runs()), N=1e10, D=2e11)
    assert answer.decades_beyond == 0
    assert not any("extrapolation" in note for note in answer.notes)
    assert allocate(Given(chinchilla, TEX, small_runs()), N=1.02e10, D=2e11).notes[1] == (
        "N = 10.2B is 2 % beyond the largest model (10B parameters): an extrapolation"
    )


def test_extrapolation_of_a_list_is_told_once() -> None:
    answer = allocate(Given(chinchilla, TEX, small_runs()), C=[1e20, 1e23, 1e24])
    assert [note.split(" ")[:3] for note in answer.notes if note[0] == "C"] == [["C", "=", "1e24"]]
    assert answer.decades_beyond.shape == (3,)


def test_table_of_one_answer() -> None:
    assert str(allocate(HOFFMANN, C=5.76e23)) == (
        "Compute-optimal split of C = 6 N D\n"
        "C [FLOP]       N       D    D/N  L [nats]\n"
        " 5.76e23  40.36B  2.379T  58.93   1.91841"
    )


def test_table_of_several_answers() -> None:
    assert str(allocate(HOFFMANN, C=["1e21", "5.88e23"], tokens_per_parameter=20)) == (
        "Constrained split of C = 6 N D\n"
        "C [FLOP]       N       D  D/N  L [nats]   excess  wasted\n"
        "    1e21  2.887B  57.74B   20   2.29751  0.00202   2.1 %\n"
        " 5.88e23     70B    1.4T   20   1.92085  0.00315   8.6 %"
    )


def test_to_frame_and_to_dict() -> None:
    answer = allocate(Given(chinchilla, TEX, small_runs()), C=["1e20", "1e21"])
    frame = answer.to_frame()
    names = ["N", "D", "C", "L", "tokens_per_parameter", "optimal", "excess", "wasted", "decades_beyond"]
    names += ["total", "unit", "epochs", "saved", "alone"]
    assert list(frame.columns) == [*names, "residual", "certified", "at"]
    np.testing.assert_array_equal(frame["N"], answer.N)
    plain = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    assert list(plain) == [*names, "residual", "certified", "at", "conventions", "notes"]
    assert plain["N"] == answer.N.tolist()
    single = allocate(HOFFMANN, C=1e21)
    assert json.loads(json.dumps(single.to_dict()))["C"] == 1e21
    assert single.to_frame().shape == (1, 17)


def test_float64_without_touching_the_users_configuration() -> None:
    assert not jax.config.jax_enable_x64
    assert allocate(HOFFMANN, C=[1e21]).N.dtype == np.float64
    assert not jax.config.jax_enable_x64


def test_parameters_may_be_jax_or_numpy_scalars() -> None:
    params = jax.tree.map(np.float64, TEX)
    assert allocate(Given(chinchilla, params), C=1e21).N == allocate(HOFFMANN, C=1e21).N
    assert isinstance(allocate(Given(chinchilla, jax.tree.map(jnp.asarray, TEX)), C=1e21), Allocation)
    assert isinstance(solve(optimal, chinchilla, TEX, 1e21), Optimum)


# --- errors ---


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {},
            r"^what is given must be one of C, N, D, L, C with N, .*, L with tokens_per_parameter, got noth",
        ),
        ({"C": 1e21, "L": 2}, r", got C with L$"),
        ({"C": 1e21, "N": 1e9, "D": 1e9}, r", got C with N with D$"),
        ({"tokens_per_parameter": 20}, r", got tokens_per_parameter$"),
        ({"C": 0}, r"^C must be a positive finite number, got 0$"),
        ({"C": 5}, r"^C must be at least 6 FLOP, the cost of training the smallest model .*, got 5 FLOP$"),
        ({"N": float("nan")}, r"^N must be a positive finite number, got nan$"),
        ({"D": True}, r"^D must be a positive finite number, got True$"),
        ({"C": [1e21, -1]}, r"^C\[1\] must be a positive finite number, got -1$"),
        ({"C": [[1e21]]}, r"^C\[0\] must be a positive finite number, got \[1e\+21\]$"),
        ({"C": []}, r"^C must be a positive number or a list of them, got an empty list$"),
        ({"N": "big"}, r"^N must be a positive number, written like 7B, .* or 100 PF-days, got 'big'$"),
        ({"N": ["7B", "-7B"]}, r"^N\[1\] must be a positive number, written like .*, got '-7B'$"),
        (
            {"C": [1, 2], "N": [1, 2, 3]},
            r"^C and N must be single numbers or lists of one length, got 2 of C and 3 of N$",
        ),
        ({"L": 1.5}, r"^L must be above 1\.69337 nats/token, the loss of unlimited N and D, got 1\.5$"),
        ({"L": TEX.E}, r"^L must be above 1\.69337 nats/token, "),
        (
            {"L": [3, 1.8], "N": ["10B", "10B"]},
            r"^L must be above 1\.85828 nats/token, the loss of N = 10B and unlimited D, got 1\.8$",
        ),
        (
            {"L": 1.8, "D": "1T"},
            r"^L must be above 1\.84992 nats/token, the loss of D = 1T and unlimited N, got 1\.8$",
        ),
        (
            {"L": 1.69, "tokens_per_parameter": 20},
            r"^L must be above 1\.69337 nats/token, the loss of unlimited",
        ),
        (
            {"L": 1e200, "N": "10B"},
            r"^L and N must be of some split with finite C = 6 N D under law 'chinchilla', got L = 1e200",
        ),
        (
            {"N": 1e200, "D": 1e200},
            r"^N and D must be of some split with finite C = 6 N D under law 'chinchilla'",
        ),
        (
            {"N": 1e300},
            r"^N must be of some optimal split with finite C = 6 N D under law 'chinchilla', got N = ",
        ),
    ],
)
def test_questions_without_an_answer(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        allocate(HOFFMANN, **asked)


@pytest.mark.parametrize(
    ("law", "reads"),
    [(power_N, "'power_N', which reads N alone"), (power_C, "'power_C', which reads C alone")],
)
def test_a_law_of_one_variable_has_nothing_to_split(law: Law, reads: str) -> None:
    message = (
        rf"^law must be of N and D, for .*, got {reads}; fit one of 'chinchilla', .*'kaplan', or your own"
    )
    with pytest.raises(BadInput, match=message):
        allocate(Given(law, law.Params(1.0, 1.0, 1.0)), C=1e21)
    for function in (optimal, numeric_optimal, optimal_given_N, optimal_given_D, optimal_given_L):
        with pytest.raises(BadInput, match=message):
            function(law, law.Params(1.0, 1.0, 1.0), 1e21)


def test_a_law_of_more_than_N_and_D() -> None:
    law = Law("repeated", Chinchilla, joined_loss, inputs=("N", "D", "U"))
    with pytest.raises(BadInput, match=r"got 'repeated', which reads N and D and U; fit one of"):
        optimal(law, TEX, 1e21)
    with pytest.raises(BadInput, match=r"^U must be given, .* with law 'repeated', which reads it"):
        allocate(Given(law, TEX), C=1e21)
    with pytest.raises(BadInput, match=r"got 'of size', which reads N and D and S; fit one of"):
        allocate(Given(Law("of size", Chinchilla, joined_loss, inputs=("N", "D", "S")), TEX), C=1e21)


@pytest.mark.parametrize(
    ("law", "asked"), [(chinchilla, {"C": "1e21"}), (chinchilla, {"L": 2.1}), (joined, {"C": "1e21"})]
)
@pytest.mark.parametrize(("free", "end"), [("B", "D = 1"), ("A", "N = 1")])
def test_a_budget_without_a_minimum(law: Law, free: str, end: str, asked: dict[str, Any]) -> None:
    message = (
        rf"^loss of law '{law.name}' at C = 1e21 FLOP must be lowest at a split between N = 1 and D = 1, "
        rf"got a loss that falls on to the end {end} with E = 1.69337, .*{free} = 0, .*; no split is best: "
    )
    with pytest.raises(BadInput, match=message):
        allocate(Given(law, TEX._replace(**{free: 0.0})), **asked)


class Well(NamedTuple):
    depth: Any


def well_loss(params: Well, inputs: Any) -> Any:
    return params.depth * (jnp.log(inputs.N) - 18) ** 2 + 0 * inputs.D


def test_a_size_that_is_optimal_for_no_budget() -> None:
    """Where the loss depends on N alone, N = e^18 is the optimum of every budget and no other size is."""
    fit = Given(Law("well", Well, well_loss), Well(0.1))
    np.testing.assert_allclose(allocate(fit, C=1e21).N, np.exp(18), rtol=1e-12)
    with pytest.raises(
        BadInput, match=r"^N must be of some optimal split with .* under law 'well', got N = 1B$"
    ):
        allocate(fit, N="1B")


def test_parameters_must_be_finite() -> None:
    with pytest.raises(BadInput, match=r"^A of law 'chinchilla' must be a finite number, got nan$"):
        allocate(Given(chinchilla, TEX._replace(A=np.nan)), C=1e21)


def test_fit_must_have_a_law() -> None:
    with pytest.raises(
        BadInput, match=r"^fit must be a fit, or anything with `law` and `params`, got 'fit'$"
    ):
        allocate("fit", C=1e21)  # type: ignore[arg-type]
