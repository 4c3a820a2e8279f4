"""Approach 3 against published answers, against itself in other units and orders, and against its definitions."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.laws import Chinchilla, Law, chinchilla
from scalelaw.solve import LBFGS, Levenberg, Problem, Solution, Status
from surfaces import TRUTH, losses, normal, spread, sweep

KEY = Chinchilla(E=1.817218099, A=477.825868, B=2143.41736, alpha=0.347310499, beta=0.367172433)
"""The exact optimum on the 240 runs of Besiroglu et al. 2024, found there by Newton's method."""


class TestPublished:
    def test_the_240_runs(self, epoch_fit: sl.Fit) -> None:
        assert epoch_fit.objective == pytest.approx(0.0010182740178006, rel=1e-12)
        np.testing.assert_allclose(epoch_fit.params, KEY, rtol=1e-8)
        assert epoch_fit.certificate.starts == 4500
        assert epoch_fit.certificate.share_at_winner >= 0.99
        assert epoch_fit.certificate.warnings == ()

    def test_the_245_runs(self, all_epoch_runs: sl.Runs) -> None:
        fit = sl.fit(all_epoch_runs)
        assert fit.objective == pytest.approx(0.0018260105230693, rel=1e-12)
        expected = Chinchilla(E=1.891338499, A=495.726009, B=12845.61327, alpha=0.349312894, beta=0.453049296)
        np.testing.assert_allclose(fit.params, expected, rtol=1e-8)
        assert fit.certificate.share_at_winner >= 0.99

    @pytest.mark.parametrize("delta", [1e-3, pytest.param(1e-4, marks=pytest.mark.slow)])
    def test_gemstones_are_fitted_no_worse_than_published(
        self, delta: float, gemstones_runs: sl.Runs, shared_data: Path
    ) -> None:
        published = (
            pd.read_csv(shared_data / "gemstones_hot_fits_published.csv").set_index("delta").loc[delta]
        )
        fit = sl.fit(gemstones_runs, delta=delta)
        assert fit.certificate.runs == published["n"]
        assert fit.objective <= published["objective_recomputed"] * (1 + 1e-12)
        assert fit.certificate.converged
        assert fit.certificate.share_at_winner > 0.1

    def test_the_five_true_parameters_of_cs336(self, cs336_runs: sl.Runs) -> None:
        fit = sl.fit(cs336_runs)
        np.testing.assert_allclose(fit.params, Chinchilla(2.69, 1606.4, 3210.7, 0.34, 0.36), rtol=1e-6)
        assert fit.certificate.warnings == ()

    @pytest.mark.parametrize("data", ["epoch_runs", "all_epoch_runs", "gemstones_runs", "cs336_runs"])
    def test_projected_starts_find_the_optimum_of_the_grid(
        self, data: str, request: pytest.FixtureRequest
    ) -> None:
        runs = request.getfixturevalue(data)
        grid, projected = sl.fit(runs), sl.fit(runs, starts="projected")
        # Without noise both objectives are rounding of the losses' last digits.
        assert projected.objective == pytest.approx(grid.objective, rel=1e-12, abs=1e-23)
        np.testing.assert_allclose(projected.params, grid.params, rtol=1e-7)
        assert projected.certificate.warnings == ()

    def test_another_solver_agrees(self, epoch_runs: sl.Runs) -> None:
        fit = sl.fit(epoch_runs, starts=[[1.7, 400, 2000, 0.34, 0.36]], solver=LBFGS())
        np.testing.assert_allclose(fit.params, KEY, rtol=1e-8)


class TestInvariance:
    """From projected starts, which take the same way through `fit` but for the number of lanes."""

    @staticmethod
    def refit(runs: sl.Runs) -> sl.Fit:
        return sl.fit(runs, starts="projected")

    @pytest.mark.parametrize("multiple", [1e-6, 1 / 240, 1e6])
    def test_to_the_scale_of_the_objective(self, multiple: float, epoch_runs: sl.Runs) -> None:
        fit = self.refit(replace(epoch_runs, weight=np.full(len(epoch_runs), multiple)))
        np.testing.assert_allclose(fit.params, KEY, rtol=1e-8)
        assert fit.objective == pytest.approx(multiple * 0.0010182740178006, rel=1e-12)
        assert fit.certificate.warnings == ()

    def test_of_the_grid_to_the_scale_of_the_objective(self, epoch_runs: sl.Runs, epoch_fit: sl.Fit) -> None:
        fit = sl.fit(replace(epoch_runs, weight=np.full(len(epoch_runs), 1e-6)))
        np.testing.assert_allclose(fit.params, epoch_fit.params, rtol=1e-9)
        np.testing.assert_allclose(fit.stderr, epoch_fit.stderr, rtol=1e-6)
        assert fit.certificate.share_at_winner == pytest.approx(
            epoch_fit.certificate.share_at_winner, abs=1e-3
        )

    def test_to_the_order_of_the_runs(self, epoch_runs: sl.Runs, epoch_fit: sl.Fit) -> None:
        order = np.random.default_rng(0).permutation(len(epoch_runs))
        fit = self.refit(sl.Runs.from_frame(epoch_runs.to_frame().iloc[order], N="N", D="D", L="L"))
        np.testing.assert_allclose(fit.params, epoch_fit.params, rtol=1e-9)
        np.testing.assert_allclose(fit.residuals, epoch_fit.residuals[order], atol=1e-9)

    def test_to_the_units_of_N_and_D(self, epoch_runs: sl.Runs, epoch_fit: sl.Fit) -> None:
        """N in millions and D in billions: A and B change as A / N^alpha says, nothing else."""
        table = epoch_runs.to_frame().assign(N=epoch_runs.N / 1e6, D=epoch_runs.D / 1e9)  # type: ignore[operator]
        fit = self.refit(sl.Runs.from_frame(table, N="N", D="D", L="L", flops="given"))
        E, A, B, alpha, beta = epoch_fit.params
        expected = Chinchilla(E, A / 1e6**alpha, B / 1e9**beta, alpha, beta)
        np.testing.assert_allclose(fit.params, expected, rtol=1e-8)
        assert fit.objective == pytest.approx(epoch_fit.objective, rel=1e-12)

    def test_to_a_run_without_weight(self, epoch_runs: sl.Runs, all_epoch_runs: sl.Runs) -> None:
        kept = np.isin(all_epoch_runs.rows, epoch_runs.rows).astype(float)
        fit = self.refit(replace(all_epoch_runs, weight=kept))
        np.testing.assert_allclose(fit.params, KEY, rtol=1e-8)

    def test_a_whole_weight_is_a_run_repeated(self, epoch_runs: sl.Runs) -> None:
        weight = 1 + np.arange(len(epoch_runs)) % 3
        weighted = self.refit(replace(epoch_runs, weight=weight.astype(float)))
        table = epoch_runs.to_frame().loc[np.repeat(np.arange(len(epoch_runs)), weight)]
        repeated = self.refit(sl.Runs.from_frame(table, N="N", D="D", L="L"))
        np.testing.assert_allclose(weighted.params, repeated.params, rtol=1e-8)
        assert weighted.objective == pytest.approx(repeated.objective, rel=1e-12)

    def test_to_the_number_of_threads_and_chunks(self, epoch_runs: sl.Runs) -> None:
        solver = sl.solve.Levenberg(chunk=8, threads=1, stride=5)
        np.testing.assert_allclose(
            sl.fit(epoch_runs, starts="projected", solver=solver).params, KEY, rtol=1e-8
        )


@dataclass(frozen=True)
class WholeWay:
    """A solver that `fit` does not know, and so does not send scouts for: every start walks on all runs."""

    def __call__(self, problem: Problem, starts: np.ndarray, *, progress: Any = None) -> Solution:
        return Levenberg()(problem, starts, progress=progress)


class TestScouts:
    """240 runs and 4,500 starts: most starts walk on 48 of the runs first. The verdict may not depend on it."""

    @staticmethod
    def agree(runs: sl.Runs) -> None:
        scouted, whole = sl.fit(runs), sl.fit(runs, solver=WholeWay())
        np.testing.assert_allclose(scouted.params, whole.params, rtol=1e-8)
        # A start may end in another basin by way of the few runs; of the 240 runs two in a thousand do.
        assert scouted.certificate.share_at_winner == pytest.approx(
            whole.certificate.share_at_winner, abs=0.05
        )

    def test_on_the_240_runs(self, epoch_runs: sl.Runs) -> None:
        self.agree(epoch_runs)

    @pytest.mark.slow
    def test_where_48_runs_do_not_show_E(self) -> None:
        """Slow decay and 3 % noise: on some 48 of these runs the best E is 0, on all of them it is 0.93."""
        truth = Chinchilla(E=0.748, A=45.1, B=27.0, alpha=0.1785, beta=0.163)
        self.agree(sweep(*spread(240, 43), truth, normal(240, 0.03, 43)))


class TestDefinitions:
    def test_residuals_are_predicted_minus_observed(self, epoch_fit: sl.Fit, epoch_runs: sl.Runs) -> None:
        assert epoch_runs.N is not None
        assert epoch_runs.D is not None
        predicted = losses(epoch_fit.params, epoch_runs.N, epoch_runs.D)
        np.testing.assert_allclose(epoch_fit.residuals, np.log(predicted) - np.log(epoch_runs.L), atol=1e-14)

    def test_residuals_of_a_linear_objective_are_nats(self, epoch_runs: sl.Runs) -> None:
        fit = sl.fit(epoch_runs, residual="linear", starts="projected")
        assert epoch_runs.N is not None
        assert epoch_runs.D is not None
        predicted = losses(fit.params, epoch_runs.N, epoch_runs.D)
        np.testing.assert_allclose(fit.residuals, predicted - epoch_runs.L, atol=1e-13)

    def test_the_objective_is_the_sum_of_huber(self, epoch_fit: sl.Fit) -> None:
        r = np.abs(epoch_fit.residuals)
        rho = np.where(r <= 1e-3, r**2 / 2, 1e-3 * (r - 5e-4))
        assert epoch_fit.objective == pytest.approx(rho.sum(), rel=1e-12)

    def test_the_scale_is_the_median_of_the_residuals_as_a_standard_deviation(
        self, epoch_fit: sl.Fit
    ) -> None:
        """MAD / 0.6745 with 240 - 5 degrees of freedom; the weighted median is the lower of the middle two."""
        middle = np.sort(np.abs(epoch_fit.residuals))[119:121]
        low, high = middle / 0.6744897501960817 * np.sqrt(240 / 235)
        assert low * (1 - 1e-12) <= epoch_fit.scale <= high * (1 + 1e-12)

    def test_predict_is_the_law(self, epoch_fit: sl.Fit) -> None:
        N, D = np.array([1e9, 7e10]), np.array([[2e10], [1.4e12]])
        predicted = epoch_fit.predict(N=N, D=D)
        assert predicted.shape == (2, 2)
        assert predicted.dtype == np.float64
        np.testing.assert_allclose(predicted, losses(epoch_fit.params, N, D), rtol=1e-14)

    @pytest.mark.parametrize("inputs", [{"N": 1e9}, {"N": 1e9, "D": 2e10, "C": 1e20}, {"N": 1e9, "U": 2e10}])
    def test_predict_wants_the_inputs_of_the_law(self, inputs: dict[str, float], epoch_fit: sl.Fit) -> None:
        with pytest.raises(TypeError, match=r"predict needs exactly the inputs \('N', 'D'\), got "):
            epoch_fit.predict(**inputs)

    def test_the_table_of_values(self, epoch_fit: sl.Fit) -> None:
        frame = epoch_fit.to_frame()
        assert list(frame.columns) == ["name", "value", "stderr", "role"]
        assert tuple(frame["name"][:5]) == chinchilla.fields
        assert set(frame["role"][:5]) == {"free"}
        assert tuple(frame["value"][:5]) == tuple(epoch_fit.params)
        assert tuple(frame["stderr"][:5]) == tuple(epoch_fit.stderr)
        derived = frame[frame["role"] == "derived"].set_index("name")
        assert derived.loc["a", "value"] == pytest.approx(0.367172433 / (0.347310499 + 0.367172433), rel=1e-8)
        assert derived.loc["log_A", "value"] == pytest.approx(np.log(477.825868), rel=1e-8)
        assert dict(
            zip(derived.index, zip(derived["value"], derived["stderr"], strict=True), strict=True)
        ) == dict(epoch_fit.derived)

    def test_the_ends_of_the_starts(self, epoch_fit: sl.Fit) -> None:
        ends = epoch_fit.ends
        assert ends is not None
        assert ends.objective.shape == ends.status.shape == ends.params.alpha.shape == (4500,)
        assert np.nanmin(ends.objective) == pytest.approx(epoch_fit.objective, rel=1e-12)
        arrived = ends.objective <= epoch_fit.objective * (1 + 1e-6)
        assert arrived.mean() == epoch_fit.certificate.share_at_winner
        assert set(ends.status[arrived]) == {Status.CONVERGED}
        np.testing.assert_allclose(ends.params.alpha[arrived], KEY.alpha, rtol=1e-3)

    def test_the_basins(self, epoch_fit: sl.Fit) -> None:
        first, *rest = epoch_fit.basins
        assert first.params == epoch_fit.params
        assert first.objective == epoch_fit.objective
        assert first.share == epoch_fit.certificate.share_at_winner
        assert [basin.objective for basin in rest] == sorted(basin.objective for basin in rest)
        assert sum(basin.share for basin in epoch_fit.basins) <= 1
        gap = rest[0].objective / first.objective - 1 if rest else None
        assert epoch_fit.certificate.next_basin == (None if gap is None else pytest.approx(gap))


class TestChoices:
    @pytest.mark.parametrize(
        ("loss", "residual"),
        [
            ("squared", "log"),
            ("cauchy", "linear"),
            *(
                pytest.param(*each, marks=pytest.mark.slow)
                for each in (("absolute", "linear"), ("log-cosh", "log"))
            ),
        ],
    )
    def test_every_objective_finds_the_truth_without_noise(
        self, loss: str, residual: str, cs336_runs: sl.Runs
    ) -> None:
        fit = sl.fit(cs336_runs, loss=loss, residual=residual, starts="projected")
        np.testing.assert_allclose(fit.params, Chinchilla(2.69, 1606.4, 3210.7, 0.34, 0.36), rtol=1e-6)
        assert fit.certificate.warnings == ()

    def test_squared_is_least_squares(self) -> None:
        """The gradient of the sum of squares at the fit, in units of each parameter."""
        runs = sweep(*spread(60), noise=np.random.default_rng(0).normal(0, 0.01, 60))
        fit = sl.fit(runs, loss="squared", residual="linear", starts="projected")
        E, A, B, alpha, beta = fit.params
        assert runs.N is not None
        assert runs.D is not None
        a, b = A * runs.N**-alpha, B * runs.D**-beta
        slopes = np.stack([np.full(60, E), a, b, -a * np.log(runs.N), -b * np.log(runs.D)])
        assert (
            np.abs(slopes @ fit.residuals).max() < 1e-10 * np.abs(slopes).max() * np.abs(fit.residuals).sum()
        )

    def test_starts_of_ones_own(self, epoch_runs: sl.Runs) -> None:
        rows = [Chinchilla(1.5, 300.0, 1000.0, 0.3, 0.4), Chinchilla(2.0, 100.0, 5000.0, 0.4, 0.3)]
        values = {name: sorted({getattr(row, name) for row in rows}) for name in chinchilla.fields}
        for starts, lanes in ((rows, 2), (np.array(rows), 2), (rows[0], 1), (values, 32)):
            fit = sl.fit(epoch_runs, starts=starts)
            assert fit.certificate.starts == lanes
            assert fit.settings.starts == "given"
            np.testing.assert_allclose(fit.params, KEY, rtol=1e-8)

    @pytest.mark.parametrize("starts", ["projected", KEY], ids=["projected", "given"])
    def test_progress_is_told(self, starts: Any, epoch_runs: sl.Runs) -> None:
        seen: list[tuple[int, int]] = []
        fit = sl.fit(epoch_runs, starts=starts, progress=lambda *now: seen.append(now))
        assert seen[-1:] == [(fit.certificate.starts, fit.certificate.starts)]

    @pytest.mark.parametrize(
        ("keywords", "message"),
        [
            ({"loss": "hubr"}, "loss must be one of 'huber', .* got 'hubr'; did you mean 'huber'"),
            ({"residual": "ratio"}, "residual must be one of 'log', 'linear', got 'ratio'"),
            ({"delta": 0}, "delta must be a positive finite number, got 0"),
            (
                {"starts": "gird"},
                "starts must be one of 'grid', 'projected', got 'gird'; did you mean 'grid'",
            ),
            (
                {"starts": [[1, 2, 3]]},
                r"starts must be rows of the 5 parameters \('E', .*\), got shape \(1, 3\)",
            ),
            ({"starts": []}, "starts must be rows of the 5 parameters"),
            ({"starts": [[1, -2, 3, 4, 5]]}, "starts of 'A' must be positive, got -2.0"),
            ({"starts": [[1, 2, 3, np.nan, 5]]}, "starts of 'alpha' must be finite, got nan"),
            ({"starts": [["a", "b", "c", "d", "e"]]}, "starts must be .* got"),
            (
                {"starts": {"E": [1]}},
                "starts must give values for every parameter of 'chinchilla', got none for 'A'",
            ),
            ({"starts": {"F": [1]}}, "starts must be one of 'E', 'A', 'B', 'alpha', 'beta', got 'F'"),
            (
                {"starts": [[1, 1, 1, -1000, 0.3]]},
                "starts must give finite predicted losses, and none of them does",
            ),
            (
                {"law": sl.laws.kaplan, "starts": "projected"},
                "needs a law with free linear parameters, and 'kaplan' has",
            ),
        ],
    )
    def test_what_is_refused(self, keywords: dict[str, Any], message: str, epoch_runs: sl.Runs) -> None:
        with pytest.raises(BadInput, match=message):
            sl.fit(epoch_runs, **keywords)

    def test_fewer_runs_than_parameters(self) -> None:
        with pytest.raises(
            BadInput, match=r"^sweep: runs must be at least as many as .* 'chinchilla' \(5\), got 4; add"
        ):
            sl.fit(sweep(*spread(4)))

    def test_runs_that_lack_an_input(self, epoch_runs: sl.Runs) -> None:
        law = Law("with_U", Chinchilla, chinchilla.loss, inputs=("N", "U"))
        with pytest.raises(
            BadInput, match="^chinchilla_epoch.csv: input must be one of 'N', 'D', 'C', got 'U'; name its"
        ):
            sl.fit(epoch_runs, law)

    def test_projected_starts_of_a_law_that_has_no_values_for_the_others(self, epoch_runs: sl.Runs) -> None:
        law = Law("bare", Chinchilla, chinchilla.loss, linear=("E", "A", "B"), positive=("E", "A", "B"))
        with pytest.raises(BadInput, match="alpha"):
            sl.fit(epoch_runs, law, starts="projected")

    def test_the_truth_is_within_its_errors(self) -> None:
        """Twenty simulated sweeps: each of 100 values within 4 standard errors of the truth, 95 within 2.5."""
        away = []
        for seed in range(20):
            runs = sweep(*spread(300, seed), noise=np.random.default_rng(seed).normal(0, 0.01, 300))
            fit = sl.fit(runs, loss="squared", starts="projected")
            away.append((np.array(fit.params) - TRUTH) / np.array(fit.stderr))
        assert np.abs(away).max() < 4
        assert np.mean(np.abs(away) < 2.5) >= 0.95
