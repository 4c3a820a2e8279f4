"""Coverage: how often an interval holds the truth, over many simulated data sets."""

from scalelaw.simulation.coverage import Cell as Cell
from scalelaw.simulation.coverage import Coverage as Coverage
from scalelaw.simulation.coverage import coverage as coverage
from scalelaw.simulation.designs import NOISE as NOISE
from scalelaw.simulation.designs import designed as designed
from scalelaw.simulation.noise import NOISES as NOISES
