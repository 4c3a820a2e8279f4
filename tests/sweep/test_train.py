"""Training repeats itself, takes each window once, and follows AdamW as Optax has it."""

from functools import partial

import jax
import numpy as np
import optax
import pytest

from sweep import model as models
from sweep import train
from sweep.plan import MICRO, MOST_PARTS, Run


@pytest.mark.slow
def test_the_same_run_twice_is_the_same_to_the_bit(tiny, windows):
    assert train.train(tiny[3], *windows) == train.train(tiny[3], *windows)


@pytest.mark.slow
def test_another_seed_is_another_run(tiny, windows):
    assert train.train(tiny[0], *windows).held_out != train.train(tiny[1], *windows).held_out


@pytest.mark.slow
def test_training_learns(windows):
    # The text's bytes are one of three, evenly: no loss is below ln 3.
    learnt = train.train(Run("isoflop", 1e8, 1, 16, 150, 8), *windows)
    assert np.log(3) < learnt.held_out < 3
    assert learnt.losses[0] > 5


def test_no_window_is_seen_twice(tiny, windows):
    numbered = np.broadcast_to(np.arange(200, dtype=np.uint8)[:, None], (200, models.CONTEXT + 1))
    run = tiny[3]
    seen = np.concatenate([batch[0, :, 0] for batch in train.batches(run, numbered)])
    assert len(seen) == run.steps * run.batch == len(set(seen.tolist()))


@partial(jax.jit, static_argnums=2)
def adamw(weights, windows, heads):
    """The loss, and the weights after one step of Optax's own AdamW, hidden matrices twice as fast."""
    rates = {"embedding": optax.adamw(0.01, *train.BETAS, weight_decay=train.WEIGHT_DECAY)}
    rates["hidden"] = optax.adamw(0.02, *train.BETAS, weight_decay=train.WEIGHT_DECAY)
    optimiser = optax.partition(rates, models.Weights("embedding", *["hidden"] * 4))
    loss, gradient = jax.value_and_grad(models.loss)(weights, windows, heads)
    updates, _ = optimiser.update(gradient, optimiser.init(weights), weights)
    return loss, optax.apply_updates(weights, updates)


@pytest.mark.slow
def test_a_step_is_optax_adamw_on_the_whole_batch():
    model = models.transformer(2, 16)
    weights = models.initial(model, jax.random.key(0))
    batch = np.zeros((MOST_PARTS, MICRO, models.CONTEXT + 1), np.uint8)
    batch[:3] = np.random.default_rng(0).integers(0, 256, batch[:3].shape)
    whole = batch[:3].reshape(-1, models.CONTEXT + 1)
    loss, expected = adamw(weights, whole, model.heads)
    moments = train.DIRECTION.init(weights)
    stepped, _, reported = train.step(
        weights, moments, batch, 3, 0.01, models.rate_scales(model), model.heads
    )
    assert float(reported) == pytest.approx(float(loss), rel=1e-6)
    for ours, theirs in zip(stepped, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_rates_warm_up_and_end_at_a_tenth():
    rates = train.rates(Run("isoflop", 1e8, 1, 16, 200, 4, rate=0.5))
    assert len(rates) == 200
    assert rates[9] == max(rates) == pytest.approx(0.5)
    np.testing.assert_allclose(rates[:10], 0.05 * np.arange(1, 11), rtol=1e-5)
    assert rates[-1] == pytest.approx(0.05)
    assert rates[104] == pytest.approx(0.275)  # half of the way down, half of the way in steps


def test_a_point_of_the_curve_is_the_mean_of_the_last_tenth():
    losses = np.random.default_rng(0).normal(size=1000)
    steps, smoothed = train.curve(losses)
    assert (steps[0], steps[-1]) == (1, 1000)
    assert len(steps) > 35
    for end, point in zip(steps, smoothed, strict=True):
        assert point == pytest.approx(losses[end - -(-end // 10) : end].mean(), abs=1e-12)


@pytest.mark.parametrize(
    ("losses", "held_out", "diverged"),
    [
        ([5.0, 3.0, 2.0], 2.0, False),
        ([5.0, 2.0, 2.4], 2.4, False),
        ([5.0, 2.0, 2.6], 2.6, True),
        ([5.0, 2.0, float("nan")], float("nan"), True),
        ([5.0, 2.0, 2.0], float("inf"), True),
    ],
)
def test_divergence(losses, held_out, diverged):
    assert train.Outcome([1, 2, 3], losses, held_out).diverged is diverged
