"""The loss of a run not made yet: what the law says on average, where a single new run would fall, and did."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float

from scalelaw._checks import bad_input, check_probability
from scalelaw._float64 import float64
from scalelaw.fitting import Fit
from scalelaw.fitting.functions import Evaluated, Finite
from scalelaw.flops import SIX_ND
from scalelaw.laws import Law
from scalelaw.numbers import format_number
from scalelaw.resampling.draws import Draws
from scalelaw.resampling.intervals import Interval
from scalelaw.runs import Runs

BISECTIONS = 64
# Relative difference within which amounts count as equal.
ROUNDING = 1e-9


class Prediction(NamedTuple):
    """Where a new run would fall.

    Attributes:
        low, high: ends of the interval of its loss, nats per token.
        estimate: the loss that the fit predicts.
        notes: what the interval does not know of, a sentence each.
    """

    low: np.ndarray
    high: np.ndarray
    estimate: np.ndarray
    notes: tuple[str, ...]


def mean_interval(draws: Draws, *, level: float = 0.95, kind: str = "bca", **inputs: Any) -> Interval:
    """A confidence interval of the law's loss: of the mean over runs, without their noise.

    Args:
        draws: from `bootstrap`.
        level: of confidence, between 0 and 1.
        kind: of interval, as in `Draws.interval`, on the scale of the objective (log loss by default).
        inputs: the law's inputs by name (`N=`, `D=`, ...), floats or arrays that broadcast.

    Returns:
        (low, high) in nats per token, in the shape of the inputs.

    Raises:
        BadInput: for an unknown kind, a level outside (0, 1), or inputs that are not the law's.

    Examples:
        >>> draws = sl.bootstrap(sl.fit(sl.read_dataset("simulated-sweep")), 400)
        >>> low, high = sl.mean_interval(draws, N=7e9, D=140e9)
        >>> f"{low:.3f} to {high:.3f} nats per token"
        '2.169 to 2.174 nats per token'
    """
    ends = draws.interval(_scaled_loss(draws.fit, inputs), level=level, kind=kind)
    return Interval(*(_unscale(draws.fit, np.asarray(end)) for end in ends))


def prediction_interval(draws: Draws, *, level: float = 0.95, **inputs: Any) -> Prediction:
    """An interval of the loss of one new run, which strays from the law as the fitted runs do.

    A new run is the law of a draw plus the residual of a fitted run, on the scale of the objective (log loss
    by default, so that noise is relative). Every draw is combined with every residual, each as likely as its
    weight, so that nothing is left to chance: no tail is assumed, and heavy tails are kept. Residuals are
    widened by sqrt(n / (n - p)), as the fit of p parameters to n runs leaves them too small. Noise is taken
    to be the same at every size.

    Args:
        draws: from `bootstrap`.
        level: share of new runs to be covered, between 0 and 1.
        inputs: the law's inputs by name (`N=`, `D=`, ...), floats or arrays that broadcast.

    Returns:
        The interval, and notes where it reaches beyond the runs or they are too few to show their tails.

    Raises:
        BadInput: for a level outside (0, 1), inputs that are not the law's, or fewer than 2 usable draws.
        Unreliable: as of `Draws.interval`.

    References:
        Davison & Hinkley 1997, section 6.3.3.

    Examples:
        >>> draws = sl.bootstrap(sl.fit(sl.read_dataset("simulated-sweep")), 400)
        >>> run = sl.prediction_interval(draws, N=7e9, D=140e9)
        >>> f"{run.low:.3f} to {run.high:.3f} nats per token"
        '2.155 to 2.188 nats per token'
    """
    check_probability("level", level)
    fit = draws.fit
    loss = _scaled_loss(fit, inputs)
    tails = ((1 - level) / 2, (1 + level) / 2)
    low, high = _unscale(fit, quantiles_with_noise(fit, draws.finite(loss), tails))
    estimate = _unscale(fit, draws.estimate(loss))
    notes = (*beyond(fit, **inputs), *_few(fit, level), *filter(None, [draws.lost(loss)]))
    return Prediction(low, high, estimate, notes)


def prediction_quantiles(
    draws: Draws, probabilities: Sequence[float], **inputs: Any
) -> Float[np.ndarray, "q ..."]:
    """Quantiles of the loss of one new run: the distribution that `prediction_interval` takes its ends from.

    Args:
        draws: from `bootstrap`.
        probabilities: [q], each between 0 and 1.
        inputs: the law's inputs by name (`N=`, `D=`, ...), floats or arrays that broadcast.

    Returns:
        Losses, nats per token: a row a probability, in the shape of the inputs.

    Raises:
        BadInput: for a probability outside (0, 1), inputs that are not the law's, or fewer than 2 usable draws.
    """
    for probability in probabilities:
        check_probability("probabilities", probability)
    values = draws.finite(_scaled_loss(draws.fit, inputs))
    return np.asarray(_unscale(draws.fit, quantiles_with_noise(draws.fit, values, probabilities)))


def spread_by_noise(fit: Fit, values: Float[np.ndarray, "R ..."], level: float) -> Interval:
    """The interval of a new run from what the draws say of its mean, both on the scale of the objective.

    Args:
        fit: whose residuals are the noise.
        values: of every draw.
        level: share of new runs to be covered.
    """
    return Interval(*quantiles_with_noise(fit, values, ((1 - level) / 2, (1 + level) / 2)))


def quantiles_with_noise(
    fit: Fit, values: Float[np.ndarray, "R ..."], probabilities: Sequence[float]
) -> Float[np.ndarray, "q ..."]:
    """Quantiles of a new run from what the draws say of its mean, both on the scale of the objective.

    Args:
        fit: whose residuals are the noise.
        values: of every draw.
        probabilities: [q], each between 0 and 1.
    """
    noise, share = _noise(fit)
    columns = np.sort(values, axis=0).reshape(len(values), -1).T
    found = [[_quantile(column, noise, share, each) for column in columns] for each in probabilities]
    return np.array(found).reshape(len(probabilities), *values.shape[1:])


def beyond(fit: Fit, **inputs: Any) -> list[str]:
    """A sentence for each input, and C = 6 N D, that lies outside the range of the runs, above or below."""
    notes, at = [], {name: np.asarray(value, float) for name, value in inputs.items()}
    ranges = dict(fit.certificate.ranges)
    if {"N", "D"} <= set(fit.law.inputs) and fit.runs.C is not None:
        at["C"], ranges["C"] = SIX_ND.flops(at["N"], at["D"]), (fit.runs.C.min(), fit.runs.C.max())
    for name, (smallest, largest) in ranges.items():
        low, high = float(np.min(at[name])), float(np.max(at[name]))
        if high > largest + ROUNDING * abs(largest):
            notes.append(_outside(name, high, "beyond the largest", largest))
        if low < smallest - ROUNDING * abs(smallest):
            notes.append(_outside(name, low, "below the smallest", smallest))
    return notes


def check_inputs(law: Law, inputs: Mapping[str, Any]) -> None:
    """Refuse inputs that are not exactly those of a law.

    Raises:
        BadInput: if one is missing or unknown.
    """
    if set(inputs) != set(law.inputs):
        known, got = ", ".join(law.inputs), ", ".join(inputs) or "none"
        raise bad_input("inputs", f"exactly those of law {law.name!r} ({known})", got)


def _scaled_loss(fit: Fit, inputs: dict[str, Any]) -> Evaluated:
    """The loss at given inputs on the scale of the objective, as a function of the parameters; NaN for no number.

    Raises:
        BadInput: for inputs that are not the law's.
    """
    check_inputs(fit.law, inputs)
    at = {name: np.asarray(value, float) for name, value in inputs.items()}
    return Finite(lambda params: fit.settings.objective.scale(jnp.asarray(fit.law.predict(params, **at))))


@float64
def _unscale(fit: Fit, value: np.ndarray) -> Any:
    return fit.settings.objective.unscale(jnp.asarray(value))


def _noise(fit: Fit) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Residuals of the runs that count, widened, and how likely each is."""
    weight = np.ones(len(fit.runs)) if fit.runs.weight is None else np.asarray(fit.runs.weight)
    counts = weight > 0
    n, p = int(np.count_nonzero(counts)), fit.certificate.parameters
    return fit.residuals[counts] * math.sqrt(n / max(n - p, 1)), weight[counts] / weight.sum()


def _quantile(ordered: np.ndarray, noise: np.ndarray, share: np.ndarray, tail: float) -> float:
    """The lowest value below which at least a share `tail` of the pairs lies, by bisection."""
    low, high = ordered[0] - noise.max(), ordered[-1] - noise.min()
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        below = share @ ordered.searchsorted(middle + noise, "right") / len(ordered)
        low, high = (low, middle) if below >= tail - ROUNDING else (middle, high)
    return float(high)


def _few(fit: Fit, level: float) -> list[str]:
    """A sentence where fewer than one run in expectation lies beyond either end."""
    least, runs = math.ceil(2 / (1 - level) - ROUNDING), len(fit.runs)
    if runs >= least:
        return []
    tails = f"{runs} runs show little of the tails of their noise ({least} would at level {level:g})"
    return [f"{tails}: the ends rest on the largest residuals"]


def _outside(name: str, value: float, where: str, run: float) -> str:
    at = f"{name} = {format_number(value)} is {where} of the runs ({format_number(run)})"
    return f"{at}, where runs may have other noise and follow another law"


Losses = Float[np.ndarray, " m"]


class HeldOut(NamedTuple):
    """Runs beside what was predicted for them.

    Attributes:
        fit: what predicted.
        runs: [m] runs that it has not seen.
        predicted: losses by the law, nats per token.
        low, high: ends of the interval of a new run, nats per token.
        level: share of new runs that the intervals should hold.
        notes: where the runs lie beyond those of the fit.
    """

    fit: Fit
    runs: Runs
    predicted: Losses
    low: Losses
    high: Losses
    level: float
    notes: tuple[str, ...]

    @property
    def errors(self) -> Losses:
        """Predicted over observed loss, less one."""
        return self.predicted / self.runs.L - 1

    @property
    def inside(self) -> np.ndarray:
        """Whether the observed loss lies in its interval."""
        return (self.low <= self.runs.L) & (self.runs.L <= self.high)

    def to_frame(self) -> pd.DataFrame:
        """A row a run: the law's inputs, observed and predicted loss, interval, error, and whether it is inside."""
        return pd.DataFrame(
            {
                **self.runs.inputs(self.fit.law.inputs),
                "observed": self.runs.L,
                "predicted": self.predicted,
                "low": self.low,
                "high": self.high,
                "error": self.errors,
                "inside": self.inside,
            }
        )

    def __str__(self) -> str:
        rms, mean = np.sqrt(np.mean(self.errors**2)), np.mean(self.errors)
        verdict = (
            f"{len(self.runs)} runs not fitted: predicted to {100 * rms:.2g} % root mean square, "
            f"{100 * mean:+.2g} % on average; {np.count_nonzero(self.inside)} of {len(self.runs)} lie in "
            f"their {100 * self.level:.6g} % intervals"
        )
        table = self.to_frame()
        shown = {name: table[name].map(format_number) for name in self.fit.law.inputs}
        shown |= {name: table[name].map("{:.4f}".format) for name in ("observed", "predicted")}
        shown["interval"] = table["low"].map("{:.4f}".format) + " to " + table["high"].map("{:.4f}".format)
        shown["error"] = (100 * table["error"]).map("{:+.2f} %".format)
        shown[""] = table["inside"].map({True: "", False: "outside"})
        return "\n".join([verdict, pd.DataFrame(shown).to_string(index=False), *self.notes])


def held_out(draws: Draws, runs: Runs, *, level: float = 0.95) -> HeldOut:
    """Predict runs that the fit has not seen, with intervals that hold the noise of single runs.

    Args:
        draws: from `bootstrap`.
        runs: not among the fitted ones; usually larger, which is what a law is fitted for.
        level: share of new runs that the intervals should hold, between 0 and 1.

    Returns:
        Predicted and observed losses side by side.

    Raises:
        BadInput: for a level outside (0, 1), runs without the law's inputs, or runs that were fitted.
    """
    fit = draws.fit
    inputs = runs.inputs(fit.law.inputs)
    _check_unseen(fit, inputs, runs)
    interval = prediction_interval(draws, level=level, **inputs)
    return HeldOut(
        fit, runs, interval.estimate, interval.low, interval.high, level, tuple(beyond(fit, **inputs))
    )


def _check_unseen(fit: Fit, inputs: dict[str, Losses], runs: Runs) -> None:
    """Refuse a run whose inputs and loss are those of a fitted run."""
    seen = {*zip(*fit.runs.inputs(fit.law.inputs).values(), fit.runs.L, strict=True)}
    for row, run in zip(runs.rows, zip(*inputs.values(), runs.L, strict=True), strict=True):
        if run in seen:
            got = ", ".join(f"{name} {value:g}" for name, value in zip((*inputs, "L"), run, strict=True))
            place = f"{runs.source}, row {row}"
            raise bad_input(
                "a held-out run", "none of the fitted ones", got, place=place, advice="leave it out"
            )
