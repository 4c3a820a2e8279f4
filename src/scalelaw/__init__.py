"""scalelaw: fit neural scaling laws in JAX, say how sure, and answer what to train next.

    import scalelaw as sl
    runs = sl.read_runs("runs.csv")
    fit = sl.fit(runs)
    sl.allocate(fit, C=5.76e23)
    sl.bootstrap(fit).interval("alpha")

The public names, packages among them, stand in `__init__.pyi`, once for type checkers, editors and the running
program. Each is imported when it is first used, so that `import scalelaw` and `scalelaw --help` stay light.
Examples in docstrings say `sl` as above, and are tested.
"""

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

_HOME = {
    alias.name: statement.module
    for statement in ast.parse(Path(__file__).with_suffix(".pyi").read_text("utf-8")).body
    if isinstance(statement, ast.ImportFrom)
    for alias in statement.names
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """The public name, its module imported on first use (PEP 562)."""
    if name == "__version__":
        return import_module("importlib.metadata").version(__name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _HOME[name] == __name__:
        return import_module(f"{__name__}.{name}")
    return getattr(import_module(str(_HOME[name])), name)


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__
