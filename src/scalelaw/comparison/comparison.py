"""What `compare` found: tables over approaches and papers, and whether the approaches agree."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from scalelaw._json import plain
from scalelaw._text import table
from scalelaw.approaches import Envelope, IsoFLOP
from scalelaw.approaches.design_bias import DesignBias
from scalelaw.comparison.flatness import flatness, flatness_lines
from scalelaw.comparison.questions import Approach, Paper, Question, at_budgets, exponents, of_sizes
from scalelaw.comparison.verdict import HEADING, line, tests, verdict
from scalelaw.fitting import Fit
from scalelaw.numbers import amounts, format_number

HEADS = {
    "a": "a, N* ~ C^a",
    "b": "b, D* ~ C^b",
    "N": "N*, parameters",
    "C": "C, FLOP",
    "D": "D*, tokens",
    "tokens_per_parameter": "D* / N*",
}
FIRST, WIDTH = 34, 32


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
        bias: of the profiles' design, on the law's surface; None where it is not measured.
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
    bias: DesignBias | None = None

    @property
    def tested(self) -> tuple[Approach, ...]:
        """The approaches that are held to each other: of profiles the corrected ones, where there are such."""
        return tuple(each for each in self.approaches if each.tested)

    @cached_property
    def exponents(self) -> pd.DataFrame:
        """Hoffmann's Table 2: a and b of every approach and paper; columns as `table`."""
        return self.table(exponents())

    @cached_property
    def best(self) -> pd.DataFrame:
        """N*, D* and tokens per parameter at the budgets; columns as `table`."""
        return self.table(at_budgets(self.budgets))

    @cached_property
    def flat(self) -> pd.DataFrame:
        """Sizes whose loss is within 1 % of the best, at the largest budget of the profiles and at `budgets`."""
        return flatness(self.approaches, self.budgets, self.level)

    def sizes(self, N: Iterable[float | str] | float | str) -> pd.DataFrame:
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
        rows: list[tuple[Any, ...]] = []
        for each in self.approaches:
            values, ends = each.estimates(questions), each.intervals(questions, self.level)
            for question, value, (low, high) in zip(questions, values, ends, strict=True):
                rows.append((each.name, *question, value, low, high, self.level, each.kind))
        for paper in self.papers:
            for question, value in zip(questions, paper.estimates(questions), strict=True):
                rows.append((paper.name, *question, value, *paper.interval(question)))
        columns = ["source", "name", "C", "N", "value", "low", "high", "level", "kind"]
        numbers = dict.fromkeys(("C", "N", "value", "low", "high", "level"), float)
        return pd.DataFrame(rows, columns=columns).astype(numbers)

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """Whether approaches agree on a and on N* at the budgets: all at once, and in pairs.

        Returns:
            Columns `between`, `name`, `C`; `value`, `low`, `high`: of pairs the second's a less the first's, or
            the second's N* over the first's, with intervals that hold all at once; `p` of the test among all of
            them (max-T), NaN where too few resamples have every answer; `agree`, whether nothing speaks against it
            and a difference that matters would have been seen; `p_alone` of each by itself; `seen`, the smallest
            difference or ratio that would have been seen with a chance of 80 %; `matters`, what matters; `outcome`,
            "differ", "agree" or "cannot tell". Where nothing is tested, the columns up to `agree`.
        """
        return tests(self.tested, self.budgets, self.level)

    @cached_property
    def verdict(self) -> str:
        """Whether the approaches agree, in a sentence."""
        if len(self.tested) < 2:
            return "one approach is possible: nothing to agree with"
        return verdict(self.agreement, self.level)

    @property
    def _doubts(self) -> list[str]:
        """What speaks against the intervals, by approach."""
        return [f"{each.name}: {doubt}" for each in self.approaches for doubt in each.draws.warnings]

    def to_dict(self, sizes: Sequence[float | str] = ()) -> dict[str, Any]:
        """Tables, tests and reasons for JSON, those of `sizes` if any; NaN is None."""
        tables = {"exponents": self.exponents, "best": self.best, "flat": self.flat}
        tables |= {"sizes": self.sizes(sizes)} if sizes else {}
        tables |= {"agreement": self.agreement} if len(self.tested) > 1 else {}
        return {
            "verdict": self.verdict,
            "warnings": [*self.fit.certificate.warnings, *self._doubts],
            "misfit": plain(self.fit.misfit.to_dict()),
            "resamples": self.resamples,
            "missing": dict(self.missing),
            "bias": None if self.bias is None else self.bias.to_dict(),
            **{name: plain(each.to_dict("records")) for name, each in tables.items()},
        }

    def text(self, sizes: Sequence[float | str] = ()) -> str:
        """All tables in words, what is wrong first; with what makes `sizes` [parameters] the best, if any."""
        fit = self.fit
        lines = [f"Compute-optimal training from {len(fit.runs)} rows of {fit.runs.source}"]
        against = (*fit.certificate.warnings, *fit.misfit.warnings)
        lines += [f"warning: approach 3: {warning}" for warning in against]
        lines += [f"warning: approach {doubt}" for doubt in self._doubts]
        lines.append(self.verdict)
        lines += [f"{name}: not possible: {why}" for name, why in self.missing.items()]
        lines += [f"{approach.name}: {approach.words}" for approach in self.approaches]
        lines += ["", *_block(self.exponents, "{:.4f}".format)]
        for C in self.budgets:
            at = self.best[self.best.C == C]
            lines += ["", f"at C = {format_number(C)} FLOP", *_block(at, format_number)]
        lines += ["", *flatness_lines(self.flat)]
        of_size = self.sizes(sizes) if sizes else pd.DataFrame({"N": []})
        for N in of_size.N.unique():
            lines += ["", f"N = {format_number(N)} parameters is the best size for"]
            lines += _block(of_size[of_size.N == N], format_number)
        lines += ["", f"Intervals of {self.level:.0%} over {self.resamples}"]
        if len(self.tested) > 1:
            lines += [HEADING, *(line(row) for row in self.agreement.to_dict("records"))]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def _block(found: pd.DataFrame, show: Callable[[float], str]) -> list[str]:
    """One line a source, one column a quantity."""
    heading = ["", *(HEADS[name] for name in dict.fromkeys(found.name))]
    rows = [
        [str(source), *(_cell(row, show) for row in own.to_dict("records"))]
        for source, own in found.groupby("source", sort=False)
    ]
    widths = (FIRST, *(WIDTH,) * (len(heading) - 1))
    return table(rows, "<" * len(heading), heading=heading, widths=widths, gap="")


def _cell(row: dict[Any, Any], show: Callable[[float], str]) -> str:
    if np.isnan(row["low"]):
        return show(row["value"])
    level = f", {row['level']:.0%}" if row["kind"] == "printed" else ""
    return f"{show(row['value'])} ({show(row['low'])} to {show(row['high'])}{level})"
