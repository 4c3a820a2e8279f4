"""Where two laws that cannot both go on meet (Kaplan et al. 2020, section 6.3).

The loss that compute buys must not fall below the loss of the data that efficient training sees; extrapolated
far enough it does.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq

from scalelaw._checks import BadInput, bad_input
from scalelaw.allocation import Fitted
from scalelaw.flops import PF_DAY
from scalelaw.numbers import format_number

BUDGETS = (1e10, 1e40)
"""FLOP between which a crossing is looked for."""

SCANNED = 2001
EXACT = {"xtol": 1e-14, "rtol": 4 * np.finfo(float).eps}
"""Of log x."""


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
    return float(np.exp(brentq(gap, *grid[where[0] : where[0] + 2], **EXACT)))


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

    def at(model: Fitted, x: Any) -> Any:
        return model.law.predict(model.params, **{model.law.inputs[0]: x})

    C = crossing(lambda C: at(loss_of_D, at(D_of_C, C)), lambda C: at(loss_of_C, C))
    D = at(D_of_C, C)
    return Contradiction(C, float(at(N_of_C, C)), float(D), float(at(loss_of_D, D)))
