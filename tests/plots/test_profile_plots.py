"""Pictures of profiles, judged by the data on their axes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

import scalelaw as sl
from scalelaw import plots

SWEEP = Path(sl.__file__).parent / "data" / "simulated_sweep.csv"


@pytest.fixture(scope="module")
def fit() -> sl.Fit:
    return sl.fit(sl.read_runs(SWEEP), starts="projected")


def drawn(axes: Axes, gid: str) -> Any:
    """The one artist of this name."""
    (artist,) = [artist for artist in axes.get_children() if artist.get_gid() == gid]
    return artist


def test_curve_threshold_and_interval_meet_where_the_profile_says(fit: sl.Fit) -> None:
    profile = sl.profile(fit, "E")
    axes = plots.profile(profile).axes[0]
    x, y = drawn(axes, "profile").get_data()
    level = drawn(axes, "allowed").get_ydata()[0]
    np.testing.assert_array_equal(x, profile.values)
    weight = float(profile.calibration.weights[0])
    np.testing.assert_allclose(y, 2 * profile.rise / weight)
    for end in profile.interval:
        # Straight lines between 48 points are within a hundredth of the curve.
        assert np.interp(end, x, y) == pytest.approx(level, rel=0.01)
    band = drawn(axes, "interval")
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx(profile.interval, rel=1e-12)


def test_parabola_is_that_of_the_standard_error(fit: sl.Fit) -> None:
    profile = sl.profile(fit, "alpha")
    x, y = drawn(plots.profile(profile).axes[0], "parabola").get_data()
    np.testing.assert_allclose(y, ((x - fit.params.alpha) / fit.stderr.alpha) ** 2, rtol=1e-6)


def test_each_profile_has_a_panel(fit: sl.Fit) -> None:
    figure = plots.profile(*(sl.profile(fit, name, points=9) for name in ("E", "alpha", "beta", "A")))
    labels = [axes.get_xlabel() for axes in figure.axes if axes.axison]
    assert labels == ["E, nats per token", "alpha", "beta", "A"]


@pytest.fixture(scope="module")
def surface(fit: sl.Fit) -> sl.ProfileSurface:
    return sl.profile_surface(fit, "E", "alpha", points=17)


def test_surface_shows_regions_and_ellipses(surface: sl.ProfileSurface) -> None:
    axes = plots.profile_surface(surface).axes[0]
    contours = drawn(axes, "contours")
    np.testing.assert_allclose(np.square(contours.levels), surface.allowed)
    ring = np.array(drawn(axes, "ellipse-95").get_data())
    apart = ring - np.array(surface.estimate)[:, None]
    distances = np.einsum("in,ij,jn->n", apart, np.linalg.inv(surface.covariance), apart)
    # SciPy: stats.f.ppf(0.95, 2, 235), twice.
    np.testing.assert_allclose(distances, 2 * 3.0342478897111556, rtol=1e-9)


@pytest.mark.parametrize("inside", [0, 1, 2])
def test_regions_of_few_grid_points_are_drawn_over_all_values(
    surface: sl.ProfileSurface, inside: int
) -> None:
    """Two points of one row span no range of the second quantity either."""
    rise = np.full(surface.x.shape, 10 * surface.allowed[-1])
    rise[8 : 8 + inside, 8] = 0.5 * surface.allowed[0]
    y = np.broadcast_to(surface.y[8], surface.y.shape)
    narrow = replace(surface, objective=surface.fit.objective + rise, y=y)
    low, high = plots.profile_surface(narrow).axes[0].get_ylim()
    assert low < y.min() < y.max() < high
    assert high - low == pytest.approx(1.16 * np.ptp(y))
