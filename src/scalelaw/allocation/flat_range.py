"""How flat a law is about its optimum: the splits of a budget whose loss is within a share of the best.

For Chinchilla's law a size k N* costs d = p (k^-alpha - 1) + q (k^beta - 1) more loss, p = A N*^-alpha and
q = B D*^-beta, about alpha beta (p + q) / 2 times the square of log k: 1 % of the loss is a factor of 2 to 3.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array

from scalelaw._checks import bad_input, check_probability
from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw._json import plain
from scalelaw.allocation.nearly_best import NOISE, QUANTITIES, RANGES, SHARE, noise_words, share_words
from scalelaw.allocation.optimum import Numbers, check_splits, loss, optimal
from scalelaw.allocation.plan import Fitted, law_of, number, params_of
from scalelaw.allocation.question import Amount, read_amounts
from scalelaw.allocation.result import SPLIT, Columns, Number, Quantities, split_table
from scalelaw.allocation.roots import rising_root
from scalelaw.fitting import Fit
from scalelaw.laws import Law, Optimum
from scalelaw.numbers import format_number, significant

LOG_FACTORS = 60 * np.sinh(np.linspace(0, 6, 64)) / np.sinh(6.0)
"""Values of |log(N / N*)| at which a loss is looked at: from .03 to 6 nats apart."""


class Rise(NamedTuple):
    """What a loss may be above the best one.

    Attributes:
        share: of the best loss.
        nats: beside that, nats per token.
    """

    share: Any
    nats: Any = 0.0


def flat_splits(law: Law, params: Any, C: Numbers, rise: Rise) -> tuple[Optimum, Optimum]:
    """The smallest and the largest model of a budget C = 6 N D whose loss has not risen above the best by more.

    Pure: `jax.jit` (law static), `jax.vmap` and `jax.grad` go through it, in params, C and rise.

    Args:
        law: A law of N and D.
        params: Its parameters.
        C: Budgets [FLOP], any shape.
        rise: What is allowed.

    Returns:
        N [parameters] and D [tokens] of both, in the shape of C; NaN where the budget has no best split, or the
        loss never rises so far.

    Raises:
        BadInput: The law is not one of N and D.
    """
    best = optimal(law, params, jnp.asarray(C, float))
    arrays = jnp.broadcast_arrays(*best, *map(jnp.asarray, rise))
    N, D, share, nats = (jnp.tile(jnp.ravel(each), 2) for each in arrays)
    sign = jnp.repeat(jnp.array([-1.0, 1.0]), len(N) // 2)

    def risen(u: Array, given: Any) -> Array:
        params, N, D, share, nats, sign = given
        allowed = (1 + share) * loss(law, params, N, D) + nats
        above: Array = loss(law, params, N * jnp.exp(sign * u), D * jnp.exp(-sign * u)) - allowed
        return above

    grid = jnp.asarray(LOG_FACTORS, N.dtype)[:, None] + jnp.zeros_like(N)
    u = rising_root(risen, lambda u, _: u, (params, N, D, share, nats, sign), grid)
    smaller, larger = jnp.reshape(jnp.exp(u), (2, *arrays[0].shape))
    return Optimum(best.N / smaller, best.D * smaller), Optimum(best.N * larger, best.D / larger)


@dataclass(frozen=True)
class FlatLogs:
    """Logs of `RANGES`, [6, ...], as a function of a law's parameters; equal ones are compiled once.

    Attributes:
        law: Of N and D.
        C: Budgets, FLOP.
        rise: What is allowed.
    """

    law: Law
    C: float | tuple[float, ...]
    rise: Rise

    @float64
    def __call__(self, params: Any) -> Array:
        """The ends of the range at each budget."""
        least, most = flat_splits(self.law, params, jnp.asarray(self.C), self.rise)
        return jnp.log(jnp.stack([least.N, most.N, most.D, least.D, most.D / most.N, least.D / least.N]))


@dataclass(frozen=True, eq=False)
class FlatRange:
    """The splits of budgets whose loss is nearly the best; floats, or arrays for a list of budgets.

    Attributes:
        C: Budgets 6 N D, FLOP.
        L: The lowest loss, nats per token.
        rise: What is allowed above it, nats per token.
        N: Parameters of the best split; `N_least` and `N_most` of the range.
        D: Its tokens; likewise.
        tokens_per_parameter: D / N; likewise.
        within: What is allowed, in words.
        quantities: The ends as functions of the law's parameters.
    """

    C: Number
    L: Number
    rise: Number
    N: Number
    N_least: Number
    N_most: Number
    D: Number
    D_least: Number
    D_most: Number
    tokens_per_parameter: Number
    tokens_per_parameter_least: Number
    tokens_per_parameter_most: Number
    within: str
    quantities: Quantities = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """One row a budget."""
        return pd.DataFrame({name: np.atleast_1d(getattr(self, name)) for name in NUMBERS})

    def to_dict(self) -> dict[str, Any]:
        """Every number as plain Python for JSON, None for NaN, and what is allowed in words."""
        return {"within": self.within, **{name: plain(getattr(self, name)) for name in NUMBERS}}

    def __str__(self) -> str:
        """A table with one line a budget, then its conventions."""
        return "\n".join(
            [
                f"How flat: splits of C = 6 N D whose loss is within {self.within} of the best",
                *split_table(COLUMNS, self),
                "  N parameters, D training tokens; the least N goes with the most D",
            ]
        )


COLUMNS: Columns = {
    "C": SPLIT["C"],
    "N": ("N*", format_number),
    "N_least": ("N from", format_number),
    "N_most": ("to", format_number),
    "D_least": ("D from", format_number),
    "D_most": ("to", format_number),
    "tokens_per_parameter_least": ("D/N from", format_number),
    "tokens_per_parameter_most": ("to", format_number),
    "L": ("best L", significant),
}
NUMBERS = ("C", "L", "rise", *(f"{name}{end}" for name in QUANTITIES for end in ("", "_least", "_most")))


def flat_range(fit: Fitted, share: float | str = SHARE, *, C: Amount) -> FlatRange:
    """The sizes, token counts and ratios of a budget whose loss is nearly the best by a law.

    Args:
        fit: A fit, or anything with `law` and `params`.
        share: Of the best loss, 0.01 for 1 %; or, of a fit, "noise": one residual scale, misfit included.
        C: Budget, FLOP; a number, text as people write it, or a list of either.

    Returns:
        The range at each budget; NaN where the loss never rises so far.

    Raises:
        BadInput: The law does not read N and D alone, a budget has no best split, or the share is neither between 0
            and 1 nor "noise" of a fit.

    Examples:
        >>> found = sl.flat_range(sl.published["besiroglu2024_paper"], 0.01, C="5.76e23")
        >>> f"{found.N_least:.3g} to {found.N_most:.3g} parameters"
        '1.79e+10 to 2.89e+11 parameters'
    """
    law, params = law_of(fit), params_of(fit)
    check_splits(law)
    rise, within = _rise(fit, share)
    budgets = read_amounts("C", C)
    logs = FlatLogs(law, tuple(budgets.tolist()) if budgets.ndim else float(budgets), rise)
    best, L, ends = _solve(logs, params)
    if not np.isfinite(L).all():
        lost = format_number(float(budgets[~np.isfinite(L)].flat[0]))
        raise bad_input("C", f"one that has a best split under law {law.name!r}", f"{lost} FLOP")

    heads = {name: name.replace(QUANTITIES[2], "D/N").replace("_", " ") for name in RANGES}
    allowed = rise.share * L + rise.nats
    N_D_ratio = zip((*best, best.D / best.N), np.exp(ends).reshape(3, 2, *L.shape), strict=True)
    numbers = (
        budgets,
        L,
        allowed,
        *(each for value, (low, high) in N_D_ratio for each in (value, low, high)),
    )
    values = dict(zip(NUMBERS, map(number, numbers), strict=True))
    return FlatRange(
        **values, within=within, quantities=Quantities({"C": budgets}, {"C": SPLIT["C"][0], **heads}, logs)
    )


def _rise(fit: Fitted, share: float | str) -> tuple[Rise, str]:
    """What is allowed, and that in words."""
    if share != NOISE:
        part = check_probability("share", share)
        return Rise(part), share_words(part)
    if not isinstance(fit, Fit):
        got = f"{NOISE!r} of {type(fit).__name__}"
        raise bad_input("share", f"a number between 0 and 1, or {NOISE!r} of a law fitted to runs", got)
    in_logs, scale = fit.settings.objective.residual == "log", float(fit.scale)
    rise = Rise(np.expm1(scale)) if in_logs else Rise(0.0, scale)
    return rise, noise_words(f"{100 * rise.share:.3g} %" if in_logs else f"{scale:.3g} nats")


@float64
@compiled(static_argnames="logs")
def _solve(logs: FlatLogs, params: Any) -> tuple[Optimum, Array, Array]:
    """The best split, its loss, and the ends of the range."""
    best = optimal(logs.law, params, jnp.asarray(logs.C))
    return best, loss(logs.law, params, *best), logs(params)
