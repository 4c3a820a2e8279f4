"""The jackknife: real refits with one run, or one group of runs, left out at a time."""

import numpy as np

from scalelaw.fitting import Fit
from scalelaw.resampling.draws import Draws
from scalelaw.resampling.groups import By, group_codes
from scalelaw.resampling.refit import Refitter
from scalelaw.resampling.schemes import LeaveOut


def jackknife(fit: Fit, *, by: By = None) -> Draws:
    """Refit without each run in turn, or without each group.

    Args:
        fit: the fit.
        by: which runs belong together (see `bootstrap`); None leaves out single runs.

    Returns:
        Draws, replicate i without run (or group) i.

    Raises:
        BadInput: if there is no such column, or one group only.

    Examples:
        >>> draws = sl.jackknife(sl.fit(sl.read_dataset("simulated-sweep")), by="N")
        >>> len(draws), f"{draws.params.alpha.min():.3f} to {draws.params.alpha.max():.3f}"
        (46, '0.350 to 0.353')
    """
    codes = np.arange(len(fit.runs), dtype=np.int32) if by is None else group_codes(fit.runs, by)
    refitter = Refitter.of(fit)
    refits = refitter(LeaveOut(codes), np.arange(codes.max() + 1, dtype=np.int32))
    return Draws(
        fit, refitter.setup.params(refits.theta), refits.objective, refits.status, refits.changed, "jackknife"
    )
