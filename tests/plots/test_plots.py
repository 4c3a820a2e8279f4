"""Pictures, judged by the data on their axes, not by pixels."""

import ast
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import scalelaw as sl
from scalelaw import plots
from scalelaw.fitting import Fit
from scalelaw.plots._labels import place, together

SWEEP = Path(sl.__file__).parent / "data" / "simulated_sweep.csv"
BUDGETS = [6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21]
"""Those of the sweep's IsoFLOP runs."""


@pytest.fixture(scope="module")
def fit() -> Fit:
    return sl.fit(sl.read_runs(SWEEP), starts="projected")


@pytest.fixture(scope="module")
def power() -> Fit:
    N = np.geomspace(1e8, 1e10, 24)
    table = pd.DataFrame({"params": N, "loss": 1.7 + 400 / N**0.34 + 0.002 * np.sin(np.arange(24) ** 2)})
    return sl.fit(sl.Runs.from_frame(table, source="simulated"), sl.laws.power_N, starts="projected")


@pytest.fixture
def untrusted(fit: Fit) -> Fit:
    warnings = ("N and D are collinear: add $ and runs", "second")
    return replace(fit, certificate=replace(fit.certificate, warnings=warnings))


def drawn(axes: Axes, gid: str) -> Any:
    """The one artist of this name."""
    (artist,) = [artist for artist in axes.get_children() if artist.get_gid() == gid]
    return artist


def names(axes: Axes) -> set[str]:
    return {artist.get_gid() for artist in axes.get_children() if artist.get_gid()}


def texts(figure: Figure) -> list[str]:
    """Every text of a figure but the labels of ticks."""
    found = [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
    return [text for text in found if text]


def optimum(fit: Fit, C: Any) -> Any:
    """N* = G (C / 6)^a, Hoffmann et al. 2022, eq. 4."""
    _, A, B, alpha, beta = fit.params
    return (alpha * A / (beta * B)) ** (1 / (alpha + beta)) * (np.asarray(C) / 6) ** (beta / (alpha + beta))


# The package stays light


def test_importing_scalelaw_does_not_import_matplotlib() -> None:
    code = (
        "import sys, scalelaw as sl; assert 'matplotlib' not in sys.modules; dir(sl.plots);"
        "assert 'matplotlib' not in sys.modules; sl.plots.contour; assert 'matplotlib' in sys.modules;"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def figures() -> set[str]:
    """Names of all functions of `scalelaw.plots` that draw a figure: public ones that return one, in any file."""
    defined: set[str] = set()
    for path in Path(plots.__file__).parent.glob("_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.returns is not None and node.name[0] != "_":
                defined |= {node.name} if ast.unparse(node.returns) == "Figure" else set()
    return defined


def test_every_figure_is_in_the_one_list_and_nothing_else_is() -> None:
    """The list is `plots/__init__.pyi`: type checkers and editors read it, and the package itself."""
    assert len(figures()) >= 20
    assert {*plots.__all__} == figures() | {"save", "style", "svg"}
    assert dir(plots) == plots.__all__ == sorted(plots.__all__)


def test_every_name_is_a_function_even_after_its_file_was_imported() -> None:
    assert all(callable(getattr(plots, name)) for name in dir(plots))
    assert all(callable(getattr(plots, name)) for name in dir(plots))


def test_every_figure_says_what_it_returns_and_is_drawn_in_style() -> None:
    """But `overview`, which hands on to one that is."""
    for name in figures():
        drawing = getattr(plots, name)
        assert "figure" in (drawing.__doc__ or "") or name == "overview"
        assert hasattr(drawing, "__wrapped__") or name == "overview"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'scalelaw.plots' has no attribute 'violin'$"):
        _ = plots.violin  # type: ignore[attr-defined]


def test_no_setting_of_matplotlib_changes_in_any_thread(fit: Fit) -> None:
    before = dict(matplotlib.rcParams)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(plots.residuals, [fit] * 4))
    assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not matplotlib.pyplot.get_fignums()


# The contour


@pytest.fixture(scope="module")
def figure(fit: Fit) -> Figure:
    return plots.contour(fit, budgets=[1e21, "5.76e23"])


def test_contour_shows_every_run_at_6ND_coloured_by_its_loss(fit: Fit, figure: Figure) -> None:
    runs = drawn(figure.axes[0], "runs")
    np.testing.assert_allclose(runs.get_offsets(), np.column_stack([6 * fit.runs.N * fit.runs.D, fit.runs.N]))
    np.testing.assert_array_equal(runs.get_array(), fit.runs.L)


def test_frontier_is_the_optimum_solid_within_the_runs_and_dashed_beyond(fit: Fit, figure: Figure) -> None:
    C = 6 * fit.runs.N * fit.runs.D
    ends = {"frontier": (C.min(), C.max()), "frontier-beyond": (C.max(), figure.axes[0].get_xlim()[1])}
    for name, (low, high) in ends.items():
        x, y = drawn(figure.axes[0], name).get_data()
        np.testing.assert_allclose(y, optimum(fit, x), rtol=1e-12)
        np.testing.assert_allclose([x[0], x[-1]], [low, high])
    styles = [drawn(figure.axes[0], name).get_linestyle() for name in ends]
    assert styles == ["-", "--"]


def test_budgets_are_marked_at_the_answer_of_allocate_and_labelled_with_it(fit: Fit, figure: Figure) -> None:
    best = sl.allocate(fit, C=[5.76e23, 1e21])
    stars = drawn(figure.axes[0], "optima")
    np.testing.assert_allclose(stars.get_xdata(), best.C)
    np.testing.assert_allclose(stars.get_ydata(), best.N, rtol=1e-12)
    labels = [text for text in texts(figure) if "tokens" in text and "FLOP:" in text]
    assert labels[0] == f"5.76e23 FLOP:\n{best.N[0] / 1e9:.3g}B, {best.D[0] / 1e12:.3g}T tokens"


@pytest.mark.slow
def test_contours_lie_where_the_law_has_their_loss(fit: Fit, figure: Figure) -> None:
    (lines,) = [each for each in figure.axes[0].collections if hasattr(each, "levels")]
    levels, paths = lines.levels, lines.get_paths()
    assert len(levels) == 14
    for level, path in zip(levels[:-1], paths[:-1], strict=True):
        C, N = path.vertices.T
        np.testing.assert_allclose(fit.predict(N=N, D=C / (6 * N)), level, rtol=2e-3)


def test_slices_are_the_budgets_of_the_runs_with_their_runs_and_minima(fit: Fit, figure: Figure) -> None:
    right = figure.axes[1]
    legend = [text.get_text() for text in right.get_legend().get_texts()]
    assert legend == ["6e18", "1e19", "3e19", "6e19", "1e20", "3e20", "6e20", "1e21", "3e21", "minimum"]
    for rank, budget in enumerate(BUDGETS):
        N, L = drawn(right, f"slice-{rank}").get_data()
        np.testing.assert_allclose(L, fit.predict(N=N, D=budget / 6 / N), rtol=1e-3)
        away = np.abs(np.log(6 * fit.runs.N * fit.runs.D / budget))
        shown = {tuple(each) for each in drawn(right, f"slice-{rank}-runs").get_offsets()}
        nearest, near = (
            {*zip(fit.runs.N[away < limit], fit.runs.L[away < limit], strict=True)}
            for limit in (np.log(1.001), np.log(1.05) + 1e-4)
        )
        assert nearest <= shown <= near


def test_the_minimum_of_a_slice_is_the_lowest_point_of_its_curve(fit: Fit, figure: Figure) -> None:
    right = figure.axes[1]
    best, lowest = drawn(right, "minima").get_data()
    assert len(best) == len(BUDGETS)
    for rank in range(len(BUDGETS)):
        N, L = drawn(right, f"slice-{rank}").get_data()
        step = N[1] / N[0]
        assert lowest[rank] <= L.min() < lowest[rank] * (1 + 1e-4)
        assert N[L.argmin()] / step <= best[rank] <= N[L.argmin()] * step


def test_a_single_budget_may_be_a_number_or_text(fit: Fit) -> None:
    for budget in (1e21, "1e21", np.int64(10) ** 18 * 1000.0):
        (x,) = drawn(plots.contour(fit, budgets=budget).axes[0], "optima").get_xdata()
        assert x == 1e21


@pytest.mark.parametrize("budget", [0, -1e20, "-1e20"])
def test_a_budget_that_is_not_positive_is_refused(fit: Fit, budget: Any) -> None:
    message = f"^budgets must be a positive (finite )?number.*, got {re.escape(repr(budget))}$"
    with pytest.raises(sl.BadInput, match=message):
        plots.contour(fit, budgets=budget)


def test_a_budget_without_an_optimum_is_named_not_marked(fit: Fit) -> None:
    runaway = replace(fit, params=fit.params._replace(alpha=-0.1))
    figure = plots.contour(runaway, budgets="1e22")
    assert figure.axes[0].get_title(loc="left") == "no optimal split of 1e22 FLOP"
    assert not {"optima", "frontier", "frontier-beyond"} & names(figure.axes[0])
    assert "minima" not in names(figure.axes[1])


class Sum(NamedTuple):
    E: Any
    k: Any


def sum_law(params: Sum, inputs: Any) -> Any:
    return params.E + (params.k / inputs.N) ** 0.5 + (params.k / inputs.D) ** 0.5


def test_a_users_law_has_contours_and_a_frontier_too(fit: Fit) -> None:
    """By symmetry N* = D* = sqrt(C / 6)."""
    law = sl.Law("sum", Sum, sum_law)
    figure = plots.contour(replace(fit, law=law, params=Sum(1.5, 1e8)), budgets=6e20)
    assert drawn(figure.axes[0], "optima").get_ydata() == pytest.approx([1e10], rel=1e-9)
    C, N = drawn(figure.axes[0], "frontier").get_data()
    np.testing.assert_allclose(N, np.sqrt(C / 6), rtol=1e-9)


def test_contour_refuses_a_law_of_one_input(power: Fit) -> None:
    message = (
        "^law must be one of N and D to have contours, got 'power_N', of N; draw `residuals`, or `curve`"
    )
    with pytest.raises(sl.BadInput, match=message):
        plots.contour(power)


def slices(fit: Fit, N: Any, C: Any) -> list[Any]:
    """The compute of the runs of each slice, were these the runs of the fit."""
    D = C / (6 * N)
    table = pd.DataFrame({"N": N, "D": D, "L": fit.predict(N=N, D=D)})
    axes = plots.contour(replace(fit, runs=sl.Runs.from_frame(table))).axes[1]
    ranks = sorted(int(name.split("-")[1]) for name in names(axes) if name.endswith("-runs"))
    shown = [drawn(axes, f"slice-{rank}-runs").get_offsets()[:, 1] for rank in ranks]
    return [C[np.isin(table.L, each)] for each in shown]


def test_slices_without_shared_budgets_are_those_of_some_runs(fit: Fit) -> None:
    C = np.geomspace(1e18, 1e21, 31)
    np.testing.assert_allclose(np.concatenate(slices(fit, np.full(31, 1e8), C)), C[::6])


def test_at_most_nine_slices_with_the_smallest_and_the_largest_budget(fit: Fit) -> None:
    C = np.repeat(np.geomspace(1e18, 2**11 * 1e18, 12), 4)
    found = slices(fit, np.tile([1e8, 2e8, 3e8, 4e8], 12), C)
    assert [len(each) for each in found] == [4] * 9
    assert (found[0][0], found[-1][0]) == pytest.approx((1e18, 2**11 * 1e18))


def test_slices_group_runs_into_the_budgets_of_approach_2(fit: Fit) -> None:
    """Runs whose compute differs by 4 %: one budget to `isoflop`, and one slice."""
    C = np.repeat([1e19, 1e20, 1e21], 6) * np.tile([1, 1.04], 9)
    assert [len(each) for each in slices(fit, np.tile(np.geomspace(1e8, 1e9, 6), 3), C)] == [6, 6, 6]


# One input


def test_curve_shows_runs_fit_and_asymptote(power: Fit) -> None:
    figure = plots.curve(power)
    (axes,) = figure.axes
    np.testing.assert_array_equal(
        drawn(axes, "runs").get_offsets(), np.column_stack([power.runs.N, power.runs.L])
    )
    for name in ("fit", "fit-beyond"):
        x, y = drawn(axes, name).get_data()
        np.testing.assert_allclose(y, power.params.E + power.params.A / x**power.params.alpha)
    assert drawn(axes, "fit").get_xdata()[[0, -1]] == pytest.approx((power.runs.N.min(), power.runs.N.max()))
    assert drawn(axes, "asymptote").get_ydata() == pytest.approx([power.params.E] * 2)


def test_a_law_that_falls_to_zero_has_no_asymptote(power: Fit) -> None:
    falling = replace(power, law=sl.laws.kaplan_N, params=sl.laws.PurePower(8.8e13, 0.076))
    assert "asymptote" not in names(plots.curve(falling).axes[0])


def test_curve_refuses_a_law_of_two_inputs(fit: Fit) -> None:
    message = (
        "^law must be one of a single input to be a curve, got 'chinchilla', of N and D; draw `contour`$"
    )
    with pytest.raises(sl.BadInput, match=message):
        plots.curve(fit)


def test_overview_picks_the_picture(fit: Fit, power: Fit) -> None:
    assert "frontier" in names(plots.overview(fit).axes[0])
    assert "fit" in names(plots.overview(power).axes[0])


# Residuals


def test_residuals_are_in_per_cent_of_the_loss_against_N_D_and_C(fit: Fit) -> None:
    figure = plots.residuals(fit)
    predicted = fit.predict(N=fit.runs.N, D=fit.runs.D)
    for axes, name, x in zip(figure.axes, "NDC", (fit.runs.N, fit.runs.D, fit.runs.C), strict=True):
        at = drawn(axes, f"runs-{name}").get_offsets()
        above = [each for side in ("above", "below") if (each := f"{side}-{name}") in names(axes)]
        assert len(at) + sum(len(drawn(axes, each).get_offsets()) for each in above) == len(fit.runs)
        truth = {*np.round(100 * (predicted / fit.runs.L - 1), 9)}
        assert {*np.round(at[:, 1], 9)} <= truth
        assert {*at[:, 0]} <= {*x}


def test_only_the_quantities_that_the_runs_have_get_a_panel() -> None:
    table = pd.DataFrame({"flops": np.geomspace(1e18, 1e21, 12), "loss": np.linspace(4, 3, 12)})
    power = sl.fit(sl.Runs.from_frame(table), sl.laws.power_C, starts="projected", residual="linear")
    (axes,) = plots.residuals(power).axes
    assert axes.get_xlabel() == "training compute C, FLOP"
    assert axes.get_ylabel() == "predicted above\nobserved, nats per token"
    np.testing.assert_allclose(drawn(axes, "runs-C").get_offsets()[:, 1], power.residuals)


def test_far_outliers_are_on_the_rim_and_named_by_row_and_value(fit: Fit) -> None:
    r = np.zeros(len(fit.runs))
    r[[7, 8, 100]] = np.log([0.5, 0.6, 1.05])
    figure = plots.residuals(replace(fit, residuals=r, scale=0.01))
    axes = figure.axes[0]
    assert len(drawn(axes, "below-N").get_offsets()) == 2
    assert "above-N" not in names(axes)
    assert "101" in texts(figure)
    assert any(text in texts(figure) for text in ("8–9 (−40 to −50)", "8 (−50)"))


def test_residuals_of_exact_data_have_no_outliers(fit: Fit) -> None:
    exact = replace(fit, residuals=np.tile([1e-16, -3e-16], len(fit.runs) // 2), scale=0.0)
    assert "row beyond 4 scales" not in texts(plots.residuals(exact))


@pytest.mark.parametrize(
    ("rows", "label"),
    [
        ([11, 6], "6, 11"),
        ([204, 202, 203, 7], "7, 202–204"),
        ([1, 3, 5, 7, 9, 10], "1, 3, 5 and 3 more"),
    ],
)
def test_outliers_that_lie_together_are_named_in_ranges(power: Fit, rows: list[int], label: str) -> None:
    table = pd.DataFrame({"params": np.full(210, 1e9), "loss": np.full(210, 2.0)})
    r = np.zeros(210)
    r[np.array(rows) - 1] = 0.05
    fit = replace(power, runs=sl.Runs.from_frame(table), residuals=r, scale=0.01)
    assert label in texts(plots.residuals(fit))


def test_medians_follow_a_trend_and_skip_thin_steps(power: Fit) -> None:
    N = np.append(np.geomspace(1, 1e3, 120), 1e6)
    runs = sl.Runs.from_frame(pd.DataFrame({"params": N, "loss": np.full(121, 2.0)}))
    figure = plots.residuals(replace(power, runs=runs, residuals=np.log1p(np.log10(N) / 100), scale=1.0))
    at, middle = drawn(figure.axes[0], "medians-N").get_data()
    np.testing.assert_allclose(middle, np.log10(at), atol=0.02)
    assert at.max() < 1e3


# Starts


def test_starts_show_every_finite_end_and_the_winner(fit: Fit) -> None:
    assert fit.ends is not None
    figure = plots.starts(fit)
    assert [axes.get_xlabel() for axes in figure.axes] == ["E", "A", "B", "alpha", "beta"]
    for axes, name in zip(figure.axes, fit.law.fields, strict=True):
        ends = [
            drawn(axes, each)
            for each in names(axes)
            if each in (f"stationary-{name}", f"not-stationary-{name}")
        ]
        x, y = np.concatenate([each.get_offsets() for each in ends]).T
        assert len(x) == np.isfinite(fit.ends.objective).sum()
        np.testing.assert_allclose(np.sort(x), np.sort(getattr(fit.ends.params, name)))
        relative = np.maximum(fit.ends.objective / fit.objective - 1, 0)
        np.testing.assert_allclose(np.sort(y), np.sort(relative) + 1e-10, rtol=1e-5)
        assert drawn(axes, f"winner-{name}").get_xdata() == [getattr(fit.params, name)]


def test_shares_stand_at_the_height_of_their_basins(fit: Fit) -> None:
    far = fit.basins[0]._replace(objective=2 * fit.objective, share=0.125)
    near = fit.basins[0]._replace(share=0.875)
    axes = plots.starts(replace(fit, basins=(near, far))).axes[-1]
    heights = {text.get_text(): text.xy[1] for text in axes.texts}
    assert heights == pytest.approx({"87.5 %\nof starts": 1e-10, "12.5 %": 1.0})


def test_fixed_and_tied_parameters_have_no_panel(fit: Fit) -> None:
    constraints = replace(fit.settings.constraints, fix=(("E", 1.8),), tie=(("beta", "alpha"),))
    held = replace(fit, settings=replace(fit.settings, constraints=constraints))
    assert [axes.get_xlabel() for axes in plots.starts(held).axes] == ["A", "B", "alpha"]


def test_a_loaded_fit_has_no_ends_to_show_but_the_other_pictures(fit: Fit, tmp_path: Path) -> None:
    fit.save(tmp_path / "fit.json")
    loaded = Fit.load(tmp_path / "fit.json")
    message = "^fit must be one that was made here, with the ends of its starts, got one loaded from a file"
    with pytest.raises(sl.BadInput, match=message):
        plots.starts(loaded)
    assert plots.contour(loaded).axes
    assert plots.residuals(loaded).axes


def test_a_parameter_that_ran_off_to_zero_is_drawn_all_the_same(fit: Fit) -> None:
    collapsed = replace(fit, params=fit.params._replace(A=0.0))
    assert drawn(plots.starts(collapsed).axes[1], "winner-A").get_xdata() == [0.0]


# What every picture says


PICTURES = ["contour", "residuals", "starts"]


@pytest.mark.parametrize("name", PICTURES)
def test_the_source_is_named_and_trust_is_not_mentioned(name: str, fit: Fit) -> None:
    said = texts(getattr(plots, name)(fit))
    formula = "L(N, D) = E + A / N^alpha + B / D^beta"
    assert f"240 runs of simulated_sweep.csv; law chinchilla: {formula}" in said
    assert not any("trusted" in text for text in said)


@pytest.mark.parametrize("name", PICTURES)
def test_an_untrusted_fit_is_marked_in_words(name: str, untrusted: Fit, tmp_path: Path) -> None:
    figure = getattr(plots, name)(untrusted)
    warning = r"not to be trusted: N and D are collinear: add \$ and runs (and 1 more)"
    (mark,) = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text() == warning]
    assert mark.get_color() == "#c0141b"
    plots.save(figure, tmp_path / "untrusted.svg")


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_is_clipped(name: str, untrusted: Fit) -> None:
    figure = getattr(plots, name)(untrusted)
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


def test_labels_keep_clear_of_points_and_of_each_other() -> None:
    figure = Figure(figsize=(4, 4), dpi=100)
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    points = np.array([[0.5, 0.5], [0.52, 0.52]])
    crowd = np.column_stack([np.full(30, 0.42), np.linspace(0.4, 0.6, 30)])
    figure.draw_without_rendering()
    place(axes, points, ["here", "there"], crowd)
    figure.draw_without_rendering()
    boxes = [matplotlib.text.Text.get_window_extent(text) for text in axes.texts]
    assert not boxes[0].overlaps(boxes[1])
    assert (
        sum(box.count_contains(axes.transData.transform(np.append(crowd, points, 0))) for box in boxes) == 0
    )


def test_points_that_lie_together_make_one_group() -> None:
    figure = Figure(figsize=(4, 4), dpi=72)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 288), ylim=(0, 288))
    points = np.array([[10.0, 10], [30, 10], [20, 10], [200, 200], [201, 200]])
    groups = [group.tolist() for group in together(axes, points, np.array([3, 0, 1, 2]))]
    assert groups == [[3], [0, 1, 2]]


# Files


def test_save_writes_valid_files_and_nothing_else(figure: Figure, tmp_path: Path) -> None:
    written = plots.save(figure, tmp_path / "picture.v1")
    assert [path.name for path in written] == ["picture.v1.png", "picture.v1.svg", "picture.v1.pdf"]
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in written}
    png, svg, pdf = (path.read_bytes() for path in written)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png.endswith(b"IEND\xaeB`\x82")
    width = int.from_bytes(png[16:20])
    assert width == 7 * 200
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")


def test_ids_in_an_svg_are_words_and_unique(fit: Fit, tmp_path: Path) -> None:
    (path,) = plots.save(plots.residuals(fit), tmp_path / "residuals.svg")
    ids = [each.get("id") for each in ElementTree.parse(path).iter() if each.get("id")]
    assert all(re.fullmatch(r"[\w.:-]+", each) for each in ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_the_same_picture_is_the_same_file(suffix: str, fit: Fit, tmp_path: Path) -> None:
    first, second = (
        plots.save(plots.contour(fit, budgets=1e23), tmp_path / f"{name}.{suffix}")[0].read_bytes()
        for name in "ab"
    )
    assert first == second


def test_a_suffix_asks_for_that_one_file(figure: Figure, tmp_path: Path) -> None:
    assert plots.save(figure, str(tmp_path / "a.SVG")) == (tmp_path / "a.SVG",)
    assert [path.name for path in tmp_path.iterdir()] == ["a.SVG"]


def test_an_unknown_format_is_refused_before_anything_is_written(figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(sl.BadInput, match="^formats must be one of 'png', 'svg', 'pdf', got 'jpg'"):
        plots.save(figure, tmp_path / "a", formats=("png", "jpg"))
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_refused(figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(
        sl.BadInput, match=r"^path must be in a folder that exists, got .*; create the folder first$"
    ):
        plots.save(figure, tmp_path / "no" / "a.png")


def test_a_failed_save_leaves_the_old_file(
    figure: Figure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise OSError("disk full")

    (tmp_path / "a.png").write_bytes(b"old")
    monkeypatch.setattr(Figure, "savefig", fails)
    with pytest.raises(sl.BadInput, match="^figure must be a file that can be written, got .*disk full"):
        plots.save(figure, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
