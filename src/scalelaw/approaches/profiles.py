"""IsoFLOP profiles, the runs of each budget by size: their minima, how sure these are, and why one is not used."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from scalelaw._checks import BadInput, bad_input
from scalelaw.approaches.budgets import Budgets
from scalelaw.approaches.frontier import Frontier
from scalelaw.approaches.minima import Fault, Method, bracketed, distinct, ends
from scalelaw.approaches.polynomials import CUBIC
from scalelaw.approaches.slopes import Slopes, power_laws
from scalelaw.numbers import format_number

FEWEST_BUDGETS = 2
REFITS = 400
"""Refits that the sd of a minimum is taken from: it is known within 4 %."""

SEED = 0
# Fewer refits with a minimum than this share say nothing of its spread (Porian et al. 2024 ask for half, too).
ENOUGH = 0.5
# Minima of less sd than this share of the largest weigh no more than one of that share.
LEAST_SD = 1e-6
SIZES = {"N": "sizes", "D": "token counts"}


class Profiles(NamedTuple):
    """The profiles of all budgets against one axis.

    Attributes:
        axis: "N" (parameters) or "D" (tokens).
        x: its log, ascending along [B, m].
        y: loss, nats per token.
        weight: of the runs; 0 where a profile has fewer than m.
        run: [B, m] which run; 0 where there is none.
    """

    axis: str
    x: Float[np.ndarray, "B m"]
    y: Float[np.ndarray, "B m"]
    weight: Float[np.ndarray, "B m"]
    run: Int[np.ndarray, "B m"]


def profiles(
    axis: str,
    size: Float[np.ndarray, " n"],
    L: Float[np.ndarray, " n"],
    weight: Float[np.ndarray, " n"],
    budgets: Budgets,
) -> Profiles:
    """The profile of every budget.

    Args:
        axis: "N" or "D".
        size: parameters or tokens of each run.
        L: loss, nats per token.
        weight: of each run.
        budgets: which runs belong to which.
    """
    order = np.lexsort((size, budgets.code))
    code = budgets.code[order]
    order, code = order[code >= 0], code[code >= 0]
    counts = np.bincount(code, minlength=len(budgets.C))
    place = np.arange(len(code)) - np.repeat(np.cumsum(counts) - counts, counts)
    index = np.zeros((len(budgets.C), max(int(counts.max(initial=0)), 1)), np.int64)
    there = np.zeros(index.shape, bool)
    index[code, place], there[code, place] = order, True
    x = np.log(size)[index]
    x = np.where(there, x, np.where(there, x, -np.inf).max(axis=1, keepdims=True, initial=0.0))
    return Profiles(axis, x, L[index], np.where(there, weight[index], 0.0), index)


class Noise(NamedTuple):
    """Noise of a loss.

    Attributes:
        sd: standard deviation, nats per token; NaN where nothing says.
        degrees: of freedom that it was estimated with; None where it is taken for known.
    """

    sd: float
    degrees: int | None = None


def scatter(method: Method, given: Profiles) -> Noise:
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
    freedom = int(spare[fitted].sum()) - smooth.common
    if freedom < 1:
        return Noise(float("nan"))
    return Noise(float(np.sqrt((residual[counted] ** 2).sum() / freedom)), freedom)


@dataclass(frozen=True, eq=False)
class ProfileMinima:
    """The profiles along one axis, and the minimum of each.

    Attributes:
        method: how the minima were found.
        profiles: of all budgets.
        noise: standard deviation of a loss, nats per token; NaN where nothing says.
        best: [B] size at the minimum, parameters or tokens; NaN where the profile is refused.
        loss: [B] there, nats per token.
        refused: [B] why a profile is not used; "" where it is.
    """

    method: Method
    profiles: Profiles
    noise: float
    best: Float[np.ndarray, " B"]
    loss: Float[np.ndarray, " B"]
    refused: tuple[str, ...]

    @property
    def used(self) -> Bool[np.ndarray, " B"]:
        """Which profiles are used."""
        return np.array([not reason for reason in self.refused], bool)

    @cached_property
    @np.errstate(over="ignore", invalid="ignore")
    def sd(self) -> Float[np.ndarray, " B"]:
        """Standard deviation of log best over refits to losses with noise added.

        NaN where a profile is refused, or less than half of its refits have a minimum.
        """
        if not np.isfinite(self.noise):
            return np.full(len(self.best), np.nan)
        given, minima = self.profiles, self.method.minima
        draws = np.random.default_rng(SEED).standard_normal((REFITS, *given.y.shape))
        refits = minima(given.x, given.y + self.noise * draws, given.weight).x
        there = np.isfinite(refits)
        about = np.where(there, refits - np.nan_to_num(np.log(self.best)), 0.0)
        count = np.maximum(there.sum(axis=0), 1)
        mean = about.sum(axis=0) / count
        variance = np.where(there, (about - mean) ** 2, 0.0).sum(axis=0) / count
        known = self.used & (there.mean(axis=0) >= ENOUGH)
        return np.where(known, np.sqrt(variance), np.nan)


def profile_minima(method: Method, given: Profiles, noise: float) -> ProfileMinima:
    """The minima of profiles; one whose lowest run is the smallest or the largest is refused too.

    Args:
        method: how minima are found.
        given: the profiles.
        noise: standard deviation of a loss, nats per token; NaN where nothing says.
    """
    found = method.minima(given.x, given.y, given.weight)
    open_ended = (found.fault == Fault.NONE) & ~bracketed(given.x, given.y, given.weight)
    fault = np.where(open_ended, Fault.UNBRACKETED, found.fault)
    x, y = (np.where(fault == Fault.NONE, values, np.nan) for values in (found.x, found.y))
    return ProfileMinima(method, given, noise, np.exp(x), y, _reasons(method, given, fault))


def _reasons(method: Method, given: Profiles, fault: Int[np.ndarray, " B"]) -> tuple[str, ...]:
    """Why each profile is refused; "" where it is not."""
    low, high = ends(given.x, given.weight)
    counts, what = distinct(given.x, given.weight), SIZES[given.axis]
    lowest = np.argmin(np.where(given.weight > 0, given.y, np.inf), axis=1)
    at_low = np.take_along_axis(given.x, lowest[:, None], axis=1)[:, 0] == low

    def reason(row: int) -> str:
        if fault[row] == Fault.NONE:
            return ""
        if fault[row] == Fault.FEW and counts[row] >= method.fewest:
            few = f"{counts[row]} {what}, and the budgets have too few in all to share exponents"
            return f"{few}: take the parabola (--method)"
        if fault[row] == Fault.FEW:
            return f"{counts[row]} of the {method.fewest} different {what} that a {method.name} fit needs"
        if fault[row] == Fault.DOWNWARD:
            return f"its {method.name} fit opens downward"
        span = " to ".join(format_number(float(np.exp(end[row]))) for end in (low, high))
        if fault[row] == Fault.OUTSIDE:
            return f"the minimum lies at the edge of, or outside, the {what} trained ({span})"
        end = "smallest" if at_low[row] else "largest"
        return f"not bracketed: the lowest loss is at the {end} of the {what} trained ({span})"

    return tuple(reason(row) for row in range(len(fault)))


def common_budgets(by_N: ProfileMinima, by_D: ProfileMinima) -> tuple[ProfileMinima, ProfileMinima]:
    """Both axes without the budgets that either refuses: one frontier goes through one set of budgets."""
    return _without_refused(by_N, by_D), _without_refused(by_D, by_N)


def _without_refused(minima: ProfileMinima, other: ProfileMinima) -> ProfileMinima:
    pairs = zip(minima.refused, other.refused, strict=True)
    refused = tuple(own or (f"refused by {other.profiles.axis}: {why}" if why else "") for own, why in pairs)
    lost = np.array([bool(why) for why in refused])
    best, loss = (np.where(lost, np.nan, each) for each in (minima.best, minima.loss))
    return replace(minima, best=best, loss=loss, refused=refused)


def subtract_bias(minima: ProfileMinima, bias: Float[np.ndarray, " B"]) -> ProfileMinima:
    """The minima with a bias taken off; those whose bias is NaN are refused.

    Args:
        minima: along one axis.
        bias: log of the biased minimum over the right one.
    """
    lost = minima.used & ~np.isfinite(bias)
    why = "its bias cannot be measured: on the fitted surface this profile has no minimum"
    refused = tuple(why if gone else own for gone, own in zip(lost, minima.refused, strict=True))
    return replace(minima, best=minima.best * np.exp(-bias), refused=refused)


def unit_weights(minima: ProfileMinima) -> Float[np.ndarray, " B"]:
    """Weight 1 for every profile that is used."""
    return minima.used.astype(float)


def inverse_variance_weights(minima: ProfileMinima) -> Float[np.ndarray, " B"]:
    """1 / sd^2 of the log of each minimum that is used and has an sd; 1 where no noise moves any of them."""
    known = minima.used & np.isfinite(minima.sd)
    largest = minima.sd[known].max(initial=0.0)
    floored = np.where(known, np.maximum(minima.sd, LEAST_SD * largest), 1.0)
    return np.where(known, 1 / floored**2 if largest > 0 else 1.0, 0.0)


WEIGHTS = {"unit": unit_weights, "inverse-variance": inverse_variance_weights}
"""Weights of the minima in the power laws."""


def fit_frontier(
    C: Float[np.ndarray, " B"], by_N: ProfileMinima, by_D: ProfileMinima, weights: str, slopes: Slopes
) -> Frontier:
    """The power laws through the minima at budgets C [FLOP], by the weights of that name, with slopes held."""
    weigh = WEIGHTS[weights]
    N, D = weigh(by_N), weigh(by_D)
    return power_laws(C, (by_N.best, by_D.best, by_N.loss), (N, D, N), slopes)


def check_enough_budgets(source: str, budgets: Budgets, *axes: ProfileMinima) -> None:
    """Refuse profiles that have no two budgets to draw a line through.

    Raises:
        BadInput: with what is lacking.
    """
    if len(budgets.C) < FEWEST_BUDGETS:
        raise bad_input(
            "budgets",
            f"at least {FEWEST_BUDGETS} for a power law",
            f"{len(budgets.C)} ({budgets.words()})",
            place=source,
            advice="add runs at another budget, name the budgets (--budget), choose another tolerance "
            '(--tolerance), or read no column of budgets (budget="none", --budget none)',
        )
    for minima in axes:
        used = int(minima.used.sum())
        if used < FEWEST_BUDGETS:
            first = int(np.argmin(minima.used))
            raise BadInput(
                f"{source}: profiles by {minima.profiles.axis} with a minimum must be at least "
                f"{FEWEST_BUDGETS}, got {used} of {len(budgets.C)} budgets; at C = {budgets.C[first]:.4g}: "
                f"{'; '.join([minima.refused[first], *budgets.doubts])}"
            )
