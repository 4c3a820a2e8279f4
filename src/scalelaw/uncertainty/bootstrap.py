"""The bootstrap: the fit repeated over resamples of its runs, thousands of refits in one compiled call."""

from functools import partial

import numpy as np

from scalelaw._checks import check_at_least, check_choice
from scalelaw.fitting import Fit
from scalelaw.solve import Levenberg
from scalelaw.solve.lanes import Progress
from scalelaw.uncertainty.draws import Draws
from scalelaw.uncertainty.groups import By
from scalelaw.uncertainty.jackknife import jackknife
from scalelaw.uncertainty.plans import KEPT, Plan, plan_of
from scalelaw.uncertainty.refit import Refits, Refitter
from scalelaw.uncertainty.sandwiches import sandwiches


def bootstrap(
    fit: Fit,
    replicates: int = 4000,
    seed: int = 0,
    *,
    scheme: str = "pairs",
    by: By = None,
    share: float = KEPT,
    starts: str = "basins",
    solver: Levenberg | None = None,
    progress: Progress | None = None,
) -> Draws:
    """Repeat a fit over resamples of its runs.

    Args:
        fit: the fit; resamples use its law, objective and constraints.
        replicates: how many resamples.
        seed: replicate i of a seed is the same draw on every machine, however many are asked for.
        scheme: "pairs" (single runs); "cluster" (whole groups); "stratified" (runs within groups); "bayesian"
            (Dirichlet weights, of groups if `by`); "subsample" (`share` of the runs without replacement);
            "residual", "wild", "webb" (signs on residuals, of groups if `by`) or "parametric" (new losses
            around the fit).
        by: which runs belong together: "group" (the table's group column), "N", "D", "C" or a further input
            (equal values), or one label a run.
        share: part of the runs that "subsample" keeps.
        starts: "basins": every resample starts from the fit and from each other basin that it found; "all":
            from the law's whole grid too.
        solver: by default `scalelaw.solve.Levenberg`, as suits the starts.
        progress: called with (replicates done, replicates in all).

    Returns:
        Draws; replicates that failed or changed basin are kept and counted.

    Raises:
        BadInput: for an unknown scheme, a missing column, one group only, or a number out of range.

    References:
        Efron 1979; Rubin 1981; Wu 1986; Webb 2014; Davison & Hinkley 1997.
    """
    check_at_least("replicates", replicates, 2)
    check_choice("starts", starts, ("basins", "all"))
    plan = plan_of(fit, seed, scheme=scheme, by=by, share=share)
    refitter = Refitter.of(fit, everywhere=starts == "all", solver=solver)
    return draws_of(refitter, plan, refitter(plan.draw, np.arange(replicates, dtype=np.uint32), progress))


def draws_of(refitter: Refitter, plan: Plan, refits: Refits) -> Draws:
    """Draws from refits of replicates 0, 1, ... of a plan."""
    return Draws(
        refitter.fit,
        refitter.setup.params(refits.theta),
        refits.objective,
        refits.status,
        refits.changed,
        plan.words,
        plan.inflation,
        partial(jackknife, refitter.fit, by=plan.groups),
        partial(_sandwiches, refitter, plan, refits.theta),
    )


def _sandwiches(refitter: Refitter, plan: Plan, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of the parameters at the fit, and at every replicate of it."""
    lanes = np.arange(len(theta), dtype=np.uint32)
    scale = refitter.fit.scale
    own = sandwiches(refitter.setup, refitter.starts[:1], scale, groups=plan.groups)[0]
    return own, sandwiches(refitter.setup, theta, scale, plan.draw, lanes, plan.groups)
