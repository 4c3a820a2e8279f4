"""`scalelaw size`: every count side by side, JSON, and one sentence for what fits no model."""

import json

import pytest

from commands import run

CHINCHILLA = (
    *("size", "--layers", 80, "--width", 8192, "--heads", 64, "--vocabulary", 32000),
    *("--tied", "--positions", "relative", "--tokens", "1.4T"),
)
MIXTRAL = (
    *("size", "--layers", 32, "--width", 4096, "--heads", 32, "--kv-heads", 8, "--vocabulary", 32000),
    *("--ffw", 14336, "--glu", "--experts", 8, "--active-experts", 2),
)


def rows(text: str) -> dict[str, list[str]]:
    """The numbers of each row, by its name."""
    lines = [line for line in text.splitlines() if line[:2] == "  " and line[2] != " "]
    cells = [[cell for cell in line.split("  ") if cell.strip()] for line in lines]
    return {name.strip(): [cell.strip() for cell in rest] for name, *rest in reversed(cells)}


def test_chinchilla() -> None:
    code, text = run(*CHINCHILLA)
    assert code == 0
    said = rows(text)
    assert said["total"] == ["70,055,362,560"]
    assert said["relative positions"] == ["5,368,709,120"]
    assert "head" not in said
    assert said["6ND"] == ["4.203e11", "5.885e23", "1.000"]
    assert text.splitlines()[10].split() == ["training", "FLOP", "a", "token", "1.4T", "tokens", "of", "6ND"]


def test_without_tokens_there_is_no_budget() -> None:
    text = run(*CHINCHILLA[:-2])[1]
    assert rows(text)["6ND"] == ["4.203e11", "1.000"]


def test_experts_are_counted_twice() -> None:
    said = rows(run(*MIXTRAL)[1])
    assert said["total"] == ["46,702,526,464", "12,879,659,008"]
    assert said["head"] == ["131,072,000", "131,072,000"]


def test_json() -> None:
    made = json.loads(run(*MIXTRAL, "--tokens", "1T", "--json")[1])
    assert made["parameters"]["total"] == 46_702_526_464
    assert made["active_parameters"]["non-embedding"] == 12_617_515_008
    assert made["tokens"] == 1e12
    assert made["flops"]["6ND"]["per_token"] == 6 * 12_879_659_008
    assert made["flops"]["6ND"]["training"] == pytest.approx(7.73e22, rel=1e-3)
    assert made["flops"]["6ND"]["ratio_to_6ND"] == 1
    assert set(made["flops"]) >= {"kaplan", "hoffmann", "hoffmann-A4", "deepseek", "linear", "exact"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--heads", 63), "width must be a multiple of heads (63) where key_size is not given, got 8192"),
        (("--layers", 0), "layers must be a whole number of at least 1, got 0"),
        (("--tokens", "many"), "--tokens must be a positive number, written like 7B, 1.4T"),
        (("--tokens", "-1"), "--tokens must be a positive number, written like 7B, 1.4T"),
        (("--positions", "alibi"), "positions must be one of 'rotary', 'learned', 'relative', got 'alibi'"),
    ],
)
def test_bad_input(words: tuple[object, ...], sentence: str) -> None:
    code, text = run(*CHINCHILLA, *words)
    assert code == 2
    assert text.startswith(sentence)
