"""What a picture of compute-efficient training shows: trends, what they contradict, and others' frontiers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from scalelaw import kaplan
from scalelaw._checks import bad_input
from scalelaw.allocation import Fitted, optimal
from scalelaw.allocation.optimum import check_splits
from scalelaw.flops import SIX_ND
from scalelaw.laws import KaplanSteps, Trend
from scalelaw.laws.published import Published, published
from scalelaw.plots._models import Real, check_model, value

TRENDS = {"N": "kaplan2020_N_opt", "S": "kaplan2020_S_opt", "D": "kaplan2020_D_opt", "B": "kaplan2020_B_opt"}
"""The paper's trends in C (table 6)."""

STEPS, BATCH = "kaplan2020_L_N_Smin", "kaplan2020_B_crit"
FIXED_BATCH = 2**19
"""Tokens an update of the paper's runs at one batch."""


class Efficiency(NamedTuple):
    """Trends of N, S, D and B in C; learning curve and critical batch; frontiers beside them."""

    trends: Mapping[str, Fitted]
    steps: Fitted
    batch: Fitted
    beside: tuple[Fitted, ...]

    def implied(self, name: str, C: Real) -> Real:
        """What learning curve and critical batch imply."""
        with jax.enable_x64(True):
            found = kaplan.efficient(self.steps.params, self.batch.params, jnp.asarray(C))
        return np.asarray(getattr(found, "S_min" if name == "S" else name))

    def fixed_batch(self, C: Real) -> Real:
        """Updates at the paper's fixed batch."""
        S, B = (value(self.trends[name], C=C) for name in "SB")
        return np.asarray(kaplan.steps_at(S, FIXED_BATCH, B))


def chosen(
    trends: Mapping[str, Fitted | None],
    steps: Fitted | None,
    batch: Fitted | None,
    beside: Sequence[Fitted | str],
) -> Efficiency:
    """What was asked for, checked, and the paper's where nothing was."""
    found = {
        name: check_model(name, published[TRENDS[name]] if model is None else model, ("C",), name)
        for name, model in trends.items()
    }
    curve = check_model("steps", published[STEPS] if steps is None else steps, ("N", "S"), "L")
    critical = check_model("batch", published[BATCH] if batch is None else batch, ("loss",), "B")
    for name, model, kind in (("steps", curve, KaplanSteps), ("batch", critical, Trend)):
        if not isinstance(model.params, kind):
            raise bad_input(name, f"a law with the parameters of {kind.__name__}", f"law {model.law.name!r}")
    return Efficiency(found, curve, critical, tuple(frontier(each) for each in beside))


def frontier(each: Fitted | str) -> Fitted:
    """A law that splits budgets, or a trend of N in C.

    Raises:
        BadInput: it is neither.
    """
    model = published[each] if isinstance(each, str) else each
    if not _is_trend(model):
        check_splits(model.law)
    return model


def optimum(model: Fitted, name: str, C: Real) -> Real:
    """Compute-optimal N or D of budgets C [FLOP]; of a trend of N alone, D is C / (6 N)."""
    if isinstance(model, Published) and model.form == "frontier_power":
        return np.array([getattr(model.optimal(float(budget)), name) for budget in C])
    if _is_trend(model):
        N = value(model, C=C)
        return N if name == "N" else np.asarray(SIX_ND.tokens(C, N))
    with jax.enable_x64(True):
        return np.asarray(getattr(optimal(model.law, model.params, jnp.asarray(C)), name))


def _is_trend(model: Fitted) -> bool:
    """Whether it gives N of C."""
    return model.law.inputs == ("C",) and model.law.output == "N"
