"""The fit whose studies these tests look at."""

import pytest

import scalelaw as sl
from surfaces import isoflops, normal, sweep


@pytest.fixture(scope="session")
def small_fit() -> sl.Fit:
    """48 runs at 6 budgets, 1 % noise."""
    N, D = isoflops(6, 8)
    return sl.fit(sweep(N, D, noise=normal(len(N), 0.01)), starts="projected")
