"""Coverage: how often an interval holds the truth, over many simulated data sets."""

from scalelaw.simulation.coverage import Cell as Cell
from scalelaw.simulation.coverage import Coverage as Coverage
from scalelaw.simulation.coverage import coverage as coverage
from scalelaw.simulation.designs import DESIGNS as DESIGNS
from scalelaw.simulation.designs import NOISE as NOISE
from scalelaw.simulation.designs import NOISES as NOISES
from scalelaw.simulation.designs import design_runs as design_runs
from scalelaw.simulation.frontiers import frontier_coverage as frontier_coverage
