"""The bias of the profiles' design, measured on the law that is compared, and taken off where it counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from scalelaw._checks import BadInput
from scalelaw._float64 import float64
from scalelaw.approaches import IsoFLOP
from scalelaw.approaches.design_bias import DesignBias
from scalelaw.approaches.frontier import FrontierTable, frontier_quantity
from scalelaw.fitting import Fit
from scalelaw.resampling import Draws
from scalelaw.validation.trials import Candidate

NEGLIGIBLE = 0.1
"""A bias below this share of half an interval costs 95 % of confidence half a point at most."""


class Correction(NamedTuple):
    """What a design does to the profiles' minima.

    Attributes:
        words: a sentence.
        bias: None where it could not be measured.
        corrected: the profiles without it, to be tested; None where it is negligible or not known.
    """

    words: str
    bias: DesignBias | None = None
    corrected: IsoFLOP | None = None


def correction(
    found: IsoFLOP, draws: Draws, fit: Fit, budgets: Sequence[float], level: float, kind: str
) -> Correction:
    """Measure the bias of profiles on a law's surface, and take it off where it counts beside the intervals.

    Args:
        found: the profiles.
        draws: of these.
        fit: Approach 3, fitted anew where its runs are not those of the profiles.
        budgets: at which N* is compared [FLOP].
        level: of the intervals.
        kind: of these.
    """
    try:
        surface = _surface(fit, found)
        taken = found.corrected(surface)
    except BadInput as error:
        return Correction(f"the bias of this design is not measured: {error}")
    table = FrontierTable((frontier_quantity("a"), *(frontier_quantity("N", C) for C in budgets)))
    logs = LogTable(table)
    low, high = draws.interval(logs, level=level, kind=kind)
    shift = np.asarray(logs(found.params)) - np.asarray(logs(taken.params))
    share = float(np.max(np.abs(shift) / ((high - low) / 2)))
    assert taken.correction is not None
    if share <= NEGLIGIBLE:
        return Correction(f"{taken.correction.text()}, negligible beside the intervals", taken.correction)
    words = f"{taken.correction.text()}, up to {share:.2g} times half an interval: taken off for the tests"
    return Correction(words, taken.correction, taken)


@dataclass(frozen=True)
class LogTable:
    """An exponent and amounts of a frontier, of these the logs, [Q], as a function of its parameters."""

    table: FrontierTable

    @float64
    def __call__(self, params: Any) -> Any:
        """Their values along a last axis."""
        exponent, *amounts = jnp.moveaxis(self.table(params), -1, 0)
        return jnp.stack([exponent, *map(jnp.log, amounts)], axis=-1)


def _surface(fit: Fit, found: IsoFLOP) -> Fit:
    """The fit, or its like of the profiles' own runs: of training curves these are the last points."""
    if len(fit.runs) == len(found.runs):
        return fit
    candidate = Candidate(fit.law, fit.settings.constraints)
    return candidate.fit(found.runs, np.arange(len(found.runs)), fit.settings.objective)
