"""Two hundred random surfaces: no start of SciPy's L-BFGS-B may end below our winner.

Surfaces, designs (isoFLOP grids, random, horizons), sizes and noise are drawn by the seed that names the
test. SciPy gets exact gradients, centred logs and our own answer as one of its starts; on one surface in
fifty it walks from all 4,500 starts of the grid, elsewhere from 64 of them.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

import scalelaw as sl
from marks import guarded_by
from rival import Rival
from scalelaw.laws import Chinchilla, chinchilla
from surfaces import horizons, isoflops, normal, spread, sweep

SURFACES = 200
SAMPLED, EVERYWHERE = 50, 64
# Few sizes, as each is a compilation: 20 to 2,000 runs as (rows, columns) of a grid.
SHAPES = ((4, 5), (6, 8), (10, 10), (12, 20), (20, 30), (40, 50))
NOISES = (0.0, 0.003, 0.01, 0.03)
# Relative. Worst of the first 45 surfaces 5e-14: rounding of the sum.
NEVER_WORSE = 1e-9


class Case(NamedTuple):
    """A surface and the runs on it."""

    truth: Chinchilla
    design: str
    noise: float
    runs: sl.Runs


@cache
def case(seed: int) -> Case:
    """The seed's surface: each term of N and D is 0.1 to 2 nats at the middle of the design."""
    rng = np.random.default_rng(seed)
    rows, columns = SHAPES[rng.integers(len(SHAPES))]
    design = str(rng.choice(["isoflop", "random", "horizon"]))
    N, D = {
        "isoflop": lambda: isoflops(rows, columns),
        "random": lambda: spread(rows * columns, seed),
        "horizon": lambda: horizons(rows, columns),
    }[design]()
    alpha, beta = rng.uniform(0.15, 0.8, 2)
    a, b = np.exp(rng.uniform(np.log(0.1), np.log(2), 2))
    E = np.exp(rng.uniform(np.log(0.5), np.log(3)))
    middle_N, middle_D = np.exp(np.mean(np.log(N))), np.exp(np.mean(np.log(D)))
    truth = Chinchilla(E, a * middle_N**alpha, b * middle_D**beta, alpha, beta)
    noise = NOISES[seed % len(NOISES)]
    return Case(truth, design, noise, sweep(N, D, truth, normal(len(N), noise, seed)))


def rounding(runs: sl.Runs) -> float:
    """The objective when every log residual is eight units in the last place: what noise-free fits differ by."""
    unit = np.finfo(float).eps * max(1, np.abs(np.log(runs.L)).max())
    return float(len(runs) * (8 * unit) ** 2 / 2)


def scipys_best(runs: sl.Runs, ours: Chinchilla, seed: int) -> float:
    """The lowest objective that SciPy finds, from the grid and from our answer."""
    rival = Rival.of(runs)
    grid = chinchilla.grid()
    if seed % SAMPLED:
        grid = grid[np.random.default_rng(seed).choice(len(grid), EVERYWHERE, replace=False)]
    starts = np.array([rival.theta(Chinchilla(*row)) for row in grid])
    from_grid, theta = min((rival.minimum(start, passes=1) for start in starts), key=lambda end: end[0])
    polished, _ = rival.minimum(theta)
    near, _ = rival.minimum(rival.theta(ours))
    return min(from_grid, polished, near)


# Surface 0 comes last: 2,000 runs, from all 4,500 starts.
@pytest.mark.parametrize("seed", guarded_by(12, (*range(1, SURFACES), 0)))
def test_scipy_finds_nothing_lower(seed: int) -> None:
    runs = case(seed).runs
    grid, projected = sl.fit(runs), sl.fit(runs, starts="projected")
    best = scipys_best(runs, min(grid, projected, key=lambda fit: fit.objective).params, seed)
    allowed = max(best * (1 + NEVER_WORSE), rounding(runs))
    assert grid.objective <= allowed, (case(seed).design, len(runs), grid.objective / best - 1)
    assert projected.objective <= allowed, (case(seed).design, len(runs), projected.objective / best - 1)


@pytest.mark.parametrize("seed", guarded_by(12, range(0, SURFACES, len(NOISES))))
def test_a_surface_without_noise_is_found_again(seed: int) -> None:
    """Worst of a dozen 9e-15."""
    truth, _, noise, runs = case(seed)
    assert noise == 0
    np.testing.assert_allclose(sl.fit(runs, starts="projected").params, truth, rtol=1e-11)
