"""Which figures a report has."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from scalelaw import plots
from scalelaw.fitting import Fit
from scalelaw.report.answers import IntervalSettings

SAME = 1e-9
"""Draws that differ by less, relatively, differ by rounding alone: data without noise."""

Pictures = dict[str, Callable[[], Any]]


def pictures(fit: Fit, budgets: Sequence[float] = (), sure: IntervalSettings | None = None) -> Pictures:
    """Name -> what draws it, those that the fit and its draws allow.

    Args:
        fit: the fit.
        budgets: training compute [FLOP] to mark.
        sure: draws and choice of interval.
    """
    drawn: Pictures = {
        "law": partial(plots.overview, fit, budgets=list(budgets) or None),
        "residuals": partial(plots.residuals, fit),
    }
    if fit.ends is not None:
        drawn["starts"] = partial(plots.starts, fit)
    return drawn | ({} if sure is None else _of_draws(fit, sure))


def _of_draws(fit: Fit, sure: IntervalSettings) -> Pictures:
    draws, level, kind = sure
    spread = [np.ptp(draws.of(name)) > SAME * abs(draws.estimate(name)) for name in fit.law.fields]
    if not any(spread):
        return {}
    drawn: Pictures = {
        "corner": partial(plots.corner, draws, level=level, kind=kind),
        "forest": partial(plots.forest, draws, level=level),
    }
    if set(fit.law.inputs) == {"N", "D"}:
        drawn["frontier"] = partial(plots.frontier, draws, level=level)
    return drawn
