"""The folder of results: a report to read, the fit itself, figures, and what is needed to repeat it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scalelaw import plots
from scalelaw._checks import BadInput
from scalelaw._files import make_folder, write_file
from scalelaw._json import exact, plain
from scalelaw.allocation import allocate
from scalelaw.fitting import Fit
from scalelaw.fitting.archive import SAVED, document
from scalelaw.fitting.text import describe
from scalelaw.numbers import significant
from scalelaw.report.answers import IntervalSettings, answers
from scalelaw.report.pictures import pictures

FORMATS = ("png", "svg", "pdf")
CAPTIONS = {
    "corner": "Draws of the parameters against each other; the number in each panel is the correlation.",
    "frontier": "The efficient frontier with bands; on grey ground there are no runs.",
    "forest": "The same draws, by kind of interval.",
}


def write_results(
    fit: Fit,
    folder: str | Path,
    *,
    budgets: Sequence[float] = (),
    command: str = "",
    sure: IntervalSettings | None = None,
) -> list[Path]:
    """Write report.md, fit.json, manifest.json and every figure into a folder, made if need be.

    Args:
        fit: the fit.
        folder: where to.
        budgets: training compute [FLOP] to answer in the report and mark in the figure.
        command: the command that made it, for the report.
        sure: draws and choice of interval: then draws.csv, intervals in the report, and corner plot, forest
            of intervals by kind and frontier with bands are written too.

    Returns:
        The files written.

    Raises:
        BadInput: if the folder is a file or cannot be made.
    """
    folder = make_folder(folder, "--out")
    figures = [
        path
        for name, draw in pictures(fit, budgets, sure).items()
        for path in plots.save(draw(), folder / name, formats=FORMATS)
    ]
    fit.save(folder / "fit.json")
    record = json.dumps(plain(manifest(fit, command, sure)), indent=1) + "\n"
    texts = {"report.md": markdown(fit, budgets, command, sure), "manifest.json": record}
    if sure is not None:
        texts["draws.csv"] = sure.draws.to_frame().to_csv(index_label="replicate")
    for name, text in texts.items():
        write_file(folder / name, text, name)
    return [folder / "fit.json", *(folder / name for name in texts), *figures]


def summary(fit: Fit, sure: IntervalSettings | None = None) -> dict[str, Any]:
    """A fit as one JSON object: everything but the arrays of its runs; intervals where there are draws."""
    saved = document({name: getattr(fit, name) for name in SAVED})
    del saved["format"], saved["residuals"]
    intervals = None if sure is None else sure.draws.summary(level=sure.level, kind=sure.kind)
    return {
        "law": saved.pop("law"),
        "trusted": fit.certificate.trusted,
        "misfit": plain(fit.misfit.to_dict()),
        "remark": fit.remark,
        "params": saved.pop("params"),
        "stderr": exact(fit.stderr._asdict()),
        **saved,
        "runs": _origin(fit),
        **({} if intervals is None else {"intervals": intervals}),
    }


def manifest(fit: Fit, command: str = "", sure: IntervalSettings | None = None) -> dict[str, Any]:
    """What is needed to repeat the fit: data and its hash, settings, resamples, versions, command, time."""
    resamples = None if sure is None else {"replicates": len(sure.draws), "scheme": sure.draws.scheme}
    return {
        "command": command,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": _origin(fit),
        "law": {"name": fit.law.name, "formula": fit.law.formula, "citation": fit.law.citation},
        "starts": fit.certificate.starts,
        "objective": fit.objective,
        "settings": asdict(fit.settings),
        **({} if resamples is None else {"bootstrap": resamples}),
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


def markdown(
    fit: Fit, budgets: Sequence[float] = (), command: str = "", sure: IntervalSettings | None = None
) -> str:
    """The report as Markdown: verdict, fit, intervals, what to train next, figures, and how to repeat it.

    Args:
        fit: the fit.
        budgets: training compute [FLOP] to answer.
        command: what made it.
        sure: draws and choice of interval.
    """
    figures = [
        f"![{name}]({name}.png)" + (f"\n\n{CAPTIONS[name]}" if name in CAPTIONS else "")
        for name in pictures(fit, sure=sure)
    ]
    excluded = [f"row {row.row}: {row.reason}" for row in fit.runs.excluded[["row", "reason"]].itertuples()]
    versions = ", ".join(f"{name} {version}" for name, version in fit.settings.versions.items())
    repeat = [
        f"data sha256 `{fit.runs.sha256}`",
        f"objective: sum of {describe(fit.settings)}",
        f"starts: {fit.settings.starts} ({fit.certificate.starts})",
        f"solver: `{fit.settings.solver}`",
        f"versions: {versions}",
        *([f"command: `{command}`"] if command else []),
    ]
    verdict = "**This fit cannot be trusted as it stands:**\n\n" + _bullets(fit.certificate.warnings)
    sections = [
        f"# {fit.law.name} fitted to {fit.runs.source}",
        "" if fit.certificate.trusted else verdict,
        *(f"**Warning:** {warning}" for warning in fit.misfit.warnings),
        "" if sure is None else _intervals(sure),
        f"## Fit\n\n```text\n{fit}\n```",
        _allocation(fit, budgets, sure) if len(budgets) else "",
        "## Figures\n\n" + "\n\n".join(figures),
        "## Table\n\n" + _bullets(fit.runs.notes),
        "## Excluded rows\n\n" + _bullets(excluded) if excluded else "",
        "## To repeat it\n\n" + _bullets(repeat),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _intervals(sure: IntervalSettings) -> str:
    """A table of parameters and derived quantities with their intervals."""
    table = sure.draws.table(level=sure.level, kind=sure.kind)
    rows = [
        f"| {name} | " + " | ".join(significant(number) for number in numbers) + " |"
        for name, *numbers in table.to_numpy().tolist()
    ]
    head = "| | value | std. error | low | high |\n| --- | ---: | ---: | ---: | ---: |"
    warnings = "".join(f"**Warning:** {warning}.\n\n" for warning in sure.draws.warnings)
    return "\n".join([f"## {sure}\n\n{warnings}{sure.draws.counts()}.\n\n{head}", *rows])


def _allocation(fit: Fit, budgets: Sequence[float], sure: IntervalSettings | None) -> str:
    try:
        split = allocate(fit, C=list(budgets))
    except BadInput as error:
        return f"## What to train\n\n{error}"
    texts = [str(split), *([] if sure is None else [str(answers(sure, split.quantities))])]
    return "## What to train\n\n```text\n" + "\n\n".join(texts) + "\n```"
