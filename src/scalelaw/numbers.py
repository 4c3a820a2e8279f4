"""Numbers as people write them: `7B`, `1.4T`, `6e18`, `1,000,000`, `100 PF-days`."""

import math
import re
from collections.abc import Iterable

from scalelaw._checks import BadInput, bad_input, check_at_least, check_finite, check_positive, shown
from scalelaw.flops import PF_DAY

SCALES = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
"""Suffixes that `format_number` writes."""

_POWERS = {"k": "e3", "m": "e6", "b": "e9", "g": "e9", "t": "e12"}
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)"
    r"(?P<digits>[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?|\d+(?:_\d+)*(?:\.\d*)?|\.\d+)"
    r"(?:(?P<exponent>e[+-]?\d+)|\s*(?P<suffix>[kmbgt]))?"
    r"(?P<days>\s*(?:PF[\s-]*days?|PFd))?",
    re.IGNORECASE | re.ASCII,
)


def parse_number(text: str | float) -> float:
    """The number that `text` says.

    Understood are plain and scientific notation, digits grouped by `_` or, in threes, by `,` (not after a leading
    0: "0,020" has a decimal comma), one suffix of
    k (1e3), M (1e6), B or G (1e9) and T (1e12), upper or lower case, and the unit PF-days (also PF-day, PFd),
    which is 8.64e19 FLOP. `m` is mega, never milli. E and P are no suffixes: E marks the exponent, and P
    would be at odds with PF; write 6e18.

    Args:
        text: What the user wrote; a number passes through as a float.

    Returns:
        The number, in the unit the text stands for (FLOP for PF-days).

    Raises:
        BadInput: The text is no such number, or the number is not finite.

    Examples:
        >>> from scalelaw.numbers import parse_number
        >>> parse_number("1.4T"), parse_number("7B"), parse_number("100 PF-days")
        (1400000000000.0, 7000000000.0, 8.64e+21)
    """
    if not isinstance(text, str):
        return check_finite("number", text)
    number = _parse(text.strip())
    if math.isfinite(number):
        return number
    raise bad_input("number", "written like 7B, 1.4T, 6e18, 1,000,000 or 100 PF-days", shown(text))


def is_number(text: str) -> bool:
    """Whether `parse_number` reads it."""
    return math.isfinite(_parse(text.strip()))


def _parse(text: str) -> float:
    """The number in `text`, or NaN."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return math.nan
    mantissa = match["sign"] + match["digits"].replace(",", "").replace("_", "")
    power = _POWERS[match["suffix"].lower()] if match["suffix"] else match["exponent"] or ""
    return float(mantissa + power) * (PF_DAY if match["days"] else 1.0)


def format_number(value: float, digits: int = 4) -> str:
    """`value` as people write it, e.g. 7B, 1.4T, 12.5k, 0.3473 and, from 1e15 on (FLOP), 5.76e23.

    Args:
        value: Any float.
        digits: Significant digits kept, at least 1; trailing zeros are left out.

    Returns:
        Text that `parse_number` reads back to the same `digits` (infinite and NaN values excepted).

    Examples:
        >>> from scalelaw.numbers import format_number
        >>> format_number(7e9), format_number(1.4e12), format_number(5.76e23)
        ('7B', '1.4T', '5.76e23')
    """
    check_at_least("digits", digits, 1)
    rounded = float(f"{value:.{digits}g}")
    size = abs(rounded)
    if not math.isfinite(size) or size == 0:
        return f"{rounded:g}"
    if size >= 1e15 or size < 1e-4:
        mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa}e{int(exponent)}"
    suffix, scale = max((("", 1.0), *SCALES.items()), key=lambda item: item[1] if item[1] <= size else 0)
    return f"{rounded / scale:.{max(digits, 3)}g}{suffix}"


def significant(value: float, digits: int = 6) -> str:
    """`value` rounded to `digits` significant digits with trailing zeros kept: 406.4 is 406.400.

    Args:
        value: Any float.
        digits: Significant digits shown, at least 6: coarser constants move an optimum (the published
            Chinchilla constants, rounded to three or four digits, move N* by about 20 %).

    Returns:
        Text that reads back to the same `digits`.

    Examples:
        >>> from scalelaw.numbers import significant
        >>> significant(406.4), significant(5.76e23)
        ('406.400', '5.76000e23')
    """
    check_at_least("digits", digits, 6)
    mantissa, mark, exponent = f"{value:#.{digits}g}".partition("e")
    return mantissa.rstrip(".") + (f"e{int(exponent)}" if mark else "")


def amount(name: str, value: object) -> float:
    """A positive amount, a number or text as people write it.

    Args:
        name: what a message calls it.
        value: 7e9, "7B", "100 PF-days".

    Raises:
        BadInput: it is no number, or not positive and finite.

    Examples:
        >>> from scalelaw.numbers import amount
        >>> amount("N", "7B")
        7000000000.0
    """
    if not isinstance(value, str):
        return check_positive(name, value)
    try:
        return check_positive(name, parse_number(value))
    except BadInput:
        constraint = "a positive number, written like 7B, 1.4T, 6e18 or 100 PF-days"
        raise bad_input(name, constraint, shown(value)) from None


def amounts(name: str, values: str | float | Iterable[str | float]) -> tuple[float, ...]:
    """Positive amounts, one or many of them; see `amount`.

    Raises:
        BadInput: there is none, or one of them is no number, or not positive and finite.
    """
    many = [values] if isinstance(values, (str, int, float)) else list(values)
    if not many:
        raise bad_input(name, "at least one", "none")
    return tuple(amount(name, each) for each in many)
