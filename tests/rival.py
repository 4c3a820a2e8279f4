"""The obvious slow fit: Chinchilla's law by SciPy's L-BFGS-B, one start at a time, all in NumPy.

Exact gradients, logs centred by hand, and an objective scaled up so that its stopping rule, which is absolute
below 1, bites late: the best that SciPy can do with this objective.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

import scalelaw as sl
from scalelaw.laws import Chinchilla

SCALE = 1e6


@dataclass(frozen=True)
class Rival:
    """Sum of weighted Huber of log residuals, over theta = (log E, log A, log B, alpha, beta) in centred logs."""

    log_N: np.ndarray
    log_D: np.ndarray
    log_L: np.ndarray
    weight: np.ndarray
    delta: float

    @classmethod
    def of(cls, runs: sl.Runs, delta: float = 1e-3) -> "Rival":
        assert runs.N is not None
        assert runs.D is not None
        weight = np.ones(len(runs)) if runs.weight is None else runs.weight
        return cls(np.log(runs.N), np.log(runs.D), np.log(runs.L), weight, delta)

    @property
    def x(self) -> np.ndarray:
        return self.log_N - self.log_N.mean()

    @property
    def y(self) -> np.ndarray:
        return self.log_D - self.log_D.mean()

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and its gradient."""
        log_E, log_A, log_B, alpha, beta = theta
        terms = np.stack([log_E + 0 * self.x, log_A - alpha * self.x, log_B - beta * self.y])
        top = terms.max(axis=0)
        shares = np.exp(terms - top)
        total = shares.sum(axis=0)
        r = top + np.log(total) - self.log_L
        inside = np.abs(r) <= self.delta
        rho = np.where(inside, r**2 / 2, self.delta * (np.abs(r) - self.delta / 2))
        e, a, b = shares / total * self.weight * np.clip(r, -self.delta, self.delta)
        gradient = np.array([e.sum(), a.sum(), b.sum(), -(a @ self.x), -(b @ self.y)])
        return float(self.weight @ rho), gradient

    def theta(self, params: Chinchilla) -> np.ndarray:
        """Natural parameters in these coordinates."""
        E, A, B, alpha, beta = params
        middle_N, middle_D = self.log_N.mean(), self.log_D.mean()
        return np.array([np.log(E), np.log(A) - alpha * middle_N, np.log(B) - beta * middle_D, alpha, beta])

    def params(self, theta: np.ndarray) -> Chinchilla:
        """And back."""
        log_E, log_A, log_B, alpha, beta = theta
        log_A, log_B = log_A + alpha * self.log_N.mean(), log_B + beta * self.log_D.mean()
        return Chinchilla(np.exp(log_E), np.exp(log_A), np.exp(log_B), alpha, beta)

    def minimum(self, start: np.ndarray, passes: int = 3) -> tuple[float, np.ndarray]:
        """The objective and theta where L-BFGS-B ends, begun afresh where it stopped."""
        scale = SCALE / max(self(start)[0], 1e-300)
        for _ in range(passes):
            ended = minimize(
                lambda theta: tuple(scale * part for part in self(theta)),
                start,
                jac=True,
                method="L-BFGS-B",
                options={"ftol": 1e-16, "gtol": 1e-12, "maxiter": 3000, "maxfun": 20000, "maxcor": 20},
            )
            start = ended.x
        return self(start)[0], start

    def best(self, starts: np.ndarray) -> tuple[float, np.ndarray]:
        """The lowest of all starts."""
        return min((self.minimum(start) for start in starts), key=lambda end: end[0])
