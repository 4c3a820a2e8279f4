"""From runs to a fitted law with its certificate."""

from scalelaw.fitting.certificate import Certificate as Certificate
from scalelaw.fitting.parametric import fit as fit
from scalelaw.fitting.parts import Basin as Basin, Ends as Ends, Settings as Settings
from scalelaw.fitting.result import Fit as Fit
