"""How noisy the losses of IsoFLOP profiles are, and how far that noise moves their minima."""

import numpy as np
from jaxtyping import Float

from scalelaw.approaches.minima import Fault, Method, Minima
from scalelaw.approaches.polynomials import CUBIC
from scalelaw.approaches.profiles import Profiles

REFITS = 400
"""Refits that the sd of a minimum is taken from: it is known within 4 %."""

SEED = 0
# Fewer refits with a minimum than this share say nothing of its spread (Porian et al. 2024 ask for half, too).
ENOUGH = 0.5


def noise_of(method: Method, given: Profiles) -> float:
    """Standard deviation of the losses about the fitted profiles [nats per token], over all budgets.

    Args:
        method: whose curves the losses scatter about; cubics stand in for one that goes through every run.
        given: the profiles.

    Returns:
        The residual standard deviation for the parameters spent; NaN where no profile has a run to spare.
    """
    smooth = CUBIC if method.parameters is None else method
    spent = smooth.parameters or 0
    fitted = smooth.minima(given.x, given.y, given.weight).fault != Fault.FEW
    with np.errstate(invalid="ignore"):
        residual = given.y - smooth.curve(given.x, given.y, given.weight, given.x)
    there = (given.weight > 0) & fitted[:, None]
    spare = np.maximum(there.sum(axis=1) - spent, 0)
    counted = there & (spare > 0)[:, None]
    if not spare[fitted].sum():
        return float("nan")
    return float(np.sqrt((residual[counted] ** 2).sum() / spare[fitted].sum()))


def spread_of(method: Method, given: Profiles, found: Minima, noise: float) -> Float[np.ndarray, " B"]:
    """Standard deviation of each minimum over refits to losses with noise added.

    Args:
        method: how minima are found.
        given: the profiles.
        found: their minima.
        noise: standard deviation of a loss, nats per token.

    Returns:
        In logs; NaN where a profile is refused, or less than half of its refits have a minimum.
    """
    if not np.isfinite(noise):
        return np.full(len(found.x), np.nan)
    draws = np.random.default_rng(SEED).standard_normal((REFITS, *given.y.shape))
    refits = method.minima(given.x, given.y + noise * draws, given.weight)
    there = np.isfinite(refits.x)
    share = there.mean(axis=0)
    about = np.where(there, refits.x - np.where(np.isfinite(found.x), found.x, 0.0), 0.0)
    count = np.maximum(there.sum(axis=0), 1)
    mean = about.sum(axis=0) / count
    variance = np.where(there, (about - mean) ** 2, 0.0).sum(axis=0) / count
    known = (found.fault == Fault.NONE) & (share >= ENOUGH)
    return np.where(known, np.sqrt(variance), np.nan)
