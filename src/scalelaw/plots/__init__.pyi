"""The one list of figures: `__init__.py` reads it, and imports each when it is first used."""

from scalelaw.plots._approaches import envelope as envelope
from scalelaw.plots._approaches import isoflop as isoflop
from scalelaw.plots._calibrated import calibrated as calibrated
from scalelaw.plots._compare import compare as compare
from scalelaw.plots._corner import corner as corner
from scalelaw.plots._frontier import frontier as frontier
from scalelaw.plots._influence import influence as influence
from scalelaw.plots._intervals import coverage as coverage
from scalelaw.plots._intervals import forest as forest
from scalelaw.plots._kaplan import power_laws as power_laws
from scalelaw.plots._kaplan_contradiction import contradiction as contradiction
from scalelaw.plots._kaplan_efficient import efficient as efficient
from scalelaw.plots._kaplan_overfitting import overfitting as overfitting
from scalelaw.plots._law import contour as contour
from scalelaw.plots._law import curve as curve
from scalelaw.plots._law import overview as overview
from scalelaw.plots._misfit import misfit as misfit
from scalelaw.plots._profile import profile as profile
from scalelaw.plots._profile import profile_surface as profile_surface
from scalelaw.plots._residuals import held_out as held_out
from scalelaw.plots._residuals import residuals as residuals
from scalelaw.plots._starts import starts as starts
from scalelaw.plots._style import save as save
from scalelaw.plots._style import style as style
from scalelaw.plots._style import svg as svg
from scalelaw.plots._validation import backtest as backtest
