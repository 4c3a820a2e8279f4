"""What a source tree is made of, in numbers: `python tests/architecture/measure.py SRC [SRC ...]`, a column each.

No number is good or bad by itself; two columns say what a change did.
"""

import ast
import math
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar

SHORT = 4
"""A private function with one caller and a body below so many lines could stand in its caller."""

PARTICIPLE = re.compile(
    "(?!(embed|exceed|feed|need|proceed|seed|shed|speed|succeed)$)[a-z0-9]+ed|begun|bent|bound|broken|brought|built|"
    "chosen|dealt|done|drawn|driven|fallen|found|frozen|given|gone|grown|held|hidden|kept|known|laid|left|lost|made|"
    "met|paid|redrawn|risen|said|seen|sent|shown|sought|spent|stood|taken|thrown|told|understood|won|worn|written"
)
"""Those in -ed, and irregular ones that are not verbs as well, like cut and split."""

WIDTH = re.compile(r"[<>^]?([1-9]\d*|\{.*\})(,?d|s)?")
"""A format that fills up to a width, as `{name:34}` and `{value:>14}` do and `{value:.3g}` does not."""

FINITE = {"isfinite", "isnan", "isna", "notna"}
"""Functions that tell a number from what JSON cannot hold."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Node = TypeVar("Node", bound=ast.AST)


class Source(NamedTuple):
    """A file: its path below the root, its text, and what it parses to."""

    path: Path
    text: str
    tree: ast.Module


Tree = list[Source]


def read(root: Path) -> Tree:
    """The Python files below a folder."""
    texts = {path.relative_to(root): path.read_text(encoding="utf-8") for path in sorted(root.rglob("*.py"))}
    return [Source(path, text, ast.parse(text)) for path, text in texts.items()]


def within(tree: ast.AST, kind: type[Node]) -> Iterator[Node]:
    """The nodes of a kind, `tree` itself included."""
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def every(files: Tree, kind: type[Node]) -> Iterator[Node]:
    """The nodes of a kind in all files."""
    return (node for file in files for node in within(file.tree, kind))


def functions(files: Tree) -> Iterator[Function]:
    """All functions and methods, nested ones too."""
    yield from every(files, ast.FunctionDef)
    yield from every(files, ast.AsyncFunctionDef)


def body_lines(function: Function) -> int:
    """Lines of a body without its docstring."""
    body = function.body[ast.get_docstring(function) is not None :]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def called(call: ast.Call) -> str:
    """The last word of what is called: `loss` of `fit.law.loss(...)`."""
    return ast.unparse(call.func).rpartition(".")[2]


def calls(files: Tree, name: str) -> int:
    """How often a name is called, whatever it is a member of."""
    return sum(called(call) == name for call in every(files, ast.Call))


# Functions


def body_median(files: Tree) -> float:
    return median(map(body_lines, functions(files)))


def body_p90(files: Tree) -> int:
    """The shortest body that is no shorter than 90 % of them."""
    ordered = sorted(map(body_lines, functions(files)))
    return ordered[math.ceil(0.9 * len(ordered)) - 1]


def private(file: Source) -> list[ast.FunctionDef]:
    """The private functions of a module: not methods, not nested."""
    found = [node for node in file.tree.body if isinstance(node, ast.FunctionDef)]
    return [node for node in found if node.name.startswith("_") and not node.name.startswith("__")]


def with_one_caller(file: Source) -> list[ast.FunctionDef]:
    """The private functions that their own file names once."""
    names = [node.id for node in within(file.tree, ast.Name)]
    names += [node.attr for node in within(file.tree, ast.Attribute)]
    return [function for function in private(file) if names.count(function.name) == 1]


def short_with_one_caller(file: Source) -> list[ast.FunctionDef]:
    return [function for function in with_one_caller(file) if 0 < body_lines(function) < SHORT]


def is_property(function: Function) -> bool:
    return any(ast.unparse(each).endswith("property") for each in function.decorator_list)


def participles(files: Tree) -> int:
    """Functions named by a participle alone, like `resampled`; a property may be, like `converged`."""
    names = [function.name.strip("_") for function in functions(files) if not is_property(function)]
    return sum(PARTICIPLE.fullmatch(name) is not None for name in names)


# Habits


def local_imports(files: Tree) -> int:
    inside = {
        id(node)
        for function in functions(files)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return len(inside)


def guards(files: Tree) -> int:
    """Files with an `if TYPE_CHECKING:`."""
    return sum("TYPE_CHECKING" in ast.unparse(node.test) for node in every(files, ast.If))


def type_ignores(files: Tree) -> int:
    return sum(len(re.findall(r"#\s*type:\s*ignore", file.text)) for file in files)


def float64_blocks(files: Tree) -> int:
    """`with ... enable_x64(...)`."""
    contexts = (item.context_expr for block in every(files, ast.With) for item in block.items)
    return sum(isinstance(each, ast.Call) and called(each) == "enable_x64" for each in contexts)


def atomic_writers(files: Tree) -> int:
    """`unfinished.replace(path)`: a file gets its name when it is whole; text takes two arguments to replace."""
    moves = (call for call in every(files, ast.Call) if called(call) in ("replace", "rename"))
    return sum(
        isinstance(call.func, ast.Attribute) and len(call.args) == 1 and not call.keywords for call in moves
    )


def pads(function: Function) -> bool:
    """Whether a function fills text up to a width."""
    if any(called(call) in ("ljust", "rjust") for call in within(function, ast.Call)):
        return True
    formats = (value.format_spec for value in within(function, ast.FormattedValue))
    texts = (ast.unparse(each)[2:-1] for each in formats if each is not None)
    return any(WIDTH.fullmatch(text) for text in texts)


def aligned_tables(files: Tree) -> int:
    return sum(map(pads, functions(files)))


def is_null(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def nulls(files: Tree) -> int:
    """Where NaN becomes None: `x if isfinite(x) else None`, `frame.where(frame.notna(), None)`."""
    chosen = [
        node
        for node in every(files, ast.IfExp)
        if (is_null(node.body) or is_null(node.orelse))
        and FINITE & set(map(called, within(node.test, ast.Call)))
    ]
    wheres = [
        call for call in every(files, ast.Call) if called(call) == "where" and any(map(is_null, call.args))
    ]
    return len(chosen) + len(wheres)


def draws_classes(files: Tree) -> int:
    return sum(node.name.endswith("Draws") for node in every(files, ast.ClassDef))


def prepares_outside(files: Tree) -> int:
    """Calls of `prepare` outside the package that fits: each rebuilds the problem of a fit."""
    return calls([file for file in files if "fitting" not in file.path.parts], "prepare")


def own_evaluations(files: Tree) -> int:
    """`law.loss(...)`, whoever's law it is."""
    return sum(ast.unparse(call.func).split(".")[-2:] == ["law", "loss"] for call in every(files, ast.Call))


ROWS: dict[str, Callable[[Tree], float]] = {
    "files": len,
    "lines": lambda files: sum(file.text.count("\n") for file in files),
    "functions": lambda files: sum(1 for _ in functions(files)),
    "body, median": body_median,
    "body, 90th percentile": body_p90,
    "body, longest": lambda files: max(map(body_lines, functions(files))),
    "private functions": lambda files: sum(len(private(file)) for file in files),
    "  with one caller": lambda files: sum(len(with_one_caller(file)) for file in files),
    f"  and under {SHORT} lines": lambda files: sum(len(short_with_one_caller(file)) for file in files),
    "named by a bare participle": participles,
    "imports inside functions": local_imports,
    "if TYPE_CHECKING": guards,
    "type: ignore": type_ignores,
    "with enable_x64": float64_blocks,
    "atomic writers": atomic_writers,
    "functions that align columns": aligned_tables,
    "NaN to None": nulls,
    "classes named ...Draws": draws_classes,
    "prepare() outside fitting": prepares_outside,
    "law.loss() evaluated": own_evaluations,
}


def table(trees: dict[str, Tree]) -> str:
    """A row a measure, a column a tree."""
    rows = [["", *trees]] + [
        [name, *(f"{of(files):,g}" for files in trees.values())] for name, of in ROWS.items()
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    first, *others = widths
    return "\n".join(
        f"{name:{first}}  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, others, strict=True))
        for name, *cells in rows
    )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    print(table({root: read(Path(root)) for root in sys.argv[1:]}))
