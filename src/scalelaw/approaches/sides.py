"""One axis of Approach 2: the minimum of every profile, its spread, and why a profile is not used."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from scalelaw.approaches.frontier import Frontier
from scalelaw.approaches.lines import power_law
from scalelaw.approaches.minima import Method
from scalelaw.approaches.noise import spread_of
from scalelaw.approaches.profiles import Profiles, reasons, strict

# Minima of less sd than this share of the largest weigh no more than one of that share.
STEADIEST = 1e-6


class Side(NamedTuple):
    """One axis of Approach 2: the profiles, and the minimum of each.

    Attributes:
        profiles: of all budgets.
        best: [B] size at the minimum, parameters or tokens; NaN where the profile is refused.
        loss: [B] there, nats per token.
        sd: [B] standard deviation of log best over losses with noise added; NaN where there is none.
        refused: [B] why a profile is not used; "" where it is.
    """

    profiles: Profiles
    best: Float[np.ndarray, " B"]
    loss: Float[np.ndarray, " B"]
    sd: Float[np.ndarray, " B"]
    refused: tuple[str, ...]

    @property
    def used(self) -> Bool[np.ndarray, " B"]:
        """Which profiles are used."""
        return np.array([not reason for reason in self.refused], bool)


def side_of(method: Method, given: Profiles, noise: float) -> Side:
    """The minima of profiles.

    Args:
        method: how minima are found.
        given: the profiles.
        noise: standard deviation of a loss, nats per token; NaN where nothing says.
    """
    found = strict(method, given)
    spread, why = spread_of(method, given, found, noise), reasons(method, given, found.fault)
    return Side(given, np.exp(found.x), found.y, spread, why)


def alike(by_N: Side, by_D: Side) -> tuple[Side, Side]:
    """Both axes without the budgets that either refuses: one frontier goes through one set of budgets."""
    return _without(by_N, by_D), _without(by_D, by_N)


def _without(side: Side, other: Side) -> Side:
    pairs = zip(side.refused, other.refused, strict=True)
    refused = tuple(own or (f"refused by {other.profiles.axis}: {why}" if why else "") for own, why in pairs)
    lost = np.array([bool(why) for why in refused])
    best, loss, sd = (np.where(lost, np.nan, each) for each in (side.best, side.loss, side.sd))
    return Side(side.profiles, best, loss, sd, refused)


def moved(side: Side, shift: Float[np.ndarray, " B"]) -> Side:
    """The minima with a bias taken off; those whose bias is NaN are refused.

    Args:
        side: the minima.
        shift: log of the biased minimum over the right one.
    """
    lost = side.used & ~np.isfinite(shift)
    why = "its bias cannot be measured: on the fitted surface this profile has no minimum"
    refused = tuple(why if gone else own for gone, own in zip(lost, side.refused, strict=True))
    return side._replace(best=side.best * np.exp(-shift), refused=refused)


def alone(side: Side) -> Float[np.ndarray, " B"]:
    """Weight 1 for every profile that is used."""
    return side.used.astype(float)


def steadiness(side: Side) -> Float[np.ndarray, " B"]:
    """1 / sd^2 of the log of each minimum that is used and has an sd; all alike where no noise moves them."""
    known = side.used & np.isfinite(side.sd)
    largest = side.sd[known].max(initial=0.0)
    floored = np.where(known, np.maximum(side.sd, STEADIEST * largest), 1.0)
    return np.where(known, 1 / floored**2 if largest > 0 else 1.0, 0.0)


def frontiers(C: Float[np.ndarray, " B"], by_N: Side, by_D: Side) -> tuple[Frontier, Frontier]:
    """The power laws through the minima at budgets C [FLOP]: all alike, and weighted by 1 / sd^2."""
    pairs = ((by_N, by_N.best), (by_D, by_D.best), (by_N, by_N.loss))
    plain, weighted = (
        Frontier(*(power_law(C, values, weigh(side)) for side, values in pairs))
        for weigh in (alone, steadiness)
    )
    return plain, weighted
