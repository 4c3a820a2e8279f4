"""Approaches 1 and 2: power laws through points of the efficient frontier, from curves and from profiles."""

from scalelaw.approaches.envelope import Envelope as Envelope
from scalelaw.approaches.envelope import envelope as envelope
from scalelaw.approaches.frontier import frontier_quantity as frontier_quantity
from scalelaw.approaches.isoflop import IsoFLOP as IsoFLOP
from scalelaw.approaches.isoflop import isoflop as isoflop
