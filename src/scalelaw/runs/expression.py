"""Expressions over the columns of a table: a grammar of their own, which reaches nothing but the columns.

Read are comparisons (chained too), + - * / // % **, `in` and `not in` lists, `and`, `or`, `not` (also & | ~, which
bind as `and`, `or` and `not` do in pandas), numbers, texts, True, False, names of columns, `quoted` where they are
no Python names, and the functions of `FUNCTIONS` and `TEXT_TESTS`. Everything is computed in float64 on whole
columns, so that no expression takes long.
"""

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from scalelaw._checks import bad_input, nearest, one_line, shown
from scalelaw.runs.table import missing

LONGEST = 10_000
"""Characters of an expression."""

DEEPEST = 100
"""Levels of its tree: a sum of as many terms."""

LARGEST_EXPONENT = 1000
"""Of a constant power; beyond it a typing error is likelier."""

Value = Any
"""A column (float64 or bool array [rows], or a Series of other cells), a number, a text, a tuple of those two."""

ARITHMETIC: dict[type[ast.operator], Callable[[Value, Value], Value]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
SIGNS: dict[type[ast.unaryop], Callable[[Value], Value]] = {ast.USub: np.negative, ast.UAdd: np.positive}
COMPARISONS: dict[type[ast.cmpop], Callable[[Value, Value], Value]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
MEMBERSHIP: dict[type[ast.cmpop], bool] = {ast.In: True, ast.Eq: True, ast.NotIn: False, ast.NotEq: False}
"""What a comparison with a list asks of membership; as in pandas, == is `in` there."""

ELEMENTWISE: dict[str, Callable[[Value], Value]] = {
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
}
EXTREMES: dict[str, Callable[[Value, Value], Value]] = {"min": np.minimum, "max": np.maximum}
EMPTINESS = {"isna": True, "isnull": True, "isnan": True, "notna": False, "notnull": False}
FUNCTIONS = (*ELEMENTWISE, *EXTREMES, *EMPTINESS)
TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
}

_ALLOWED = (
    "allowed are comparisons, + - * / // % **, in and not in lists, and, or, not, numbers, texts, columns "
    f"(`quoted` where need be), {', '.join(FUNCTIONS)}, and .str.{', .str.'.join(TEXT_TESTS)} of a column"
)
_LEXEMES = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`([^`]*)`|[&|@\r\n]""", re.DOTALL)
_SPELLED = {"&": " and ", "|": " or ", "\n": " ", "\r": " "}
_ASSIGNED = re.compile("(?<![<>=!])=(?!=)")
_PATTERN = set("|*+?^$[]{}()\\")
_WORDS = {
    ast.NamedExpr: ":=",
    ast.JoinedStr: "an f-string",
    ast.IfExp: "if ... else",
    ast.BinOp: "this operator",
}


class _Refusal(Exception):
    """Why an expression is not read, and what to do instead."""

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(reason)
        self.reason, self.advice = reason, advice


def evaluate(
    text: str, columns: Mapping[str, pd.Series | np.ndarray], *, name: str, place: str = ""
) -> Value:
    """What an expression is of every row.

    Args:
        text: the expression, see the head of this module.
        columns: by name, [rows] each: numbers, NaN where a cell has none, or other cells.
        name: what a message calls the expression.
        place: the table, for a message.

    Returns:
        An array [rows] of float64 or bool, or a value that is none of these: a constant, a column of text.

    Raises:
        BadInput: it is not of the grammar, names no column, or takes text for numbers.

    Examples:
        >>> import numpy as np
        >>> from scalelaw.runs.expression import evaluate
        >>> columns = {"N": np.array([1.0, 2]), "D": np.array([1e9, 3e10])}
        >>> evaluate("1e9 <= D / 20 and N ** 2 > 0", columns, name="where")
        array([False,  True])
    """
    try:
        tree, quoted = _parse(text)
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            return _Evaluation(columns, quoted).value(tree, DEEPEST)
    except _Refusal as refusal:
        found = f"{shown(text, 80)} ({one_line(refusal.reason)})"
        raise bad_input(
            name, "an expression over the table's columns", found, place=place, advice=refusal.advice
        ) from None


def _parse(text: str) -> tuple[ast.expr, dict[str, str]]:
    """The tree of an expression, and the column that each stand-in of a `quoted` name is."""
    if len(text) > LONGEST:
        raise _Refusal(f"it has {len(text):,} characters, more than {LONGEST:,}")
    if not text.strip():
        raise _Refusal("it is empty")
    stem, quoted = "quoted_", dict[str, str]()
    while stem in text:
        stem += "_"

    def spell(lexeme: re.Match[str]) -> str:
        if lexeme[0] == "@":
            raise _Refusal("variables (@) are not allowed", _ALLOWED)
        if lexeme[1] is None:
            return _SPELLED.get(lexeme[0], lexeme[0])
        quoted[f"{stem}{len(quoted)}"] = lexeme[1]
        return f" {stem}{len(quoted) - 1} "

    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(_LEXEMES.sub(spell, text).strip(), mode="eval").body, quoted
    except SyntaxError as error:
        raise _Refusal(error.msg, "compare with ==, not =" if _ASSIGNED.search(text) else "") from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise _Refusal(str(error) or "it is nested too deeply") from None


@dataclass(frozen=True)
class _Evaluation:
    """The walk over a tree; `left` counts the levels that it may still descend."""

    columns: Mapping[str, pd.Series | np.ndarray]
    quoted: Mapping[str, str]

    def value(self, node: ast.expr, left: int) -> Value:
        if not left:
            raise _Refusal(f"it is nested more than {DEEPEST} levels deep")
        match node:
            case ast.Constant():
                return _constant(node.value)
            case ast.Name():
                return self.column(self.quoted.get(node.id, node.id))
            case ast.List() | ast.Tuple() | ast.Set():
                return tuple(_entry(self.value(entry, left - 1)) for entry in node.elts)
            case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
                return _call(name, [self.value(each, left - 1) for each in node.args])
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="str", value=ast.Name() as of), attr=test)
            ):
                return _text_test(test, self.value(of, left - 1), [*node.args, *node.keywords])
        return self.operation(node, left - 1)

    def operation(self, node: ast.expr, left: int) -> Value:
        match node:
            case ast.BinOp(op=op) if type(op) in ARITHMETIC:
                return _arithmetic(type(op), self.value(node.left, left), self.value(node.right, left))
            case ast.UnaryOp(op=ast.Not() | ast.Invert()):
                return np.logical_not(_condition(self.value(node.operand, left)))
            case ast.UnaryOp():
                return SIGNS[type(node.op)](_number(self.value(node.operand, left)))
            case ast.BoolOp():
                join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
                return reduce(join, [_condition(self.value(each, left)) for each in node.values])
            case ast.Compare():
                sides = [self.value(each, left) for each in (node.left, *node.comparators)]
                pairs = zip(node.ops, sides, sides[1:], strict=False)
                return reduce(np.logical_and, [_compare(type(op), one, other) for op, one, other in pairs])
        raise _Refusal(f"{_described(node)} is not allowed", _ALLOWED)

    def column(self, name: str) -> Value:
        if name not in self.columns:
            raise _Refusal(f"name {shown(name)} is not defined", nearest(name, self.columns))
        cells = self.columns[name]
        plain = cells.dtype in (np.dtype(np.float64), np.dtype(np.bool_))
        return np.asarray(cells) if plain else cells


def _described(node: ast.expr) -> str:
    """A construct in words."""
    if isinstance(node, ast.Call):
        called = getattr(node.func, "id", getattr(node.func, "attr", "this"))
        return f"a call of {shown(called)}"
    if isinstance(node, ast.Attribute):
        return f"the attribute {shown('.' + node.attr)}"
    return _WORDS.get(type(node), f"a {type(node).__name__.lower()}")


def _constant(value: object) -> Value:
    if isinstance(value, (bool, str)):
        return value
    if not isinstance(value, (int, float)):
        raise _Refusal(f"the constant {shown(value)} is not allowed", _ALLOWED)
    try:
        return np.float64(value)
    except OverflowError:
        return np.float64(np.inf)


def _entry(value: Value) -> float | str | bool:
    if not isinstance(value, (np.float64, str, bool)):
        raise _Refusal("a list holds numbers and texts only")
    return value


def _number(value: Value) -> Value:
    """A value to compute with: a number or a column of numbers."""
    if isinstance(value, np.float64) or (isinstance(value, np.ndarray) and value.dtype == np.float64):
        return value
    raise _Refusal("arithmetic and functions take numbers and columns of numbers")


def _condition(value: Value) -> Value:
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, np.ndarray) and value.dtype == np.bool_):
        return value
    raise _Refusal("and, or and not join conditions, such as comparisons")


def _arithmetic(op: type[ast.operator], one: Value, other: Value) -> Value:
    one, other = _number(one), _number(other)
    if op is ast.Pow and np.ndim(other) == 0 and abs(other) > LARGEST_EXPONENT:
        raise _Refusal(f"a constant exponent is at most {LARGEST_EXPONENT:,} in size")
    return ARITHMETIC[op](one, other)


def _compare(op: type[ast.cmpop], one: Value, other: Value) -> Value:
    if isinstance(other, tuple) and op in MEMBERSHIP:
        return np.equal(_is_in(one, other), MEMBERSHIP[op])
    if op not in COMPARISONS or isinstance(one, tuple) or isinstance(other, tuple):
        raise _Refusal("a list stands on the right of in, not in, == or !=, and in takes a list")
    if isinstance(one, (str, pd.Series)) or isinstance(other, (str, pd.Series)):
        return _compare_cells(COMPARISONS[op], one, other)
    return COMPARISONS[op](one, other)


def _compare_cells(compare: Callable[[Value, Value], Value], one: Value, other: Value) -> Value:
    """A comparison with text, as pandas makes it; a cell without a value is unequal to everything."""
    one, other = (pd.Series(value) if isinstance(value, np.ndarray) else value for value in (one, other))
    try:
        answer = pd.Series(compare(one, other))
    except (TypeError, ValueError) as error:
        raise _Refusal(str(error)) from None
    told = answer.to_numpy(dtype=np.bool_, na_value=compare is operator.ne)
    return told if isinstance(one, pd.Series) or isinstance(other, pd.Series) else bool(told[0])


def _is_in(value: Value, entries: tuple[float | str | bool, ...]) -> Value:
    if isinstance(value, pd.Series):
        return value.isin(entries).to_numpy(dtype=np.bool_)
    if isinstance(value, (str, tuple)):
        return value in entries
    return np.isin(value, [entry for entry in entries if not isinstance(entry, str)])


def _call(name: str, values: list[Value]) -> Value:
    if name in EXTREMES and len(values) >= 2:
        return reduce(EXTREMES[name], map(_number, values))
    if name in EXTREMES or len(values) != 1:
        raise _Refusal(f"{name} takes {'2 arguments or more' if name in EXTREMES else '1 argument'}")
    if name in ELEMENTWISE:
        return ELEMENTWISE[name](_number(values[0]))
    empty = missing(values[0]) if isinstance(values[0], pd.Series) else np.isnan(_number(values[0]))
    return np.equal(empty, EMPTINESS[name])


def _text_test(test: str, cells: Value, arguments: list[ast.expr | ast.keyword]) -> Value:
    """A test of the text in each cell; false of a cell that holds none."""
    match arguments:
        case [ast.Constant(value=str(text))] if test in TEXT_TESTS and isinstance(cells, pd.Series):
            pass
        case _:
            tests = ", ".join(TEXT_TESTS)
            raise _Refusal(f".str is for {tests} of a column of text, and one text to look for", _ALLOWED)
    if test == "contains" and _PATTERN & set(text):
        raise _Refusal("contains takes plain text, no pattern", "join several of them by or")
    return np.array(
        [isinstance(cell, str) and TEXT_TESTS[test](cell, text) for cell in cells], dtype=np.bool_
    )
