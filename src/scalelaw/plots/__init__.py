"""Figures of a fit: drawn with matplotlib, headless and without pyplot's global state.

The figures are those of `__init__.pyi`, written there once for type checkers, editors and the running program;
a new one is one file and one row. A figure's file, and matplotlib with it, is imported when the figure is first
asked for. The files are private so that a figure and its file do not fight for one name.
"""

from scalelaw._lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
