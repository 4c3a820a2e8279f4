"""Influence against real refits without each run, and what it says of itself."""

from typing import Any

import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput
from surfaces import isoflops, normal, sweep

BUDGETS, SIZES = 9, 8


@pytest.fixture(scope="module")
def runs() -> sl.Runs:
    N, D = isoflops(BUDGETS, SIZES)
    return sweep(N, D, noise=normal(len(N), 0.002))


@pytest.fixture(scope="module")
def smooth(runs: sl.Runs) -> sl.Fit:
    return sl.fit(runs, loss="squared", starts="projected")


def agreement(step: sl.Influence, refits: sl.Influence) -> tuple[float, float]:
    """Correlation, and the worst error as a share of the largest change."""
    worst = np.abs(step.change - refits.change).max() / np.abs(refits.change).max()
    return float(np.corrcoef(step.change, refits.change)[0, 1]), float(worst)


@pytest.mark.parametrize("function", ["alpha", "a", "E"])
@pytest.mark.slow
def test_least_squares_is_a_refit_to_second_order(smooth: sl.Fit, function: str) -> None:
    correlation, worst = agreement(sl.influence(smooth, function), sl.influence_by_refits(smooth, function))
    assert correlation > 0.999
    assert worst < 0.05


@pytest.mark.slow
def test_one_run_left_out_by_hand(smooth: sl.Fit, runs: sl.Runs) -> None:
    """The table without its most influential row, fitted afresh."""
    found = sl.influence(smooth, "alpha")
    first = found.order[0]
    table = runs.to_frame().drop(index=first).reset_index(drop=True)
    alone = sl.fit(sl.Runs.from_frame(table), loss="squared", starts="projected")
    change = alone.params.alpha - smooth.params.alpha
    assert found.change[first] == pytest.approx(change, rel=0.1)
    assert sl.influence_by_refits(smooth, "alpha").change[first] == pytest.approx(change, rel=1e-5)


@pytest.mark.parametrize(
    ("keywords", "correlation", "worst"),
    [
        # Measured for alpha: correlation 0.9964, worst 19 % of the largest; 0.993, 19 %; 0.998, 10 %; 0.997, 10 %.
        ({}, 0.99, 0.25),
        pytest.param({"loss": "squared"}, 0.985, 0.25, marks=pytest.mark.slow),
        pytest.param({"delta": 0.005}, 0.99, 0.15, marks=pytest.mark.slow),
        ({"loss": "cauchy", "delta": 0.005}, 0.99, 0.15),
    ],
)
def test_the_240_runs(
    epoch_runs: sl.Runs, keywords: dict[str, Any], correlation: float, worst: float
) -> None:
    fit = sl.fit(epoch_runs, starts="projected", **keywords)
    found = agreement(sl.influence(fit, "alpha"), sl.influence_by_refits(fit, "alpha"))
    assert found[0] > correlation
    assert found[1] < worst


@pytest.mark.slow
def test_a_kinked_loss_is_told(epoch_fit: sl.Fit, smooth: sl.Fit) -> None:
    assert "only 16% of the residuals lie within delta" in str(sl.influence(epoch_fit, "a"))
    assert sl.influence(smooth, "a").warning == ""
    assert sl.influence_by_refits(epoch_fit, "a").warning == ""


def test_groups_are_left_out_whole(smooth: sl.Fit) -> None:
    step, refits = (how(smooth, "a", by="C") for how in (sl.influence, sl.influence_by_refits))
    assert len(step.change) == BUDGETS
    assert agreement(step, refits)[0] > 0.98
    frame = step.to_frame()
    assert list(frame.columns) == ["C", "runs", "residual", "influence", "share"]
    assert (frame["runs"] == SIZES).all()
    np.testing.assert_allclose(np.sort(frame["C"]), np.geomspace(1e18, 1e22, BUDGETS), rtol=1e-9)


def test_groups_of_one_run_are_runs(smooth: sl.Fit) -> None:
    alone = sl.influence(smooth, "a", by=np.arange(len(smooth.runs)))
    np.testing.assert_allclose(alone.change, sl.influence(smooth, "a").change, rtol=1e-9)


def test_the_table_is_sorted_and_names_rows(smooth: sl.Fit) -> None:
    found = sl.influence(smooth, lambda p: p.beta / (p.alpha + p.beta))
    frame = found.to_frame()
    assert (np.diff(np.abs(frame["influence"])) <= 0).all()
    assert frame["row"].iloc[0] == found.order[0] + 1
    assert frame["share"].iloc[-1] == pytest.approx(1)
    np.testing.assert_allclose(found.change, sl.influence(smooth, "a").change, atol=1e-14)
    assert len(found.text(3).splitlines()) == 4 + 3
    assert [row["row"] for row in found.summary(2)["most"]] == list(frame["row"][:2])


def test_the_changes_amount_to_the_sandwich_error(smooth: sl.Fit) -> None:
    """The jackknife and the sandwich estimate the same; HC3 against HC1 on 72 runs."""
    assert sl.influence(smooth, "alpha").stderr == pytest.approx(
        float(sl.covariance(smooth).stderr("alpha")), rel=0.15
    )


@pytest.mark.slow
def test_without_noise_nothing_moves() -> None:
    N, D = isoflops(BUDGETS, SIZES)
    fit = sl.fit(sweep(N, D), starts="projected")
    np.testing.assert_allclose(sl.influence(fit, "alpha").change, 0, atol=1e-10)


def test_a_run_of_weight_zero_is_none() -> None:
    N, D = isoflops(BUDGETS, SIZES)
    weight = np.where(np.arange(len(N)) == 5, 0.0, 1.0)
    fit = sl.fit(sweep(N, D, noise=normal(len(N), 0.01), weight=weight), loss="squared", starts="projected")
    found = sl.influence(fit, "alpha")
    assert 6 not in found.label
    assert len(found.change) == len(N) - 1


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"function": "gamma"}, "function must be one of"),
        ({"function": lambda p: np.ones(2) * p.E}, "must be a scalar for its influence, got shape"),
        ({"by": np.zeros(72)}, "groups must be at least 2"),
        ({"by": "M"}, "`by` must be one of"),
    ],
)
def test_refusals(smooth: sl.Fit, keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        sl.influence(smooth, **{"function": "alpha", **keywords})


@pytest.mark.parametrize("by", [None, "C"])
def test_the_picture_shows_every_run(smooth: sl.Fit, by: str | None) -> None:
    found = sl.influence(smooth, "alpha", by=by)
    figure = sl.plots.influence(found, top=5)
    plane, bars = figure.subfigs[0].axes
    drawn = [each for each in plane.collections if str(each.get_gid()).startswith("runs-")]
    assert sum(len(each.get_offsets()) for each in drawn) == len(smooth.runs)
    widths = [bar.get_width() for bar in bars.patches]
    np.testing.assert_allclose(widths, found.change[found.order[:5]])
