"""A text of chance instead of the corpus, and runs that take a fraction of a second."""

from pathlib import Path

import numpy as np
import pytest

SWEEP = Path(__file__).parents[2] / "benchmarks" / "sweep"
collect_ignore_glob = [] if SWEEP.exists() else ["test_*.py"]


@pytest.fixture(scope="session")
def text():
    """100,000 bytes whose next one depends on the last: there is something to learn."""
    generator = np.random.default_rng(0)
    return np.cumsum(generator.integers(0, 3, 100_000)).astype(np.uint8) % 64


@pytest.fixture(scope="session")
def windows(text):
    """The text's windows, trained on and held out."""
    from sweep.model import CONTEXT

    cut = np.lib.stride_tricks.sliding_window_view(text, CONTEXT + 1)[::CONTEXT]
    return cut[128:], cut[:128]


@pytest.fixture(scope="session")
def tiny():
    """Four runs of one model: two seeds, two lengths."""
    from sweep.plan import Run

    return [Run("isoflop", 1e7, 1, 8, steps, 4, seed=seed) for steps in (12, 24) for seed in (0, 1)]
