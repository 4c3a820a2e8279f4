"""What a paper has to say about a fit, answered from the fit itself, and a check on runs that it has not seen.

After the questions of (Mis)Fitting, Li et al. 2025, arXiv:2502.18969: form, units, runs, objective, starts,
optimiser, validation, data.
"""

from typing import NamedTuple

import numpy as np

from scalelaw import fitting
from scalelaw._checks import BadInput
from scalelaw.fitting import Fit
from scalelaw.fitting.text import describe
from scalelaw.numbers import format_number
from scalelaw.report.answers import IntervalSettings

QUANTITIES = {"N": "Model size N", "D": "Training tokens D", "C": "Compute C", "L": "Loss L"}

HELD_OUT = 0.1
"""Share of the runs that a validation holds out: those of largest compute."""

FEWEST = 3
SAME = 1e-6


class Item(NamedTuple):
    """A question and its answer."""

    question: str
    answer: str


class Validation(NamedTuple):
    """The errors at runs that a refit has not seen.

    Attributes:
        beyond: largest compute that the refit saw, FLOP.
        to: largest compute it had to predict, FLOP.
        errors: [m] predicted over observed loss, less one.
        scale: robust standard deviation of the residuals of the refit, as the objective has them.
    """

    beyond: float
    to: float
    errors: np.ndarray
    scale: float

    def __str__(self) -> str:
        rms = float(np.sqrt(np.mean(self.errors**2)))
        return (
            f"fitted again without the {len(self.errors)} runs above {format_number(self.beyond)} FLOP, the law "
            f"predicts their losses (up to {format_number(self.to)} FLOP) to {100 * rms:.2g} % root mean square, "
            f"{100 * float(np.mean(self.errors)):+.2g} % on average; the residual scale of that fit is "
            f"{self.scale:.2g}"
        )


def checklist(
    fit: Fit, sure: IntervalSettings | None = None, validation: Validation | None = None
) -> list[Item]:
    """The checklist.

    Args:
        fit: the fit.
        sure: draws and choice of interval.
        validation: how a fit without the largest runs predicts them.
    """
    certificate, settings, runs = fit.certificate, fit.settings, fit.runs
    cited = f" ({fit.law.citation})" if fit.law.citation else ""
    weights = "" if runs.weight is None else f", weighted by column {runs.columns['weight']!r}"
    gap = certificate.next_basin
    basin = "no other basin was found" if gap is None else f"the next basin lies {gap:.3g} higher (relative)"
    intervals = "sandwich standard errors only; no resamples were made"
    versions = ", ".join(f"{name} {version}" for name, version in settings.versions.items())
    return [
        Item(
            "Which form is fitted?", f"{fit.law.name}: {fit.law.formula or 'a function of the user'}{cited}"
        ),
        Item("Which parameters are held?", _held(fit)),
        *(
            Item(f"{words}: which column, which unit?", _column(fit, name))
            for name, words in QUANTITIES.items()
        ),
        Item("Which runs, over what range?", _ranges(fit)),
        Item("Are there several rows of one run?", _groups(fit)),
        Item("Which objective?", f"the sum (not the mean) of {describe(settings)}{weights}"),
        Item(
            "Which starts, and where did they end?",
            f"{certificate.starts:,} ({settings.starts}); {certificate.share_at_winner:.2%} ended at the best "
            f"objective, and {basin}",
        ),
        Item(
            "Which optimiser, to what tolerance?",
            f"{settings.solver}; stationary to {certificate.stationarity:.0e} of the objective",
        ),
        Item("How are intervals made?", intervals if sure is None else f"{sure}, {sure.draws.counts()}"),
        Item(
            "Is the fit validated on runs it has not seen?", "no" if validation is None else str(validation)
        ),
        Item("Which data, which code?", f"{runs.source}, sha256 {runs.sha256}; {versions}"),
    ]


def _held(fit: Fit) -> str:
    held = fit.settings.constraints
    said = [f"{name} = {value:.10g}" for name, value in held.fix]
    said += [f"{name} = {other}" for name, other in held.tie]
    said += [f"{low:.6g} <= {name} <= {high:.6g}" for name, (low, high) in held.bounds]
    return "; ".join(said) or "none; positive ones are fitted as logarithms"


def _column(fit: Fit, name: str) -> str:
    """The column, its unit, and what the law takes it for."""
    unit = dict(fit.law.units).get(name)
    meant = f"; the law takes it as {unit}" if unit else ""
    if name in fit.runs.columns:
        return f"column {fit.runs.columns[name]!r}{meant}"
    derived = getattr(fit.runs, name, None) is not None
    return f"derived from the other two by 6ND{meant}" if derived else f"none{meant}"


def _ranges(fit: Fit) -> str:
    ranges = "; ".join(
        f"{name} {format_number(low)} to {format_number(high)}"
        for name, (low, high) in fit.certificate.ranges.items()
    )
    return f"{len(fit.runs)} used, {len(fit.runs.excluded)} excluded (listed below); {ranges}"


def _groups(fit: Fit) -> str:
    runs = fit.runs
    if runs.group is None:
        return "the table does not say: no column names the run of a row, and every row counts as a run of its own"
    return f"{len(runs.group_names)} groups by column {runs.columns['group']!r}"


def validate(fit: Fit) -> Validation | None:
    """Fit again without the tenth of the runs of largest compute, and predict these.

    Args:
        fit: the fit of all runs; its objective, constraints and kind of starts are kept.

    Returns:
        The errors; None where the runs have no compute, too few of them are left, or the starts were given
        by hand.
    """
    C = fit.runs.C
    if C is None or fit.settings.starts not in ("grid", "projected"):
        return None
    # Runs of one budget differ by rounding, and go together.
    largest = C >= (1 - SAME) * np.sort(C)[int((1 - HELD_OUT) * len(C))]
    seen, unseen = np.flatnonzero(~largest), np.flatnonzero(largest)
    if len(unseen) < FEWEST:
        return None
    objective, held = fit.settings.objective, fit.settings.constraints
    try:
        refit = fitting.fit(
            fit.runs.taken(seen),
            fit.law,
            delta=objective.asked,
            loss=objective.loss,
            residual=objective.residual,
            starts="projected" if fit.law.linear else "grid",
            fix=dict(held.fix),
            tie=dict(held.tie),
            bounds=dict(held.bounds),
        )
    except BadInput:  # too few runs are left
        return None
    rest = fit.runs.taken(unseen)
    predicted = refit.predict(**rest.inputs(fit.law.inputs))
    return Validation(float(C[seen].max()), float(C.max()), np.asarray(predicted) / rest.L - 1, refit.scale)
