"""Schemes made ready for a fit: what each draws, in words, and for how many groups."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from scalelaw._checks import BadInput, bad_input, check_at_least, check_choice, check_probability, shown
from scalelaw.fitting import Fit
from scalelaw.resampling import schemes
from scalelaw.resampling.groups import By, group_codes

# Hoffmann et al. 2022, section 3.2.
KEPT = 0.8
# A seed is 32 bits wide.
SEEDS = 1 << 32

Codes = Int[np.ndarray, " n"]


class Spread(NamedTuple):
    """What schemes need to know of a fit.

    Attributes:
        residuals: [n] predicted minus observed, on the scale of the objective.
        scale: their robust standard deviation.
        parameters: how many the fit determined.
    """

    residuals: Float[np.ndarray, " n"]
    scale: float
    parameters: int


@dataclass(frozen=True)
class Plan:
    """A scheme made ready.

    Attributes:
        draw: (problem, replicate) -> (target, weight).
        words: what it does.
        inflation: the spread of a full sample against that of the draws: 1, but for subsamples.
        groups: [n] code of each run's group where whole groups are drawn.
    """

    draw: Any
    words: str
    inflation: float = 1.0
    groups: Codes | None = None


def plan_of(fit: Fit, seed: int, *, scheme: str = "pairs", by: By = None, share: float = KEPT) -> Plan:
    """A scheme made ready for the runs of a fit; arguments as `bootstrap`.

    Raises:
        BadInput: for an unknown scheme, a missing column, one group only, or a number out of range.
    """
    if check_at_least("seed", seed, 0) >= SEEDS:
        raise bad_input("seed", f"below {SEEDS}", shown(seed))
    check_choice("scheme", scheme, tuple(PLANS))
    check_probability("share", share)
    if by is not None and scheme not in GROUPED:
        raise BadInput(f"`by` must go with a scheme of groups ({', '.join(GROUPED)}), got '{scheme}'")
    alone = by is None and scheme not in ("cluster", "stratified")
    codes = np.arange(len(fit.runs), dtype=np.int32) if alone else group_codes(fit.runs, by)
    spread = Spread(fit.residuals, fit.scale, fit.certificate.parameters)
    made = PLANS[scheme](spread, np.uint32(seed), codes, share)
    groups = None if alone or scheme == "stratified" else codes
    return Plan(made.draw, f"{made.words} (seed {seed})", made.inflation, groups)


def _pairs(spread: Spread, seed: Any, codes: Codes, share: float) -> Plan:
    del spread, codes, share
    return Plan(schemes.Pairs(seed), "runs drawn with replacement")


def _cluster(spread: Spread, seed: Any, codes: Codes, share: float) -> Plan:
    del spread, share
    count = int(codes.max()) + 1
    return Plan(schemes.Clusters(seed, codes, count), f"{count} groups drawn with replacement")


def _stratified(spread: Spread, seed: Any, codes: Codes, share: float) -> Plan:
    del spread, share
    words = f"runs drawn with replacement within {codes.max() + 1} strata"
    return Plan(schemes.Strata.of(seed, codes), words)


def _bayesian(spread: Spread, seed: Any, codes: Codes, share: float) -> Plan:
    del spread, share
    count = int(codes.max()) + 1
    return Plan(schemes.Bayesian(seed, codes, count), f"Dirichlet weights of {count} groups or runs")


def _subsample(spread: Spread, seed: Any, codes: Codes, share: float) -> Plan:
    del codes
    n = len(spread.residuals)
    kept = round(share * n)
    free = spread.parameters
    if not free <= kept < n:
        expected = f"such that {free} to {n - 1} runs are kept"
        raise bad_input("share", expected, f"{shown(share)}, which keeps {kept}")
    inflation = float(np.sqrt(kept / (n - kept)))
    return Plan(schemes.Subsample(seed, share), f"{kept} of the runs without replacement", inflation)


def _residual(spread: Spread, seed: Any, codes: Codes, share: float) -> Plan:
    del codes, share
    centred = _widened(spread, spread.residuals - spread.residuals.mean())
    return Plan(schemes.Residuals(seed, spread.residuals, centred), "residuals redrawn around the fit")


def _wild(points: np.ndarray, words: str, spread: Spread, seed: Any, codes: Codes, share: float) -> Plan:
    del share
    count = int(codes.max()) + 1
    widened = _widened(spread, spread.residuals)
    draw = schemes.Wild(seed, spread.residuals, widened, codes, points, count)
    return Plan(draw, f"{words} on the residuals of {count} groups or runs")


def _parametric(spread: Spread, seed: Any, codes: Codes, share: float) -> Plan:
    del codes, share
    draw = schemes.Parametric(seed, spread.residuals, spread.scale)
    return Plan(draw, f"normal noise of {spread.scale:.3g} around the fit")


def _widened(spread: Spread, residuals: np.ndarray) -> np.ndarray:
    """Residuals times sqrt(n / (n - p)): a fit of p parameters leaves them too small."""
    n, p = len(residuals), spread.parameters
    return np.asarray(residuals * np.sqrt(n / max(n - p, 1)))


PLANS: dict[str, Callable[[Spread, Any, Codes, float], Plan]] = {
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
