"""scalelaw: fit neural scaling laws in JAX, say how sure, and answer what to train next."""

from importlib.metadata import version

from scalelaw import laws as laws, plots as plots, solve as solve
from scalelaw._checks import BadInput as BadInput
from scalelaw.fit import Certificate as Certificate, Fit as Fit, fit as fit
from scalelaw.laws import Law as Law
from scalelaw.runs import Runs as Runs, read_runs as read_runs

__version__ = version("scalelaw")
