"""Numbers as people write them, both ways."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalelaw import BadInput
from scalelaw.numbers import amount, amounts, format_number, parse_number, significant


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7B", 7e9),
        ("7b", 7e9),
        ("7 B", 7e9),
        (" 70B\n", 70e9),
        ("2G", 2e9),
        ("1.4T", 1.4e12),
        ("1.4t", 1.4e12),
        ("350M", 350e6),
        ("350m", 350e6),
        ("12k", 12e3),
        ("12K", 12e3),
        (".5B", 5e8),
        ("5.M", 5e6),
        ("6e18", 6e18),
        ("6E18", 6e18),
        ("5.76e+23", 5.76e23),
        ("1e-3", 1e-3),
        ("1_000_000", 1e6),
        ("1,000,000", 1e6),
        ("12,345.5", 12345.5),
        ("1,024k", 1.024e6),
        ("-3.5", -3.5),
        ("+3", 3.0),
        ("0", 0.0),
        ("100 PF-days", 8.64e21),
        ("1 PF-day", 8.64e19),
        ("1PFd", 8.64e19),
        ("2 pf days", 1.728e20),
        ("3.14e3 PF-days", 3.14e3 * 8.64e19),
        ("1k PF-days", 8.64e22),
        ("0.1T", 0.1e12),
    ],
)
def test_parse_number(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("number", [7, 7.5, np.float32(0.5), np.int64(9)])
def test_parse_number_passes_numbers_through(number: float) -> None:
    assert parse_number(number) == number
    assert type(parse_number(number)) is float


@pytest.mark.parametrize(
    "text",
    ["", " ", "B", "7X", "7BB", "seven", "1,5", "1,00", "1,0000", ",100", "1__0", "1_", "_1", "7e", "e5",
     "7e9B", "1P", "1E", "1 2", "--3", "nan", "inf", "-inf", "1e400", "0x10", "7 B params", "PF-days",
     "\u0667", "7%"],
)  # fmt: skip
def test_parse_number_refuses_and_names_the_text(text: str) -> None:
    with pytest.raises(
        BadInput, match=r"^number must be written like 7B, 1\.4T, 6e18, 1,000,000 or 100 PF-days, got '"
    ) as refusal:
        parse_number(text)
    assert str(refusal.value).endswith(f"got {text!r}")


@pytest.mark.parametrize("value", [math.nan, math.inf, True, None])
def test_parse_number_refuses_what_is_no_number(value: float) -> None:
    with pytest.raises(BadInput, match=r"^number must be a finite number, got (nan|inf|True|None)$"):
        parse_number(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7e9, "7B"),
        (1.4e12, "1.4T"),
        (3.2e10, "32B"),
        (6.7956e9, "6.796B"),
        (350e6, "350M"),
        (12_346, "12.35k"),
        (999_960, "1M"),
        (999.96, "1k"),
        (999, "999"),
        (0.3473104992, "0.3473"),
        (1.5, "1.5"),
        (-7e9, "-7B"),
        (1e-4, "0.0001"),
        (1e-7, "1e-7"),
        (1.25e-5, "1.25e-5"),
        (5.76e23, "5.76e23"),
        (8.64e19, "8.64e19"),
        (1e15, "1e15"),
        (9.9999e14, "1e15"),
        (999e12, "999T"),
        (0.0, "0"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_format_number(value: float, text: str) -> None:
    assert format_number(value) == text


def test_format_number_takes_fewer_and_more_digits() -> None:
    assert format_number(6.7956003e9, digits=2) == "6.8B"
    assert format_number(345.0, digits=1) == "300"
    assert format_number(345e6, digits=2) == "340M"
    assert format_number(5.764e23, digits=1) == "6e23"
    assert format_number(6_795_600_349.0, digits=8) == "6.7956003B"


@pytest.mark.parametrize("digits", [0, 2.0])
def test_format_number_needs_a_digit(digits: int) -> None:
    with pytest.raises(BadInput, match=r"^digits must be a whole number of at least 1, got "):
        format_number(1.0, digits=digits)


FINITE = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(FINITE, st.integers(1, 15))
def test_formatted_numbers_read_back_to_their_digits(value: float, digits: int) -> None:
    expected = float(f"{value:.{digits}g}")
    if math.isfinite(expected):
        assert parse_number(format_number(value, digits)) == pytest.approx(expected, rel=3e-16, abs=0)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(FINITE)
def test_full_digits_read_back_exactly(value: float) -> None:
    assert parse_number(repr(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (406.4, "406.400"),
        (0.34, "0.340000"),
        (1.817218099, "1.81722"),
        (123456.0, "123456"),
        (4955430.138701336, "4.95543e6"),
        (1e-7, "1.00000e-7"),
        (5.76e23, "5.76000e23"),
        (0.0, "0.00000"),
    ],
)
def test_significant(value: float, text: str) -> None:
    assert significant(value) == text


def test_significant_takes_more_digits_but_never_fewer() -> None:
    assert significant(0.347310499, 9) == "0.347310499"
    with pytest.raises(BadInput, match=r"^digits must be a whole number of at least 6, got 5$"):
        significant(1.0, 5)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(FINITE, st.integers(6, 17))
def test_significant_reads_back_to_its_digits(value: float, digits: int) -> None:
    assert float(significant(value, digits)) == float(f"{value:.{digits}g}")


def test_an_amount_is_positive_and_may_be_text() -> None:
    assert amounts("N", ["7B", 1e9]) == (7e9, 1e9)
    assert amounts("C", "1e21") == (1e21,)
    with pytest.raises(BadInput, match="^N must be a positive finite number, got -1$"):
        amount("N", -1)
    with pytest.raises(BadInput, match="^N must be a positive number, written like 7B"):
        amount("N", "seven")
    with pytest.raises(BadInput, match="^N must be at least one, got none$"):
        amounts("N", [])
