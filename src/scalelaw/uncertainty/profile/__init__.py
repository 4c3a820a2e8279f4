"""The objective profiled in one quantity or two: intervals and regions that follow the surface."""

from scalelaw.uncertainty.profile.calibration import Calibration as Calibration
from scalelaw.uncertainty.profile.profile import Profile as Profile
from scalelaw.uncertainty.profile.profile import profile as profile
from scalelaw.uncertainty.profile.surface import ProfileSurface as ProfileSurface
from scalelaw.uncertainty.profile.surface import profile_surface as profile_surface
