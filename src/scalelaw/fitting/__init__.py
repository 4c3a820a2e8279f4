"""From runs to a fitted law with its certificate."""

from scalelaw.fitting.certificate import Certificate as Certificate
from scalelaw.fitting.parametric import fit as fit
from scalelaw.fitting.parts import Basin as Basin
from scalelaw.fitting.parts import Ends as Ends
from scalelaw.fitting.parts import Settings as Settings
from scalelaw.fitting.result import Fit as Fit
