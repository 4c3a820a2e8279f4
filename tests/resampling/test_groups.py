"""Few groups and runs that stand alone: refused, warned of, drawn together; wherever an estimator is resampled."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scalelaw as sl
from commands import run
from scalelaw import BadInput
from scalelaw.fitting.refits import draw_samples
from scalelaw.resampling.resampler import Resampler
from scalelaw.resampling.schemes import SCHEMES
from scalelaw.runs.groups import pool_singles
from surfaces import losses, normal

WHOLE = [name for name, scheme in SCHEMES.items() if scheme.groups != "never" and scheme.whole]
COMMANDS = {
    "fit": "fit {fit} --bootstrap 20 --scheme cluster --by family",
    "predict": "predict {fit} --at N=1B,D=20B --bootstrap 20 --scheme cluster --by family",
    "allocate": "allocate {fit} --flops 1e21 --bootstrap 20 --scheme cluster --by family",
    "report": "report {fit} --bootstrap 20 --scheme cluster --by family -o {out}/report.html",
    "bootstrap": "bootstrap {fit} --replicates 20 --scheme cluster --by family --out {out}",
    "coverage": "coverage {fit} --datasets 2 --replicates 20 --scheme cluster --by family",
    "compare": "compare {curves} --group family --starts projected --replicates 100",
}


def labels(groups: int) -> np.ndarray:
    return np.arange(48) % groups


@pytest.fixture(scope="module")
def files(small_fit: sl.Fit, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A fit of runs in five families, and five training curves."""
    folder = tmp_path_factory.mktemp("files")
    frame = small_fit.runs.to_frame().assign(family=labels(5))
    sl.fit(sl.Runs.from_frame(frame, group="family"), starts="projected").save(folder / "fit.json")
    N, D = np.repeat(np.geomspace(1e8, 1e10, 5), 10), np.tile(np.geomspace(1e9, 1e11, 10), 5)
    L = losses(small_fit.params, N, D) * np.exp(normal(50, 0.01))
    rows = zip(np.arange(50) // 10, N, D, L, strict=True)
    text = "family,params,tokens,loss\n" + "".join(f"{f},{n!r},{d!r},{x!r}\n" for f, n, d, x in rows)
    (folder / "curves.csv").write_text(text.replace("np.float64(", "").replace(")", ""))
    return {"fit": folder / "fit.json", "curves": folder / "curves.csv"}


@pytest.mark.parametrize("scheme", WHOLE)
def test_no_more_groups_than_parameters_are_refused_by_every_scheme(small_fit: sl.Fit, scheme: str) -> None:
    with pytest.raises(BadInput, match="groups must be more than the 5 fitted parameters .*, got 5"):
        Resampler.of(small_fit, scheme=scheme, by=labels(5))


@pytest.mark.parametrize("command", COMMANDS)
def test_no_more_groups_than_parameters_are_refused_by_every_command(
    command: str, files: dict[str, Path], tmp_path: Path
) -> None:
    code, sentence = run(*COMMANDS[command].format(**files, out=tmp_path).split())
    assert code == 2
    assert "groups must be more than the 5 fitted parameters to be drawn or left out whole, got 5" in sentence


def test_every_estimator_has_its_own_number(small_fit: sl.Fit, files: dict[str, Path]) -> None:
    profiles = sl.isoflop(small_fit.runs)
    with pytest.raises(BadInput, match="more than the 6 fitted parameters"):
        Resampler.of(profiles, scheme="cluster", by=labels(6))
    curves = sl.envelope(sl.read_runs(files["curves"], group="family"))
    assert Resampler.of(curves).warnings(curves)
    runs = curves.runs.taken(np.flatnonzero(np.asarray(curves.runs.group) < 2))
    with pytest.raises(BadInput, match="more than the 2 fitted parameters"):
        Resampler.of(sl.envelope(runs, edges=True))


def test_fewer_than_ten_are_warned_of(small_fit: sl.Fit) -> None:
    for groups, few in ((9, True), (10, False)):
        draws = sl.bootstrap(small_fit, 20, scheme="cluster", by=labels(groups))
        said = f"{groups} groups are few: intervals over fewer than 10 tend to be too narrow"
        assert draws.warnings == ((said,) if few else ())
        assert (f"warning: {said}" in str(draws)) == few
        assert draws.summary()["warnings"] == list(draws.warnings)
    assert sl.bootstrap(small_fit, 20).warnings == ()
    assert sl.bootstrap(small_fit, 20, scheme="stratified", by="C").warnings == ()


def test_groups_without_weight_do_not_count(small_fit: sl.Fit) -> None:
    frame = small_fit.runs.to_frame().assign(w=np.where(labels(12) < 5, 1.0, 0.0))
    fit = sl.fit(sl.Runs.from_frame(frame, weight="w"), starts="projected")
    with pytest.raises(BadInput, match="got 5"):
        Resampler.of(fit, scheme="cluster", by=labels(12)[labels(12) < 5])


@given(st.lists(st.integers(0, 9), min_size=2, max_size=40))
def test_runs_that_are_alone_are_one_stratum(drawn: list[int]) -> None:
    codes = np.unique(drawn, return_inverse=True)[1]
    pooled = pool_singles(codes)
    sizes = np.bincount(codes)
    assert (np.bincount(pooled) > 1).all()
    for code in np.flatnonzero(sizes > 1):
        assert len(set(pooled[codes == code])) == 1
    alone = sizes[codes] == 1
    assert len(set(pooled[alone])) <= 1
    assert len(set(pooled)) == np.count_nonzero(sizes > 1) + (np.count_nonzero(alone) > 1)
    np.testing.assert_array_equal(pool_singles(pooled), pooled)


def test_every_run_varies_within_strata(small_fit: sl.Fit) -> None:
    resampler = Resampler.of(small_fit, scheme="stratified", by=np.maximum(np.arange(48) - 20, 0))
    replicates = np.arange(40, dtype=np.uint32)
    drawn = draw_samples(small_fit.sample, resampler.draw(small_fit), replicates, at_once=40)
    assert (drawn.weight.std(axis=0) > 0).all()
    assert resampler.words(small_fit) == "runs drawn with replacement within 2 strata (seed 0)"
