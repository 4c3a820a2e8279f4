"""The grammar of messages and each check of it."""

import math

import numpy as np
import pytest

from scalelaw._checks import (
    BadInput,
    bad_input,
    check_at_least,
    check_choice,
    check_finite,
    check_positive,
    check_probability,
    listed,
    nearest,
    one_line,
    shown,
)

NOT_NUMBERS = ["1", True, None, [1.0], 1j, math.nan, math.inf, -math.inf, 10**400, np.array([1.0]), np.nan]


def test_bad_input_is_a_value_error() -> None:
    assert issubclass(BadInput, ValueError)


def test_message_puts_the_place_first_and_the_advice_last() -> None:
    error = bad_input("L", "a positive number", "'x'", place="runs.csv, row 7", advice="correct it")
    assert str(error) == "runs.csv, row 7: L must be a positive number, got 'x'; correct it"


def test_message_without_place_or_advice() -> None:
    assert str(bad_input("delta", "a positive number", "0")) == "delta must be a positive number, got 0"


def test_message_is_one_line_whatever_it_quotes() -> None:
    error = bad_input("where\n", "a\tcondition", "x\u2028y\x00z\x1b[31m", place="a\r\nb")
    assert str(error) == "a b: where must be a condition, got x y z [31m"


def test_one_line_folds_white_space() -> None:
    assert one_line("  a\n\n b\u00a0c ") == "a b c"


def test_shown_keeps_both_ends_of_a_long_value() -> None:
    assert shown("a" * 100 + "z", limit=21) == "'aaaaaaaa...aaaaaaaz'"
    assert shown("short") == "'short'"
    assert shown(np.arange(3.0).reshape(3, 1)) == "array([[0.], [1.], [2.]])"


def test_listed_counts_what_it_leaves_out() -> None:
    assert listed(["a", "b"]) == "'a', 'b'"
    assert listed("abcd", limit=2) == "'a', 'b' and 2 more"


def test_nearest_ignores_case_and_is_silent_about_strangers() -> None:
    assert nearest("HUBR", ["huber", "l2"]) == "did you mean 'huber'?"
    assert nearest("zzz", ["huber", "l2"]) == ""
    assert nearest("x", []) == ""


def test_choice_hands_back_a_known_name() -> None:
    assert check_choice("loss", "huber", ["l2", "huber"]) == "huber"


def test_choice_lists_the_choices_and_the_nearest() -> None:
    with pytest.raises(
        BadInput, match=r"^loss must be one of 'l2', 'huber', got 'hubber'; did you mean 'huber'\?$"
    ):
        check_choice("loss", "hubber", ["l2", "huber"])


@pytest.mark.parametrize("value", [None, 3, ["l2"]])
def test_choice_refuses_what_is_no_name(value: object) -> None:
    with pytest.raises(BadInput, match=r"^loss must be one of 'l2', got "):
        check_choice("loss", value, ["l2"])


@pytest.mark.parametrize("value", [1e-3, 5, np.float32(0.5), np.int64(2), np.array(0.25)])
def test_positive_hands_back_a_float(value: object) -> None:
    number = check_positive("delta", value)
    assert type(number) is float
    assert number == value


@pytest.mark.parametrize("value", [0, -1e-300, *NOT_NUMBERS])
def test_positive_refuses(value: object) -> None:
    with pytest.raises(BadInput, match=r"^delta must be a positive finite number, got "):
        check_positive("delta", value)


def test_finite_takes_either_sign() -> None:
    assert check_finite("E", -2) == -2.0
    assert check_finite("E", 0.0) == 0.0


@pytest.mark.parametrize("value", NOT_NUMBERS)
def test_finite_refuses(value: object) -> None:
    with pytest.raises(BadInput, match=r"^E must be a finite number, got "):
        check_finite("E", value)


def test_probability_lies_inside_the_unit_interval() -> None:
    assert check_probability("level", 0.95) == 0.95


@pytest.mark.parametrize("value", [0, 1, 95, -0.5, *NOT_NUMBERS])
def test_probability_refuses(value: object) -> None:
    with pytest.raises(BadInput, match=r"^level must be a number between 0 and 1 \(both excluded\), got "):
        check_probability("level", value)


@pytest.mark.parametrize("value", [1, 4000, np.int32(7)])
def test_at_least_hands_back_an_int(value: object) -> None:
    number = check_at_least("replicates", value, 1)
    assert type(number) is int
    assert number == value


@pytest.mark.parametrize("value", [0, -1, 1.0, "3", True, None, 2.5])
def test_at_least_refuses(value: object) -> None:
    with pytest.raises(BadInput, match=r"^replicates must be a whole number of at least 1, got "):
        check_at_least("replicates", value, 1)
