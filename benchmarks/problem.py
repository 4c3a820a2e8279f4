"""The problem every rival solves: Hoffmann's Approach 3 on one sweep.

Parameters are the five of Hoffmann et al. 2022, eq. 3: theta = (a, b, e, alpha, beta) with A = exp(a),
B = exp(b), E = exp(e). The objective of one fit is a weighted sum over the runs of Huber(delta = 1e-3) of
LSE(a - alpha ln N, b - beta ln D, e) - ln L.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

DELTA = 1e-3
LANES_AT_ONCE = 500  # bounds the memory of `objectives`


class Problem(NamedTuple):
    """The runs as natural logs of N (parameters), D (tokens) and L (nats per token)."""

    log_N: Array
    log_D: Array
    log_L: Array


def load(path: Path) -> Problem:
    """Read a sweep with columns params, tokens, loss, or the figure data of Besiroglu et al. 2024."""
    table = pd.read_csv(path)
    if "Model Size" in table:
        table = from_besiroglu(table)
    N, D, L = (table[name].to_numpy(float) for name in ("params", "tokens", "loss"))
    return Problem(np.log(N), np.log(D), np.log(L))


def from_besiroglu(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the losses strictly below the fifth largest and impute D = C / (6 N), as the authors do."""
    kept = table[table["loss"] < table["loss"].nlargest(5).iloc[-1]]
    N, C = kept["Model Size"], kept["Training FLOP"]
    return pd.DataFrame({"params": N, "tokens": C / (6 * N), "loss": kept["loss"]})


def residuals(theta: Array, problem: Problem) -> Array:
    """Predicted minus measured log loss; theta (..., 5) gives (..., runs)."""
    a, b, e, alpha, beta = np.moveaxis(theta[..., None], -2, 0)
    size, data = a - alpha * problem.log_N, b - beta * problem.log_D
    top = np.maximum(np.maximum(size, data), e)
    return np.asarray(top + np.log(np.exp(size - top) + np.exp(data - top) + np.exp(e - top)) - problem.log_L)


def huber(r: Array) -> Array:
    inside = np.minimum(np.abs(r), DELTA)
    return inside * (np.abs(r) - 0.5 * inside)


def value(theta: Array, problem: Problem, weights: Array) -> float:
    return float(weights @ huber(residuals(theta, problem)))


def value_and_gradient(theta: Array, problem: Problem, weights: Array) -> tuple[float, Array]:
    """The objective of one fit and its analytic gradient, as fast as NumPy goes at a few hundred runs."""
    a, b, e, alpha, beta = theta.tolist()
    size, data = a - alpha * problem.log_N, b - beta * problem.log_D
    top = np.maximum(np.maximum(size, data), e)
    size, data, floor = np.exp(size - top), np.exp(data - top), np.exp(e - top)
    total = size + data + floor
    r = top + np.log(total) - problem.log_L
    clipped = np.minimum(np.maximum(r, -DELTA), DELTA)
    pull = weights * clipped / total
    size, data = pull * size, pull * data
    slopes = (size.sum(), data.sum(), pull @ floor, -(size @ problem.log_N), -(data @ problem.log_D))
    return float(weights @ (clipped * (r - 0.5 * clipped))), np.array(slopes)


def objectives(thetas: Array, problem: Problem, weights: Array) -> Array:
    """The common yardstick: thetas (fits, 5), weights (runs,) or (fits, runs); inf where not finite."""
    weights = np.broadcast_to(weights, (len(thetas), len(problem.log_L)))
    values = np.empty(len(thetas))
    with np.errstate(all="ignore"):
        for first in range(0, len(thetas), LANES_AT_ONCE):
            part = slice(first, first + LANES_AT_ONCE)
            values[part] = np.sum(weights[part] * huber(residuals(thetas[part], problem)), axis=-1)
    return np.where(np.isfinite(values), values, np.inf)
