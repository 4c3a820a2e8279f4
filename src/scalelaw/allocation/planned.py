"""A plan: each split with what it costs in all, the bound it lies at, and its certificate."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalelaw.allocation.problem import Problem
from scalelaw.allocation.question import Real
from scalelaw.allocation.result import COLUMNS as SPLIT
from scalelaw.allocation.result import Columns, Number, aligned, percent, plain
from scalelaw.allocation.room import UNBOUNDED
from scalelaw.allocation.unique import PUBLISHED_R_D, PUBLISHED_R_N, Decayed
from scalelaw.numbers import format_number

BOUNDS = {
    "most": "the cap",
    "least": "the least size",
    "tokens": "all unique tokens",
    "size": "the allowed size",
}
UNCERTIFIED = "not certified, the loss has a kink here or is flat to its last digits: "


@dataclass(frozen=True, eq=False)
class Plan:
    """Best splits where serving costs, tokens are few or sizes are bounded; floats, or arrays for a list.

    Attributes:
        N: Parameters of the model.
        D: Training tokens, every epoch counted.
        C: Training compute 6 N D, FLOP.
        L: Loss that the law predicts, nats per token.
        tokens_per_parameter: D / N.
        total: Cost of training and serving, in `unit`.
        unit: "FLOP", "GPU-hours" or "dollars".
        epochs: D / U, where unique tokens are limited.
        saved: Share of `total` that counting it saves, against the split that is cheapest to train to the same
            loss within the same bounds; None where nothing is served or a budget was asked.
        alone: Parameters that the law would take without bounds or a list of sizes; NaN where it has no best.
        at: The bound that each split lies at: "most", "least", "tokens", "size" (of a list) or "".
        residual: Of the first-order condition: (dL / d log N) D / ((dL / d log D) (D + X)) - 1. It is 0 at an
            optimum inside the bounds; at one, its sign says that the loss falls on beyond it.
        certified: Whether every split is the best by that condition; of a list of sizes, each was looked at.
        decades_beyond: log10 of C over the largest C of the fitted runs; None where the runs are not known.
        problem: What was asked.
        notes: What to know before the plan is used, a sentence each.
    """

    N: Number
    D: Number
    C: Number
    L: Number
    tokens_per_parameter: Number
    total: Number
    unit: str
    epochs: Number | None
    saved: Number | None
    alone: Number
    at: tuple[str, ...]
    residual: Number
    certified: bool
    decades_beyond: Number | None
    problem: Problem
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """One row a split: its numbers, and the bound that it lies at."""
        numbers = {name: value for name, value in self._numbers().items() if value is not None}
        return pd.DataFrame(numbers | {"at": self.at}, index=range(len(self.at)))

    def to_dict(self) -> dict[str, Any]:
        """Every attribute as plain Python for JSON, and the conventions in words; None for NaN."""
        words = {"unit": self.unit, "at": list(self.at), "certified": self.certified}
        text = {"conventions": self.conventions(), "notes": list(self.notes)}
        return {name: plain(value) for name, value in self._numbers().items()} | words | text

    def conventions(self) -> list[str]:
        """Units and conventions of the numbers, a line each."""
        unbounded = ["N unbounded: what the law would take without these bounds"] if any(self.at) else []
        return [*conventions(self.problem), *unbounded]

    def __str__(self) -> str:
        """A table with one line a split, its conventions, then the notes."""
        cost = "total cost" if self._costs() else "training compute"
        budget = self.problem.asked == "budget"
        aim = f"Lowest loss for a given {cost}" if budget else f"Lowest {cost} for a given loss"
        cells = [
            aligned(head, getattr(self, name), write)
            for name, (head, write) in self._columns().items()
            if getattr(self, name) is not None
        ]
        lines = ["  ".join(row) for row in zip(*cells, strict=True)]
        told = [f"  {line}" for line in self.conventions()]
        return "\n".join([aim, *lines, *told, *(f"note: {note}" for note in self.notes)])

    def _columns(self) -> Columns:
        costs: Columns = {"total": (f"total [{self.unit}]", format_number)}
        bounded: Columns = {"alone": ("N unbounded", format_number)} if any(self.at) else {}
        return (costs if self._costs() else {}) | COLUMNS | bounded

    def _costs(self) -> bool:
        """Whether the total cost is more than C."""
        return bool(self.problem.inference_tokens) or self.unit != "FLOP"

    def _numbers(self) -> dict[str, Any]:
        names = ("N", "D", "C", "L", "tokens_per_parameter", "total", "epochs", "saved", "alone", "residual")
        return {name: getattr(self, name) for name in (*names, "decades_beyond")}


COLUMNS: Columns = SPLIT | {
    "epochs": ("epochs", format_number),
    "saved": ("saved", percent),
}


def conventions(asked: Problem) -> list[str]:
    """What the numbers of a plan mean, a line each."""
    lines = ["N parameters, D training tokens, C = 6 N D FLOP of training, L nats per token"]
    if asked.inference_tokens:
        part = (
            f", {format_number(asked.generated_tokens)} of them generated" if asked.generated_tokens else ""
        )
        lines.append(
            f"total = cost of 6 N D FLOP of training and 2 N T FLOP of serving, T = "
            f"{format_number(asked.inference_tokens)} tokens{part}; as much as training on D + "
            f"{format_number(asked.terms.serving)} tokens"
        )
        if asked.asked == "L":
            lines.append("saved: of the total, against the split that is cheapest to train to the same loss")
    if asked.rates.unit != "FLOP":
        lines.append(f"{asked.rates.unit}: {asked.rates.convention}")
    if asked.U is not None:
        lines.append(f"epochs = D / U, U = {format_number(asked.U)} unique tokens; {_repeats(asked)}")
    return [*lines, *_bounds(asked)]


def _repeats(asked: Problem) -> str:
    decay = asked.law.loss
    if not asked.repeats:
        return "repeats are forbidden, D <= U"
    if not isinstance(decay, Decayed):
        return "what repeats are worth is fitted"
    published = (decay.R_D, decay.R_N) == (PUBLISHED_R_D, PUBLISHED_R_N)
    whose = "as Muennighoff et al. 2023 found" if published else "as given"
    return f"the worth of repeats decays with R_D = {decay.R_D:.4g}, R_N = {decay.R_N:.4g}, {whose}"


def _bounds(asked: Problem) -> list[str]:
    room, sizes = asked.terms.room, asked.terms.sizes
    low = f"N >= {format_number(room.least)} parameters" if room.least > 1 else ""
    high = f"N <= {format_number(room.most)} parameters" if room.most < UNBOUNDED else ""
    of = "" if sizes is None else f"N of {', '.join(format_number(float(N)) for N in sizes)} parameters"
    return [line for line in (low, high, of) if line]


def remarks(asked: Problem, N: Real, D: Real, alone: Real, at: Any, residual: Real, sure: bool) -> list[str]:
    """Which bound holds a plan, and how well the first-order condition is met."""
    inside = at == ""
    notes = [_held(N.item(), D.item(), alone.item(), at.item())] if not N.ndim and at.item() else []
    if N.ndim and not inside.all() and asked.terms.sizes is None:
        notes.append(f"{np.count_nonzero(~inside)} of {N.size} splits lie at a bound")
    if inside.any():
        worst = float(np.max(np.abs(residual[inside])))
        notes.append(f"{'' if sure else UNCERTIFIED}first-order condition met to {worst:.1g}")
    if asked.terms.sizes is not None:
        notes.append("every allowed size was looked at")
    return notes


def _held(N: float, D: float, alone: float, at: str) -> str:
    where = f"at {BOUNDS[at]}, {'D' if at == 'tokens' else 'N'} = {format_number(D if at == 'tokens' else N)}"
    if np.isnan(alone):
        return f"{where}: without bounds the law has no best split"
    return f"{where}: the law alone would take N = {format_number(alone)}"
