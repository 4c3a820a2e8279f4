"""IsoFLOP profiles of one sweep under several counts of N side by side, over the same resamples.

Kaplan et al. 2020 count parameters without embeddings, Hoffmann et al. 2022 with them, and sparse models have
active and total ones; Pearce & Song 2024 and Porian et al. 2024 trace a part of the exponents' difference to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from scalelaw._checks import bad_input, check_probability, shown
from scalelaw._json import plain
from scalelaw._text import table
from scalelaw.approaches import IsoFLOP, isoflop
from scalelaw.numbers import format_number
from scalelaw.resampling import Draws, bootstrap
from scalelaw.resampling.intervals import interval
from scalelaw.runs import Runs

# Counts that are multiples of each other differ by rounding.
ALIKE = 1e-9

QUANTITIES = ("a", "N", "tokens_per_parameter", "change")


@dataclass(frozen=True, eq=False, repr=False)
class Counts:
    """Approach 2 under several counts of N.

    Attributes:
        found: name of the count -> its profiles, all of the same budgets.
        draws: name -> its resamples, the same for all; empty where none were asked for.
        compute: where C is from, in words.
        level: of confidence.
    """

    found: dict[str, IsoFLOP]
    draws: dict[str, Draws]
    compute: str
    level: float

    @cached_property
    def budgets(self) -> np.ndarray:
        """Budgets [FLOP] whose profile has a minimum under every count."""
        each = list(self.found.values())
        return np.asarray(each[0].budgets.C[np.all([one.by_N.used for one in each], axis=0)])

    def to_frame(self) -> pd.DataFrame:
        """A row a count.

        Returns:
            Columns `count`; `a`, the exponent of N*; `N` [parameters], the best at the largest of `budgets`;
            `tokens_per_parameter` amid them; `change`, the factor by which it goes from the smallest to the
            largest, by the power laws; of each `_low` and `_high`; `spread`, the standard deviation of log(D* / N*)
            of the minima over the budgets; `excess`, |log change| less that of the most constant count, with the
            interval of this difference over the same resamples; and `most_constant`, in which share of these it is.
        """
        frame = pd.DataFrame({"count": list(self.found)})
        estimates = np.array([self._answers(each.params) for each in self.found.values()])
        frame[[*QUANTITIES]], frame["spread"] = estimates, [self._spread(one) for one in self.found.values()]
        size = np.abs(np.log(estimates[:, -1]))
        best = int(np.argmin(size))
        frame["excess"] = size - size[best]
        if not self.draws:
            return frame
        drawn = np.stack([self._resampled(each) for each in self.draws.values()], axis=1)
        drawn_size = np.abs(np.log(drawn[..., -1]))
        for side, ends in (
            interval("percentile", np.log(drawn), np.log(estimates), self.level)._asdict().items()
        ):
            frame[[f"{name}_{side}" for name in QUANTITIES]] = np.exp(ends)
        differences = drawn_size - drawn_size[:, [best]]
        ends = interval("percentile", differences, frame["excess"].to_numpy(), self.level)
        there = np.isfinite(drawn_size).all(axis=1)
        least = drawn_size[there].min(axis=1, keepdims=True, initial=np.inf)
        wins = (drawn_size[there] <= least + ALIKE).mean(axis=0)
        return frame.assign(excess_low=ends.low, excess_high=ends.high, most_constant=wins)

    @property
    def most_constant(self) -> tuple[str, ...]:
        """The count with the most constant tokens per parameter; several where one is a multiple of the other."""
        frame = self.to_frame()
        return tuple(frame["count"][frame.excess <= ALIKE])

    @property
    def verdict(self) -> str:
        """Which count that is, and what it says, in a sentence."""
        best = min(self.to_frame().to_dict("records"), key=lambda row: row["excess"])
        low, high = map(format_number, (self.budgets[0], self.budgets[-1]))
        ends, share = "", ""
        if self.draws:
            ends = f" ({best['change_low']:.3g} to {best['change_high']:.3g})"
            share = f", and most constant in {best['most_constant']:.0%} of the resamples"
        return (
            f"tokens per parameter are most constant counting N as {' or '.join(map(repr, self.most_constant))}: "
            f"times {best['change']:.3g}{ends} from {low} to {high} FLOP{share}; this describes the sweep, and is "
            "no reason to count so"
        )

    def to_dict(self) -> dict[str, Any]:
        """For JSON; NaN is None."""
        said = {
            "C": self.compute,
            "level": self.level,
            "verdict": self.verdict,
            "most_constant": self.most_constant,
        }
        resamples = {name: each.counts() for name, each in self.draws.items()}
        return {**said, "resamples": resamples, "counts": plain(self.to_frame().to_dict("records"))}

    def __str__(self) -> str:
        frame = self.to_frame()

        def cell(row: pd.Series, name: str) -> str:
            show = "{:.4f}".format if name == "a" else format_number
            low, high = row.get(f"{name}_low", np.nan), row.get(f"{name}_high", np.nan)
            return show(row[name]) + (f" ({show(low)} to {show(high)})" if np.isfinite(low + high) else "")

        heading = [
            "N counted as",
            "a",
            f"N* at {format_number(self.budgets[-1])}",
            "D*/N* amid",
            "D*/N* changes by",
            "sd of log D*/N*",
        ]
        rows = [
            [row["count"], *(cell(row, name) for name in QUANTITIES), f"{row.spread:.3g}"]
            for _, row in frame.iterrows()
        ]
        how = next((f"; {self.level:.0%} intervals over {each.counts()}" for each in self.draws.values()), "")
        title = f"Approach 2 under {len(frame)} counts of N, {len(self.budgets)} budgets; C is {self.compute}{how}"
        return "\n".join([title, *table(rows, "<<<<<<", heading=heading), self.verdict])

    __repr__ = __str__

    def _answers(self, params: Any) -> np.ndarray:
        """Values of `QUANTITIES`, [..., 4]."""
        x = np.log(self.budgets)
        turn = params.b - params.a
        middle = params.log_kD - params.log_kN + turn * (x[0] + x[-1]) / 2
        logs = (params.log_kN + params.a * x[-1], middle, turn * (x[-1] - x[0]))
        return np.stack([params.a, *map(np.exp, logs)], axis=-1)

    def _resampled(self, draws: Draws) -> np.ndarray:
        """[R, 4]; NaN of a resample without a frontier."""
        return np.where(draws.usable[:, None], self._answers(draws.params), np.nan)

    def _spread(self, found: IsoFLOP) -> float:
        kept = np.isin(found.budgets.C, self.budgets)
        return float(np.std(np.log(found.by_D.best[kept] / found.by_N.best[kept]), ddof=1))


def isoflop_counts(
    runs: Runs,
    counts: Sequence[str],
    *,
    replicates: int = 0,
    seed: int = 0,
    scheme: str | None = None,
    level: float = 0.95,
    **how: Any,
) -> Counts:
    """Approach 2 under several counts of N: total, non-embedding, active parameters.

    C, and with it which runs share a budget, is that of the runs under every count: what a sweep was run at does
    not depend on how its models are counted. Read them with a column of C, or with the N that C = 6 N D is of.

    Args:
        runs: with the other counts as further inputs: `read_runs(..., N="total", inputs=["non_embedding"])`.
        counts: at least two of "N" and the names of further inputs.
        replicates: resamples for intervals; 0 for none. The same under every count, so that differences are paired.
        seed: of them.
        scheme: "parametric" (noise on every loss, that about the first count's profiles) or "stratified".
        level: of confidence.
        how: further keywords of `isoflop`.

    Returns:
        Exponents, optima and tokens per parameter of each, and which count has these most constant.

    Raises:
        BadInput: for fewer than two counts, two that are equal in every run, one that is not positive, or what
            `isoflop` refuses.

    Examples:
        >>> runs = sl.read_dataset("simulated-sweep", where="kind == 'isoflop'")
        >>> small = sl.recount(runs, "non-embedding")
        >>> table = runs.to_frame().assign(small=small.N)
        >>> both = sl.Runs.from_frame(table, N="N", D="D", C="C", L="L", inputs=["small"])
        >>> found = sl.isoflop_counts(both, ["N", "small"])
        >>> found.most_constant
        ('N',)
    """
    check_probability("level", level)
    sizes = _sizes(runs, counts)
    if how.get("noise") is None:
        noise = isoflop(replace(runs, N=next(iter(sizes.values()))), **how).noise
        how["noise"] = noise if np.isfinite(noise) else None
    found = {name: isoflop(replace(runs, N=N), **how) for name, N in sizes.items()}
    made = Counts(found, {}, _compute(runs), level)
    if len(made.budgets) < 2:
        got = f"{len(made.budgets)} budgets"
        raise bad_input(
            "counts", "of profiles that share at least 2 budgets with a minimum", got, place=runs.source
        )
    if not replicates:
        return made
    strata = next(iter(found.values())).strata if scheme == "stratified" else None
    draws = {
        name: bootstrap(each, replicates, seed, scheme=scheme, by=strata) for name, each in found.items()
    }
    return replace(made, draws=draws)


def _sizes(runs: Runs, counts: Sequence[str]) -> dict[str, np.ndarray]:
    """N of every run under each count, by the name of its column."""
    if isinstance(counts, str) or len(counts) < 2:
        raise bad_input("counts", "at least two columns of N", shown(counts), advice="for one take isoflop")
    values = [(runs.columns.get(name, name), runs.inputs([name])[name]) for name in counts]
    for (one, first), (other, second) in combinations(values, 2):
        if np.array_equal(first, second):
            got = f"{one!r} and {other!r}, which are equal in every run"
            raise bad_input(
                "counts", "different columns of N", got, place=runs.source, advice="leave one out"
            )
    for name, N in values:
        bad = np.flatnonzero(~(N > 0))
        if bad.size:
            place = f"{runs.source}, row {runs.rows[bad[0]]}, column {name!r}"
            raise bad_input(
                f"count {name!r}", "positive, a number of parameters", shown(float(N[bad[0]])), place=place
            )
    return dict(values)


def _compute(runs: Runs) -> str:
    """Where C of all counts is from."""
    column = runs.columns.get("C")
    return (
        f"that of column {column!r}" if column else f"6 N D of N = {runs.columns.get('N', 'N')!r}, the first"
    )
