"""A fit as one JSON object, and what is needed to repeat it."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from scalelaw.fitting import Fit
from scalelaw.fitting.archive import SAVED, document
from scalelaw.report.answers import IntervalSettings


def summary(fit: Fit, sure: IntervalSettings | None = None) -> dict[str, Any]:
    """A fit as one JSON object: everything but the arrays of its runs; intervals where there are draws."""
    saved = document({name: getattr(fit, name) for name in SAVED})
    saved.pop("format")
    saved.pop("residuals")
    return {
        "law": saved.pop("law"),
        "trusted": fit.certificate.trusted,
        "params": saved.pop("params"),
        "stderr": {name: _finite(value) for name, value in fit.stderr._asdict().items()},
        **saved,
        "runs": _origin(fit),
        **({} if sure is None else {"intervals": sure.draws.summary(level=sure.level, kind=sure.kind)}),
    }


def manifest(fit: Fit, command: str = "", sure: IntervalSettings | None = None) -> dict[str, Any]:
    """What is needed to repeat the fit: data and its hash, settings, resamples, versions, command, time."""
    return {
        "command": command,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": _origin(fit),
        "law": {"name": fit.law.name, "formula": fit.law.formula, "citation": fit.law.citation},
        "starts": fit.certificate.starts,
        "objective": fit.objective,
        "settings": asdict(fit.settings),
        **(
            {}
            if sure is None
            else {"bootstrap": {"replicates": len(sure.draws), "scheme": sure.draws.scheme}}
        ),
    }


def _origin(fit: Fit) -> dict[str, Any]:
    runs = fit.runs
    return {
        "source": runs.source,
        "sha256": runs.sha256,
        "columns": dict(runs.columns),
        "used": len(runs),
        "excluded": len(runs.excluded),
        "notes": list(runs.notes),
    }


def _finite(value: float) -> float | str:
    return value if abs(value) < float("inf") else str(value)
