"""Files that were edited or cut after they were saved: refused in a sentence, or the same fit; no traceback."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scalelaw as sl
from edits import counts, outcomes, unsigned
from scalelaw import BadInput


@pytest.fixture(scope="module")
def written(small_fit: sl.Fit, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("saved") / "fit.json"
    small_fit.save(path)
    return path.read_text(encoding="utf-8")


@counts
def test_a_fit_is_refused_or_the_same(small_fit: sl.Fit, written: str, tmp_path: Path, count: int) -> None:
    found = outcomes(tmp_path / "fit.json", sl.Fit.load, written, count)
    loaded = [fit for fit in found if fit is not None]
    assert len(loaded) < count / 3  # those whose fields only changed places, or whose checksum went
    assert all(fit.document() == small_fit.document() for fit in loaded)


@counts
def test_a_fit_without_checksum_is_refused_or_sound(written: str, tmp_path: Path, count: int) -> None:
    """As older versions wrote it: an edit within what a fit may be goes unseen, one beyond does not."""
    found = outcomes(tmp_path / "fit.json", sl.Fit.load, unsigned(written), count)
    loaded = [fit for fit in found if fit is not None]
    assert 0 < len(loaded) < count
    for fit in loaded:
        runs = len(fit.runs)
        assert fit.residuals.shape == fit.runs.L.shape == fit.runs.rows.shape == (runs,)
        assert fit.covariance.shape == (len(fit.params),) * 2
        assert np.isfinite(fit.params).all() or not fit.certificate.trusted
        assert len(fit.to_frame()) == len(fit.names)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("objective", "x", "objective must be a number, got 'x'"),
        ("objective", float("nan"), "objective must be a finite number of at least 0, got nan"),
        ("residuals", [0.1], "residuals must be 48 entries, got 1"),
        ("covariance", [[1.0]], "covariance must be 5 entries, got 1"),
        ("settings", {}, "settings must be whole .*got one that lacks"),
        (
            "params",
            {"E": float("nan"), "A": 1, "B": 1, "alpha": 1, "beta": 1},
            "a fit to be trusted must be finite",
        ),
    ],
)
def test_names_the_field(field: str, value: Any, message: str, written: str, tmp_path: Path) -> None:
    (tmp_path / "fit.json").write_text(unsigned(json.dumps(json.loads(written) | {field: value})))
    with pytest.raises(BadInput, match=rf"fit\.json: .*{message}"):
        sl.Fit.load(tmp_path / "fit.json")
