"""The bias of Approach 2 on the user's own design: the method on a noise-free surface against its optimum.

A parabola in log N finds the vertex of a curve that is no parabola; on wide, off-centre or skewed grids that
shifts N* and D*, and where the grids drift with the budget it tilts their exponents (arXiv:2603.22339).
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from scalelaw._checks import bad_input, shown
from scalelaw._float64 import float64
from scalelaw._json import plain
from scalelaw.approaches.budgets import Budgets
from scalelaw.approaches.frontier import Frontier, PowerLaw, power_law
from scalelaw.approaches.minima import Method
from scalelaw.approaches.profiles import ProfileMinima
from scalelaw.fitting.documents import check_length
from scalelaw.fitting.result import Fit
from scalelaw.numbers import format_number
from scalelaw.runs import Runs


class DesignBias(NamedTuple):
    """How far a method is from the truth on a design, where a fitted surface is the truth.

    Attributes:
        C: budgets [FLOP].
        N: [B] log of the method's N* over the exact one; NaN where the method finds none.
        D: [B] likewise of D*.
        L: [B] the method's L* less the exact one, nats per token.
        found: power laws through the method's minima.
        exact: power laws through the exact optima of the same budgets.
    """

    C: Float[np.ndarray, " B"]
    N: Float[np.ndarray, " B"]
    D: Float[np.ndarray, " B"]
    L: Float[np.ndarray, " B"]
    found: Frontier
    exact: Frontier

    @property
    def a(self) -> float:
        """Bias of the exponent of N*."""
        return self.found.a - self.exact.a

    @property
    def b(self) -> float:
        """Bias of the exponent of D*."""
        return self.found.b - self.exact.b

    def at(self, C: float) -> tuple[float, float]:
        """Relative bias of N* and D* read off the power laws at C [FLOP]: -0.05 is 5 % too low."""
        pairs = ((self.found.N, self.exact.N), (self.found.D, self.exact.D))
        bias_N, bias_D = (float(mine.at(C) / true.at(C) - 1) for mine, true in pairs)
        return bias_N, bias_D

    @classmethod
    def restored(cls, fields: list[Any], budgets: int, place: object) -> "DesignBias":
        """From its fields in the JSON of `place`; BadInput unless they are of so many budgets."""
        for values in fields[:4]:
            check_length(values, budgets, "correction", place)
        C, N, D, L = (np.asarray(values, float) for values in fields[:4])
        found, exact = (Frontier(*(PowerLaw(*law) for law in laws)) for laws in fields[4:])
        return cls(C, N, D, L, found, exact)

    def text(self) -> str:
        """The bias in words."""
        beyond = 10 * float(self.C.max())
        bias_N, bias_D = self.at(beyond)
        worst = float(np.nanmax(np.abs(np.expm1(self.N))))
        return (
            f"bias of this design: a {self.a:+.2g}, b {self.b:+.2g}; N* off by up to {100 * worst:.2g} % at the "
            f"budgets, and at C = {format_number(beyond)} N* by {100 * bias_N:+.2g} %, D* by {100 * bias_D:+.2g} %"
        )

    def to_dict(self) -> dict[str, Any]:
        """For JSON; NaN is None."""
        by_budget = {"C": self.C, "log_N": self.N, "log_D": self.D, "L": self.L}
        return {"a": self.a, "b": self.b, **plain(by_budget)}


def design_bias(
    fit: Fit, runs: Runs, method: Method, budgets: Budgets, axes: tuple[ProfileMinima, ProfileMinima]
) -> DesignBias:
    """Apply a method to the losses of a fitted surface at the runs' own N and D.

    Args:
        fit: of a law of N and D with a closed-form optimum.
        runs: the design.
        method: how minima are found.
        budgets: which runs share one.
        axes: by N and by D: which profiles are used.

    Raises:
        BadInput: for a law that cannot say its optimum, or fewer than two budgets where the method finds one.
    """
    exact_N, exact_D, exact_L = _optima(fit, runs, budgets)
    L = fit.predict(N=runs.N, D=runs.D)
    N, D = (method.minima(each.profiles.x, L[each.profiles.run], each.profiles.weight) for each in axes)
    used_N, used_D = (each.used & np.isfinite(minima.x) for each, minima in zip(axes, (N, D), strict=True))
    fewest = min(int(used.sum()) for used in (used_N, used_D))
    if fewest < 2:
        raise bad_input(
            "fit",
            "of a surface with minima within the sizes of at least 2 budgets",
            f"minima at {fewest}",
            advice="train sizes on both sides of the optimum",
        )

    def frontier(N: np.ndarray, D: np.ndarray, L: np.ndarray) -> Frontier:
        pairs = ((N, used_N), (D, used_D), (L, used_N))
        return Frontier(*(power_law(budgets.C, values, used.astype(float)) for values, used in pairs))

    return DesignBias(
        budgets.C,
        np.where(used_N, N.x - np.log(exact_N), np.nan),
        np.where(used_D, D.x - np.log(exact_D), np.nan),
        np.where(used_N, N.y - exact_L, np.nan),
        frontier(np.exp(N.x), np.exp(D.x), N.y),
        frontier(exact_N, exact_D, exact_L),
    )


def _optima(fit: Fit, runs: Runs, budgets: Budgets) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exact N*, D* and L* at the budgets, under the runs' own C / (N D) where that is not 6."""
    law = fit.law
    if law.optimum is None or set(law.inputs) != {"N", "D"} or law.output != "L":
        raise bad_input(
            "fit", "of a law of N and D with a closed-form optimum ('chinchilla')", shown(law.name)
        )
    given = runs.inputs(("N", "D", "C"))
    ratio = given["C"] / (given["N"] * given["D"])
    own = [budgets.code == each for each in range(len(budgets.C))]
    per_token = np.array([np.median(ratio[mine]) if mine.any() else 6.0 for mine in own])
    # Budgets as 6 N D that leave N D as it is.
    best = float64(law.optimum)(fit.params, budgets.C * 6 / per_token)
    N, D = (np.asarray(size) for size in best)
    return N, D, fit.predict(N=N, D=D)
