"""`scalelaw predict --held-out`."""

import json

from commands import run

SWEEP = ("predict", "--dataset", "sweep", "--starts", "projected")


def test_larger_runs_stand_beside_their_intervals() -> None:
    code, text = run(*SWEEP, "--held-out", "sweep-heldout", "--bootstrap", "50", "--json")
    assert code == 0
    held = json.loads(text[text.index("{") :])["held_out"]
    assert len(held["runs"]) == 5
    assert all(run["low"] < run["predicted"] < run["high"] for run in held["runs"])


def test_needs_resamples_and_something_to_predict() -> None:
    code, text = run(*SWEEP, "--held-out", "sweep-heldout")
    assert code == 2
    assert "--held-out must be given with --bootstrap, got no resamples" in text
    code, text = run(*SWEEP)
    assert code == 2
    assert "--at or --held-out must be given, got neither" in text
