"""From runs to a fitted law with its certificate."""

from scalelaw.fitting.certificate import Certificate as Certificate
from scalelaw.fitting.misfit import Misfit as Misfit
from scalelaw.fitting.misfit import misfit as misfit
from scalelaw.fitting.parametric import fit as fit
from scalelaw.fitting.result import Fit as Fit
from scalelaw.fitting.setup import Basin as Basin
from scalelaw.fitting.setup import Ends as Ends
from scalelaw.fitting.setup import Settings as Settings
