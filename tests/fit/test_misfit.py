"""The misfit test: its level and power on known tables, what it does not see, where it says the law errs."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f as f_distribution

import scalelaw as sl
from scalelaw.fitting.misfit import find_structure
from scalelaw.fitting.structure import chance, cubic, take_apart
from surfaces import isoflops, normal, sweep

N, D = isoflops(9, 8)
COUPLED = sl.laws.Skaling(1.8, 480.0, (2100 / 480) ** 2, 0.7, 0.74, 0.5)


def table(L: np.ndarray, **columns: np.ndarray) -> sl.Runs:
    names = {name: name for name in columns}
    return sl.Runs.from_frame(pd.DataFrame({"N": N, "D": D, "L": L, **columns}), **names)


@pytest.fixture(scope="module")
def wrong() -> sl.Fit:
    """Chinchilla's law fitted to losses of Skaling's, k = 0.5, with 0.3 % noise."""
    L = sl.laws.skaling.predict(COUPLED, N=N, D=D) * np.exp(normal(len(N), 0.003))
    return sl.fit(table(L), starts="projected")


class TestSurface:
    def test_a_cubic_of_two_inputs_has_ten_terms(self) -> None:
        assert cubic({"N": N, "D": D}).shape == (72, 10)

    def test_few_runs_are_given_fewer_terms(self) -> None:
        some = slice(0, 72, 5)
        assert cubic({"N": N[some], "D": D[some]}).shape == (15, 3)

    def test_an_input_that_does_not_vary_is_left_out(self) -> None:
        assert cubic({"N": N, "D": np.full(72, 1e9)}).shape == (72, 4)

    def test_spaces_are_orthonormal_and_apart(self) -> None:
        point = sl.fit(sweep(N, D, noise=normal(72, 0.003)), starts="projected").point
        split = take_apart(point.residuals, point.jacobian.T, cubic({"N": N, "D": D}), np.ones(72))
        both = np.concatenate([split.law, split.surface], axis=1)
        np.testing.assert_allclose(both.T @ both, np.eye(both.shape[1]), atol=1e-12)
        # Five of ten directions of the cubic are the law's own.
        assert split.directions == 5
        assert split.degrees == 72 - 5 - 5

    def test_a_direction_that_is_no_number_is_left_out(self) -> None:
        rng = np.random.default_rng(4)
        r, tangents, surface = (
            rng.standard_normal(30),
            rng.standard_normal((30, 2)),
            rng.standard_normal((30, 3)),
        )
        lost = np.column_stack([tangents, np.full(30, np.nan)])
        with_it, without = (take_apart(r, each, surface, np.ones(30)) for each in (lost, tangents))
        np.testing.assert_array_equal(with_it.residuals, without.residuals)
        assert with_it.degrees == without.degrees


class TestChance:
    def test_is_that_of_the_f_distribution_for_normal_residuals(self) -> None:
        """The closed form for normal noise, beside 4,000 simulations of it."""
        rng = np.random.default_rng(3)
        tangents, surface = rng.standard_normal((200, 3)), rng.standard_normal((200, 4))
        split = take_apart(0.01 * rng.standard_normal(200), tangents, surface, np.ones(200))
        along, rest = split.sums(split.residuals)
        ratio = (along / split.directions) / (rest / split.degrees)
        exact = f_distribution.sf(ratio, split.directions, split.degrees)
        assert chance(split, None, 4000) == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 4000))

    def test_of_groups_is_larger_where_runs_of_a_group_stray_together(self) -> None:
        model = np.repeat(np.arange(9), 8)
        shared = np.random.default_rng(5).standard_normal(9)[model]
        fit = sl.fit(sweep(N, D, noise=0.005 * shared + normal(72, 0.001), group=model), starts="projected")
        assert sl.misfit(fit).groups == 9
        alone = sl.misfit(replace(fit, runs=replace(fit.runs, group=None)))
        assert alone.groups is None
        assert sl.misfit(fit).p > alone.p

    def test_is_drawn_the_same_twice(self, wrong: sl.Fit) -> None:
        assert sl.misfit(wrong).p == sl.misfit(wrong).p


class TestFound:
    def test_in_a_law_that_is_wrong(self, wrong: sl.Fit) -> None:
        found = sl.misfit(wrong)
        assert found.found
        assert found.p < 0.001
        assert found.size > found.noise

    def test_with_the_laws_that_would_take_it_up(self, wrong: sl.Fit) -> None:
        """Skaling's law is the truth: what its sixth parameter explains to first order, and the fit of it."""
        wider = dict(sl.misfit(wrong).wider)
        assert wider["skaling"] > 0.9
        right = sl.misfit(sl.fit(wrong.runs, sl.laws.skaling, starts="projected"))
        assert not right.found

    def test_not_in_a_law_that_is_right(self) -> None:
        found = sl.misfit(sl.fit(sweep(N, D, noise=normal(72, 0.003)), starts="projected"))
        assert not found.found
        assert found.where == ""
        assert found.wider == ()
        assert str(found).startswith("no structure found")

    def test_not_in_rounding(self) -> None:
        found = sl.misfit(sl.fit(sweep(N, D), starts="projected"))
        assert not found.found
        assert found.size < 1e-4

    def test_noise_is_what_was_drawn(self) -> None:
        found = sl.misfit(sl.fit(sweep(N, D, noise=normal(72, 0.003)), starts="projected", loss="squared"))
        assert found.noise == pytest.approx(0.3, rel=0.2)

    def test_size_is_that_of_a_known_surface(self) -> None:
        """A bump of 1 % in log D/N, less what the law takes up of it."""
        u = np.log(D / N)
        bump = 0.01 * np.sqrt(2) * np.cos(3 * (u - u.mean()) / u.std())
        fit = sl.fit(sweep(N, D, noise=bump), starts="projected", loss="squared")
        found = sl.misfit(fit)
        left = fit.residuals
        assert 0.2 < found.size <= 100 * np.sqrt(np.mean(left**2))

    def test_on_the_packages_sweep_with_the_place(self) -> None:
        found = sl.misfit(sl.fit(sl.read_dataset("sweep"), starts="projected"))
        assert found.found
        assert found.where == "too low at both ends of D/N and too high between"
        assert found.pure_error == pytest.approx(0.62, abs=0.01)
        assert next(iter(dict(found.wider))) == "skaling"

    def test_on_public_runs(self, gemstones_runs: sl.Runs, cs336_runs: sl.Runs, epoch_runs: sl.Runs) -> None:
        """Gemstones and Hoffmann's runs are described badly; 72 runs without noise exactly."""
        found = {
            runs.source: sl.fit(runs, starts="projected").misfit.found
            for runs in (gemstones_runs, epoch_runs)
        }
        assert set(found.values()) == {True}
        assert not sl.fit(cs336_runs, starts="projected").misfit.found


class TestPlace:
    @pytest.mark.parametrize("name", ["N", "D", "C", "D/N"])
    def test_is_where_the_surface_is(self, name: str) -> None:
        axis = {"N": N, "D": D, "C": N * D, "D/N": D / N}[name]
        x = np.log(axis)
        z = (x - x.mean()) / x.std()
        fit = sl.fit(sweep(N, D, noise=0.03 * (z**2 - 1) + normal(72, 0.001)), starts="projected")
        # Observed losses are high at both ends, so the law is too low there.
        assert f"too low at both ends of {name} and too high between" in sl.misfit(fit).where


class TestObjective:
    def test_linear_residuals_are_taken_relative_to_the_loss(self) -> None:
        runs = sweep(N, D, noise=normal(72, 0.003))
        log, linear = (
            sl.misfit(sl.fit(runs, starts="projected", loss="squared", residual=kind))
            for kind in ("log", "linear")
        )
        assert linear.noise == pytest.approx(log.noise, rel=0.1)

    def test_runs_of_weight_zero_do_not_count(self) -> None:
        noise = normal(72, 0.003)
        spoilt = np.where(np.arange(72) % 9 == 4, 0.5, noise)
        weight = np.where(np.arange(72) % 9 == 4, 0.0, 1.0)
        found = sl.misfit(sl.fit(sweep(N, D, noise=spoilt, weight=weight), starts="projected"))
        kept = np.flatnonzero(weight)
        alone = sl.misfit(sl.fit(sweep(N, D, noise=noise).taken(kept), starts="projected"))
        assert found.size == pytest.approx(alone.size, rel=1e-6)
        np.testing.assert_allclose(found.surface, alone.surface, rtol=1e-6)

    def test_held_parameters_leave_more_to_be_found(self) -> None:
        runs = sweep(N, D, noise=normal(72, 0.001))
        assert not sl.fit(runs, starts="projected").misfit.found
        assert sl.fit(runs, starts="projected", fix={"E": 1.2}).misfit.found

    def test_a_law_of_one_input(self) -> None:
        L = 1.8 + 50 / N**0.2 + 0.02 * np.sin(np.log(N))
        runs = sl.Runs.from_frame(pd.DataFrame({"N": N, "L": L}))
        found = sl.misfit(sl.fit(runs, sl.laws.power_N, starts="projected"))
        assert found.directions >= 1


class TestSaid:
    def test_first_in_the_report_of_a_fit(self, wrong: sl.Fit) -> None:
        first = str(wrong).splitlines()[0]
        assert first.startswith("WARNING: the law does not describe these runs: it is too ")
        assert "skaling would take up" in first
        assert "structure left          FOUND" in str(wrong)

    def test_json_is_plain(self, wrong: sl.Fit) -> None:
        said = json.loads(json.dumps(wrong.misfit.to_dict()))
        assert said["found"] is True
        assert {"p", "size", "noise", "where", "wider", "pure_error", "groups"} <= set(said)

    def test_a_loaded_fit_says_the_same(self, wrong: sl.Fit, tmp_path) -> None:
        wrong.save(tmp_path / "fit.json")
        again = sl.Fit.load(tmp_path / "fit.json").misfit
        assert (again.p, again.where) == (wrong.misfit.p, wrong.misfit.where)
        assert again.size == pytest.approx(wrong.misfit.size, rel=1e-6)


def test_structure_without_anything_to_weigh_it_against_is_not_tested() -> None:
    few = slice(0, 72, 12)
    runs = sweep(N[few], D[few], noise=normal(6, 0.01))
    assert not sl.fit(runs, starts="projected").misfit.found


def test_a_further_parameter_that_the_law_has_already_takes_up_nothing() -> None:
    fit = sl.fit(sweep(N, D, noise=normal(72, 0.003)), starts="projected")
    inputs, ones = {"N": N, "D": D}, np.ones(72)
    alone = find_structure(inputs, fit.residuals, fit.point.jacobian, ones)
    doubled = find_structure(inputs, fit.residuals, np.tile(fit.point.jacobian, (2, 1)), ones)
    assert doubled.size == pytest.approx(alone.size, rel=1e-9)
