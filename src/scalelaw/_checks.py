"""Checks of input on the host, and the one grammar of their messages.

Every complaint reads "`{name}` must be {constraint}, got {value}", with the place (file, row, column) before
it where there is one and the way out behind it. It is always one line.
"""

import difflib
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import SupportsFloat, SupportsIndex, TypeVar, cast

import numpy as np

Thing = TypeVar("Thing")

NEAR = 3
"""How many similar names are offered for a misspelt one."""


class BadInput(ValueError):
    """Input that cannot be used; its message is one sentence that says what to do."""


class Unreliable(BadInput):
    """What is asked of sound input cannot be stated, and its message says why."""


def bad_input(name: str, constraint: str, got: str, *, place: str = "", advice: str = "") -> BadInput:
    """The error "`place: name must be constraint, got got; advice`".

    Args:
        name: What was wrong, in the caller's own words (a keyword, a quantity, a file).
        constraint: What it must be.
        got: What it was, as text; see `shown`.
        place: File, row and column, where there is one.
        advice: What to do instead.

    Returns:
        The exception, to be raised by the caller.
    """
    sentence = f"{name} must be {constraint}, got {got}"
    return BadInput(one_line(": ".join(filter(None, [place, sentence])) + (f"; {advice}" if advice else "")))


def one_line(text: str) -> str:
    """`text` with every run of white space and every unprintable character made one space."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def shown(value: object, limit: int = 50) -> str:
    """`value` as one short line: its repr, `cut` to `limit` characters."""
    plain = value.item() if isinstance(value, np.generic) else value
    return cut(one_line(repr(plain)), limit)


def cut(text: str, limit: int) -> str:
    """`text`, without its middle when it is longer than `limit` characters."""
    half = (limit - 3) // 2
    return text if len(text) <= limit else f"{text[:half]}...{text[-half:]}"


def listed(names: Iterable[str], limit: int = 6) -> str:
    """The first `limit` names, quoted, and how many more there are."""
    quoted = [shown(name, 40) for name in names]
    rest = len(quoted) - limit
    return ", ".join(quoted[:limit]) + (f" and {rest} more" if rest > 0 else "")


def nearest(value: str, choices: Iterable[str]) -> str:
    """The question "did you mean ...?" after a misspelt name, or nothing when no name is near."""
    folded = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(value[:100].casefold(), folded, n=1)
    return f"did you mean {shown(folded[near[0]])}?" if near else ""


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """The question after a misspelt name, with the few choices most like it; nothing where none is."""
    first, *others = difflib.get_close_matches(name, choices, n=NEAR, cutoff=0.4) or [""]
    also = f" (or {listed(others)})" if others else ""
    return f"did you mean {shown(first)}?{also}" if first else ""


class ByName(Mapping[str, Thing]):
    """A mapping whose unknown names are refused with the nearest.

    Args:
        kind: what the things are called in a message.
        listing: the command that lists them.
        read: gives all of them, in their order; called whenever one is asked for.
    """

    def __init__(self, kind: str, listing: str, read: Callable[[], Mapping[str, Thing]]) -> None:
        self._kind, self._listing, self._read = kind, listing, read

    def __getitem__(self, name: str) -> Thing:
        """The thing called `name`.

        Raises:
            BadInput: if there is none.
        """
        things = self._read()
        if name not in things:
            expected = f"one of the {len(things)} that {self._listing} lists"
            raise bad_input(self._kind, expected, shown(name), advice=did_you_mean(str(name), things))
        return things[name]

    def __contains__(self, name: object) -> bool:
        return name in self._read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def check_choice(name: str, value: object, choices: Iterable[str]) -> str:
    """`value` if it is one of `choices`.

    Raises:
        BadInput: It is not; the message lists the choices and the nearest of them.
    """
    known = list(choices)
    if isinstance(value, str) and value in known:
        return value
    raise bad_input(name, f"one of {listed(known, 12)}", shown(value), advice=nearest(str(value), known))


def check_finite(name: str, value: object) -> float:
    """`value` as a float if it is one finite real number.

    Raises:
        BadInput: It is not.
    """
    number = _real(value)
    if math.isfinite(number):
        return number
    raise bad_input(name, "a finite number", shown(value))


def check_positive(name: str, value: object) -> float:
    """`value` as a float if it is one finite real number above zero.

    Raises:
        BadInput: It is not.
    """
    number = _real(value)
    if 0 < number < math.inf:
        return number
    raise bad_input(name, "a positive finite number", shown(value))


def check_probability(name: str, value: object) -> float:
    """`value` as a float if it lies strictly between 0 and 1.

    Raises:
        BadInput: It does not.
    """
    number = _real(value)
    if 0 < number < 1:
        return number
    raise bad_input(name, "a number between 0 and 1 (both excluded)", shown(value))


def check_at_least(name: str, value: object, least: int) -> int:
    """`value` as an int if it is a whole number of at least `least`.

    Raises:
        BadInput: It is not.
    """
    number = _whole(value)
    if number is not None and number >= least:
        return number
    raise bad_input(name, f"a whole number of at least {least}", shown(value))


def _real(value: object) -> float:
    """The one real number that `value` is, or NaN, which no check lets through."""
    if isinstance(value, (str, bytes, bool)) or getattr(value, "ndim", 0) != 0:
        return math.nan
    try:
        return float(cast(SupportsFloat, value))
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _whole(value: object) -> int | None:
    """The whole number that `value` is, or None."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(cast(SupportsIndex, value))
    except TypeError:
        return None
