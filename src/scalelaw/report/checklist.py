"""What a paper has to say about a fit, answered from the fit itself.

After the questions of (Mis)Fitting, Li et al. 2025, arXiv:2502.18969: form, units, runs, objective, starts,
optimiser, validation, data.
"""

from typing import NamedTuple

from scalelaw.fitting import Fit
from scalelaw.fitting.text import describe
from scalelaw.numbers import format_number
from scalelaw.report.answers import IntervalSettings
from scalelaw.report.validation import Validation

NOT_SAID = "the table does not say"
QUANTITIES = {"N": "Model size N", "D": "Training tokens D", "C": "Compute C", "L": "Loss L"}


class Item(NamedTuple):
    """A question and its answer."""

    question: str
    answer: str


def checklist(
    fit: Fit, sure: IntervalSettings | None = None, validation: Validation | None = None
) -> list[Item]:
    """The checklist.

    Args:
        fit: the fit.
        sure: draws and choice of interval.
        validation: how a fit without the largest runs predicts them.
    """
    certificate, settings = fit.certificate, fit.settings
    cited = f" ({fit.law.citation})" if fit.law.citation else ""
    gap = certificate.next_basin
    basin = "no other basin was found" if gap is None else f"the next basin lies {gap:.3g} higher (relative)"
    return [
        Item(
            "Which form is fitted?", f"{fit.law.name}: {fit.law.formula or 'a function of the user'}{cited}"
        ),
        Item("Which parameters are held?", _held(fit)),
        *(
            Item(f"{words}: which column, which unit?", _column(fit, name))
            for name, words in QUANTITIES.items()
        ),
        Item("Which runs, over what range?", _runs(fit)),
        Item("Are there several rows of one run?", _groups(fit)),
        Item("Which objective?", f"the sum (not the mean) of {describe(settings)}{_weights(fit)}"),
        Item(
            "Which starts, and where did they end?",
            f"{certificate.starts:,} ({settings.starts}); {certificate.share_at_winner:.2%} ended at the best "
            f"objective, and {basin}",
        ),
        Item(
            "Which optimiser, to what tolerance?",
            f"{settings.solver}; stationary to {certificate.stationarity:.0e} of the objective",
        ),
        Item("How are intervals made?", _intervals(sure)),
        Item("Is the fit validated on runs it has not seen?", _validated(validation)),
        Item("Which data, which code?", _origin(fit)),
    ]


def _held(fit: Fit) -> str:
    held = fit.settings.constraints
    said = [f"{name} = {value:.10g}" for name, value in held.fix]
    said += [f"{name} = {other}" for name, other in held.tie]
    said += [f"{low:.6g} <= {name} <= {high:.6g}" for name, (low, high) in held.bounds]
    return "; ".join(said) or "none; positive ones are fitted as logarithms"


def _column(fit: Fit, name: str) -> str:
    """The column, its unit, and what the law takes it for."""
    runs = fit.runs
    unit = dict(fit.law.units).get(name)
    meant = f"; the law takes it as {unit}" if unit else ""
    if name in runs.columns:
        return f"column {runs.columns[name]!r}{meant}"
    derived = getattr(runs, name, None) is not None
    return f"derived from the other two by 6ND{meant}" if derived else f"none{meant}"


def _runs(fit: Fit) -> str:
    ranges = "; ".join(
        f"{name} {format_number(low)} to {format_number(high)}"
        for name, (low, high) in fit.certificate.ranges.items()
    )
    return f"{len(fit.runs)} used, {len(fit.runs.excluded)} excluded (listed below); {ranges}"


def _groups(fit: Fit) -> str:
    runs = fit.runs
    if runs.group is None:
        return f"{NOT_SAID}: no column names the run of a row, and every row counts as a run of its own"
    return f"{len(runs.group_names)} groups by column {runs.columns['group']!r}"


def _weights(fit: Fit) -> str:
    return f", weighted by column {fit.runs.columns['weight']!r}" if fit.runs.weight is not None else ""


def _intervals(sure: IntervalSettings | None) -> str:
    if sure is None:
        return "sandwich standard errors only; no resamples were made"
    return f"{sure}, {sure.draws.counts()}"


def _validated(validation: Validation | None) -> str:
    return "no" if validation is None else str(validation)


def _origin(fit: Fit) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in fit.settings.versions.items())
    return f"{fit.runs.source}, sha256 {fit.runs.sha256}; {versions}"
