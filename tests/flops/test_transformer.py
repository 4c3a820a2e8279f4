"""A transformer's dimensions: what is left out, and what does not fit."""

import dataclasses
from typing import Any

import pytest
from public_models import LLAMA3_8B

from scalelaw import BadInput
from scalelaw.flops import Transformer

PLAIN: dict[str, Any] = {"layers": 2, "width": 12, "heads": 3, "vocabulary": 7}


def test_what_is_left_out_is_usual() -> None:
    model = Transformer(**PLAIN)
    assert (model.head_width, model.query_width, model.kv_width, model.hidden) == (4, 12, 12, 48)


def test_what_is_given_is_taken() -> None:
    model = Transformer(**PLAIN, key_size=5, kv_heads=1, ffw=20)
    assert (model.head_width, model.query_width, model.kv_width, model.hidden) == (5, 15, 5, 20)
    assert (LLAMA3_8B.head_width, LLAMA3_8B.kv_width) == (128, 1024)


def test_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="width"):
        Transformer(**PLAIN).width = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"layers": 0}, "layers must be a whole number of at least 1, got 0"),
        ({"width": 12.5}, "width must be a whole number of at least 1, got 12.5"),
        ({"ffw": -1}, "ffw must be a whole number of at least 1, got -1"),
        (
            {"heads": 5},
            "width must be a multiple of heads (5) where key_size is not given, got 12; give key_size",
        ),
        ({"kv_heads": 2}, "kv_heads must be a divisor of heads (3), got 2"),
        ({"kv_heads": 6}, "kv_heads must be a divisor of heads (3), got 6"),
        ({"active_experts": 2}, "active_experts must be at most experts (1), got 2"),
        (
            {"positions": "relativ"},
            "positions must be one of 'rotary', 'learned', 'relative', got 'relativ'; did you mean 'relative'?",
        ),
    ],
)
def test_bad_dimensions(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput, match="must be") as caught:
        Transformer(**PLAIN | wrong)
    assert str(caught.value) == sentence
