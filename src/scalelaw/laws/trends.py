"""Trends y = k x^p of what is best: size, tokens, batch and learning rate against compute, size, data or loss.

They are straight lines in logs, and so is every published rule for hyperparameters: DeepSeek's in C (Bi et
al. 2024, arXiv:2401.02954), Step Law's in N and D (Li et al. 2025, arXiv:2503.04715), Porian's in N (Porian et
al. 2024, arXiv:2406.19146), Kaplan's critical batch in the loss (Kaplan et al. 2020, arXiv:2001.08361).
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw.laws.law import Law

TOKENS = "training tokens"
SIZE = "parameters"
BUDGET = "FLOP"
STARTS = {"k": (1e-3, 1e3), "p": (-0.5, 0.5)}


class Trend(NamedTuple):
    """k: value at x = 1; p: exponent."""

    k: Float[Array, ""]
    p: Float[Array, ""]


class Trend2(NamedTuple):
    """k: value at N = D = 1; pN, pD: exponents."""

    k: Float[Array, ""]
    pN: Float[Array, ""]
    pD: Float[Array, ""]


def value(params: Trend, inputs: Any) -> Float[Array, " n"]:
    """The value k x^p, in the unit of the law's output."""
    (x,) = inputs
    return params.k * jnp.exp(params.p * jnp.log(x))


def value2(params: Trend2, inputs: Any) -> Float[Array, " n"]:
    """The value k N^pN D^pD, in the unit of the law's output."""
    return params.k * jnp.exp(params.pN * jnp.log(inputs.N) + params.pD * jnp.log(inputs.D))


def rescale(params: Trend, units: Any) -> Trend:
    """Parameters for x measured in other units."""
    (unit,) = units
    return params._replace(k=params.k * jnp.exp(params.p * jnp.log(unit)))


def rescale2(params: Trend2, units: Any) -> Trend2:
    """Parameters for N and D measured in other units."""
    return params._replace(k=params.k * jnp.exp(params.pN * jnp.log(units.N) + params.pD * jnp.log(units.D)))


def trend(name: str, y: str, x: str, *, units: dict[str, str], citation: str) -> Law:
    """The law y = k x^p.

    Args:
        name: of the law.
        y: of the output.
        x: of the input.
        units: of both, by name.
        citation: where it comes from.
    """
    return Law(
        name=name,
        Params=Trend,
        loss=value,
        inputs=(x,),
        positive=("k",),
        starts=STARTS,
        linear=("k",),
        plausible={"p": (-10, 10)},
        rescale=rescale,
        formula=f"{y}({x}) = k {x}^p",
        citation=citation,
        output=y,
        units=units,
    )


_HOFFMANN = "Hoffmann et al. 2022, arXiv:2203.15556, section 3.1"
_KAPLAN = "Kaplan et al. 2020, arXiv:2001.08361, table 6"
_DEEPSEEK = "Bi et al. 2024 (DeepSeek LLM), arXiv:2401.02954, eq. 1"
_STEP = "Li et al. 2025 (Step Law), arXiv:2503.04715"
_PORIAN = "Porian et al. 2024, arXiv:2406.19146, figure 3"

optimal_N = trend("optimal_N", "N", "C", units={"C": BUDGET, "N": SIZE}, citation=_HOFFMANN)
optimal_D = trend("optimal_D", "D", "C", units={"C": BUDGET, "D": TOKENS}, citation=_HOFFMANN)
learning_rate_C = trend(
    "learning_rate_C", "lr", "C", units={"C": "FLOP, non-embedding", "lr": "peak"}, citation=_DEEPSEEK
)
batch_C = trend(
    "batch_C", "B", "C", units={"C": "FLOP, non-embedding", "B": "tokens per update"}, citation=_DEEPSEEK
)
batch_D = trend("batch_D", "B", "D", units={"D": TOKENS, "B": "tokens per update"}, citation=_STEP)
learning_rate_N = trend("learning_rate_N", "lr", "N", units={"N": SIZE, "lr": "peak"}, citation=_PORIAN)
batch_N = trend(
    "batch_N", "B", "N", units={"N": SIZE, "B": "sequences of 2,048 tokens per update"}, citation=_PORIAN
)
optimal_M = trend(
    "optimal_M",
    "M",
    "C",
    units={"C": "FLOP, M D", "M": "non-embedding FLOP per token, attention included"},
    citation="Bi et al. 2024 (DeepSeek LLM), arXiv:2401.02954, eq. 4",
)
steps_C = trend(
    "steps_C",
    "S",
    "C",
    units={"C": "FLOP, at a small batch", "S": "updates, at a large one"},
    citation=_KAPLAN,
)
data_needed = trend(
    "data_needed",
    "D",
    "N",
    units={"N": "parameters, embeddings left out", "D": "unique tokens for at most 2 % overfitting"},
    citation="Kaplan et al. 2020, arXiv:2001.08361, eq. 4.4",
)
critical_batch = trend(
    "critical_batch",
    "B",
    "loss",
    units={"loss": "nats per token", "B": "tokens per update"},
    citation="Kaplan et al. 2020, arXiv:2001.08361, eq. 1.4 (B* = k, alpha_B = -1/p)",
)
learning_rate_ND = Law(
    name="learning_rate_ND",
    Params=Trend2,
    loss=value2,
    inputs=("N", "D"),
    positive=("k",),
    starts={"k": (1e-3, 1e3), "pN": (-0.5, 0.5), "pD": (-0.5, 0.5)},
    linear=("k",),
    plausible={"pN": (-2, 2), "pD": (-2, 2)},
    rescale=rescale2,
    formula="lr(N, D) = k N^pN D^pD",
    citation=_STEP,
    output="lr",
    units={"N": "parameters, vocabulary left out", "D": TOKENS, "lr": "peak"},
)
