"""How well a fit without the runs of largest compute predicts them."""

from typing import NamedTuple

import numpy as np

from scalelaw._checks import BadInput
from scalelaw.fitting import Fit, fit
from scalelaw.numbers import format_number

HELD_OUT = 0.1
"""Share of the runs that is held out: those of largest compute."""

FEWEST = 3
SAME = 1e-6


class Validation(NamedTuple):
    """The errors at runs that a refit has not seen.

    Attributes:
        beyond: largest compute that the refit saw, FLOP.
        to: largest compute it had to predict, FLOP.
        errors: [m] predicted over observed loss, less one.
        scale: robust standard deviation of the residuals of the refit, as the objective has them.
    """

    beyond: float
    to: float
    errors: np.ndarray
    scale: float

    def __str__(self) -> str:
        rms = float(np.sqrt(np.mean(self.errors**2)))
        return (
            f"fitted again without the {len(self.errors)} runs above {format_number(self.beyond)} FLOP, the law "
            f"predicts their losses (up to {format_number(self.to)} FLOP) to {100 * rms:.2g} % root mean square, "
            f"{100 * float(np.mean(self.errors)):+.2g} % on average; the residual scale of that fit is "
            f"{self.scale:.2g}"
        )


def held_out(found: Fit) -> Validation | None:
    """Fit again without the tenth of the runs of largest compute, and predict these.

    Args:
        found: the fit of all runs; its objective, constraints and kind of starts are kept.

    Returns:
        The errors; None where the runs have no compute, too few of them are left, or the starts were given
        by hand.
    """
    C = found.runs.C
    if C is None or found.settings.starts not in ("grid", "projected"):
        return None
    # Runs of one budget differ by rounding, and go together.
    largest = C >= (1 - SAME) * np.sort(C)[int((1 - HELD_OUT) * len(C))]
    seen, unseen = np.flatnonzero(~largest), np.flatnonzero(largest)
    if len(unseen) < FEWEST:
        return None
    refit = _refitted(found, seen)
    if refit is None:
        return None
    rest = found.runs.taken(unseen)
    predicted = refit.predict(**rest.inputs(found.law.inputs))
    return Validation(float(C[seen].max()), float(C.max()), np.asarray(predicted) / rest.L - 1, refit.scale)


def _refitted(found: Fit, seen: np.ndarray) -> Fit | None:
    """The fit of some runs; None where they are too few."""
    objective, held = found.settings.objective, found.settings.constraints
    try:
        return fit(
            found.runs.taken(seen),
            found.law,
            delta=objective.delta,
            loss=objective.loss,
            residual=objective.residual,
            starts="projected" if found.law.linear else "grid",
            fix=dict(held.fix),
            tie=dict(held.tie),
            bounds=dict(held.bounds),
        )
    except BadInput:
        return None
