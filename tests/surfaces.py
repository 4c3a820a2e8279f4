"""Simulated sweeps: a true Chinchilla surface, a design, and noise on the log of the loss."""

import numpy as np
import pandas as pd

import scalelaw as sl
from scalelaw.laws import Chinchilla

TRUTH = Chinchilla(E=1.8, A=480.0, B=2100.0, alpha=0.35, beta=0.37)


def losses(params: Chinchilla, N: np.ndarray, D: np.ndarray) -> np.ndarray:
    """E + A / N^alpha + B / D^beta [nats per token]."""
    E, A, B, alpha, beta = params
    return E + A / N**alpha + B / D**beta


def spread(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """N over 3e7 to 1e10 and D over 1e9 to 3e11, independently of each other."""
    rng = np.random.default_rng(seed)
    return 10 ** rng.uniform(7.5, 10, n), 10 ** rng.uniform(9, 11.5, n)


def isoflops(
    budgets: int, sizes: int, low: float = 1e18, high: float = 1e22
) -> tuple[np.ndarray, np.ndarray]:
    """Sizes over a factor of 16 about N = sqrt(C / 120), at each budget C = 6 N D."""
    C = np.repeat(np.geomspace(low, high, budgets), sizes)
    N = np.sqrt(C / 120) * np.tile(np.geomspace(0.25, 4, sizes), budgets)
    return N, C / (6 * N)


def horizons(sizes: int, lengths: int) -> tuple[np.ndarray, np.ndarray]:
    """Every size at the same multiples, 5 to 320, of its own number of parameters."""
    N = np.repeat(np.geomspace(5e7, 1e10, sizes), lengths)
    return N, N * np.tile(np.geomspace(5, 320, lengths), sizes)


def sweep(
    N: np.ndarray,
    D: np.ndarray,
    params: Chinchilla = TRUTH,
    noise: np.ndarray | float = 0.0,
    **columns: np.ndarray,
) -> sl.Runs:
    """Runs at N and D with losses times e^noise; `weight` may be given as a column."""
    table = pd.DataFrame({"N": N, "D": D, "L": losses(params, N, D) * np.exp(noise), **columns})
    return sl.Runs.from_frame(table, N="N", D="D", L="L", **{name: name for name in columns}, source="sweep")


def normal(n: int, size: float, seed: int = 1) -> np.ndarray:
    return size * np.random.default_rng(seed).standard_normal(n)


def heavy(n: int, size: float, seed: int = 1) -> np.ndarray:
    """Student's t with three degrees of freedom."""
    return size * np.random.default_rng(seed).standard_t(3, n)
