"""Approach 1: the published hull recipe, envelopes against loops, bad curves in a sentence."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import ConvexHull

import scalelaw as sl
from resamples import drawn
from scalelaw import BadInput
from scalelaw.approaches.curves import smooth
from scalelaw.approaches.envelope_points import falling_hull
from surfaces import TRUTH, losses


@pytest.fixture(scope="module")
def gemstones(shared_data: Path) -> sl.Runs:
    """Training curves of 22 models, McLeish et al. 2025."""
    path = shared_data / "gemstones_hot_477.csv"
    return sl.read_runs(path, N="params", D="tokens", C="flops_detailed", L="loss", group="run_id")


def curves(sizes: int = 9, points: int = 60) -> pd.DataFrame:
    """Curves of a constant learning rate on a true surface, from 1 to 300 tokens a parameter."""
    N = np.repeat(np.geomspace(3e7, 3e9, sizes), points)
    D = N * np.tile(np.geomspace(1, 300, points), sizes)
    run = [f"run-{k}" for k in np.repeat(np.arange(sizes), points)]
    return pd.DataFrame(
        {"run": run, "N": N, "D": D, "L": losses(TRUTH, N, D), "step": np.tile(range(points), sizes)}
    )


def scheduled(sizes: int = 6, lengths: tuple[int, ...] = (8, 20, 50)) -> pd.DataFrame:
    """Runs of each size to so many tokens a parameter, whose losses are too high until they end."""
    run = pd.MultiIndex.from_product(
        [np.geomspace(3e7, 3e9, sizes), lengths, np.linspace(0.05, 1, 40)]
    ).to_frame()
    N, length, done = (run[column].to_numpy() for column in run)
    D = N * length * done
    L = losses(TRUTH, N, D) * np.exp(0.02 * (1 - done))
    names = [f"{size:.0f}-{end:.0f}" for size, end in zip(N, length, strict=True)]
    return pd.DataFrame({"run": names, "N": N, "D": D, "L": L})


def runs_of(table: pd.DataFrame, **columns: object) -> sl.Runs:
    return sl.Runs.from_frame(table, N="N", D="D", L="L", group="run", source="curves", **columns)  # type: ignore[arg-type]


class TestOrder:
    def test_shuffled_rows_are_put_in_order_when_told(self) -> None:
        table = curves(4, 12)
        shuffled = table.sample(frac=1, random_state=3)
        with pytest.raises(
            BadInput, match=r"must rise from row to row .*; sort the rows \(sort=True, --sort\)"
        ):
            sl.envelope(runs_of(shuffled), points=40)
        found = sl.envelope(runs_of(shuffled), points=40, sort=True)
        np.testing.assert_allclose(
            found.frontier.params, sl.envelope(runs_of(table), points=40).frontier.params
        )

    def test_runs_may_be_named_by_several_columns(self) -> None:
        table = curves(4, 12)
        named = table.assign(size=table["N"].round(), seed="one").drop(columns="run")
        runs = sl.Runs.from_frame(named, N="N", D="D", L="L", group="size,seed")
        assert runs.group_names[0] == "size=30000000.0, seed=one"
        alone = sl.envelope(runs_of(table), points=40)
        np.testing.assert_allclose(sl.envelope(runs, points=40).frontier.params, alone.frontier.params)


class TestGemstones:
    def test_hull_recipe_to_six_digits(self, gemstones: sl.Runs) -> None:
        found = sl.envelope(gemstones, method="hull", edges=True)
        assert found.N.points == 21
        assert found.N.exponent == pytest.approx(0.499380, abs=5e-7)
        assert found.N.log_coefficient == pytest.approx(-2.845108, abs=5e-7)
        assert found.D.exponent == pytest.approx(0.480989, abs=5e-7)
        assert found.D.log_coefficient == pytest.approx(1.896321, abs=5e-7)

    def test_hull_is_that_of_the_authors_recipe(self, gemstones: sl.Runs) -> None:
        """All corners of scipy's hull with a vantage point above; those where the loss falls."""
        assert gemstones.C is not None
        points = np.log(np.column_stack([gemstones.C, gemstones.L]))
        vantage = np.log([[2 * gemstones.C.max(), 2 * gemstones.L.max()]])
        corners = ConvexHull(np.vstack([vantage, points])).vertices
        hull = points[corners[corners != 0] - 1]
        hull = hull[np.argsort(hull[:, 0])]
        falls = np.append(True, np.diff(hull[:, 1]) < 0)
        mine = sl.envelope(gemstones, method="hull").points
        np.testing.assert_allclose(np.log([mine.C, mine.L]).T, hull[falls], rtol=1e-12)

    def test_says_what_has_to_be_known(self, gemstones: sl.Runs) -> None:
        found = sl.envelope(gemstones, method="hull")
        assert len(found.untouched) == 13
        assert "PyGemma-2560x8_pretrain" in found.untouched
        assert int(found.points.final.sum()) == 4
        assert found.notes[0].startswith("warning: 81 % of the points lie before the last 15 % of their run")

    @pytest.mark.parametrize(("method", "low", "high"), [("hull", 0.43, 0.56), ("lowest", 0.48, 0.59)])
    def test_intervals_by_whole_run(self, gemstones: sl.Runs, method: str, low: float, high: float) -> None:
        draws = sl.bootstrap(sl.envelope(gemstones, method=method, edges=True), 400)
        ends = draws.interval("a")
        assert low < ends[0] < draws.estimate("a") < ends[1] < high


class TestLowest:
    def test_at_every_flop_value_no_run_is_lower(self) -> None:
        runs = runs_of(curves())
        found = sl.envelope(runs, points=40)
        table = runs.to_frame()
        for C, name, L in found.to_frame()[["C", "run", "L"]].itertuples(index=False):
            at = {
                run: np.interp(np.log(C), np.log(own["C"]), own["L"])
                for run, own in table.groupby("group")
                if own["C"].min() * (1 - 1e-9) <= C <= own["C"].max() * (1 + 1e-9)
            }
            assert min(at, key=at.__getitem__) == name
            assert pytest.approx(min(at.values()), rel=1e-9) == L

    def test_takes_1500_values_and_finds_the_surface(self) -> None:
        """Where other sizes could be better: points of the smallest and the largest size tilt the line."""
        table, exact = runs_of(curves(sizes=40)), TRUTH.beta / (TRUTH.alpha + TRUTH.beta)
        found, whole = sl.envelope(table), sl.envelope(table, edges=True)
        assert whole.N.points == 1500
        inside = ~found.points.at_edge
        assert found.N.points == np.count_nonzero(inside) < 1500
        slope = np.polyfit(np.log(found.points.C[inside]), np.log(found.points.N[inside]), 1)[0]
        assert found.N.exponent == pytest.approx(slope, rel=1e-9)
        assert abs(found.N.exponent - exact) < 0.005 < 0.02 < abs(whole.N.exponent - exact)

    def test_two_sizes_are_both_edges(self) -> None:
        with pytest.raises(
            BadInput, match="between the smallest and the largest, got 0 of .*; train more sizes, or"
        ):
            sl.envelope(runs_of(curves(sizes=2)))

    def test_final_points_are_those_of_the_last_15_percent(self) -> None:
        table = curves(sizes=4)
        frame = sl.envelope(runs_of(table), points=200).to_frame()
        last = table.assign(C=6 * table.N * table.D).groupby("run")["C"].max()
        np.testing.assert_array_equal(
            frame["final"], frame["C"] >= 0.85 * frame["run"].map(last) * (1 - 1e-9)
        )
        assert frame["final"].any()
        assert not frame["final"].all()

    def test_points_that_are_not_final_can_be_left_out(self) -> None:
        runs = runs_of(scheduled())
        every, final = (sl.envelope(runs, points=300, final_only=only, edges=True) for only in (False, True))
        frame = every.to_frame()
        kept = frame[frame["final"]]
        assert 2 < len(kept) < len(frame)
        assert final.N.exponent == pytest.approx(np.polyfit(np.log(kept.C), np.log(kept.N), 1)[0], rel=1e-9)
        np.testing.assert_array_equal(final.points.C[final.counted], kept.C)
        pd.testing.assert_frame_equal(final.to_frame().drop(columns="used"), frame.drop(columns="used"))
        np.testing.assert_array_equal(final.to_frame()["used"], frame["final"])
        assert frame["used"].all()
        assert final.untouched == every.untouched
        assert final.notes[0].endswith(
            "% of the points lie before the last 15 % of their run and are left out"
        )
        assert "final_only=True (--final-only) leaves them out" in every.notes[0]

    def test_back_tests_hold_the_frontier_to_the_points_that_are_used(self) -> None:
        table = sl.backtest_frontier(sl.envelope(runs_of(scheduled()), points=300, final_only=True)).frame
        final = sl.envelope(runs_of(scheduled()), points=300, final_only=True)
        assert set(np.round(np.log(table["C"]), 9)) <= set(np.round(np.log(final.points.C[final.counted]), 9))

    def test_too_few_final_points_or_sizes_are_refused_in_a_sentence(self) -> None:
        """Curves of which none ends where it is best, but the largest; curves of one size."""
        with pytest.raises(
            BadInput,
            match="at least 2 sizes in the last 15 % of their runs, got 3B alone; add runs .*without --final-only",
        ):
            sl.envelope(runs_of(curves()), final_only=True, edges=True)
        with pytest.raises(
            BadInput, match="at least 2 points in the last 15 % of their runs, got 1 of 2; train more"
        ):
            sl.envelope(runs_of(curves(sizes=2)), final_only=True, edges=True, points=2)
        one = curves(sizes=1)
        both = pd.concat([one, one.assign(run="other", L=one["L"] + 0.01)])
        with pytest.raises(
            BadInput, match="must be of at least 2 sizes, got 30M alone; add runs of a smaller"
        ):
            sl.envelope(runs_of(both), edges=True)

    def test_a_run_above_all_others_is_named(self) -> None:
        table = curves(sizes=3)
        bad = table[table.run == "run-1"].assign(run="failed", L=lambda own: own.L + 0.5)
        found = sl.envelope(runs_of(pd.concat([table, bad])), edges=True)
        assert found.untouched == ("failed",)
        assert "1 of 4 runs never touch the envelope: 'failed'" in str(found)


class TestCut:
    def test_smoothing_is_gaussian_in_points(self) -> None:
        L = np.random.default_rng(0).normal(3, 0.1, (3, 50))
        there = np.ones(L.shape, bool)
        there[2, 30:] = False
        mine = smooth(L, there, 2.5)
        for row, length in enumerate((50, 50, 30)):
            own = L[row, :length]
            kernel = gaussian_filter1d(own, 2.5, mode="constant", truncate=6)
            total = gaussian_filter1d(np.ones(length), 2.5, mode="constant", truncate=6)
            np.testing.assert_allclose(mine[row, :length], kernel / total, rtol=1e-6)

    def test_no_smoothing_leaves_losses_as_they_are(self) -> None:
        L = np.random.default_rng(0).normal(3, 0.1, (2, 5))
        np.testing.assert_array_equal(smooth(L, np.ones(L.shape, bool), 0.0), L)

    @pytest.mark.parametrize(
        ("warmup", "left"), [("1B", lambda t: t.D >= 1e9), (0.2, lambda t: t.D >= 60 * t.N)]
    )
    def test_warmup_is_cut_in_tokens_or_by_share(self, warmup: float | str, left: object) -> None:
        table = curves(sizes=5)
        cut = sl.envelope(runs_of(table), warmup=warmup, method="hull")
        same = sl.envelope(runs_of(table[left(table)]), method="hull")  # type: ignore[operator]
        np.testing.assert_allclose(cut.points.C, same.points.C)
        assert cut.N.exponent == pytest.approx(same.N.exponent)


def test_steps_are_made_tokens() -> None:
    table = curves(sizes=5)
    table["D"] = np.round(table["D"] / 2**10)
    steps = sl.envelope(runs_of(table), tokens_per_step="1024")
    tokens = sl.envelope(runs_of(table.assign(D=1024 * table["D"])))
    np.testing.assert_allclose(steps.points.C, tokens.points.C)
    assert steps.D.at(1e20) == pytest.approx(tokens.D.at(1e20))
    own = sl.Runs.from_frame(
        table.assign(C=6144 * table["N"] * table["D"]), N="N", D="D", C="C", L="L", group="run", flops="given"
    )
    assert sl.envelope(own, tokens_per_step=1024).D.at(1e20) == pytest.approx(tokens.D.at(1e20))


class TestResamples:
    @pytest.mark.parametrize("edges", [True, False])
    @pytest.mark.parametrize("method", ["lowest", "hull"])
    def test_are_a_loop_over_tables_of_the_runs_that_were_drawn(self, method: str, edges: bool) -> None:
        rng = np.random.default_rng(2)
        table = curves()
        table["L"] *= np.exp(np.repeat(0.01 * rng.standard_normal(9), 60))
        found = sl.envelope(runs_of(table), method=method, points=300, edges=edges)
        draws = sl.bootstrap(found, 20, 11)
        x = found.candidates.log_C
        for replicate in range(20):
            there = drawn(draws, replicate).weight > 0
            own = table[there].assign(C=lambda t: 6 * t.N * t.D)
            assert own.run.nunique() * 60 == len(own)
            if method == "hull":
                points = sl.envelope(runs_of(own), method="hull", edges=True).points
                C, N = points.C, points.N
            else:
                best = pd.DataFrame(
                    {
                        size: np.interp(x, np.log(one["C"]), one["L"], left=np.inf, right=np.inf)
                        for size, one in own.groupby("N")
                    }
                )
                covered = np.isfinite(best.min(axis=1))
                C, N = np.exp(x[covered]), best.idxmin(axis=1)[covered].to_numpy()
            counted = edges | ((N > own.N.min() * (1 + 1e-9)) & (N < own.N.max() * (1 - 1e-9)))
            slope, intercept = np.polyfit(np.log(C[counted]), np.log(N[counted]), 1)
            assert draws.params.a[replicate] == pytest.approx(slope, rel=1e-6)
            assert draws.params.log_kN[replicate] == pytest.approx(intercept, rel=1e-6)

    @pytest.mark.parametrize("method", ["lowest", "hull"])
    def test_leave_out_what_is_not_final_of_their_own_envelope(self, method: str) -> None:
        table = scheduled()
        names, code = np.unique(table["run"], return_inverse=True)
        table["L"] *= np.exp(0.01 * np.random.default_rng(2).standard_normal(len(names)))[code]
        found = sl.envelope(runs_of(table), method=method, points=300, final_only=True, edges=True)
        draws = sl.bootstrap(found, 20, 11)
        assert draws.usable.all()
        for replicate in range(20):
            present = drawn(draws, replicate).weight[found.curves.row] > 0
            run = found.method.points(found.candidates, present[None]).run[0]
            C = np.exp(found.candidates.log_C)
            final = (run >= 0) & (C >= 0.85 * found.curves.end[run] * (1 - 1e-9))
            assert 2 < final.sum() < (run >= 0).sum()
            slope, intercept = np.polyfit(np.log(C[final]), np.log(found.curves.N[run[final]]), 1)
            assert draws.params.a[replicate] == pytest.approx(slope, rel=1e-6)
            assert draws.params.log_kN[replicate] == pytest.approx(intercept, rel=1e-6)

    def test_replicate_i_is_the_same_whatever_their_number(self) -> None:
        found = sl.envelope(runs_of(curves()))
        many, few = sl.bootstrap(found, 300, 4), sl.bootstrap(found, 20, 4)
        np.testing.assert_array_equal(many.params.a[:20], few.params.a)

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (
                {"scheme": "pairs"},
                "one that holds for Envelope, got 'pairs', which takes points of one curve for",
            ),
            ({"scheme": "bayesian", "by": "group"}, "got 'bayesian', which leaves every run some weight"),
            ({"scheme": "parametric"}, "got 'parametric', which shifts losses one by one"),
            ({"by": np.arange(540)}, "`by` must be the same all along each run"),
        ],
    )
    def test_schemes_that_do_not_hold(self, words: dict[str, Any], message: str) -> None:
        with pytest.raises(BadInput, match=message):
            sl.bootstrap(sl.envelope(runs_of(curves())), 20, **words)

    def test_jackknife_leaves_whole_runs_out(self) -> None:
        table = curves()
        left_out = sl.jackknife(sl.envelope(runs_of(table), method="hull"))
        assert len(left_out) == 9
        one = sl.envelope(runs_of(table[table.run != "run-0"]), method="hull")
        assert left_out.params.a[0] == pytest.approx(one.N.exponent, rel=1e-9)

    def test_kinds_of_interval_that_do_not_hold(self) -> None:
        draws = sl.bootstrap(sl.envelope(runs_of(curves())), 20)
        with pytest.raises(
            BadInput, match="got 'bca', which needs an estimate that is smooth in the weights"
        ):
            draws.interval("a", kind="bca")
        with pytest.raises(
            BadInput, match="got 'studentized', which needs a standard error of each resample"
        ):
            draws.interval("a", kind="studentized")
        assert draws.kinds == ("percentile", "basic", "normal")

    def test_a_resample_of_one_curve_over_has_its_own_frontier_or_none(self) -> None:
        """Three curves that meet at no FLOP value: resamples of one of them have an envelope of one size."""
        found = sl.envelope(runs_of(curves(sizes=3)), edges=True)
        draws = sl.bootstrap(found, 50)
        assert draws.usable.all()
        assert "0 without a frontier count in no interval" in draws.counts()

    @pytest.mark.parametrize("method", ["lowest", "hull"])
    def test_document_makes_it_again(self, method: str) -> None:
        found = sl.envelope(
            runs_of(scheduled()), method=method, warmup="1B", smoothing=1, points=300, final_only=True
        )
        again = sl.Envelope.restored(json.loads(json.dumps(found.document())))
        assert again.params == found.params
        assert again.identity == found.identity
        assert again.document() == found.document()


def test_falling_hull_of_subsets_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(0, 10, 80))
    y = 5 / (1 + x) + 0.2 * rng.random(80)
    present = rng.random((30, 80)) < 0.4
    mine = falling_hull(x, y, present)
    for subset, corners in zip(present, mine, strict=True):
        cloud = np.column_stack([x[subset], y[subset]])
        above = np.array([[cloud[0, 0], 99.0], [cloud[-1, 0] + 1, 99.0]])
        vertices = ConvexHull(np.vstack([cloud, above])).vertices
        hull = np.sort(vertices[vertices < len(cloud)])
        lowest = cloud[:, 1].argmin()
        np.testing.assert_array_equal(np.flatnonzero(corners), np.flatnonzero(subset)[hull[hull <= lowest]])


class TestBadCurves:
    def test_without_run_names(self) -> None:
        runs = sl.Runs.from_frame(curves(), N="N", D="D", L="L", source="curves")
        with pytest.raises(BadInput, match="curves: curves must be read with the column that names the run"):
            sl.envelope(runs)

    def test_tokens_that_fall(self) -> None:
        table = curves(sizes=2)
        table.loc[7, "D"] = table.loc[5, "D"]
        with pytest.raises(
            BadInput, match="curves, row 8, column 'D': D must rise .* along run 'run-0', got"
        ):
            sl.envelope(runs_of(table))

    def test_a_step_column_that_falls(self) -> None:
        table = curves(sizes=2)
        table.loc[70, "step"] = 3
        with pytest.raises(BadInput, match="curves, row 71, column 'step': step must rise .* got 3 after 9"):
            sl.envelope(runs_of(table, inputs=["step"]))

    def test_a_run_of_two_sizes(self) -> None:
        table = curves(sizes=2)
        table.loc[4, "N"] = 4e7
        with pytest.raises(
            BadInput, match="row 5, column 'N': N must be the same along run 'run-0', got 40M"
        ):
            sl.envelope(runs_of(table))

    def test_one_run_or_runs_of_one_point(self) -> None:
        message = "curves must be at least 2 runs with 2 points or more, got"
        with pytest.raises(BadInput, match=f"{message} 1 of 1"):
            sl.envelope(runs_of(curves(sizes=1)))
        with pytest.raises(BadInput, match=f"{message} 0 of 60"):
            sl.envelope(runs_of(curves(sizes=60, points=1)))

    @pytest.mark.parametrize(
        ("keywords", "message"),
        [
            ({"method": "bins"}, "method must be one of 'lowest', 'hull'"),
            ({"smoothing": -1}, "smoothing must be at least 0"),
            ({"tokens_per_step": 0}, "tokens_per_step must be a positive finite number"),
            ({"warmup": "1e15"}, "at least 2 runs with 2 points or more, got 0 of 9 runs .* cut less"),
            ({"points": 1}, "points must be a whole number of at least 2"),
        ],
    )
    def test_bad_choices(self, keywords: dict[str, object], message: str) -> None:
        with pytest.raises(BadInput, match=message):
            sl.envelope(runs_of(curves()), **keywords)  # type: ignore[arg-type]
