"""The report as one HTML file that needs nothing else: the answer first, then what it rests on."""

import base64
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined

from scalelaw import plots
from scalelaw._checks import BadInput
from scalelaw._files import write_file
from scalelaw.allocation import allocate
from scalelaw.comparison import Comparison
from scalelaw.comparison.flatness import ENDS, flat_cells
from scalelaw.fitting import Fit
from scalelaw.fitting.text import certificate_rows
from scalelaw.numbers import format_number, significant
from scalelaw.report.answers import IntervalSettings, answers
from scalelaw.report.checklist import checklist, validate
from scalelaw.report.pictures import pictures
from scalelaw.report.rivals import rivals
from scalelaw.validation import Calibrated

MOST_EXCLUDED = 40
"""Excluded rows that are listed one by one."""

SHOWN = {
    "N": format_number,
    "D": format_number,
    "tokens_per_parameter": "{:.3g}".format,
    "L": "{:.4f}".format,
}
"""What is best at a budget, and how it is written."""

CAPTIONS = {
    "law": ("The law", "Runs, contours of equal loss and the compute-optimal frontier."),
    "compare": ("The approaches", "N*(C) by each approach, beside published lines and known models."),
    "envelope": ("Approach 1", "Training curves and their envelope."),
    "isoflop": ("Approach 2", "IsoFLOP profiles and their minima."),
    "frontier": ("How far it reaches", "The frontier with bands; on grey ground there are no runs."),
    "residuals": ("What the law leaves over", "Residuals: a trend means that the form is wrong."),
}
"""Titles and captions by the name of the figure, in the order of the page."""


def web_page(
    fit: Fit,
    *,
    budgets: Sequence[float] = (),
    sure: IntervalSettings | None = None,
    comparison: Comparison | None = None,
    known: Calibrated | str = "",
    command: str = "",
) -> str:
    """The page.

    Args:
        fit: the fit.
        budgets: training compute [FLOP] to answer for.
        sure: draws and choice of interval.
        comparison: all approaches that the runs allow.
        known: rival laws, calibrated by back-tests; or why there are none, in words.
        command: what repeats it.

    Returns:
        HTML, figures as SVG inside it; it opens without a network.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "amount": format_number,
        "digits": significant,
        "address": lambda figure: "data:image/svg+xml;base64," + base64.b64encode(plots.svg(figure)).decode(),
    }
    drawn = pictures(fit, budgets, sure, comparison)
    parameters = fit.to_frame() if sure is None else sure.draws.table(level=sure.level, kind=sure.kind)
    template = environment.from_string(files(__package__).joinpath("web.html.jinja").read_text("utf-8"))
    return template.render(
        fit=fit,
        best=_best(fit, budgets, sure) if len(budgets) else None,
        sure=sure,
        known=None if isinstance(known, str) or not len(budgets) else rivals(known, budgets, _level(sure)),
        uncalibrated=known if isinstance(known, str) else "",
        parameters=parameters.to_dict("records"),
        certificate=certificate_rows(fit),
        comparison=comparison,
        approaches=[] if comparison is None else _approaches(comparison),
        flat=[] if comparison is None else _flat(comparison),
        figures=[(drawn[name](), *caption) for name, caption in CAPTIONS.items() if name in drawn],
        excluded=fit.runs.excluded.head(MOST_EXCLUDED)[["row", "reason"]].to_dict("records"),
        checklist=checklist(fit, sure, validate(fit)),
        command=command,
    )


def _level(sure: IntervalSettings | None) -> float:
    return 0.95 if sure is None else sure.level


def write_page(path: str | Path, page: str) -> Path:
    """Write a page; whole or not at all.

    Raises:
        BadInput: if the folder does not exist, or cannot be written.
    """
    write_file(path, page, "--output")
    return Path(path)


def _best(fit: Fit, budgets: Sequence[float], sure: IntervalSettings | None) -> dict[str, Any]:
    """What to train, a row a budget, and what to know; why there is no answer where a fit allows none."""
    try:
        split = allocate(fit, C=list(budgets))
    except BadInput as error:
        return {"rows": [], "notes": (str(error),)}
    ends = None if sure is None else answers(sure, split.quantities)
    rows = []
    for at, C in enumerate(np.ravel(split.C)):
        cells = []
        for name, show in SHOWN.items():
            low, high = (np.nan, np.nan) if ends is None else (np.ravel(end)[at] for end in ends.of[name])
            interval = f"{show(low)} to {show(high)}" if np.isfinite(low + high) else "no interval"
            cells.append((show(float(np.ravel(getattr(split, name))[at])), interval if ends else ""))
        rows.append({"C": C, "cells": cells})
    return {"rows": rows, "notes": (*split.notes, *(() if ends is None else ends.notes))}


def _approaches(comparison: Comparison) -> list[dict[str, Any]]:
    """The exponent by each source, and what is best at the budgets."""
    rows = []
    for place, source in enumerate(dict.fromkeys(comparison.exponents["source"])):
        cells = [_cell(comparison, source, "a", None)]
        cells += [_cell(comparison, source, name, C) for C in comparison.budgets for name in ("N", "D")]
        rows.append({"source": source, "cells": cells, "printed": place >= len(comparison.approaches)})
    return rows


def _flat(comparison: Comparison) -> list[dict[str, Any]]:
    """The sizes whose loss is nearly the best, a row a source and budget."""
    rows = comparison.flat.to_dict("records")
    return [
        {"source": row["source"], "C": row["C"], "cells": [flat_cells(row, end) for end in ENDS]}
        for row in rows
    ]


def _cell(comparison: Comparison, source: str, name: str, C: float | None) -> tuple[str, str]:
    """A value and its interval, with its level where a paper printed it."""
    table = comparison.exponents if C is None else comparison.best[comparison.best["C"] == C]
    (row,) = table[(table["source"] == source) & (table["name"] == name)].to_dict("records")
    show = format_number if C is not None else "{:.4f}".format
    ends = "" if np.isnan(row["low"]) else f"{show(row['low'])} to {show(row['high'])}"
    level = f" ({row['level']:.0%})" if row["kind"] == "printed" else ""
    return show(row["value"]), ends + level
