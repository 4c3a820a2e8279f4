"""Runs that a fit has not seen, beside what it said of them."""

import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.plots import held_out as picture
from scalelaw.uncertainty import HeldOut
from surfaces import isoflops, normal, sweep


@pytest.fixture(scope="module")
def runs() -> sl.Runs:
    N, D = isoflops(5, 8, 1e19, 1e21)
    return sweep(N, D, noise=normal(len(N), 0.01))


@pytest.fixture(scope="module")
def held(runs: sl.Runs) -> HeldOut:
    seen, unseen = np.flatnonzero(runs.C < 9e20), np.flatnonzero(runs.C >= 9e20)
    return sl.held_out(sl.bootstrap(sl.fit(runs.taken(seen), starts="projected"), 400), runs.taken(unseen))


def test_errors_are_predicted_over_observed_less_one(held: HeldOut) -> None:
    predicted = held.fit.predict(N=held.runs.N, D=held.runs.D)
    np.testing.assert_allclose(held.predicted, predicted)
    np.testing.assert_allclose(held.errors, predicted / held.runs.L - 1)


def test_the_interval_is_that_of_a_new_run(held: HeldOut) -> None:
    draws = sl.bootstrap(held.fit, 400)
    interval = sl.prediction_interval(draws, N=held.runs.N, D=held.runs.D)
    np.testing.assert_allclose([held.low, held.high], [interval.low, interval.high])
    inside = (interval.low <= held.runs.L) & (held.runs.L <= interval.high)
    np.testing.assert_array_equal(held.inside, inside)


def test_it_says_how_far_off_and_how_many_inside(held: HeldOut) -> None:
    text = str(held)
    rms = 100 * np.sqrt(np.mean(held.errors**2))
    assert f"8 runs not fitted: predicted to {rms:.2g} % root mean square" in text
    assert f"{held.inside.sum()} of 8 lie in their 95 % intervals" in text
    assert "beyond the largest of the runs" in text


def test_a_run_that_was_fitted_is_refused(held: HeldOut, runs: sl.Runs) -> None:
    draws = sl.bootstrap(held.fit, 20)
    with pytest.raises(
        BadInput, match=r"row 3: a held-out run must be none of the fitted ones, got N .*leave it out"
    ):
        sl.held_out(draws, runs.taken(np.array([39, 2])))


def test_the_picture_shows_every_run_in_per_cent_of_its_prediction(held: HeldOut) -> None:
    (axes,) = picture(held).axes
    (points,) = [artist for artist in axes.lines if artist.get_gid() == "held-out"]
    np.testing.assert_allclose(points.get_ydata(), 100 * (held.runs.L / held.predicted - 1))
    (seen,) = [artist for artist in axes.lines if artist.get_gid() == "fitted"]
    assert len(seen.get_xdata()) == len(held.fit.runs)
