"""Pictures of back-tests, misfit and calibrated predictions, judged by the data on their axes."""

from dataclasses import replace
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import scalelaw as sl
from scalelaw import plots
from surfaces import isoflops, normal, sweep

pytestmark = pytest.mark.slow


def drawn(figure: Figure, gid: str) -> Any:
    """The one artist of this name, on whichever panel."""
    (artist,) = figure.findobj(lambda each: each.get_gid() == gid)
    return artist


def names(figure: Figure) -> set[str]:
    return {each.get_gid() for each in figure.findobj() if each.get_gid()}


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]  # type: ignore[attr-defined]


def panel(figure: Figure, title: str) -> Axes:
    (axes,) = [axes for axes in figure.axes if axes.get_title(loc="left").startswith(title)]
    return axes


@pytest.fixture(scope="module")
def runs() -> sl.Runs:
    """Too few budgets bend: every model is .5 % worse by decade beyond 1e20, so that a power law is too low."""
    N, D = isoflops(6, 8)
    return sweep(N, D, noise=normal(len(N), 0.004) + 0.005 * np.maximum(np.log10(6 * N * D / 1e20), 0.0))


@pytest.fixture(scope="module")
def found(runs: sl.Runs) -> sl.Backtest:
    return sl.backtest(runs, ["chinchilla", "skaling"], replicates=20)


@pytest.fixture(scope="module")
def fit(runs: sl.Runs) -> sl.Fit:
    return sl.fit(runs, starts="projected")


@pytest.fixture(scope="module")
def known(fit: sl.Fit) -> sl.Calibrated:
    return sl.calibrate(fit, ["skaling"], replicates=20)


@pytest.fixture(scope="module")
def backtest_figure(found: sl.Backtest) -> Figure:
    return plots.backtest(found)


class TestBacktest:
    @pytest.mark.parametrize("law", ["chinchilla", "skaling"])
    @pytest.mark.slow
    def test_every_forecast_is_a_dot_hollow_where_its_interval_missed(
        self, found: sl.Backtest, backtest_figure: Figure, law: str
    ) -> None:
        frame = found.to_frame().query("law == @law")
        for gid, rows in (("inside", frame[frame.inside]), ("missed", frame[~frame.inside])):
            own = [name for name in names(backtest_figure) if name.startswith(f"{gid}-{law}")]
            at = np.concatenate(
                [np.empty((0, 2)), *(drawn(backtest_figure, name).get_offsets() for name in own)]
            )
            np.testing.assert_allclose(np.sort(at[:, 0]), np.sort(rows.decades))

    def test_lines_are_means_and_medians_of_forecasts_at_like_distance(
        self, found: sl.Backtest, backtest_figure: Figure
    ) -> None:
        frame = found.to_frame().query("law == 'chinchilla'")
        count = min(len(frame) // 10, 8)
        step = np.floor(count * frame.decades / (1.03 * found.to_frame().decades.max()))
        groups = frame.assign(size=frame.error.abs(), width=(frame.high - frame.low) / 2).groupby(step)
        kept = groups.filter(lambda rows: len(rows) >= 3).groupby(step)
        for gid, column in (("size", "size"), ("width", "width"), ("stated-high", "width")):
            x, y = drawn(backtest_figure, f"{gid}-chinchilla").get_data()
            np.testing.assert_allclose(x, kept["decades"].mean())
            np.testing.assert_allclose(y, kept[column].mean())
        np.testing.assert_allclose(
            drawn(backtest_figure, "median-chinchilla").get_ydata(), kept["error"].median()
        )
        np.testing.assert_array_equal(
            drawn(backtest_figure, "stated-low-chinchilla").get_ydata(),
            -drawn(backtest_figure, "stated-high-chinchilla").get_ydata(),
        )

    def test_a_panel_says_the_score_and_how_many_were_inside(
        self, found: sl.Backtest, backtest_figure: Figure
    ) -> None:
        for row in found.summary().to_dict("records"):
            title = panel(backtest_figure, row["law"]).get_title(loc="left").splitlines()[1]
            assert title == f"|error| {row['score']:.2f} %, {100 * row['inside']:.0f} % inside"

    def test_the_caption_counts_the_runs_of_every_cut_off(
        self, found: sl.Backtest, backtest_figure: Figure
    ) -> None:
        (caption,) = [
            text for text in texts(backtest_figure) if text.startswith("48 runs of sweep; fitted up to C = ")
        ]
        for cutoff in found.cutoffs:
            assert f"({len(cutoff.seen)} runs)" in caption.replace("\N{NO-BREAK SPACE}", " ")

    def test_laws_are_told_apart_in_grey(self, backtest_figure: Figure) -> None:
        colours = [drawn(backtest_figure, f"size-{law}").get_color() for law in ("chinchilla", "skaling")]
        grey = [np.dot(colour[:3], (0.299, 0.587, 0.114)) for colour in colours]
        assert grey[1] - grey[0] > 0.3

    def test_far_outliers_stand_on_the_rim(self, found: sl.Backtest) -> None:
        first, *others = found.trials
        error = first.error.copy()
        error[0] = 1.0
        many = replace(found, trials=(replace(first, error=error), *others))
        gids = names(plots.backtest(many))
        assert any(gid.endswith("-chinchilla^") for gid in gids)

    def test_what_was_not_tried_is_said(self, found: sl.Backtest) -> None:
        notes = ("farseer at C = 1e19: 8 runs are too few for its 9 parameters; 18 would do", "another")
        (said,) = [text for text in texts(plots.backtest(replace(found, notes=notes))) if "not tried" in text]
        assert said == f"not tried: {notes[0]} (and 1 more)"


class TestMisfit:
    def test_runs_are_where_they_are_and_point_to_where_the_law_is(self, fit: sl.Fit) -> None:
        figure, surface = plots.misfit(fit), fit.misfit.surface
        N, D = fit.runs.inputs(("N", "D")).values()
        for gid, there in (("too-high", surface >= 0), ("too-low", surface < 0)):
            at = np.column_stack([6 * N * D, D / N])[there]
            np.testing.assert_allclose(drawn(figure, gid).get_offsets(), at)

    def test_colours_are_symmetric_about_nothing(self, fit: sl.Fit) -> None:
        colours = drawn(plots.misfit(fit), "too-high").get_facecolor()
        high = fit.misfit.surface[fit.misfit.surface >= 0]
        assert colours[np.argmax(high), 0] > colours[np.argmax(high), 2]
        assert np.ptp(colours[np.argmin(high), :3]) < 0.1

    def test_the_quantity_of_the_words_has_a_panel_with_means_of_fifths(self) -> None:
        """The package's own sweep: too low at both ends of D/N, too high between."""
        fit = sl.fit(sl.read_dataset("sweep"), starts="projected")
        figure = plots.misfit(fit)
        x = fit.runs.inputs(("D",))["D"] / fit.runs.inputs(("N",))["N"]
        fifth = np.searchsorted(np.quantile(x, [0.2, 0.4, 0.6, 0.8]), x, side="right")
        means = [100 * fit.misfit.surface[fifth == each].mean() for each in range(5)]
        lines = [drawn(figure, f"fifth-{each}-D/N").get_ydata() for each in range(5)]
        np.testing.assert_allclose(lines, np.column_stack([means, means]))
        assert means[0] < 0 > means[4]
        assert means[2] > 0
        above = " ".join(next(text for text in texts(figure) if text.startswith("the law does not")).split())
        assert above.startswith(fit.misfit.warnings[0][:100])

    def test_residuals_are_predicted_above_observed_and_far_ones_stand_on_the_rim(self, fit: sl.Fit) -> None:
        L = fit.runs.L.copy()
        L[5] /= 1.3
        figure = plots.misfit(replace(fit, runs=replace(fit.runs, L=L)))
        (gid,) = [name for name in names(figure) if name.startswith("above-runs-")]
        assert len(drawn(figure, gid).get_offsets()) == 1

    def test_a_law_of_one_input_has_one_panel(self) -> None:
        N = np.geomspace(1e8, 1e10, 24)
        table = pd.DataFrame({"params": N, "loss": (1.7 + 400 / N**0.34) * np.exp(normal(24, 0.002, seed=2))})
        power = sl.fit(sl.Runs.from_frame(table, source="t"), sl.laws.power_N, starts="projected")
        figure = plots.misfit(power)
        (axes,) = figure.axes
        assert axes.get_xlabel() == "model size N, parameters"
        assert any("no structure found in the residuals" in " ".join(text.split()) for text in texts(figure))


@pytest.fixture(scope="module")
def calibrated_figure(known: sl.Calibrated) -> Figure:
    return plots.calibrated(known)


class TestCalibrated:
    def test_laws_and_bands_are_what_is_said_of_the_models(
        self, known: sl.Calibrated, calibrated_figure: Figure
    ) -> None:
        left = calibrated_figure.axes[0]
        lines = {line.get_gid(): line for line in left.get_lines()}
        C = lines["law-chinchilla"].get_xdata()
        own = {m.fit.law.name: np.log(sl.allocate(m.fit, C=list(C)).N) for m in known.members}
        N = np.exp(sum(known.weights[law] * log for law, log in own.items()))
        at = {"N": N, "D": C / (6 * N)}
        for each in known.laws(**at):
            np.testing.assert_allclose(lines[f"law-{each['law']}"].get_ydata(), each["L"], rtol=1e-9)
        stated = sl.prediction_interval(known.members[0].draws, **at)
        np.testing.assert_allclose(lines["stated-low"].get_ydata(), stated.low, rtol=1e-9)
        np.testing.assert_allclose(lines["stated-high"].get_ydata(), stated.high, rtol=1e-9)
        (patch,) = [each for each in left.collections if each.get_gid() == "calibrated"]
        path = patch.get_paths()[0].vertices
        said = known.predict(**at)
        for x, low, high in zip(C, said.low, said.high, strict=True):
            ends = path[np.isclose(path[:, 0], x), 1]
            assert (ends.min(), ends.max()) == pytest.approx((low, high), rel=1e-9)

    def test_the_heavier_law_has_the_thicker_line(
        self, known: sl.Calibrated, calibrated_figure: Figure
    ) -> None:
        lines = {line.get_gid(): line for line in calibrated_figure.axes[0].get_lines()}
        widths = [lines[f"law-{law}"].get_linewidth() for law in known.weights]
        assert widths == sorted(widths, reverse=True)
        for law, weight in known.weights.items():
            assert lines[f"law-{law}"].get_label() == f"{law}, weight {100 * weight:.0f} %"

    def test_where_data_and_back_tests_end_is_marked(
        self, known: sl.Calibrated, calibrated_figure: Figure
    ) -> None:
        C = known.backtest.runs.inputs(("C",))["C"].max()
        farthest = max(trial.distance.max() for trial in known.backtest.trials)
        for axes in calibrated_figure.axes[:2]:
            (line,) = [line for line in axes.get_lines() if line.get_gid() == "back-tests end"]
            assert line.get_xdata()[0] == pytest.approx(C * 10**farthest)
        written = [text.get_text() for text in calibrated_figure.axes[0].texts]
        assert written == ["data end", "back-tests end"]

    def test_on_the_right_runs_stand_above_the_mixture_at_their_own_inputs(
        self, known: sl.Calibrated, calibrated_figure: Figure
    ) -> None:
        runs = known.backtest.runs
        (dots,) = [each for each in calibrated_figure.axes[1].collections if each.get_gid() == "runs"]
        predicted = known.predict(**runs.inputs(("N", "D"))).estimate
        np.testing.assert_allclose(dots.get_offsets()[:, 1], 100 * (runs.L / predicted - 1))

    def test_budgets_can_be_chosen(self, known: sl.Calibrated) -> None:
        figure = plots.calibrated(known, budgets=("1e19", "1e20"))
        assert figure.axes[0].get_xlim() == pytest.approx((1e19, 1e20))
        assert "back-tests end" not in texts(figure)
        with pytest.raises(sl.BadInput, match="budgets must be a range"):
            plots.calibrated(known, budgets=(1e21, 1e20))
