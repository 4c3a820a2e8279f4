"""The measures of a source tree, on a tree small enough to count by hand."""

from pathlib import Path

import pytest

from measure import ROWS, read, table

ONE = '''
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class FewDraws:
    """Draws."""


def _wide(x):
    """A docstring is no body."""
    with jax.enable_x64(True):
        y = prepare(x)
        return y


def _once(x):
    return x if np.isfinite(x) else None


def resampled(x):
    import json  # type: ignore[import]

    return [f"{_once(x):>14}", _wide(x), _wide(x), f"{x:.3g}"]
'''

TWO = """
def save(fit, path, text):
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text.replace("a", "b"))
    partial.replace(path)
    return prepare(fit.law.loss(fit.params, path)), fit.loss(path)


class Fit:
    @property
    def trusted(self):
        return True
"""

COUNTS = {
    "files": 2,
    "lines": 38,
    "functions": 5,
    "body, median": 3,
    "body, 90th percentile": 4,
    "body, longest": 4,
    "private functions": 2,
    "  with one caller": 1,
    "  and under 4 lines": 1,
    "named by a bare participle": 1,
    "imports inside functions": 1,
    "if TYPE_CHECKING": 1,
    "type: ignore": 1,
    "with enable_x64": 1,
    "atomic writers": 1,
    "functions that align columns": 1,
    "NaN to None": 1,
    "classes named ...Draws": 1,
    "prepare() outside fitting": 1,
    "law.loss() evaluated": 1,
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "fitting").mkdir()
    (tmp_path / "one.py").write_text(ONE)
    (tmp_path / "fitting" / "two.py").write_text(TWO)
    return tmp_path


def test_every_measure_is_counted_by_hand() -> None:
    assert list(ROWS) == list(COUNTS)


@pytest.mark.parametrize("name", ROWS)
def test_counts(name: str, tree: Path) -> None:
    assert ROWS[name](read(tree)) == COUNTS[name]


def test_a_column_for_each_tree(tree: Path) -> None:
    lines = table({"a": read(tree), "longer": read(tree)}).splitlines()
    assert lines[0].split() == ["a", "longer"]
    assert lines[1].split() == ["files", "2", "2"]
    assert len({len(line) for line in lines}) == 1
