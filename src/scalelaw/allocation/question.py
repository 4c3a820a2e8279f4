"""What is asked: the user's words, read once into numbers, and the split of N and D that they ask for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict, Unpack

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from numpy.typing import NDArray

from scalelaw._checks import bad_input, shown
from scalelaw.allocation.costs import IN_FLOP, Rates
from scalelaw.allocation.optimum import (
    ANYWHERE,
    UNBOUNDED,
    Bounds,
    check_splits,
    optimal,
    optimal_given_D,
    optimal_given_N,
)
from scalelaw.allocation.repeats import repeating
from scalelaw.allocation.target import (
    best_size,
    cheapest_size,
    optimal_given_L,
    reach_at_D,
    reach_at_N,
    reach_at_ratio,
)
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law, Optimum
from scalelaw.numbers import amount, format_number

Amount = float | str | Iterable[float | str]
Real = NDArray[np.float64]


class Words(TypedDict, total=False):
    """Keywords of a question, None where they are not given; `plan` says what each means."""

    C: Amount | None
    N: Amount | None
    D: Amount | None
    tokens_per_parameter: Amount | None
    L: Amount | None
    budget: Amount | None
    inference_tokens: float | str | None
    generated_tokens: float | str | None
    rates: Rates
    U: float | str | None
    repeats: bool
    R_D: float | None
    R_N: float | None
    sizes: Iterable[float | str] | None
    min_N: float | str | None
    max_N: float | str | None


class Constraints(NamedTuple):
    """What a best split keeps to.

    Attributes:
        serving: X, tokens of training that cost what serving does.
        bounds: on N and D.
        sizes: the sizes [parameters] that are to be had, ascending; None for any.
    """

    serving: Any
    bounds: Bounds
    sizes: Any = None


@dataclass(frozen=True)
class Split:
    """What may be given together, and the split that follows.

    Attributes:
        given: Names of what is given.
        at: (law, params, *what is given) -> the split, pure; of a budget and of a loss, constraints may follow.
        optimal: Whether the split is the best of its own budget.
    """

    given: tuple[str, ...]
    at: Callable[..., Optimum]
    optimal: bool = False


def _of_budget(law: Law, params: Any, C: Array, constraints: Constraints | None = None) -> Optimum:
    serving, bounds, sizes = constraints or (None, None, None)
    if sizes is None:
        return optimal(law, params, C, serving, bounds)
    return best_size(law, params, C, sizes, serving, bounds)


def _of_loss(law: Law, params: Any, L: Array, constraints: Constraints | None = None) -> Optimum:
    serving, bounds, sizes = constraints or (None, None, None)
    if sizes is None:
        return optimal_given_L(law, params, L, serving, bounds)
    return cheapest_size(law, params, L, sizes, serving, bounds)


def _of_budget_and_ratio(law: Law, params: Any, C: Array, ratio: Array) -> Optimum:
    N = jnp.sqrt(SIX_ND.tokens(C, ratio))
    return Optimum(N, ratio * N)


BUDGET = Split(("C",), _of_budget, optimal=True)
LOSS = Split(("L",), _of_loss, optimal=True)
SPLITS = (
    BUDGET,
    Split(("N",), optimal_given_N, optimal=True),
    Split(("D",), optimal_given_D, optimal=True),
    LOSS,
    Split(("C", "N"), lambda law, params, C, N: Optimum(N, SIX_ND.tokens(C, N))),
    Split(("C", "D"), lambda law, params, C, D: Optimum(SIX_ND.params(C, D), D)),
    Split(("C", "tokens_per_parameter"), _of_budget_and_ratio),
    Split(("N", "D"), lambda law, params, N, D: Optimum(N, D)),
    Split(("N", "tokens_per_parameter"), lambda law, params, N, ratio: Optimum(N, ratio * N)),
    Split(("D", "tokens_per_parameter"), lambda law, params, D, ratio: Optimum(D / ratio, D)),
    Split(("L", "N"), reach_at_N),
    Split(("L", "D"), reach_at_D),
    Split(("L", "tokens_per_parameter"), reach_at_ratio),
)


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a law, and all that the answer must keep to, in numbers; see `ask`.

    Attributes:
        split: What follows from what is given.
        given: Name -> amounts, all of shape () or all (n,), as the user named them.
        limited: Whether serving, costs, unique tokens, bounds or sizes count.
        inference_tokens, generated_tokens: 0 where serving does not count.
        bounds: On N and D.
        sizes: Those that the bounds allow, ascending; None for any.

    The others are the keywords of `plan`.
    """

    split: Split
    given: Mapping[str, Real]
    limited: bool
    rates: Rates
    inference_tokens: float
    generated_tokens: float
    U: float | None
    repeats: bool
    R_D: float | None
    R_N: float | None
    bounds: Bounds
    sizes: Real | None

    @property
    def amounts(self) -> tuple[Real, ...]:
        """What is given, in the order of the split; a budget as FLOP of training."""
        flop = {"C": self.given["budget"] / self.rates.training} if "budget" in self.given else {}
        return tuple(np.asarray((flop | dict(self.given))[name]) for name in self.split.given)

    @property
    def named(self) -> dict[str, Real]:
        """What is given, as the answer calls it: a budget is its total cost, or C where both are one."""
        cost = "total" if self.costs else "C"
        return {cost if name in ("C", "budget") else name: amounts for name, amounts in self.given.items()}

    @property
    def serving(self) -> float:
        """X, tokens of training that cost what serving does."""
        return self.rates.serving(self.inference_tokens, self.generated_tokens)

    @property
    def constraints(self) -> Constraints | None:
        """What the best split keeps to; None for nothing."""
        kept = Constraints(self.serving, self.bounds, self.sizes)
        return None if self.sizes is None and kept == (0, ANYWHERE, None) else kept

    @property
    def costs(self) -> bool:
        """Whether the total cost is another number than C."""
        return bool(self.serving) or self.rates.unit != "FLOP"

    @property
    def largest(self) -> float:
        """Parameters of the largest model allowed."""
        return float(self.bounds.most if self.sizes is None else self.sizes[-1])

    @property
    def smallest(self) -> float:
        """Parameters of the smallest model allowed."""
        return float(self.bounds.least if self.sizes is None else self.sizes[0])

    def total(self, N: Any, D: Any) -> Any:
        """Cost of training and serving, in the unit of `rates`."""
        return self.rates.training * SIX_ND.flops(N, D + self.serving)

    def law(self, law: Law) -> Law:
        """The law of N and D that is left where unique tokens are limited.

        Raises:
            BadInput: No such law is left, or what is said of repeats does not go together.
        """
        decay = "R_D or R_N, the decay of repeated tokens" if self.R_D or self.R_N else ""
        if self.U is None:
            reads = f"law {law.name!r}, which reads it" if "U" in law.inputs else ""
            forbidden = "" if self.repeats else "repeats forbidden"
            for needs in filter(None, (reads, decay, forbidden)):
                raise bad_input("U", f"given, the unique tokens at hand, with {needs}", "nothing")
        elif self.repeats or "U" in law.inputs:
            law = repeating(law, self.U, self.R_D, self.R_N)
        elif decay:
            got = format_number(self.R_D or self.R_N or 0)
            raise bad_input(decay, "left out where repeats are forbidden", got)
        check_splits(law)
        return law


def ask(called: Mapping[str, str] | None = None, /, **words: Unpack[Words]) -> Question:
    """The question that these words ask: every amount read, whatever can be refused without a law refused.

    Args:
        called: Keyword -> what a message calls it, where that is another name.
        words: Keywords of `plan`.

    Raises:
        BadInput: The keywords do not make a question, or an amount is not a positive number.
    """
    if unknown := words.keys() - Words.__annotations__.keys():
        raise TypeError(f"unknown keywords of a question: {', '.join(sorted(unknown))}")
    said: dict[str, Any] = {name: value for name, value in words.items() if value is not None}
    rates, repeats = said.get("rates", IN_FLOP), said.get("repeats", True)
    U = amount("U", said["U"]) if "U" in said else None
    served, generated = (_amount_or(0.0, said, name) for name in ("inference_tokens", "generated_tokens"))
    bounds = _bounds(said, UNBOUNDED if repeats or U is None else U)
    names: list[str] = [
        name for name in ("C", "N", "D", "tokens_per_parameter", "L", "budget") if name in said
    ]
    decay = said.get("R_D") or said.get("R_N")
    charged = bool(rates.serving(served, generated)) or rates.unit != "FLOP"
    limited = charged or U is not None or not repeats or bool(decay) or "sizes" in said or bounds != ANYWHERE
    if limited:
        _check_limited(names, said, rates, called or {})
        if "N" in names:
            said["sizes"] = [amount("N", said["N"])]
            names.remove("N")
    split = _split_of(names)
    names.sort(key=lambda name: split.given.index("C" if name == "budget" else name))
    given: dict[str, Real] = {name: read_amounts(name, said[name]) for name in names}
    return Question(
        split=split,
        given=_broadcast(given),
        limited=limited,
        rates=rates,
        inference_tokens=served,
        generated_tokens=generated,
        U=U,
        repeats=repeats,
        R_D=said.get("R_D"),
        R_N=said.get("R_N"),
        bounds=bounds,
        sizes=_sizes(said["sizes"], bounds) if "sizes" in said else None,
    )


def read_amounts(name: str, amounts: Amount) -> Real:
    """One number, or a list of them, as an array of shape () or (n,)."""
    if isinstance(amounts, str) or not isinstance(amounts, Iterable) or getattr(amounts, "ndim", 1) == 0:
        return np.asarray(amount(name, amounts))
    numbers = [amount(f"{name}[{index}]", each) for index, each in enumerate(amounts)]
    if numbers:
        return np.asarray(numbers)
    raise bad_input(name, "a positive number or a list of them", "an empty list")


def _amount_or(otherwise: float, said: Mapping[str, Any], name: str) -> float:
    return amount(name, said[name]) if said.get(name) else otherwise


def _split_of(names: Sequence[str]) -> Split:
    """The split that follows from what is given."""
    for split in SPLITS:
        if len(names) == len(split.given) and set(split.given) == {
            "C" if n == "budget" else n for n in names
        }:
            return split
    known = ", ".join(" with ".join(split.given) for split in SPLITS)
    raise bad_input("what is given", f"one of {known}", " with ".join(names) or "nothing")


def _check_limited(
    names: Sequence[str], said: Mapping[str, Any], rates: Rates, called: Mapping[str, str]
) -> None:
    """Refuse what does not go with serving or limits: they leave one cost or loss to be given, and N at most."""

    def name_of(name: str) -> str:
        return called.get(name, name)

    for name in ("D", "tokens_per_parameter"):
        if name in names:
            must = "left out with serving or limits, which choose D"
            raise bad_input(name_of(name), must, shown(said[name]))
    if "N" in names and "sizes" in said:
        raise bad_input(name_of("N"), f"left out with {name_of('sizes')}", shown(said["N"]))
    if "C" in names and rates.unit != "FLOP":
        advice = f"give the whole cost as {name_of('budget')}, or leave out {name_of('rates')}"
        must = "left out where costs are in GPU-hours or dollars"
        raise bad_input(name_of("C"), must, shown(said["C"]), advice=advice)
    targets = [name for name in names if name != "N"]
    if len(targets) != 1:
        cost = name_of("C" if rates.unit == "FLOP" else "budget")
        must = f"one of {cost} and {name_of('L')}"
        raise bad_input("what is given with serving or limits", must, "both" if targets else "neither")


def _broadcast(given: Mapping[str, Real]) -> dict[str, Real]:
    """Amounts of one shape, () or (n,)."""
    lengths = {name: amounts.size for name, amounts in given.items() if amounts.ndim}
    if len(set(lengths.values())) > 1:
        found = " and ".join(f"{size} of {name}" for name, size in lengths.items())
        raise bad_input(" and ".join(lengths), "single numbers or lists of one length", found)
    arrays = np.broadcast_arrays(*given.values())
    return {name: np.array(array) for name, array in zip(given, arrays, strict=True)}


def _bounds(said: Mapping[str, Any], tokens: float) -> Bounds:
    least, most = _amount_or(1.0, said, "min_N"), _amount_or(UNBOUNDED, said, "max_N")
    if least > most:
        cap = f"at most max_N = {format_number(most)} parameters"
        raise bad_input("min_N", cap, format_number(least), advice="no model keeps to both")
    return Bounds(least, most, tokens)


def _sizes(sizes: Iterable[float | str], bounds: Bounds) -> Real:
    """Those of the sizes that the bounds allow, ascending."""
    known: Real = np.unique(read_amounts("sizes", sizes))
    allowed: Real = known[(known >= bounds.least) & (known <= bounds.most)]
    if allowed.size:
        return allowed
    low = f"at least {format_number(bounds.least)}" if bounds.least > 1 else ""
    high = f"at most {format_number(bounds.most)}" if bounds.most < UNBOUNDED else ""
    kept = " and ".join(filter(None, (low, high)))
    got = ", ".join(format_number(float(N)) for N in known[:6])
    raise bad_input("sizes", f"such that one has {kept} parameters", got, advice="no model keeps to both")
