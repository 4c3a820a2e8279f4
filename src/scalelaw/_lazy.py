"""Packages whose names are imported when they are first used (PEP 562), from a stub that lists them once."""

import ast
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def lazy_names(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package, from the imports of the stub `__init__.pyi` beside it.

    Type checkers and editors read the stub in place of the package's `__init__.py`, so that names stand once.

    Args:
        package: its `__name__`.
        file: its `__file__`.
    """
    homes = {
        alias.name: str(statement.module)
        for statement in ast.parse(Path(file).with_suffix(".pyi").read_text("utf-8")).body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    names = sorted(homes)

    def get(name: str) -> Any:
        """The public name, its module imported on first use."""
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if homes[name] == package:
            return import_module(f"{package}.{name}")
        return getattr(import_module(homes[name]), name)

    return get, lambda: names, names
