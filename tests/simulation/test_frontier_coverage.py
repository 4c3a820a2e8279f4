"""Coverage of Approaches 1 and 2: against tables, estimates and bootstraps one by one, and its truth."""

from functools import partial

import numpy as np
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.simulation.designs import draw_noise
from scalelaw.simulation.frontiers import default_quantities, name_of, optimum
from scalelaw.simulation.simulator import seeds_of
from surfaces import TRUTH, isoflops, sweep

SETS, REPLICATES, SIZE = 4, 30, 0.003
CELL = sl.Cell("parametric")


@pytest.fixture(scope="module")
def truth() -> sl.Fit:
    return sl.fit(sweep(*isoflops(5, 7)), starts="projected")


def test_is_a_loop_over_tables_of_their_own(truth: sl.Fit) -> None:
    make = partial(sl.isoflop, method="parabola")
    found = sl.frontier_coverage(
        make, truth, CELL, datasets=SETS, replicates=REPLICATES, size=SIZE, level=0.8, seed=3
    )
    N, D = isoflops(5, 7)
    held, widths = [], []
    for number in range(SETS):
        only = np.array([number])
        runs = sweep(N, D, truth.params, SIZE * draw_noise("gaussian", np.arange(35), only, 3)[0])
        draws = sl.bootstrap(make(runs), REPLICATES, int(seeds_of(only, 3)[0]))
        low, high = draws.interval("a", level=0.8)
        held.append(low <= TRUTH.beta / (TRUTH.alpha + TRUTH.beta) <= high)
        widths.append(high - low)
    row = found.table.set_index("of").loc["a"]
    assert row.covered == pytest.approx(np.mean(held))
    assert row.width == pytest.approx(np.median(widths), rel=1e-6)
    assert found.failed == 0


def test_the_truth_is_the_optimum_of_the_law(truth: sl.Fit) -> None:
    quantities = (
        *default_quantities(truth.runs),
        sl.frontier_quantity("D", C=1e24),
        sl.frontier_quantity("L", C=1e24),
    )
    a, _, far, D, L = optimum(truth, quantities)
    most = float(np.max(truth.runs.inputs(("C",))["C"]))
    assert [name_of(each) for each in quantities][:2] == ["a", f"N* at {most:.3g}"]
    assert a == pytest.approx(TRUTH.beta / (TRUTH.alpha + TRUTH.beta), rel=1e-9)
    assert far == pytest.approx(float(sl.allocate(truth, C=10 * most).N), rel=1e-9)
    best = sl.allocate(truth, C=1e24)
    assert (D, L) == (pytest.approx(float(best.D), rel=1e-9), pytest.approx(float(best.L), rel=1e-9))


def test_data_sets_without_an_answer_are_failed_and_not_covered(truth: sl.Fit) -> None:
    """Noise far above the curvature: few profiles have a minimum between their sizes."""
    found = sl.frontier_coverage(
        sl.isoflop, truth, CELL, of=[sl.frontier_quantity("a")], datasets=6, replicates=10, size=3.0
    )
    assert 0 < found.failed <= 6
    assert found.table.covered.item() <= 1 - found.failed / 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"cell": sl.Cell("wild")}, "scheme must be one that holds for IsoFLOP, got 'wild'"),
        ({"kinds": ("studentized",)}, "kind must be one that holds for IsoFLOP, got 'studentized'"),
        ({"kinds": ("exact",)}, "kind must be one of"),
        ({"datasets": 1}, "datasets must be a whole number of at least 2"),
        ({"cell": sl.Cell("parametric", "pink")}, "noise must be one of"),
    ],
)
def test_refused_in_a_sentence(truth: sl.Fit, words: dict[str, object], message: str) -> None:
    keywords: dict[str, object] = {"cell": CELL, "datasets": 2, "replicates": 2, **words}
    with pytest.raises(BadInput, match=message):
        sl.frontier_coverage(sl.isoflop, truth, **keywords)  # type: ignore[arg-type]


def test_noise_that_few_runs_say_widens_intervals() -> None:
    """Drawn by its chi-square distribution: percentiles are those of Student's t (Cox & Hinkley 1974)."""
    runs = sweep(*isoflops(2, 6), noise=0.001 * np.random.default_rng(0).standard_normal(12))
    found = sl.isoflop(runs, method="parabola")
    assert found.degrees == 6
    known = sl.isoflop(runs, method="parabola", noise=found.noise)
    assert known.degrees is None
    wide, narrow = (sl.bootstrap(each, 20_000).interval("a") for each in (found, known))
    ratio = (wide.high - wide.low) / (narrow.high - narrow.low)
    assert ratio == pytest.approx(2.4469 / 1.9600, rel=0.04)


@pytest.mark.slow
def test_the_default_covers() -> None:
    """500 tables of 9 budgets x 8 sizes within a factor 4, .2 % noise; Monte-Carlo error 1 %."""
    law = sl.published["hoffmann2022_A3_rounded"]
    C = np.repeat(np.geomspace(6e18, 3e21, 9), 8)
    N = np.asarray(sl.optimal(law.law, law.params, C).N) * np.tile(np.geomspace(0.25, 4, 8), 9)
    truth = sl.fit(sweep(N, C / 6 / N, law.params), starts="projected")
    found = sl.frontier_coverage(sl.isoflop, truth, CELL, datasets=500, replicates=199, size=0.002)
    assert found.table.covered.between(0.92, 0.98).all()
