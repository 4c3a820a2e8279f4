"""Draws that give no number: counted, left out of what they give none of, and of nothing else."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.report.answers import IntervalSettings, answers
from scalelaw.resampling.intervals import KINDS, interval

R, WILD = 60, 7
AT = {"N": np.array([1e9, 7e9]), "D": np.array([2e10, 2e12])}


@pytest.fixture(scope="module")
def tame(small_fit: sl.Fit) -> sl.Draws:
    """The draws but for one."""
    draws = sl.bootstrap(small_fit, R)
    kept = np.arange(R) != WILD
    names = ("objective", "status", "changed", "replicates")
    params = jax.tree.map(lambda leaf: leaf[kept], draws.params)
    return replace(draws, params=params, **{name: getattr(draws, name)[kept] for name in names})


@pytest.fixture(scope="module")
def wild(small_fit: sl.Fit) -> sl.Draws:
    """The draws, one of which has an exponent so large that its coefficient is beyond all numbers."""
    return with_runaways(sl.bootstrap(small_fit, R), [WILD])


def with_runaways(draws: sl.Draws, which: list[int]) -> sl.Draws:
    params = draws.params._replace(B=draws.params.B.copy(), beta=draws.params.beta.copy())
    params.B[which], params.beta[which] = np.inf, 43.7
    return replace(draws, params=params)


@pytest.mark.parametrize("kind", ["percentile", "basic", "normal", "bca"])
def test_the_interval_of_the_mean_is_that_of_the_others(tame: sl.Draws, wild: sl.Draws, kind: str) -> None:
    np.testing.assert_allclose(
        sl.mean_interval(wild, kind=kind, **AT), sl.mean_interval(tame, kind=kind, **AT), rtol=1e-12
    )


def test_a_new_run_a_forecast_and_held_out_runs(tame: sl.Draws, wild: sl.Draws) -> None:
    one, other = (sl.prediction_interval(draws, **AT) for draws in (wild, tame))
    np.testing.assert_allclose(one[:3], other[:3], rtol=1e-12)
    assert f"1 of {R} draws have no such number and do not count" in one.notes
    assert other.notes == tuple(note for note in one.notes if "do not count" not in note)
    forecasts = [sl.forecast(draws, **AT).quantiles for draws in (wild, tame)]
    np.testing.assert_allclose(*forecasts, rtol=1e-12)


@pytest.mark.parametrize("kind", ["percentile", "sup-t"])
def test_bands(tame: sl.Draws, wild: sl.Draws, kind: str) -> None:
    def curve(params: Any) -> Any:
        return params.E + params.B * jnp.exp(-params.beta * jnp.log(AT["D"]))

    np.testing.assert_allclose(sl.band(wild, curve, kind=kind), sl.band(tame, curve, kind=kind), rtol=1e-12)


def test_best_splits(tame: sl.Draws, wild: sl.Draws) -> None:
    quantities = sl.allocate(tame.fit, C=[1e22, 1e24]).quantities
    one, other = (answers(IntervalSettings(draws, 0.9, "percentile"), quantities) for draws in (wild, tame))
    for name in other.of:
        np.testing.assert_allclose(one.of[name], other.of[name], rtol=1e-9)
    assert f"1 of {R} draws have no such split and do not count" in str(one)


def test_an_entry_loses_its_own_draws_alone(tame: sl.Draws) -> None:
    """And where more than a tenth is lost nothing is stated of it."""
    rng = np.random.default_rng(2)
    values, few, many = rng.normal(size=(100, 3)), [3, 50], range(11)
    values[few, 0], values[list(many), 1] = np.nan, np.nan
    needed = {"nothing": (), "jackknife": (values[20:40],), "errors": (np.abs(values) + 1, np.ones(3))}
    for name, kind in KINDS.items():
        low, high = interval(name, values, np.zeros(3), 0.9, *needed[kind.needs])
        assert np.isnan([low[1], high[1]]).all()
        kept = np.delete(values[:, 0], few)
        own = {"errors": (np.abs(kept) + 1, np.ones(())), "jackknife": (values[20:40, 0],), "nothing": ()}
        np.testing.assert_allclose(
            (low[0], high[0]), kind.interval(kept, np.zeros(()), 0.9, *own[kind.needs])
        )
        alone = {
            "errors": (np.abs(values[:, 2]) + 1, np.ones(())),
            "jackknife": (values[20:40, 2],),
            "nothing": (),
        }
        expected = kind.interval(values[:, 2], np.zeros(()), 0.9, *alone[kind.needs])
        np.testing.assert_allclose((low[2], high[2]), expected)


def test_what_no_draw_gives_is_refused(wild: sl.Draws) -> None:
    with pytest.raises(BadInput, match="finite throughout, got 0 of 60; narrow the range"):
        wild.finite(lambda p: jnp.log(p.alpha - 9.0))


def test_a_derived_quantity_says_what_it_lost(small_fit: sl.Fit) -> None:
    """The logarithm of a negative exponent is none."""
    draws = sl.bootstrap(small_fit, R)
    params = draws.params._replace(beta=draws.params.beta.copy())
    params.beta[3] = -0.1
    text = replace(draws, params=params).text()
    assert f"  G: 1 of {R} draws have no such number and do not count" in text
    assert "nan" not in text
