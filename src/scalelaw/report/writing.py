"""The folder of results."""

import json
from collections.abc import Sequence
from pathlib import Path

from scalelaw import plots
from scalelaw._checks import bad_input
from scalelaw.fitting import Fit
from scalelaw.report.answers import IntervalSettings
from scalelaw.report.page import markdown
from scalelaw.report.pictures import pictures
from scalelaw.report.records import manifest

FORMATS = ("png", "svg", "pdf")


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
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise bad_input("--out", "a folder that can be written", f"{folder} ({error.strerror})") from error
    figures = [
        path
        for name, draw in pictures(fit, budgets, sure).items()
        for path in plots.save(draw(), folder / name, formats=FORMATS)
    ]
    fit.save(folder / "fit.json")
    (folder / "report.md").write_text(markdown(fit, budgets, command, sure), encoding="utf-8")
    record = json.dumps(manifest(fit, command, sure), indent=1)
    (folder / "manifest.json").write_text(record + "\n", encoding="utf-8")
    written = [folder / "report.md", folder / "fit.json", folder / "manifest.json", *figures]
    if sure is not None:
        sure.draws.to_frame().to_csv(folder / "draws.csv", index_label="replicate")
        written.append(folder / "draws.csv")
    return written
