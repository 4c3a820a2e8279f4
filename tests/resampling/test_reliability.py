"""Draws that allow no interval say so: replicates that failed, and resamples that do not move the fit."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw._checks import Unreliable
from scalelaw.solve import Status


def with_failures(draws: sl.Draws, lost: int, status: Status = Status.ITERATION_LIMIT) -> sl.Draws:
    """The same draws, the first few of which failed."""
    failed = np.where(np.arange(len(draws)) < lost, status, draws.status)
    return replace(draws, status=failed)


@pytest.fixture(scope="module")
def draws(small_fit: sl.Fit) -> sl.Draws:
    return sl.bootstrap(small_fit, 200)


class TestFailures:
    def test_of_one_in_a_hundred_nothing_is_said(self, draws: sl.Draws) -> None:
        assert with_failures(draws, 2).warnings == ()
        assert draws.summary()["warnings"] == []

    def test_above_that_a_warning_comes_first(self, draws: sl.Draws) -> None:
        doubtful = with_failures(draws, 3)
        (warning,) = doubtful.warnings
        assert warning.startswith("3 of 200 resamples (1.5%) gave no estimate")
        assert warning.endswith("the iteration limit came first: raise it, or start nearer")
        assert str(doubtful).startswith(f"warning: {warning}")
        assert doubtful.summary()["warnings"] == [warning]
        assert np.isfinite(doubtful.interval("alpha")).all()

    def test_above_one_in_ten_there_is_no_interval(self, draws: sl.Draws) -> None:
        for allowed in (20, 21):
            some = with_failures(draws, allowed)
            asked = (
                lambda some=some: some.interval("alpha"),
                lambda some=some: some.table(),
                lambda some=some: sl.mean_interval(some, N=1e9, D=2e10),
                lambda some=some: sl.uncertainty.prediction_interval(some, N=1e9, D=2e10),
                lambda some=some: sl.band(some, lambda p: p.E + p.A * np.array([1e8, 1e9]) ** -p.alpha),
            )
            for ask in asked:
                if allowed == 20:
                    ask()
                    continue
                with pytest.raises(Unreliable, match=r"^intervals cannot be stated: 21 of 200 .*\(10\.5%\)"):
                    ask()

    def test_a_resample_that_lacks_what_is_estimated_did_not_fail(self, draws: sl.Draws) -> None:
        lacking = with_failures(draws, 60, Status.UNDETERMINED)
        assert lacking.warnings == ()
        assert np.isfinite(lacking.interval("alpha")).all()


def pairs_of_runs(noise: float, seed: int) -> sl.Runs:
    """Five token counts, two runs each; noise on the log loss."""
    D = np.repeat([5e7, 2e8, 8e8, 3.2e9, 1.28e10], 2)
    L = (1.9 + 55 * (D / 1e6) ** -0.45) * np.exp(noise * np.random.default_rng(seed).standard_normal(10))
    return sl.Runs.from_frame(pd.DataFrame({"D": D, "L": L}), D="D", L="L")


@pytest.fixture(scope="module")
def flat() -> sl.Fit:
    return sl.fit(pairs_of_runs(0.02, 8), sl.laws.power_D, starts="projected")


class TestPlateaus:
    """Two runs a size and delta far below the noise: whatever passes between both runs of each size is as good."""

    def test_the_fit_says_why_and_what_to_do(self, flat: sl.Fit) -> None:
        (why,) = flat.certificate.warnings
        assert re.match(r"delta 0\.001 is 1/\d+ of the residual scale", why)
        assert "least absolute deviations, which leave it flat" in why
        assert "--delta auto or --loss squared" in why
        assert "iteration" not in str(flat)
        assert flat.certificate.stationarity <= 1e-12
        assert flat.plateau == why

    def test_intervals_of_no_width_are_refused_with_the_reason(self, flat: sl.Fit) -> None:
        draws = sl.bootstrap(flat, 60, scheme="cluster", by="D")
        assert not draws.moves("alpha")
        with pytest.raises(Unreliable, match="none of 60 resamples moves the fit.*least absolute deviations"):
            draws.interval("alpha")

    def test_with_delta_of_the_size_of_the_noise_there_is_no_plateau(self) -> None:
        for seed in range(3):
            fit = sl.fit(pairs_of_runs(0.02, seed), sl.laws.power_D, delta=0.02, starts="projected")
            assert fit.certificate.hessian_positive_definite
            low, high = sl.bootstrap(fit, 60, scheme="cluster", by="D").interval("alpha", kind="percentile")
            assert low < fit.params.alpha < high

    def test_no_table_of_two_runs_a_size_is_told_to_raise_the_limit(self) -> None:
        for seed in range(12):
            fit = sl.fit(pairs_of_runs(0.02, seed), sl.laws.power_D, starts="projected")
            said = " ".join(fit.certificate.warnings)
            assert "iteration limit" not in said
            assert "strict minimum" not in said
            assert fit.certificate.hessian_positive_definite or fit.plateau

    def test_data_without_noise_need_not_move(self) -> None:
        fit = sl.fit(pairs_of_runs(0.0, 0), sl.laws.power_D, starts="projected")
        draws = sl.bootstrap(fit, 60, scheme="cluster", by="D")
        np.testing.assert_allclose(draws.interval("alpha"), 0.45, rtol=1e-6)
