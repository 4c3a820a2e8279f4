"""Estimators repeated over resamples of their runs, and intervals of any function of what was estimated."""

from scalelaw.resampling.bands import Band as Band
from scalelaw.resampling.bands import band as band
from scalelaw.resampling.bootstrap import bootstrap as bootstrap
from scalelaw.resampling.bootstrap import jackknife as jackknife
from scalelaw.resampling.draws import Draws as Draws
from scalelaw.resampling.estimator import Estimator as Estimator
from scalelaw.resampling.flat_range import flat_intervals as flat_intervals
from scalelaw.resampling.intervals import KINDS as KINDS
from scalelaw.resampling.schemes import SCHEMES as SCHEMES
