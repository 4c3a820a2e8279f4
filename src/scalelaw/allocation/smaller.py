"""`cost_of_smaller`: what a model below the compute-optimal size costs, for the same loss."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array

from scalelaw._checks import bad_input, check_probability
from scalelaw.allocation.answer import Fitted, law_of, params_of
from scalelaw.allocation.optimum import check_splits, loss, optimal
from scalelaw.allocation.overtraining import overtrained
from scalelaw.allocation.question import Amount, Real, read_amount
from scalelaw.allocation.result import Columns, aligned, plain
from scalelaw.allocation.target import reach_at_D
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law
from scalelaw.numbers import format_number, significant

ENDLESS = 1e150
"""Tokens beyond which more change nothing."""


@dataclass(frozen=True, eq=False)
class Smaller:
    """Models below the compute-optimal size of a budget, arrays of one row each, from large to small.

    Attributes:
        smaller: Share by which the model is smaller than optimal; 0 for the optimal one, which comes first.
        N: Parameters, (1 - smaller) N*.
        D: Training tokens with which it reaches the loss of the optimal one.
        C: Training compute 6 N D, FLOP.
        more_compute: C over that of the optimal model, less 1.
        tokens: D over that of the optimal model.
        L: The loss of all, nats per token.
        least: Share of N* below which no number of tokens reaches it.
        residual: Largest relative distance of a model's loss from L.
    """

    smaller: Real
    N: Real
    D: Real
    C: Real
    more_compute: Real
    tokens: Real
    L: float
    least: float
    residual: float

    def to_frame(self) -> pd.DataFrame:
        """One row a model."""
        return pd.DataFrame({name: getattr(self, name) for name in NAMES})

    def to_dict(self) -> dict[str, Any]:
        """Every attribute as plain Python for JSON."""
        names = (*NAMES, "L", "least", "residual")
        return {name: plain(getattr(self, name)) for name in names}

    def __str__(self) -> str:
        """A table with one line a model, then its conventions."""
        cells = [aligned(head, getattr(self, name), write) for name, (head, write) in COLUMNS.items()]
        lines = ["  ".join(row) for row in zip(*cells, strict=True)]
        return "\n".join(
            [
                f"Smaller than compute-optimal, trained to the same loss of {significant(self.L)} nats per token",
                *lines,
                "  N parameters, D training tokens, C = 6 N D FLOP; more C and tokens against the optimal model",
                f"  no number of tokens makes up for N below {_percent(self.least)} of the optimal",
                f"note: the loss is met to {self.residual:.1g}, relative",
            ]
        )


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"


def _times(factor: float) -> str:
    return f"x {factor:.4g}"


COLUMNS: Columns = {
    "smaller": ("smaller", _percent),
    "N": ("N", format_number),
    "D": ("D", format_number),
    "C": ("C [FLOP]", format_number),
    "more_compute": ("more C", _percent),
    "tokens": ("tokens", _times),
}
NAMES = tuple(COLUMNS)


def cost_of_smaller(fit: Fitted, smaller: float | Iterable[float], *, C: Amount) -> Smaller:
    """What models smaller than compute-optimal cost, trained for longer to the same loss.

    Args:
        fit: A fit, or anything with `law` and `params`.
        smaller: Share of N* by which the model is smaller, or several: 0.3 for 30 %.
        C: Budget of the compute-optimal model, FLOP; a number or text as people write it.

    Returns:
        The optimal model and the smaller ones.

    Raises:
        BadInput: The law does not read N and D alone, a share is not between 0 and 1, or no number of tokens
            makes up for it.

    Examples:
        >>> found = sl.cost_of_smaller(sl.published["besiroglu2024_paper"], [0.3, 0.5], C="5.76e23")
        >>> found.more_compute.round(3)
        array([0.   , 0.054, 0.259])
    """
    law, params = law_of(fit), params_of(fit)
    check_splits(law)
    budget = read_amount("C", C)
    shares = np.array([0.0, *(check_probability("smaller", share) for share in np.sort(shares_of(smaller)))])
    with jax.enable_x64(True):
        (N, D), L, reached, least = jax.tree.map(np.asarray, _curve(law, params, budget, 1 - shares))
    if not np.isfinite(L).all():
        raise bad_input(
            "C", f"one that has a best split under law {law.name!r}", f"{format_number(budget)} FLOP"
        )
    if not np.isfinite(D).all():
        most = f"below {1 - float(least):.4g}, for no number of tokens makes up for a model so much smaller"
        raise bad_input("smaller", most, f"{float(shares[~np.isfinite(D)][0]):g}")
    C_all = SIX_ND.flops(N, D)
    residual = float(np.max(np.abs(reached / L - 1)))
    return Smaller(shares, N, D, C_all, C_all / C_all[0] - 1, D / D[0], float(L), float(least), residual)


def shares_of(smaller: float | Iterable[float]) -> Real:
    """One share or several, as an array."""
    return np.atleast_1d(np.asarray(list(smaller) if isinstance(smaller, Iterable) else smaller, float))


def _curve_of(law: Law, params: Any, C: Any, share: Array) -> tuple[Any, Array, Array, Array]:
    """The models, the loss they are to reach, the losses they do, and the smallest share that can."""
    best = optimal(law, params, C)
    L = loss(law, params, *best)
    N, D = overtrained(law, params, C, share)
    return (N, D), L, loss(law, params, N, D), reach_at_D(law, params, L, jnp.asarray(ENDLESS)).N / best.N


_curve = jax.jit(_curve_of, static_argnames="law")
