"""The law that a design's bias is measured by: that which back-tests best, or Chinchilla's, and why."""

import pytest

import scalelaw as sl
from surfaces import isoflops, normal, sweep


@pytest.mark.parametrize(
    ("sizes", "why"),
    [
        (4, "no law could be fitted below any cut-off"),
        pytest.param(
            6,
            "runs must be enough for a law below 2 cut-offs, got 18, which are enough below 1",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_too_few_runs_to_back_test_leave_chinchillas_law(sizes: int, why: str) -> None:
    N, D = isoflops(3, sizes)
    found = sl.validation.surfaces(sweep(N, D, noise=normal(len(N), 0.002)), ["chinchilla"])
    assert [fit.law.name for fit in found.fits] == ["chinchilla"]
    assert found.words.startswith("measured by 'chinchilla', for laws cannot be back-tested here: sweep: ")
    assert why in found.words


@pytest.mark.slow
def test_laws_that_back_tests_rule_out_are_left_out() -> None:
    found = sl.validation.surfaces(sl.read_dataset("sweep"))
    assert [fit.law.name for fit in found.fits] == ["cross", "skaling"]
    assert found.words == (
        "measured by 'cross', which predicts later runs best (back-tests miss them by 1.7 %); "
        "'skaling' cannot be told from it"
    )
