"""How sure an answer is: intervals of all that follows from the law's parameters."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scalelaw._json import plain
from scalelaw._text import table
from scalelaw.allocation import Quantities
from scalelaw.numbers import format_number, significant
from scalelaw.resampling import Draws
from scalelaw.resampling.intervals import Interval


class IntervalSettings(NamedTuple):
    """Draws, and which interval is taken from them.

    Attributes:
        draws: from `bootstrap`; they know the scheme.
        level: of confidence.
        kind: of interval, as in `Draws.interval`.
    """

    draws: Draws
    level: float = 0.95
    kind: str = "bca"

    def __str__(self) -> str:
        return f"{100 * self.level:.6g} % {self.kind} intervals"


@dataclass(frozen=True)
class Answers:
    """Intervals of an answer.

    Attributes:
        settings: draws and choice of interval.
        quantities: what the answer consists of.
        of: name -> interval of what follows: N, D, C, L (the law's mean, not a run's), ...
        notes: what to know, a sentence each.
    """

    settings: IntervalSettings
    quantities: Quantities
    of: dict[str, Interval]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Level, kind, scheme, and name -> (low, high) as plain Python, None for NaN."""
        draws, level, kind = self.settings
        of = {name: ends._asdict() for name, ends in self.of.items()}
        text = {"level": level, "kind": kind, "scheme": draws.counts(), "warnings": draws.warnings}
        return dict(plain({**text, "of": of, "notes": self.notes}))

    def __str__(self) -> str:
        """A table with one line a split, then the notes."""
        columns = [self._column(name) for name in self.quantities.heads]
        rows = list(zip(*columns, strict=True))
        lines = table(rows, ">" * len(columns), heading=list(self.quantities.heads.values()))
        title = f"{self.settings}; L is the law's mean, without the noise of a run"
        return "\n".join([title, *lines, *(f"note: {note}" for note in self.notes)])

    def _column(self, name: str) -> list[str]:
        def written(value: float) -> str:
            return significant(float(value)) if name == "L" else format_number(float(value))

        if name in self.quantities.given:
            return [written(value) for value in np.ravel(self.quantities.given[name])]
        ends = zip(*map(np.ravel, self.of[name]), strict=True)
        return ["none" if np.isnan(low) else f"{written(low)} to {written(high)}" for low, high in ends]


def answers(settings: IntervalSettings, quantities: Quantities) -> Answers:
    """Intervals of an answer.

    Args:
        settings: draws of the law that was asked, and the kind and level of interval; taken of logarithms, as
            all that is asked for is positive.
        quantities: those of the answer: of `plan`, `cost_of_smaller` or `compute_equivalent_gain`.

    Raises:
        BadInput: for what `Draws.interval` refuses.
    """
    draws, level, kind = settings
    draws.refuse_if_unreliable()
    found = np.isfinite(draws.of(quantities.logs))
    lost = int(np.count_nonzero(~found.reshape(len(found), -1).all(axis=1)))
    with np.errstate(invalid="ignore"):
        ends = draws.interval(quantities.logs, level=level, kind=kind)
    low, high = (np.where(found.all(axis=0), np.exp(end), np.nan) for end in ends)
    of = {name: Interval(low[rank], high[rank]) for rank, name in enumerate(quantities.names)}
    lack = f"{lost:,} of {len(found):,} draws have no such split; what they lack has no interval"
    return Answers(settings, quantities, of, (*((lack,) if lost else ()), *quantities.notes))
