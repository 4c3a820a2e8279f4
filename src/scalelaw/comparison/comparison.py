"""What `compare` found: tables over approaches and papers, and whether the approaches agree."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from scalelaw.approaches import Envelope, IsoFLOP
from scalelaw.comparison.agreement import FEWEST, agreement
from scalelaw.comparison.approaches import Answers
from scalelaw.comparison.papers import Paper
from scalelaw.comparison.questions import Amount, Question, amounts, at_budgets, exponents, of_sizes
from scalelaw.comparison.text import report
from scalelaw.fitting import Fit


class Approach(NamedTuple):
    """One way from the runs to the frontier.

    Attributes:
        name: its number and what it looks at.
        words: how.
        answers: how it is asked.
    """

    name: str
    words: str
    answers: Answers


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """The approaches side by side.

    Attributes:
        fit: Approach 3 with all runs.
        envelope: Approach 1; None where the runs do not allow it.
        isoflop: Approach 2; likewise.
        approaches: those possible, over the same resamples.
        resamples: how they were made and how those of Approach 3 ended, in words.
        missing: why each of the others is not possible, by its name.
        papers: published answers.
        budgets: compute [FLOP] that tables and tests are for.
        level: of confidence.
    """

    fit: Fit
    envelope: Envelope | None
    isoflop: IsoFLOP | None
    approaches: tuple[Approach, ...]
    resamples: str
    missing: Mapping[str, str]
    papers: tuple[Paper, ...]
    budgets: tuple[float, ...]
    level: float

    @cached_property
    def exponents(self) -> pd.DataFrame:
        """Hoffmann's Table 2: a and b of every approach and paper; columns as `table`."""
        return self.table(exponents())

    @cached_property
    def best(self) -> pd.DataFrame:
        """N*, D* and tokens per parameter at the budgets; columns as `table`."""
        return self.table(at_budgets(self.budgets))

    def sizes(self, N: Iterable[Amount] | Amount) -> pd.DataFrame:
        """Hoffmann's Tables 3 and A3: the compute and tokens for which sizes are the best; columns as `table`.

        Args:
            N: parameters, numbers or text as people write them.

        Raises:
            BadInput: for a size that is no positive number.
        """
        return self.table(of_sizes(amounts("N", N)))

    def table(self, questions: Sequence[Question]) -> pd.DataFrame:
        """Answers of every approach and paper.

        Returns:
            Columns `source`, `name`, `C` [FLOP], `N` [parameters] (what was asked), `value`, `low`, `high`, `level`
            and `kind` of the interval; NaN where there is none.
        """
        rows = [row for approach in self.approaches for row in _asked(approach, questions, self.level)]
        rows += [row for paper in self.papers for row in _printed(paper, questions)]
        columns = ["source", "name", "C", "N", "value", "low", "high", "level", "kind"]
        numbers = dict.fromkeys(("C", "N", "value", "low", "high", "level"), float)
        return pd.DataFrame(rows, columns=columns).astype(numbers)

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """Whether approaches agree on a and on N* at the budgets: all at once, and in pairs.

        Returns:
            Columns `between`, `name`, `C`; `value`, `low`, `high`: of pairs the second's a less the first's, or
            the second's N* over the first's, with percentile intervals; `p` of the bootstrap Wald test, NaN
            where too few resamples have every answer; and `agree`, whether p is at least 1 - level over the
            number of tests.
        """
        asked = [Question("a"), *(Question("N", C=C) for C in self.budgets)]
        several = [approach.answers for approach in self.approaches]
        estimates = np.stack([answers.estimates(asked) for answers in several])
        draws = np.stack([answers.draws_of(asked) for answers in several])
        rows = [
            (
                self._names(some),
                ask.name,
                ask.C,
                *_agreed(ask, estimates[some, at], draws[some, :, at], self.level, self._needed),
            )
            for at, ask in enumerate(asked)
            for some in _sets(len(several))
        ]
        threshold = (1 - self.level) / len(rows)
        frame = pd.DataFrame(rows, columns=["between", "name", "C", "value", "low", "high", "p"])
        return frame.astype({"C": float}).assign(agree=frame.p >= threshold)

    @cached_property
    def verdict(self) -> str:
        """Whether the approaches agree, in a sentence."""
        if len(self.approaches) < 2:
            return "one approach is possible: nothing to agree with"
        found = self.agreement
        if found.p.isna().any():
            return (
                f"too few resamples have an answer of every approach ({self._needed} are needed): not tested"
            )
        if found.agree.all():
            return (
                f"the approaches agree: no test of a or N* speaks against it (smallest p {found.p.min():.2g})"
            )
        against = sorted(set(found.between[~found.agree]))
        return (
            f"the approaches DIFFER beyond their noise: {'; '.join(against)} (smallest p {found.p.min():.2g})"
        )

    @property
    def _needed(self) -> int:
        """Resamples of which none may stray for a test to say that approaches differ."""
        tests = (1 + len(self.budgets)) * len(_sets(len(self.approaches)))
        return max(FEWEST, math.ceil(tests / (1 - self.level)))

    def _names(self, some: Sequence[int]) -> str:
        return " and ".join(self.approaches[which].name for which in some)

    def to_dict(self, sizes: Sequence[Amount] = ()) -> dict[str, Any]:
        """Tables, tests and reasons for JSON, those of `sizes` if any; NaN is None."""
        tables = {"exponents": self.exponents, "best": self.best}
        tables |= {"sizes": self.sizes(sizes)} if sizes else {}
        tables |= {"agreement": self.agreement} if len(self.approaches) > 1 else {}
        return {
            "verdict": self.verdict,
            "warnings": list(self.fit.certificate.warnings),
            "resamples": self.resamples,
            "missing": dict(self.missing),
            **{name: _records(table) for name, table in tables.items()},
        }

    def text(self, sizes: Sequence[Amount] = ()) -> str:
        """All tables in words, what is wrong first; with what makes `sizes` [parameters] the best, if any."""
        return report(self, self.sizes(sizes) if sizes else None)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


Row = tuple[Any, ...]


def _asked(approach: Approach, questions: Sequence[Question], level: float) -> list[Row]:
    estimates = approach.answers.estimates(questions)
    ends = approach.answers.intervals(questions, level)
    return [
        (approach.name, *ask, value, *own, level, approach.answers.kind)
        for ask, value, own in zip(questions, estimates, ends, strict=True)
    ]


def _printed(paper: Paper, questions: Sequence[Question]) -> list[Row]:
    nothing = (np.nan, np.nan)
    ends = [paper.interval(ask.name) if ask.C is None and ask.N is None else None for ask in questions]
    return [
        (
            paper.name,
            *ask,
            value,
            *(own or nothing),
            paper.fit.level if own else np.nan,
            "printed" if own else "",
        )
        for ask, value, own in zip(questions, paper.estimates(questions), ends, strict=True)
    ]


def _sets(approaches: int) -> list[list[int]]:
    """All of them where there are more than two, and every pair."""
    pairs = [list(pair) for pair in combinations(range(approaches), 2)]
    return pairs if approaches < 3 else [list(range(approaches)), *pairs]


def _agreed(ask: Question, estimates: np.ndarray, draws: np.ndarray, level: float, needed: int) -> Row:
    """Value and ends of a pair's difference or ratio, and p of the test."""
    known = np.isfinite(draws).all(axis=0)
    if ask.C is not None:
        estimates, draws = np.log(estimates), np.log(draws)
    p = agreement(estimates, draws.T).p if np.count_nonzero(known) >= needed else np.nan
    if len(estimates) > 2 or not known.any():
        return (np.nan, np.nan, np.nan, p)
    ends = np.quantile(np.diff(draws[:, known], axis=0), [(1 - level) / 2, (1 + level) / 2])
    apart = np.append(np.diff(estimates), ends)
    return (*(apart if ask.C is None else np.exp(apart)), p)


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    plain = table.astype(object)
    return plain.where(plain.notna(), None).to_dict("records")
