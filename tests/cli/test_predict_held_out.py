"""`scalelaw predict --held-out`."""

import json

import pytest

from commands import run

SWEEP = ("predict", "--dataset", "sweep", "--starts", "projected")


def test_larger_runs_stand_beside_their_intervals() -> None:
    words = ("--held-out", "sweep-heldout", "--bootstrap", "50", "--no-backtest", "--json")
    code, text = run(*SWEEP, *words)
    assert code == 0
    held = json.loads(text[text.index("{") :])["held_out"]
    assert (len(held["runs"]), held["intervals"]) == (5, "stated")
    assert all(run["low"] < run["predicted"] < run["high"] for run in held["runs"])


@pytest.mark.slow
def test_intervals_are_calibrated_where_back_tests_allow_it() -> None:
    text = run(*SWEEP, "--held-out", "sweep-heldout", "--bootstrap", "50", "--json")[1]
    held = json.loads(text[text.index("{") :])["held_out"]
    assert held["intervals"] == "calibrated"
    assert held["notes"][0].startswith("calibrated on ")
    assert all(run["low"] < run["observed"] < run["high"] for run in held["runs"])


def test_needs_resamples_and_something_to_predict() -> None:
    code, text = run(*SWEEP, "--held-out", "sweep-heldout")
    assert code == 2
    assert "--held-out must be given with --bootstrap, got no resamples" in text
    code, text = run(*SWEEP)
    assert code == 2
    assert "--at or --held-out must be given, got neither" in text
