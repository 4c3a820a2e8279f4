"""What a fit leaves behind: a report to read, the fit itself, figures, and a manifest to repeat it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from scalelaw import plots
from scalelaw._checks import bad_input
from scalelaw.allocation import allocate
from scalelaw.fitting import Fit
from scalelaw.fitting.archive import document
from scalelaw.fitting.text import describe

FORMATS = ("png", "svg", "pdf")


def summary(fit: Fit) -> dict[str, Any]:
    """A fit as one JSON object: everything but the arrays of its runs."""
    saved = document({name: getattr(fit, name) for name in _SUMMARISED})
    saved.pop("format")
    saved.pop("residuals")
    return {
        "law": saved.pop("law"),
        "trusted": fit.certificate.trusted,
        "params": saved.pop("params"),
        "stderr": {name: _finite(value) for name, value in fit.stderr._asdict().items()},
        **saved,
        "runs": _origin(fit),
    }


def manifest(fit: Fit, command: str = "") -> dict[str, Any]:
    """What is needed to repeat the fit: data and its hash, settings, versions, command, time."""
    return {
        "command": command,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": _origin(fit),
        "law": {"name": fit.law.name, "formula": fit.law.formula, "citation": fit.law.citation},
        "starts": fit.certificate.starts,
        "objective": fit.objective,
        "settings": asdict(fit.settings),
    }


def markdown(fit: Fit, budgets: Sequence[float] = (), command: str = "") -> str:
    """The report: verdict, fit, what to train next, what was excluded, how to repeat it."""
    sections = [
        f"# {fit.law.name} fitted to {fit.runs.source}",
        f"```text\n{fit}\n```",
        *([f"## What to train\n\n```text\n{allocate(fit, C=list(budgets))}\n```"] if len(budgets) else []),
        "## Figures\n\n" + "\n\n".join(f"![{name}]({name}.png)" for name in _pictures(fit)),
        "## Table\n\n" + "\n".join(f"- {note}" for note in fit.runs.notes),
        _excluded(fit.runs.excluded),
        "## To repeat it\n\n"
        f"- data sha256 `{fit.runs.sha256}`\n- objective: sum of {describe(fit.settings)}\n"
        f"- starts: {fit.settings.starts} ({fit.certificate.starts})\n- solver: `{fit.settings.solver}`\n"
        f"- versions: {', '.join(f'{name} {v}' for name, v in fit.settings.versions.items())}\n"
        + (f"- command: `{command}`\n" if command else ""),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def write_results(
    fit: Fit, folder: str | Path, *, budgets: Sequence[float] = (), command: str = ""
) -> list[Path]:
    """Write report.md, fit.json, manifest.json and every figure into a folder, made if need be.

    Args:
        fit: the fit.
        folder: where to.
        budgets: training compute [FLOP] to answer in the report and mark in the figure.
        command: the command that made it, for the report.

    Returns:
        The files written.

    Raises:
        BadInput: if the folder is a file or cannot be made.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise bad_input("--out", "a folder that can be written", f"{folder} ({error.strerror})") from error
    figures = [
        path
        for name, draw in _pictures(fit, budgets).items()
        for path in plots.save(draw(), folder / name, formats=FORMATS)
    ]
    fit.save(folder / "fit.json")
    (folder / "report.md").write_text(markdown(fit, budgets, command), encoding="utf-8")
    (folder / "manifest.json").write_text(
        json.dumps(manifest(fit, command), indent=1) + "\n", encoding="utf-8"
    )
    return [folder / "report.md", folder / "fit.json", folder / "manifest.json", *figures]


_SUMMARISED = (
    "law",
    "params",
    "objective",
    "covariance",
    "derived",
    "scale",
    "residuals",
    "certificate",
    "settings",
    "basins",
    "runs",
)


def _pictures(fit: Fit, budgets: Sequence[float] = ()) -> dict[str, Callable[[], Any]]:
    pictures: dict[str, Callable[[], Any]] = {
        "law": lambda: plots.overview(fit, budgets=list(budgets) or None),
        "residuals": lambda: plots.residuals(fit),
    }
    if fit.ends is not None:
        pictures["starts"] = lambda: plots.starts(fit)
    return pictures


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


def _excluded(rows: pd.DataFrame) -> str:
    if not len(rows):
        return ""
    lines = "\n".join(f"- row {row.row}: {row.reason}" for row in rows[["row", "reason"]].itertuples())
    return f"## Excluded rows\n\n{lines}"


def _finite(value: float) -> float | str:
    return value if abs(value) < float("inf") else str(value)
