"""The real sweep that ships: what its card says is what is in it, and what the approaches make of it."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from sweep.card import card

DATA = files("scalelaw.data")
SEEN = ("isoflop", "horizon", "seed")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(sl.dataset_path("sweep"), dtype={"budget": str})


@pytest.fixture(scope="module")
def fit() -> sl.Fit:
    return sl.fit(sl.read_dataset("sweep"), starts="projected")


def test_its_card_is_that_of_its_runs(table: pd.DataFrame) -> None:
    written = (DATA / "sweep.md").read_text(encoding="utf-8")
    versions = dict(pair.split() for pair in written.split("Versions: ")[1].split(".\n")[0].split(", "))
    assert card(table, 197, versions) == written


def test_compute_is_exactly_six_n_d(table: pd.DataFrame) -> None:
    assert (table["flops"] == 6 * table["params"] * table["tokens"]).all()
    assert (table["flops_exact"] > 0).all()
    blocks = 12 * table["layers"] * table["width"] ** 2
    assert (table["params_non_embedding"] == blocks).all()
    assert (table["params"] == blocks + 256 * table["width"]).all()


def test_every_profile_brackets_its_best_size(table: pd.DataFrame) -> None:
    profiles = table[table["role"] == "isoflop"].sort_values("params").groupby("budget")
    assert len(profiles) == 10
    for _, runs in profiles:
        assert len(runs) == 8
        assert 0 < int(np.argmin(runs["loss"])) < 7


def test_every_curve_ends_where_its_run_does(table: pd.DataFrame) -> None:
    curves = pd.read_csv(sl.dataset_path("sweep-curves"))
    ends = curves.groupby("run_id").last()
    runs = table.set_index("run_id").loc[ends.index]
    assert (ends["tokens"] == runs["tokens"]).all()
    np.testing.assert_array_equal(ends["loss"], runs["last_train_loss"])


def test_larger_runs_are_in_no_set_to_fit() -> None:
    largest = max(sl.read_dataset(name).C.max() for name in ("sweep", "sweep-all", "sweep-curves"))
    larger = sl.read_dataset("sweep-heldout")
    assert len(larger) == 5
    assert larger.C.min() > 4 * largest


def test_three_approaches_agree_on_the_exponent(fit: sl.Fit) -> None:
    curves = sl.envelope(sl.read_dataset("sweep-curves"))
    profiles = sl.isoflop(fit.runs)
    assert curves.frontier.a == pytest.approx(0.4315, abs=1e-3)
    assert profiles.plain.a == pytest.approx(0.4473, abs=1e-3)
    assert fit.derived["a"][0] == pytest.approx(0.5262, abs=1e-3)
    assert fit.certificate.trusted


@pytest.mark.slow
def test_from_its_smallest_runs_on_no_irreducible_loss_is_determined() -> None:
    everything = sl.fit(sl.read_dataset("sweep-all"), starts="projected")
    assert not everything.certificate.trusted
    assert everything.certificate.at_limit == ("E",)
    assert any(each.startswith("E is held at 0") for each in everything.certificate.warnings)


def test_larger_runs_fall_into_their_intervals(fit: sl.Fit) -> None:
    held = sl.held_out(sl.bootstrap(fit, 1000), sl.read_dataset("sweep-heldout"))
    np.testing.assert_allclose(100 * held.errors, [1.22, 1.73, 2.08, 0.52, 1.95], atol=0.01)
    assert held.inside.all()
