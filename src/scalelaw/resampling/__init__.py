"""The fit repeated over resamples of its runs, and intervals of any function of what was fitted."""

from scalelaw.resampling.bands import Band as Band
from scalelaw.resampling.bands import band as band
from scalelaw.resampling.bootstrap import bootstrap as bootstrap
from scalelaw.resampling.draws import Draws as Draws
from scalelaw.resampling.intervals import ALL_KINDS as ALL_KINDS
from scalelaw.resampling.jackknife import jackknife as jackknife
from scalelaw.resampling.plans import GROUPED as GROUPED
from scalelaw.resampling.plans import PLANS as PLANS
