"""Figures of a fit: drawn with matplotlib, headless and without pyplot's global state.

The figures are those of `__init__.pyi`, written there once for type checkers, editors and the running program;
a new one is one file and one row. A figure's file, and matplotlib with it, is imported when the figure is first
asked for. The files are private so that a figure and its file do not fight for one name.
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
    """The figure called `name`, its file imported on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """The figures, for completion."""
    return __all__
