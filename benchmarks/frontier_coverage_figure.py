"""The figure and the table of `results/frontier_coverage.json`: `python benchmarks/frontier_coverage_figure.py`."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

import scalelaw as sl

RESULTS = Path(__file__).parent / "results"
METHODS = ("shared", "parabola", "cubic")


def title(cell: dict[str, Any]) -> str:
    """What a panel is called."""
    return f"{cell['design']}\n{cell['noise']} noise, {100 * cell['size']:g} %"


def way(cell: dict[str, Any]) -> str:
    """The approach and how it was taken and resampled."""
    if cell["approach"] == "isoflop":
        return f"{cell['method']}, {cell['scheme']}, {cell['kind']}"
    edges = "with" if cell["edges"] else "without"
    return f"envelope, {cell['method']}, {edges} edges"


def rows(cell: dict[str, Any]) -> pd.DataFrame:
    """A row a number of the frontier, for the picture."""
    covered = cell["covered"]
    error = [(share * (1 - share) / cell["datasets"]) ** 0.5 for share in covered.values()]
    return pd.DataFrame(
        {
            "of": [*covered],
            "kind": cell["method"],
            "covered": [*covered.values()],
            "error": error,
            "panel": title(cell),
        }
    )


def main() -> None:
    """Draw profiles by every method, and print all cells as Markdown."""
    cells = json.loads((RESULTS / "frontier_coverage.json").read_text())
    usual = [
        cell
        for cell in cells
        if (cell["approach"], cell["scheme"], cell["kind"]) == ("isoflop", "parametric", "percentile")
        and cell["method"] in METHODS
    ]
    sl.plots.save(
        sl.plots.coverage(pd.concat(map(rows, usual))), RESULTS / "frontier_coverage", ("png", "svg")
    )
    print(
        "| design and noise | how | a | N* at the largest budget | 10 times it | 1e24 FLOP | width / oracle |"
    )
    print("|---|---|---|---|---|---|---|")
    for cell in cells:
        shares = " | ".join(f"{100 * share:.1f}" for share in cell["covered"].values())
        ratios = (
            ""
            if cell["oracle"] is None
            else ", ".join(f"{cell['width'][name] / cell['oracle'][name]:.2f}" for name in cell["width"])
        )
        print(f"| {title(cell).replace(chr(10), ', ')} | {way(cell)} | {shares} | {ratios} |")


if __name__ == "__main__":
    main()
