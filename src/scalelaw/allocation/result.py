"""`Plan`: the answer, its table, and what it says about itself in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Array
from numpy.typing import NDArray

from scalelaw._json import plain
from scalelaw._text import table
from scalelaw.allocation.optimum import UNBOUNDED
from scalelaw.allocation.question import Question, Real
from scalelaw.allocation.repeats import PUBLISHED_R_D, PUBLISHED_R_N, Decayed
from scalelaw.laws import Law
from scalelaw.numbers import format_number, significant

Number = float | NDArray[np.float64]
Columns = Mapping[str, tuple[str, Callable[[float], str]]]
"""Name of a quantity -> head of its column, and how its values are written."""


class Quantities(NamedTuple):
    """An answer as a function of the law's parameters, for its intervals.

    Attributes:
        given: Name -> what was given.
        heads: Name -> head of its column, of what was given and of what follows, in their order.
        logs: Parameters -> logarithms of what follows (all of it is positive), one row a name; pure.
        notes: What to know about the intervals, a sentence each.
    """

    given: Mapping[str, Real]
    heads: Mapping[str, str]
    logs: Callable[[Any], Array]
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """What follows."""
        return [name for name in self.heads if name not in self.given]


@dataclass(frozen=True, eq=False)
class Plan:
    """Splits of a cost between parameters and tokens; floats for one question, arrays of shape (n,) for a list.

    Attributes:
        N: Parameters of the model.
        D: Training tokens, every epoch counted.
        C: Training compute 6 N D, FLOP.
        L: Loss that the law predicts, nats per token.
        tokens_per_parameter: D / N.
        optimal: Whether this is the best split of its budget within the limits asked for; else N, D or their
            ratio was held.
        excess: L minus the loss of the optimal split of the same C, nats per token; 0 for that split, NaN
            where the law has none.
        wasted: Share of C that the cheapest split with the same loss would save; likewise.
        decades_beyond: log10 of C over the largest C of the fitted runs: above 0 is an extrapolation; None
            where the runs are not known.
        total: Cost of training and serving, in `unit`.
        unit: "FLOP", "GPU-hours" or "dollars".
        epochs: D / U, where unique tokens are limited.
        saved: Share of `total` that counting it saves, against the split that is cheapest to train to the same
            loss within the same bounds; None where nothing is served or a budget was asked.
        alone: Parameters that the law would take without bounds, a list of sizes or what was held; NaN where it
            has no best.
        at: The bound that each split lies at: "most", "least", "tokens", "size" (of a list) or "".
        residual: Of the first-order condition: (dL / d log N) D / ((dL / d log D) (D + X)) - 1. It is 0 at an
            optimum inside the bounds; at one, its sign says that the loss falls on beyond it.
        certified: Whether every split is the best by that condition; of a list of sizes, each was looked at.
        question: What was asked.
        law: The law of N and D that was asked.
        quantities: The answer as a function of the law's parameters.
        notes: What to know before the answer is used, a sentence each.
    """

    N: Number
    D: Number
    C: Number
    L: Number
    tokens_per_parameter: Number
    optimal: bool
    excess: Number
    wasted: Number
    decades_beyond: Number | None
    total: Number
    unit: str
    epochs: Number | None
    saved: Number | None
    alone: Number
    at: tuple[str, ...]
    residual: Number
    certified: bool
    question: Question = field(repr=False)
    law: Law = field(repr=False)
    quantities: Quantities = field(repr=False)
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """One row a split, a column for every number, and the bound that it lies at."""
        return pd.DataFrame(self._values() | {"at": self.at}, index=range(len(self.at)))

    def to_dict(self) -> dict[str, Any]:
        """Every number as plain Python for JSON (floats or lists of them, None for NaN), conventions and notes."""
        words = {"conventions": self.conventions(), "notes": self.notes}
        return dict(plain(self._values() | {"at": self.at} | words))

    def conventions(self) -> list[str]:
        """Units and conventions of the numbers, a line each."""
        unbounded = ["N unbounded: what the law would take without these bounds"] if any(self.at) else []
        return [*conventions(self.question, self.law), *unbounded]

    def __str__(self) -> str:
        """A table with one line a split, its conventions where there are limits, then the notes."""
        conventions = [f"  {line}" for line in self.conventions()] if self.question.limited else []
        notes = (f"note: {note}" for note in self.notes)
        return "\n".join([self._title(), *split_table(self._columns(), self), *conventions, *notes])

    def _title(self) -> str:
        if not self.question.limited:
            return f"{'Compute-optimal' if self.optimal else 'Constrained'} split of C = 6 N D"
        cost = "total cost" if self.question.costs else "training compute"
        return f"Lowest {cost} for a given loss" if self._of_loss else f"Lowest loss for a given {cost}"

    @property
    def _of_loss(self) -> bool:
        return "L" in self.question.given

    def _columns(self) -> Columns:
        """Those that say something here."""
        shown: Columns = SPLIT
        if self.question.costs:
            shown = {"total": (f"total [{self.unit}]", format_number), **shown}
        if not self.optimal:
            shown = {**shown, "excess": ("excess", "{:.3g}".format), "wasted": ("wasted", percent)}
        if self.epochs is not None:
            shown = {**shown, "epochs": ("epochs", format_number)}
        if self.saved is not None:
            shown = {**shown, "saved": ("saved", percent)}
        return {**shown, "alone": ("N unbounded", format_number)} if any(self.at) else shown

    def _values(self) -> dict[str, Any]:
        words = ("at", "question", "law", "quantities", "notes")
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in words}


SPLIT: Columns = {
    "C": ("C [FLOP]", format_number),
    "N": ("N", format_number),
    "D": ("D", format_number),
    "tokens_per_parameter": ("D/N", format_number),
    "L": ("L [nats]", significant),
}


def percent(share: float) -> str:
    """0.108 as 10.8 %."""
    return f"{100 * share:.1f} %"


def split_table(columns: Columns, answer: Any) -> list[str]:
    """Lines of a table with one row a split: attributes of the answer, floats or arrays of one length."""
    cells = [
        [write(float(value)) for value in np.atleast_1d(getattr(answer, name))]
        for name, (_, write) in columns.items()
    ]
    return table(
        list(zip(*cells, strict=True)), ">" * len(cells), heading=[head for head, _ in columns.values()]
    )


def conventions(asked: Question, law: Law) -> list[str]:
    """What the numbers of a plan mean, a line each."""
    lines = ["N parameters, D training tokens, C = 6 N D FLOP of training, L nats per token"]
    if asked.inference_tokens:
        generated = format_number(asked.generated_tokens)
        part = f", {generated} of them generated" if asked.generated_tokens else ""
        lines.append(
            f"total = cost of 6 N D FLOP of training and 2 N T FLOP of serving, T = "
            f"{format_number(asked.inference_tokens)} tokens{part}; as much as training on D + "
            f"{format_number(asked.serving)} tokens"
        )
        if "L" in asked.given:
            lines.append("saved: of the total, against the split that is cheapest to train to the same loss")
    if asked.rates.unit != "FLOP":
        lines.append(f"{asked.rates.unit}: {asked.rates.convention}")
    if asked.U is not None:
        lines.append(f"epochs = D / U, U = {format_number(asked.U)} unique tokens; {_repeats(asked, law)}")
    if asked.bounds.least > 1:
        lines.append(f"N >= {format_number(asked.bounds.least)} parameters")
    if asked.bounds.most < UNBOUNDED:
        lines.append(f"N <= {format_number(asked.bounds.most)} parameters")
    if asked.sizes is not None:
        lines.append(f"N of {', '.join(format_number(float(N)) for N in asked.sizes)} parameters")
    return lines


def _repeats(asked: Question, law: Law) -> str:
    decay = law.loss
    if not asked.repeats:
        return "repeats are forbidden, D <= U"
    if not isinstance(decay, Decayed):
        return "what repeats are worth is fitted"
    published = (decay.R_D, decay.R_N) == (PUBLISHED_R_D, PUBLISHED_R_N)
    whose = "as Muennighoff et al. 2023 found" if published else "as given"
    return f"the worth of repeats decays with R_D = {decay.R_D:.4g}, R_N = {decay.R_N:.4g}, {whose}"
