"""How sure a report says it is: draws, and the intervals it takes from them."""

from typing import NamedTuple

from scalelaw.resampling import Draws


class Sure(NamedTuple):
    """Draws with a choice of interval.

    Attributes:
        draws: from `bootstrap`.
        level: of confidence.
        kind: of interval, as in `Draws.interval`.
    """

    draws: Draws
    level: float = 0.95
    kind: str = "bca"

    def __str__(self) -> str:
        return f"{100 * self.level:.6g} % {self.kind} intervals"
