"""Fixed, tied and bounded parameters: what they mean, and what is refused."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.laws import Law


class Tied(NamedTuple):
    """E, A, B as Hoffmann's; alpha: the exponent of both terms."""

    E: Any
    A: Any
    B: Any
    alpha: Any


def tied_loss(params: Tied, x: Any) -> Any:
    E, A, B, alpha = params
    return E + A * jnp.exp(-alpha * jnp.log(x.N)) + B * jnp.exp(-alpha * jnp.log(x.D))


def fitted(runs: sl.Runs, **constraints: Any) -> sl.Fit:
    return sl.fit(runs, starts="projected", **constraints)


def role(fit: sl.Fit, name: str) -> str:
    return str(fit.to_frame().set_index("name").loc[name, "role"])


class TestFix:
    def test_holds_the_value(self, epoch_runs: sl.Runs, epoch_fit: sl.Fit) -> None:
        fit = fitted(epoch_runs, fix={"E": 1.69, "beta": 0.28})
        assert (fit.params.E, fit.params.beta) == (1.69, 0.28)
        assert (fit.stderr.E, fit.stderr.beta) == (0.0, 0.0)
        assert (role(fit, "E"), role(fit, "A"), role(fit, "beta")) == ("fixed", "free", "fixed")
        assert fit.certificate.parameters == 3
        assert fit.objective > epoch_fit.objective

    def test_at_the_optimum_changes_nothing(self, epoch_runs: sl.Runs, epoch_fit: sl.Fit) -> None:
        fit = fitted(epoch_runs, fix={"alpha": epoch_fit.params.alpha})
        np.testing.assert_allclose(fit.params, epoch_fit.params, rtol=1e-8)
        assert fit.objective == pytest.approx(epoch_fit.objective, rel=1e-12)

    def test_of_a_parameter_with_units(self, epoch_runs: sl.Runs, epoch_fit: sl.Fit) -> None:
        """A = 400 in the table's own unit of N, whatever units the fit works in; likewise a bound."""
        fit = fitted(epoch_runs, fix={"A": 400.0})
        assert fit.params.A == 400.0
        assert fit.objective > epoch_fit.objective
        assert fit.objective == pytest.approx(
            fitted(epoch_runs, bounds={"A": (None, 400.0)}).objective, rel=1e-10
        )

    def test_no_irreducible_loss(self, epoch_runs: sl.Runs) -> None:
        """E = 0 has no logarithm and may be held all the same."""
        fit = fitted(epoch_runs, fix={"E": 0})
        assert fit.params.E == 0
        assert fit.certificate.converged

    def test_of_every_parameter_leaves_nothing_to_fit(self, epoch_runs: sl.Runs, epoch_fit: sl.Fit) -> None:
        with pytest.raises(BadInput, match="^`fix` must leave a parameter of 'chinchilla' to be fitted"):
            sl.fit(epoch_runs, fix=epoch_fit.params._asdict())

    @pytest.mark.parametrize(
        ("fix", "message"),
        [
            ({"F": 1.0}, "^`fix` of law 'chinchilla' must be one of 'E', .*, got 'F'"),
            ({"alpah": 1.0}, "got 'alpah'; did you mean 'alpha'"),
            ({"E": np.nan}, "^fix E must be a finite number, got nan"),
            ({"E": "1.7"}, "^fix E must be a finite number, got '1.7'"),
            ({"A": -5.0}, "A.* got -5"),
        ],
    )
    def test_what_is_refused(self, fix: dict[str, Any], message: str, epoch_runs: sl.Runs) -> None:
        with pytest.raises(BadInput, match=message):
            fitted(epoch_runs, fix=fix)


class TestTie:
    @pytest.mark.slow
    def test_is_a_law_with_one_exponent(self, epoch_runs: sl.Runs) -> None:
        law = Law("tied", Tied, tied_loss, positive=("E", "A", "B"), linear=("E", "A", "B"),
                  projected={"alpha": (0.2, 0.4, 0.8)})  # type: ignore[arg-type]  # fmt: skip
        one, two = fitted(epoch_runs, law=law), fitted(epoch_runs, tie={"beta": "alpha"})
        assert two.params.beta == two.params.alpha
        np.testing.assert_allclose(two.params[:4], one.params, rtol=1e-8)
        np.testing.assert_allclose(two.stderr[:4], one.stderr, rtol=1e-3)
        assert two.objective == pytest.approx(one.objective, rel=1e-12)
        assert two.certificate.parameters == 4
        assert role(two, "beta") == "= alpha"
        assert two.stderr.beta == two.stderr.alpha
        assert two.derived["a"] == (0.5, pytest.approx(0, abs=1e-12))

    @pytest.mark.slow
    def test_from_the_grid_too(self, epoch_runs: sl.Runs) -> None:
        grid, projected = (sl.fit(epoch_runs, tie={"beta": "alpha"}, starts=s) for s in ("grid", "projected"))
        assert grid.certificate.starts == 900
        np.testing.assert_allclose(grid.params, projected.params, rtol=1e-8)

    def test_of_coefficients(self, epoch_runs: sl.Runs) -> None:
        fit = fitted(epoch_runs, tie={"B": "A"})
        assert fit.params.A == fit.params.B
        assert fit.certificate.converged

    def test_to_a_fixed_parameter(self, epoch_runs: sl.Runs) -> None:
        fit = fitted(epoch_runs, tie={"beta": "alpha"}, fix={"alpha": 0.35})
        assert (fit.params.alpha, fit.params.beta) == (0.35, 0.35)
        assert fit.stderr.beta == 0

    @pytest.mark.parametrize(
        ("constraints", "message"),
        [
            ({"tie": {"beta": "gamma"}}, "^`tie` of law 'chinchilla' must be one of 'E', .*, got 'gamma'"),
            ({"tie": {"gamma": "beta"}}, "^`tie` of law 'chinchilla' must be one of 'E', .*, got 'gamma'"),
            ({"tie": {"beta": "beta"}}, "^`tie` must join .* got 'beta' tied to 'beta'"),
            ({"tie": {"A": "B", "B": "E"}}, "^`tie` must join .* got 'A' tied to 'B'"),
            (
                {"tie": {"A": "alpha"}},
                "^`tie` must join two positive parameters or two others, got 'A' and 'alpha'",
            ),
            (
                {"tie": {"beta": "alpha"}, "fix": {"beta": 0.3}},
                "^`tie` must join .* got 'beta' tied to 'alpha'",
            ),
            (
                {"tie": {"beta": "alpha"}, "bounds": {"beta": (0, 1)}},
                "^`tie` must join .* got 'beta' tied to 'alpha'",
            ),
        ],
    )
    def test_what_is_refused(self, constraints: dict[str, Any], message: str, epoch_runs: sl.Runs) -> None:
        with pytest.raises(BadInput, match=message):
            fitted(epoch_runs, **constraints)


class TestBounds:
    def test_that_do_not_bind_change_nothing(self, epoch_runs: sl.Runs, epoch_fit: sl.Fit) -> None:
        fit = fitted(epoch_runs, bounds={"E": (1, None), "alpha": (None, 1), "beta": (-np.inf, np.inf)})
        np.testing.assert_allclose(fit.params, epoch_fit.params, rtol=1e-8)
        assert fit.certificate.at_bound == ()
        assert fit.certificate.warnings == ()

    @pytest.mark.parametrize(
        ("bounds", "value"),
        [
            ({"E": (1.9, None)}, 1.9),
            pytest.param({"alpha": (None, 0.3)}, 0.3, marks=pytest.mark.slow),
        ],
    )
    def test_that_bind_hold_the_parameter(
        self, bounds: dict[str, Any], value: float, epoch_runs: sl.Runs
    ) -> None:
        """As if it were fixed there."""
        (name,) = bounds
        fit, fixed = fitted(epoch_runs, bounds=bounds), fitted(epoch_runs, fix={name: value})
        assert fit.certificate.at_bound == (name,)
        assert getattr(fit.params, name) == pytest.approx(value, rel=1e-14)
        assert getattr(fit.stderr, name) == 0
        np.testing.assert_allclose(fit.params, fixed.params, rtol=1e-7)
        assert fit.objective == pytest.approx(fixed.objective, rel=1e-10)

    @pytest.mark.slow
    def test_hold_from_the_grid_too(self, epoch_runs: sl.Runs) -> None:
        """Most of the 4,500 starts lie outside."""
        grid, projected = (
            sl.fit(epoch_runs, bounds={"E": (1.9, 2.5)}, starts=starts) for starts in ("grid", "projected")
        )
        assert grid.certificate.at_bound == ("E",)
        assert grid.objective == pytest.approx(projected.objective, rel=1e-10)
        assert grid.ends is not None
        assert grid.ends.params.E.min() >= 1.9 * (1 - 1e-14)
        assert grid.ends.params.E.max() <= 2.5 * (1 + 1e-14)

    def test_of_a_parameter_that_another_is_tied_to(self, epoch_runs: sl.Runs) -> None:
        fit = fitted(epoch_runs, tie={"beta": "alpha"}, bounds={"alpha": (0.4, None)})
        assert (fit.params.alpha, fit.params.beta) == (0.4, 0.4)
        assert fit.certificate.at_bound == ("alpha",)

    @pytest.mark.parametrize(
        ("constraints", "message"),
        [
            ({"bounds": {"F": (0, 1)}}, "^`bounds` of law 'chinchilla' must be one of 'E', .*, got 'F'"),
            ({"bounds": {"E": (3, 1)}}, r"^bounds of 'E' must be an interval .* got \(3(\.0)?, 1(\.0)?\)"),
            ({"bounds": {"E": (1, 1)}}, r"^bounds of 'E' must be an interval .* got \(1(\.0)?, 1(\.0)?\)"),
            (
                {"bounds": {"E": (-2, 0)}},
                r"^bounds of 'E' must be an interval \(low, high\) that E can lie in",
            ),
            ({"bounds": {"E": (np.nan, 3)}}, r"^bounds of 'E' must be an interval .* got \(nan, 3(\.0)?\)"),
            ({"bounds": {"E": 3}}, r"^bounds of 'E' must be .* got 3"),
            (
                {"bounds": {"E": (1, 2)}, "fix": {"E": 1.5}},
                "^`bounds` must be of free parameters, got 'E', which `fix`",
            ),
        ],
    )
    def test_what_is_refused(self, constraints: dict[str, Any], message: str, epoch_runs: sl.Runs) -> None:
        with pytest.raises(BadInput, match=message):
            fitted(epoch_runs, **constraints)
