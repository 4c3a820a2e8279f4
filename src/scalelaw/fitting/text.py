"""A fit as plain text.

The verdict first where there is something to say, then values, then the certificate.
"""

from collections.abc import Iterable
from typing import Any, Protocol

import pandas as pd

from scalelaw.fitting.certificate import Certificate
from scalelaw.fitting.misfit import Misfit
from scalelaw.fitting.setup import Settings
from scalelaw.fitting.threshold import EFFICIENT
from scalelaw.laws import Law
from scalelaw.numbers import format_number, significant
from scalelaw.runs import Runs


class Fitted(Protocol):
    """What the report needs of a fit."""

    @property
    def law(self) -> Law: ...  # noqa: D102
    @property
    def objective(self) -> float: ...  # noqa: D102
    @property
    def scale(self) -> float: ...  # noqa: D102
    @property
    def certificate(self) -> Certificate: ...  # noqa: D102
    @property
    def misfit(self) -> Misfit: ...  # noqa: D102
    @property
    def settings(self) -> Settings: ...  # noqa: D102
    @property
    def runs(self) -> Runs: ...  # noqa: D102
    @property
    def remark(self) -> str: ...  # noqa: D102
    @property
    def plateau(self) -> str: ...  # noqa: D102
    def to_frame(self) -> pd.DataFrame: ...  # noqa: D102


def report(fit: Fitted) -> str:
    """The whole report, lines joined."""
    noted = [f"note: {fit.remark}"] if fit.remark and not fit.plateau else []
    sections = (
        verdict(fit.certificate),
        [f"WARNING: {warning}" for warning in fit.misfit.warnings],
        heading(fit),
        noted,
        parameters(fit.to_frame()),
        ["certificate", *(f"  {name:<24}{value}" for name, value in certificate_rows(fit))],
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def verdict(certificate: Certificate) -> list[str]:
    """What has to be known first; nothing where the fit can be trusted."""
    if certificate.trusted:
        return []
    return [
        "THIS FIT CANNOT BE TRUSTED AS IT STANDS:",
        *(f"  - {warning}" for warning in certificate.warnings),
    ]


def heading(fit: Fitted) -> list[str]:
    """Law, data and objective."""
    objective, runs = fit.settings.objective, fit.runs
    dropped = f", {len(runs.excluded)} excluded" if len(runs.excluded) else ""
    unit = "log loss" if objective.residual == "log" else "nats per token"
    return [
        f"{fit.law.name}: {fit.law.formula}" if fit.law.formula else fit.law.name,
        f"{len(runs)} runs of {runs.source}{dropped}; "
        + "; ".join(
            f"{name} {format_number(low)} to {format_number(high)}"
            for name, (low, high) in fit.certificate.ranges.items()
        ),
        f"objective {fit.objective:.14g} = sum of {describe(fit.settings)}; "
        f"residual scale {fit.scale:.3g} ({unit})",
    ]


def describe(settings: Settings) -> str:
    """The objective in words: `huber(delta 0.001) of log residuals`."""
    objective = settings.objective
    auto = f", auto: {EFFICIENT} residual scales" if objective.auto else ""
    delta = "" if objective.loss == "squared" else f"(delta {objective.delta:.6g}{auto})"
    return f"{objective.loss}{delta} of {objective.residual} residuals"


def parameters(frame: pd.DataFrame) -> list[str]:
    """The table of values and standard errors."""
    width = max(len(name) for name in frame["name"])
    lines = [f"{'':{width}}  {'value':>14}  {'std. error':>12}   (sandwich approximation)"]
    for name, value, stderr, role in _rows(frame):
        error = f"{stderr:.4g}" if role in ("free", "derived") else "-"
        note = "" if role == "free" else role
        lines.append(f"{name:{width}}  {significant(value, 8):>14}  {error:>12}   {note}".rstrip())
    return lines


def certificate_rows(fit: Fitted) -> list[tuple[str, str]]:
    """Name and value of every part of the certificate, and what the law leaves in the residuals."""
    verdict, left = fit.certificate, fit.misfit
    gap = verdict.next_basin
    return [
        (
            "converged",
            f"{_yes(verdict.converged)} (stationary to {verdict.stationarity:.0e} of the objective)",
        ),
        ("starts at the winner", f"{verdict.share_at_winner:.2%} of {verdict.starts}"),
        ("next basin", "none found" if gap is None else f"objective {gap:.3g} higher (relative)"),
        ("Hessian", "positive definite" if verdict.hessian_positive_definite else "NOT positive definite"),
        ("condition number", f"{verdict.condition_number:.3g} (centred logs)"),
        (
            "at a bound",
            ", ".join([*verdict.at_bound, *(f"{name} = 0" for name in verdict.at_limit)]) or "none",
        ),
        ("identifiable", _yes(verdict.identifiable)),
        ("runs, free parameters", f"{verdict.runs}, {verdict.parameters}"),
        ("structure left", f"{'FOUND' if left.found else 'none found'} ({left.sizes})"),
    ]


def rows_as_dict(frame: pd.DataFrame) -> dict[str, Any]:
    """Name -> {value, stderr, role}, for JSON."""
    return {
        name: {"value": value, "stderr": stderr, "role": role} for name, value, stderr, role in _rows(frame)
    }


def _rows(frame: pd.DataFrame) -> Iterable[tuple[str, float, float, str]]:
    return frame[["name", "value", "stderr", "role"]].itertuples(index=False, name=None)


def _yes(flag: bool) -> str:
    return "yes" if flag else "NO"
