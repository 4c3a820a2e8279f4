"""Pictures of draws, judged by the data on their axes: corner plot, forest and frontier."""

import time
from dataclasses import replace
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import scalelaw as sl
from scalelaw import BadInput, plots
from scalelaw.solve import Status
from surfaces import isoflops, normal, sweep

KINDS = ("percentile", "basic", "normal", "bca", "studentized")


@pytest.fixture(scope="module")
def draws() -> sl.Draws:
    N, D = isoflops(6, 8)
    return sl.bootstrap(sl.fit(sweep(N, D, noise=normal(len(N), 0.01)), starts="projected"), 500)


def drawn(axes: Axes, gid: str) -> list[Any]:
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]  # type: ignore[attr-defined]


def labelled(figure: Figure, label: str) -> Axes:
    """The panel with this label on its x axis."""
    (axes,) = [axes for axes in figure.axes if axes.get_xlabel() == label]
    return axes


@pytest.fixture(scope="module")
def corner(draws: sl.Draws) -> Figure:
    return plots.corner(draws)


@pytest.fixture(scope="module")
def frontier(draws: sl.Draws) -> Figure:
    return plots.frontier(draws)


def pair(draws: sl.Draws, E: np.ndarray, alpha: np.ndarray) -> Axes:
    """The panel of E and alpha of a corner plot, were these the draws, the fit in their middle."""
    middle = draws.fit.params._replace(E=float(np.median(E)), alpha=float(np.median(alpha)))
    leaves = (np.resize(leaf, len(E)) for leaf in draws.params)
    params = draws.fit.law.Params(*leaves)._replace(E=E, alpha=alpha)
    counts = {
        name: np.resize(getattr(draws, name), len(E))
        for name in ("objective", "status", "changed", "replicates")
    }
    many = replace(draws, fit=replace(draws.fit, params=middle), params=params, **counts)
    (axes,) = [
        each
        for each in plots.corner(many, ["E", "alpha"], kind="percentile").axes
        if drawn(each, "cloud-E-alpha")
    ]
    return axes


class TestDensity:
    @pytest.mark.parametrize("r", [0.0, 0.9, 0.9999])
    def test_contours_hold_their_share_of_normal_points(self, draws: sl.Draws, r: float) -> None:
        """The contour of share s of a normal density is the ellipse at chi^2 = -2 ln(1 - s)."""
        z = np.random.default_rng(0).standard_normal((2, 20_000))
        axes = pair(draws, z[0], r * z[0] + np.sqrt(1 - r**2) * z[1])
        (contours,) = drawn(axes, "contours-E-alpha")
        for path, share in zip(contours.get_paths()[::-1], (0.5, 0.9), strict=True):
            polygons = path.to_polygons()
            x, y = max(polygons, key=len).T
            chi = np.square(x) + np.square((y - r * x) / np.sqrt(1 - r**2))
            assert chi.max() == pytest.approx(-2 * np.log(1 - share), rel=0.35)
            area = np.sum(x[1:] * y[:-1] - x[:-1] * y[1:]) / 2 / np.sqrt(1 - r**2)
            assert abs(area) == pytest.approx(-2 * np.log(1 - share) * np.pi, rel=0.1)

    def test_points_on_a_line_have_none(self, draws: sl.Draws) -> None:
        x = np.linspace(0, 1, 50)
        assert drawn(pair(draws, x, 3 * x), "contours-E-alpha") == []


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((270, 1000), [500, 1000]),
        ((800, 13000), [1000, 3000, 10000]),
        ((1.1, 1.9), [1.5]),
        ((3, 3e8), [1, 1e4, 1e8]),
    ],
)
def test_ticks_are_few_and_round(draws: sl.Draws, ends: tuple[float, float], expected: list[float]) -> None:
    axes = pair(draws, np.geomspace(*ends, 500), np.random.default_rng(0).standard_normal(500))
    assert list(axes.get_xticks()) == pytest.approx(expected)


class TestCorner:
    def test_clouds_are_the_draws_and_the_dot_is_the_fit(self, draws: sl.Draws, corner: Figure) -> None:
        (cloud,) = [line for axes in corner.axes for line in drawn(axes, "cloud-A-alpha")]
        np.testing.assert_array_equal(cloud.get_data(), [draws.params.A, draws.params.alpha])
        (dot,) = [line for axes in corner.axes for line in drawn(axes, "fit-A-alpha")]
        np.testing.assert_array_equal(np.ravel(dot.get_data()), [draws.fit.params.A, draws.fit.params.alpha])
        assert dot.axes.get_xscale() == "log"

    def test_every_pair_has_its_correlation(self, draws: sl.Draws, corner: Figure) -> None:
        E, A, B, alpha, beta = draws.params
        found = [text.get_text() for axes in corner.axes for text in drawn(axes, "correlation")]
        assert len(found) == 10
        for x, y in ((np.log(A), alpha), (np.log(B), beta), (alpha, beta), (E, beta)):
            r = np.corrcoef(x, y)[0, 1]
            assert any(abs(float(text.replace("−", "-")) - r) < 0.0051 for text in found)
        assert "+1.00" not in found

    def test_histograms_hold_the_interval_and_are_titled_with_it(
        self, draws: sl.Draws, corner: Figure
    ) -> None:
        (axes,) = [axes for axes in corner.axes if axes.get_title().startswith("alpha")]
        low, high = draws.interval("alpha")
        assert [line.get_xdata()[0] for line in drawn(axes, "end-alpha")] == [low, high]
        assert axes.get_title() == f"alpha = {draws.fit.params.alpha:.3g}\n{low:.3g} to {high:.3g}"

    def test_names_level_and_kind_can_be_chosen(self, draws: sl.Draws) -> None:
        figure = plots.corner(draws, ["alpha", "a"], level=0.9, kind="normal")
        assert len(figure.axes) == 4
        assert "90 % normal interval" in texts(figure)

    @pytest.mark.slow
    def test_fixed_and_tied_parameters_are_left_out(self) -> None:
        N, D = isoflops(6, 8)
        runs = sweep(N, D, noise=normal(len(N), 0.01))
        held = sl.bootstrap(sl.fit(runs, starts="projected", fix={"E": 1.8}, tie={"beta": "alpha"}), 50)
        assert {axes.get_xlabel() for axes in plots.corner(held).axes} - {""} == {"A", "B", "alpha"}
        with pytest.raises(BadInput, match="different from each other to be drawn .*all alike in 'E'"):
            plots.corner(held, ["E", "A"])

    def test_of_4000_draws_is_quick(self, draws: sl.Draws) -> None:
        eight = {
            name: np.tile(getattr(draws, name), 8)
            for name in ("objective", "status", "changed", "replicates")
        }
        many = replace(
            draws, params=draws.fit.law.Params(*(np.tile(leaf, 8) for leaf in draws.params)), **eight
        )
        start = time.process_time()
        plots.corner(many)
        assert time.process_time() - start < 3


@pytest.mark.parametrize("name", ["corner", "frontier"])
def test_no_text_covers_another(name: str, request: pytest.FixtureRequest) -> None:
    figure = request.getfixturevalue(name)
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in _written(figure)]
    clashes = [(a, b) for i, (a, p) in enumerate(boxes) for b, q in boxes[i + 1 :] if p.overlaps(q)]
    assert clashes == []


def _written(figure: Figure) -> list[Any]:
    """The texts of a figure that are seen: titles, labels, and those of ticks within the limits."""
    found: list[Any] = []
    for axes in [each for each in figure.axes if each.axison]:
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            within = [tick for tick in axis.get_major_ticks() if limits[0] <= tick.get_loc() <= limits[1]]
            found += [axis.label, *(tick.label1 for tick in within)]
        found += [axes.title, *axes.texts]
    shown = (text for text in found if text.get_visible() and text.get_text())
    return [text for text in shown if text.get_window_extent().width > 0]


class TestForest:
    def test_bars_are_the_intervals(self, draws: sl.Draws) -> None:
        figure = plots.forest(draws, ["alpha", "a"], level=0.9)
        for name in ("alpha", "a"):
            axes = labelled(figure, name)
            for kind in KINDS:
                (bar,) = drawn(axes, f"interval-0-{kind}")
                np.testing.assert_array_equal(bar.get_xdata(), draws.interval(name, level=0.9, kind=kind))
        names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
        assert names == list(KINDS)

    def test_schemes_are_rows_and_published_values_lines(self, draws: sl.Draws) -> None:
        other = sl.bootstrap(draws.fit, 50, scheme="residual")
        groups = {"pairs": draws, "residual": other}
        figure = plots.forest(
            groups, {"ratio": lambda p: p.alpha / p.beta}, kinds=["normal"], published={"ratio": 0.95}
        )
        axes = labelled(figure, "ratio")
        (bar,) = drawn(axes, "interval-1-normal")
        np.testing.assert_array_equal(
            bar.get_xdata(), other.interval(lambda p: p.alpha / p.beta, kind="normal")
        )
        assert [text.get_text() for text in axes.get_yticklabels()] == ["pairs", "residual"]
        (line,) = drawn(axes, "published")
        assert line.get_xdata()[0] == 0.95

    def test_draws_that_are_no_bootstrap_have_no_bca(self, draws: sl.Draws) -> None:
        figure = plots.forest(sl.jackknife(draws.fit), ["alpha"])
        assert drawn(figure.axes[0], "interval-0-bca") == []
        assert drawn(figure.axes[0], "interval-0-percentile")

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"functions": ["gamma"]}, "function must be one of"),
            ({"functions": []}, "functions must be at least one, got none"),
            ({"kinds": ["exact"]}, "kind must be one of"),
            ({"draws": {}}, "draws must be of at least one scheme, got none"),
        ],
    )
    def test_refused_in_a_sentence(self, draws: sl.Draws, given: dict[str, Any], message: str) -> None:
        with pytest.raises(BadInput, match=message):
            plots.forest(**{"draws": draws, **given})


def test_draws_of_a_frontier_have_pictures_too() -> None:
    N, D = isoflops(6, 9)
    frontier = sl.bootstrap(sl.isoflop(sweep(N, D, noise=normal(len(N), 0.003))), 100)
    figure = plots.corner(frontier, ["a", "log_kN"])
    assert "95 % percentile interval" in texts(figure)
    form = "E + A N^-alpha + B' N^beta by least squares, exponents of all profiles the same"
    assert f"54 runs of sweep; {form}" in texts(figure)
    forest = plots.forest(frontier)
    assert [axes.get_xlabel() for axes in forest.axes] == list(frontier.names)
    assert [text.get_text() for text in forest.axes[0].get_yticklabels()] == list(frontier.kinds)


class TestFrontier:
    def test_the_line_is_the_answer_of_allocate(self, draws: sl.Draws, frontier: Figure) -> None:
        for axes, name in zip(frontier.axes, ("N", "D"), strict=False):
            (line,) = drawn(axes, f"fit-{name}-beyond")
            C, sizes = line.get_data()
            np.testing.assert_allclose(sizes, getattr(sl.allocate(draws.fit, C=list(C)), name), rtol=1e-9)
            assert C[0] == pytest.approx(draws.fit.runs.C.max())  # type: ignore[union-attr]
            assert line.get_linestyle() == "--"

    def test_bands_are_the_interval_of_each_budget_and_the_band_of_all(
        self, draws: sl.Draws, frontier: Figure
    ) -> None:
        for gid in ("pointwise-N", "simultaneous-N"):
            (patch,) = drawn(frontier.axes[0], gid)
            (path,) = patch.get_paths()
            C, N = path.vertices.T
            at = np.unique(C)
            curve = lambda p: sl.laws.chinchilla.optimum(p, at).N  # type: ignore[misc]  # noqa: B023, E731
            ends = (
                draws.interval(curve, kind="percentile")
                if gid == "pointwise-N"
                else sl.band(draws, curve)[:2]
            )
            lowest = np.array([N[c == C].min() for c in at])
            np.testing.assert_allclose(lowest, ends[0], rtol=1e-3)
            np.testing.assert_allclose([N[c == C].max() for c in at], ends[1], rtol=1e-3)

    def test_the_end_of_the_data_is_marked(self, frontier: Figure) -> None:
        assert "data end here" in texts(frontier)

    def test_budgets_can_be_chosen(self, draws: sl.Draws) -> None:
        figure = plots.frontier(draws, budgets=("1e19", "100 PF-days"))
        assert figure.axes[0].get_xlim() == pytest.approx((1e19, 8.64e21))

    def test_draws_without_an_optimum_are_counted(self, draws: sl.Draws) -> None:
        alpha = draws.params.alpha.copy()
        alpha[:3] = -0.1
        status = draws.status.copy()
        status[3] = Status.DIVERGED
        figure = plots.frontier(replace(draws, params=draws.params._replace(alpha=alpha), status=status))
        assert "of 500 draws 1 failed and 3 have no optimum: not in the bands" in texts(figure)

    @pytest.mark.parametrize("budgets", [(1e22, 1e21), (0, 1e21)])
    def test_budgets_that_are_no_range_are_refused(self, draws: sl.Draws, budgets: Any) -> None:
        with pytest.raises(BadInput, match="budgets must be a range"):
            plots.frontier(draws, budgets=budgets)

    def test_a_law_that_splits_nothing_is_refused(self) -> None:
        N = np.geomspace(1e8, 1e10, 24)
        runs = sweep(N, 20 * N, noise=normal(24, 0.01))
        draws = sl.bootstrap(sl.fit(runs, sl.laws.power_N, starts="projected"), 20)
        with pytest.raises(BadInput, match="law must be of N and D"):
            plots.frontier(draws)
