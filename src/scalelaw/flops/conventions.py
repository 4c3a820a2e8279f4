"""Conventions of training compute: how parameters N and tokens D make FLOP C.

A convention is a value, so a new one is one more `Convention` and one more entry of `CONVENTIONS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from scalelaw._checks import check_choice

PF_DAY = 8.64e19
"""FLOP in one petaFLOP/s-day: 1e15 FLOP/s for 86,400 s (Kaplan et al. 2020, section 1.3)."""

Amount = Any
"""A float, a NumPy array or a JAX array; a convention maps each to its own kind."""


@dataclass(frozen=True)
class Convention:
    """A named rule between parameters N, tokens D and training compute C (FLOP).

    Attributes:
        name: What users write, e.g. "6ND".
        description: The rule in one sentence, with its source.
        flops: (N, D) -> C.
        tokens: (C, N) -> D, the inverse in D.
        params: (C, D) -> N, the inverse in N.
    """

    name: str
    description: str
    flops: Callable[[Amount, Amount], Amount]
    tokens: Callable[[Amount, Amount], Amount]
    params: Callable[[Amount, Amount], Amount]


SIX_ND = Convention(
    name="6ND",
    description="C = 6 N D: 2 FLOP a parameter and token forward, 4 backward "
    "(Kaplan et al. 2020, section 2.1; Hoffmann et al. 2022, section 3.3)",
    flops=lambda N, D: 6 * N * D,
    tokens=lambda C, N: C / (6 * N),
    params=lambda C, D: C / (6 * D),
)
"""Every parameter multiplies and adds once forward (2 FLOP) and twice backward (4 FLOP) for each token."""

CONVENTIONS: Mapping[str, Convention] = MappingProxyType({rule.name: rule for rule in (SIX_ND,)})
"""The conventions by name."""


def convention(name: str | Convention) -> Convention:
    """The convention called `name`; a `Convention` is handed back as it is.

    Raises:
        BadInput: No convention has this name.
    """
    return name if isinstance(name, Convention) else CONVENTIONS[check_choice("flops", name, CONVENTIONS)]
