"""Approaches as things to be asked: power laws through a frontier, or a law of N and D, with or without draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw.allocation import optimal, optimal_given_N
from scalelaw.approaches import FrontierDraws
from scalelaw.approaches.frontier import Frontier
from scalelaw.comparison.questions import Question
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law, Optimum
from scalelaw.resampling import Draws


class Answers(Protocol):
    """How an approach is asked."""

    def estimates(self, questions: Sequence[Question]) -> Float[np.ndarray, " Q"]:
        """The answers with all runs; NaN where there is none."""

    def draws_of(self, questions: Sequence[Question]) -> Float[np.ndarray, "R Q"]:
        """The answers over resamples, in their order; NaN where a resample has none."""

    def intervals(self, questions: Sequence[Question], level: float) -> Float[np.ndarray, "Q 2"]:
        """Lower and upper ends."""

    @property
    def kind(self) -> str:
        """Which kind of interval."""


@dataclass(frozen=True)
class PowerLaws:
    """Power laws N*(C), D*(C), L*(C) over resamples: Approaches 1 and 2."""

    draws: FrontierDraws
    kind: str = "percentile"

    def estimates(self, questions: Sequence[Question]) -> Float[np.ndarray, " Q"]:
        """As `Answers`."""
        return of_frontier(self.draws.frontier, questions)

    def draws_of(self, questions: Sequence[Question]) -> Float[np.ndarray, "R Q"]:
        """As `Answers`."""
        each = [self.draws.of(ask.name, ask.C, N=ask.N) for ask in questions]
        return in_place(self.draws.usable, np.stack(each, axis=1))

    def intervals(self, questions: Sequence[Question], level: float) -> Float[np.ndarray, "Q 2"]:
        """As `Answers`."""
        return np.array([self.draws.interval(ask.name, ask.C, N=ask.N, level=level) for ask in questions])


@dataclass(frozen=True)
class FittedLaw:
    """A law of N and D fitted over resamples: Approach 3.

    Attributes:
        draws: of the fit.
        C: the budget [FLOP] at which exponents are taken; any will do for laws whose frontier is a power law.
    """

    draws: Draws
    C: float
    kind: str = "bca"

    def estimates(self, questions: Sequence[Question]) -> Float[np.ndarray, " Q"]:
        """As `Answers`."""
        return of_law(self.draws.fit.law, self.draws.fit.params, questions, self.C)

    def draws_of(self, questions: Sequence[Question]) -> Float[np.ndarray, "R Q"]:
        """As `Answers`."""
        return in_place(self.draws.usable, self.draws.of(self._all(questions)))

    def intervals(self, questions: Sequence[Question], level: float) -> Float[np.ndarray, "Q 2"]:
        """As `Answers`."""
        return np.stack(self.draws.interval(self._all(questions), level=level, kind=self.kind), axis=-1)

    def _all(self, questions: Sequence[Question]) -> Any:
        law = self.draws.fit.law
        return lambda params: jnp.stack([_answer(law, params, ask, self.C) for ask in questions])


def of_frontier(frontier: Frontier, questions: Sequence[Question]) -> Float[np.ndarray, " Q"]:
    """The answers of power laws."""
    return np.array([frontier.quantity(ask.name, ask.C, N=ask.N) for ask in questions])


def of_law(law: Law, params: Any, questions: Sequence[Question], C: float) -> Float[np.ndarray, " Q"]:
    """The answers of a law of N and D, its exponents taken at C [FLOP]."""
    with jax.enable_x64(True):
        return np.array([float(_answer(law, params, ask, C)) for ask in questions])


def in_place(usable: np.ndarray, values: Float[np.ndarray, "U Q"]) -> Float[np.ndarray, "R Q"]:
    """The values of usable resamples at their places; the others are NaN."""
    placed = np.full((len(usable), *values.shape[1:]), np.nan)
    placed[usable] = values
    return placed


def _answer(law: Law, params: Any, ask: Question, C: float) -> Float[Array, ""]:
    """One number, traced in the parameters."""
    if ask.name in ("a", "b"):
        x = jnp.log(jnp.asarray(C, float))
        slopes = jax.jvp(lambda log_C: _log_best(law, params, log_C), (x,), (jnp.ones_like(x),))[1]
        return jnp.asarray({"a": slopes.N, "b": slopes.D}[ask.name])
    given = jnp.asarray(ask.N if ask.C is None else ask.C)
    best = (optimal if ask.N is None else optimal_given_N)(law, params, given)
    answers = {
        "N": best.N,
        "D": best.D,
        "C": SIX_ND.flops(best.N, best.D),
        "tokens_per_parameter": best.D / best.N,
    }
    return jnp.asarray(answers[ask.name])


def _log_best(law: Law, params: Any, log_C: Float[Array, ""]) -> Optimum:
    """Logs of the best N and D at a budget."""
    best = optimal(law, params, jnp.exp(log_C))
    return Optimum(jnp.log(best.N), jnp.log(best.D))
