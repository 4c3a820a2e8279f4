"""What papers printed for the same question, as power laws: Hoffmann's Table 2 and Kaplan's Table 6."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from scalelaw.approaches.frontier import Frontier, PowerLaw
from scalelaw.comparison.approaches import of_frontier, of_law
from scalelaw.comparison.questions import Question
from scalelaw.flops import SIX_ND
from scalelaw.laws.published import Published, published

PAPERS: Mapping[str, str] = {
    "Kaplan et al. 2020": "kaplan2020_N_opt",
    "Hoffmann et al. 2022, approach 1": "hoffmann2022_A1_frontier",
    "Hoffmann et al. 2022, approach 2": "hoffmann2022_A2_frontier",
    "Hoffmann et al. 2022, approach 3": "hoffmann2022_A3_frontier_tableA3",
    "Besiroglu et al. 2024": "besiroglu2024_paper",
}
"""Published fits by what tables call them."""

_NONE = PowerLaw(np.nan, np.nan, np.nan, 0)
_ANY = 1.0


class Paper(NamedTuple):
    """A published answer.

    Attributes:
        name: what tables call it.
        fit: its constants.
    """

    name: str
    fit: Published

    def estimates(self, questions: Sequence[Question]) -> Float[np.ndarray, " Q"]:
        """Its answers; Kaplan's D* is C / (6 N*), and its C the C_min of training at a small batch."""
        if self.fit.law.output == "L":
            return of_law(self.fit.law, self.fit.params, questions, _ANY)
        return of_frontier(frontier_of(self.fit), questions)

    def interval(self, name: str) -> tuple[float, float] | None:
        """Lower and upper end of an exponent as printed, of confidence `fit.level`."""
        return self.fit.interval.get(name)


def papers() -> tuple[Paper, ...]:
    """Kaplan's and Hoffmann's lines, and the repaired third approach."""
    return tuple(Paper(name, published[key]) for name, key in PAPERS.items())


def frontier_of(fit: Published) -> Frontier:
    """A published N*(C), and D*(C) where it was printed, else C / (6 N*)."""
    if fit.form == "frontier_power":
        kN, a, kD, b = (fit.constants[name] for name in ("kN", "a", "kD", "b"))
        return Frontier(_line(a, kN), _line(b, kD), _NONE)
    size = _line(fit.constants["p"], fit.constants["k"] / fit.per.get("C", 1.0) ** fit.constants["p"])
    return Frontier(size, _line(1 - size.exponent, float(SIX_ND.tokens(1.0, size.coefficient))), _NONE)


def _line(exponent: float, coefficient: float) -> PowerLaw:
    return PowerLaw(exponent, float(np.log(coefficient)), np.nan, 0)
