"""Where two laws that cannot both go on meet (Kaplan et al. 2020, section 6.3).

The loss that compute buys must not fall below the loss of the data that efficient training sees; extrapolated
far enough it does.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from scalelaw._checks import BadInput, bad_input
from scalelaw.allocation import Fitted
from scalelaw.flops import PF_DAY
from scalelaw.numbers import format_number

BUDGETS = (1e10, 1e40)
"""FLOP between which a crossing is looked for."""

SCANNED = 2001
BISECTIONS = 100


class Contradiction(NamedTuple):
    """Where the laws meet: C [FLOP], N [parameters], D [tokens], L [nats/token]."""

    C: float
    N: float
    D: float
    L: float

    @property
    def pf_days(self) -> float:
        """C in PF-days."""
        return self.C / PF_DAY


def crossing(
    one: Callable[[Any], Any], other: Callable[[Any], Any], between: tuple[float, float] = BUDGETS
) -> float:
    """The smallest x at which two functions of x are equal, to rounding.

    Args:
        one: from an array of x to an array.
        other: likewise.
        between: least and largest x looked at; crossings closer than a two-thousandth of the decades between
            them are missed.

    Raises:
        BadInput: if they do not cross.
    """

    def gap(log_x: Any) -> Any:
        x = np.exp(log_x)
        return np.asarray(one(x)) - np.asarray(other(x))

    grid = np.linspace(np.log(between[0]), np.log(between[1]), SCANNED)
    sign = np.sign(gap(grid))
    where = np.flatnonzero(sign[:-1] * sign[1:] <= 0)
    if not where.size:
        ends = " and ".join(format_number(x) for x in between)
        raise bad_input("two laws", f"equal somewhere between {ends}", "a gap that never closes")
    low, high, below = grid[where[0]], grid[where[0] + 1], sign[where[0]]
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if np.sign(gap(middle)) == below else (low, middle)
    return float(np.exp((low + high) / 2))


def contradiction(loss_of_C: Fitted, loss_of_D: Fitted, D_of_C: Fitted, N_of_C: Fitted) -> Contradiction:
    """The point at which the loss of compute meets the loss of the data it is trained on: L(D(C)) = L(C).

    Each is a fit, a published fit, or anything with `law` and `params`:

        from scalelaw import published as p
        contradiction(*(p[f"kaplan2020_{name}"] for name in ("L_Cmin", "L_D", "D_opt", "N_opt")))

    Args:
        loss_of_C: a law of the loss in C.
        loss_of_D: a law of the loss in D.
        D_of_C: a law of tokens in C, e.g. `optimal_D`.
        N_of_C: a law of parameters in C, e.g. `optimal_N`.

    Raises:
        BadInput: if a law has other inputs, or they do not meet.

    Examples:
        >>> laws = (sl.published[f"kaplan2020_{name}"] for name in ("L_Cmin", "L_D", "D_opt", "N_opt"))
        >>> found = sl.kaplan.contradiction(*laws)
        >>> f"{found.pf_days:.2g} PF-days, {found.N:.1g} parameters, {found.L:.2f} nats per token"
        '1.1e+04 PF-days, 1e+12 parameters, 1.67 nats per token'
    """
    for model, x in ((loss_of_C, "C"), (loss_of_D, "D"), (D_of_C, "C"), (N_of_C, "C")):
        if model.law.inputs != (x,):
            raise BadInput(f"law '{model.law.name}' must read {x} alone here, got {model.law.inputs}")
    C = crossing(lambda x: _at(loss_of_D, _at(D_of_C, x)), lambda x: _at(loss_of_C, x))
    D = _at(D_of_C, C)
    return Contradiction(C, float(_at(N_of_C, C)), float(D), float(_at(loss_of_D, D)))


def _at(model: Fitted, x: Any) -> np.ndarray:
    with jax.enable_x64(True):
        return np.asarray(model.law.loss(model.params, model.law.pack({model.law.inputs[0]: np.asarray(x)})))
