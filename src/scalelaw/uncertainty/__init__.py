"""Uncertainty without resampling: covariance, influence, profiles; and intervals of predictions."""

from scalelaw.uncertainty.covariance import Covariance as Covariance
from scalelaw.uncertainty.covariance import covariance as covariance
from scalelaw.uncertainty.influence import Influence as Influence
from scalelaw.uncertainty.influence import influence as influence
from scalelaw.uncertainty.influence import influence_by_refits as influence_by_refits
from scalelaw.uncertainty.prediction import HeldOut as HeldOut
from scalelaw.uncertainty.prediction import Prediction as Prediction
from scalelaw.uncertainty.prediction import held_out as held_out
from scalelaw.uncertainty.prediction import mean_interval as mean_interval
from scalelaw.uncertainty.prediction import prediction_interval as prediction_interval
from scalelaw.uncertainty.prediction import prediction_quantiles as prediction_quantiles
from scalelaw.uncertainty.profile import Profile as Profile
from scalelaw.uncertainty.profile import ProfileSurface as ProfileSurface
from scalelaw.uncertainty.profile import profile as profile
from scalelaw.uncertainty.profile import profile_surface as profile_surface
from scalelaw.uncertainty.profile.surface import LEVELS as LEVELS
