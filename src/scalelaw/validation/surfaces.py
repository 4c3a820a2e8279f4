"""The surface that the bias of a design is measured on: by the law that predicts later runs best."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalelaw._checks import BadInput, bad_input
from scalelaw.fitting import Fit
from scalelaw.laws import LAWS, Law, find_law
from scalelaw.objective import Objective
from scalelaw.runs import Runs
from scalelaw.solve.solver import Progress
from scalelaw.validation.backtest import CANDIDATES, Backtest, backtest
from scalelaw.validation.ranking import compare
from scalelaw.validation.trials import Candidate

FALLBACK = "chinchilla"
# Of errors alone: intervals of the forecasts are not looked at, and this is the least that a back-test makes.
REPLICATES = 20
# One cut-off says nothing of the error of a score.
FEWEST_CUTOFFS = 2


class Surfaces(NamedTuple):
    """Fits of the laws that may stand for the truth.

    Attributes:
        fits: of the law that back-tests best, and of those that back-tests do not tell from it, by score.
        words: why these, a sentence.
    """

    fits: tuple[Fit, ...]
    words: str

    @property
    def best(self) -> Fit:
        """The first."""
        return self.fits[0]


def surfaces(
    runs: Runs, laws: Sequence[Law | str] = CANDIDATES, *, progress: Progress | None = None
) -> Surfaces:
    """Fits of the law of N and D that back-tests best, and of those that back-tests do not rule out.

    Args:
        runs: the table.
        laws: names, or laws.
        progress: called with (fits done, fits in all).

    Returns:
        The fits to all runs; of Chinchilla's law alone where the runs are too few to back-test at two cut-offs.

    Raises:
        BadInput: if no law can be fitted.
    """
    try:
        tested = backtest(runs, laws, replicates=REPLICATES, progress=progress)
        scores = _scores(tested)
    except BadInput as error:
        only = Candidate.of(find_law(FALLBACK, LAWS))
        fit = only.fit(runs, np.arange(len(runs)), Objective.of("log", "huber", 1e-3))
        return Surfaces((fit,), f"measured by {FALLBACK!r}, for laws cannot be back-tested here: {error}")
    best, *others = scores.index
    level = [other for other in others if not compare(tested, best, other).told_apart]
    candidates, everything = {each.law.name: each for each in tested.candidates}, np.arange(len(runs))
    fits = [candidates[name].fit(runs, everything, tested.objective) for name in (best, *level)]
    why = (
        f"measured by {best!r}, which predicts later runs best (back-tests miss them by {scores[best]:.2g} %)"
    )
    beside = f"; {' and '.join(map(repr, level))} cannot be told from it" if level else ""
    return Surfaces(tuple(fits), f"{why}{beside}")


def _scores(tested: Backtest) -> pd.Series:
    """Errors of the laws that have forecasts from enough cut-offs, the best first."""
    found = tested.summary().set_index("law").sort_values("score")
    enough = found[found["cutoffs"] >= FEWEST_CUTOFFS]
    if enough.empty:
        raise bad_input(
            "runs",
            f"enough for a law below {FEWEST_CUTOFFS} cut-offs",
            f"{len(tested.runs)}, which are enough below {found['cutoffs'].max()}",
            place=tested.runs.source,
        )
    return enough["score"]
