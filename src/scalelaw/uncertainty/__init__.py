"""How sure: the fit repeated over resamples of its runs, and intervals of any function of its parameters."""

from scalelaw.uncertainty.bootstrap import bootstrap as bootstrap
from scalelaw.uncertainty.draws import Draws as Draws
from scalelaw.uncertainty.jackknife import jackknife as jackknife
