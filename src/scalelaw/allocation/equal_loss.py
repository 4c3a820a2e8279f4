"""What the same loss costs otherwise: with a model smaller than optimal, or by another recipe.

For Chinchilla's law a model of k N* needs D / D* = (1 - (k^-alpha - 1) beta / alpha)^(-1 / beta) times the
tokens, at every budget alike, and no amount of data makes up for k <= (1 + alpha / beta)^(-1 / alpha).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from scalelaw._checks import bad_input, check_probability
from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw._json import plain
from scalelaw.allocation.optimum import Numbers, check_splits, loss, optimal
from scalelaw.allocation.plan import Fitted, law_of, number, params_of
from scalelaw.allocation.question import Amount, Real, read_amounts
from scalelaw.allocation.result import SPLIT, Columns, Number, Quantities, split_table
from scalelaw.allocation.target import optimal_given_L, reach_at_D, reach_at_N
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law, Optimum
from scalelaw.numbers import amount, format_number, significant

ENDLESS = 1e150
"""Tokens beyond which more change nothing."""


def overtrained(law: Law, params: Any, C: Numbers, share: Numbers) -> Optimum:
    """The model of `share` times the compute-optimal size, trained until it reaches the same loss.

    Pure: `jax.jit` (law static), `jax.vmap` and `jax.grad` go through it, in params, C and share.

    Args:
        law: A law of N and D.
        params: Its parameters.
        C: Budget [FLOP] of the compute-optimal model, 6 N* D*.
        share: k = N / N*; below 1 is a smaller model. Of the shape of C, or one that broadcasts with it.

    Returns:
        N = k N* [parameters] and D [tokens]; NaN where no number of tokens is enough.

    Raises:
        BadInput: The law is not one of N and D.
    """
    C, share = jnp.broadcast_arrays(jnp.asarray(C, float), jnp.asarray(share, float))
    best = optimal(law, params, C)
    return reach_at_N(law, params, loss(law, params, *best), share * best.N)


def overtraining_cost(law: Law, params: Any, C: Numbers, share: Numbers) -> Float[Array, "..."]:
    """How many times the compute of the optimal model that of `overtrained` takes: 1 at share 1."""
    return jnp.asarray(share) * overtraining_tokens(law, params, C, share)


def overtraining_tokens(law: Law, params: Any, C: Numbers, share: Numbers) -> Float[Array, "..."]:
    """How many times the tokens of the optimal model those of `overtrained` are."""
    return overtrained(law, params, C, share).D / optimal(law, params, jnp.asarray(C, float)).D


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
        quantities: The smaller models as functions of the law's parameters.
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
    quantities: Quantities = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """One row a model."""
        return pd.DataFrame({name: getattr(self, name) for name in SMALLER})

    def to_dict(self) -> dict[str, Any]:
        """Every attribute as plain Python for JSON."""
        names = (*SMALLER, "L", "least", "residual")
        return {name: plain(getattr(self, name)) for name in names}

    def __str__(self) -> str:
        """A table with one line a model, then its conventions."""
        return "\n".join(
            [
                f"Smaller than compute-optimal, trained to the same loss of {significant(self.L)} nats per token",
                *split_table(SMALLER, self),
                "  N parameters, D training tokens, C = 6 N D FLOP; more C and tokens against the optimal model",
                f"  no number of tokens makes up for N below {_percent(self.least)} of the optimal",
                f"note: the loss is met to {self.residual:.1g}, relative",
            ]
        )


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"


SMALLER: Columns = {
    "smaller": ("smaller", _percent),
    "N": SPLIT["N"],
    "D": SPLIT["D"],
    "C": SPLIT["C"],
    "more_compute": ("more C", _percent),
    "tokens": ("tokens", "x {:.4g}".format),
}


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
    budget = amount("C", C)
    several = smaller if isinstance(smaller, Iterable) else [smaller]
    shares = np.sort(np.array([0.0, *(check_probability("smaller", share) for share in several)]))
    (N, D), L, reached, least = _curve(law, params, budget, 1 - shares)
    if not np.isfinite(L).all():
        got = f"{format_number(budget)} FLOP"
        raise bad_input("C", f"one that has a best split under law {law.name!r}", got)
    if not np.isfinite(D).all():
        most = f"below {1 - float(least):.4g}, for no number of tokens makes up for a model so much smaller"
        raise bad_input("smaller", most, f"{float(shares[~np.isfinite(D)][0]):g}")
    C_all = SIX_ND.flops(N, D)
    residual = float(np.max(np.abs(reached / L - 1)))
    more, tokens = C_all / C_all[0] - 1, D / D[0]
    quantities = _quantities(law, budget, shares[1:])
    return Smaller(shares, N, D, C_all, more, tokens, float(L), float(least), residual, quantities)


def _quantities(law: Law, budget: float, shares: Real) -> Quantities:
    @jax.jit
    def logs(params: Any) -> Array:
        best = optimal(law, params, jnp.asarray(budget))
        N, D = overtrained(law, params, jnp.asarray(budget), jnp.asarray(1 - shares))
        return jnp.log(jnp.stack([N, D, N * D / (best.N * best.D), D / best.D]))

    heads = {"smaller": "smaller", "N": "N", "D": "D", "compute": "C / C*", "tokens": "D / D*"}
    return Quantities({"smaller": shares}, heads, logs)


@float64
@compiled(static_argnames="law")
def _curve(law: Law, params: Any, C: Any, share: Array) -> tuple[Any, Array, Array, Array]:
    """The models, the loss they are to reach, the losses they do, and the smallest share that can."""
    best = optimal(law, params, C)
    L = loss(law, params, *best)
    N, D = overtrained(law, params, C, share)
    return (N, D), L, loss(law, params, N, D), reach_at_D(law, params, L, jnp.asarray(ENDLESS)).N / best.N


def compute_gain(
    law: Law, params: Any, baseline: Law, baseline_params: Any, C: Numbers
) -> Float[Array, "..."]:
    """How many times C the baseline needs for the loss that the law reaches with C, each at its best split.

    For two Chinchilla laws that differ in B alone it is (B_baseline / B)^(1 / beta) at every C.
    Pure, in both sets of parameters and in C.

    Args:
        law: A law of N and D.
        params: Its parameters.
        baseline: The law it is compared with.
        baseline_params: Its parameters.
        C: Budgets [FLOP], any shape.

    Returns:
        The gain, in the shape of C: above 1 where the law is better; NaN where no budget of the baseline
        reaches the loss.

    Raises:
        BadInput: A law is not one of N and D.
    """
    C = jnp.asarray(C, float)
    L = loss(law, params, *optimal(law, params, C))
    gain: Array = SIX_ND.flops(*optimal_given_L(baseline, baseline_params, L)) / C
    return gain


@dataclass(frozen=True, eq=False)
class Gain:
    """Compute-equivalent gain of a law over a baseline; floats, or arrays for a list of budgets.

    Attributes:
        C: Budgets of the law, FLOP.
        L: Its lowest loss with them, nats per token.
        baseline_C: FLOP with which the baseline reaches that loss; NaN where none is enough.
        gain: baseline_C / C.
        quantities: The gain as a function of the law's parameters, the baseline as it is.
    """

    C: Number
    L: Number
    baseline_C: Number
    gain: Number
    quantities: Quantities = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """One row a budget."""
        return pd.DataFrame({name: np.atleast_1d(getattr(self, name)) for name in GAIN})

    def to_dict(self) -> dict[str, Any]:
        """Every number as plain Python for JSON, None for NaN."""
        return {name: plain(getattr(self, name)) for name in GAIN}

    def __str__(self) -> str:
        """A table with one line a budget, then its conventions."""
        return "\n".join(
            [
                "Compute-equivalent gain over the baseline, each at its own best split of C = 6 N D",
                *split_table(GAIN, self),
                "  gain = compute of the baseline over C [FLOP] at the same loss L [nats per token]",
            ]
        )


GAIN: Columns = {
    "C": SPLIT["C"],
    "L": SPLIT["L"],
    "baseline_C": ("baseline C [FLOP]", lambda C: "out of reach" if np.isnan(C) else format_number(C)),
    "gain": ("gain", lambda factor: "none" if np.isnan(factor) else f"x {factor:.4g}"),
}


def compute_equivalent_gain(fit: Fitted, baseline: Fitted, *, C: Amount) -> Gain:
    """How many times C the baseline needs for the loss that the fit's law reaches with C.

    Losses of the two must be comparable: the same tokenizer and the same held-out text.

    Args:
        fit: A fit, or anything with `law` and `params`.
        baseline: Another.
        C: Budget of the first, FLOP; a number, text as people write it, or a list of either.

    Returns:
        The gain at each budget.

    Raises:
        BadInput: A law does not read N and D alone, or a budget has no best split.

    Examples:
        >>> new, old = sl.published["besiroglu2024_paper"], sl.published["hoffmann2022_A3_tex"]
        >>> f"{sl.compute_equivalent_gain(new, old, C='1e22').gain:.2f}"
        '0.68'
    """
    law, other = law_of(fit), law_of(baseline)
    params, other_params = params_of(fit), params_of(baseline)
    check_splits(law)
    check_splits(other)
    budgets = read_amounts("C", C)
    L, gain = _gain(law, other, params, other_params, budgets)
    if not np.isfinite(L).all():
        lost = format_number(float(budgets[~np.isfinite(L)].flat[0]))
        raise bad_input("C", f"one that has a best split under law {law.name!r}", f"{lost} FLOP")

    @jax.jit
    def logs(params: Any) -> Array:
        return jnp.log(compute_gain(law, params, other, other_params, jnp.asarray(budgets)))[None]

    note = "the baseline is taken as it is, without draws"
    quantities = Quantities({"C": budgets}, {"C": SPLIT["C"][0], "gain": "gain"}, logs, (note,))
    return Gain(number(budgets), number(L), number(gain * budgets), number(gain), quantities)


@float64
@compiled(static_argnames=("law", "other"))
def _gain(law: Law, other: Law, params: Any, other_params: Any, C: Any) -> tuple[Any, Any]:
    L = loss(law, params, *optimal(law, params, C))
    return L, compute_gain(law, params, other, other_params, C)
