"""The bootstrap: the fit repeated over resamples of its runs, thousands of refits in one compiled call."""

from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from scalelaw._checks import check_at_least, check_choice
from scalelaw.fitting import Fit
from scalelaw.resampling.draws import Draws
from scalelaw.resampling.groups import By
from scalelaw.resampling.jackknife import jackknife
from scalelaw.resampling.plans import KEPT, Plan, plan_of
from scalelaw.resampling.refit import Refitter
from scalelaw.resampling.sandwiches import sandwiches
from scalelaw.solve import Levenberg
from scalelaw.solve.solver import Progress


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

    Examples:
        >>> fit = sl.fit(sl.read_dataset("simulated-sweep"))
        >>> draws = sl.bootstrap(fit, 400)
        >>> int(draws.usable.sum()), int(draws.changed.sum())
        (400, 0)
        >>> f"{draws.stderr('alpha'):.4f}"
        '0.0048'
    """
    check_at_least("replicates", replicates, 2)
    check_choice("starts", starts, ("basins", "all"))
    plan = plan_of(fit, seed, scheme=scheme, by=by, share=share)
    refitter = Refitter.of(fit, everywhere=starts == "all", solver=solver)
    numbers = np.arange(replicates, dtype=np.uint32)
    refits = refitter(plan.draw, numbers, progress)
    return draws_of(fit, plan, numbers, refitter.setup.params(refits.theta), *refits[1:])


def draws_of(
    fit: Fit,
    plan: Plan,
    replicates: Int[np.ndarray, " R"],
    params: Any,
    objective: Float[np.ndarray, " R"],
    status: Int[np.ndarray, " R"],
    changed: np.ndarray,
) -> Draws:
    """Draws of a plan, with what BCa and studentized intervals need; columns as in `Draws`."""
    left_out = partial(jackknife, fit, by=plan.groups)
    inside = partial(_covariances, fit, plan, replicates, params)
    return Draws(fit, params, objective, status, changed, plan.words, plan.inflation, left_out, inside)


def _covariances(
    fit: Fit, plan: Plan, replicates: Int[np.ndarray, " R"], params: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of the parameters at the fit, and at every replicate of it."""
    refitter = Refitter.of(fit)
    theta = refitter.setup.theta(np.stack(params, axis=1))
    own = sandwiches(refitter.setup, refitter.starts[:1], fit.scale, groups=plan.groups)[0]
    lanes = replicates.astype(np.uint32)
    return own, sandwiches(refitter.setup, theta, fit.scale, plan.draw, lanes, plan.groups)
