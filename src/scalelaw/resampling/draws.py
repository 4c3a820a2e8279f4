"""`Draws`: the parameters of an estimator in every replicate, and intervals of any function of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, Integer

from scalelaw._checks import Unreliable, bad_input, check_choice, check_probability
from scalelaw._text import table
from scalelaw.fitting.functions import Function, errors, name_of, values
from scalelaw.numbers import significant
from scalelaw.resampling.estimator import Estimator, function_of
from scalelaw.resampling.intervals import KINDS, Interval, interval, moments
from scalelaw.resampling.reliability import differ, failures, stand_still, too_many_failed
from scalelaw.resampling.resampler import Resampler
from scalelaw.solve import Status


@dataclass(frozen=True, eq=False, repr=False)
class Draws:
    """What repeating an estimator over resamples of its runs gave.

    Attributes:
        fit: the estimator that was repeated (see `scalelaw.resampling.estimator.Estimator`): a law fitted by
            Approach 3, an envelope, IsoFLOP profiles.
        params: its NamedTuple of arrays [R], natural units.
        objective: [R] of each resample.
        status: [R] values of `scalelaw.solve.Status`.
        changed: [R] whether another start than the fit itself ended lower on this resample: in another basin, or
            where a parameter that the fit drove to zero counts again. Of profiles: whether some have no minimum.
        resampler: how the runs were resampled: plain data.
        replicates: [R] their numbers; with the resampler they give every resample again.
    """

    fit: Any
    params: Any
    objective: Float[np.ndarray, " R"]
    status: Int[np.ndarray, " R"]
    changed: np.ndarray
    resampler: Resampler
    replicates: Integer[np.ndarray, " R"]

    def __len__(self) -> int:
        return len(self.objective)

    @property
    def usable(self) -> np.ndarray:
        """[R] whether the replicate converged, on a bound or not; the others count in no interval."""
        return np.isin(self.status, (Status.CONVERGED, Status.AT_BOUND))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What speaks against the intervals, a sentence each."""
        found = failures(self.status)
        return (*((found,) if found else ()), *self.resampler.warnings(self.fit))

    def refuse_if_unreliable(self) -> None:
        """Refuse to state intervals that these draws cannot give.

        Raises:
            Unreliable: if more than 10 % of the replicates failed, or none moves the fit though runs are noisy.
        """
        if too_many_failed(self.status):
            raise Unreliable(f"intervals cannot be stated: {failures(self.status)}")
        if self.resampler.scheme.random and stand_still(self._usable_params, self.fit.scale):
            why = self.fit.plateau or "the objective is flat about it"
            raise Unreliable(
                f"intervals cannot be stated: none of {len(self):,} resamples moves the fit, though the runs stray "
                f"from it by {self.fit.scale:.2g}: {why}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """What `of` knows by name: the parameters, and the derived quantities."""
        return tuple(self.fit.names)

    @property
    def scheme(self) -> str:
        """How the runs were resampled, in words."""
        return self.resampler.words(self.fit)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of interval that these draws allow."""
        return tuple(name for name in KINDS if not self._refusal(name))

    def of(self, function: Function) -> np.ndarray:
        """The function of every usable draw, [R, ...].

        Args:
            function: a name ("alpha", "a", ...), or any function of the NamedTuple of parameters.

        Raises:
            BadInput: for an unknown name.
        """
        drawn = values(function_of(self.fit, function), self._usable_params)
        if self._inflation == 1:
            return np.asarray(drawn)
        return inflated(drawn, self.estimate(function), self._inflation)

    def moves(self, function: Function) -> bool:
        """Whether a function differs from draw to draw by more than rounding."""
        return differ(self.of(function))

    def finite(self, function: Function) -> np.ndarray:
        """As `of`, without the draws in which the function is not finite throughout; at least 2.

        Raises:
            BadInput: for an unknown name, or if fewer than 2 are left.
            Unreliable: as of `interval`.
        """
        self.refuse_if_unreliable()
        drawn = self.of(function)
        kept: np.ndarray = drawn[is_finite(drawn)]
        if len(kept) < 2:
            got = f"{len(kept)} of {len(self)}"
            raise bad_input("draws", "at least 2 that are finite throughout", got, advice="narrow the range")
        return kept

    def lost(self, function: Function, what: str = "number") -> str:
        """How many draws give no number (NaN) and do not count, in words; nothing where all do."""
        drawn = self.of(function)
        lost = int(np.count_nonzero(np.isnan(drawn).any(axis=(*range(1, drawn.ndim),))))
        return f"{lost:,} of {len(drawn):,} draws have no such {what} and do not count" if lost else ""

    def estimate(self, function: Function) -> np.ndarray:
        """The function with all runs."""
        return np.asarray(values(function_of(self.fit, function), self._own_params)[0])

    def stderr(self, function: Function) -> np.ndarray:
        """Standard deviation of the draws that give a number; NaN where one is infinite."""
        return moments(self.of(function))[1]

    def interval(self, function: Function, *, level: float = 0.95, kind: str | None = None) -> Interval:
        """A confidence interval of any function of the parameters.

        Args:
            function: a name, or a function of the NamedTuple of parameters to a scalar or an array.
            level: of confidence, between 0 and 1.
            kind: "bca" (the default of a fitted law: it covered best, see the README), "percentile" (that of a
                frontier), "basic", "normal" or "studentized". Basic, normal and studentized depend on the
                scale: ask for the log of a positive function and take the exponential of their ends.

        Returns:
            (low, high) in the unit of the function, over the draws that give a number: those in which it is NaN do
            not count, and where they are more than a tenth the ends are NaN.

        Raises:
            BadInput: for a kind that is unknown or that these draws do not allow, an unknown name, a level
                outside (0, 1), or fewer than 2 usable draws.
            Unreliable: if more than 10 % of the replicates failed, or none moves the fit though runs are noisy.

        References:
            Efron & Tibshirani 1993, chapters 13, 14.

        Examples:
            >>> draws = sl.bootstrap(sl.fit(sl.read_dataset("simulated-sweep")), 400)
            >>> low, high = draws.interval("alpha", level=0.9)
            >>> f"{low:.3f} to {high:.3f}"
            '0.344 to 0.359'
            >>> low, high = draws.interval(lambda p: p.beta / (p.alpha + p.beta))
            >>> f"{low:.3f} to {high:.3f}"
            '0.500 to 0.515'
        """
        kind = check_choice("kind", self.fit.default_kind if kind is None else kind, KINDS)
        check_probability("level", level)
        self.refuse_if_unreliable()
        drawn, estimate = self.of(function), self.estimate(function)
        if len(drawn) < 2:
            raise bad_input("draws", "at least 2 that converged", f"{len(drawn)} of {len(self)}")
        if refusal := self._refusal(kind):
            raise bad_input("kind", "one that these draws allow", f"{kind!r}, {refusal}")
        return interval(kind, drawn, estimate, level, *self._needed(kind, function))

    def to_frame(self) -> pd.DataFrame:
        """One row a replicate: parameters, `objective`, `status` in words, `changed`."""
        words = [Status(code).name.lower() for code in self.status]
        return pd.DataFrame(
            {
                **self.params._asdict(),
                "objective": self.objective,
                "status": words,
                "changed": self.changed,
            }
        )

    def table(
        self, of: Sequence[Function] | None = None, *, level: float = 0.95, kind: str | None = None
    ) -> pd.DataFrame:
        """Functions, by default all `names` finite at the fit: columns `name`, `value`, `stderr`, `low`, `high`."""
        self.refuse_if_unreliable()
        chosen = [each for each in self.names if np.isfinite(self.estimate(each))] if of is None else of
        rows = [
            (
                name_of(each),
                float(self.estimate(each)),
                float(self.stderr(each)),
                *map(float, self.interval(each, level=level, kind=kind)),
            )
            for each in chosen
        ]
        return pd.DataFrame(rows, columns=["name", "value", "stderr", "low", "high"])

    def summary(self, *, level: float = 0.95, kind: str | None = None) -> dict[str, Any]:
        """The table of intervals and how it was made, for JSON."""
        rows = self.table(level=level, kind=kind).set_index("name").to_dict("index")
        made = {"level": level, "kind": kind or self.fit.default_kind, "scheme": self.counts()}
        return {**made, "warnings": list(self.warnings), "of": rows}

    def counts(self) -> str:
        """How the replicates ended, in words."""
        return f"{len(self):,} resamples, {self.scheme}; {self.fit.describe_ends(self.status, self.changed)}"

    def text(self, *, level: float = 0.95, kind: str | None = None) -> str:
        """The counts and the table of intervals, as the command prints them."""
        title = f"{level:.0%} {kind or self.fit.default_kind} interval"
        lost = [f"  {name}: {words}" for name in self.names if (words := self.lost(name))]
        lines = interval_lines(self.table(level=level, kind=kind), title)
        return "\n".join([f"  {self.counts()}", *lost, "", *lines])

    def __str__(self) -> str:
        return "\n".join([*(f"warning: {warning}" for warning in self.warnings), self.text()])

    __repr__ = __str__

    @property
    def _inflation(self) -> float:
        return self.resampler.scheme.inflation(len(self.fit.runs), self.resampler.share)

    @cached_property
    def _usable_params(self) -> Any:
        return jax.tree.map(lambda leaf: leaf[self.usable], self.params)

    @property
    def _own_params(self) -> Any:
        return jax.tree.map(lambda value: np.array([value], float), self.fit.params)

    def _refusal(self, kind: str) -> str:
        """Why a kind of interval cannot be had; nothing where it can."""
        if KINDS[kind].needs != "nothing" and not self.resampler.scheme.random:
            return "which needs a bootstrap"
        return str(self.fit.refused.get(kind, ""))

    def _needed(self, kind: str, function: Function) -> tuple[np.ndarray, ...]:
        """What a kind of interval needs beside the draws and the estimate of a function."""
        if KINDS[kind].needs == "jackknife":
            return (self._left_out.of(function),)
        if KINDS[kind].needs == "errors":
            at, (own, each) = function_of(self.fit, function), self._covariances
            inside = self._inflation * errors(at, self._usable_params, each[self.usable])
            return inside, errors(at, self._own_params, own[None])[0]
        return ()

    @cached_property
    def _left_out(self) -> "Draws":
        """The jackknife of the same groups as the resamples."""
        return leave_out(self.fit, self.resampler.groups)

    @cached_property
    def _covariances(self) -> tuple[np.ndarray, np.ndarray]:
        """[P, P] of the parameters with all runs, and [R, P, P] of each replicate's."""
        draw = self.resampler.draw(self.fit)
        own, each = self.fit.covariances(draw, self.replicates, self.params, self.resampler.groups)
        return own, each


def is_finite(values: Float[np.ndarray, "R ..."]) -> Bool[np.ndarray, " R"]:
    """Which draws give a number everywhere: where a term vanished its coefficient may be beyond all numbers."""
    return np.asarray(np.isfinite(values).all(axis=(*range(1, values.ndim),)))


def interval_lines(frame: pd.DataFrame, title: str) -> list[str]:
    """Columns `name`, `value`, `stderr`, `low`, `high` as aligned lines under a title of the interval."""
    rows = []
    for name, *numbers in frame.to_numpy().tolist():
        value, error, low, high = map(significant, numbers)
        rows.append((name, value, error, f"   {low} to {high}"))
    heading = ("", "value", "std. error", f"   {title}")
    return table(rows, "<>><", heading=heading, widths=(12, 14, 14), gap="")


def inflated(drawn: np.ndarray, estimate: np.ndarray, inflation: float) -> np.ndarray:
    """Draws spread about the estimate as those of a full sample would be; where that is infinite, as they are."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(estimate), estimate + inflation * (drawn - estimate), drawn)


def leave_out(estimator: Estimator, groups: Int[np.ndarray, " n"] | None) -> Draws:
    """An estimator without each run in turn, or without each group; see `jackknife`."""
    resampler = Resampler(codes=groups)
    count = len(estimator.runs) if groups is None else int(groups.max()) + 1
    replicates = np.arange(count, dtype=np.int32)
    refits = estimator.refit(resampler.draw(estimator), replicates)
    return Draws(estimator, *refits, resampler, replicates)
