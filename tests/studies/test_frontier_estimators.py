"""Envelopes and IsoFLOP profiles on disk: draws and studies come back with every kind of interval they had."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw.studies.estimators import load_estimator, text_of
from surfaces import TRUTH, isoflops, losses, normal, sweep


@pytest.fixture(scope="module")
def isoflop() -> sl.IsoFLOP:
    N, D = isoflops(5, 8)
    return sl.isoflop(sweep(N, D, noise=normal(len(N), 0.002)), method="cubic")


@pytest.fixture(scope="module")
def envelope() -> sl.Envelope:
    N = np.repeat(np.geomspace(3e7, 3e9, 6), 30)
    D = N * np.tile(np.geomspace(1, 300, 30), 6)
    table = pd.DataFrame({"N": N, "D": D, "L": losses(TRUTH, N, D), "run": np.repeat(np.arange(6), 30)})
    return sl.envelope(sl.Runs.from_frame(table, N="N", D="D", L="L", group="run"))


@pytest.mark.parametrize("name", ["isoflop", "envelope"])
def test_draws_come_back_with_their_kinds_of_interval(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    draws = sl.bootstrap(request.getfixturevalue(name), 30)
    sl.save_draws(draws, tmp_path / "draws.parquet")
    back = sl.load_draws(tmp_path / "draws.parquet")
    pd.testing.assert_frame_equal(back.to_frame(), draws.to_frame(), check_exact=True)
    assert back.counts() == draws.counts()
    assert back.kinds == draws.kinds == ("percentile", "basic", "normal", *["bca"][: name == "isoflop"])
    best = sl.frontier_quantity("N", C=1e24)
    for kind in draws.kinds:
        assert back.interval(best, kind=kind) == draws.interval(best, kind=kind)


@pytest.mark.parametrize("name", ["isoflop", "envelope"])
def test_a_study_has_the_draws_of_one_bootstrap(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    found = request.getfixturevalue(name)
    study = sl.study(found, 30, tmp_path, chunk=16)
    pd.testing.assert_frame_equal(
        study.draws().to_frame(), sl.bootstrap(found, 30).to_frame(), check_exact=True
    )
    assert len(sl.load_draws(tmp_path)) == 30


@pytest.mark.parametrize("name", ["isoflop", "envelope"])
def test_an_estimator_comes_back(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    found = request.getfixturevalue(name)
    (tmp_path / "found.json").write_text(text_of(found), encoding="utf-8")
    back = load_estimator(tmp_path / "found.json")
    assert back.params == found.params
    assert json.dumps(back.document()) == json.dumps(found.document())
