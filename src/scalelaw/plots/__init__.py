"""Pictures of a fit: drawn with matplotlib, headless and without pyplot's global state.

matplotlib is imported when the first picture is asked for, never before. The modules are private so that a
picture and the file it is drawn in do not fight for one name.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scalelaw.plots._compare import compare as compare
    from scalelaw.plots._contour import contour as contour
    from scalelaw.plots._contradiction import contradiction as contradiction
    from scalelaw.plots._corner import corner as corner
    from scalelaw.plots._coverage import coverage as coverage
    from scalelaw.plots._curve import curve as curve
    from scalelaw.plots._efficient import efficient as efficient
    from scalelaw.plots._envelope import envelope as envelope
    from scalelaw.plots._forest import forest as forest
    from scalelaw.plots._frontier import frontier as frontier
    from scalelaw.plots._influence import influence as influence
    from scalelaw.plots._kaplan_laws import power_laws as power_laws
    from scalelaw.plots._overfitting import overfitting as overfitting
    from scalelaw.plots._overview import overview as overview
    from scalelaw.plots._profile import profile as profile
    from scalelaw.plots._profile import profile_surface as profile_surface
    from scalelaw.plots._profiles import isoflop as isoflop
    from scalelaw.plots._residuals import residuals as residuals
    from scalelaw.plots._saving import save as save
    from scalelaw.plots._saving import svg as svg
    from scalelaw.plots._starts import starts as starts
    from scalelaw.plots._style import style as style

__all__ = [
    "compare",
    "contour",
    "contradiction",
    "corner",
    "coverage",
    "curve",
    "efficient",
    "envelope",
    "forest",
    "frontier",
    "held_out",
    "influence",
    "isoflop",
    "overfitting",
    "overview",
    "power_laws",
    "profile",
    "profile_surface",
    "residuals",
    "save",
    "starts",
    "style",
    "svg",
]

_FILES = {name: f"_{name}" for name in __all__} | {
    "isoflop": "_profiles",
    "power_laws": "_kaplan_laws",
    "profile_surface": "_profile",
    "save": "_saving",
    "svg": "_saving",
}


def __getattr__(name: str) -> Any:
    """The picture called `name`, its file imported on first use (PEP 562)."""
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FILES[name]}"), name)


def __dir__() -> list[str]:
    """The pictures, for completion."""
    return sorted(__all__)
