"""The simulated sweep that ships: its bytes are the script's, its design and noise are as its card says."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

ROOT = Path(__file__).parents[1]
DATA = ROOT / "src" / "scalelaw" / "data"
SCRIPT = ROOT / "benchmarks" / "simulate_sweep.py"

# Hoffmann et al. 2022: the 50 sizes of Table A9 in millions of parameters, and the 9 IsoFLOP budgets.
TABLE_A9 = {
    *(44, 57, 74, 90, 106, 117, 140, 163, 175, 196, 217, 251, 278, 306, 425, 489, 509, 552, 587, 632),
    *(664, 724, 816, 893, 1018, 1143, 1266, 1424, 1429, 1593, 1609, 1731, 1794, 2007, 2283, 2298, 2639),
    *(2980, 3530, 3802, 4084, 4516, 6796, 9293, 11452, 12295, 12569, 13735, 14940, 16183),
}
BUDGETS = [6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21]


def law(N, D):
    """Besiroglu et al. 2024, exact optimum on their 240 runs."""
    return 1.817218099 + 477.825868 / N**0.347310499 + 2143.41736 / D**0.367172433


@pytest.fixture(scope="module")
def sweep():
    return pd.read_csv(DATA / "simulated_sweep.csv")


@pytest.fixture(scope="module")
def isoflop(sweep):
    return sweep[sweep["kind"] == "isoflop"]


@pytest.mark.skipif(not SCRIPT.exists(), reason="benchmarks are not part of this copy")
@pytest.mark.parametrize("name", ["simulated_sweep.csv", "simulated_sweep.md"])
def test_script_writes_the_committed_bytes(tmp_path, name):
    subprocess.run([sys.executable, str(SCRIPT), str(tmp_path)], check=True)
    assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_starts_with_the_header_and_counts(sweep):
    assert list(sweep.columns) == ["run_id", "kind", "budget", "params", "tokens", "flops", "loss"]
    assert sweep["kind"].value_counts().to_dict() == {"horizon": 132, "isoflop": 108}
    assert sweep["run_id"].is_unique


def test_only_published_sizes():
    table = pd.read_csv(DATA / "simulated_sweep.csv", dtype=str)
    assert len(TABLE_A9) == 50
    assert {int(size) for size in table["params"]} <= {size * 1_000_000 for size in TABLE_A9}


def test_flops_are_exactly_six_n_d():
    table = pd.read_csv(DATA / "simulated_sweep.csv", dtype=str)
    for row in table.itertuples():
        assert Decimal(row.flops) == 6 * int(row.params) * int(row.tokens)


def test_nine_budgets_twelve_sizes_each(isoflop):
    counts = isoflop.groupby("budget").size()
    assert counts.index.tolist() == BUDGETS
    assert (counts == 12).all()
    # A token count rounded to whole millions moves the smallest run, 1.1e9 tokens, by less than 0.05 %.
    np.testing.assert_allclose(isoflop["flops"], isoflop["budget"], rtol=5e-4)


@pytest.mark.parametrize("budget", BUDGETS)
def test_sizes_bracket_the_optimum(isoflop, budget):
    sizes = isoflop.loc[isoflop["budget"] == budget, "params"].to_numpy(float)
    on_budget = law(sizes, budget / (6 * sizes))
    assert 2 <= np.argmin(on_budget) <= len(sizes) - 3


def test_horizons_span_sixteen_fold(sweep):
    horizon = sweep[sweep["kind"] == "horizon"]
    assert horizon["budget"].isna().all()
    tokens = horizon.groupby("params")["tokens"].agg(["size", "min", "max"])
    assert len(tokens) == 33
    assert (tokens["size"] == 4).all()
    assert tokens.index[0] == 74_000_000
    assert tokens.index[-1] == 9_293_000_000
    np.testing.assert_allclose(tokens["max"] / tokens["min"], 16, rtol=1e-12)


def test_noise_is_student_t_of_the_stated_scale(sweep):
    residual = np.log(sweep["loss"] / law(sweep["params"].astype(float), sweep["tokens"].astype(float)))
    stated = stats.t(df=4, scale=0.004 / np.sqrt(2))
    assert stated.std() == pytest.approx(0.004, rel=1e-12)
    assert stats.kstest(residual, stated.cdf).pvalue > 0.05
    # The median of |t| has a sampling error of 8 % at 240 runs.
    assert np.median(np.abs(residual)) == pytest.approx(stated.ppf(0.75), rel=0.16)


def test_card_says_simulated_first():
    card = (DATA / "simulated_sweep.md").read_text(encoding="utf-8")
    assert card.startswith("SIMULATED data:")
    for fact in ("seed 2022", "arXiv:2404.10102", "deviation of 0.004", "CC0-1.0", "240 runs"):
        assert fact in card
