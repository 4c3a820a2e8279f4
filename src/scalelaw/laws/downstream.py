"""From loss to what a task scores: the second of two steps, after a law has predicted the loss.

The error of many tasks together falls as an exponential of the loss (Gadre et al. 2024, arXiv:2403.08540,
eq. 5); the accuracy of one task is a sigmoid of it (Bhagia et al. 2024, arXiv:2412.04403, eq. 2). The sigmoid is
where abilities seem to emerge: a loss that falls smoothly is seen through a threshold.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.law import Law


class ErrorOfLoss(NamedTuple):
    """eps: error at high loss; k, gamma: the part that a lower loss removes."""

    eps: Float[Array, ""]
    k: Float[Array, ""]
    gamma: Float[Array, ""]


class AccuracyOfLoss(NamedTuple):
    """b: accuracy by chance; a: what a model can add; k: steepness; L0: loss at half of it [nats/token]."""

    a: Float[Array, ""]
    b: Float[Array, ""]
    k: Float[Array, ""]
    L0: Float[Array, ""]


def error(params: ErrorOfLoss, inputs: Any) -> Float[Array, " n"]:
    """Mean error (a share, 0 to 1): eps - k e^(-gamma loss)."""
    return params.eps - params.k * jnp.exp(-params.gamma * inputs.loss)


def accuracy(params: AccuracyOfLoss, inputs: Any) -> Float[Array, " n"]:
    """Accuracy (a share, 0 to 1): b + a / (1 + e^(k (loss - L0))).

    k counts upwards here; the paper writes e^(-k (loss - L0)) with a negative a or k.
    """
    a, b, k, L0 = params
    return b + a * jax.nn.sigmoid(-k * (inputs.loss - L0))


downstream_error = Law(
    name="downstream_error",
    Params=ErrorOfLoss,
    loss=error,
    inputs=("loss",),
    positive=("eps", "k", "gamma"),
    starts={"eps": (0.7, 0.9), "k": (0.5, 1.0), "gamma": (0.5, 1.0, 2.0)},
    linear=("eps", "k"),
    projected={"gamma": (0.1, 0.3, 0.6, 1.0, 1.7, 3.0)},
    plausible={"eps": (0, 1)},
    formula="Err(loss) = eps - k e^(-gamma loss)",
    citation="Gadre et al. 2024, arXiv:2403.08540, eq. 5",
    output="Err",
    units={"loss": "nats per token", "Err": "mean top-1 error, a share"},
)
downstream_accuracy = Law(
    name="downstream_accuracy",
    Params=AccuracyOfLoss,
    loss=accuracy,
    inputs=("loss",),
    positive=("a", "b", "k"),
    starts={"a": (0.3, 0.7), "b": (0.1, 0.3), "k": (1.0, 3.0, 10.0), "L0": (1.0, 2.0, 3.0)},
    linear=("a", "b"),
    formula="Acc(loss) = b + a / (1 + e^(k (loss - L0)))",
    citation="Bhagia et al. 2024, arXiv:2412.04403, eq. 2",
    output="Acc",
    units={"loss": "task loss, nats per token", "Acc": "accuracy, a share"},
)
