"""The optimal split of a cost: the N and D of lowest loss, with serving and within bounds where there are any.

Serving T tokens costs what training on X = T / 3 of them does (`Rates.serving` where a FLOP of serving costs
more), so that a model's total cost is that of 6 N (D + X) FLOP of training. At the optimum

    (d loss / d log N) / (d loss / d log D) = (D + X) / D

(Sardana et al. 2024, arXiv:2401.00448, eq. 3), unless it lies at a bound; X = 0 gives the compute-optimal split.
Numerically it is the root of this first-order condition along log(D / N), with exact derivatives; the loss itself
is flat there, and minimising its value would lose half of the digits.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Num

from scalelaw._checks import bad_input
from scalelaw.allocation.roots import rising_root
from scalelaw.flops import SIX_ND
from scalelaw.laws import LAWS, Law, Optimum

Numbers = Num[ArrayLike, "..."]
"""A number, or numbers in an array of any shape: what pure functions take."""

UNBOUNDED = 1e30
"""Parameters or tokens beyond any: finite, in float32 too, so that products with it have derivatives."""

SLACK = 1 + 1e-9
"""Bounds that cross by less than this are taken as one."""

LOG_RATIOS = 600 * np.sinh(np.linspace(-6, 6, 128)) / np.sinh(6.0)
"""Values of log(D / N) at which a cost is looked at: 0.3 nats apart near D = N, 55 at 10^±260."""


class Bounds(NamedTuple):
    """Bounds that a split keeps.

    Attributes:
        least: parameters at least; 1 is no bound.
        most: parameters at most.
        tokens: training tokens at most (unique ones that must not repeat).
    """

    least: Any = 1.0
    most: Any = UNBOUNDED
    tokens: Any = UNBOUNDED


ANYWHERE = Bounds()


def loss(law: Law, params: Any, N: Numbers, D: Numbers) -> Float[Array, "..."]:
    """Loss [nats/token] of N parameters on D tokens, in the precision that these have."""
    return jax.lax.convert_element_type(law.predict(params, N=N, D=D), jnp.result_type(N, D))


def check_splits(law: Law) -> None:
    """Refuse a law that is not one of the loss, or does not read N and D, both and nothing else.

    Raises:
        BadInput: The law is such a one; the message names those that can split a budget.
    """

    def splits(law: Law) -> bool:
        return set(law.inputs) == {"N", "D"} and law.output == "L"

    if not splits(law):
        able = ", ".join(repr(name) for name, other in LAWS.items() if splits(other))
        reads = " and ".join(law.inputs) + (" alone" if len(law.inputs) == 1 else "")
        raise bad_input(
            "law",
            "of N and D, for between these two a budget C = 6 N D is split",
            f"{law.name!r}, which reads {reads}",
            advice=f"fit one of {able}, or your own law of N and D",
        )


def optimal(law: Law, params: Any, C: Numbers, serving: Any = None, bounds: Bounds | None = None) -> Optimum:
    """The compute-optimal split of budgets, in closed form where the law has one, else numerically.

    Pure: `jax.jit` (law static), `jax.vmap` and `jax.grad` go through it, in params and in all amounts.

    Args:
        law: A law of N and D.
        params: Its parameters.
        C: Budgets [FLOP], any shape: 6 N D, or with serving the total cost as FLOP of training, 6 N (D + X).
        serving: X, tokens of training that cost what serving does: T / 3, or `Rates.serving`.
        bounds: On N and D.

    Returns:
        N [parameters] and D [tokens] in the shape of C; NaN or infinite where no split is the best, or the
        bounds leave none.

    Raises:
        BadInput: The law is not one of N and D.

    Examples:
        >>> import jax
        >>> law, params = sl.published["besiroglu2024_paper"].law, sl.published["besiroglu2024_paper"].params
        >>> f"{sl.optimal(law, params, 5.76e23).N:.3g} parameters"
        '7.22e+10 parameters'
        >>> f"{jax.grad(lambda C: sl.optimal(law, params, C).N)(5.76e23):.3g} more for each further FLOP"
        '6.43e-14 more for each further FLOP'
    """
    check_splits(law)
    if law.optimum is None or serving is not None or bounds is not None:
        return numeric_optimal(law, params, C, serving, bounds)
    return law.optimum(params, jnp.asarray(C))


def numeric_optimal(
    law: Law, params: Any, C: Numbers, serving: Any = None, bounds: Bounds | None = None
) -> Optimum:
    """`optimal` by the first-order condition, whether or not there is a closed form.

    The lowest of the minima is taken. Arguments, results and errors are those of `optimal`; NaN where there is
    no minimum above 1e-30 parameters or tokens, or where N = 1 or D = 1 has a lower loss still.
    """
    check_splits(law)
    bounds = Bounds(1.0, jnp.inf, jnp.inf) if bounds is None else bounds
    amounts = (C, 0.0 if serving is None else serving, *bounds)
    arrays = jnp.broadcast_arrays(*(jnp.asarray(each, float) for each in amounts))
    C, serving, *ends = (jnp.ravel(array) for array in arrays)
    N, D = _lowest(law, params, SIX_ND.tokens(C, 1.0), serving, Bounds(*ends))
    return Optimum(N.reshape(arrays[0].shape), D.reshape(arrays[0].shape))


def optimal_given_N(law: Law, params: Any, N: Numbers) -> Optimum:
    """The split in which N is compute-optimal: the D, and with it the budget 6 N D, that N is right for.

    Args:
        law: A law of N and D.
        params: Its parameters.
        N: Parameters of the model, any shape.

    Returns:
        N as given and D [tokens]; NaN where no budget makes N optimal.

    Raises:
        BadInput: The law is not one of N and D.
    """
    return _balanced(law, params, N, lambda N, split: Optimum(N, N * jnp.exp(split)), 1)


def optimal_given_D(law: Law, params: Any, D: Numbers) -> Optimum:
    """The split in which D is compute-optimal; as `optimal_given_N`."""
    return _balanced(law, params, D, lambda D, split: Optimum(D * jnp.exp(-split), D), -1)


def _balanced(
    law: Law, params: Any, known: Numbers, sizes: Callable[[Array, Array], Optimum], free: int
) -> Optimum:
    """The split of a known N or D at the first-order condition; of several, that with the least of the other."""
    check_splits(law)
    known = jnp.asarray(known, float)
    flat = jnp.ravel(known)

    def slope(split: Array, given: Any) -> Array:
        params, known = given
        return _slope(law, params, *sizes(known, split), jnp.zeros_like(known))

    grid = jnp.asarray(LOG_RATIOS, flat.dtype)[:, None] + jnp.zeros_like(flat)
    split = rising_root(slope, lambda split, _: free * split, (params, flat), grid)
    return sizes(known, split.reshape(known.shape))


def first_order(law: Law, params: Any, N: Numbers, D: Numbers, serving: Any = 0.0) -> Float[Array, "..."]:
    """Residual of the first-order condition: (dL / d log N) D / ((dL / d log D) (D + X)) - 1, 0 at the optimum.

    Above 0 more parameters would lower the loss at the same total cost 6 N (D + X), below 0 more tokens would.

    Args:
        law: A law of N and D.
        params: Its parameters.
        N: Parameters of the split.
        D: Its training tokens.
        serving: X, tokens of training that cost what serving does.
    """
    N, D = jnp.asarray(N, float), jnp.asarray(D, float)
    none = jnp.zeros_like(N)
    by_N, by_D = (
        jax.jvp(lambda N, D: loss(law, params, N, D), (N, D), moved)[1] for moved in ((N, none), (none, D))
    )
    residual: Array = by_N / by_D * D / (D + serving) - 1
    return residual


def _slope(law: Law, params: Any, N: Array, D: Array, serving: Array) -> Float[Array, " n"]:
    """D loss / d log(D / N) along splits of one total cost N (D + X)."""
    cost = 2 * D + serving
    moved = -N * (D / cost), D * ((D + serving) / cost)
    slope: Array = jax.jvp(lambda N, D: loss(law, params, N, D), (N, D), moved)[1]
    return slope


def _lowest(law: Law, params: Any, work: Array, serving: Array, bounds: Bounds) -> Optimum:
    """The split of lowest loss among those with N (D + X) = work that the bounds allow.

    A bound is no obstacle to the root finder: the slope goes on beyond it as a line that rises by 1, so that a
    minimum there is a root too. Where only N = 1 or D = 1 ends the range there is no such line: a loss that
    falls on to that end has no minimum.
    """
    large, small = _ends(work, serving, bounds)
    low, high = (jax.lax.stop_gradient(jnp.log(D / N)) for N, D in (large, small))
    low, high = jnp.where(large.D > 1, low, -jnp.inf), jnp.where(small.N > 1, high, jnp.inf)

    def slope(split: Array, given: Any) -> Array:
        params, work, serving, low, high = given
        inside = jnp.clip(split, low, high)
        return jnp.tanh(_slope(law, params, *_sizes(work, serving, inside), serving)) + (split - inside)

    def loss_along(split: Array, given: Any) -> Array:
        params, work, serving, low, high = given
        return loss(law, params, *_sizes(work, serving, jnp.clip(split, low, high)))

    given = (params, work, serving, low, high)
    inside = jnp.clip(jnp.asarray(LOG_RATIOS, work.dtype)[:, None], low, high)
    at = rising_root(slope, loss_along, given, jnp.concatenate([inside[:1] - 1, inside, inside[-1:] + 1]))
    free = _sizes(work, serving, jnp.clip(at, low, high))
    N, D = (
        jnp.where(at < low, most, jnp.where(at > high, least, between))
        for most, least, between in zip(large, small, free, strict=True)
    )
    # Where nothing bounds an end, a split there is no optimum, but it may be lower than the minimum found.
    three = (jnp.concatenate(each) for each in zip(large, small, free, strict=True))
    at_large, at_small, found = loss(law, params, *three).reshape(3, -1)
    edge = jnp.minimum(jnp.where(large.D <= 1, at_large, jnp.inf), jnp.where(small.N <= 1, at_small, jnp.inf))
    lost = (edge < found - 1e-12 * jnp.abs(found)) | (small.N > large.N * SLACK) | jnp.isnan(at)
    # A loss that falls on without end does so down to its rounding, where any split looks like a minimum.
    lost |= jnp.minimum(N, D) < 1 / UNBOUNDED
    return Optimum(jnp.where(lost, jnp.nan, N), jnp.where(lost, jnp.nan, D))


def _ends(work: Array, serving: Array, bounds: Bounds) -> tuple[Optimum, Optimum]:
    """The largest and the smallest model that N (D + X) = work allows.

    The largest has `most` parameters, or sees a single token; the smallest has `least`, or sees all `tokens`.
    """
    starved, filled = work / (1 + serving), work / (bounds.tokens + serving)
    large, small = jnp.minimum(bounds.most, starved), jnp.maximum(bounds.least, filled)
    return (
        Optimum(large, jnp.where(starved <= bounds.most, 1.0, work / large - serving)),
        Optimum(small, jnp.where(filled >= bounds.least, bounds.tokens, work / small - serving)),
    )


def _sizes(work: Array, serving: Array, split: Array) -> Optimum:
    """N and D with N (D + X) = work and log(D / N) = split; no digit is lost where X is far above D or 0."""
    served = serving / 2 * jnp.exp(-(jnp.log(work) + split) / 2)
    log_N = (jnp.log(work) - split) / 2 - jnp.arcsinh(served)
    return Optimum(jnp.exp(log_N), jnp.exp(log_N + split))
