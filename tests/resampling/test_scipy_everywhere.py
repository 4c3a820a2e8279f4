"""Our refits against the lowest that SciPy found from all 4,500 starts: the committed result of a long run.

`benchmarks/scipy_everywhere.py` ran it; the same resamples and refits are made again here.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

import scalelaw as sl
from bootstrap import HERE, resampled_weights
from rival import Rival
from scalelaw.laws import Chinchilla
from scalelaw.resampling.resampler import Resampler
from scipy_everywhere import REPLICATES

FOUND = json.loads((HERE / "results" / "scipy_everywhere.json").read_text())
NEVER_WORSE, SAME_RESAMPLE = 1e-9, 1e-12


def test_all_twenty_are_there() -> None:
    assert [row["replicate"] for row in FOUND["replicates"]] == list(range(REPLICATES))


@pytest.mark.parametrize("row", FOUND["replicates"], ids=lambda row: str(row["replicate"]))
def test_the_committed_parameters_reach_the_committed_objective(epoch_fit: sl.Fit, row: dict) -> None:
    """So the resample is the one that SciPy fitted."""
    (weight,) = resampled_weights(epoch_fit, [row["replicate"]], FOUND["seed"])
    rival = replace(Rival.of(epoch_fit.runs), weight=weight)
    reached, _ = rival(rival.theta(Chinchilla(*row["scipy_params"])))
    assert reached == pytest.approx(row["scipy"], rel=SAME_RESAMPLE)


def test_our_refits_are_never_above(epoch_fit: sl.Fit) -> None:
    draw = Resampler.of(epoch_fit, FOUND["seed"]).draw(epoch_fit)
    ours = epoch_fit.refit(draw, np.arange(REPLICATES, dtype=np.uint32))
    scipy = np.array([row["scipy"] for row in FOUND["replicates"]])
    assert (ours.objective <= scipy * (1 + NEVER_WORSE)).all()
