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

from importlib import import_module
from typing import Any

from scalelaw._lazy import lazy_names

_get, __dir__, __all__ = lazy_names(__name__, __file__)


def __getattr__(name: str) -> Any:
    """The public name; the version as it is installed."""
    return import_module("importlib.metadata").version(__name__) if name == "__version__" else _get(name)
