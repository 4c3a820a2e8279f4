"""The methods of drawing a curve through a profile, by the names that users write."""

from scalelaw.approaches.akima import AKIMA
from scalelaw.approaches.local_profile import LOCAL, SHARED
from scalelaw.approaches.polynomials import CUBIC, PARABOLA

METHODS = {method.name: method for method in (SHARED, LOCAL, PARABOLA, CUBIC, AKIMA)}
"""Methods of drawing a curve through a profile."""
