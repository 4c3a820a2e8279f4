"""scalelaw: fit neural scaling laws in JAX, say how sure, and answer what to train next.

    import scalelaw as sl
    runs = sl.read_runs("runs.csv")
    fit = sl.fit(runs)
    sl.allocate(fit, C=5.76e23)
    sl.bootstrap(fit).interval("alpha")

Each layer imports only from those above it: checks, numbers and flops; runs; laws; objective; solve (which
knows nothing of laws or runs); fitting; uncertainty and allocation; plots and report; cli. A name below is
imported when it is first used, so that `import scalelaw` and `scalelaw --help` stay light.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scalelaw import laws as laws
    from scalelaw import plots as plots
    from scalelaw import solve as solve
    from scalelaw._checks import BadInput as BadInput
    from scalelaw.allocation import Allocation as Allocation
    from scalelaw.allocation import allocate as allocate
    from scalelaw.allocation import optimal as optimal
    from scalelaw.fitting import Certificate as Certificate
    from scalelaw.fitting import Fit as Fit
    from scalelaw.fitting import fit as fit
    from scalelaw.laws import Law as Law
    from scalelaw.runs import Runs as Runs
    from scalelaw.runs import read_runs as read_runs
    from scalelaw.uncertainty import Draws as Draws
    from scalelaw.uncertainty import bootstrap as bootstrap
    from scalelaw.uncertainty import jackknife as jackknife

__version__ = version("scalelaw")

_MODULES = ("laws", "plots", "solve")
_HOMES = {
    "scalelaw._checks": ("BadInput",),
    "scalelaw.allocation": ("Allocation", "allocate", "optimal"),
    "scalelaw.fitting": ("Certificate", "Fit", "fit"),
    "scalelaw.laws": ("Law",),
    "scalelaw.runs": ("Runs", "read_runs"),
    "scalelaw.uncertainty": ("Draws", "bootstrap", "jackknife"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}
__all__ = sorted([*_MODULES, *_HOME])


def __getattr__(name: str) -> Any:
    """The public name, its module imported on first use (PEP 562)."""
    if name in _MODULES:
        return import_module(f"scalelaw.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'scalelaw' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__
