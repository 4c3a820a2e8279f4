"""What the documentation shows is what comes out: the examples of docstrings, and the Python of the README.

Docstrings say `sl` for `import scalelaw as sl`, and run in an empty folder.
"""

import doctest
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scalelaw as sl
import stand_ins

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "scalelaw"
README = (ROOT / "README.md").read_text(encoding="utf-8")

SMALLER = {
    'sl.Cell("pairs", "student"))': (
        'sl.Cell("pairs", "student"), of=["a"], kinds=["percentile"], datasets=100, replicates=99)'
    ),
}
"""What of the README is too heavy for a test, and what runs in its place."""

BUDGETS = np.array([1e21, 1e22, 1e23])
"""The `budgets` of the README [FLOP]."""


def docstrings() -> Iterator[doctest.DocTest]:
    """Those with examples, of every module of the package."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    for path in sorted(PACKAGE.rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            module = import_module(".".join(parts).removesuffix(".__init__"))
            yield from (test for test in finder.find(module, globs={"sl": sl}) if test.examples)


@pytest.mark.parametrize("test", [pytest.param(test, id=test.name) for test in docstrings()])
def test_docstring(test: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
    assert runner.run(test, out=said.append).failed == 0, "".join(said)


def test_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its blocks, one after another."""
    monkeypatch.chdir(tmp_path)
    stand_ins.write(tmp_path)
    space: dict[str, Any] = {"budgets": BUDGETS}
    for block in re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        for heavy, light in SMALLER.items():
            block = block.replace(heavy, light)
        exec(compile(block, "README.md", "exec"), space)
    assert space["fit"].certificate.trusted
    mine = sl.fit(sl.read_runs("runs.csv", inputs=["epochs"]), space["LAW"])
    assert mine.law.fields == ("E", "A", "alpha", "gamma")


def test_what_is_too_heavy_is_still_there() -> None:
    assert [heavy for heavy in SMALLER if heavy not in README] == []
