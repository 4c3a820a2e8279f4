"""What every approach is asked: exponents, what is best at a budget, and the budget a size is best for."""

from collections.abc import Iterable
from typing import NamedTuple

from scalelaw._checks import bad_input, check_positive, shown
from scalelaw.numbers import parse_number

Amount = float | str

EXPONENTS = ("a", "b")
AT_BUDGET = ("N", "D", "tokens_per_parameter")
OF_SIZE = ("C", "D")


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


def amounts(name: str, given: Iterable[Amount] | Amount) -> tuple[float, ...]:
    """Positive numbers, given as such or as people write them, one or many.

    Raises:
        BadInput: for one that is not.
    """
    many = [given] if isinstance(given, str | float | int) else list(given)
    if not many:
        raise bad_input(name, "at least one", shown(given))
    return tuple(check_positive(name, parse_number(each)) for each in many)
