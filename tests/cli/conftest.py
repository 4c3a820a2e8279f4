"""What tests of several commands read."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surfaces import TRUTH, isoflops, losses, normal


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six budgets of eight sizes with a little noise."""
    N, D = isoflops(6, 8)
    path = tmp_path_factory.mktemp("table") / "runs.csv"
    L = losses(TRUTH, N, D) * np.exp(normal(len(N), 0.005))
    pd.DataFrame({"params": N, "tokens": D, "loss": L}).to_csv(path, index=False)
    return path
