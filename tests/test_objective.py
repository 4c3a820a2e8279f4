"""The robust losses against their textbook values, slopes and symmetries, and what Objective refuses."""

import re
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scalelaw import BadInput
from scalelaw.objective import RHOS, Objective

DELTA = 1.5
POINTS = np.array([-12.0, -3.0, -1.5, -0.6, 0.0, 0.6, 1.5, 3.0, 12.0])

# rho and psi = rho' at |r| = 0, 0.6, 1.5, 3, 12 with delta 1.5, by hand from the closed forms:
# huber r^2/2 | delta (|r| - delta/2) (Huber 1964); absolute sqrt(r^2 + delta^2) - delta (pseudo-Huber over
# delta); log-cosh delta^2 ln cosh(r/delta); cauchy delta^2/2 ln(1 + (r/delta)^2).
TEXTBOOK = {
    "huber": [(0, 0), (0.18, 0.6), (1.125, 1.5), (3.375, 1.5), (16.875, 1.5)],
    "squared": [(0, 0), (0.18, 0.6), (1.125, 1.5), (4.5, 3), (72, 12)],
    "absolute": [
        (0, 0),
        (0.11554944214, 0.371390676354),
        (0.62132034356, 0.707106781187),
        (1.85410196625, 0.894427191),
        (10.5933866224, 0.992277876714),
    ],
    "log-cosh": [
        (0, 0),
        (0.175395342123, 0.569923443383),
        (0.976006868587, 1.14239123393),
        (2.98125618156, 1.44604137011),
        (16.4404190969, 1.49999966239),
    ],
    "cauchy": [
        (0, 0),
        (0.166972505758, 0.51724137931),
        (0.77979057813, 0.75),
        (1.81061765149, 0.6),
        (4.69618567863, 0.184615384615),
    ],
}
every_loss = pytest.mark.parametrize("loss", RHOS)


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """And no dtype promoted unasked."""
    with jax.enable_x64(True), jax.numpy_dtype_promotion("strict"):
        yield


def rho(loss: str, r: np.ndarray, delta: float = DELTA) -> np.ndarray:
    return np.asarray(Objective(loss=loss, delta=delta)(jnp.asarray(r)))


def psi(loss: str, r: np.ndarray) -> np.ndarray:
    return np.asarray(jax.vmap(jax.grad(Objective(loss=loss, delta=DELTA)))(r))


def textbook(loss: str, column: int) -> np.ndarray:
    """Textbook values at the nine points, mirrored from those at r >= 0."""
    half = np.array(TEXTBOOK[loss], float)[:, column]
    return np.concatenate([(-1) ** column * half[:0:-1], half])


def test_the_table_covers_every_loss() -> None:
    assert set(TEXTBOOK) == set(RHOS)


@every_loss
def test_rho_is_the_textbook_s(loss: str) -> None:
    np.testing.assert_allclose(rho(loss, POINTS), textbook(loss, 0), rtol=1e-11, atol=0)


@every_loss
def test_psi_is_the_textbook_s(loss: str) -> None:
    np.testing.assert_allclose(psi(loss, POINTS), textbook(loss, 1), rtol=1e-11, atol=0)


@every_loss
def test_psi_is_the_slope_of_rho(loss: str) -> None:
    """Beside the points, as Huber's curvature jumps at delta; central differences err by about 1e-10."""
    r, step = POINTS + 0.01, 1e-5
    slope = (rho(loss, r + step) - rho(loss, r - step)) / (2 * step)
    np.testing.assert_allclose(psi(loss, r), slope, rtol=0, atol=1e-8)


@every_loss
def test_rho_is_even(loss: str) -> None:
    """To rounding: XLA's sinh is odd only to its last digit in JAX 0.12."""
    np.testing.assert_allclose(rho(loss, POINTS), rho(loss, -POINTS), rtol=1e-15, atol=0)


@every_loss
def test_rho_scales_with_its_threshold(loss: str) -> None:
    """Residuals and delta in other units: rho is of degree two, the absolute deviation of degree one."""
    degree = 1 if loss == "absolute" else 2
    np.testing.assert_allclose(
        rho(loss, 1e3 * POINTS, 1e3 * DELTA), 1e3**degree * rho(loss, POINTS), rtol=1e-13
    )


@pytest.mark.parametrize("loss", ["huber", "squared", "log-cosh", "cauchy"])
def test_rho_is_half_the_square_near_zero(loss: str) -> None:
    r = np.array([1e-6, -1e-5])
    np.testing.assert_allclose(rho(loss, r), r**2 / 2, rtol=1e-10)


def test_absolute_is_the_absolute_value_far_from_zero() -> None:
    r = np.array([-2.0, 0.5])
    np.testing.assert_allclose(rho("absolute", r, 1e-9), np.abs(r), rtol=1e-8)


def test_absolute_keeps_its_digits_near_zero() -> None:
    """sqrt(r^2 + delta^2) - delta as written would be 0 here."""
    np.testing.assert_allclose(rho("absolute", np.array([1e-12])), 1e-24 / (2 * DELTA), rtol=1e-14)


@every_loss
def test_rho_is_finite_far_out(loss: str) -> None:
    far = np.array([1e-300, 1e9, -1e9])
    assert np.isfinite(rho(loss, far, 1e-6)).all()
    assert np.isfinite(psi(loss, far)).all()


def test_huber_in_closed_form() -> None:
    """Hoffmann et al. 2022, eq. 3, on residuals on both sides of delta = 1e-3."""
    r = np.linspace(-5e-3, 5e-3, 41)
    closed = np.where(np.abs(r) <= 1e-3, r**2 / 2, 1e-3 * (np.abs(r) - 5e-4))
    np.testing.assert_allclose(rho("huber", r, 1e-3), closed, rtol=1e-13)


def test_the_default_is_hoffmann_s() -> None:
    assert Objective() == Objective(residual="log", loss="huber", delta=1e-3)
    np.testing.assert_allclose(Objective()(jnp.array([1.0])), 1e-3 * (1 - 5e-4), rtol=1e-14)


def test_log_residuals_compare_logs() -> None:
    L = jnp.array([1.5, 3.0, 8.0])
    objective = Objective(residual="log")
    np.testing.assert_array_equal(objective.scale(L), np.log(L))
    np.testing.assert_allclose(objective.unscale(objective.scale(L)), L, rtol=1e-15)


def test_linear_residuals_compare_losses() -> None:
    L = jnp.array([1.5, 3.0, 8.0])
    objective = Objective(residual="linear")
    assert objective.scale(L) is L
    assert objective.unscale(L) is L


def refuses(message: str) -> pytest.RaisesExc[BadInput]:
    return pytest.raises(BadInput, match=f"^{re.escape(message)}$")


def test_refuses_an_unknown_residual() -> None:
    with refuses("residual must be one of 'log', 'linear', got 'logs'; did you mean 'log'?"):
        Objective(residual="logs")


def test_refuses_an_unknown_loss() -> None:
    known = "'huber', 'squared', 'absolute', 'log-cosh', 'cauchy'"
    with refuses(f"loss must be one of {known}, got 'hubr'; did you mean 'huber'?"):
        Objective(loss="hubr")


@pytest.mark.parametrize("delta", [0, -1e-3, np.nan, np.inf, "1e-3", True])
def test_refuses_a_threshold_that_is_not_positive(delta: object) -> None:
    with refuses(f"delta must be a positive finite number, got {delta!r}"):
        Objective(delta=delta)  # type: ignore[arg-type]
