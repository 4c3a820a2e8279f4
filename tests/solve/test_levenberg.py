"""The default solver against certified answers, SciPy, loops of single problems, and its own invariances."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares, minimize

from scalelaw.objective import Objective, RobustLoss
from scalelaw.solve import LBFGS, Levenberg, Problem, Solution, Status

SQUARED = Objective("linear", "squared").rho
HUBER = Objective("linear", "huber", 0.05).rho


def decay(theta: Any, x: Any, fixed: None) -> Any:
    """E + exp(log_A - k x)."""
    E, log_A, k = theta
    return E + jnp.exp(log_A - k * x)


def columns(theta: Any, X: Any, fixed: None) -> Any:
    """Linear in theta: sum_i theta_i X_i."""
    return sum(value * column for value, column in zip(theta, X, strict=True))


def problem_of(
    predict: Callable[..., Any], inputs: Any, target: np.ndarray, p: int, rho: RobustLoss = SQUARED
) -> Problem:
    """Unit weights and no bounds."""
    return Problem(
        predict, rho, inputs, target, np.ones(len(target)), np.full(p, -np.inf), np.full(p, np.inf)
    )


def decaying(seed: int = 0, n: int = 40, noise: float = 0.05) -> Problem:
    """A noisy decay with one gross outlier in ten."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 4, n)
    y = 1.5 + 2 * np.exp(-1.2 * x) + noise * rng.standard_normal(n)
    y[::10] += 20 * noise * rng.standard_normal(len(y[::10]))
    return problem_of(decay, x, y, 3)


STARTS = np.stack(np.meshgrid([0.5, 1, 2, 3], [-1, 0, 1, 2], [0.2, 0.5, 1, 2, 3], indexing="ij"), -1).reshape(
    -1, 3
)


@pytest.fixture(scope="module")
def reference() -> Solution:
    """Eighty starts on one problem, by the solver as it comes."""
    return Levenberg()(replace(decaying(), rho=HUBER), STARTS)


def end(solution: Solution) -> np.ndarray:
    return solution.theta[solution.best]


class TestCertified:
    """NIST StRD nonlinear regression; www.itl.nist.gov/div898/strd. Coordinates are logs, as in a fit."""

    @staticmethod
    def errors(problem: Problem, slopes: np.ndarray, rss: float) -> np.ndarray:
        """Classical standard errors from d y / d b [n, p]."""
        n, p = slopes.shape
        return np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes)) * rss / (n - p))

    def test_DanWood(self) -> None:
        """y = b1 x^b2, six points, lower difficulty."""
        x = np.array([1.309, 1.471, 1.490, 1.565, 1.611, 1.680])
        y = np.array([2.138, 3.421, 3.597, 4.340, 4.882, 5.660])
        problem = problem_of(danwood, x, y, 2)
        solution = Levenberg()(problem, np.log([[1.0, 5.0], [0.7, 4.0]]))
        b = np.exp(solution.theta)
        rss = 2 * solution.objective
        assert (solution.status == Status.CONVERGED).all()
        np.testing.assert_allclose(b, [[0.76886226176, 3.8604055871]] * 2, rtol=1e-10)
        np.testing.assert_allclose(rss, 4.3173084083e-3, rtol=1e-10)
        slopes = np.stack([x ** b[0, 1], b[0, 0] * x ** b[0, 1] * np.log(x)], axis=1)
        np.testing.assert_allclose(
            self.errors(problem, slopes, rss[0]), [0.018281973860, 0.051726610913], rtol=1e-10
        )

    def test_Bennett5(self) -> None:
        """y = b1 (b2 + x)^(-1/b3), a shifted power law, 154 points, higher difficulty; b1 is below 0."""
        y, x = np.loadtxt(Path(__file__).with_name("bennett5.csv"), delimiter=",", skiprows=1).T
        problem = problem_of(bennett5, x, y, 3)
        solution = Levenberg()(problem, np.log([[2000, 50, 0.8], [1500, 45, 0.85]]))
        b = np.exp(solution.theta) * [-1, 1, 1]
        rss = 2 * solution.objective
        assert (solution.status == Status.CONVERGED).all()
        # b is ill-determined (correlations of .9999): rounding of the residuals moves it by 1e-9.
        np.testing.assert_allclose(b, [[-2.5235058043e3, 46.736564644, 0.93218483193]] * 2, rtol=1e-8)
        np.testing.assert_allclose(rss, 5.2404744073e-4, rtol=1e-10)
        shift, power = b[0, 1] + x, (b[0, 1] + x) ** (-1 / b[0, 2])
        slopes = np.stack(
            [power, -b[0, 0] / b[0, 2] * power / shift, b[0, 0] * power * np.log(shift) / b[0, 2] ** 2],
            axis=1,
        )
        np.testing.assert_allclose(
            self.errors(problem, slopes, rss[0]), [297.15175411, 1.2448871856, 0.020272299378], rtol=1e-6
        )


def danwood(theta: Any, x: Any, fixed: None) -> Any:
    return jnp.exp(theta[0] + jnp.exp(theta[1]) * jnp.log(x))


def bennett5(theta: Any, x: Any, fixed: None) -> Any:
    return -jnp.exp(theta[0] - jnp.exp(-theta[2]) * jnp.log(jnp.exp(theta[1]) + x))


class TestAgainstSciPy:
    DELTA = 0.05
    # Our name -> SciPy's, and what SciPy's cost is a multiple of ours by.
    NAMES = (
        ("squared", "linear", 1.0),
        ("huber", "huber", 1.0),
        ("cauchy", "cauchy", 1.0),
        ("absolute", "soft_l1", DELTA),
    )

    @pytest.mark.parametrize(("loss", "theirs", "multiple"), NAMES)
    def test_finds_the_same_minimum(self, loss: str, theirs: str, multiple: float) -> None:
        for seed in range(5):
            problem = replace(decaying(seed), rho=Objective("linear", loss, self.DELTA).rho)
            solution = Levenberg()(problem, STARTS)
            x, y = problem.inputs, problem.target
            rival = least_squares(
                lambda t, x=x, y=y: t[0] + np.exp(t[1] - t[2] * x) - y,
                end(solution) + 0.05,
                lambda t, x=x: np.stack(
                    [np.ones_like(x), np.exp(t[1] - t[2] * x), -x * np.exp(t[1] - t[2] * x)], 1
                ),
                loss=theirs,
                f_scale=self.DELTA,
                xtol=1e-15,
                ftol=1e-15,
                gtol=1e-15,
                max_nfev=5000,
            )
            assert solution.objective[solution.best] * multiple <= rival.cost * (1 + 1e-12)
            np.testing.assert_allclose(solution.objective[solution.best] * multiple, rival.cost, rtol=1e-9)
            np.testing.assert_allclose(end(solution), rival.x, atol=1e-5)

    @pytest.mark.parametrize("loss", ["squared", "huber"])
    def test_most_starts_arrive(self, loss: str) -> None:
        solution = Levenberg()(replace(decaying(), rho=Objective("linear", loss, self.DELTA).rho), STARTS)
        assert solution.usable.all()
        assert solution.share_within(1e-9) == 1


class TestBounds:
    def bounded(self, upper: float) -> Problem:
        """k held at or below `upper`, where 1.2 is true."""
        return replace(decaying(n=60), rho=HUBER, upper=np.array([np.inf, np.inf, upper]))

    def test_the_optimum_on_a_bound_is_scipy_s(self) -> None:
        problem = self.bounded(0.8)
        solution = Levenberg()(problem, np.minimum(STARTS, problem.upper))
        x, y = problem.inputs, problem.target

        def objective(t: np.ndarray) -> float:
            r = np.abs(t[0] + np.exp(t[1] - t[2] * x) - y)
            return float(np.sum(np.where(r <= 0.05, r**2 / 2, 0.05 * (r - 0.025))))

        rival = minimize(
            objective,
            end(solution) + [0.1, 0.1, -0.1],
            method="L-BFGS-B",
            bounds=[(None, None), (None, None), (None, 0.8)],
            options={"ftol": 1e-16, "gtol": 1e-9, "maxiter": 5000},
        )
        assert solution.status[solution.best] == Status.AT_BOUND
        assert end(solution)[2] == 0.8
        assert solution.objective[solution.best] <= rival.fun * (1 + 1e-12)
        np.testing.assert_allclose(end(solution), rival.x, atol=1e-4)

    def test_no_lane_leaves_the_box(self) -> None:
        problem = replace(self.bounded(0.8), lower=np.array([1.0, -np.inf, 0.3]))
        solution = Levenberg()(problem, np.clip(STARTS, problem.lower, problem.upper))
        assert (solution.theta >= problem.lower).all()
        assert (solution.theta <= problem.upper).all()
        assert solution.usable.all()

    def test_a_bound_that_does_not_bind_changes_nothing(self, reference: Solution) -> None:
        problem = replace(decaying(), rho=HUBER, lower=np.full(3, -9.0), upper=np.full(3, 9.0))
        solution = Levenberg()(problem, STARTS)
        assert (solution.status == Status.CONVERGED).all()
        np.testing.assert_allclose(end(solution), end(reference), rtol=1e-10)

    def test_a_start_on_a_bound_may_leave_it(self) -> None:
        problem = replace(decaying(), rho=HUBER, lower=np.array([-np.inf, -np.inf, 0.1]))
        solution = Levenberg()(problem, np.array([[1.0, 0.0, 0.1]]))
        assert solution.status[0] == Status.CONVERGED
        assert solution.theta[0, 2] > 0.5


class TestLanes:
    """No lane knows of another: not of its weights, its failure, its chunk or its thread."""

    def test_weights_of_each_lane_are_a_loop_of_problems(self) -> None:
        problem = replace(decaying(), rho=HUBER)
        counts = np.random.default_rng(3).poisson(1.0, (6, len(problem.target))).astype(float)
        starts = np.repeat(np.array([[1.0, 1.0, 1.0]]), 6, axis=0)
        together = Levenberg()(problem, starts, draw=resampled, lanes=counts)
        for lane in range(6):
            alone = Levenberg()(replace(problem, weight=counts[lane]), starts[:1])
            np.testing.assert_allclose(together.theta[lane], alone.theta[0], rtol=1e-9)
            np.testing.assert_allclose(together.objective[lane], alone.objective[0], rtol=1e-12)
            assert together.status[lane] == alone.status[0] == Status.CONVERGED

    @pytest.mark.parametrize("solver", [Levenberg(), LBFGS()])
    def test_a_target_drawn_as_none_is_the_problems(self, solver: Levenberg | LBFGS) -> None:
        problem = replace(decaying(), rho=HUBER)
        counts = np.random.default_rng(4).poisson(1.0, (3, len(problem.target))).astype(float)
        own, shared = (
            solver(problem, np.ones((3, 3)), draw=d, lanes=counts) for d in (resampled, reweighted)
        )
        np.testing.assert_allclose(own.theta, shared.theta, rtol=1e-12)

    def test_targets_of_each_lane_too(self) -> None:
        problem = replace(decaying(), rho=HUBER)
        shift = np.array([0.0, 1.0, -2.0])
        solution = Levenberg()(problem, np.ones((3, 3)), draw=shifted, lanes=shift)
        np.testing.assert_allclose(solution.theta[:, 0], solution.theta[0, 0] + shift, rtol=1e-9)
        np.testing.assert_allclose(solution.theta[:, 1:], solution.theta[[0] * 3, 1:], rtol=1e-8)

    def test_a_whole_weight_is_a_row_repeated(self) -> None:
        problem = replace(decaying(), rho=HUBER)
        weight = np.arange(len(problem.target)) % 3
        weighted = Levenberg()(replace(problem, weight=weight.astype(float)), np.ones((1, 3)))
        rows = np.repeat(np.arange(len(weight)), weight)
        repeated = problem_of(decay, problem.inputs[rows], problem.target[rows], 3, HUBER)
        np.testing.assert_allclose(Levenberg()(repeated, np.ones((1, 3))).theta, weighted.theta, rtol=1e-9)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
    def test_a_lane_that_is_lost_harms_no_other(self, bad: float, reference: Solution) -> None:
        starts = STARTS.copy()
        starts[::7, 1] = bad
        solution = Levenberg()(replace(decaying(), rho=HUBER), starts)
        lost = np.arange(len(starts)) % 7 == 0
        assert (solution.status[lost] == Status.DIVERGED).all()
        np.testing.assert_array_equal(solution.status[~lost], reference.status[~lost])
        np.testing.assert_allclose(solution.theta[~lost], reference.theta[~lost], rtol=1e-9)
        np.testing.assert_allclose(end(solution), end(reference), rtol=1e-9)

    @pytest.mark.parametrize(
        "solver",
        [
            Levenberg(chunk=16, threads=1),
            Levenberg(chunk=16, threads=2),
            Levenberg(chunk=256, threads=1),
            Levenberg(chunk=4096, threads=2),
            Levenberg(stride=1),
            Levenberg(stride=7),
        ],
        ids=str,
    )
    def test_how_lanes_are_dealt_out_changes_nothing(self, solver: Levenberg, reference: Solution) -> None:
        solution = solver(replace(decaying(), rho=HUBER), STARTS)
        np.testing.assert_array_equal(solution.status, reference.status)
        np.testing.assert_allclose(solution.objective, reference.objective, rtol=1e-12)
        np.testing.assert_allclose(solution.theta, reference.theta, rtol=1e-9)

    def test_progress_ends_with_every_lane(self) -> None:
        seen: list[tuple[int, int]] = []
        Levenberg(chunk=16)(replace(decaying(), rho=HUBER), STARTS, progress=lambda *now: seen.append(now))
        done = [finished for finished, _ in seen]
        assert done == sorted(done)
        assert seen[-1] == (len(STARTS), len(STARTS))

    def test_one_start_may_be_a_vector(self) -> None:
        solution = Levenberg()(decaying(), np.ones(3))
        assert solution.theta.shape == (1, 3)


def resampled(problem: Problem, counts: Any) -> tuple[Any, Any]:
    return problem.target, counts


def reweighted(problem: Problem, weight: Any) -> tuple[None, Any]:
    del problem
    return None, weight


def shifted(problem: Problem, shift: Any) -> tuple[Any, Any]:
    return problem.target + shift, problem.weight


class TestInvariance:
    @pytest.mark.parametrize("multiple", [1e-6, 1 / 240, 1e6])
    def test_the_scale_of_the_objective_does_not_matter(self, multiple: float, reference: Solution) -> None:
        problem = replace(decaying(), rho=HUBER)
        solution = Levenberg()(replace(problem, weight=multiple * problem.weight), STARTS)
        np.testing.assert_allclose(solution.theta, reference.theta, rtol=1e-9)
        np.testing.assert_allclose(solution.objective, multiple * reference.objective, rtol=1e-12)

    def test_the_order_of_rows_does_not_matter(self, reference: Solution) -> None:
        problem = replace(decaying(), rho=HUBER)
        order = np.random.default_rng(1).permutation(len(problem.target))
        shuffled = replace(problem, inputs=problem.inputs[order], target=problem.target[order])
        np.testing.assert_allclose(Levenberg()(shuffled, STARTS).theta, reference.theta, rtol=1e-9)

    def test_a_row_without_weight_is_no_row(self) -> None:
        problem = replace(decaying(), rho=HUBER)
        weight = np.where(np.arange(40) < 30, 1.0, 0.0)
        less = problem_of(decay, problem.inputs[:30], problem.target[:30], 3, HUBER)
        kept = Levenberg()(replace(problem, weight=weight), np.ones((1, 3)))
        np.testing.assert_allclose(kept.theta, Levenberg()(less, np.ones((1, 3))).theta, rtol=1e-9)


class TestEnds:
    def test_the_limit_comes_first(self) -> None:
        solution = Levenberg(iterations=4)(decaying(), STARTS)
        assert solution.iterations.max() <= 4
        assert (solution.status == Status.ITERATION_LIMIT).sum() > len(STARTS) // 2
        assert np.isfinite(solution.objective).all()

    def test_iterations_are_counted(self, reference: Solution) -> None:
        assert reference.iterations.min() > 3
        assert reference.iterations.max() < 500

    @pytest.mark.parametrize("loss", ["squared", "huber", "absolute", "log-cosh", "cauchy"])
    def test_data_without_noise_converge(self, loss: str) -> None:
        x = np.linspace(0, 4, 25)
        problem = problem_of(decay, x, 1.5 + 2 * np.exp(-1.2 * x), 3, Objective("linear", loss, 0.05).rho)
        solution = Levenberg()(problem, STARTS[::8])
        assert solution.status[solution.best] == Status.CONVERGED
        np.testing.assert_allclose(end(solution), [1.5, np.log(2), 1.2], rtol=1e-6)

    def test_stationarity_is_small_where_converged(self, reference: Solution) -> None:
        assert reference.stationarity[reference.usable].max() <= 1e-18

    def test_every_status_has_advice(self) -> None:
        assert len({status.advice for status in Status}) == len(Status)
        assert all(status.advice.endswith(".") for status in Status)
        assert {status for status in Status if status.usable} == {Status.CONVERGED, Status.AT_BOUND}

    def test_the_best_lane_is_not_a_lost_one(self) -> None:
        ends = Solution(np.zeros((4, 1)), np.array([np.nan, 3.0, 2.0, 2.0 + 1e-9]), *(np.zeros(4),) * 3)
        assert ends.best == 2
        assert ends.share_within() == 0.5


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), p=st.sampled_from([1, 2, 4]), spread=st.floats(-2, 2))
def test_linear_least_squares_is_solved_exactly(seed: int, p: int, spread: float) -> None:
    """Any design with twelve rows, columns of size 1 to 10^spread, from a random start."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((12, p)) * 10 ** np.linspace(0, spread, p)
    y = rng.standard_normal(12)
    exact, *_ = np.linalg.lstsq(X, y)
    solution = Levenberg()(problem_of(columns, tuple(X.T), y, p), 10 * rng.standard_normal((1, p)))
    assert solution.status[0] == Status.CONVERGED
    # Worst of 1,500 such designs 4e-14, on the scale of each column; the rest is for near-collinear ones.
    size = np.linalg.norm(X, axis=0)
    np.testing.assert_allclose(solution.theta[0] * size, exact * size, atol=1e-11)
    np.testing.assert_allclose(solution.objective[0], np.sum((X @ exact - y) ** 2) / 2, rtol=1e-12)
