"""Resamples: SciPy from all 4,500 starts finds nothing lower on 20, the whole grid nothing lower on 500.

`python -m pytest -m slow tests/slow/test_bootstrap_against_scipy.py -s` prints how many replicates a single
start, the fit itself, gets wrong.
"""

import jax
import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from rival import Rival
from scalelaw.laws import Chinchilla, chinchilla
from scalelaw.studies.designs import NOISE, TRUTH, few
from scalelaw.uncertainty.plans import plan_of
from scalelaw.uncertainty.refit import Refitter
from surfaces import losses

AGAINST_SCIPY, AGAINST_GRID = 20, 500
NEVER_WORSE = 1e-9
# A single start is wrong where every basin and the grid lead lower by more than this share.
WRONG = 1e-6

pytestmark = pytest.mark.slow


def twenty_runs() -> sl.Runs:
    """A noisy draw of the 20-run design."""
    _, N, D, _ = few()
    noise = NOISE * np.random.default_rng(0).standard_normal(len(N))
    table = pd.DataFrame({"N": N, "D": D, "L": losses(Chinchilla(*TRUTH), N, D) * np.exp(noise)})
    return sl.Runs.from_frame(table, N="N", D="D", L="L", source="20 runs")


@pytest.fixture(scope="module", params=["epoch", "gemstones", "twenty"])
def fit(request: pytest.FixtureRequest) -> sl.Fit:
    if request.param == "twenty":
        return sl.fit(twenty_runs())
    if request.param == "epoch":
        return request.getfixturevalue("epoch_fit")
    return sl.fit(request.getfixturevalue("gemstones_runs"))


def test_the_whole_grid_finds_nothing_lower(fit: sl.Fit, capsys: pytest.CaptureFixture[str]) -> None:
    warm = sl.bootstrap(fit, AGAINST_GRID)
    everywhere = sl.bootstrap(fit, AGAINST_GRID, starts="all")
    lowest = np.minimum(warm.objective, everywhere.objective)
    with capsys.disabled():
        wrong = int(np.count_nonzero(warm.objective > lowest * (1 + WRONG)))
        print(f"\n{fit.runs.source}: {len(fit.basins)} basins, {wrong} of {AGAINST_GRID} replicates wrong")
    assert (everywhere.objective <= lowest * (1 + NEVER_WORSE)).all()


def test_a_single_start_on_every_replicate(fit: sl.Fit, capsys: pytest.CaptureFixture[str]) -> None:
    refitter, plan = Refitter.of(fit), plan_of(fit, 0)
    numbers = np.arange(AGAINST_GRID, dtype=np.uint32)
    single = refitter.solver(
        refitter.setup.problem, np.repeat(refitter.starts[:1], AGAINST_GRID, 0), draw=plan.draw, lanes=numbers
    )
    everywhere = sl.bootstrap(fit, AGAINST_GRID, starts="all")
    wrong = int(np.count_nonzero(single.objective > everywhere.objective * (1 + WRONG)))
    with capsys.disabled():
        print(f"\n{fit.runs.source}: the fit alone as start gets {wrong} of {AGAINST_GRID} replicates wrong")
    assert single.usable.all()


@pytest.mark.parametrize("replicate", range(AGAINST_SCIPY))
def test_scipy_finds_nothing_lower(epoch_fit: sl.Fit, replicate: int) -> None:
    refitter, plan = Refitter.of(epoch_fit), plan_of(epoch_fit, 1)
    draw = refitter(plan.draw, np.array([replicate], np.uint32))
    with jax.enable_x64(True):
        weight = np.asarray(plan.draw(refitter.setup.problem, np.uint32(replicate))[1])
    rival = Rival.of(epoch_fit.runs)
    rival = Rival(rival.log_N, rival.log_D, rival.log_L, weight, rival.delta)
    starts = np.array([rival.theta(Chinchilla(*row)) for row in chinchilla.grid()])
    lowest, theta = min((rival.minimum(start, passes=1) for start in starts), key=lambda end: end[0])
    polished, _ = rival.minimum(theta)
    assert draw.objective[0] <= min(lowest, polished) * (1 + NEVER_WORSE)
