"""Back-tests: laws fitted to the smaller runs of a table say what the later ones will be, and are held to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from scalelaw._checks import BadInput, bad_input, check_at_least, check_probability
from scalelaw._text import table
from scalelaw.laws import LAWS, Law, find_law
from scalelaw.numbers import format_number
from scalelaw.objective import Objective
from scalelaw.runs import Runs
from scalelaw.solve.solver import Progress
from scalelaw.validation.trials import SHARES, Candidate, Cutoff, Trial, attempt, cut

CANDIDATES = ("chinchilla", "skaling", "cross")
# Edges of the bins of distance, decades beyond the largest run that was fitted.
DECADES = (0.0, 0.25, 0.5, 1.0, 2.0, np.inf)


@dataclass(frozen=True, eq=False, repr=False)
class Backtest:
    """Laws against later runs.

    Attributes:
        runs: the table.
        by: the amount that orders it: "C" [FLOP], "N" [parameters], "D" [tokens].
        level: of the intervals.
        candidates: the laws, in the order that was asked for.
        objective: of all fits.
        cutoffs: where the table was cut.
        trials: one for each law and cut-off that had the runs for it.
        notes: what could not be tried, a sentence each.
    """

    runs: Runs
    by: str
    level: float
    candidates: tuple["Candidate", ...]
    objective: Objective
    cutoffs: tuple[Cutoff, ...]
    trials: tuple[Trial, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def laws(self) -> tuple[str, ...]:
        """Names of the laws."""
        return tuple(each.law.name for each in self.candidates)

    def of(self, law: str) -> tuple[Trial, ...]:
        """The forecasts of one law."""
        return tuple(each for each in self.trials if each.law == law)

    def to_frame(self) -> pd.DataFrame:
        """A row a law, cut-off and later run; errors and ends of intervals as per cent of the observed loss."""
        return pd.concat([self._frame(each) for each in self.trials], ignore_index=True)

    def _frame(self, of: Trial) -> pd.DataFrame:
        percent = {name: 100 * np.expm1(getattr(of, name)) for name in ("error", "low", "high")}
        columns = {"law": of.law, "cutoff": of.cutoff.value, "row": self.runs.rows[of.cutoff.later]}
        return pd.DataFrame({**columns, "decades": of.distance, **percent, "inside": of.inside})

    def summary(self) -> pd.DataFrame:
        """A row a law: `cutoffs`, `forecasts`, `score`, `rms`, `bias`, `worst`, `inside`, `width`.

        `score` is the mean absolute error. Errors are per cent of the observed loss, means over cut-offs of means
        over their runs; `width` is half that of the interval.
        """
        frame = self.to_frame()
        return pd.DataFrame(
            [{"law": law, **_score(frame[frame["law"] == law])} for law in self.laws if self.of(law)]
        )

    def by_distance(self) -> pd.DataFrame:
        """A row a law and bin of distance: the columns of `summary` over the forecasts that far out."""
        frame = self.to_frame()
        rows = []
        for law in self.laws:
            for low, high in pairwise(DECADES):
                here = (frame["law"] == law) & (frame["decades"] > low) & (frame["decades"] <= high)
                if here.any():
                    rows.append({"law": law, "from": low, "to": high, **_score(frame[here])})
        return pd.DataFrame(rows)

    def drift(self, law: str) -> pd.DataFrame:
        """A row a cut-off: the parameters of a law, which stay what they are where the law is right."""
        rows = [{"cutoff": each.cutoff.value, **each.params._asdict()} for each in self.of(law)]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Everything but single runs, as plain Python."""
        cutoffs = [
            {"value": each.value, "seen": len(each.seen), "later": len(each.later)} for each in self.cutoffs
        ]
        return {
            "by": self.by,
            "level": self.level,
            "runs": len(self.runs),
            "cutoffs": cutoffs,
            "laws": self.summary().to_dict("records"),
            "by_distance": self.by_distance().to_dict("records"),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        show = "{:.3g}".format if self.by == "C" else format_number
        cuts = ", ".join(f"{show(each.value)} ({len(each.seen)})" for each in self.cutoffs)
        head = f"{len(self.runs)} runs of {self.runs.source}, fitted up to {self.by} = (runs) {cuts}"
        columns = {"score": "|error|", "rms": "rms", "bias": "bias", "worst": "worst", "width": "+-"}
        rows = [
            (
                row["law"],
                str(row["cutoffs"]),
                str(row["forecasts"]),
                *(f"{row[name]:{'+' if name == 'bias' else ''}.2f}" for name in columns),
                f"{row['inside']:.0%}",
            )
            for row in self.summary().to_dict("records")
        ]
        heading = ("law", "cut-offs", "forecasts", *columns.values(), f"in {100 * self.level:.6g} %")
        lines = table(rows, "<" + ">" * (len(heading) - 1), heading=heading)
        unit = "errors in per cent of the observed loss; +- is half the interval of a new run"
        return "\n".join([head, *lines, unit, *(f"note: {each}" for each in self.notes)])

    __repr__ = __str__


def _score(frame: pd.DataFrame) -> dict[str, Any]:
    """Errors of some forecasts, each cut-off with one voice."""
    widths = (frame["high"] - frame["low"]) / 2
    values = frame.assign(size=frame["error"].abs(), square=frame["error"] ** 2, width=widths)
    columns = ["size", "square", "error", "inside", "width"]
    means = values.groupby("cutoff")[columns].mean().mean()
    return {
        "cutoffs": int(frame["cutoff"].nunique()),
        "forecasts": len(frame),
        "score": float(means["size"]),
        "rms": float(np.sqrt(means["square"])),
        "bias": float(means["error"]),
        "worst": float(frame["error"].iloc[frame["error"].abs().argmax()]),
        "inside": float(means["inside"]),
        "width": float(means["width"]),
    }


def backtest(
    runs: Runs,
    laws: Sequence[Law | str] = CANDIDATES,
    *,
    by: str = "C",
    cutoffs: Sequence[float | str] | None = None,
    replicates: int = 400,
    seed: int = 0,
    level: float = 0.95,
    delta: float | str = 1e-3,
    loss: str = "huber",
    residual: str = "log",
    progress: Progress | None = None,
) -> Backtest:
    """Fit laws to the runs below rolling cut-offs, and hold what they say of the later ones to what these did.

    Every law is fitted anew at every cut-off, from all of its projected starts, and resampled from every basin
    that it has there; of a table with a group column whole groups are drawn.

    Args:
        runs: the table.
        laws: names, or laws.
        by: what orders the runs: "C" (training compute, FLOP), "N" (parameters), "D" (tokens), or a further input.
        cutoffs: amounts, numbers or text; by default at 40, 50, ..., 80 % of the range of the logarithm.
        replicates: resamples of each law at each cut-off.
        seed: of the resamples.
        level: of the intervals of a new run.
        delta: of the objective, as of `fit`.
        loss: likewise.
        residual: likewise.
        progress: called with (fits done, fits in all).

    Returns:
        Errors, and coverage and width of the intervals, by law and by distance in decades.

    Raises:
        BadInput: for an unknown law or column, a law that needs inputs that the table lacks, a cut-off that
            leaves nothing to fit or nothing to predict, or a number out of range.

    Examples:
        >>> found = sl.backtest(sl.read_dataset("sweep"), ["chinchilla", "skaling"], replicates=100)
        >>> scores = found.summary().set_index("law")["score"]
        >>> bool(scores["skaling"] < scores["chinchilla"] / 2)
        True
    """
    check_at_least("replicates", replicates, 20)
    check_probability("level", level)
    known = [Candidate.of(find_law(law, LAWS) if isinstance(law, str) else law) for law in laws]
    if not known:
        raise bad_input("laws", "at least one", "none")
    objective = Objective.of(residual, loss, delta)
    return run_backtest(
        runs,
        known,
        objective,
        by=by,
        cutoffs=cutoffs,
        replicates=replicates,
        seed=seed,
        level=level,
        progress=progress,
    )


def run_backtest(
    runs: Runs,
    candidates: Sequence[Candidate],
    objective: Objective,
    *,
    by: str,
    cutoffs: Sequence[float | str] | None = None,
    shares: Sequence[float] = SHARES,
    replicates: int = 400,
    seed: int = 0,
    level: float = 0.95,
    progress: Progress | None = None,
) -> Backtest:
    """Back-test candidates with one objective; see `backtest`.

    Args:
        runs: the table.
        candidates: laws and what is held of them.
        objective: of all fits.
        by: what orders the runs.
        cutoffs: amounts, or None.
        shares: then, where to cut, as shares of the range of the logarithm.
        replicates: resamples of each law at each cut-off.
        seed: of the resamples.
        level: of the intervals of a new run.
        progress: called with (fits done, fits in all).
    """
    for each in candidates:
        runs.inputs(each.law.inputs)
    lines = cut(runs, by, cutoffs, shares)
    trials, notes = [], []
    for done, (each, line) in enumerate((each, line) for each in candidates for line in lines):
        try:
            trials.append(attempt(runs, by, each, line, objective, replicates, seed, level))
        except BadInput as error:
            notes.append(f"{each.law.name} at {by} = {format_number(line.value)}: {error}")
        if progress:
            progress(done + 1, len(candidates) * len(lines))
    if not trials:
        raise BadInput(f"{runs.source}: no law could be fitted below any cut-off: {notes[0]}")
    return Backtest(runs, by, level, tuple(candidates), objective, tuple(lines), tuple(trials), tuple(notes))
