"""Coverage: how often an interval holds the truth, over many simulated data sets."""

from scalelaw.simulation.coverage import Cell as Cell
from scalelaw.simulation.coverage import Coverage as Coverage
from scalelaw.simulation.coverage import coverage as coverage
