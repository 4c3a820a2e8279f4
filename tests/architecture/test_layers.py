"""The house's rules, read from the source: layers, circles, who may print, how long things are."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
PACKAGE = SOURCE / "scalelaw"
FILES = sorted(PACKAGE.rglob("*.py"))
README = (SOURCE.parent / "README.md").read_text(encoding="utf-8")

# A layer imports from the rows above its own, and from its own modules. README's list is held to this one.
ROWS = (
    {"data", "_checks", "_compiled", "_float64", "_lazy", "_text", "_json"},
    {"_files"},
    {"flops"},
    {"numbers", "catalogue"},
    {"objective", "laws", "runs"},
    {"solve"},
    {"fitting"},
    {"allocation"},
    {"approaches"},
    {"resampling"},
    {"uncertainty"},
    {"kaplan", "simulation", "validation"},
    {"comparison"},
    {"studies"},
    {"plots"},
    {"report"},
    {"__init__"},
    {"cli"},
    {"__main__"},
)
RANK = {layer: rank for rank, row in enumerate(ROWS) for layer in row}
LONGEST_FILE, LONGEST_FUNCTION = 400, 60

Function = ast.FunctionDef | ast.AsyncFunctionDef
Import = ast.Import | ast.ImportFrom


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module(path: Path) -> str:
    """The dotted name of a file: `scalelaw.fitting` for its `__init__.py`."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in FILES}


def layer(name: str) -> str:
    """The layer of one of our modules: the first name below the package."""
    return (*name.split("."), "__init__")[1]


def imported(node: Import) -> Iterator[str]:
    """The modules that an import loads; `from scalelaw import laws` loads `scalelaw.laws`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    origin = "." * node.level + (node.module or "")
    for alias in node.names:
        submodule = f"{origin}.{alias.name}"
        yield submodule if submodule in MODULES else origin


def imports(within: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and module of every import, at the top or not."""
    nodes = (node for node in ast.walk(within) if isinstance(node, Import))
    return ((node.lineno, name) for node in nodes for name in imported(node))


def our_own(within: ast.AST) -> Iterator[tuple[int, str]]:
    return ((line, name) for line, name in imports(within) if name.split(".")[0] == "scalelaw")


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def body_lines(function: Function) -> int:
    """Lines of a function without its signature and docstring."""
    body = function.body[ast.get_docstring(function) is not None :]
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def offences(rule: Callable[[Path], Iterator[tuple[int, str]]]) -> list[str]:
    """What a rule finds in all files, as `fitting/text.py:12: what`."""
    return [f"{path.relative_to(PACKAGE)}:{line}: {what}" for path in FILES for line, what in rule(path)]


def test_every_layer_has_its_place() -> None:
    assert {layer(name) for name in MODULES} <= set(RANK)


def test_a_layer_imports_only_from_above() -> None:
    def downward(path: Path) -> Iterator[tuple[int, str]]:
        mine = layer(module(path))
        return (
            (line, f"{mine} imports {name}")
            for line, name in our_own(tree(path))
            if layer(name) != mine and RANK[layer(name)] >= RANK[mine]
        )

    assert offences(downward) == []


def test_no_circle_of_imports() -> None:
    graph = {module(path): {name for _, name in our_own(tree(path))} for path in FILES}
    TopologicalSorter(graph).prepare()  # a circle raises CycleError, which names it


def test_imports_are_absolute() -> None:
    assert offences(lambda path: ((line, name) for line, name in imports(tree(path)) if name[0] == ".")) == []


def test_readme_lists_the_layers_in_this_order() -> None:
    lines = README.split("Each layer imports only from those above it")[1].split("```")[1].split("\n")[1:-1]
    listed = [set(re.split(r"\s{2,}", line)[0].replace("/", "").split()) for line in lines]
    unlisted = {"__init__", "__main__", "data"}
    assert listed == [row - unlisted for row in ROWS if row - unlisted]


def test_our_own_modules_are_imported_at_the_top() -> None:
    """The command's too: it takes what is heavy from the lazy `scalelaw`."""

    def hidden(path: Path) -> Iterator[tuple[int, str]]:
        yield from (found for function in functions(path) for found in our_own(function))

    assert offences(hidden) == []


def test_only_plots_and_report_import_matplotlib() -> None:
    def draws(path: Path) -> Iterator[tuple[int, str]]:
        if layer(module(path)) not in ("plots", "report"):
            yield from ((line, name) for line, name in imports(tree(path)) if name.startswith("matplotlib"))

    assert offences(draws) == []


def test_only_the_command_prints() -> None:
    def prints(path: Path) -> Iterator[tuple[int, str]]:
        if layer(module(path)) != "cli":
            names = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Name))
            yield from ((name.lineno, name.id) for name in names if name.id == "print")

    assert offences(prints) == []


def test_only_the_command_configures_jax() -> None:
    def configures(path: Path) -> Iterator[tuple[int, str]]:
        if layer(module(path)) != "cli":
            attributes = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute))
            yield from ((a.lineno, "jax.config") for a in attributes if ast.unparse(a) == "jax.config")
            yield from ((line, name) for line, name in imports(tree(path)) if name == "jax.config")

    assert offences(configures) == []


def test_files_are_short() -> None:
    long = {module(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    def long(path: Path) -> Iterator[tuple[int, str]]:
        return ((f.lineno, f.name) for f in functions(path) if body_lines(f) > LONGEST_FUNCTION)

    assert offences(long) == []


class TestTheReader:
    """The rules above would be worth nothing if the reader saw too little."""

    def test_sees_the_imports_of_the_fit(self) -> None:
        seen = {name for _, name in our_own(tree(PACKAGE / "fitting" / "parametric.py"))}
        assert {"scalelaw.laws", "scalelaw.solve", "scalelaw.fitting.result"} <= seen

    def test_tells_a_submodule_from_a_name(self) -> None:
        source = "from scalelaw import laws\nfrom scalelaw.laws import Law\nimport jax\nfrom .a import b\n"
        assert list(imports(ast.parse(source))) == [
            (1, "scalelaw.laws"),
            (2, "scalelaw.laws"),
            (3, "jax"),
            (4, ".a"),
        ]

    def test_ranks_a_module_by_its_layer(self) -> None:
        assert (layer("scalelaw.fitting.result"), layer("scalelaw")) == ("fitting", "__init__")

    def test_counts_the_body_alone(self) -> None:
        (function,) = ast.parse('def f():\n    """Say.\n\n    More."""\n    x = 1\n    return x\n').body
        assert isinstance(function, ast.FunctionDef)
        assert body_lines(function) == 2
