"""Which figures a report has: the one list that the folder of results, its report and the page are made from."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from scalelaw import plots
from scalelaw.comparison import Comparison
from scalelaw.fitting import Fit
from scalelaw.report.answers import IntervalSettings

Pictures = dict[str, Callable[[], Any]]


def pictures(
    fit: Fit,
    budgets: Sequence[float] = (),
    sure: IntervalSettings | None = None,
    comparison: Comparison | None = None,
) -> Pictures:
    """Name -> what draws it, those that the fit, its draws and the runs allow.

    Args:
        fit: the fit.
        budgets: training compute [FLOP] to mark.
        sure: draws and choice of interval.
        comparison: all approaches that the runs allow.
    """
    drawn: Pictures = {
        "law": partial(plots.overview, fit, budgets=list(budgets) or None),
        "residuals": partial(plots.residuals, fit),
    }
    if fit.misfit.found:
        drawn["misfit"] = partial(plots.misfit, fit)
    if fit.ends is not None:
        drawn["starts"] = partial(plots.starts, fit)
    if sure is not None:
        drawn |= _of_draws(fit, sure)
    if comparison is not None:
        drawn |= _of_approaches(comparison)
    return drawn


def _of_draws(fit: Fit, sure: IntervalSettings) -> Pictures:
    draws, level, kind = sure
    if not any(draws.moves(name) for name in fit.law.fields):
        return {}
    drawn: Pictures = {
        "corner": partial(plots.corner, draws, level=level, kind=kind),
        "forest": partial(plots.forest, draws, level=level),
    }
    if set(fit.law.inputs) == {"N", "D"}:
        drawn["frontier"] = partial(plots.frontier, draws, level=level)
    return drawn


def _of_approaches(comparison: Comparison) -> Pictures:
    drawn: Pictures = {"compare": partial(plots.compare, comparison)}
    if comparison.envelope is not None:
        drawn["envelope"] = partial(plots.envelope, comparison.envelope)
    if comparison.isoflop is not None:
        drawn["isoflop"] = partial(plots.isoflop, comparison.isoflop)
    return drawn
