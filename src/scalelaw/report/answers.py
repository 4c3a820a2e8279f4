"""How sure an answer of `allocate` is: intervals of the split, and of its loss."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw.allocation import question
from scalelaw.allocation.optimum import loss
from scalelaw.allocation.question import Amount
from scalelaw.flops import SIX_ND
from scalelaw.numbers import format_number, significant
from scalelaw.report.sure import Sure
from scalelaw.resampling.intervals import Interval

HEADS = {"C": "C [FLOP]", "N": "N", "D": "D", "tokens_per_parameter": "D/N", "L": "L [nats]"}


@dataclass(frozen=True)
class Answers:
    """Intervals of the answer to one question.

    Attributes:
        sure: draws and choice of interval.
        asked: name -> what was given, in the words of `allocate`.
        of: name -> interval of what follows: N, D, C, tokens_per_parameter, L (the law's mean, not a run's).
        notes: what to know, a sentence each.
        heads: name -> head of its column, in order.
    """

    sure: Sure
    asked: Mapping[str, np.ndarray]
    of: Mapping[str, Interval]
    notes: tuple[str, ...]
    heads: Mapping[str, str] = field(default_factory=lambda: HEADS)

    def to_dict(self) -> dict[str, Any]:
        """Level, kind, scheme, and name -> (low, high) as plain Python, None for NaN."""
        of = {name: {"low": _plain(low), "high": _plain(high)} for name, (low, high) in self.of.items()}
        draws, level, kind = self.sure
        return {"level": level, "kind": kind, "scheme": draws.counts(), "of": of, "notes": list(self.notes)}

    def __str__(self) -> str:
        """A table with one line a split, then the notes."""
        columns = {name: [_number(name, value) for value in np.ravel(x)] for name, x in self.asked.items()}
        columns |= {
            name: [_range(name, *ends) for ends in zip(np.ravel(low), np.ravel(high), strict=True)]
            for name, (low, high) in self.of.items()
        }
        ordered = {head: columns[name] for name, head in self.heads.items() if name in columns}
        cells = [_aligned([head, *texts]) for head, texts in ordered.items()]
        lines = ["  ".join(row) for row in zip(*cells, strict=True)]
        title = f"{self.sure}; L is the law's mean, without the noise of a run"
        return "\n".join([title, *lines, *(f"note: {note}" for note in self.notes)])


def answers(sure: Sure, **amounts: Amount | None) -> Answers:
    """Intervals of the answer to a question of `allocate`.

    Args:
        sure: draws of a law of N and D, and the kind and level of interval; taken of logarithms, as all that
            is asked for is positive.
        amounts: C, N, D, tokens_per_parameter and L as in `allocate`; None where not given.

    Raises:
        BadInput: for what `allocate` and `Draws.interval` refuse.
    """
    split, given = question(amounts)
    law = sure.draws.fit.law
    asked = dict(zip(split.given, given, strict=True))
    free = [name for name in HEADS if name not in asked]

    @jax.jit
    def split_of(params: Any) -> Float[Array, "names ..."]:
        N, D = (jnp.broadcast_to(size, given[0].shape) for size in split.at(law, params, *given))
        C, L = SIX_ND.flops(N, D), loss(law, params, N, D)
        found = {"N": N, "D": D, "C": C, "L": L, "tokens_per_parameter": D / N}
        return jnp.log(jnp.stack([found[name] for name in free]))

    return Answers(sure, asked, *intervals_of(sure, free, split_of))


def intervals_of(
    sure: Sure, names: list[str], logs: Callable[[Any], Any]
) -> tuple[dict[str, Interval], tuple[str, ...]]:
    """Intervals of positive functions of the parameters, and how many draws lack them.

    Args:
        sure: draws, and the kind and level of interval.
        names: what the functions are called.
        logs: parameters -> their logarithms, one row a name.
    """
    found = np.isfinite(sure.draws.of(logs))
    lost = int(np.count_nonzero(~found.reshape(len(found), -1).all(axis=1)))
    with np.errstate(invalid="ignore"):
        ends = sure.draws.interval(logs, level=sure.level, kind=sure.kind)
    low, high = (np.where(found.all(axis=0), np.exp(end), math.nan) for end in ends)
    return {name: Interval(low[rank], high[rank]) for rank, name in enumerate(names)}, _lost(lost, len(found))


def _lost(lost: int, count: int) -> tuple[str, ...]:
    if not lost:
        return ()
    return (f"{lost:,} of {count:,} draws have no such split; what they lack has no interval",)


def _plain(end: np.ndarray) -> Any:
    values = [None if math.isnan(value) else float(value) for value in np.ravel(end)]
    return values if np.ndim(end) else values[0]


def _number(name: str, value: float) -> str:
    return significant(float(value)) if name == "L" else format_number(float(value))


def _range(name: str, low: float, high: float) -> str:
    return "none" if math.isnan(low) else f"{_number(name, low)} to {_number(name, high)}"


def _aligned(texts: list[str]) -> list[str]:
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts]
