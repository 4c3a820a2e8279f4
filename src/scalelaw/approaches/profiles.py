"""IsoFLOP profiles: the runs of each budget by size, padded to one length, and how noisy their losses are."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from scalelaw.approaches.budgets import Budgets
from scalelaw.approaches.minima import Fault, Method
from scalelaw.approaches.polynomials import CUBIC


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


def noise_sd(method: Method, given: Profiles) -> float:
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
