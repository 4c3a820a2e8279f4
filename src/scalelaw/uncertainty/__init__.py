"""How sure: the fit repeated over resamples of its runs, and intervals of any function of its parameters."""

from scalelaw.uncertainty.bands import Band as Band
from scalelaw.uncertainty.bands import band as band
from scalelaw.uncertainty.bootstrap import bootstrap as bootstrap
from scalelaw.uncertainty.covariance import Covariance as Covariance
from scalelaw.uncertainty.covariance import covariance as covariance
from scalelaw.uncertainty.draws import Draws as Draws
from scalelaw.uncertainty.held_out import HeldOut as HeldOut
from scalelaw.uncertainty.held_out import held_out as held_out
from scalelaw.uncertainty.influence import Influence as Influence
from scalelaw.uncertainty.influence import influence as influence
from scalelaw.uncertainty.influence import influence_by_refits as influence_by_refits
from scalelaw.uncertainty.jackknife import jackknife as jackknife
from scalelaw.uncertainty.prediction import Prediction as Prediction
from scalelaw.uncertainty.prediction import mean_interval as mean_interval
from scalelaw.uncertainty.prediction import prediction_interval as prediction_interval
from scalelaw.uncertainty.profile import Profile as Profile
from scalelaw.uncertainty.profile import profile as profile
from scalelaw.uncertainty.surface import ProfileSurface as ProfileSurface
from scalelaw.uncertainty.surface import profile_surface as profile_surface
