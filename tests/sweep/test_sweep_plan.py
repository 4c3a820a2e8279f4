"""The design holds what each approach needs."""

from collections import Counter

import numpy as np
import pytest

from scalelaw.flops import parameters
from sweep import corpus, plan
from sweep.model import CONTEXT

RUNS = plan.runs()
TEXT = 25_665_413  # bytes of SymPy 1.13.3's Python files


def of(role):
    return [run for run in RUNS if run.role == role]


def size(run):
    return parameters(run.model).total


def test_names_tell_runs_apart():
    assert len({run.name for run in RUNS}) == len(RUNS)


def test_budgets_span_three_decades_with_eight_sizes_each():
    counts = Counter(run.budget for run in of("isoflop"))
    assert len(counts) >= 7
    assert max(counts) / min(counts) >= 1000
    assert min(counts.values()) >= 8


@pytest.mark.parametrize("budget", plan.BUDGETS)
def test_sizes_bracket_what_pilots_found(budget):
    sizes = [size(run) for run in of("isoflop") if run.budget == budget]
    best = plan.PILOT_BEST * (budget / plan.BUDGETS[0]) ** plan.PILOT_EXPONENT
    assert min(sizes) < best / 2
    assert max(sizes) > 2 * best


def test_every_batch_fits_where_batches_are_laid():
    assert all(run.batch % plan.MICRO == 0 for run in RUNS)
    assert max(run.batch for run in RUNS) <= plan.MOST_PARTS * plan.MICRO


def test_six_n_d_is_the_budget():
    # The shortest run has 88 steps: half a step more or less is 0.6 %.
    assert [run.flops / run.budget for run in RUNS] == pytest.approx([1] * len(RUNS), rel=6e-3)
    assert all(run.flops == 6 * size(run) * run.tokens for run in RUNS)


def test_four_horizons_span_sixteen_fold():
    lengths = {}
    for run in of("horizon"):
        lengths.setdefault(size(run), []).append(run.tokens)
    assert len(lengths) >= 8
    for tokens in lengths.values():
        assert len(tokens) == 4
        assert max(tokens) / min(tokens) == pytest.approx(16, rel=0.01)


def test_several_cells_have_three_seeds():
    seeds = Counter((run.budget, run.layers, run.width) for run in of("isoflop") + of("seed"))
    assert sum(count >= 3 for count in seeds.values()) >= 10


def test_seeds_repeat_runs_of_the_profiles():
    profiles = {run._replace(role="", seed=0, rate=0) for run in of("isoflop")}
    assert {run._replace(role="", seed=0, rate=0) for run in of("seed") + of("lr")} <= profiles


def test_learning_rates_are_tried_at_both_ends():
    budgets = {run.budget for run in of("lr")}
    assert {plan.BUDGETS[0], plan.BUDGETS[-1]} <= budgets
    assert {run.rate / plan.RATE for run in of("lr")} == {0.25, 0.5, 2.0, 4.0}


def test_held_out_runs_are_far_above():
    factors = [run.budget / plan.BUDGETS[-1] for run in of("heldout")]
    assert len(factors) >= 4
    assert min(factors) >= 5
    assert max(factors) <= 10


def test_no_run_needs_a_second_epoch():
    trained_on = (TEXT - 1) // CONTEXT - corpus.HELD_OUT
    assert max(run.steps * run.batch for run in RUNS) <= trained_on


def test_a_batch_holds_as_many_tokens_as_there_are_steps():
    long = [run for run in RUNS if run.tokens > 2e6]
    batches = [run.batch * CONTEXT for run in long]
    np.testing.assert_allclose(batches, [run.steps for run in long], rtol=0.2)
