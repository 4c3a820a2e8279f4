"""The grammar of `--where`: equal to NumPy on what it reads, and nothing else is read."""

import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalelaw import BadInput
from scalelaw.runs.expression import DEEPEST, FUNCTIONS, LONGEST, evaluate

COLUMNS = {"x": np.array([-2.5, 0.0, 0.3, 7.0, np.nan]), "y": np.array([1.0, -1.0, 4.0, 1e9, 2.0])}
NUMPY = {"__builtins__": {}, "log": np.log, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs, "np": np}


def value(text: str, **columns: Any) -> Any:
    return evaluate(text, {**COLUMNS, **columns}, name="where", place="runs.csv")


def in_numpy(text: str) -> str:
    """The text with NumPy's numbers, which overflow and divide by 0 as its arrays do, and its `not`."""
    return re.sub(r"\d[\d.e]*", r"np.float64(\g<0>)", text).replace("~(", "np.logical_not(")


def numbers() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["x", "y", "0.5", "2.0", "3e9"])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner),
            st.builds("({}) ** {}".format, inner, st.sampled_from(["2.0", "0.5", "-1.0"])),
            st.builds("-({})".format, inner),
            st.builds("{}({})".format, st.sampled_from(["log", "exp", "sqrt", "abs"]), inner),
        ),
        max_leaves=8,
    )


COMPARED = st.builds(
    "({} {} {})".format, numbers(), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers()
)
CONDITIONS = st.recursive(
    COMPARED,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["&", "|"]), inner),
        st.builds("(~{})".format, inner),
    ),
    max_leaves=6,
)


class TestAgainstNumPy:
    """Python evaluates the same text over arrays, where & | ~ are element by element."""

    @settings(derandomize=True, deadline=None, database=None, max_examples=200)
    @given(numbers())
    def test_numbers(self, text: str) -> None:
        with np.errstate(all="ignore"):
            wanted = eval(in_numpy(text), NUMPY, dict(COLUMNS))
        np.testing.assert_array_equal(value(text), wanted)

    @settings(derandomize=True, deadline=None, database=None, max_examples=200)
    @given(CONDITIONS)
    def test_conditions(self, text: str) -> None:
        with np.errstate(all="ignore"):
            wanted = np.broadcast_to(eval(in_numpy(text), NUMPY, dict(COLUMNS)), (5,))
        assert np.broadcast_to(value(text), (5,)).tolist() == wanted.tolist()

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("-1 < x <= 0.3", [0, 1, 1, 0, 0]),
            ("x < 1 & y > 0", [1, 0, 1, 0, 0]),
            ("x < 0 | y > 3 and x > 0", [1, 0, 1, 1, 0]),
            ("not x < 1", [0, 0, 0, 1, 1]),
            ("x in [0, 7, 'a']", [0, 1, 0, 1, 0]),
            ("x not in (0, 7)", [1, 0, 1, 0, 1]),
            ("x == [0, -2.5]", [1, 1, 0, 0, 0]),
            ("isna(x)", [0, 0, 0, 0, 1]),
            ("notna(x) and max(x, y, 2) == 4", [0, 0, 1, 0, 0]),
            ("`a b` == 'p|q' or `a b` in ['&']", [1, 0, 1, 0, 0]),
            ("`a b`.str.contains('q')", [1, 0, 0, 0, 0]),
            ("`a b` != 'r'", [1, 0, 1, 1, 1]),
            ("isna(`a b`)", [0, 0, 0, 1, 1]),
            ("ok and day >= '2024-01-03'", [0, 0, 1, 0, 1]),
            ("x < 10 ** 10 ** 2\n and y\n > 0", [1, 0, 1, 1, 0]),
        ],
    )
    def test_of_other_cells(self, text: str, wanted: list[int]) -> None:
        cells = pd.Series(["p|q", "r", "&", None, ""])
        days = pd.Series(pd.date_range("2024-01-01", periods=5))
        ok = pd.Series([True, False] * 2 + [True])
        assert value(text, **{"a b": cells, "day": days, "ok": ok}).tolist() == wanted


ATTACKS = [
    "x.__class__", "x.__init__.__globals__['sys']", "().__class__.__bases__[0].__subclasses__()", "x.to_csv('W')",
    "__import__('os').system('touch W')", "eval('1')", "exec('1')", "open('W', 'w')", "getattr(x, 'T')", "@x > 1",
    "x[0] > 1", "(lambda: 1)() > 0", "[y for y in [1]]", "{1: 2}", "f'{x.__class__}' == ''", "(z := 3) > 1",
    "x if x > 1 else y", "b'a' == x", "1j > x", "...", "*x", "x; import os", "import os", "log.__globals__",
    "log(x, out=y)", "'{0.__class__}'.format(x)", "x.str.__class__", "x.str.contains('a')", "'a' * 10 ** 9 == ''",
    "[0] * 10 ** 9 == x", "10 ** 10 ** 8 > x", "9 ** 9 ** 9 ** 9 > x", "x ** 1e9 > 0", "2 << 10 ** 9 > x", "x @ y",
    "exp", "log > 1", "min(x)", "x.str.contains('(a+)+$')", "`x`.`y`", "`__import__`('os')", "await x",
    "x in y", "x < [1]", "not x", "x and y", "-'a' == x", "x < 'a'", "(x > 1) + 1", "\0", "\ud800 > 1", "x > \\",
    "(" * 300 + "x" + ")" * 300, "-" * 5000 + "x", "not " * 2000 + "(x > 1)", "x" + "+x" * DEEPEST,
    "9" * 5000 + "> x", "x" * (LONGEST + 1), "x > 1 " + "or x > 1 " * 2000, "", " \n",
]  # fmt: skip


class TestRefusals:
    @pytest.mark.parametrize("text", ATTACKS)
    def test_an_attackers_list(self, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        began = time.perf_counter()
        with pytest.raises(
            BadInput, match="^runs.csv: where must be an expression over the table's columns, got "
        ):
            value(text)
        assert time.perf_counter() - began < 5
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "x.mean() > 1",
                r"\(a call of 'mean' is not allowed\); allowed are comparisons, \+ - \* / // % \*\*, ",
            ),
            ("x.T > 1", r"\(the attribute '.T' is not allowed\); allowed are"),
            ("x[0] > 1", r"\(a subscript is not allowed\)"),
            ("@x > 1", r"\(variables \(@\) are not allowed\)"),
            ("f'{x}' == 'a'", r"\(an f-string is not allowed\)"),
            ("10 ** 10 ** 8 > x", r"\(a constant exponent is at most 1,000 in size\)"),
            ("lossy > 1", r"\(name 'lossy' is not defined\); did you mean 'loss'\?"),
            ("x = 3", r"\(invalid syntax\); compare with ==, not =$"),
            (
                "loss.str.contains('a|b')",
                r"\(contains takes plain text, no pattern\); join several of them by or$",
            ),
            ("not x", r"\(and, or and not join conditions, such as comparisons\)"),
        ],
    )
    def test_name_what_is_not_allowed(self, text: str, message: str) -> None:
        with pytest.raises(BadInput, match=message):
            value(text, loss=pd.Series(["a"] * 5))

    def test_name_what_is_allowed(self) -> None:
        with pytest.raises(BadInput) as refused:
            value("sin(x) > 0")
        assert all(f" {name}," in str(refused.value) for name in FUNCTIONS)

    def test_many_terms_of_a_condition_are_no_depth(self) -> None:
        text = " or ".join(f"x == {number}" for number in range(500))
        assert value(text).tolist() == [False, True, False, True, False]
