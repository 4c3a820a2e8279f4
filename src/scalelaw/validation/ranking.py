"""Laws ranked: by what they predicted of later runs, with a criterion and cross-validation beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.special import stdtrit

from scalelaw._checks import BadInput
from scalelaw._json import plain
from scalelaw._text import table
from scalelaw.fitting import Fit
from scalelaw.runs import Runs
from scalelaw.runs.groups import group_codes
from scalelaw.validation.backtest import Backtest
from scalelaw.validation.trials import Candidate, Trial

FOLDS = 5
LEVEL = 0.95


class Difference(NamedTuple):
    """How much better one law predicts than another.

    Attributes:
        better, worse: names.
        difference: of their mean absolute errors, per cent of the loss; not negative.
        low, high: ends of its 95 % interval; infinite with a single cut-off.
        cutoffs: number of cut-offs at which both were fitted.
    """

    better: str
    worse: str
    difference: float
    low: float
    high: float
    cutoffs: int

    @property
    def told_apart(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0

    def __str__(self) -> str:
        ends = f"{self.difference:.2g} % of the loss ({self.low:.2g} to {self.high:.2g})"
        if self.told_apart:
            return f"{self.better} predicts later runs better than {self.worse}, by {ends}"
        return f"{self.better} and {self.worse} cannot be told apart: their errors differ by {ends}"


@dataclass(frozen=True, eq=False, repr=False)
class Ranking:
    """Laws from the best to the worst.

    Attributes:
        frame: a row a law, by score: `law`, `parameters`, `score` (mean absolute error of back-tests, per cent),
            `criterion` (robust AIC above the lowest), `cross_validation` (mean absolute error of groups left out,
            per cent).
        differences: of the first law from each other.
    """

    frame: pd.DataFrame
    differences: tuple[Difference, ...]

    def to_dict(self) -> dict[str, Any]:
        """Rows and differences, as plain Python."""
        told = [{**each._asdict(), "told_apart": each.told_apart} for each in self.differences]
        return {"laws": plain(self.frame.to_dict("records")), "differences": plain(told)}

    def __str__(self) -> str:
        heading = ("law", "parameters", "back-test", "AIC", "cross-validation")
        rows = [
            (
                str(row["law"]),
                str(row["parameters"]),
                f"{row['score']:.2f}",
                f"{row['criterion']:+.4g}",
                f"{row['cross_validation']:.2f}",
            )
            for row in self.frame.to_dict("records")
        ]
        unit = "back-test, cross-validation: mean absolute error, per cent; AIC: robust, above the lowest"
        return "\n".join([*table(rows, "<>>>>", heading=heading), unit, *map(str, self.differences)])

    __repr__ = __str__


def rank(tested: Backtest) -> Ranking:
    """Rank the laws of a back-test by their errors, and set two other judges beside it.

    Args:
        tested: from `backtest`.

    Returns:
        Scores of back-tests; Akaike's criterion for the robust loss of the fits to all runs; errors of five-fold
        cross-validation, whole groups (or whole budgets) left out. The three answer different questions: only the
        first is about larger runs.

    References:
        Ronchetti 1985 (a robust Akaike criterion, with the scale of the best law).

    Examples:
        >>> found = sl.rank(sl.backtest(sl.read_dataset("sweep"), replicates=50))
        >>> found.frame["law"].iloc[-1], all(each.told_apart for each in found.differences[-1:])
        ('chinchilla', True)
    """
    scores = tested.summary().set_index("law")["score"]
    kept = [each for each in tested.candidates if each.law.name in scores]
    fits = [each.fit(tested.runs, np.arange(len(tested.runs)), tested.objective) for each in kept]
    folds = _folds(tested.runs, tested.by)
    rows = [
        {
            "law": each.law.name,
            "parameters": fit.certificate.parameters,
            "score": float(scores[each.law.name]),
            "criterion": criterion,
            "cross_validation": _left_out(tested, each, folds),
        }
        for each, fit, criterion in zip(kept, fits, _criteria(fits), strict=True)
    ]
    frame = pd.DataFrame(rows).sort_values("score", ignore_index=True)
    best, *others = frame["law"]
    return Ranking(frame, tuple(compare(tested, best, other) for other in others))


def compare(tested: Backtest, one: str, other: str) -> Difference:
    """The difference of two laws' errors, paired run by run, with an interval over cut-offs.

    A cut-off has one voice, as all that a law says of later runs hangs together: the interval is Student's over
    the mean differences at the cut-offs that both have.
    """
    ours, theirs = ({trial.cutoff.value: trial for trial in tested.of(name)} for name in (one, other))
    pairs = [(ours[value], theirs[value]) for value in ours if value in theirs]
    steps = np.array([_size(a) - _size(b) for a, b in pairs])
    if steps.mean() > 0:
        one, other, steps = other, one, -steps
    K = len(steps)
    half = stdtrit(K - 1, (1 + LEVEL) / 2) * steps.std(ddof=1) / np.sqrt(K) if K > 1 else np.inf
    mean = -float(steps.mean())
    return Difference(one, other, mean, mean - float(half), mean + float(half), K)


def _size(trial: Trial) -> float:
    """Mean absolute error, per cent of the observed loss."""
    return float(np.mean(np.abs(100 * np.expm1(trial.error))))


def _criteria(fits: Sequence[Fit]) -> Float[np.ndarray, " laws"]:
    """Robust AIC of each above the lowest; the dispersion that turns rho into deviance is that of the best law."""
    best = min(fits, key=lambda fit: fit.objective).point
    dispersion = np.sum(best.psi**2) / np.sum(best.averaged)
    values = np.array([2 * fit.objective / dispersion + 2 * fit.certificate.parameters for fit in fits])
    return np.asarray(values - values.min())


def _folds(runs: Runs, by: str) -> Int[np.ndarray, " n"]:
    """Fold of each run: groups, or runs of equal `by`, are dealt out in turn and stay whole."""
    codes = group_codes(runs, "group" if runs.group is not None else by)
    return np.asarray(codes % min(FOLDS, int(codes.max()) + 1))


def _left_out(tested: Backtest, candidate: Candidate, folds: Int[np.ndarray, " n"]) -> float:
    """Mean absolute error of the runs of each fold by the fit without them, per cent; NaN where one has none."""
    runs, errors = tested.runs, np.empty(len(folds))
    for fold in range(int(folds.max()) + 1):
        out = np.flatnonzero(folds == fold)
        try:
            fit = candidate.fit(runs, np.flatnonzero(folds != fold), tested.objective)
        except BadInput:
            return float("nan")
        left = runs.taken(out)
        errors[out] = fit.predict(**left.inputs(fit.law.inputs)) / left.L - 1
    return float(np.mean(np.abs(100 * errors)))
