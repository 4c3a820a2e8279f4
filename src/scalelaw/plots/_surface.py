"""The fitted surface, evaluated for pictures: its loss on a grid, and its compute-optimal ridge."""

from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from scalelaw.allocation import optimal
from scalelaw.fitting import Fit
from scalelaw.flops import SIX_ND

_optimal = partial(jax.jit, static_argnums=0)(optimal)


FARTHEST = 1e30
"""An optimum farther than this factor from the typical size of the runs is that of a law that ran off."""


class Ridge(NamedTuple):
    """Compute-optimal sizes of budgets: parameters N and tokens D; NaN where the law has no sensible one."""

    N: Float[np.ndarray, " n"]
    D: Float[np.ndarray, " n"]


def compute(fit: Fit) -> Float[np.ndarray, " n"]:
    """C = 6 N D [FLOP] of the runs: where the law, which reads N and D, sees them."""
    inputs = fit.runs.inputs(("N", "D"))
    return np.asarray(SIX_ND.flops(inputs["N"], inputs["D"]))


def loss(fit: Fit, C: Float[np.ndarray, "..."], N: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Predicted loss [nats/token] of N parameters trained with C FLOP; NaN where it is not finite."""
    C, N = np.broadcast_arrays(C, N)
    values = fit.predict(N=N.ravel(), D=SIX_ND.tokens(C, N).ravel()).reshape(C.shape)
    return np.where(np.isfinite(values), values, np.nan)


def frontier(fit: Fit, C: Float[np.ndarray, " n"]) -> Ridge:
    """The compute-optimal sizes of budgets C [FLOP]."""
    with jax.enable_x64(True):
        N, D = (np.array(size) for size in _optimal(fit.law, fit.params, np.asarray(C, float)))
    sizes = fit.runs.inputs("N")["N"]
    with np.errstate(all="ignore"):
        found = (np.abs(np.log(N / np.median(sizes))) < np.log(FARTHEST)) & np.isfinite(D)
    return Ridge(np.where(found, N, np.nan), np.where(found, D, np.nan))
