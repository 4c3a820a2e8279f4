"""`Draws`: the fitted parameters of every replicate, and intervals of any function of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from scalelaw._checks import bad_input, check_choice, check_probability
from scalelaw.fitting import Fit
from scalelaw.numbers import significant
from scalelaw.resampling.functions import Function, errors_of, values_of
from scalelaw.resampling.intervals import ALL_KINDS, KINDS, Interval, bca, studentized
from scalelaw.solve import Status


@dataclass(frozen=True, eq=False, repr=False)
class Draws:
    """What repeating the fit over resamples of its runs gave.

    Attributes:
        fit: the fit that was repeated.
        params: the law's NamedTuple of arrays [R], natural units.
        objective: [R] of each resample.
        status: [R] values of `scalelaw.solve.Status`.
        changed: [R] whether another basin than the fit's was lower on this resample.
        scheme: how the runs were resampled, in words.
        inflation: what turns the spread of the draws into that of a full sample: 1, but for subsamples.
        left_out: makes the jackknife that BCa needs, of the same groups as the resamples.
        sandwiches: makes the covariances that studentized intervals need: [P, P] of the fit's parameters,
            and [R, P, P] of each replicate's.
    """

    fit: Fit
    params: Any
    objective: Float[np.ndarray, " R"]
    status: Int[np.ndarray, " R"]
    changed: np.ndarray
    scheme: str
    inflation: float = 1.0
    left_out: Callable[[], "Draws"] | None = None
    sandwiches: Callable[[], tuple[np.ndarray, np.ndarray]] | None = None

    def __len__(self) -> int:
        return len(self.objective)

    @property
    def usable(self) -> np.ndarray:
        """[R] whether the replicate converged, on a bound or not; the others count in no interval."""
        return np.isin(self.status, (Status.CONVERGED, Status.AT_BOUND))

    @property
    def names(self) -> tuple[str, ...]:
        """What `of` knows by name: the parameters, and the law's derived quantities."""
        return (*self.fit.law.fields, *self.fit.derived)

    def of(self, function: Function) -> np.ndarray:
        """The function of every usable draw, [R, ...].

        Args:
            function: a name ("alpha", "a", ...), or any function of the law's NamedTuple.

        Raises:
            BadInput: for an unknown name.
        """
        kept = jax.tree.map(lambda leaf: leaf[self.usable], self.params)
        values = values_of(self.fit, function, kept)
        if self.inflation == 1:
            return np.asarray(values)
        estimate = self.estimate(function)
        return np.asarray(estimate + self.inflation * (values - estimate))

    def estimate(self, function: Function) -> np.ndarray:
        """The function at the fit."""
        at_fit = jax.tree.map(lambda value: np.array([value], float), self.fit.params)
        return np.asarray(values_of(self.fit, function, at_fit)[0])

    def stderr(self, function: Function) -> np.ndarray:
        """Standard deviation of the draws; NaN where one is infinite."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.of(function).std(axis=0, ddof=1))

    def interval(self, function: Function, *, level: float = 0.95, kind: str = "bca") -> Interval:
        """A confidence interval of any function of the parameters.

        Args:
            function: a name, or a function of the law's NamedTuple to a scalar or an array.
            level: of confidence, between 0 and 1.
            kind: "bca" (the default: it covered best, see the README), "percentile", "basic", "normal" or
                "studentized". Basic, normal and studentized depend on the scale: ask for the log of a
                positive function and take the exponential of their ends.

        Returns:
            (low, high) in the unit of the function.

        Raises:
            BadInput: for an unknown kind or name, a level outside (0, 1), or fewer than 2 usable draws.

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
        check_choice("kind", kind, ALL_KINDS)
        check_probability("level", level)
        values, estimate = self.of(function), self.estimate(function)
        if len(values) < 2:
            raise bad_input("draws", "at least 2 that converged", f"{len(values)} of {len(self)}")
        if kind == "bca":
            return bca(values, estimate, level, self._jackknife.of(function))
        if kind == "studentized":
            return studentized(values, estimate, level, *self._errors(function))
        return KINDS[kind](values, estimate, level)

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

    def table(self, *, level: float = 0.95, kind: str = "bca") -> pd.DataFrame:
        """Parameters and derived quantities: columns `name`, `value`, `stderr`, `low`, `high`."""
        rows = [
            (name, float(self.estimate(name)), float(self.stderr(name)), *map(float, ends))
            for name in self.names
            for ends in [self.interval(name, level=level, kind=kind)]
        ]
        return pd.DataFrame(rows, columns=["name", "value", "stderr", "low", "high"])

    def summary(self, *, level: float = 0.95, kind: str = "bca") -> dict[str, Any]:
        """The table of intervals and how it was made, for JSON."""
        table = self.table(level=level, kind=kind).set_index("name")
        return {"level": level, "kind": kind, "scheme": self.counts(), "of": table.to_dict("index")}

    def counts(self) -> str:
        """How the replicates ended, in words."""
        bound = int(np.count_nonzero(self.status == Status.AT_BOUND))
        lost = int(np.count_nonzero(~self.usable))
        return (
            f"{len(self):,} resamples, {self.scheme}; {lost:,} failed and count in no interval, "
            f"{int(self.changed.sum()):,} found a lower basin than the fit's, {bound:,} at a bound"
        )

    def text(self, *, level: float = 0.95, kind: str = "bca") -> str:
        """The counts and the table of intervals, as the command prints them."""
        title = f"{'':12}{'value':>14}{'std. error':>14}   {level:.0%} {kind} interval"
        lines = [f"  {self.counts()}", "", title]
        for name, *numbers in self.table(level=level, kind=kind).to_numpy().tolist():
            value, error, low, high = (significant(number) for number in numbers)
            lines.append(f"{name:12}{value:>14}{error:>14}   {low} to {high}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    @cached_property
    def _jackknife(self) -> "Draws":
        if self.left_out is None:
            raise bad_input("kind", "one that these draws allow", "'bca', which needs a bootstrap")
        return self.left_out()

    @cached_property
    def _covariances(self) -> tuple[np.ndarray, np.ndarray]:
        if self.sandwiches is None:
            raise bad_input("kind", "one that these draws allow", "'studentized', which needs a bootstrap")
        return self.sandwiches()

    def _errors(self, function: Function) -> tuple[np.ndarray, np.ndarray]:
        """Standard error of the function inside each usable draw, spread as `of` spreads them; and at the fit."""
        kept = jax.tree.map(lambda leaf: leaf[self.usable], self.params)
        own, each = self._covariances
        errors = errors_of(self.fit, function, kept, each[self.usable])
        at_fit = jax.tree.map(lambda value: np.array([value]), self.fit.params)
        return self.inflation * errors, errors_of(self.fit, function, at_fit, own[None])[0]
