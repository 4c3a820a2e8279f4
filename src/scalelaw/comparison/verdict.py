"""What a test of agreement says in words: differ, agree, or cannot tell, by the differences that matter.

A difference of .05 in a grows to a factor of 1.5 in N* over the three and a half decades between a sweep and a
large run; and a model that is 1.5 times too large or too small costs some 5 % of the compute by Chinchilla's
law (exponents .34 and .28), one of 1.25 times 1.5 %, which is not worth the runs that would show it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scalelaw.comparison.agreement import POWER, agreement, fewest, sets
from scalelaw.comparison.questions import Approach, Question
from scalelaw.numbers import format_number

IN_A, IN_N = 0.05, 1.5
"""Differences that matter: of the exponent a, and of N* as a factor."""

DIFFER, AGREE, CANNOT_TELL = "differ", "agree", "cannot tell"
COLUMNS = ["between", "name", "C", "value", "low", "high", "p"]


def tests(approaches: Sequence[Approach], budgets: Iterable[float], level: float) -> pd.DataFrame:
    """Every test, a row each; columns as `Comparison.agreement`."""
    questions = [Question("a"), *(Question("N", C=C) for C in budgets)]
    ratio = np.array([each.C is not None for each in questions])
    estimates = np.stack([each.estimates(questions) for each in approaches], axis=-1)
    draws = np.stack([each.resampled(questions) for each in approaches], axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = (np.where(ratio[:, None], np.log(each), each) for each in (estimates, draws))
        estimates, draws = logs
    compared = sets(len(approaches))
    names = [" and ".join(approaches[which].name for which in some) for some in compared]
    rows = [(name, question.name, question.C) for question in questions for name in names]
    frame = pd.DataFrame(rows, columns=COLUMNS[:3]).astype({"C": float})
    enough = np.count_nonzero(np.isfinite(draws).all(axis=(1, 2))) >= fewest(level)
    if not enough:
        return frame.assign(**dict.fromkeys(("value", "low", "high", "p"), np.nan), agree=False)
    found = agreement(estimates, draws, level)
    of = np.repeat(ratio, len(compared))
    numbers = {
        "value": found.value,
        "low": found.value - found.half,
        "high": found.value + found.half,
        "seen": found.seen,
    }
    shown = {name: np.where(of, np.exp(each.ravel()), each.ravel()) for name, each in numbers.items()}
    matters = np.where(of, IN_N, IN_A)
    outcome = np.select([found.differ.ravel(), shown["seen"] <= matters], [DIFFER, AGREE], CANNOT_TELL)
    seen = shown.pop("seen")
    return frame.assign(
        **shown,
        p=found.p.ravel(),
        agree=outcome == AGREE,
        p_alone=found.alone.ravel(),
        seen=seen,
        matters=matters,
        outcome=outcome,
    )


def verdict(found: pd.DataFrame, level: float) -> str:
    """Whether the approaches agree, in a sentence.

    Args:
        found: from `tests`.
        level: of these.
    """
    if found.p.isna().any():
        return f"too few resamples have an answer of every approach ({fewest(level)} are needed): not tested"
    smallest = f"smallest p {found.p.min():.2g}"
    against = sorted(set(found.between[found.outcome == DIFFER]))
    if against:
        return f"the approaches DIFFER beyond their noise: {'; '.join(against)} ({smallest})"
    reach = f"differences of {_listed(found)} would have been seen"
    if (found.outcome == AGREE).all():
        return f"the approaches agree: no test of a or N* speaks against it ({smallest}), and {reach}"
    return (
        f"it CANNOT BE TOLD whether the approaches agree: no test of a or N* speaks against it ({smallest}), but "
        f"only {reach}, where {IN_A} in a or a factor of {IN_N} in N* would matter"
    )


def _listed(found: pd.DataFrame) -> str:
    """The smallest differences that every test of a question would have seen."""
    reach: dict[str, float] = {}
    for row in found.to_dict("records"):
        what = _what(row)
        reach[what] = max(reach.get(what, 0.0), row["seen"])
    seen = [
        f"{least:.2g} in a" if what == "a" else f"a factor {least:.3g} in {what}"
        for what, least in reach.items()
    ]
    return f"{', '.join(seen[:-1])} and {seen[-1]} or more"


def _what(row: Mapping[Any, Any]) -> str:
    return "a" if np.isnan(row["C"]) else f"N* at {format_number(row['C'])}"


def line(row: Mapping[Any, Any]) -> str:
    """One test."""
    head = f"  {_what(row):16}{row['between']}: "
    if np.isnan(row["p"]):
        return f"{head}not tested"
    word = "difference" if np.isnan(row["C"]) else "ratio"
    ends = f"{row['low']:.3g} to {row['high']:.3g}"
    apart = "" if np.isnan(row["value"]) else f"{word} {row['value']:.3g} ({ends}), "
    outcome = row["outcome"].upper() if row["outcome"] == DIFFER else row["outcome"]
    return f"{head}{apart}p = {row['p']:.2g}, seen from {row['seen']:.3g}: {outcome}"


HEADING = (
    f"Do they agree? One test of all differences over these resamples (max-T); seen: from where on a difference "
    f"would have been, with a chance of {POWER:.0%}"
)
