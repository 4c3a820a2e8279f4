"""A positive parameter that the runs would take below zero: held there, and the others given that."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl

N = np.repeat([3e5, 1e6, 5e6, 3e7], 3)
D = np.tile([4e6, 2e7, 1e8], 4)
HELD = r"E is held at 0: the runs would take it below, so the form may be wrong"


def table(L: np.ndarray, seed: int = 1, noise: float = 0.03) -> sl.Runs:
    """Twelve runs with relative noise."""
    observed = L * np.exp(noise * np.random.default_rng(seed).standard_normal(12))
    return sl.Runs.from_frame(pd.DataFrame({"params": N, "tokens": D, "loss": observed}))


@pytest.fixture(scope="module")
def runs() -> sl.Runs:
    """A law whose E is -0.9: Chinchilla's has E >= 0."""
    return table(60 / N**0.25 + 1500 / D**0.33 - 0.9)


@pytest.fixture(scope="module")
def held(runs: sl.Runs) -> sl.Fit:
    return sl.fit(runs, starts="projected", loss="squared")


@pytest.fixture(scope="module")
def given(runs: sl.Runs) -> sl.Fit:
    """The same with E fixed at 0."""
    return sl.fit(runs, starts="projected", loss="squared", fix={"E": 0})


class TestFit:
    def test_is_said_in_words(self, held: sl.Fit) -> None:
        (warning,) = held.certificate.warnings
        assert warning.startswith(f"{HELD} (other laws: skaling, cross, ")
        assert warning.endswith("errors below are given E = 0")
        assert held.params.E == 0
        assert held.certificate.at_limit == ("E",)
        assert held.certificate.at_bound == ()
        assert held.certificate.identifiable
        assert held.certificate.hessian_positive_definite

    def test_errors_are_those_given_zero(self, held: sl.Fit, given: sl.Fit) -> None:
        np.testing.assert_allclose(held.objective, given.objective, rtol=1e-12)
        np.testing.assert_allclose(held.params, given.params, rtol=1e-6)
        np.testing.assert_allclose(held.stderr, given.stderr, rtol=1e-5)
        assert held.scale == pytest.approx(given.scale, rel=1e-6)
        for name in ("a", "G", "log_A", "log_E"):
            np.testing.assert_allclose(held.derived[name], given.derived[name], rtol=1e-5)

    def test_comes_back_from_a_file(self, held: sl.Fit, tmp_path: Path) -> None:
        held.save(tmp_path / "fit.json")
        loaded = sl.Fit.load(tmp_path / "fit.json")
        assert loaded.certificate == held.certificate
        np.testing.assert_allclose(sl.covariance(loaded).matrix, held.covariance, rtol=1e-6)

    @pytest.mark.parametrize("kind", ["sandwich", "information", "least squares"])
    def test_covariances_are_given_zero(self, held: sl.Fit, given: sl.Fit, kind: str) -> None:
        both = [sl.covariance(fit, kind) for fit in (held, given)]
        np.testing.assert_allclose(*(each.table()[["stderr", "low", "high"]] for each in both), rtol=1e-4)
        assert any("E is held at 0" in warning for warning in both[0].warnings)


class TestKinds:
    """Whatever the law: a constant, the coefficient of a term, a law of one's own."""

    def test_a_power_law(self) -> None:
        fit = sl.fit(table(60 / N**0.25 - 0.6), sl.laws.power_N, starts="projected")
        assert fit.certificate.at_limit == ("E",)
        assert np.isfinite([*fit.stderr]).all()

    def test_a_coefficient_of_a_law_of_ones_own(self) -> None:
        fit = sl.fit(table(2 + 60 / N**0.25 - 1e-9 * D), WITH_SLOPE, starts="projected")
        assert fit.certificate.at_limit == ("c",)
        assert fit.certificate.warnings[0].startswith("c is held at 0: the runs would take it below")
        assert np.isfinite([*fit.stderr]).all()

    @pytest.mark.slow
    def test_a_term_takes_its_exponent_with_it(self, runs: sl.Runs) -> None:
        """With A = 0 nothing is known of alpha, and everything else is as without the term."""
        fit = sl.fit(runs, starts="projected", loss="squared", fix={"A": 0})
        assert "the runs do not determine alpha, which plays no part" in fit.certificate.warnings
        assert np.isinf(fit.stderr.alpha)
        assert np.isfinite([fit.stderr.B, fit.stderr.beta]).all()


class WithSlope(NamedTuple):
    E: float
    A: float
    alpha: float
    c: float


WITH_SLOPE = sl.Law(
    "with_slope",
    WithSlope,
    lambda p, x: p.E + p.A * x.N**-p.alpha + p.c * x.D,
    positive=("E", "A", "c"),
    linear=("E", "A", "c"),
    projected={"alpha": (0.1, 0.25, 0.5)},
)


class TestUncertainty:
    def test_a_profile_has_one_side(self, held: sl.Fit) -> None:
        """Its end is where the objective with E fixed has risen by what is allowed."""
        profile = sl.profile(held, "E", points=8)
        low, high = profile.interval
        assert low == 0 < high
        assert profile.open == (False, False)
        assert "one side" in profile.notes[0]
        there = sl.fit(held.runs, starts="projected", loss="squared", fix={"E": high})
        assert there.objective == pytest.approx(held.objective + profile.allowed, rel=1e-6)

    @pytest.mark.slow
    def test_profiles_of_the_others_let_it_come_back(self, held: sl.Fit) -> None:
        profile = sl.profile(held, "beta", points=8, level=0.99999)
        far = sl.fit(held.runs, starts="projected", loss="squared", fix={"beta": profile.values[-1]})
        assert profile.objective[-1] == pytest.approx(far.objective, rel=1e-6)
        assert profile.params.E[-1] == pytest.approx(far.params.E, rel=1e-3)
        assert far.params.E > 0

    @pytest.mark.slow
    def test_resampled_intervals_begin_at_zero(self, held: sl.Fit) -> None:
        draws = sl.bootstrap(held, 100)
        low, high = draws.interval("E")
        assert low == 0 <= high
        assert np.isfinite(draws.table()[["low", "high"]].to_numpy()).all()
        assert not np.isnan(draws.interval("log_E")).any()

    def test_a_standard_error_inside_draws_is_refused(self, held: sl.Fit) -> None:
        draws = sl.bootstrap(held, 100)
        with pytest.raises(sl.BadInput, match="studentized', which needs a standard error that E at 0"):
            draws.interval("alpha", kind="studentized")

    def test_influence_is_given_zero(self, held: sl.Fit, given: sl.Fit) -> None:
        both = [sl.influence(fit, "alpha").change for fit in (held, given)]
        np.testing.assert_allclose(*both, rtol=1e-4, atol=1e-9)
        with pytest.raises(sl.BadInput, match="log_E' must be finite"):
            sl.influence(held, "log_E")

    @pytest.mark.slow
    def test_coverage_of_every_kind(self, held: sl.Fit) -> None:
        found = sl.coverage(held, datasets=8, replicates=49).table
        assert np.isfinite(found[["covered", "width"]].to_numpy()).all()
