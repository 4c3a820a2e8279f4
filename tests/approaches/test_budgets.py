"""Budgets as they were run: by a column, by name, by the gaps in C; several runs of a size; doubts are said."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.approaches.budgets import budgets_of
from scalelaw.plots._surface import slices
from surfaces import TRUTH, isoflops, losses, normal

SIZES = 9


def drifting(factor: float = 3, drift: float = 1.2, budgets: int = 6) -> pd.DataFrame:
    """Budgets of nine sizes each, whose C rises by `drift` from the smallest size of each to the largest."""
    nominal = np.repeat(1e18 * factor ** np.arange(budgets), SIZES)
    place = np.tile(np.linspace(0, 1, SIZES), budgets)
    C = nominal * drift**place
    N = np.sqrt(nominal / 120) * 16 ** (place - 0.5)
    D = C / (6 * N)
    return pd.DataFrame({"N": N, "D": D, "C": C, "L": losses(TRUTH, N, D), "nominal": nominal})


def runs_of(table: pd.DataFrame, **columns: Any) -> sl.Runs:
    return sl.Runs.from_frame(table, N="N", D="D", C="C", L="L", source="runs", **columns)


@pytest.fixture(scope="module")
def tuned() -> pd.DataFrame:
    """Three learning rates of every run, of which one is best."""
    N, D = (np.repeat(x, 3) for x in isoflops(6, SIZES))
    penalty = np.abs(normal(len(N), 0.02))
    return pd.DataFrame({"N": N, "D": D, "C": 6 * N * D, "L": losses(TRUTH, N, D) * np.exp(penalty)})


class TestFound:
    def test_within_a_tolerance_that_is_reported(self) -> None:
        C = np.array([1e20, 1.01e20, 0.99e20, 3e20, 3.1e20, 9e20])
        found = budgets_of(C, tolerance=0.05)
        np.testing.assert_allclose(found.C, [1e20, 3e20, 9e20])
        assert found.code.tolist() == [0, 0, 0, 1, 1, 2]
        np.testing.assert_allclose(found.spread, [0.01, 1 / 30, 0])
        assert found.words().startswith("3 budgets found within 5 % (runs differ from theirs by up to 3.3 %)")

    def test_by_gaps(self) -> None:
        found = budgets_of(np.array([1e20, 1.01e20, 0.99e20, 3e20, 3.1e20, 9e20]))
        np.testing.assert_allclose(found.C, [1e20, 3e20, 9e20])
        assert found.code.tolist() == [0, 0, 0, 1, 1, 2]
        assert found.words().startswith("3 budgets found by the gaps between them (runs differ")
        assert not found.doubts

    def test_as_given_leave_far_runs_out(self) -> None:
        found = budgets_of(np.array([1e20, 3e20, 2e20]), ["3e20", 1e20], 0.1)
        np.testing.assert_allclose(found.C, [1e20, 3e20])
        assert found.code.tolist() == [0, 1, -1]
        assert found.words().endswith("; 1 runs belong to none")

    def test_are_the_same_for_minima_and_for_the_picture_of_a_fit(self) -> None:
        C = np.repeat([1e20, 3e20, 9e20], 6) * np.tile([1, 1, 1, 1, 1.04, 0.94], 3)
        N = np.tile(np.geomspace(1e8, 1e9, 6), 3)
        found = budgets_of(C, sizes=N)
        drawn = slices(C, N)
        np.testing.assert_allclose(found.C, [each.C for each in drawn])
        for code, each in enumerate(drawn):
            np.testing.assert_array_equal(each.near, found.code == code)

    @pytest.mark.parametrize(("factor", "drift"), [(2, 1.2), (3, 1.2), (3, 1.5), (10, 1.5)])
    @pytest.mark.parametrize("seeds", [1, 3])
    def test_whose_C_drifts_are_as_run(self, factor: float, drift: float, seeds: int) -> None:
        """Also with three seeds of every run, which have one C and are no budget of their own."""
        table = drifting(factor, drift)
        found = budgets_of(np.repeat(table.C, seeds).to_numpy(), sizes=np.repeat(table.N, seeds).to_numpy())
        assert len(found.C) == 6
        np.testing.assert_array_equal(found.code, np.repeat(np.arange(6), SIZES * seeds))
        assert not found.doubts

    def test_runs_of_other_designs_between_them_are_of_none_of_them(self) -> None:
        """The sweep that ships: nine exact budgets among 132 runs at four multiples of each size's N."""
        by_gaps = sl.isoflop(sl.read_dataset("simulated-sweep", budget="none")).budgets
        column = sl.isoflop(sl.read_dataset("simulated-sweep")).budgets
        counts = np.bincount(by_gaps.code)
        np.testing.assert_allclose(by_gaps.C[counts >= 3], column.C, rtol=5e-4)
        np.testing.assert_array_equal((counts >= 3)[by_gaps.code], column.code >= 0)

    @pytest.mark.parametrize("factor", [(3.0, 2.0), (1.7, 2.3)])
    def test_a_grid_has_none_and_says_so(self, factor: tuple[float, float]) -> None:
        N, D = (
            x.ravel() for x in np.meshgrid(1e7 * factor[0] ** np.arange(6), 1e9 * factor[1] ** np.arange(6))
        )
        (doubt,) = budgets_of(6 * N * D, sizes=N).doubts
        assert doubt.startswith("the C of these runs form no clusters with wider gaps between them")
        assert "name the budgets (budgets=[6e18, ...], --budget 6e18 ...)" in doubt
        table = pd.DataFrame({"N": N, "D": D, "C": 6 * N * D, "L": losses(TRUTH, N, D)})
        with pytest.raises(BadInput, match="got 0 of 36 budgets; .*; the C of these runs form no clusters"):
            sl.isoflop(runs_of(table))

    def test_no_random_grid_is_taken_for_budgets(self) -> None:
        rng = np.random.default_rng(5)
        for _ in range(60):
            N, D = (x.ravel() for x in np.meshgrid(*np.exp(rng.uniform(0, 6, (2, 7)))))
            assert budgets_of(6e16 * N * D, sizes=N).doubts

    def test_ambiguous_ones_are_named(self) -> None:
        near = np.repeat([1e18, 1.2e18, 1e19, 1.2e19], 5)
        found = budgets_of(near, sizes=np.tile(np.geomspace(1, 9, 5), 4))
        assert len(found.C) == 4
        assert found.doubts[0].startswith(
            "budgets 1e18 and 1.2e18 lie within 25 % of each other and may be one"
        )
        table = drifting(2, 1.35)
        (doubt,) = budgets_of(table.C.to_numpy(), sizes=table.N.to_numpy()).doubts
        assert doubt.startswith("the gaps between budgets are only 1.3 times as wide as the widest budget")
        table = drifting(2, 1.5)
        (doubt,) = budgets_of(table.C.to_numpy(), sizes=table.N.to_numpy()).doubts
        assert doubt.startswith("the C of these runs form no clusters")

    def test_do_not_depend_on_the_order_of_rows(self) -> None:
        table = drifting()
        shuffled = np.random.default_rng(0).permutation(len(table))
        C, N = table.C.to_numpy()[shuffled], table.N.to_numpy()[shuffled]
        found = budgets_of(C, sizes=N)
        np.testing.assert_array_equal(found.code, np.repeat(np.arange(6), SIZES)[shuffled])
        np.testing.assert_array_equal(found.C, budgets_of(table.C.to_numpy(), sizes=table.N.to_numpy()).C)


class TestColumn:
    @pytest.mark.parametrize("name", ["budget", "Compute Budget", "flop_budget", "isoflop", "target_flops"])
    def test_is_recognised_and_its_text_labels_the_budgets(self, name: str) -> None:
        table = drifting(2, 1.5)
        labels = [f"{C:.0e}" for C in table.nominal]
        found = sl.isoflop(runs_of(table.drop(columns="nominal").assign(**{name: labels})))
        np.testing.assert_allclose(found.budgets.C, [1e18, 2e18, 4e18, 8e18, 2e19, 3e19])
        np.testing.assert_array_equal(found.budgets.code, np.repeat(np.arange(6), SIZES))
        assert found.budgets.words().startswith(
            f"6 budgets of column {name!r} (runs differ from theirs by up to"
        )

    def test_may_be_named_or_left(self) -> None:
        table = drifting(2, 1.5).rename(columns={"nominal": "horizon"})
        assert sl.isoflop(runs_of(table, budget="horizon")).budgets.column == "horizon"
        assert runs_of(table).budget is None
        table = table.rename(columns={"horizon": "budget"})
        assert runs_of(table, budget="none").budget is None
        with pytest.raises(BadInput, match="budget must be a column of runs .*, got 'budgets'; did you mean"):
            runs_of(table, budget="budgets")

    def test_a_run_of_an_empty_cell_is_of_none(self) -> None:
        table = drifting()
        table["budget"] = table.nominal.astype(object).where(table.index != 4, None)
        found = sl.isoflop(runs_of(table)).budgets
        assert found.code[4] == -1
        assert found.words().endswith("; 1 runs belong to none")

    def test_a_cell_that_is_no_number_is_noted_and_refused_where_named(self) -> None:
        table = drifting().assign(budget="small")
        runs = runs_of(table)
        assert runs.budget is None
        assert "column 'budget' is not read as budgets: row 1 says 'small'" in runs.notes
        with pytest.raises(BadInput, match="row 1, column 'budget': budget must be a positive finite number"):
            runs_of(table, budget="budget")
        two = drifting().assign(budget=1e18, isoflop=1e18)
        assert any(
            note.startswith("the columns 'budget', 'isoflop' could all be budgets")
            for note in runs_of(two).notes
        )

    def test_runs_that_are_far_from_theirs_are_said_and_can_be_left_out(self) -> None:
        table = drifting(10).rename(columns={"nominal": "budget"})
        table.loc[3, "budget"] = 1e19
        doubt, _ = sl.isoflop(runs_of(table)).budgets.doubts
        assert doubt.startswith(
            "1 runs have a C more than 1.5 times off their budget of column 'budget', first row 4 (1.0"
        )
        left = sl.isoflop(runs_of(table), tolerance=0.3).budgets
        assert left.code[3] == -1
        assert not any("more than 1.5 times" in doubt for doubt in left.doubts)

    def test_numbers_of_another_unit_only_say_what_belongs_together(self) -> None:
        table = drifting()
        table["budget"] = table.nominal / 1e18
        found = sl.isoflop(runs_of(table)).budgets
        np.testing.assert_allclose(found.C, table.nominal.unique() * np.sqrt(1.2))
        assert found.doubts[:1] == (
            "the numbers of column 'budget' are not the runs' C in FLOP: the budgets are theirs in the mean",
        )

    def test_of_a_single_budget_is_refused_with_the_way_out(self) -> None:
        table = drifting().assign(budget=1e20)
        with pytest.raises(BadInput, match="got 1 .1 budgets of column 'budget'.*; .* --budget none"):
            sl.isoflop(runs_of(table))

    def test_is_no_budget_of_another_count_of_N(self) -> None:
        table = drifting().rename(columns={"nominal": "budget"})
        recounted = sl.recount(runs_of(table), "non-embedding", omega=100)
        assert recounted.budget is None
        assert "budget" not in recounted.columns

    def test_document_makes_it_again(self) -> None:
        table = drifting()
        table["budget"] = table.nominal.astype(object).where(table.index != 4, None)
        for runs, words in ((runs_of(table), {"best_per_size": True}), (runs_of(table, budget="none"), {})):
            found = sl.isoflop(runs, method="parabola", **words)
            again = sl.IsoFLOP.restored(json.loads(json.dumps(found.document())))
            assert again.document() == found.document()
            assert again.budgets.lines() == found.budgets.lines()
            assert again.params == found.params


@pytest.mark.parametrize("drift", [1.2, 1 / 1.2])
def test_a_drift_shifts_N_which_is_said_and_taken_off(drift: float) -> None:
    """Six budgets, C up or down by 20 % from the smallest to the largest size of each, without noise."""
    runs = runs_of(drifting(drift=drift).drop(columns="nominal"))
    found = sl.isoflop(runs)
    exact = TRUTH.beta / (TRUTH.alpha + TRUTH.beta)
    assert len(found.budgets.C) == found.N.points == 6
    assert found.N.exponent == pytest.approx(exact, abs=1e-3)
    assert found.budgets.doubts[0].startswith("C differs within budgets by up to")
    fit = sl.fit(runs, starts="projected")
    best = sl.allocate(fit, C=1e22).N
    assert 0.05 < abs(found.N.at(1e22) / best - 1) < 0.15
    corrected = found.corrected(fit)
    assert corrected.N.exponent == pytest.approx(exact, abs=1e-7)
    assert corrected.N.at(1e22) == pytest.approx(best, rel=1e-6)


class TestSeveralRunsOfOneSize:
    def test_are_said(self, tuned: pd.DataFrame) -> None:
        found = sl.isoflop(runs_of(tuned))
        assert found.budgets.repeated == (54, 162)
        assert (
            "several runs of one size at one budget: 54 sizes, 162 runs in all, each of which counts"
            in str(found)
        )
        assert "several runs" not in str(sl.isoflop(runs_of(tuned[::3])))

    def test_only_the_best_of_each_is_used_when_told(self, tuned: pd.DataFrame) -> None:
        found = sl.isoflop(runs_of(tuned), best_per_size=True)
        best = tuned.loc[tuned.groupby(["C", "N"])["L"].idxmin()]
        alone = sl.isoflop(runs_of(best))
        assert found.plain.a == pytest.approx(alone.plain.a, rel=1e-9)
        assert found.noise == pytest.approx(alone.noise, rel=1e-9)
        assert found.budgets.beaten == 108
        assert "of each only the lowest loss is used, and 108 runs are left out" in str(found)
        draws = sl.bootstrap(found, 20, scheme="stratified")
        np.testing.assert_allclose(draws.estimate("a"), alone.plain.a, rtol=1e-9)
