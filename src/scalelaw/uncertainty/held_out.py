"""How well a fit predicts runs that it has not seen, each beside the interval that was claimed for it."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from scalelaw._checks import bad_input
from scalelaw.fitting import Fit
from scalelaw.numbers import format_number
from scalelaw.resampling.draws import Draws
from scalelaw.runs import Runs
from scalelaw.uncertainty.prediction import beyond, prediction_interval

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
