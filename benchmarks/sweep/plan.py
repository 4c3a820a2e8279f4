"""The design: which models are trained for how long, as a list of runs. Sizes in parameters, D in tokens (bytes).

IsoFLOP profiles (Approach 2), four horizons a size (Approach 1), seeds for the noise, learning rates for the
check of the rule, and a few runs far above the largest budget that no fit should see (extrapolation).
"""

from typing import NamedTuple

import numpy as np

from scalelaw.flops import SIX_ND, Transformer, parameters
from sweep.model import CONTEXT, transformer

MICRO = 4
"""Windows worked through at a time; a batch is a whole number of these parts, which stay in a core's cache."""

MOST_PARTS = 20

RATE = 0.02
"""Peak learning rate of the embeddings, and of hidden matrices of width 32."""

LAYERS = 3
"""Of every model: between two and three layers lies more than between neighbouring widths."""

WIDTHS = (4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128)
"""From 1,600 parameters to 622,592 in ratios of about 1.4."""

BUDGETS = tuple(float(f"{3e9 * 10 ** (third / 3):.2g}") for third in range(10))
"""FLOP, C = 6 N D with N all parameters: three decades in thirds."""

SIZES = 8  # a budget
PILOT_BEST, PILOT_EXPONENT = 5700, 0.4  # parameters at the smallest budget, and how they grow with C

HORIZONS = tuple(8 * 16 ** (third / 3) for third in range(4))
"""Tokens a parameter of the runs for Approach 1."""

LARGEST_HORIZON = 70_000  # parameters
SEEDS = (1, 2, 3, 4)  # beside 0, that of every other run
RATE_FACTORS = (0.25, 0.5, 2.0, 4.0)
HELD_OUT = ((5, 56), (5, 64), (5, 80), (10, 80), (10, 96))  # x the largest budget, width


class Run(NamedTuple):
    """One run, all that decides it.

    Attributes:
        role: What it is for: "isoflop", "horizon", "seed", "lr" or "heldout".
        budget: 6 N D that it was planned for [FLOP].
        layers: Of the transformer.
        width: Of its residual stream.
        steps: Of the optimiser.
        batch: Windows of `CONTEXT` tokens a step.
        rate: The peak learning rate.
        seed: Of weights and order.
    """

    role: str
    budget: float
    layers: int
    width: int
    steps: int
    batch: int
    rate: float = RATE
    seed: int = 0

    @property
    def name(self) -> str:
        """Unlike any other run's."""
        shape = f"{self.layers}x{self.width}"
        return f"{self.role}-{short(self.budget)}-{shape}-lr{self.rate:g}-seed{self.seed}"

    @property
    def model(self) -> Transformer:
        """What is trained."""
        return transformer(self.layers, self.width)

    @property
    def tokens(self) -> int:
        """D, each seen once."""
        return self.steps * self.batch * CONTEXT

    @property
    def flops(self) -> float:
        """6 N D, N all parameters."""
        return float(SIX_ND.flops(parameters(self.model).total, self.tokens))


def runs() -> list[Run]:
    """The whole sweep, the costliest runs first so that none is left for last."""
    made = [*isoflops(), *horizons(), *seeds(), *rate_check(), *held_out()]
    return sorted(made, key=lambda run: -run.flops)


def isoflops() -> list[Run]:
    """Eight sizes a budget around the one that pilot runs found best."""
    return [sized("isoflop", budget, width) for budget in BUDGETS for width in around(budget)]


def horizons() -> list[Run]:
    """Every size below 70,000 parameters for four horizons, 16-fold in all."""
    return [
        sized("horizon", SIX_ND.flops(total(width), ratio * total(width)), width)
        for width in WIDTHS
        if total(width) < LARGEST_HORIZON
        for ratio in HORIZONS
    ]


def seeds() -> list[Run]:
    """Cells of the profiles again from other seeds: below, near and above the best size."""
    cells = [(budget, around(budget)[place]) for budget in BUDGETS[:-1:3] for place in (1, 4, 6)]
    last = [sized("seed", BUDGETS[-1], around(BUDGETS[-1])[4], seed=seed) for seed in SEEDS[:2]]
    return [sized("seed", budget, width, seed=seed) for budget, width in cells for seed in SEEDS] + last


def rate_check() -> list[Run]:
    """Other learning rates at the ends: the smallest and the largest model of three budgets, one at the last."""
    cells = [(budget, around(budget)[place]) for budget in BUDGETS[:-1:3] for place in (0, 7)]
    tried = [sized("lr", budget, width, factor * RATE) for budget, width in cells for factor in RATE_FACTORS]
    last = BUDGETS[-1], around(BUDGETS[-1])[4]
    return tried + [sized("lr", *last, factor * RATE) for factor in RATE_FACTORS[1:3]]


def held_out() -> list[Run]:
    """Runs at 5 and 10 times the largest budget, for extrapolation alone."""
    return [sized("heldout", factor * BUDGETS[-1], width) for factor, width in HELD_OUT]


def around(budget: float) -> tuple[int, ...]:
    """The eight widths about the best size for a budget, as pilot runs had it."""
    best = PILOT_BEST * (budget / BUDGETS[0]) ** PILOT_EXPONENT
    nearest = min(range(len(WIDTHS)), key=lambda i: abs(np.log(total(WIDTHS[i]) / best)))
    first = min(max(0, nearest - SIZES // 2), len(WIDTHS) - SIZES)
    return WIDTHS[first : first + SIZES]


def sized(role: str, budget: float, width: int, rate: float = RATE, seed: int = 0) -> Run:
    """A run whose 6 N D is as near to the budget as whole steps come.

    A batch holds as many tokens as there are steps: D^(1/2) of both, a batch in whole parts.
    """
    D = SIX_ND.tokens(budget, total(width))
    parts = max(1, round(D**0.5 / (MICRO * CONTEXT)))
    batch = parts * MICRO
    return Run(role, budget, LAYERS, width, max(1, round(D / (batch * CONTEXT))), batch, rate, seed)


def short(budget: float) -> str:
    """A budget as tables and names have it: 6.5e09."""
    return f"{budget:.3g}".replace("+", "")


def total(width: int) -> int:
    """N, all parameters of the model of a width."""
    return parameters(transformer(LAYERS, width)).total
