"""Resamples that every approach can be fitted to: how often each row of the table counts in each."""

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from scalelaw.approaches.budgets import Budgets
from scalelaw.fitting import Fit
from scalelaw.resampling.resampler import Resampler

CHUNK = 4096


class Scheme(NamedTuple):
    """A scheme of `bootstrap`, as its keywords."""

    scheme: str
    by: Any


def scheme_for(budgets: Budgets | None, *, curves: bool) -> Scheme:
    """Whole runs where rows are points of curves; else rows within their budget; else rows.

    Args:
        budgets: of the rows, where profiles were found.
        curves: whether the table's groups are runs.
    """
    if curves:
        return Scheme("cluster", "group")
    return Scheme("pairs", None) if budgets is None else Scheme("stratified", budgets.code)


def times(fit: Fit, scheme: Scheme, replicates: int, seed: int) -> Float[np.ndarray, "R n"]:
    """How often each row counts in each resample: the same draws as those of `bootstrap`."""
    draw = Resampler.of(fit, seed, scheme=scheme.scheme, by=scheme.by).draw(fit)
    alike = replace(fit.setup.problem, weight=np.ones(len(fit.runs)))
    numbers = np.arange(replicates, dtype=np.uint32)
    with jax.enable_x64(True):
        counted = jax.jit(jax.vmap(lambda replicate: draw(alike, replicate)[1]))
        chunks = range(0, replicates, CHUNK)
        return np.concatenate([np.asarray(counted(numbers[start : start + CHUNK])) for start in chunks])
