"""What the user asks: which keywords, and the amounts behind them, as numbers or as people write them."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from scalelaw._checks import BadInput, bad_input, check_positive, shown
from scalelaw.allocation.splits import SPLITS, Split
from scalelaw.numbers import parse_number

Amount = float | str | Iterable[float | str]
Real = NDArray[np.float64]


def question(asked: Mapping[str, Amount | None]) -> tuple[Split, tuple[Real, ...]]:
    """The split that is asked for, and the amounts given, in its order.

    Args:
        asked: Every keyword, None where it is not given.

    Returns:
        The split, and its amounts: each of shape () when all are single numbers, else all of shape (n,).

    Raises:
        BadInput: These keywords do not make a question, an amount is not a positive number, or lists differ
            in length.
    """
    named = {name: amount for name, amount in asked.items() if amount is not None}
    for split in SPLITS:
        if set(split.given) == set(named):
            amounts = {name: read_amounts(name, named[name]) for name in split.given}
            _check_lengths(amounts)
            return split, tuple(np.array(amount) for amount in np.broadcast_arrays(*amounts.values()))
    raise _no_question(named)


def read_amounts(name: str, amount: Amount) -> Real:
    """One number, or a list of them, as an array of shape () or (n,)."""
    if isinstance(amount, str) or not isinstance(amount, Iterable) or getattr(amount, "ndim", 1) == 0:
        return np.asarray(read_amount(name, amount))
    numbers = [read_amount(f"{name}[{index}]", each) for index, each in enumerate(amount)]
    if numbers:
        return np.asarray(numbers)
    raise bad_input(name, "a positive number or a list of them", "an empty list")


def read_amount(name: str, amount: object) -> float:
    """A positive number; text is read as people write it."""
    if not isinstance(amount, str):
        return check_positive(name, amount)
    try:
        return check_positive(name, parse_number(amount))
    except BadInput:
        constraint = "a positive number, written like 7B, 1.4T, 6e18 or 100 PF-days"
        raise bad_input(name, constraint, shown(amount)) from None


def _check_lengths(amounts: Mapping[str, Real]) -> None:
    lengths = {name: amount.size for name, amount in amounts.items() if amount.ndim}
    if len(set(lengths.values())) > 1:
        found = " and ".join(f"{size} of {name}" for name, size in lengths.items())
        raise bad_input(" and ".join(lengths), "single numbers or lists of one length", found)


def _no_question(named: Iterable[str]) -> BadInput:
    known = ", ".join(" with ".join(split.given) for split in SPLITS)
    return bad_input("what is given", f"one of {known}", " with ".join(named) or "nothing")
