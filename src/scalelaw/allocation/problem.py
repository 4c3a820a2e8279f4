"""The question behind a plan: a law, what is given, and all that the answer must keep to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from scalelaw._checks import bad_input
from scalelaw.allocation.lifetime import lifetime_optimal, lifetime_optimal_given_L
from scalelaw.allocation.optimum import check_splits
from scalelaw.allocation.question import Amount, Real, read_amount, read_amounts
from scalelaw.allocation.rates import IN_FLOP, Rates
from scalelaw.allocation.room import UNBOUNDED, Room
from scalelaw.allocation.sizes import best_size, cheapest_size
from scalelaw.allocation.unique import repeating
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law, Optimum
from scalelaw.numbers import format_number


class Terms(NamedTuple):
    """What a split keeps to.

    Attributes:
        serving: X, tokens of training that cost what serving does.
        room: bounds on N and D.
        sizes: the sizes [parameters] that are to be had, ascending; None for any.
    """

    serving: Any
    room: Room
    sizes: Any = None


def best_split(law: Law, asked: str, params: Any, given: Any, terms: Terms) -> Optimum:
    """The best split for a total cost [FLOP of training] or, asked with "L", a loss; pure."""
    serving, room, sizes = terms
    if sizes is None:
        free = lifetime_optimal_given_L if asked == "L" else lifetime_optimal
        return free(law, params, given, serving, room)
    of_sizes = cheapest_size if asked == "L" else best_size
    return of_sizes(law, params, jnp.asarray(given), jnp.asarray(sizes), serving, room.tokens)


@dataclass(frozen=True, eq=False)
class Problem:
    """What a plan is to keep to, checked.

    Attributes:
        law: of N and D, with unique tokens held where they may repeat.
        asked: "budget" or "L".
        amounts: total cost in the unit of `rates`, or losses [nats/token]; shape () or (n,).
        rates: what a FLOP costs.
        inference_tokens: T, tokens served in the model's life; 0 where serving does not count.
        generated_tokens: those of them that the model generates.
        U: unique tokens, where they are limited.
        repeats: whether they may repeat.
        terms: what the split keeps to.
    """

    law: Law
    asked: str
    amounts: Real
    rates: Rates
    inference_tokens: float
    generated_tokens: float
    U: float | None
    repeats: bool
    terms: Terms

    @property
    def given(self) -> Real:
        """The total cost as FLOP of training, or the loss."""
        return self.amounts if self.asked == "L" else np.asarray(self.amounts / self.rates.training)

    @property
    def largest(self) -> float:
        """Parameters of the largest model allowed."""
        return float(self.terms.room.most if self.terms.sizes is None else self.terms.sizes[-1])

    @property
    def smallest(self) -> float:
        """Parameters of the smallest model allowed."""
        return float(self.terms.room.least if self.terms.sizes is None else self.terms.sizes[0])

    def split(self, params: Any) -> Optimum:
        """The best split, pure in the law's parameters."""
        return best_split(self.law, self.asked, params, self.given, self.terms)

    def total(self, N: Any, D: Any) -> Any:
        """Cost of training and serving, in the unit of `rates`."""
        return self.rates.training * SIX_ND.flops(N, D + self.terms.serving)


def problem(
    law: Law,
    *,
    budget: Amount | None = None,
    L: Amount | None = None,
    inference_tokens: float | str | None = None,
    generated_tokens: float | str | None = None,
    rates: Rates = IN_FLOP,
    U: float | str | None = None,
    repeats: bool = True,
    R_D: float | None = None,
    R_N: float | None = None,
    sizes: Iterable[float | str] | None = None,
    min_N: float | str | None = None,
    max_N: float | str | None = None,
) -> Problem:
    """The question that these words ask of a law; arguments and errors are those of `plan`."""
    if (budget is None) == (L is None):
        raise bad_input("what is given", "one of budget and L", "neither" if L is None else "both")
    asked, amount = ("budget", budget) if budget is not None else ("L", L)
    assert amount is not None
    served, generated = (
        _or("inference_tokens", inference_tokens, 0),
        _or("generated_tokens", generated_tokens, 0),
    )
    unique = None if U is None else read_amount("U", U)
    room = _room(min_N, max_N, UNBOUNDED if repeats or unique is None else unique)
    return Problem(
        law=_limited(law, unique, repeats, R_D, R_N),
        asked=asked,
        amounts=read_amounts(asked, amount),
        rates=rates,
        inference_tokens=served,
        generated_tokens=generated,
        U=unique,
        repeats=repeats,
        terms=Terms(rates.serving(served, generated), room, None if sizes is None else _allowed(sizes, room)),
    )


def _or(name: str, given: float | str | None, otherwise: float) -> float:
    return otherwise if given is None or given == 0 else read_amount(name, given)


def _limited(law: Law, U: float | None, repeats: bool, R_D: float | None, R_N: float | None) -> Law:
    """The law of N and D that is left where unique tokens are limited."""
    decay = "R_D or R_N, the decay of repeated tokens" if R_D or R_N else ""
    if U is None:
        reads = f"law {law.name!r}, which reads it" if "U" in law.inputs else ""
        forbidden = "" if repeats else "repeats forbidden"
        for needs in filter(None, (reads, decay, forbidden)):
            raise bad_input("U", f"given, the unique tokens at hand, with {needs}", "nothing")
    elif repeats or "U" in law.inputs:
        law = repeating(law, U, R_D, R_N)
    elif decay:
        raise bad_input(decay, "left out where repeats are forbidden", format_number(R_D or R_N or 0))
    check_splits(law)
    return law


def _room(min_N: float | str | None, max_N: float | str | None, tokens: float) -> Room:
    least, most = _or("min_N", min_N, 1.0), _or("max_N", max_N, UNBOUNDED)
    if least > most:
        cap = f"at most max_N = {format_number(most)} parameters"
        raise bad_input("min_N", cap, format_number(least), advice="no model keeps to both")
    return Room(least, most, tokens)


def _allowed(sizes: Iterable[float | str], room: Room) -> Real:
    """Those of the sizes that the bounds allow, ascending."""
    known: Real = np.unique(read_amounts("sizes", sizes))
    allowed: Real = known[(known >= room.least) & (known <= room.most)]
    if allowed.size:
        return allowed
    low = f"at least {format_number(room.least)}" if room.least > 1 else ""
    high = f"at most {format_number(room.most)}" if room.most < UNBOUNDED else ""
    bounds = " and ".join(filter(None, (low, high)))
    got = ", ".join(format_number(float(N)) for N in known[:6])
    raise bad_input("sizes", f"such that one has {bounds} parameters", got, advice="no model keeps to both")
