"""Coverage, measured: how often intervals hold the truth, on data sets simulated from a fit or a design."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.special import stdtrit

from scalelaw._checks import bad_input, check_at_least, check_choice, check_finite, check_probability, shown
from scalelaw.allocation import optimal
from scalelaw.fitting import Fit
from scalelaw.fitting.functions import Evaluated, Function, errors, name_of, values
from scalelaw.fitting.sandwich import sandwiches
from scalelaw.laws import Law
from scalelaw.resampling.draws import inflated
from scalelaw.resampling.estimator import function_of
from scalelaw.resampling.intervals import KINDS, Interval
from scalelaw.resampling.schemes import KEPT, SCHEMES
from scalelaw.runs.groups import By, check_enough, group_codes, pool_singles
from scalelaw.simulation.designs import NOISES, draw_noise
from scalelaw.simulation.simulator import Fits, Repeated, Simulator, is_usable, seeds_of
from scalelaw.solve.solver import Progress

# The interval of the sandwich error alone: no resamples.
SANDWICH = "sandwich"
# Lanes of resamples held at once.
LANES = 50_000
COLUMNS = ("covered", "error", "below", "above", "width", "lost")


class Cell(NamedTuple):
    """What is repeated: a way to resample, and noise.

    Attributes:
        scheme: as `scalelaw.bootstrap`.
        noise: "gaussian", "student", "outliers" or "correlated".
        by: which runs belong together, in the noise and in the scheme; None: every run by itself.
        grouped: whether the scheme knows of the groups (a scheme that does not is the wrong one).

    Examples:
        >>> sl.Cell("cluster", "correlated", by="N", grouped=True).noise
        'correlated'
    """

    scheme: str = "pairs"
    noise: str = "gaussian"
    by: By = None
    grouped: bool = False


PAIRS = Cell()


@dataclass(frozen=True)
class Coverage:
    """Coverage of one scheme under one noise.

    Attributes:
        cell: the scheme and the noise.
        datasets: how many were simulated.
        replicates: how many resamples each.
        level: of confidence that the intervals claim.
        failed: data sets whose own fit did not converge; they count as not covered.
        table: a row a function and kind of interval: `of`, `kind`, `covered` (share of data sets), `error`
            (its Monte-Carlo standard error), `below` and `above` (share of truths missed on either side),
            `width` (median), `lost` (share of resamples that failed).
    """

    cell: Cell
    datasets: int
    replicates: int
    level: float
    failed: int
    table: pd.DataFrame

    def summary(self) -> dict[str, Any]:
        """All of it, for JSON."""
        counts = {name: getattr(self, name) for name in ("datasets", "replicates", "level", "failed")}
        cell = {"scheme": self.cell.scheme, "noise": self.cell.noise, "grouped": self.cell.grouped}
        return {**cell, **counts, "table": self.table.to_dict("records")}

    def __str__(self) -> str:
        kinds = self.table.pivot(index="of", columns="kind", values="covered")
        error = np.sqrt(self.level * (1 - self.level) / self.datasets)
        noise = NOISES[self.cell.noise].words
        return (
            f"coverage of {self.level:.0%} intervals, {self.cell.scheme}, noise {noise}; {self.datasets:,} data "
            f"sets x {self.replicates:,} resamples, Monte-Carlo error {error:.1%}, {self.failed} fits failed\n"
            f"{(100 * kinds).round(1).to_string()}"
        )


@dataclass(frozen=True)
class LogSize:
    """ln N*(C) of a law at a budget [FLOP]."""

    law: Law
    C: float
    name: str

    def __call__(self, params: Any) -> Any:
        """At some parameters."""
        return jnp.log(optimal(self.law, params, jnp.asarray(self.C)).N)


def functions_of(fit: Fit) -> tuple[Function, ...]:
    """What coverage is measured of: parameters, finite derived quantities, ln N* at ten times the top budget."""
    infinite = {name for name, (value, _) in fit.derived.items() if not np.isfinite(value)}
    names = tuple(name for name in fit.names if name not in infinite)
    if fit.law.optimum is None or set(fit.law.inputs) != {"N", "D"}:
        return names
    return (*names, LogSize(fit.law, 10 * float(np.max(fit.runs.inputs(("C",))["C"])), "ln N*(10 C)"))


def coverage(
    fit: Fit,
    cell: Cell = PAIRS,
    *,
    of: Sequence[Function] | None = None,
    datasets: int = 2000,
    replicates: int = 999,
    kinds: Sequence[str] = (*KINDS, SANDWICH),
    level: float = 0.95,
    size: float | None = None,
    share: float = KEPT,
    seed: int = 0,
    progress: Progress | None = None,
) -> Coverage:
    """Simulate data sets from a fit, repeat it on each, and count how often the intervals hold the truth.

    Every data set has the runs (N, D, weights) of the fit and losses of its law plus noise; each is fitted
    from many starts, resampled, and its intervals compared with the parameters that made it.

    Args:
        fit: the truth, the design, the objective.
        cell: the resampling scheme and the noise.
        of: functions of the parameters, or their names; `functions_of(fit)` by default.
        datasets: how many data sets.
        replicates: resamples of each.
        kinds: of interval: those of `Draws.interval`, and "sandwich" (the delta method, by Student's t).
        level: of confidence.
        size: scale of the noise on the residual, at least 0; the fit's own robust scale by default.
        share: for the scheme "subsample".
        seed: data set s and its resamples depend on the seed and s alone.
        progress: called with (data sets done, data sets in all).

    Raises:
        BadInput: for an unknown scheme, noise or kind, a number out of range, or one group only.

    Examples:
        >>> fit = sl.fit(sl.read_dataset("simulated-sweep"))
        >>> found = sl.coverage(
        ...     fit, sl.Cell("pairs", "student"), of=["a"], kinds=["percentile"], datasets=100, replicates=99
        ... )
        >>> f"{found.table.covered[0]:.0%}, give or take {found.table.error[0]:.0%}"
        '92%, give or take 3%'
    """
    check_at_least("datasets", datasets, 2)
    check_at_least("replicates", replicates, 2)
    check_probability("level", level)
    check_choice("scheme", cell.scheme, SCHEMES)
    if size is not None and check_finite("size", size) < 0:
        raise bad_input("size", "at least 0", shown(size))
    for kind in kinds:
        check_choice("kind", kind, (*KINDS, SANDWICH))
    single = np.arange(len(fit.runs), dtype=np.int32)
    groups = single if cell.by is None else group_codes(fit.runs, cell.by)
    codes = groups if cell.grouped else single
    if cell.by is not None and cell.grouped and SCHEMES[cell.scheme].whole:
        check_enough(int(codes.max()) + 1, fit.free, fit.runs.source)
    elif cell.by is not None and cell.grouped:
        codes = pool_singles(codes)
    wanted = tuple(of or functions_of(fit))
    trial = Trial(fit, Simulator.of(fit), cell, codes, wanted, replicates, tuple(kinds), level, share)
    at_once = max(1, LANES // max(replicates, len(fit.runs)))
    parts, failed = [], 0
    for first in range(0, datasets, at_once):
        numbers = np.arange(first, min(first + at_once, datasets))
        noise = draw_noise(cell.noise, groups, numbers, seed) * (fit.scale if size is None else size)
        held, lost = trial(noise, seeds_of(numbers, seed))
        parts.append(held)
        failed += lost
        if progress:
            progress(int(numbers[-1]) + 1, datasets)
    return Coverage(cell, datasets, replicates, level, failed, measured(pd.concat(parts), datasets))


@dataclass(frozen=True)
class Trial:
    """Everything that does not change from one block of data sets to the next."""

    fit: Fit
    simulator: Simulator
    cell: Cell
    codes: Int[np.ndarray, " n"]
    of: tuple[Function, ...]
    replicates: int
    kinds: tuple[str, ...]
    level: float
    share: float

    def __call__(self, noise: Float[np.ndarray, "S n"], seeds: list[np.uint32]) -> tuple[pd.DataFrame, int]:
        """Intervals of a block of data sets, a row each; and how many fits failed."""
        fits = self.simulator.fits(noise)
        arrived = is_usable(fits.status)
        drawn = self.simulator.resample(
            fits, self.cell.scheme, self.codes, seeds, self.replicates, self.share
        )
        needs = {KINDS[kind].needs for kind in self.kinds if kind in KINDS}
        left = self.simulator.leave_out(fits, self.codes) if "jackknife" in needs else None
        own = self._covariances(fits)
        each = self._covariances(fits, drawn) if "errors" in needs else None
        lost = 1 - is_usable(drawn.status).mean(axis=1)
        rows = []
        for function in self.of:
            at = function_of(self.fit, function)
            truth = float(values(at, jax.tree.map(lambda value: np.array([value]), self.fit.params))[0])
            block = _Block(self, at, fits, drawn, left, own, each)
            for kind in self.kinds:
                low, high = block.intervals(kind)
                row = {"of": name_of(function), "kind": kind, "low": low, "high": high, "truth": truth}
                rows.append(pd.DataFrame(row | {"arrived": arrived, "lost": lost}))
        return pd.concat(rows), int(np.count_nonzero(~arrived))

    def _covariances(self, fits: Fits, drawn: Repeated | None = None) -> Float[np.ndarray, "lanes P P"]:
        """Of every data set's fit, or of every refit."""
        single = bool((np.diff(self.codes) == 1).all())
        covariances = partial(sandwiches, self.simulator.setup, groups=None if single else self.codes)
        if drawn is None:
            lanes = np.arange(len(fits.theta), dtype=np.int32)
            draw = self.simulator.data_sets(fits.targets)
            return covariances(fits.theta, fits.scale, *self.simulator.with_deltas(draw, lanes, fits.delta))
        theta = drawn.theta.reshape(-1, drawn.theta.shape[-1])
        scale = np.repeat(fits.scale, drawn.theta.shape[1])
        return covariances(theta, scale, drawn.draw, drawn.lanes)


class _Block:
    """One function of every data set of a block: its values, errors and intervals."""

    def __init__(
        self,
        trial: Trial,
        function: Evaluated,
        fits: Fits,
        drawn: Repeated,
        left: Repeated | None,
        own: Float[np.ndarray, "S P P"],
        each: Float[np.ndarray, "lanes P P"] | None,
    ) -> None:
        params = trial.simulator.setup.params
        self.level = trial.level
        self.degrees = max(len(trial.codes) - fits.theta.shape[1], 1)
        self.kept = is_usable(drawn.status)
        self.estimate = values(function, params(fits.theta))
        self.error = errors(function, params(fits.theta), own)

        def repeat(refits: Repeated) -> Float[np.ndarray, "S R"]:
            """The function of every refit, spread as a full sample's."""
            flat = params(refits.theta.reshape(-1, refits.theta.shape[-1]))
            repeated = values(function, flat).reshape(refits.status.shape)
            return inflated(repeated, self.estimate[:, None], refits.inflation)

        self.values = repeat(drawn)
        if left is not None:
            self.left = repeat(left)
        if each is not None:
            flat = params(drawn.theta.reshape(-1, drawn.theta.shape[-1]))
            self.errors = drawn.inflation * errors(function, flat, each).reshape(self.kept.shape)

    def intervals(self, kind: str) -> Interval:
        """Ends for every data set, [S] each."""
        if kind == SANDWICH:
            half = stdtrit(self.degrees, (1 + self.level) / 2) * self.error
            return Interval(self.estimate - half, self.estimate + half)
        interval = KINDS[kind].interval
        ends = [
            interval(self.values[s][kept], self.estimate[s], self.level, *self._needed(kind, s))
            for s, kept in enumerate(self.kept)
        ]
        return Interval(*np.array(ends).T)

    def _needed(self, kind: str, s: int) -> tuple[np.ndarray, ...]:
        """What a kind of interval needs beside the draws and the estimate of data set s."""
        if KINDS[kind].needs == "jackknife":
            return (self.left[s],)
        return (self.errors[s][self.kept[s]], self.error[s]) if KINDS[kind].needs == "errors" else ()


def measured(rows: pd.DataFrame, datasets: int) -> pd.DataFrame:
    """The table of `Coverage`.

    Args:
        rows: one a data set, function and kind: `of`, `kind`, `low`, `high`, `truth`, whether its fit `arrived`,
            the share of resamples `lost`.
        datasets: how many there are.
    """
    rows = rows.assign(
        below=(rows.truth < rows.low) | ~rows.arrived,
        above=(rows.truth > rows.high) & rows.arrived,
        width=rows.high - rows.low,
    )
    table = (
        rows.groupby(["of", "kind"], sort=False)
        .agg(
            below=("below", "mean"), above=("above", "mean"), width=("width", "median"), lost=("lost", "mean")
        )
        .reset_index()
    )
    covered = 1 - table.below - table.above
    return table.assign(covered=covered, error=np.sqrt(covered * (1 - covered) / datasets))[
        ["of", "kind", *COLUMNS]
    ]
