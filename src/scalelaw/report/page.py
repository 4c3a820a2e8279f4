"""The report as Markdown: verdict, fit, how sure, what to train next, figures, and how to repeat it."""

from collections.abc import Sequence

import pandas as pd

from scalelaw._checks import BadInput
from scalelaw.allocation import allocate
from scalelaw.fitting import Fit
from scalelaw.fitting.text import describe
from scalelaw.numbers import significant
from scalelaw.report.answers import IntervalSettings, answers
from scalelaw.report.pictures import pictures

CAPTIONS = {
    "corner": "Draws of the parameters against each other; the number in each panel is the correlation.",
    "frontier": "The efficient frontier with bands; on grey ground there are no runs.",
    "forest": "The same draws, by kind of interval.",
}


def markdown(
    fit: Fit, budgets: Sequence[float] = (), command: str = "", sure: IntervalSettings | None = None
) -> str:
    """The report.

    Args:
        fit: the fit.
        budgets: training compute [FLOP] to answer.
        command: what made it.
        sure: draws and choice of interval.
    """
    sections = [
        f"# {fit.law.name} fitted to {fit.runs.source}",
        _verdict(fit),
        "" if sure is None else _intervals(sure),
        f"## Fit\n\n```text\n{fit}\n```",
        _allocation(fit, budgets, sure) if len(budgets) else "",
        "## Figures\n\n" + "\n\n".join(_figure(name) for name in pictures(fit, sure=sure)),
        "## Table\n\n" + "\n".join(f"- {note}" for note in fit.runs.notes),
        _excluded(fit.runs.excluded),
        _repeat(fit, command),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _verdict(fit: Fit) -> str:
    """Why the fit cannot be trusted, before any number; nothing for one that can."""
    if fit.certificate.trusted:
        return ""
    warnings = "\n".join(f"- {warning}" for warning in fit.certificate.warnings)
    return f"**This fit cannot be trusted as it stands:**\n\n{warnings}"


def _intervals(sure: IntervalSettings) -> str:
    """A table of parameters and derived quantities with their intervals."""
    table = sure.draws.table(level=sure.level, kind=sure.kind)
    rows = [
        f"| {name} | " + " | ".join(significant(number) for number in numbers) + " |"
        for name, *numbers in table.to_numpy().tolist()
    ]
    head = "| | value | std. error | low | high |\n| --- | ---: | ---: | ---: | ---: |"
    return "\n".join([f"## {sure}\n\n{sure.draws.counts()}.\n\n{head}", *rows])


def _allocation(fit: Fit, budgets: Sequence[float], sure: IntervalSettings | None) -> str:
    try:
        split = allocate(fit, C=list(budgets))
    except BadInput as error:
        return f"## What to train\n\n{error}"
    texts = [str(split), *([] if sure is None else [str(answers(sure, split.quantities))])]
    return "## What to train\n\n```text\n" + "\n\n".join(texts) + "\n```"


def _figure(name: str) -> str:
    picture = f"![{name}]({name}.png)"
    return f"{picture}\n\n{CAPTIONS[name]}" if name in CAPTIONS else picture


def _excluded(rows: pd.DataFrame) -> str:
    if not len(rows):
        return ""
    lines = "\n".join(f"- row {row.row}: {row.reason}" for row in rows[["row", "reason"]].itertuples())
    return f"## Excluded rows\n\n{lines}"


def _repeat(fit: Fit, command: str) -> str:
    lines = [
        f"data sha256 `{fit.runs.sha256}`",
        f"objective: sum of {describe(fit.settings)}",
        f"starts: {fit.settings.starts} ({fit.certificate.starts})",
        f"solver: `{fit.settings.solver}`",
        f"versions: {', '.join(f'{name} {v}' for name, v in fit.settings.versions.items())}",
        *([f"command: `{command}`"] if command else []),
    ]
    return "## To repeat it\n\n" + "\n".join(f"- {line}" for line in lines)
