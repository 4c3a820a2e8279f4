"""A fit as a file: every number comes back to the last bit, and a file that is something else is refused."""

import json
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.laws import Law, chinchilla
from surfaces import spread, sweep


def same(one: Any, other: Any, where: str = "fit") -> None:
    """Equal in type and to the last bit, NaN and infinities too, all the way down."""
    if is_dataclass(one):
        assert type(one) is type(other), where
        for field in fields(one):
            same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where
        np.testing.assert_array_equal(one, other, err_msg=where)
    elif isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_dtype=False, rtol=0, atol=0)
    elif isinstance(one, dict) or hasattr(one, "items"):
        assert list(one) == list(other), where
        for key in one:
            same(one[key], other[key], f"{where}[{key!r}]")
    elif isinstance(one, tuple):
        assert type(one) is type(other), where
        assert len(one) == len(other), where
        for index, pair in enumerate(zip(one, other, strict=True)):
            same(*pair, f"{where}[{index}]")
    elif isinstance(one, float):
        assert repr(one) == repr(other), where
    else:
        assert one == other, where


def saved_and_loaded(fit: sl.Fit, path: Path, **keywords: Any) -> sl.Fit:
    fit.save(path)
    loaded = sl.Fit.load(path, **keywords)
    assert loaded.ends is None
    return loaded


def without_ends(fit: sl.Fit) -> dict[str, Any]:
    return {field.name: getattr(fit, field.name) for field in fields(fit) if field.name != "ends"}


class TestRoundTrip:
    def test_of_real_runs(self, epoch_fit: sl.Fit, tmp_path: Path) -> None:
        loaded = saved_and_loaded(epoch_fit, tmp_path / "fit.json")
        same(without_ends(epoch_fit), without_ends(loaded))
        assert str(loaded) == str(epoch_fit)
        assert loaded.stderr == epoch_fit.stderr
        assert loaded.predict(N=7e10, D=1.4e12) == epoch_fit.predict(N=7e10, D=1.4e12)

    def test_of_a_fit_that_cannot_be_trusted(self, tmp_path: Path) -> None:
        """With infinite errors and no correlation."""
        D = np.geomspace(1e9, 1e11, 12)
        loose = sl.fit(sweep(np.full(12, 1e9), D, noise=0.01 * np.cos(np.arange(12))), starts="projected")
        fit = replace(loose, covariance=np.where(np.eye(5) > 0, np.inf, np.nan))
        assert not fit.certificate.trusted
        same(without_ends(fit), without_ends(saved_and_loaded(fit, tmp_path / "fit.json")))

    def test_of_everything_that_can_be_asked(self, tmp_path: Path) -> None:
        wave = 0.01 * np.sin(np.arange(40))
        table = (
            sweep(*spread(40), noise=wave)
            .to_frame()
            .assign(w=np.linspace(0.1, 1.3, 40) ** 3, g=np.arange(40) % 3)
        )
        runs = sl.Runs.from_frame(
            table, N="N", D="D", L="L", weight="w", group="g", inputs=["row"], drop_highest_loss=3
        )
        fit = sl.fit(
            runs, loss="cauchy", delta=0.02, residual="linear", tie={"beta": "alpha"}, bounds={"E": (None, 3.1)},
            fix={"A": 481.1}, starts="projected",
        )  # fmt: skip
        same(without_ends(fit), without_ends(saved_and_loaded(fit, tmp_path / "fit.json")))

    def test_of_a_law_of_ones_own(self, epoch_runs: sl.Runs, tmp_path: Path) -> None:
        law = Law(
            "mine", chinchilla.Params, chinchilla.loss, positive=chinchilla.positive, starts=chinchilla.starts
        )
        fit = sl.fit(epoch_runs, law, starts=[[1.8, 480, 2000, 0.35, 0.36]])
        same(without_ends(fit), without_ends(saved_and_loaded(fit, tmp_path / "fit.json", law=law)))

    def test_a_loaded_fit_can_be_saved(self, epoch_fit: sl.Fit, tmp_path: Path) -> None:
        one, two = tmp_path / "one.json", tmp_path / "two.json"
        saved_and_loaded(epoch_fit, one).save(two)
        assert two.read_bytes() == one.read_bytes()

    def test_saving_leaves_nothing_else(self, epoch_fit: sl.Fit, tmp_path: Path) -> None:
        epoch_fit.save(tmp_path / "fit.json")
        epoch_fit.save(tmp_path / "fit.json")
        assert [path.name for path in tmp_path.iterdir()] == ["fit.json"]

    def test_the_file_is_plain_json(self, epoch_fit: sl.Fit, tmp_path: Path) -> None:
        """With the names of DESIGN's face; a reader in another language needs no more."""
        epoch_fit.save(tmp_path / "fit.json")
        saved = json.loads((tmp_path / "fit.json").read_text(), parse_constant=lambda name: pytest.fail(name))
        assert saved["params"] == epoch_fit.params._asdict()
        assert saved["law"]["name"] == "chinchilla"
        assert saved["objective"] == epoch_fit.objective
        assert saved["runs"]["sha256"] == epoch_fit.runs.sha256
        assert saved["settings"]["versions"]["scalelaw"] == sl.__version__


class TestRefusals:
    @pytest.fixture
    def saved(self, epoch_fit: sl.Fit, tmp_path: Path) -> Path:
        epoch_fit.save(tmp_path / "fit.json")
        return tmp_path / "fit.json"

    @staticmethod
    def changed(path: Path, **values: Any) -> None:
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(
            BadInput, match=r"^fit file must be a readable file, got .*none\.json \(No such file"
        ):
            sl.Fit.load(tmp_path / "none.json")

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="^fit file must be a readable file"):
            sl.Fit.load(tmp_path)

    @pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"params,loss\n1,2\n"])
    def test_no_json(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "fit.json").write_bytes(content)
        with pytest.raises(
            BadInput, match="^fit file must be the JSON that `save` wrote, got .*, which is not JSON$"
        ):
            sl.Fit.load(tmp_path / "fit.json")

    @pytest.mark.parametrize("content", ["{}", "[]", "3", '{"format": "scalelaw fit 0"}'])
    def test_other_json(self, content: str, tmp_path: Path) -> None:
        (tmp_path / "fit.json").write_text(content)
        with pytest.raises(
            BadInput,
            match="^fit file must be the JSON that `save` wrote.* which is (something else|an array)",
        ):
            sl.Fit.load(tmp_path / "fit.json")

    def test_an_unknown_law(self, saved: Path) -> None:
        self.changed(saved, law={"name": "chinchila"})
        with pytest.raises(BadInput, match=r"must be one of 'chinchilla', .* got 'chinchila'; .*law=\.\.\."):
            sl.Fit.load(saved)

    def test_another_law(self, saved: Path) -> None:
        with pytest.raises(BadInput, match="chinchilla.*kaplan|kaplan.*chinchilla|parameters"):
            sl.Fit.load(saved, law=sl.laws.kaplan)

    @pytest.mark.parametrize("part", ["params", "runs", "settings", "certificate", "law"])
    def test_a_part_that_is_missing(self, part: str, saved: Path) -> None:
        whole = json.loads(saved.read_text())
        del whole[part]
        saved.write_text(json.dumps(whole))
        with pytest.raises(BadInput, match=part):
            sl.Fit.load(saved)
