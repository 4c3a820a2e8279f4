"""From runs to a fitted law with its certificate."""

from scalelaw.fit.certificate import Certificate as Certificate
from scalelaw.fit.parametric import fit as fit
from scalelaw.fit.parts import Basin as Basin, Ends as Ends, Settings as Settings
from scalelaw.fit.result import Fit as Fit
