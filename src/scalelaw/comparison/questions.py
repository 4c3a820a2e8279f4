"""What every approach is asked (exponents, what is best at a budget, the budget of a size), and its answers.

Answers are functions of an estimator's parameters: of a law of N and D, or of the power laws of a frontier. Those
that papers printed stand beside them: Hoffmann's Table 2 and Kaplan's Table 6.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw._float64 import float64
from scalelaw.allocation import optimal, optimal_given_N
from scalelaw.approaches.frontier import Frontier, FrontierTable, PowerLaw, frontier_quantity
from scalelaw.fitting import Fit
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law
from scalelaw.laws.published import Published, published
from scalelaw.resampling import Draws

EXPONENTS = ("a", "b")
AT_BUDGET = ("N", "D", "tokens_per_parameter")
OF_SIZE = ("C", "D")

PAPERS: Mapping[str, str] = {
    "Kaplan et al. 2020": "kaplan2020_N_opt",
    "Hoffmann et al. 2022, approach 1": "hoffmann2022_A1_frontier",
    "Hoffmann et al. 2022, approach 2": "hoffmann2022_A2_frontier",
    "Hoffmann et al. 2022, approach 3": "hoffmann2022_A3_frontier_tableA3",
    "Besiroglu et al. 2024": "besiroglu2024_paper",
}
"""Published fits by what tables call them."""


class Question(NamedTuple):
    """One number of a frontier.

    Attributes:
        name: "a", "b" (exponents of N* and D*); "N", "D" or "tokens_per_parameter" of the best model at `C`;
            "C" or "D" of the budget for which the size `N` is best.
        C: compute, FLOP.
        N: parameters.
    """

    name: str
    C: float | None = None
    N: float | None = None


def exponents() -> list[Question]:
    """The exponents of N*(C) and D*(C)."""
    return [Question(name) for name in EXPONENTS]


def at_budgets(budgets: Iterable[float]) -> list[Question]:
    """What is best at each budget [FLOP]."""
    return [Question(name, C=C) for C in budgets for name in AT_BUDGET]


def of_sizes(sizes: Iterable[float]) -> list[Question]:
    """The compute and tokens that make each size [parameters] the best."""
    return [Question(name, N=N) for N in sizes for name in OF_SIZE]


@dataclass(frozen=True)
class LawAnswers:
    """The answers of a law of N and D, [Q], as a function of its parameters.

    Attributes:
        law: of N and D.
        questions: what is asked.
        C: the budget [FLOP] at which exponents are taken; any will do for laws whose frontier is a power law.
    """

    law: Law
    questions: tuple[Question, ...]
    C: float

    @float64
    def __call__(self, params: Any) -> Float[Array, " Q"]:
        """The answers at one set of parameters."""
        return jnp.stack([self._answer(params, each) for each in self.questions])

    def _answer(self, params: Any, question: Question) -> Float[Array, ""]:
        if question.name in EXPONENTS:
            x = jnp.log(jnp.asarray(self.C, float))
            slopes = jax.jvp(lambda log_C: self._log_best(params, log_C), (x,), (jnp.ones_like(x),))[1]
            return jnp.asarray(slopes[EXPONENTS.index(question.name)])
        given = jnp.asarray(question.N if question.C is None else question.C)
        best = (optimal if question.N is None else optimal_given_N)(self.law, params, given)
        answers = {
            "N": best.N,
            "D": best.D,
            "C": SIX_ND.flops(best.N, best.D),
            "tokens_per_parameter": best.D / best.N,
        }
        return jnp.asarray(answers[question.name])

    def _log_best(self, params: Any, log_C: Float[Array, ""]) -> tuple[Array, Array]:
        best = optimal(self.law, params, jnp.exp(log_C))
        return jnp.log(best.N), jnp.log(best.D)


def frontier_answers(questions: Sequence[Question]) -> FrontierTable:
    """The answers of power laws, [Q], as a function of their parameters."""
    return FrontierTable(tuple(frontier_quantity(each.name, each.C, N=each.N) for each in questions))


@dataclass(frozen=True)
class Approach:
    """A way from the runs to the frontier, over resamples.

    Attributes:
        name: its number and what it looks at.
        words: how.
        draws: of an envelope, of IsoFLOP profiles or of a law of N and D.
        kind: of interval, the same for all that are compared.
        tested: whether it is held to the others; not where its corrected like is.
    """

    name: str
    words: str
    draws: Draws
    kind: str
    tested: bool = True

    def answers(self, questions: Sequence[Question]) -> Callable[[Any], Any]:
        """The answers [Q] as a function of parameters; exponents of a law amid the runs' budgets."""
        fit = self.draws.fit
        if not isinstance(fit, Fit):
            return frontier_answers(questions)
        C = fit.runs.inputs(["C"])["C"]
        return LawAnswers(fit.law, tuple(questions), float(np.sqrt(C.min() * C.max())))

    def estimates(self, questions: Sequence[Question]) -> Float[np.ndarray, " Q"]:
        """The answers with all runs; NaN where there is none."""
        return self.draws.estimate(self.answers(questions))

    def resampled(self, questions: Sequence[Question]) -> Float[np.ndarray, "R Q"]:
        """The answers over resamples, in their order; NaN where a resample has none."""
        placed = np.full((len(self.draws), len(questions)), np.nan)
        placed[self.draws.usable] = self.draws.of(self.answers(questions))
        return placed

    def intervals(self, questions: Sequence[Question], level: float) -> Float[np.ndarray, "Q 2"]:
        """Lower and upper ends."""
        return np.stack(self.draws.interval(self.answers(questions), level=level, kind=self.kind), axis=-1)


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
            return np.asarray(LawAnswers(self.fit.law, tuple(questions), 1.0)(self.fit.params))
        return np.asarray(frontier_answers(questions)(frontier_of(self.fit).params))

    def interval(self, question: Question) -> tuple[float, float, float, str]:
        """Lower and upper end, level and kind of an exponent's interval; NaN and "" where none was printed."""
        at_large = question.C is None and question.N is None
        ends = self.fit.interval.get(question.name) if at_large else None
        return (np.nan, np.nan, np.nan, "") if ends is None else (*ends, self.fit.level or np.nan, "printed")


def papers() -> tuple[Paper, ...]:
    """Kaplan's and Hoffmann's lines, and the repaired third approach."""
    return tuple(Paper(name, published[key]) for name, key in PAPERS.items())


UNKNOWN = PowerLaw(np.nan, np.nan, np.nan, 0)


def frontier_of(fit: Published) -> Frontier:
    """A published N*(C), and D*(C) where it was printed, else C / (6 N*)."""
    if fit.form == "frontier_power":
        kN, a, kD, b = (fit.constants[name] for name in ("kN", "a", "kD", "b"))
        return Frontier(_law(a, kN), _law(b, kD), UNKNOWN)
    size = _law(fit.constants["p"], fit.constants["k"] / fit.per.get("C", 1.0) ** fit.constants["p"])
    return Frontier(size, _law(1 - size.exponent, float(SIX_ND.tokens(1.0, size.coefficient))), UNKNOWN)


def _law(exponent: float, coefficient: float) -> PowerLaw:
    return PowerLaw(exponent, float(np.log(coefficient)), np.nan, 0)
