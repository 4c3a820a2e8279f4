"""Approaches 1 and 2: power laws through points of the efficient frontier, from curves and from profiles."""

from scalelaw.frontiers.envelope import envelope as envelope
from scalelaw.frontiers.envelope_result import Envelope as Envelope
from scalelaw.frontiers.frontier import FrontierDraws as FrontierDraws
from scalelaw.frontiers.isoflop import isoflop as isoflop
from scalelaw.frontiers.isoflop_result import IsoFLOP as IsoFLOP
