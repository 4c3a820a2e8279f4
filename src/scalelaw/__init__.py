"""scalelaw: fit neural scaling laws in JAX, say how sure, and answer what to train next.

    import scalelaw as sl
    runs = sl.read_runs("runs.csv")
    fit = sl.fit(runs)
    sl.allocate(fit, C=5.76e23)
    sl.bootstrap(fit).interval("alpha")

Each layer imports only from those above it: checks, numbers and flops; catalogue; runs; laws; objective;
solve (which knows nothing of laws or runs); fitting; approaches (1 and 2; 3 is `fit`); resampling and
allocation; uncertainty; kaplan and simulation; comparison; studies; plots and report; cli. A name below is
imported when it is first used, so that `import scalelaw` and `scalelaw --help` stay light. Examples in
docstrings say `sl` as above, and are tested.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scalelaw import flops as flops
    from scalelaw import kaplan as kaplan
    from scalelaw import laws as laws
    from scalelaw import plots as plots
    from scalelaw import solve as solve
    from scalelaw._checks import BadInput as BadInput
    from scalelaw.allocation import Allocation as Allocation
    from scalelaw.allocation import Plan as Plan
    from scalelaw.allocation import allocate as allocate
    from scalelaw.allocation import compute_equivalent_gain as compute_equivalent_gain
    from scalelaw.allocation import cost_of_smaller as cost_of_smaller
    from scalelaw.allocation import optimal as optimal
    from scalelaw.allocation import plan as plan
    from scalelaw.approaches import Envelope as Envelope
    from scalelaw.approaches import IsoFLOP as IsoFLOP
    from scalelaw.approaches import envelope as envelope
    from scalelaw.approaches import frontier_quantity as frontier_quantity
    from scalelaw.approaches import isoflop as isoflop
    from scalelaw.catalogue import Dataset as Dataset
    from scalelaw.catalogue import dataset_path as dataset_path
    from scalelaw.catalogue import datasets as datasets
    from scalelaw.comparison import Comparison as Comparison
    from scalelaw.comparison import compare as compare
    from scalelaw.fitting import Certificate as Certificate
    from scalelaw.fitting import Fit as Fit
    from scalelaw.fitting import fit as fit
    from scalelaw.laws import Law as Law
    from scalelaw.laws.published import published as published
    from scalelaw.resampling import Band as Band
    from scalelaw.resampling import Draws as Draws
    from scalelaw.resampling import band as band
    from scalelaw.resampling import bootstrap as bootstrap
    from scalelaw.resampling import jackknife as jackknife
    from scalelaw.runs import Runs as Runs
    from scalelaw.runs import read_dataset as read_dataset
    from scalelaw.runs import read_runs as read_runs
    from scalelaw.runs import recount as recount
    from scalelaw.simulation import Cell as Cell
    from scalelaw.simulation import Coverage as Coverage
    from scalelaw.simulation import coverage as coverage
    from scalelaw.studies import Study as Study
    from scalelaw.studies import load_draws as load_draws
    from scalelaw.studies import merge as merge
    from scalelaw.studies import save_draws as save_draws
    from scalelaw.studies import study as study
    from scalelaw.studies import to_arviz as to_arviz
    from scalelaw.uncertainty import Covariance as Covariance
    from scalelaw.uncertainty import HeldOut as HeldOut
    from scalelaw.uncertainty import Influence as Influence
    from scalelaw.uncertainty import Prediction as Prediction
    from scalelaw.uncertainty import Profile as Profile
    from scalelaw.uncertainty import ProfileSurface as ProfileSurface
    from scalelaw.uncertainty import covariance as covariance
    from scalelaw.uncertainty import held_out as held_out
    from scalelaw.uncertainty import influence as influence
    from scalelaw.uncertainty import influence_by_refits as influence_by_refits
    from scalelaw.uncertainty import mean_interval as mean_interval
    from scalelaw.uncertainty import prediction_interval as prediction_interval
    from scalelaw.uncertainty import profile as profile
    from scalelaw.uncertainty import profile_surface as profile_surface

__version__ = version("scalelaw")

_MODULES = ("flops", "kaplan", "laws", "plots", "solve")
_HOMES = {
    "scalelaw._checks": ("BadInput",),
    "scalelaw.allocation": (
        "Allocation",
        "Plan",
        "allocate",
        "compute_equivalent_gain",
        "cost_of_smaller",
        "optimal",
        "plan",
    ),
    "scalelaw.catalogue": ("Dataset", "dataset_path", "datasets"),
    "scalelaw.comparison": ("Comparison", "compare"),
    "scalelaw.fitting": ("Certificate", "Fit", "fit"),
    "scalelaw.approaches": ("Envelope", "IsoFLOP", "envelope", "frontier_quantity", "isoflop"),
    "scalelaw.laws": ("Law",),
    "scalelaw.laws.published": ("published",),
    "scalelaw.runs": ("Runs", "read_dataset", "read_runs", "recount"),
    "scalelaw.simulation": ("Cell", "Coverage", "coverage"),
    "scalelaw.resampling": ("Band", "Draws", "band", "bootstrap", "jackknife"),
    "scalelaw.studies": (
        "Study",
        "load_draws",
        "merge",
        "save_draws",
        "study",
        "to_arviz",
    ),
    "scalelaw.uncertainty": (
        "Covariance",
        "HeldOut",
        "Influence",
        "Prediction",
        "Profile",
        "ProfileSurface",
        "covariance",
        "held_out",
        "influence",
        "influence_by_refits",
        "mean_interval",
        "prediction_interval",
        "profile",
        "profile_surface",
    ),
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
