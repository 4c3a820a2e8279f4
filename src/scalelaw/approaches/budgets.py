"""Which runs share a compute budget: those near a budget the user names, or near each other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from scalelaw._checks import bad_input, check_finite, shown
from scalelaw.numbers import amounts, format_number

TOLERANCE = 0.05
"""Share by which the compute of a run may differ from its budget's."""
# Compute that was multiplied out differs from itself in the last digits.
ROUNDING = 1e-9


class Budgets(NamedTuple):
    """Compute budgets, smallest first.

    Attributes:
        C: of each, FLOP: as given, or that of the run with most others near it.
        code: [n] the budget of each run, from 0; -1 for a run of none.
        spread: largest share by which a run of each differs from it.
        tolerance: largest share that was allowed.
        given: whether the user named them.
    """

    C: Float[np.ndarray, " B"]
    code: Int[np.ndarray, " n"]
    spread: Float[np.ndarray, " B"]
    tolerance: float
    given: bool

    def words(self) -> str:
        """How many there are and how far their runs are from them."""
        outside = int(np.count_nonzero(self.code < 0))
        how = "given" if self.given else "found"
        rest = f"; {outside} runs belong to none" if outside else ""
        return (
            f"{len(self.C)} budgets {how} within {100 * self.tolerance:g} % "
            f"(runs differ from theirs by up to {100 * self.spread.max(initial=0.0):.2g} %){rest}"
        )


def check_tolerance(tolerance: float) -> None:
    """Refuse a tolerance that is no share.

    Raises:
        BadInput: it is not from 0 to below 1.
    """
    if not 0 <= check_finite("tolerance", tolerance) < 1:
        raise bad_input("tolerance", "a share from 0 to below 1, like 0.05", shown(tolerance))


def near(
    C: Float[np.ndarray, "..."], budget: Float[np.ndarray, "..."] | float, tolerance: float = TOLERANCE
) -> Bool[np.ndarray, "..."]:
    """Whether compute C [FLOP] belongs to a budget; the two broadcast."""
    return np.asarray(np.abs(np.log(C / budget)) <= np.log1p(tolerance) + ROUNDING)


def budgets_of(
    C: Float[np.ndarray, " n"], given: Sequence[float | str] | None = None, tolerance: float = TOLERANCE
) -> Budgets:
    """The budget of each run.

    Found ones are taken from the most populous on: the run with the most others within the tolerance, and
    these others, make one.

    Args:
        C: compute of each run [FLOP].
        given: budgets [FLOP], numbers or text as people write it; found when None.
        tolerance: share by which a run's compute may differ from its budget's, from 0 on.

    Raises:
        BadInput: for a budget that is no positive number, the same budget twice, or a tolerance outside 0..1.
    """
    check_tolerance(tolerance)
    centres = np.sort(_find(C, tolerance) if given is None else _read(given))
    nearest = np.abs(np.log(C)[:, None] - np.log(centres)).argmin(axis=1)
    code = np.where(near(C, centres[nearest], tolerance), nearest, -1)
    off = np.where(code >= 0, np.abs(C / centres[code] - 1), 0.0)
    spread = np.array([off[code == each].max(initial=0.0) for each in range(len(centres))])
    return Budgets(centres, code, spread, tolerance, given is not None)


def _read(given: Sequence[float | str]) -> Float[np.ndarray, " B"]:
    values = np.array(amounts("budgets", given))
    different, counts = np.unique(values, return_counts=True)
    if counts.max() > 1:
        twice = format_number(different[counts.argmax()])
        raise bad_input("budgets", "different from each other", f"{twice} twice")
    return values


def _find(C: Float[np.ndarray, " n"], tolerance: float) -> Float[np.ndarray, " B"]:
    """The compute of the runs that have the most others near them, until every run is near one of these."""
    together = near(C[:, None], C, tolerance)
    free = np.full(len(C), True)
    centres = []
    while free.any():
        densest = np.argmax(np.where(free, (together & free).sum(axis=1), -1))
        centres.append(C[densest])
        free &= ~together[densest]
    return np.array(centres)
