"""Whether replicates allow intervals: how many of them failed, and whether they move the fit at all."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Int

from scalelaw.solve import Status

# Shares of failed replicates above which intervals carry a warning, and above which there are none: what fails is
# no random part of the resamples, nor are draws that give no number of a function. A resample that lacks what is
# estimated did not fail.
WARNED, REFUSED = 0.01, 0.1
NOT_FAILED = (Status.CONVERGED, Status.AT_BOUND, Status.UNDETERMINED)
# Draws that differ by less, relatively, differ by rounding alone.
SAME = 1e-9
# Residuals below this, on the scale of the objective, are those of data without noise: such draws need not move.
NOISELESS = 1e-6


def failures(status: Int[np.ndarray, " R"]) -> str:
    """How many replicates failed, and why most of those did; nothing where they are few."""
    lost = status[~np.isin(status, NOT_FAILED)]
    if len(lost) <= WARNED * len(status):
        return ""
    most = Status(int(np.bincount(lost).argmax()))
    return (
        f"{len(lost):,} of {len(status):,} resamples ({len(lost) / len(status):.1%}) gave no estimate, and those "
        f"that fail are no random part of them: {most.advice[0].lower()}{most.advice[1:].rstrip('.')}"
    )


def too_many_failed(status: Int[np.ndarray, " R"]) -> bool:
    """Whether so many replicates failed that the rest allow no interval."""
    return bool(np.mean(~np.isin(status, NOT_FAILED)) > REFUSED)


def differ(draws: np.ndarray) -> bool:
    """Whether draws [R, ...] differ from each other by more than rounding."""
    with np.errstate(invalid="ignore"):
        return draws.size > 0 and bool(not np.ptp(draws) <= SAME * np.abs(draws).max())


def stand_still(draws: Iterable[np.ndarray], scale: float) -> bool:
    """Whether no resample moves any parameter, though the residuals are more than rounding.

    Args:
        draws: [R] of each parameter.
        scale: of the residuals.
    """
    return scale > NOISELESS and not any(len(each) < 2 or differ(each) for each in draws)
