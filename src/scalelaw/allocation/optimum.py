"""The compute-optimal split: the N and D that minimise a law's loss at C = 6 N D.

Numerically it is the root of the first-order condition d loss / d log(D / N) = 0 along the budget, with exact
derivatives; the loss itself is flat there, and minimising its value would lose half of the digits.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw._checks import BadInput, bad_input
from scalelaw.allocation.roots import Function, rising_root
from scalelaw.flops import SIX_ND
from scalelaw.laws import LAWS, Law, Optimum

LOG_RATIOS = 600 * np.sinh(np.linspace(-6, 6, 128)) / np.sinh(6.0)
"""Values of log(D / N) at which a budget is looked at: 0.3 nats apart near D = N, 55 at 10^±260."""


def loss(law: Law, params: Any, N: Float[Array, "..."], D: Float[Array, "..."]) -> Float[Array, "..."]:
    """Loss [nats/token] of N parameters on D tokens, arrays of one shape."""
    flat = law.loss(params, law.pack({"N": jnp.ravel(N), "D": jnp.ravel(D)}))
    return flat.reshape(jnp.shape(N))


def optimal(law: Law, params: Any, C: Float[Array, "..."]) -> Optimum:
    """The compute-optimal split of budgets, in closed form where the law has one, else numerically.

    Pure: `jax.jit` (law static), `jax.vmap` and `jax.grad` go through it, in params and in C.

    Args:
        law: A law of N and D.
        params: Its parameters.
        C: Budgets [FLOP], any shape.

    Returns:
        N [parameters] and D [tokens] in the shape of C; NaN or infinite where no split is the best.

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
    return numeric_optimal(law, params, C) if law.optimum is None else law.optimum(params, jnp.asarray(C))


def numeric_optimal(law: Law, params: Any, C: Float[Array, "..."]) -> Optimum:
    """`optimal` by the first-order condition, whether or not there is a closed form.

    The lowest of the minima between the two ends of the budget is taken. Arguments, results and errors are
    those of `optimal`; NaN where there is no such minimum, or where N = 1 or D = 1 has a lower loss still.
    """
    check_splits(law)
    C = jnp.asarray(C)
    log_ND = jnp.log(SIX_ND.tokens(jnp.ravel(C), 1.0))

    def at(split: Array, given: Any) -> Array:
        return _loss_along(law, given[0], given[1], split)

    split = _balanced(law, params, log_ND, 0, rank=at)
    edges = jnp.minimum(at(log_ND, (params, log_ND)), at(-log_ND, (params, log_ND)))
    lowest = at(split, (params, log_ND))
    split = jnp.where(edges < lowest - 1e-12 * jnp.abs(lowest), jnp.nan, split)
    N, D = _sizes(log_ND, split)
    return Optimum(N.reshape(C.shape), D.reshape(C.shape))


def optimal_given_N(law: Law, params: Any, N: Float[Array, "..."]) -> Optimum:
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
    check_splits(law)
    N = jnp.asarray(N)
    split = _balanced(law, params, 2 * jnp.log(jnp.ravel(N)), 1, rank=_more_data)
    return Optimum(N, N * jnp.exp(split).reshape(N.shape))


def optimal_given_D(law: Law, params: Any, D: Float[Array, "..."]) -> Optimum:
    """The split in which D is compute-optimal; as `optimal_given_N`."""
    check_splits(law)
    D = jnp.asarray(D)
    split = _balanced(law, params, 2 * jnp.log(jnp.ravel(D)), -1, rank=_more_parameters)
    return Optimum(D * jnp.exp(-split).reshape(D.shape), D)


def check_splits(law: Law) -> None:
    """Refuse a law that is not one of the loss, or does not read N and D, both and nothing else.

    Raises:
        BadInput: The law is such a one; the message names those that can split a budget.
    """
    if not _splits(law):
        raise _cannot_split(law)


def _splits(law: Law) -> bool:
    return set(law.inputs) == {"N", "D"} and law.output == "L"


def _cannot_split(law: Law) -> BadInput:
    able = ", ".join(repr(name) for name, other in LAWS.items() if _splits(other))
    reads = " and ".join(law.inputs) + (" alone" if len(law.inputs) == 1 else "")
    return bad_input(
        "law",
        "of N and D, for between these two a budget C = 6 N D is split",
        f"{law.name!r}, which reads {reads}",
        advice=f"fit one of {able}, or your own law of N and D",
    )


def _balanced(law: Law, params: Any, known: Array, tilt: int, rank: Function) -> Float[Array, " n"]:
    """log(D / N) at the first-order condition, where log(N D) = known + tilt log(D / N).

    Budgets are known with tilt 0, N with tilt 1 (known = 2 log N), D with tilt -1 (known = 2 log D). In each
    case the slope rises from the data-starved end (D small) to the other.
    """

    def slope(split: Array, given: Any) -> Array:
        params, known = given
        log_ND = known + tilt * split
        along = lambda at: _loss_along(law, params, log_ND, at)  # noqa: E731
        value: Array = jax.jvp(along, (split,), (jnp.ones_like(split),))[1]
        return value

    grid = jnp.asarray(LOG_RATIOS, known.dtype)[:, None] + jnp.zeros_like(known)
    return rising_root(slope, rank, (params, known), grid)


def _loss_along(law: Law, params: Any, log_ND: Array, split: Array) -> Float[Array, " n"]:
    """Loss at the given log(N D) and log(D / N)."""
    return loss(law, params, *_sizes(log_ND, split))


def _sizes(log_ND: Array, split: Array) -> tuple[Array, Array]:
    return jnp.exp((log_ND - split) / 2), jnp.exp((log_ND + split) / 2)


def _more_data(split: Array, given: Any) -> Array:
    del given
    return split


def _more_parameters(split: Array, given: Any) -> Array:
    del given
    return -split
