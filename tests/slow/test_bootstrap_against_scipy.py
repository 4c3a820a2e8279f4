"""Resamples: SciPy from all 4,500 starts finds nothing lower on 20, the whole grid nothing on hundreds.

`python -m pytest -m "slow or exhaustive" tests/slow/test_bootstrap_against_scipy.py -s` prints how many
replicates a single start, the fit itself, gets wrong.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from marks import guarded_by
from problem import load
from scalelaw.laws import Chinchilla
from scalelaw.resampling.resampler import Resampler
from scalelaw.simulation.designs import NOISE, TRUTH, few
from scipy_everywhere import REPLICATES, replicate
from surfaces import losses

AGAINST_GRID = {"epoch": 500, "twenty": 500, "gemstones": 100}
NEVER_WORSE = 1e-9
# A single start is wrong where every basin and the grid lead lower by more than this share.
WRONG = 1e-6


def twenty_runs() -> sl.Runs:
    """A noisy draw of the 20-run design."""
    _, N, D, _ = few()
    noise = NOISE * np.random.default_rng(0).standard_normal(len(N))
    table = pd.DataFrame({"N": N, "D": D, "L": losses(Chinchilla(*TRUTH), N, D) * np.exp(noise)})
    return sl.Runs.from_frame(table, N="N", D="D", L="L", source="20 runs")


class Case(NamedTuple):
    """A fit, and its resamples from the whole grid."""

    fit: sl.Fit
    everywhere: sl.Draws


@pytest.fixture(scope="module", params=guarded_by(1, AGAINST_GRID))
def case(request: pytest.FixtureRequest) -> Case:
    runs = {"twenty": twenty_runs, "epoch": "epoch_runs", "gemstones": "gemstones_runs"}[request.param]
    fit = sl.fit(request.getfixturevalue(runs) if isinstance(runs, str) else runs())
    return Case(fit, sl.bootstrap(fit, AGAINST_GRID[request.param], starts="all"))


def test_the_whole_grid_finds_nothing_lower(case: Case) -> None:
    warm = sl.bootstrap(case.fit, len(case.everywhere))
    assert (warm.objective <= case.everywhere.objective * (1 + NEVER_WORSE)).all()


def test_what_a_single_start_gets_wrong(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    """How often it ends in the wrong basin, or comes to no rest, is printed.

    A rare draw of 20 runs determines no fit: its lane still descends along a valley without end, and is no
    worse there than the lanes of the whole grid.
    """
    refitter, count = case.fit.refitter(), len(case.everywhere)
    single = refitter.solver(
        refitter.setup.problem,
        np.repeat(refitter.starts[:1], count, axis=0),
        draw=Resampler.of(case.fit).draw(case.fit),
        lanes=np.arange(count, dtype=np.uint32),
    )
    wrong = int(np.count_nonzero(single.objective > case.everywhere.objective * (1 + WRONG)))
    with capsys.disabled():
        basins = len(case.fit.basins)
        lost = int(np.count_nonzero(~single.usable))
        print(
            f"\n{case.fit.runs.source}: {basins} basins; "
            f"a single start gets {wrong} of {count} wrong, and {lost} do not converge"
        )
    assert wrong <= count // 100


@pytest.mark.parametrize("index", guarded_by(2, range(REPLICATES)))
def test_scipy_finds_nothing_lower(epoch_fit: sl.Fit, shared_data: Path, index: int) -> None:
    found = replicate(index, epoch_fit, load(shared_data / "chinchilla_epoch.csv"))
    assert found["ours"] <= found["scipy"] * (1 + NEVER_WORSE)
