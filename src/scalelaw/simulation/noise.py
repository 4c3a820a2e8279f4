"""Noise on the log of the loss: what simulated data sets differ by."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from scalelaw._checks import check_choice

Noise = Float[np.ndarray, " n"]
# Student's t of this many degrees of freedom has a variance, and no fourth moment.
DEGREES = 3
# Outliers: this share of runs lies above the law by this many standard deviations (a bad learning rate).
STRAYING = 0.03
HOW_FAR = 10.0
# Share of the variance that runs of one group have in common.
COMMON = 0.7


@dataclass(frozen=True)
class NoiseModel:
    """A kind of noise.

    Attributes:
        words: what it is.
        draw: (generator, group of each run [n]) -> noise [n] of scale one.
    """

    words: str
    draw: Callable[[np.random.Generator, Int[np.ndarray, " n"]], Noise]


def _gaussian(rng: np.random.Generator, groups: np.ndarray) -> Noise:
    return rng.standard_normal(len(groups))


def _student(rng: np.random.Generator, groups: np.ndarray) -> Noise:
    return rng.standard_t(DEGREES, len(groups))


def _outliers(rng: np.random.Generator, groups: np.ndarray) -> Noise:
    stray = rng.random(len(groups)) < STRAYING
    return rng.standard_normal(len(groups)) + HOW_FAR * stray


def _correlated(rng: np.random.Generator, groups: np.ndarray) -> Noise:
    common = rng.standard_normal(groups.max() + 1)[groups]
    own = rng.standard_normal(len(groups))
    return np.asarray(np.sqrt(COMMON) * common + np.sqrt(1 - COMMON) * own)


NOISES = {
    "gaussian": NoiseModel("normal", _gaussian),
    "student": NoiseModel(f"Student's t, {DEGREES} degrees of freedom", _student),
    "outliers": NoiseModel(f"normal, {STRAYING:.0%} of runs {HOW_FAR:g} sd too high", _outliers),
    "correlated": NoiseModel(f"normal, {COMMON:.0%} of the variance common to a group", _correlated),
}


def noise_of(
    kind: str, groups: Int[np.ndarray, " n"], datasets: Int[np.ndarray, " S"], seed: int
) -> Float[np.ndarray, "S n"]:
    """Noise of unit scale for some data sets; data set s of a seed is the same whatever else is asked for.

    Raises:
        BadInput: for an unknown kind.
    """
    model = NOISES[check_choice("noise", kind, NOISES)]
    return np.stack([model.draw(np.random.default_rng([seed, int(s)]), groups) for s in datasets])
