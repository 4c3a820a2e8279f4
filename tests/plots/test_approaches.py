"""Pictures of Approaches 1 and 2, judged by the data on their axes."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import scalelaw as sl
from scalelaw import plots
from surfaces import TRUTH, isoflops, losses, normal, sweep


@pytest.fixture(scope="module")
def found() -> sl.IsoFLOP:
    """Five budgets of nine sizes, and one of four that is refused."""
    N, D = isoflops(6, 9)
    kept = np.arange(len(N)) < 49
    return sl.isoflop(sweep(N[kept], D[kept], noise=normal(int(kept.sum()), 0.002)))


@pytest.fixture(scope="module")
def envelope() -> sl.Envelope:
    """Six curves of thirty points."""
    N = np.repeat(np.geomspace(3e7, 3e9, 6), 30)
    D = N * np.tile(np.geomspace(1, 300, 30), 6)
    table = pd.DataFrame({"N": N, "D": D, "L": losses(TRUTH, N, D), "run": np.repeat(np.arange(6), 30)})
    return sl.envelope(sl.Runs.from_frame(table, N="N", D="D", L="L", group="run"))


def drawn(figure: Figure, gid: str) -> Any:
    """The one artist of this name on any of the axes."""
    (artist,) = [artist for axes in figure.axes for artist in axes.get_children() if artist.get_gid() == gid]
    return artist


def test_profiles_show_runs_minima_and_laws(found: sl.IsoFLOP) -> None:
    figure = plots.isoflop(found)
    used = found.by_N.used
    x, y = drawn(figure, "minima").get_data()
    np.testing.assert_array_equal(x, found.by_N.best[used])
    np.testing.assert_array_equal(y, found.by_N.loss[used])
    np.testing.assert_allclose(drawn(figure, "D-points").get_offsets()[:, 1], found.by_D.best[used])
    C, N = drawn(figure, "N-law").get_data()
    np.testing.assert_allclose(N, found.N.at(C))
    assert C[-1] == pytest.approx(found.budgets.C[used].max())
    assert len(drawn(figure, "runs-0").get_offsets()) == 9


def test_each_minimum_lies_on_its_curve(found: sl.IsoFLOP) -> None:
    figure = plots.isoflop(found)
    for row in np.flatnonzero(found.by_N.used):
        x, y = drawn(figure, f"profile-{row}").get_data()
        at = np.interp(np.log(found.by_N.best[row]), np.log(x), y)
        assert at == pytest.approx(found.by_N.loss[row], abs=1e-3)


def test_what_is_within_one_percent_is_thick_and_shaded(found: sl.IsoFLOP) -> None:
    figure, flat = plots.isoflop(found), found.flat()
    for row, (least, most) in enumerate(zip(flat.N_least, flat.N_most, strict=True)):
        x = drawn(figure, f"flat-{row}").get_xdata()
        assert x[[0, -1]] == pytest.approx([least, most], rel=0.05)
    (band,) = drawn(figure, "D-flat").get_paths()
    assert {*flat.D_least, *flat.D_most} <= set(band.vertices[:, 1])


def test_refused_profiles_have_runs_and_no_curve(found: sl.IsoFLOP) -> None:
    figure = plots.isoflop(found)
    assert found.by_N.used.tolist() == [True] * 5 + [False]
    assert len(drawn(figure, "runs-5").get_offsets()) == 4
    assert not [a for axes in figure.axes for a in axes.get_children() if a.get_gid() == "profile-5"]
    assert "grey: 1 refused" in figure.get_supxlabel()


def test_envelope_shows_curves_points_and_laws(envelope: sl.Envelope) -> None:
    figure = plots.envelope(envelope)
    C, L = drawn(figure, "envelope").get_data()
    np.testing.assert_array_equal(C, envelope.points.C)
    np.testing.assert_array_equal(L, envelope.points.L)
    np.testing.assert_array_equal(drawn(figure, "run-3").get_xdata(), envelope.curves.C[3])
    C, N = drawn(figure, "N-law-beyond").get_data()
    np.testing.assert_allclose(N, envelope.N.at(C))
    assert C[-1] == pytest.approx(100 * envelope.points.C.max())


@pytest.fixture(scope="module")
def compared() -> sl.Comparison:
    """Approaches 2 and 3 on six budgets of nine sizes."""
    N, D = isoflops(6, 9)
    fit = sl.fit(sweep(N, D, noise=normal(len(N), 0.003)), starts="projected")
    return sl.compare(fit, budgets=1e23, replicates=200)


class TestCompare:
    """The approaches side by side."""

    def test_lines_bands_points_and_known_models(self, compared: sl.Comparison) -> None:
        figure = plots.compare(compared)
        C, N = drawn(figure, "line-2").get_data()
        np.testing.assert_allclose(N, compared.isoflop.N.at(C))  # type: ignore[union-attr]
        C, N = drawn(figure, "line-3").get_data()
        np.testing.assert_allclose(N, sl.allocate(compared.fit, C=C).N)
        minima = drawn(figure, "points-2").get_offsets()
        np.testing.assert_allclose(minima[:, 1], compared.isoflop.by_N.best)  # type: ignore[union-attr]
        models = drawn(figure, "models").get_xydata()
        assert [6 * 7e10 * 1.4e12, 7e10] in models.tolist()
        C, N = drawn(figure, "paper-0").get_data()
        np.testing.assert_allclose(N, 1.3e9 * (C / 8.64e19) ** 0.73, rtol=1e-12)

    def test_exponents_with_printed_intervals(self, compared: sl.Comparison) -> None:
        figure = plots.compare(compared)
        rows = compared.exponents[compared.exponents.name == "a"].reset_index(drop=True)
        assert drawn(figure, "a-0").get_xdata().tolist() == [rows.low[0], rows.high[0]]
        assert drawn(figure, "a-3").get_xdata().tolist() == [0.488, 0.502]

    def test_without_models_the_axes_end_at_the_budgets(self, compared: sl.Comparison) -> None:
        figure = plots.compare(compared, models=False)
        assert figure.axes[0].get_xlim()[1] == pytest.approx(8e23)
