"""The report as one HTML file that needs nothing else: the answer first, then what it rests on."""

import base64
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jinja2 import Environment, StrictUndefined

from scalelaw import plots
from scalelaw._checks import BadInput, bad_input
from scalelaw.allocation import Plan, allocate
from scalelaw.comparison import Comparison
from scalelaw.fitting import Fit
from scalelaw.fitting.text import certificate_rows
from scalelaw.numbers import format_number, significant
from scalelaw.report.answers import Answers, IntervalSettings, answers
from scalelaw.report.checklist import checklist
from scalelaw.report.citation import bibtex
from scalelaw.report.validation import held_out

MOST_EXCLUDED = 40
"""Excluded rows that are listed one by one."""


class Picture(NamedTuple):
    """A figure of the page.

    Attributes:
        title: what it answers.
        caption: how to read it.
        source: the SVG, as the address of an image.
    """

    title: str
    caption: str
    source: str


def web_page(
    fit: Fit,
    *,
    budgets: Sequence[float] = (),
    sure: IntervalSettings | None = None,
    comparison: Comparison | None = None,
    command: str = "",
) -> str:
    """The page.

    Args:
        fit: the fit.
        budgets: training compute [FLOP] to answer for.
        sure: draws and choice of interval.
        comparison: all approaches that the runs allow.
        command: what repeats it.

    Returns:
        HTML, figures as SVG inside it; it opens without a network.
    """
    template = _environment().from_string(files(__package__).joinpath("web.html.jinja").read_text("utf-8"))
    excluded = fit.runs.excluded
    return template.render(
        fit=fit,
        warnings=fit.certificate.warnings,
        best=None if not len(budgets) else _best(fit, budgets, sure),
        sure=sure,
        parameters=_parameters(fit, sure),
        certificate=certificate_rows(fit.certificate),
        comparison=None if comparison is None else _compared(comparison),
        pictures=list(_pictures(fit, budgets, sure, comparison)),
        notes=fit.runs.notes,
        excluded=excluded.head(MOST_EXCLUDED)[["row", "reason"]].to_dict("records"),
        more_excluded=max(len(excluded) - MOST_EXCLUDED, 0),
        checklist=checklist(fit, sure, held_out(fit)),
        bibtex=bibtex(fit.settings.versions, fit.law.citation or fit.law.name),
        command=command,
    )


def write_page(path: str | Path, page: str) -> Path:
    """Write a page; whole or not at all.

    Raises:
        BadInput: if the folder does not exist, or cannot be written.
    """
    path = Path(path)
    partly = path.with_name(path.name + ".partial")
    try:
        partly.write_text(page, encoding="utf-8")
        return partly.replace(path)
    except OSError as error:
        raise bad_input("--output", "a file that can be written", f"{path} ({error.strerror})") from error


def _environment() -> Environment:
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["amount"] = format_number
    made.filters["digits"] = significant
    return made


def _best(fit: Fit, budgets: Sequence[float], sure: IntervalSettings | None) -> dict[str, Any]:
    """What to train, a row a budget, and what to know; why there is no answer where a fit allows none."""
    try:
        split = allocate(fit, C=list(budgets))
    except BadInput as error:
        return {"rows": [], "notes": (str(error),)}
    ends = None if sure is None else answers(sure, split.quantities)
    notes = (*split.notes, *(() if ends is None else ends.notes))
    return {"rows": [_row(split, ends, at) for at in range(len(budgets))], "notes": notes}


def _row(split: Plan, ends: Answers | None, at: int) -> dict[str, Any]:
    """One budget: value, and interval where there are draws, of each quantity."""
    row: dict[str, Any] = {"C": format_number(float(np.ravel(split.C)[at]))}
    for name, show in (
        ("N", format_number),
        ("D", format_number),
        ("tokens_per_parameter", _ratio),
        ("L", _loss),
    ):
        row[name] = show(float(np.ravel(getattr(split, name))[at]))
        row[f"{name}_ends"] = "" if ends is None else _ends(ends, name, at, show)
    return row


def _ends(ends: Answers, name: str, at: int, show: Callable[[float], str]) -> str:
    low, high = (float(np.ravel(end)[at]) for end in ends.of[name])
    return f"{show(low)} to {show(high)}" if np.isfinite(low + high) else "no interval"


def _ratio(value: float) -> str:
    return f"{value:.3g}"


def _loss(value: float) -> str:
    return f"{value:.4f}"


def _parameters(fit: Fit, sure: IntervalSettings | None) -> list[dict[Any, Any]]:
    """Name, value, standard error, interval."""
    if sure is None:
        frame = fit.to_frame().to_dict("records")
        return [
            {"name": row["name"], "value": row["value"], "stderr": row["stderr"], "ends": ""} for row in frame
        ]
    table = sure.draws.table(level=sure.level, kind=sure.kind).to_dict("records")
    return [row | {"ends": f"{significant(row['low'])} to {significant(row['high'])}"} for row in table]


def _compared(comparison: Comparison) -> dict[str, Any]:
    """The approaches: exponents, and what is best at the budgets, a row a source."""
    sources = list(dict.fromkeys(comparison.exponents.source))
    rows = [{"source": source, "a": _cell(comparison, source, "a", None)} for source in sources]
    for row in rows:
        row["best"] = [
            {name: _cell(comparison, row["source"], name, C) for name in ("N", "D")}
            for C in comparison.budgets
        ]
    return {
        "verdict": comparison.verdict,
        "missing": comparison.missing,
        "resamples": comparison.resamples,
        "level": comparison.level,
        "budgets": comparison.budgets,
        "rows": rows,
        "own": len(comparison.approaches),
    }


def _cell(comparison: Comparison, source: str, name: str, C: float | None) -> dict[str, str]:
    table = comparison.exponents if C is None else comparison.best[comparison.best.C == C]
    (row,) = table[(table.source == source) & (table.name == name)].to_dict("records")
    show = format_number if C is not None else "{:.4f}".format
    ends = "" if np.isnan(row["low"]) else f"{show(row['low'])} to {show(row['high'])}"
    level = f" ({row['level']:.0%})" if row["kind"] == "printed" else ""
    return {"value": show(row["value"]), "ends": ends + level}


def _pictures(
    fit: Fit, budgets: Sequence[float], sure: IntervalSettings | None, comparison: Comparison | None
) -> Iterator[Picture]:
    """The figures that the runs allow."""
    law = plots.overview(fit, budgets=list(budgets) or None)
    yield _picture(law, "The law", "Runs, contours of equal loss and the compute-optimal frontier.")
    if comparison is not None:
        yield from _of_approaches(comparison)
    if sure is not None and set(fit.law.inputs) == {"N", "D"}:
        frontier = plots.frontier(sure.draws, level=sure.level)
        yield _picture(
            frontier, "How far it reaches", "The frontier with bands; on grey ground there are no runs."
        )
    left = plots.residuals(fit)
    yield _picture(left, "What the law leaves over", "Residuals: a trend means that the form is wrong.")


def _of_approaches(comparison: Comparison) -> Iterator[Picture]:
    """The approaches together, and each that the runs allow."""
    together = "N*(C) by each approach, beside published lines and known models."
    yield _picture(plots.compare(comparison), "The approaches", together)
    if comparison.envelope is not None:
        yield _picture(
            plots.envelope(comparison.envelope), "Approach 1", "Training curves and their envelope."
        )
    if comparison.isoflop is not None:
        yield _picture(plots.isoflop(comparison.isoflop), "Approach 2", "IsoFLOP profiles and their minima.")


def _picture(figure: Any, title: str, caption: str) -> Picture:
    """A figure as an image that is its own address."""
    encoded = base64.b64encode(plots.svg(figure)).decode("ascii")
    return Picture(title, caption, f"data:image/svg+xml;base64,{encoded}")
