"""What is left to gain where a lane ran out of iterations, and that lanes on kinks have arrived."""

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

from scalelaw.objective import Objective
from scalelaw.solve import Levenberg, Problem, Status
from scalelaw.solve.arrival import decrement, left_to_gain

DELTA, NOISE = 1e-3, 0.1
LANES, CHECKED = 200, 40


def test_of_a_parabola_is_what_its_minimum_lies_below() -> None:
    B = np.array([[[4.0, 1.0], [1.0, 3.0]]])
    gradient = np.array([[0.3, -0.2]])
    expected = gradient[0] @ np.linalg.inv(B[0]) @ gradient[0] / 2
    np.testing.assert_allclose(decrement(gradient, B), expected, rtol=1e-12)


def test_a_slope_along_which_nothing_bends_is_never_at_rest() -> None:
    flat = np.array([[[1.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]], [[np.nan, 0.0], [0.0, 1.0]]])
    gradient = np.array([[1e-6, -1e-6], [0.0, 1e-6], [0.0, 0.0]])
    assert (decrement(gradient, flat) > 1e-3).all()


def two_powers(theta: Any, x: Any, fixed: None) -> Any:
    """ln(A x^-alpha + B y^-beta), theta the logs of A and B and the exponents."""
    a, alpha, b, beta = theta
    return jnp.logaddexp(a - alpha * x[0], b - beta * x[1])


def few_rows() -> Problem:
    """Twelve runs whose noise is a hundred times delta: resamples interpolate fewer of them than parameters."""
    x, y = np.repeat(np.linspace(-2, 2, 4), 3), np.tile([-1.5, 0.0, 1.5], 4)
    noise = NOISE * np.random.default_rng(6).standard_normal(12)
    target = np.logaddexp(0.2 - 0.25 * x, 0.4 - 0.33 * y) + noise
    huber, ones = Objective("log", "huber", DELTA).rho, np.ones(12)
    return Problem(two_powers, huber, (x, y), target, ones, np.full(4, -np.inf), np.full(4, np.inf))


def reweighted(problem: Problem, weight: Any) -> tuple[None, Any]:
    del problem
    return None, weight


def test_lanes_on_kinks_have_arrived_where_scipy_gains_nothing() -> None:
    problem = few_rows()
    counts = np.random.default_rng(0).multinomial(12, np.full(12, 1 / 12), LANES).astype(float)
    ends = Levenberg()(problem, np.tile([0.2, 0.25, 0.4, 0.33], (LANES, 1)), draw=reweighted, lanes=counts)
    late = np.flatnonzero(ends.iterations == ends.iterations.max())
    assert len(late) > LANES // 4
    assert np.mean(~ends.usable) <= 0.01
    x, y = problem.inputs
    for lane in late[ends.usable[late]][:CHECKED]:

        def objective(t: np.ndarray, weight: np.ndarray = counts[lane]) -> float:
            r = np.abs(np.logaddexp(t[0] - t[1] * x, t[2] - t[3] * y) - problem.target)
            return float(np.sum(weight * np.where(r <= DELTA, r**2 / 2, DELTA * (r - DELTA / 2))))

        options = {"maxiter": 2000, "xatol": 1e-10, "fatol": 1e-18}
        rival = minimize(objective, ends.theta[lane], method="Nelder-Mead", options=options)
        assert rival.fun >= ends.objective[lane] * (1 - 1e-9)


def test_what_is_left_is_newton_s_and_a_saddle_offers_more() -> None:
    """Of squares of a law that is linear in its parameters, Newton's step is exact."""
    x = np.array([-1.0, 0.0, 1.0, 2.0])
    problem = Problem(
        line, Objective("linear", "squared").rho, x, 1 + 2 * x, np.ones(4), np.full(2, -9.0), np.full(2, 9.0)
    )
    share, held = left_to_gain(problem, np.array([[0.9, 2.1], [9.0, 2.0]]))
    assert share[0] == pytest.approx(1, rel=1e-12)
    assert held.tolist() == [False, False]
    wave = replace(problem, predict=crest, target=np.zeros(4))
    assert left_to_gain(wave, np.zeros((1, 2)))[0][0] == np.inf


def test_a_bound_that_holds_a_lane_is_seen() -> None:
    problem = Problem(
        line,
        Objective("linear", "squared").rho,
        np.array([-1.0, 1.0]),
        np.array([1.0, 1.0]),
        np.ones(2),
        np.array([-9.0, -9.0]),
        np.array([0.5, 9.0]),
    )
    share, held = left_to_gain(problem, np.array([[0.5, 0.0]]))
    assert share[0] == 0
    assert held[0]


def line(theta: Any, x: Any, fixed: None) -> Any:
    return theta[0] + theta[1] * x


def crest(theta: Any, x: Any, fixed: None) -> Any:
    """Farthest from nothing at zero."""
    return jnp.cos(theta[0]) + jnp.cos(theta[1]) + 0 * x


def test_a_user_s_limit_is_kept() -> None:
    ends = Levenberg(iterations=2)(few_rows(), np.zeros((3, 4)))
    assert (ends.status == Status.ITERATION_LIMIT).all()
