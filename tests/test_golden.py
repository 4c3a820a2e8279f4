"""What `benchmarks/golden.py` calls a difference, and what it makes of the documentation."""

from typing import Any

import pytest

from golden_commands import asked, commands_of, examples, shape
from golden_compare import compared, differences

SAME: dict[str, Any] = {
    "E": 1.5,
    "stderr": [0.1, float("nan")],
    "law": "kaplan",
    "note": "five runs",
    "n": None,
}


def kinds(before: Any, after: Any) -> list[str]:
    return [each.kind for each in differences("fits", before, after, 1e-12)]


def test_nothing_differs_from_itself() -> None:
    assert kinds(SAME, SAME) == []
    assert compared({"fits": SAME}, {"fits": SAME}, 0.0)[1]


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"E": 1.5 * (1 + 1e-11)}, "off"),
        ({"E": float("inf")}, "off"),
        ({"stderr": [0.1]}, "gone"),
        ({"stderr": [0.1, 0.2]}, "off"),
        ({"law": "chinchilla"}, "other"),
        ({"n": 1}, "other"),
    ],
)
def test_what_is_held_against_a_change(changed: dict[str, Any], kind: str) -> None:
    after = {**SAME, **changed}
    assert kinds(SAME, after) == [kind]
    report, same = compared({"fits": SAME}, {"fits": after}, 1e-12)
    assert not same
    assert f"1 {kind}" in report
    assert compared({"stream": SAME}, {"stream": after}, 1e-12)[1]


@pytest.mark.parametrize(
    ("changed", "kind"), [({"note": "5 runs"}, "words"), ({"p": 0.5}, "new"), ({"note": ""}, "words")]
)
def test_what_is_only_shown(changed: dict[str, Any], kind: str) -> None:
    after = {**SAME, **changed}
    assert kinds(SAME, after) == [kind]
    assert compared({"fits": SAME}, {"fits": after}, 1e-12)[1]


def test_rounding_is_no_difference() -> None:
    assert kinds(1.5, 1.5 * (1 + 1e-13)) == []
    assert kinds(1e-20, 3e-18) == ["rounding"]
    assert kinds(1e-5, 1e-5 + 5e-16) == ["rounding"]


def test_a_list_has_the_keys_of_all_its_entries() -> None:
    assert shape({"a": [{"b": 1}, {"b": None, "c": [True]}], "d": []}) == {
        "a": [{"b": "null|number", "c": ["boolean"]}],
        "d": [],
    }


def test_commands_are_found_where_they_stand() -> None:
    text = (
        "scalelaw demo\n```\nscalelaw fit runs.csv   scalelaw laws  # all\n```\n```python\nscalelaw x\n```\n"
    )
    assert commands_of(text) == ["scalelaw fit runs.csv", "scalelaw laws"]
    assert examples(" Usage: scalelaw\n\n scalelaw fit a.csv\n scalelaw laws  \n\n scalelaw demo\n") == [
        "scalelaw fit a.csv && scalelaw laws",
        "scalelaw demo",
    ]


def test_json_is_asked_for_where_a_command_has_it() -> None:
    assert asked("scalelaw laws --json", {}) == "scalelaw laws"
    assert asked("scalelaw laws", {"laws": True}) == "scalelaw laws --json"
