"""A law where unique tokens are few: what they are worth when they repeat.

A law that reads U has it held. Chinchilla's law is given the decay that Muennighoff et al. 2023,
arXiv:2305.16264, eqs. 5 and 6, found, or the user's own.
"""

from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from scalelaw._checks import bad_input, check_positive, shown
from scalelaw.laws import Chinchilla, DataConstrained, Law, data_constrained

PUBLISHED_R_D, PUBLISHED_R_N = 15.387756, 5.309743
"""Repetitions, and excess of parameters, after which one more is worth 1/e of the first (Muennighoff et al.)."""


@dataclass(frozen=True)
class Decayed:
    """The loss of Chinchilla's parameters with the worth of repeated data (hashable, as a law's function is)."""

    U: float
    R_D: float
    R_N: float

    def __call__(self, params: Chinchilla, inputs: Any) -> Float[Array, "..."]:
        """Loss [nats/token] of N parameters on D tokens, every epoch counted."""
        U, R_D, R_N = (jnp.asarray(value, inputs.D.dtype) for value in (self.U, self.R_D, self.R_N))
        limited = data_constrained.pack(
            {"N": inputs.N, "D": inputs.D, "U": jnp.broadcast_to(U, inputs.D.shape)}
        )
        return data_constrained.loss(DataConstrained(*params, R_D, R_N), limited)


def repeating(law: Law, U: float, R_D: float | None = None, R_N: float | None = None) -> Law:
    """The law of N and D that U unique tokens leave, with the same parameters.

    Args:
        law: One that reads N, D and U, or Chinchilla's.
        U: Unique tokens.
        R_D: Repetitions after which one more is worth 1/e of the first; 15.39 unless given. Only for a law
            that has no such parameter of its own.
        R_N: Excess of parameters likewise; 5.31 unless given.

    Raises:
        BadInput: The law is another one, an amount is not positive, or a decay is given to a law with its own.
    """
    check_positive("U", U)
    if "U" in law.inputs:
        if R_D is not None or R_N is not None:
            raise bad_input("R_D and R_N", "left to the fit, which has its own", shown(R_D or R_N))
        return law.hold(U=U)
    if law.Params is not Chinchilla:
        advice = "fit --law data_constrained or chinchilla, or forbid repeats"
        raise bad_input("law", "one that says what repeated tokens are worth", f"{law.name!r}", advice=advice)
    rates = [
        check_positive(name, known if rate is None else rate)
        for name, rate, known in (("R_D", R_D, PUBLISHED_R_D), ("R_N", R_N, PUBLISHED_R_N))
    ]
    units = dict(law.units) | {"D": "training tokens seen, every epoch counted"}
    return replace(
        law,
        name=f"{law.name} on U = {U:g}, R_D = {rates[0]:g}, R_N = {rates[1]:g}",
        loss=Decayed(U, *rates),
        optimum=None,
        derived=None,
        rescale=None,
        linear=(),
        projected={},
        units=units,
        citation=f"{law.citation}; Muennighoff et al. 2023, arXiv:2305.16264, eqs. 5 and 6",
    )
