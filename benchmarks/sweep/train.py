"""Train one run: AdamW, warm-up and cosine, every window once; what comes back is its curve and its end."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from numpy.typing import NDArray

from sweep import model as models
from sweep.corpus import Bytes
from sweep.model import CONTEXT, Weights
from sweep.plan import MICRO, MOST_PARTS, Run

Losses = NDArray[np.float64]

WARM_UP = 0.05  # of the steps
FINAL_RATE = 0.1  # of the peak learning rate, as in Hoffmann et al. 2022
BETAS = (0.9, 0.95)
WEIGHT_DECAY = 0.1
CURVE_POINTS = 48
SMOOTHING = 0.1  # a point of the curve is the mean of the last tenth of the steps up to it
EVALUATED = 64  # windows at a time
DIVERGED_BY = 0.5  # nats a byte that a curve may end above its lowest point

DIRECTION = optax.chain(optax.scale_by_adam(*BETAS), optax.add_decayed_weights(WEIGHT_DECAY))


class Outcome(NamedTuple):
    """What training left behind.

    Attributes:
        steps: Of the curve's points, counted from 1.
        losses: The training loss at each, a mean over the last tenth of the steps, nats a byte.
        held_out: The loss on the held-out windows when training ended, nats a byte.
    """

    steps: list[int]
    losses: list[float]
    held_out: float

    @property
    def diverged(self) -> bool:
        """Whether the loss is no number or ended well above what it had been."""
        final = self.losses[-1]
        return not np.isfinite([final, self.held_out]).all() or final > min(self.losses) + DIVERGED_BY


def train(run: Run, windows: Bytes, held_out: Bytes, report: Callable[[], None] = lambda: None) -> Outcome:
    """Train one run on `windows`, each once and in an order that the run's seed decides.

    Args:
        run: Which model, how long and how.
        windows: (windows, context + 1) bytes, at least as many as the run takes.
        held_out: The windows that the loss at the end is of; a whole number of `EVALUATED`.
        report: Called after each step.
    """
    model = models.transformer(run.layers, run.width)
    weights = models.initial(model, jax.random.key(run.seed))
    scales, moments = models.rate_scales(model), DIRECTION.init(weights)
    losses = []
    for batch, rate in zip(batches(run, windows), rates(run), strict=True):
        weights, moments, loss = step(weights, moments, batch, run.batch // MICRO, rate, scales, model.heads)
        losses.append(loss)
        report()
    steps, smoothed = curve(np.array(jax.device_get(losses), float))
    return Outcome(steps, smoothed, evaluate(weights, held_out, model.heads))


def rates(run: Run) -> NDArray[np.float32]:
    """The learning rate of each step: a linear warm-up, then a cosine to a tenth of the peak at the last."""
    warm_up = max(1, round(WARM_UP * run.steps))
    schedule = optax.warmup_cosine_decay_schedule(0.0, run.rate, warm_up, run.steps, FINAL_RATE * run.rate)
    return np.asarray(schedule(jnp.arange(1, run.steps + 1)), np.float32)


def batches(run: Run, windows: Bytes) -> Iterator[Bytes]:
    """The batch of each step as (`MOST_PARTS`, `MICRO`, bytes), of which a run uses the first parts."""
    order = np.random.default_rng(run.seed).permutation(len(windows))[: run.steps * run.batch]
    for chosen in order.reshape(run.steps, run.batch):
        batch = np.zeros((MOST_PARTS * MICRO, CONTEXT + 1), np.uint8)
        batch[: run.batch] = windows[chosen]
        yield batch.reshape(MOST_PARTS, MICRO, CONTEXT + 1)


@partial(jax.jit, static_argnames="heads", donate_argnums=(0, 1))
def step(
    weights: Weights,
    moments: optax.OptState,
    batch: Array,
    parts: int,
    rate: float,
    scales: Weights,
    heads: int,
) -> tuple[Weights, optax.OptState, Array]:
    """One step of AdamW; a batch is worked through in parts that stay in a core's cache."""

    def add(part: int, total: tuple[Array, Weights]) -> tuple[Array, Weights]:
        loss, gradient = jax.value_and_grad(models.loss)(weights, batch[part], heads)
        return total[0] + loss, jax.tree.map(jnp.add, total[1], gradient)

    nothing = jnp.float32(0), jax.tree.map(jnp.zeros_like, weights)
    loss, gradient = jax.tree.map(lambda total: total / parts, jax.lax.fori_loop(0, parts, add, nothing))
    direction, moments = DIRECTION.update(gradient, moments, weights)
    weights = jax.tree.map(lambda w, move, scale: w - rate * scale * move, weights, direction, scales)
    return weights, moments, loss


def curve(losses: Losses) -> tuple[list[int], list[float]]:
    """Steps spaced evenly in log, the first and last among them, and the mean loss of the last tenth at each."""
    steps = np.unique(np.geomspace(1, len(losses), CURVE_POINTS).round().astype(int))
    since = np.minimum(steps - 1, np.floor((1 - SMOOTHING) * steps).astype(int))
    total = np.concatenate([[0.0], np.cumsum(losses)])
    return steps.tolist(), ((total[steps] - total[since]) / (steps - since)).tolist()


def evaluate(weights: Weights, windows: Bytes, heads: int) -> float:
    """The mean loss on `windows`, nats a byte."""
    parts = windows.reshape(-1, EVALUATED, CONTEXT + 1)
    return float(np.mean([loss_of(weights, part, heads) for part in parts]))


loss_of = jax.jit(models.loss, static_argnames="heads")
