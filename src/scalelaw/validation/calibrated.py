"""Predictions that hold outside the data: laws weighed by their back-tests, and what these say is still missing.

Sampling error and noise are what one law knows of its own error. Two things more decide far from the data: that
another law may be right, and that all of them may be wrong. The laws are mixed with weights that follow from their
errors in back-tests; then the errors of the mixture in the same back-tests are set against the standard deviations
that it stated, and what was missing there is added, in proportion to the distance; of what was too much a third is
taken off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.special import ndtri

from scalelaw._checks import bad_input, check_probability
from scalelaw._text import table
from scalelaw.fitting import Fit
from scalelaw.flops import SIX_ND
from scalelaw.laws import LAWS, Law, find_law
from scalelaw.numbers import format_number
from scalelaw.objective import Objective
from scalelaw.resampling.bootstrap import bootstrap
from scalelaw.resampling.draws import Draws
from scalelaw.runs import Runs
from scalelaw.solve.solver import Progress
from scalelaw.uncertainty.prediction import HeldOut, Prediction, check_inputs, held_out
from scalelaw.validation.backtest import CANDIDATES, Backtest, run_backtest
from scalelaw.validation.optima import Optima, find_optima
from scalelaw.validation.trials import BRIEF, Candidate, Trial, noise_of

# Cut-offs of the back-tests, as shares of the range of the logarithm: near ones too, as distance is what is learnt.
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)
FEWEST_CUTOFFS, FEWEST_FORECASTS = 2, 10
# The rule was set on 20 public tables (benchmarks/calibration.py) before it was tried on any other. Back-tests of
# neighbouring cut-offs share their runs: each counts as half an independent error in the weights.
INDEPENDENT = 0.5
# Errors smaller than stated are believed to this share: a few cut-offs that share their runs are weak evidence.
BELIEVED = 1 / 3
# A single error counts for no more than so many stated deviations; in the scores, for no more than this (log loss).
MOST_DEVIATIONS, MOST_ERROR = 4.0, 0.2


class Member(NamedTuple):
    """A law of the mixture.

    Attributes:
        draws: of its fit to all runs.
        weight: its share of the mixture.
    """

    draws: Draws
    weight: float

    @property
    def fit(self) -> Fit:
        """The law fitted to all runs."""
        fit: Fit = self.draws.fit
        return fit


class Mixed(NamedTuple):
    """What a mixture of laws says of the log loss: mean, and standard deviation of a new run about it."""

    mean: Float[np.ndarray, "..."]
    deviation: Float[np.ndarray, "..."]


class Past(NamedTuple):
    """Back-test errors of a mixture, those of all cut-offs one after another.

    Attributes:
        cutoff: [m] number of the cut-off.
        distance: [m] decades beyond the largest run that was seen.
        error: [m] log of predicted over observed loss.
        stated: [m] the mixture's own standard deviation of that.
    """

    cutoff: Int[np.ndarray, " m"]
    distance: Float[np.ndarray, " m"]
    error: Float[np.ndarray, " m"]
    stated: Float[np.ndarray, " m"]

    @property
    def near(self) -> float:
        """Mean distance, each cut-off with one voice, decades."""
        return float(np.mean(self._by_cutoff(self.distance)))

    @property
    def far(self) -> float:
        """The largest distance, decades."""
        return float(self.distance.max())

    def missed(self) -> float:
        """Root mean square error of the farther half of the distances, per cent of the observed loss."""
        farther = self.distance >= self.far / 2
        return float(100 * np.sqrt(np.mean(np.expm1(self.error[farther]) ** 2)))

    def excess(self) -> float:
        """Mean square of the errors in stated deviations, each cut-off with one voice; below 1, a third as far."""
        ratio = np.divide(self.error, self.stated, out=np.zeros_like(self.error), where=self.stated > 0)
        mean = float(np.mean(self._by_cutoff(np.minimum(ratio**2, MOST_DEVIATIONS**2))))
        return max(mean, 1 + BELIEVED * (mean - 1))

    def widening(self, distance: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """What the stated deviations are multiplied by at some distance [decades]."""
        share, excess = distance / self.near, self.excess()
        return np.asarray(np.sqrt(1 + (excess - 1) * np.where(excess > 1, share, np.minimum(share, 1)) ** 2))

    def _by_cutoff(self, values: Float[np.ndarray, " m"]) -> Float[np.ndarray, " cutoffs"]:
        return np.asarray(np.bincount(self.cutoff, values) / np.bincount(self.cutoff))


@dataclass(frozen=True, eq=False, repr=False)
class Calibrated:
    """A mixture of laws, and how much further from the truth its back-tests were than it stated.

    Attributes:
        members: the laws with their weights, the one that was asked first.
        backtest: what weights and calibration rest on.
        past: the mixture's own back-test errors.
    """

    members: tuple[Member, ...]
    backtest: Backtest
    past: Past

    @property
    def excess(self) -> float:
        """Mean square of the mixture's back-test errors in stated standard deviations; below 1, a third as far."""
        return self.past.excess()

    @property
    def weights(self) -> dict[str, float]:
        """Name of each law -> its weight, heaviest first."""
        pairs = ((member.fit.law.name, member.weight) for member in self.members)
        return dict(sorted(pairs, key=lambda pair: -pair[1]))

    def predict(self, *, level: float = 0.95, **inputs: Any) -> Prediction:
        """The interval of a new run, and the mean of the mixture.

        Args:
            level: share of new runs to be covered, between 0 and 1.
            inputs: the law's inputs by name (`N=`, `D=`, ...), floats or arrays that broadcast.

        Returns:
            Low, high and estimate in nats per token, and what they rest on.

        Raises:
            BadInput: for a level outside (0, 1), or inputs that are not the law's.
        """
        check_probability("level", level)
        low, middle, high = self.quantiles(((1 - level) / 2, 0.5, (1 + level) / 2), **inputs)
        return Prediction(low, high, middle, (self.basis, *self._reach(inputs)))

    def quantiles(self, probabilities: Sequence[float], **inputs: Any) -> Float[np.ndarray, "q ..."]:
        """Quantiles of the loss of a new run, nats per token.

        Args:
            probabilities: [q] between 0 and 1.
            inputs: the law's inputs by name.

        Raises:
            BadInput: for inputs that are not the law's.
        """
        at = _points(self.members[0].fit.law, inputs)
        mean, deviation = self.mixed(at)
        scale = deviation * self.past.widening(self._distance(at))
        z = ndtri(np.asarray(probabilities, float))
        return np.asarray(np.exp(mean + z.reshape(-1, *[1] * mean.ndim) * scale))

    def held_out(self, runs: Runs, *, level: float = 0.95) -> HeldOut:
        """Runs that were not fitted beside what the mixture predicts of them; see `scalelaw.held_out`.

        Raises:
            BadInput: as `scalelaw.held_out`.
        """
        stated = held_out(self.members[0].draws, runs, level=level)
        said = self.predict(level=level, **runs.inputs(stated.fit.law.inputs))
        return stated._replace(
            predicted=said.estimate, low=said.low, high=said.high, notes=(*said.notes, *stated.notes)
        )

    def mixed(self, at: dict[str, np.ndarray]) -> Mixed:
        """The mixture at some inputs, before what back-tests add."""
        logs = [np.log(member.fit.predict(**at)) for member in self.members]
        spreads = [_spread(member.draws, at) for member in self.members]
        noises = [noise_of(member.fit) for member in self.members]
        return mix([member.weight for member in self.members], logs, spreads, noises)

    def laws(self, **inputs: Any) -> list[dict[str, Any]]:
        """What each law says: `law`, `weight`, `L` [nats per token], and its `stderr` [of log loss]."""
        at = _points(self.members[0].fit.law, inputs)
        return [
            {
                "law": member.fit.law.name,
                "weight": member.weight,
                "L": member.fit.predict(**at),
                "stderr": _spread(member.draws, at),
            }
            for member in self.members
        ]

    def optimal(self, C: Any, *, level: float = 0.95) -> Optima:
        """N* and D* of a budget under every law, and a band that holds them.

        Args:
            C: training compute 6 N D, FLOP; a number, text or a list.
            level: of the band, between 0 and 1.

        Raises:
            BadInput: for a level outside (0, 1), a budget that is not positive, or a law of other inputs.
        """
        return find_optima([(*member,) for member in self.members], C, level)

    def _distance(self, at: dict[str, np.ndarray]) -> np.ndarray:
        """Decades beyond the largest run, not below 0."""
        by, runs = self.backtest.by, self.backtest.runs
        x = SIX_ND.flops(at["N"], at["D"]) if by == "C" and "C" not in at else at[by]
        return np.asarray(np.maximum(np.log10(x / runs.inputs((by,))[by].max()), 0.0))

    def _reach(self, inputs: dict[str, Any]) -> list[str]:
        """A sentence where the farthest point lies farther out than any back-test."""
        tested = self.past.far
        farthest = float(self._distance(_points(self.members[0].fit.law, inputs)).max())
        if farthest <= tested:
            return []
        far = f"the farthest point lies {farthest:.1f} decades of {self.backtest.by} beyond the largest run"
        return [f"{far}; back-tests reach {tested:.1f}, and beyond that nothing supports the interval"]

    def support(self, C: float) -> str:
        """How far back-tests support a forecast at training compute C [FLOP], in a sentence."""
        largest = self.backtest.runs.inputs(("C",))["C"].max()
        beyond = float(np.log10(C / largest))
        if beyond <= 0:
            return f"C = {format_number(C)} lies within the runs"
        past = f"between {self.past.far / 2:.1f} and {self.past.far:.1f} decades beyond its data"
        missed = f"{past} this kind of forecast missed by {self.past.missed():.2g} % root mean square"
        more = "" if beyond <= self.past.far else "; farther out nobody has tested it"
        return f"C = {format_number(C)} lies {beyond:.1f} decades beyond the runs: {missed}{more}"

    @property
    def basis(self) -> str:
        """What the intervals rest on, in a sentence."""
        mixture = ", ".join(f"{name} {weight:.0%}" for name, weight in self.weights.items())
        return (
            f"calibrated on {len(self.past.error)} errors of back-tests at {self.past.cutoff.max() + 1} cut-offs, "
            f"{self.past.near:.2g} decades out on average, where they are taken "
            f"for {np.sqrt(self.excess):.2g} times what the laws stated; laws mixed: {mixture}"
        )

    def __str__(self) -> str:
        rows = [(name, f"{weight:.0%}") for name, weight in self.weights.items()]
        return "\n".join([self.basis, *table(rows, "<>", heading=("law", "weight"))])

    __repr__ = __str__


def _points(law: Law, inputs: dict[str, Any]) -> dict[str, np.ndarray]:
    check_inputs(law, inputs)
    arrays = np.broadcast_arrays(*(np.asarray(value, float) for value in inputs.values()))
    return dict(zip(inputs, arrays, strict=True))


def _spread(draws: Draws, at: dict[str, np.ndarray]) -> np.ndarray:
    """Standard deviation of the predicted log loss over the draws."""
    return np.asarray(draws.finite(partial(_log_loss, draws.fit.law, at)).std(axis=0, ddof=1))


def _log_loss(law: Law, at: dict[str, np.ndarray], params: Any) -> Array:
    return jnp.log(law.predict(params, **at))


def mix(
    weights: Sequence[float], logs: Sequence[Any], spreads: Sequence[Any], noises: Sequence[float]
) -> Mixed:
    """Mean and standard deviation of a mixture of laws.

    Args:
        weights: [laws], of sum 1.
        logs: of each law, its log loss, any shape.
        spreads: of each law, the standard deviation of that.
        noises: of each law, the standard deviation of a run's log loss about it.
    """
    mean = np.asarray(sum(w * log for w, log in zip(weights, logs, strict=True)))
    variance = sum(
        w * (spread**2 + noise**2 + (log - mean) ** 2)
        for w, log, spread, noise in zip(weights, logs, spreads, noises, strict=True)
    )
    return Mixed(mean, np.sqrt(variance))


def calibrate(
    fit: Fit,
    laws: Sequence[Law | str] = CANDIDATES,
    *,
    by: str | None = None,
    draws: Draws | None = None,
    replicates: int = 200,
    seed: int = 0,
    progress: Progress | None = None,
) -> Calibrated:
    """Back-test a fitted law and its rivals on their runs, and say what they predict together.

    Args:
        fit: the law that is asked, with the objective and the constraints that all back-tests of it keep.
        laws: its rivals; those of other inputs are left out.
        by: what orders the runs (see `backtest`); by default compute where the law is one of N and D.
        draws: of the fit; made here when None.
        replicates: resamples of each law, with all runs and at each cut-off.
        seed: of the resamples.
        progress: called with (fits done, fits in all).

    Returns:
        The mixture; its `predict` gives intervals of new runs, its `optimal` the best split under every law.

    Raises:
        BadInput: if there are too few runs to back-test: fewer than two cut-offs at which the law can be fitted
            and has later runs, or ten later runs in all.

    References:
        Barber et al. 2023 (conformal prediction beyond exchangeability) for scaling stated errors by observed ones.

    Examples:
        >>> found = sl.calibrate(sl.fit(sl.read_dataset("sweep"), starts="projected"))
        >>> list(found.weights)[-1]
        'chinchilla'
    """
    by = by or ("C" if {"N", "D"} <= set(fit.law.inputs) else fit.law.inputs[0])
    rivals = [find_law(law, LAWS) if isinstance(law, str) else law for law in laws]
    rivals = [law for law in rivals if law != fit.law and set(law.inputs) == set(fit.law.inputs)]
    objective = fit.settings.objective
    asked = [Candidate(fit.law, fit.settings.constraints), *(Candidate.of(law) for law in rivals)]
    tested = run_backtest(
        fit.runs, asked, objective, by=by, shares=SHARES, replicates=replicates, seed=seed, progress=progress
    )
    rounds = _rounds(tested, fit.law.name)
    forecasts = sum(len(trials[0].error) for trials in rounds)
    if len(rounds) < FEWEST_CUTOFFS or forecasts < FEWEST_FORECASTS:
        wanted = (
            f"enough for {FEWEST_CUTOFFS} cut-offs and {FEWEST_FORECASTS} later runs to calibrate intervals"
        )
        got = f"{len(rounds)} cut-offs with {forecasts} later runs"
        raise bad_input("runs", wanted, got, place=fit.runs.source)
    shares = weigh(rounds)
    kept = [each for each in asked if each.law.name in {trial.law for trial in rounds[0]}]
    members = [
        Member(_draws(fit, each, draws, objective, replicates, seed), weight)
        for each, weight in zip(kept, shares, strict=True)
    ]
    return Calibrated(tuple(members), tested, _past(rounds, shares))


def _draws(
    fit: Fit, of: Candidate, draws: Draws | None, objective: Objective, replicates: int, seed: int
) -> Draws:
    """Draws of the fitted law, or of a rival fitted to the same runs."""
    if of.law == fit.law and draws is not None:
        return draws
    own = fit if of.law == fit.law else of.fit(fit.runs, np.arange(len(fit.runs)), objective)
    scheme = "pairs" if fit.runs.group is None else "cluster"
    return bootstrap(own, replicates, seed, scheme=scheme, solver=BRIEF)


def _rounds(tested: Backtest, first: str) -> list[list[Trial]]:
    """The trials of each cut-off at which the first law was fitted, by the laws that were there every time."""
    cutoffs = [trial.cutoff.value for trial in tested.of(first)]
    always = [law for law in tested.laws if {t.cutoff.value for t in tested.of(law)} >= set(cutoffs)]
    trials = {(trial.law, trial.cutoff.value): trial for trial in tested.trials}
    return [[trials[law, value] for law in always] for value in cutoffs]


def weigh(rounds: Sequence[Sequence[Trial]]) -> Float[np.ndarray, " laws"]:
    """Weight of each law: its root mean square error to the power of minus the independent errors, normalised."""
    squares = [
        [np.mean(np.minimum(np.abs(trial.error), MOST_ERROR) ** 2) for trial in trials] for trials in rounds
    ]
    mean = np.maximum(np.mean(squares, axis=0), np.finfo(float).tiny)
    odds = (mean / mean.min()) ** (-INDEPENDENT * len(rounds) / 2)
    return np.asarray(odds / odds.sum())


def _past(rounds: Sequence[Sequence[Trial]], shares: np.ndarray) -> Past:
    """What the mixture of these weights would have said at every cut-off."""
    errors, stated = [], []
    for trials in rounds:
        columns = ([trial.error for trial in trials], [trial.spread for trial in trials])
        error, deviation = mix(list(shares), *columns, [trial.noise for trial in trials])
        errors.append(error)
        stated.append(deviation)
    cutoff = np.repeat(np.arange(len(rounds)), [len(error) for error in errors])
    distance = np.concatenate([trials[0].distance for trials in rounds])
    return Past(cutoff, distance, np.concatenate(errors), np.concatenate(stated))
