"""The bootstrap: the fit repeated over resamples of its runs, thousands of refits in one compiled call."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from scalelaw._checks import BadInput, bad_input, check_at_least, check_choice, check_probability, shown
from scalelaw.fitting import Fit
from scalelaw.solve import Levenberg
from scalelaw.solve.lanes import Progress
from scalelaw.uncertainty import schemes
from scalelaw.uncertainty.draws import Draws
from scalelaw.uncertainty.groups import By, group_codes
from scalelaw.uncertainty.jackknife import jackknife
from scalelaw.uncertainty.refit import Refitter

# Hoffmann et al. 2022, section 3.2.
KEPT = 0.8
# A seed is 32 bits wide.
SEEDS = 1 << 32


class Plan(NamedTuple):
    """A scheme made ready: its draw, what it is in words, and the spread of its draws against a full sample's."""

    draw: Any
    words: str
    inflation: float = 1.0


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
        solver: `scalelaw.solve.Levenberg()` by default.
        progress: called with (replicates done, replicates in all).

    Returns:
        Draws; replicates that failed or changed basin are kept and counted.

    Raises:
        BadInput: for an unknown scheme, a missing column, one group only, or a number out of range.

    References:
        Efron 1979; Rubin 1981; Wu 1986; Webb 2014; Davison & Hinkley 1997.
    """
    replicates, seed = check_at_least("replicates", replicates, 2), check_at_least("seed", seed, 0)
    if seed >= SEEDS:
        raise bad_input("seed", f"below {SEEDS}", shown(seed))
    check_choice("scheme", scheme, tuple(PLANS))
    check_choice("starts", starts, ("basins", "all"))
    check_probability("share", share)
    if by is not None and scheme not in GROUPED:
        raise BadInput(f"`by` must go with a scheme of groups ({', '.join(GROUPED)}), got '{scheme}'")
    alone = by is None and scheme not in ("cluster", "stratified")
    codes = np.arange(len(fit.runs), dtype=np.int32) if alone else group_codes(fit.runs, by)
    plan = PLANS[scheme](fit, np.uint32(seed), codes, share)
    refitter = Refitter.of(fit, everywhere=starts == "all", solver=solver)
    refits = refitter(plan.draw, np.arange(replicates, dtype=np.uint32), progress)
    groups = codes if scheme in ("cluster", "bayesian", "wild", "webb") and not alone else None
    return Draws(
        fit,
        refitter.setup.params(refits.theta),
        refits.objective,
        refits.status,
        refits.changed,
        f"{plan.words} (seed {seed})",
        plan.inflation,
        partial(jackknife, fit, by=groups),
    )


Codes = Int[np.ndarray, " n"]


def _pairs(fit: Fit, seed: Any, codes: Codes, share: float) -> Plan:
    del fit, codes, share
    return Plan(schemes.Pairs(seed), "runs drawn with replacement")


def _cluster(fit: Fit, seed: Any, codes: Codes, share: float) -> Plan:
    del fit, share
    like = np.zeros(codes.max() + 1)
    return Plan(schemes.Clusters(seed, codes, like), f"{len(like)} groups drawn with replacement")


def _stratified(fit: Fit, seed: Any, codes: Codes, share: float) -> Plan:
    del fit, share
    words = f"runs drawn with replacement within {codes.max() + 1} strata"
    return Plan(schemes.Strata.of(seed, codes), words)


def _bayesian(fit: Fit, seed: Any, codes: Codes, share: float) -> Plan:
    del fit, share
    like = np.zeros(codes.max() + 1)
    return Plan(schemes.Bayesian(seed, codes, like), f"Dirichlet weights of {len(like)} groups or runs")


def _subsample(fit: Fit, seed: Any, codes: Codes, share: float) -> Plan:
    del codes
    kept = round(share * len(fit.runs))
    free = fit.certificate.parameters
    if not free <= kept < len(fit.runs):
        expected = f"such that {free} to {len(fit.runs) - 1} runs are kept"
        raise bad_input("share", expected, f"{shown(share)}, which keeps {kept}")
    inflation = float(np.sqrt(kept / (len(fit.runs) - kept)))
    return Plan(schemes.Subsample(seed, share), f"{kept} of the runs without replacement", inflation)


def _residual(fit: Fit, seed: Any, codes: Codes, share: float) -> Plan:
    del codes, share
    centred = _widened(fit, fit.residuals - fit.residuals.mean())
    return Plan(schemes.Residuals(seed, fit.residuals, centred), "residuals redrawn around the fit")


def _wild(points: np.ndarray, words: str, fit: Fit, seed: Any, codes: Codes, share: float) -> Plan:
    del share
    like = np.zeros(codes.max() + 1)
    widened = _widened(fit, fit.residuals)
    draw = schemes.Wild(seed, fit.residuals, widened, codes, like, points)
    return Plan(draw, f"{words} on the residuals of {len(like)} groups or runs")


def _parametric(fit: Fit, seed: Any, codes: Codes, share: float) -> Plan:
    del codes, share
    draw = schemes.Parametric(seed, fit.residuals, fit.scale)
    return Plan(draw, f"normal noise of {fit.scale:.3g} around the fit")


def _widened(fit: Fit, residuals: np.ndarray) -> np.ndarray:
    """Residuals times sqrt(n / (n - p)): a fit of p parameters leaves them too small."""
    n, p = len(residuals), fit.certificate.parameters
    return np.asarray(residuals * np.sqrt(n / max(n - p, 1)))


PLANS: dict[str, Callable[[Fit, Any, Codes, float], Plan]] = {
    "pairs": _pairs,
    "cluster": _cluster,
    "stratified": _stratified,
    "bayesian": _bayesian,
    "subsample": _subsample,
    "residual": _residual,
    "wild": partial(_wild, np.ones(1), "random signs"),
    "webb": partial(_wild, schemes.WEBB, "Webb's six points"),
    "parametric": _parametric,
}
GROUPED = ("cluster", "stratified", "bayesian", "wild", "webb")
