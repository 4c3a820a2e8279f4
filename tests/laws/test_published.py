"""The laws at published constants: what the papers, or their printed constants, give."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scalelaw.flops import PF_DAY
from scalelaw.laws import Chinchilla, Kaplan, PurePower, chinchilla, kaplan, kaplan_C, kaplan_D, kaplan_N

ROUNDED = Chinchilla(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
"""Hoffmann et al. 2022, eq. 10, as printed."""
TEX = Chinchilla(np.exp(0.5267228), np.exp(6.0073404), np.exp(6.0179186), 0.33917084, 0.2849083)
"""The same fit with the digits of the paper's TeX source (Besiroglu et al. 2024)."""
BESIROGLU = Chinchilla(E=1.8172, A=482.01, B=2085.43, alpha=0.3478, beta=0.3658)
"""Besiroglu et al. 2024, table 1."""


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """And no dtype promoted unasked."""
    with jax.enable_x64(True), jax.numpy_dtype_promotion("strict"):
        yield


@pytest.mark.parametrize(
    ("params", "a", "N", "ratio", "gopher_N", "gopher_ratio", "chinchilla_L"),
    [
        (ROUNDED, 0.4516, 1.824e9, 50.1, 3.219e10, 92.6, 1.93665),
        (TEX, 0.4565, 2.217e9, 33.9, 4.036e10, 58.9, 1.92085),
        (BESIROGLU, 0.5126, 2.779e9, 21.6, 7.225e10, 18.4, 1.97388),
    ],
    ids=["rounded", "TeX", "Besiroglu"],
)
def test_chinchilla(
    params: Chinchilla,
    a: float,
    N: float,
    ratio: float,
    gopher_N: float,
    gopher_ratio: float,
    chinchilla_L: float,
) -> None:
    """The optimum of 1e21 and of Gopher's 5.76e23 FLOP, and the loss of Chinchilla (70B on 1.4T tokens)."""
    assert chinchilla.optimum
    assert chinchilla.derived
    best = chinchilla.optimum(params, jnp.array([1e21, 5.76e23]))
    np.testing.assert_allclose(best.N, [N, gopher_N], rtol=3e-4)
    np.testing.assert_allclose(best.D / best.N, [ratio, gopher_ratio], rtol=2e-3)
    assert float(chinchilla.derived(params)["a"]) == pytest.approx(a, abs=5e-5)
    assert float(chinchilla.loss(params, chinchilla.pack({"N": 70e9, "D": 1.4e12}))) == pytest.approx(
        chinchilla_L, abs=6e-6
    )


@pytest.mark.parametrize("params", [ROUNDED, TEX, BESIROGLU], ids=["rounded", "TeX", "Besiroglu"])
def test_chinchilla_on_the_frontier(params: Chinchilla) -> None:
    """alpha A N^-alpha = beta B D^-beta; L* - E = (A G^-alpha + B G^beta) (C/6)^(-alpha beta / (alpha + beta))."""
    assert chinchilla.optimum
    assert chinchilla.derived
    E, A, B, alpha, beta = params
    budget = jnp.array([1e18, 1e21, 5.76e23])
    G, (N, D) = chinchilla.derived(params)["G"], chinchilla.optimum(params, budget)
    np.testing.assert_allclose(alpha * A * N**-alpha, beta * B * D**-beta, rtol=1e-12)
    reducible = chinchilla.loss(params, chinchilla.pack({"N": N, "D": D})) - E
    gamma = alpha * beta / (alpha + beta)
    np.testing.assert_allclose(reducible, (A * G**-alpha + B * G**beta) * (budget / 6) ** -gamma, rtol=1e-12)
    np.testing.assert_allclose(A * N**-alpha / reducible, beta / (alpha + beta), rtol=1e-12)


def test_kaplan_in_one_variable() -> None:
    """Kaplan et al. 2020, eqs. 1.1 to 1.3: a billion parameters, 22e9 tokens, one PF-day."""
    N, D, C = (
        law.pack({law.inputs[0]: x}) for law, x in ((kaplan_N, 1e9), (kaplan_D, 22e9), (kaplan_C, PF_DAY))
    )
    assert float(kaplan_N.loss(PurePower(8.8e13, 0.076), N)) == pytest.approx(2.3756, abs=6e-5)
    assert float(kaplan_D.loss(PurePower(5.4e13, 0.095), D)) == pytest.approx(2.0992, abs=6e-5)
    assert float(kaplan_C.loss(PurePower(3.1e8 * PF_DAY, 0.050), C)) == pytest.approx(2.6581, abs=6e-5)


def test_kaplan_in_two() -> None:
    """Kaplan et al. 2020, eq. 1.5 with table 2: the loss, and that of endless data."""
    params = Kaplan(alpha_N=0.076, alpha_D=0.103, N_c=6.4e13, D_c=1.8e13)
    at = [float(kaplan.loss(params, kaplan.pack({"N": 1e9, "D": D}))) for D in (22e9, 1e300)]
    assert at == pytest.approx([2.36932, 2.31883], abs=6e-6)
    assert at[0] / at[1] - 1 == pytest.approx(0.02177, abs=6e-6)
