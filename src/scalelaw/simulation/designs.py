"""Designs that people have (which sizes were trained on how many tokens), and noise on the log of the loss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from scalelaw._checks import check_choice
from scalelaw.laws import Chinchilla
from scalelaw.runs import Runs

# Hoffmann et al. 2022 as refitted by Besiroglu et al. 2024, and the robust scale of the log residuals.
TRUTH = Chinchilla(*np.array([1.8172, 482.01, 2085.43, 0.3478, 0.3658]))
NOISE = 0.005


class Design(NamedTuple):
    """A design in words, and its runs: N [parameters], D [tokens], and the model each belongs to."""

    words: str
    N: Float[np.ndarray, " n"]
    D: Float[np.ndarray, " n"]
    model: np.ndarray


def isoflop(budgets: int = 9, sizes: int = 8) -> Design:
    """Profiles: at each budget, sizes over a factor of 16 about N = sqrt(C / 120)."""
    C = np.repeat(np.geomspace(6e18, 3e21, budgets), sizes)
    N = np.sqrt(C / 120) * np.tile(np.geomspace(0.25, 4, sizes), budgets)
    return Design(f"{budgets} budgets x {sizes} sizes", N, C / (6 * N), np.arange(len(N)))


def curves(models: int = 22, checkpoints: int = 10) -> Design:
    """Checkpoints of long trainings: every model at 5 to 160 tokens a parameter."""
    N = np.repeat(np.geomspace(5e7, 2e9, models), checkpoints)
    D = N * np.tile(np.geomspace(5, 160, checkpoints), models)
    return Design(
        f"{models} models x {checkpoints} checkpoints", N, D, np.repeat(np.arange(models), checkpoints)
    )


def few(runs: int = 20) -> Design:
    """A handful of runs: five sizes at four horizons each."""
    N = np.repeat(np.geomspace(5e7, 5e9, runs // 4), 4)
    return Design(f"{len(N)} runs", N, N * np.tile(np.geomspace(5, 160, 4), runs // 4), np.arange(len(N)))


DESIGNS: dict[str, Callable[[], Design]] = {"isoflop": isoflop, "curves": curves, "few": few}


def design_runs(name: str) -> Runs:
    """The runs of a named design, with the losses of `TRUTH` and no noise.

    Raises:
        BadInput: for an unknown name.
    """
    design = DESIGNS[check_choice("design", name, DESIGNS)]()
    E, A, B, alpha, beta = TRUTH
    L = E + A / design.N**alpha + B / design.D**beta
    table = pd.DataFrame({"N": design.N, "D": design.D, "L": L, "model": design.model})
    return Runs.from_frame(table, N="N", D="D", L="L", group="model", source=f"the design of {design.words}")


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
        grouped: whether runs of one group have a part in common.
    """

    words: str
    draw: Callable[[np.random.Generator, Int[np.ndarray, " n"]], Float[np.ndarray, " n"]]
    grouped: bool = False


def _outliers(rng: np.random.Generator, groups: np.ndarray) -> np.ndarray:
    stray = rng.random(len(groups)) < STRAYING
    return np.asarray(rng.standard_normal(len(groups)) + HOW_FAR * stray)


def _correlated(rng: np.random.Generator, groups: np.ndarray) -> np.ndarray:
    common = rng.standard_normal(groups.max() + 1)[groups]
    own = rng.standard_normal(len(groups))
    return np.asarray(np.sqrt(COMMON) * common + np.sqrt(1 - COMMON) * own)


NOISES = {
    "gaussian": NoiseModel("normal", lambda rng, groups: rng.standard_normal(len(groups))),
    "student": NoiseModel(
        f"Student's t, {DEGREES} degrees of freedom", lambda rng, groups: rng.standard_t(DEGREES, len(groups))
    ),
    "outliers": NoiseModel(f"normal, {STRAYING:.0%} of runs {HOW_FAR:g} sd too high", _outliers),
    "correlated": NoiseModel(f"normal, {COMMON:.0%} of the variance common to a group", _correlated, True),
}


def draw_noise(
    kind: str, groups: Int[np.ndarray, " n"], datasets: Int[np.ndarray, " S"], seed: int
) -> Float[np.ndarray, "S n"]:
    """Noise of unit scale for some data sets; data set s of a seed is the same whatever else is asked for.

    Raises:
        BadInput: for an unknown kind.
    """
    model = NOISES[check_choice("noise", kind, NOISES)]
    return np.stack([model.draw(np.random.default_rng([seed, int(s)]), groups) for s in datasets])
