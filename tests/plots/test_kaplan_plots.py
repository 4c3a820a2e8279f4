"""Kaplan et al. 2020, figures 1, 4, 14 and 15: judged by the numbers that the paper prints or implies."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
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
from scalelaw.flops import PF_DAY
from scalelaw.laws import LAWS, Kaplan, PurePower, Trend
from surfaces import TRUTH, losses

MODELS = ("LaMDA", "GPT-3", "Jurassic", "Gopher", "MT-NLG", "Chinchilla")
N_KNOWN = np.array([1.37e11, 1.75e11, 1.78e11, 2.8e11, 5.3e11, 7e10])
D_KNOWN = np.array([1.68e11, 3e11, 3e11, 3e11, 2.7e11, 1.4e12])
"""Hoffmann et al. 2022, table 1."""

JOINT = Kaplan(alpha_N=0.076, alpha_D=0.103, N_c=6.4e13, D_c=1.8e13)
"""Kaplan's table 2."""


class Given:
    """A law with parameters and nothing more."""

    def __init__(self, law: str, params: Any) -> None:
        self.law, self.params = LAWS[law], params


@pytest.fixture(scope="module")
def power() -> Fit:
    """Twenty runs on 1.7 + 400 / N^0.34."""
    N = np.geomspace(1e7, 1e10, 20)
    table = pd.DataFrame({"params": N, "loss": 1.7 + 400 / N**0.34 + 0.002 * np.sin(np.arange(20) ** 2)})
    return sl.fit(sl.Runs.from_frame(table, source="a sweep"), sl.laws.power_N, starts="projected")


Made = Callable[..., Fit]


@pytest.fixture(scope="module")
def made(power: Fit) -> Made:
    """A fit of any law to any table, its parameters given."""

    def make(law: str, params: Any, **columns: Any) -> Fit:
        runs = sl.Runs.from_frame(pd.DataFrame(columns), L="L", source="a sweep")
        return replace(power, law=LAWS[law], params=params, runs=runs)

    return make


def drawn(figure: Figure, gid: str) -> Any:
    """The one artist of this name on any of the axes."""
    (artist,) = [artist for axes in figure.axes for artist in axes.get_children() if artist.get_gid() == gid]
    return artist


def names(figure: Figure) -> set[str]:
    return {artist.get_gid() for axes in figure.axes for artist in axes.get_children() if artist.get_gid()}


def at(figure: Figure, gid: str, x: float) -> float:
    """What a curve, solid or dashed, says at x."""
    for part in ("", "-below", "-beyond"):
        if gid + part in names(figure):
            along, y = drawn(figure, gid + part).get_data()
            if along.min() * (1 - 1e-9) <= x <= along.max() * (1 + 1e-9):
                return float(np.exp(np.interp(np.log(x), np.log(along), np.log(y))))
    raise AssertionError(f"{gid} is not drawn at {x:g}")


def rings(figure: Figure, gid: str) -> np.ndarray:
    return np.asarray(drawn(figure, gid).get_xydata())


def texts(figure: Figure) -> list[str]:
    found = [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
    return [text for text in found if text]


def days(axes: Axes) -> Axes:
    """The axis of PF-days on top."""
    (found,) = [child for child in axes.child_axes if child.get_xlabel() == "PF-days"]
    return found


# Figure 1


@pytest.fixture(scope="module")
def laws() -> Figure:
    return plots.power_laws()


def test_power_laws_pass_through_the_papers_points(laws: Figure) -> None:
    assert at(laws, "law-N", 1e9) == pytest.approx(2.3756, abs=6e-5)
    assert at(laws, "law-D", 22e9) == pytest.approx(2.0992, abs=6e-5)
    assert at(laws, "law-C", PF_DAY) == pytest.approx(2.6581, abs=6e-5)
    assert at(laws, "fixed-batch", PF_DAY) == pytest.approx(2.5742, abs=6e-5)


def test_power_laws_are_solid_where_the_paper_trained(laws: Figure) -> None:
    for gid, ends in {"law-N": (768, 1.5e9), "law-D": (22e6, 23e9)}.items():
        x = drawn(laws, gid).get_xdata()
        assert (x[0], x[-1]) == pytest.approx(ends)
        assert drawn(laws, gid).get_linestyle() == "-"
        assert drawn(laws, f"{gid}-beyond").get_linestyle() == "--"
        assert drawn(laws, f"{gid}-beyond").get_xdata()[0] == pytest.approx(ends[1])


def test_power_laws_say_their_formula(laws: Figure) -> None:
    said = texts(laws)
    assert r"$L = (N\,/\,8.8 \times 10^{13})^{-0.076}$" in said
    assert r"$L = (D\,/\,5.4 \times 10^{13})^{-0.095}$" in said
    assert r"$L = (C\,/\,3.1 \times 10^{8}\,$PF-days$)^{-0.05}$" in said


def test_known_models_lie_on_the_published_laws_at_their_N_D_and_C(laws: Figure) -> None:
    C, D, N = (rings(laws, f"models-{x}") for x in "CDN")
    np.testing.assert_allclose(N[:, 0], N_KNOWN)
    np.testing.assert_allclose(D[:, 0], D_KNOWN)
    np.testing.assert_allclose(C[:, 0], 6 * N_KNOWN * D_KNOWN)
    np.testing.assert_allclose(N[:, 1], (8.8e13 / N_KNOWN) ** 0.076)
    np.testing.assert_allclose(D[:, 1], (5.4e13 / D_KNOWN) ** 0.095)
    np.testing.assert_allclose(C[:, 1], (3.1e8 / (C[:, 0] / PF_DAY)) ** 0.05)


def test_every_known_model_is_named_in_every_panel(laws: Figure) -> None:
    for axes in laws.axes:
        said = " ".join(text.get_text() for text in axes.texts)
        assert [said.count(name) for name in MODELS] == [1] * 6


def test_compute_is_in_flop_below_and_in_pf_days_above(laws: Figure) -> None:
    laws.draw_without_rendering()
    panel = laws.axes[0]
    assert panel.get_xlabel() == "training compute C, FLOP"
    np.testing.assert_allclose(days(panel).get_xlim(), np.array(panel.get_xlim()) / PF_DAY)


def test_runs_of_a_fit_are_dots_and_its_line_ends_solid_with_them(power: Fit) -> None:
    figure = plots.power_laws(N=power)
    np.testing.assert_allclose(
        drawn(figure, "runs-N").get_offsets(), np.column_stack([power.runs.N, power.runs.L])
    )
    x, L = drawn(figure, "law-N").get_data()
    np.testing.assert_allclose(L, power.predict(N=x))
    assert (x[0], x[-1]) == pytest.approx((1e7, 1e10))
    assert drawn(figure, "law-N-beyond").get_xdata()[-1] > 1e11
    E, A, alpha = power.params
    assert f"$L = {E:.4g} + {A:.4g}\\,N^{{-{alpha:.4g}}}$" in texts(figure)


def test_a_fit_shows_no_known_models_whose_loss_on_its_data_is_unknown(power: Fit) -> None:
    figure = plots.power_laws(N=power)
    assert {gid for gid in names(figure) if gid.startswith("models")} == {"models-C", "models-D"}


def test_a_fit_in_compute_has_its_formula_in_pf_days(made: Made) -> None:
    C = np.geomspace(1e16, 1e21, 6)
    fit = made("kaplan_C", PurePower(x_c=2e8 * PF_DAY, alpha=0.05), flops=C, L=(2e8 * PF_DAY / C) ** 0.05)
    figure = plots.power_laws(C=fit)
    assert r"$L = (C\,/\,2 \times 10^{8}\,$PF-days$)^{-0.05}$" in texts(figure)
    assert "fixed-batch" not in names(figure)
    assert len(drawn(figure, "runs-C").get_offsets()) == 6


def test_other_published_laws_can_stand_in() -> None:
    """Henighan et al. 2020: 1.6021 nats at 175B parameters; where its runs end is not known."""
    figure = plots.power_laws(N=sl.published["henighan2020_language_N"])
    assert at(figure, "law-N", 1.75e11) == pytest.approx(1.6021, abs=6e-5)
    assert "law-N-beyond" not in names(figure)
    assert f"$L = {1.47e14**0.07:.4g}\\,N^{{-0.07}}$" in texts(figure)


def test_a_law_of_something_else_is_refused(power: Fit) -> None:
    message = r"^D must be a fit or a published fit of L as a function of D, got law 'power_N', of L in N$"
    with pytest.raises(sl.BadInput, match=message):
        plots.power_laws(D=power)
    with pytest.raises(
        sl.BadInput, match=r"^C must be .* of L as a function of C, got law 'optimal_N', of N in C$"
    ):
        plots.power_laws(C=sl.published["kaplan2020_N_opt"])
    with pytest.raises(sl.BadInput, match=r"^N must be .*, got 0.076; take one from sl.fit or sl.published$"):
        plots.power_laws(N=0.076)  # type: ignore[arg-type]
    with pytest.raises(
        sl.BadInput, match=r"^published fit 'kaplan2020_overfit' must be of a form that is a law"
    ):
        plots.power_laws(N=sl.published["kaplan2020_overfit"])


# Figure 4


def excess(N: Any, D: Any) -> Any:
    """Eq. 4.3."""
    rho = JOINT.alpha_N / JOINT.alpha_D
    return (1 + (N / JOINT.N_c) ** rho * JOINT.D_c / D) ** JOINT.alpha_D - 1


@pytest.fixture(scope="module")
def overfit() -> Figure:
    return plots.overfitting()


def test_overfitting_shows_the_joint_law_and_its_one_curve(overfit: Figure) -> None:
    """At 1e9 parameters, 22e9 tokens: 2.36932 and 0.02177."""
    labels = [line.get_text() for line in overfit.subfigs[0].legends[0].get_texts()]
    size = labels.index("1B")
    assert at(overfit, f"loss-{size}", 22e9) == pytest.approx(2.36932, abs=3e-4)
    assert drawn(overfit, f"loss-{size}").get_xdata()[[0, -1]] == pytest.approx([22e6, 23e9])
    x = 1e9 ** (0.076 / 0.103) / 22e9
    assert at(overfit, "collapse", x) == pytest.approx(0.02177, abs=1e-4)
    assert overfit.axes[1].get_xlabel().startswith(r"$N^{0.738}\,/\,D$")


def test_all_sizes_lie_on_the_one_curve(overfit: Figure) -> None:
    x, y = drawn(overfit, "collapse").get_data()
    for N in (1e4, 1e9, 1e12):
        np.testing.assert_allclose(y, excess(N, N ** (0.076 / 0.103) / x), rtol=1e-9)


def test_sizes_beyond_those_trained_are_dashed_throughout(overfit: Figure) -> None:
    """100B and 10B lie beyond 1.5e9."""
    assert {"loss-0", "loss-1"}.isdisjoint(names(overfit))
    assert {"loss-0-beyond", "loss-1-beyond", "loss-2", "loss-2-beyond"} <= names(overfit)


def test_known_models_overfit_as_eq_4_3_says(overfit: Figure) -> None:
    left, right = (rings(overfit, f"models-{what}") for what in ("loss", "excess"))
    np.testing.assert_allclose(left[:, 0], D_KNOWN)
    np.testing.assert_allclose(right[:, 0], N_KNOWN ** (0.076 / 0.103) / D_KNOWN)
    np.testing.assert_allclose(right[:, 1], excess(N_KNOWN, D_KNOWN), rtol=1e-9)
    assert right[MODELS.index("GPT-3"), 1] == pytest.approx(0.0606, abs=1e-4)


def test_runs_of_a_kaplan_fit_lie_where_their_loss_puts_them(made: Made) -> None:
    """Runs 1 % above the law overfit by 1 % of 1 + delta L more."""
    N, D = (grid.ravel() for grid in np.meshgrid([1e6, 1e7, 1e8], [1e8, 1e9, 1e10]))
    law = sl.published["kaplan2020_L_N_D"]
    fit = made("kaplan", JOINT, N=N, D=D, L=1.01 * law.loss(N=N, D=D))
    figure = plots.overfitting(fit)
    left, right = drawn(figure, "runs-loss"), drawn(figure, "runs-excess")
    np.testing.assert_allclose(left.get_offsets(), np.column_stack([D, fit.runs.L]))
    np.testing.assert_allclose(right.get_offsets()[:, 0], N ** (0.076 / 0.103) / D)
    np.testing.assert_allclose(right.get_offsets()[:, 1], 1.01 * (1 + excess(N, D)) - 1)
    np.testing.assert_array_equal(right.get_array(), N)
    assert [line.get_text() for line in figure.subfigs[0].legends[0].get_texts()] == ["100M", "10M", "1M"]


def test_a_law_with_an_irreducible_loss_is_drawn_against_D_alone(made: Made) -> None:
    N, D = (grid.ravel() for grid in np.meshgrid([1e8, 1e9], [1e9, 1e10, 1e11]))
    figure = plots.overfitting(made("chinchilla", TRUTH, N=N, D=D, L=losses(TRUTH, N, D)))
    E, A, B, alpha, beta = TRUTH
    assert "collapse" not in names(figure)
    assert figure.axes[1].get_xlabel() == "training tokens D"
    x, y = drawn(figure, "excess-0").get_data()
    np.testing.assert_allclose(y, B / x**beta / (E + A / 1e9**alpha), rtol=1e-9)
    assert any("by this law sizes do not fall together" in text for text in texts(figure))


def test_sizes_are_read_as_people_write_them() -> None:
    figure = plots.overfitting(sl.published["besiroglu2024_paper"], sizes=["1B", 7e10])
    labels = [line.get_text() for line in figure.subfigs[0].legends[0].get_texts()]
    assert labels == ["70B", "1B"]
    assert {"loss-0-beyond", "loss-1"} <= names(figure)


def test_impossible_sizes_and_laws_are_refused() -> None:
    with pytest.raises(sl.BadInput, match=r"^sizes must be a positive finite number, got -1$"):
        plots.overfitting(sizes=[1e9, -1])
    with pytest.raises(sl.BadInput, match=r"^sizes must be at least one, got none$"):
        plots.overfitting(sizes=[])
    message = r"^model must be a fit .* of L as a function of N and D, got law 'kaplan_N', of L in N$"
    with pytest.raises(sl.BadInput, match=message):
        plots.overfitting(sl.published["kaplan2020_L_N"])


# Figure 14


@pytest.fixture(scope="module")
def efficiency() -> Figure:
    return plots.efficient()


def test_efficient_shows_table_6(efficiency: Figure) -> None:
    assert at(efficiency, "trend-N", PF_DAY) == pytest.approx(1.3e9)
    assert at(efficiency, "trend-N", 1e21 / 2) == pytest.approx(4.683e9, rel=2e-4)
    assert at(efficiency, "trend-N", 1e21) == pytest.approx(7.77e9, rel=1e-3)
    assert at(efficiency, "trend-S", PF_DAY) == pytest.approx(5.4e3)
    assert at(efficiency, "trend-D", PF_DAY) == pytest.approx(2e10)


def test_efficient_shows_what_the_learning_curve_implies_instead(efficiency: Figure) -> None:
    """About half of table 6's size at one PF-day, and an exponent of 0.68, not 0.73."""
    low, high = (at(efficiency, "implied-N", C * PF_DAY) for C in (1, 100))
    assert 5.7e8 < low < 6.1e8
    assert np.log10(high / low) / 2 == pytest.approx(0.681, abs=2e-3)


def test_updates_at_the_papers_batch_follow_eq_5_4(efficiency: Figure) -> None:
    assert at(efficiency, "fixed-batch", PF_DAY) == pytest.approx(5.4e3 * (1 + 2e6 / 2**19), rel=1e-3)


def test_frontiers_of_others_stand_beside(efficiency: Figure) -> None:
    """At 1e21 FLOP: A1 2.86e9, A3 2.217e9, Besiroglu 2.779e9."""
    found = [at(efficiency, f"beside-N-{rank}", 1e21) for rank in (0, 2, 3)]
    assert found == pytest.approx([2.86e9, 2.217e9, 2.779e9], rel=2e-3)
    D = at(efficiency, "beside-D-3", 1e21)
    assert 6 * found[2] * D == pytest.approx(1e21, rel=1e-6)
    labels = [text.get_text() for text in efficiency.subfigs[0].legends[0].get_texts()]
    assert labels[2:] == [
        "Hoffmann 2022 A1 frontier",
        "Hoffmann 2022 A2 frontier",
        "Hoffmann 2022 A3 tex",
        "Besiroglu 2024 paper",
    ]


def test_frontiers_start_with_their_runs(efficiency: Figure) -> None:
    x = drawn(efficiency, "beside-N-1").get_xdata()
    assert (x[0], x[-1]) == pytest.approx((6e18, 3e21))
    assert "beside-N-1-below" not in names(efficiency)


def test_known_models_are_at_6ND(efficiency: Figure) -> None:
    N, D = rings(efficiency, "models-N"), rings(efficiency, "models-D")
    np.testing.assert_allclose(N, np.column_stack([6 * N_KNOWN * D_KNOWN, N_KNOWN]))
    np.testing.assert_allclose(D, np.column_stack([6 * N_KNOWN * D_KNOWN, D_KNOWN]))


def test_a_users_trend_and_frontier(made: Made) -> None:
    C = np.geomspace(1e17, 1e21, 5)
    trend = made("optimal_N", Trend(k=0.1, p=0.5), flops=C, L=0.1 * C**0.5)
    N, D = (grid.ravel() for grid in np.meshgrid([1e8, 1e9], [1e9, 1e10]))
    joint = made("chinchilla", TRUTH, N=N, D=D, L=losses(TRUTH, N, D))
    figure = plots.efficient(N=trend, beside=[joint, "porian2024_rw_tuned_const"], budgets=("1e16", 1e24))
    np.testing.assert_allclose(drawn(figure, "runs-N").get_offsets()[:, 1], 0.1 * C**0.5)
    assert at(figure, "trend-N", 1e18) == pytest.approx(1e8)
    a = TRUTH.beta / (TRUTH.alpha + TRUTH.beta)
    G = (TRUTH.alpha * TRUTH.A / (TRUTH.beta * TRUTH.B)) ** (1 / (TRUTH.alpha + TRUTH.beta))
    assert at(figure, "beside-N-0", 6e20) == pytest.approx(G * 1e20**a)
    assert at(figure, "beside-N-1", 1e21) == pytest.approx(0.118926 * 1e21**0.496895, rel=3e-4)
    assert at(figure, "beside-D-1", 1e21) == pytest.approx(1e21 / (6 * 0.118926 * 1e21**0.496895), rel=3e-4)


def test_what_cannot_be_drawn_of_efficient_training_is_refused() -> None:
    with pytest.raises(
        sl.BadInput, match=r"^budgets must be a range \(lowest, highest\) of training compute"
    ):
        plots.efficient(budgets=(1e24, 1e18))
    with pytest.raises(
        sl.BadInput, match=r"^S must be .* of S as a function of C, got law 'optimal_D', of D in C$"
    ):
        plots.efficient(S=sl.published["kaplan2020_D_opt"])
    with pytest.raises(
        sl.BadInput, match=r"^steps must be .* of L as a function of N and S, got law 'kaplan'"
    ):
        plots.efficient(steps=sl.published["kaplan2020_L_N_D"])
    with pytest.raises(sl.BadInput, match=r"^law must be of N and D, .* got 'kaplan_N', which reads N alone"):
        plots.efficient(beside=["kaplan2020_L_N"])


# Figure 15


@pytest.fixture(scope="module")
def crossed() -> Figure:
    return plots.contradiction()


def test_the_laws_meet_where_the_paper_implies(crossed: Figure) -> None:
    for near in ("", "-near"):
        ((C, L),) = drawn(crossed, f"crossing{near}").get_xydata()
        assert C / PF_DAY == pytest.approx(1.12e4, rel=2e-3)
        assert L == pytest.approx(1.668, abs=5e-4)
        assert drawn(crossed, f"contradiction{near}").get_x() == pytest.approx(C)
    words = "C* = 11.2k PF-days\n= 9.67e23 FLOP\nN* = 1.17T parameters\nD* = 248B tokens\nL* = 1.668 nats"
    assert words in texts(crossed)


def test_both_lines_are_the_laws(crossed: Figure) -> None:
    assert at(crossed, "loss-of-C", PF_DAY) == pytest.approx(2.6581, abs=6e-5)
    assert at(crossed, "loss-of-D", PF_DAY) == pytest.approx((5.4e13 / 2e10) ** 0.095)
    assert at(crossed, "loss-of-C-near", 1e24) == pytest.approx(at(crossed, "loss-of-C", 1e24))


def test_known_models_lie_on_the_loss_of_their_compute(crossed: Figure) -> None:
    C, L = rings(crossed, "models").T
    np.testing.assert_allclose(C, 6 * N_KNOWN * D_KNOWN)
    np.testing.assert_allclose(L, (3.1e8 / (C / PF_DAY)) ** 0.05)


def test_another_law_of_the_data_moves_the_crossing() -> None:
    """Eq. 6.7, D = 4e10 C^0.26: 1.06e5 PF-days and 1.490 nats."""
    figure = plots.contradiction(D_of_C=Given("optimal_D", Trend(4e10 * PF_DAY**-0.26, 0.26)))
    ((C, L),) = drawn(figure, "crossing").get_xydata()
    assert C / PF_DAY == pytest.approx(1.06e5, rel=5e-3)
    assert L == pytest.approx(1.490, abs=5e-4)
    assert any("law optimal_D" in text for text in texts(figure))


def test_runs_behind_a_users_law_are_dots(made: Made) -> None:
    C = np.geomspace(1e16, 1e20, 6)
    fit = made("kaplan_C", PurePower(x_c=3e8 * PF_DAY, alpha=0.05), flops=C, L=(3e8 * PF_DAY / C) ** 0.05)
    figure = plots.contradiction(fit)
    np.testing.assert_allclose(drawn(figure, "runs").get_offsets(), np.column_stack([C, fit.runs.L]))
    assert "models" not in names(figure)


def test_laws_that_never_meet_are_refused() -> None:
    flat = Given("kaplan_C", PurePower(x_c=1e40, alpha=0.5))
    with pytest.raises(
        sl.BadInput, match=r"^two laws must be equal somewhere between 10B and 1e40, got a gap"
    ):
        plots.contradiction(flat)
    with pytest.raises(sl.BadInput, match=r"^N_of_C must be .* of N as a function of C, got law 'optimal_D'"):
        plots.contradiction(N_of_C=sl.published["kaplan2020_D_opt"])


# All of them


@pytest.fixture(params=["laws", "overfit", "efficiency", "crossed"])
def figure(request: pytest.FixtureRequest) -> Figure:
    found: Figure = request.getfixturevalue(request.param)
    found.draw_without_rendering()
    return found


def test_no_text_is_clipped(figure: Figure) -> None:
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box is not None
        assert min(box.x0, box.y0) >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


def test_ids_in_an_svg_are_unique(figure: Figure, tmp_path: Path) -> None:
    (path,) = plots.save(figure, tmp_path / "figure.svg")
    ids = [each.get("id") for each in ElementTree.parse(path).iter() if each.get("id")]
    assert len(ids) == len(set(ids))


def test_no_text_covers_another(figure: Figure) -> None:
    for axes in figure.axes:
        boxes = [matplotlib.text.Text.get_window_extent(text) for text in axes.texts]
        overlapping = [(i, j) for i, one in enumerate(boxes) for j in range(i) if one.overlaps(boxes[j])]
        assert overlapping == []


def test_the_papers_laws_are_named_below(figure: Figure) -> None:
    below = figure.get_supxlabel().replace("\n", " ")
    assert "kaplan2020_" in below
    assert "(arXiv:2001.08361)" in below


def test_an_untrusted_fit_is_marked_in_words(power: Fit) -> None:
    warned = replace(power, certificate=replace(power.certificate, warnings=("too few runs",)))
    figure = plots.power_laws(N=warned)
    (mark,) = [
        text for text in figure.findobj(matplotlib.text.Text) if "not to be trusted" in text.get_text()
    ]
    assert mark.get_text() == "not to be trusted: too few runs"
    assert mark.get_color() == "#c0141b"
    assert "power_N fitted to 20 runs of a sweep" in figure.get_supxlabel()
