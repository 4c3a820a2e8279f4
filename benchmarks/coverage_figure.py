"""The figure and the table of `results/coverage.json`: `python benchmarks/coverage_figure.py`."""

import json
from pathlib import Path

import pandas as pd

import scalelaw as sl

RESULTS = Path(__file__).parent / "results"
NAMES = {"isoflop": "9 budgets x 8 sizes", "curves": "22 models x 10 checkpoints", "few": "20 runs"}
SHOWN = (
    ("240 runs", "gaussian", "pairs"),
    ("240 runs", "student", "pairs"),
    ("few", "gaussian", "pairs"),
    ("isoflop", "gaussian", "pairs"),
    ("isoflop", "student", "pairs"),
    ("isoflop", "outliers", "pairs"),
    ("curves", "correlated", "pairs"),
    ("curves", "correlated", "cluster"),
    ("curves", "gaussian", "pairs"),
)


def title(design: str, noise: str, scheme: str) -> str:
    """What a panel is called."""
    return f"{NAMES.get(design, design)}\n{noise} noise, {scheme}"


def main() -> None:
    """Draw what is shown, and print all of it as Markdown."""
    cells = json.loads((RESULTS / "coverage.json").read_text())
    tables = {(cell["design"], cell["noise"], cell["scheme"]): pd.DataFrame(cell["table"]) for cell in cells}
    shown = [tables[key].assign(panel=title(*key)) for key in SHOWN if key in tables]
    sl.plots.save(sl.plots.coverage(pd.concat(shown)), RESULTS / "coverage", ("png", "svg"))
    print("| design | noise | scheme | of | " + " | ".join(dict.fromkeys(shown[0]["kind"])) + " |")
    print("|---|---|---|---|" + "---|" * shown[0]["kind"].nunique())
    for (design, noise, scheme), table in tables.items():
        for name, own in table.groupby("of", sort=False):
            shares = " | ".join(f"{100 * share:.1f}" for share in own["covered"])
            print(f"| {NAMES.get(design, design)} | {noise} | {scheme} | {name} | {shares} |")


if __name__ == "__main__":
    main()
