"""Draw the measurements: `python benchmarks/figure.py [results.json]` writes a PNG and an SVG beside it."""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from plan import OURS

RESULTS = Path(__file__).parent / "results" / "solvers.json"
INK, FAINT, GRID = "#1f2430", "#6b7280", "#e5e7eb"
COLOURS = {"scalelaw": "#c2410c", "scipy": "#3b5b8c", "optax": "#0f766e", "optimistix": "#0f766e"}
COLUMNS = (1.21, 1.38, 1.58)  # right edges of the figures beside a panel, in widths of the panel
HEAD, FOOT = 0.75, 1.0  # inches above and below the panels
HOME = 0.99  # a filled dot: practically every fit reaches the best objective
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": FAINT,
    "xtick.color": FAINT,
    "svg.fonttype": "none",
    "svg.hashsalt": "scalelaw",
}

Row = dict[str, Any]


def reference(rows: list[Row]) -> Row:
    """SciPy on all cores at its most reliable, and the fastest of those that are equally so."""
    candidates = [row for row in rows if row["rival"].startswith("scipy") and row["rival"].endswith("-cores")]
    if not candidates:
        raise SystemExit("the figure needs a SciPy row on all cores in both panels: run solvers.py first")
    return min(candidates, key=lambda row: (-round(row["share_at_best"], 2), row["ms_per_fit"]))


def in_words(ms: float) -> str:
    return f"{ms:.3g} ms" if ms >= 1 else f"{1e3 * ms:.3g} µs"


def notes(row: Row, against: Row) -> tuple[str, str, str]:
    """Time, share at the best objective, speed-up; a star where only a sample of the batch was run."""
    star = "*" if row["fits"] < row["fits_of"] else ""
    ratio = against["ms_per_fit"] / row["ms_per_fit"]
    faster = f"{ratio:.1f}×" if ratio < 10 else f"{ratio:.0f}×"
    return star + in_words(row["ms_per_fit"]), f"{row['share_at_best']:.0%}", faster


def write_columns(axes: Axes, height: float, texts: tuple[str, str, str], **style: Any) -> None:
    for column, text in zip(COLUMNS, texts, strict=True):
        at = (column, height)
        axes.annotate(text, at, xycoords=("axes fraction", "data"), ha="right", va="center", **style)


def panel(axes: Axes, rows: list[Row], order: list[str], title: str) -> None:
    """One dot a rival on a log axis; a dashed line at the SciPy reference."""
    against = reference(rows)
    for row in rows:
        height, colour = order.index(row["rival"]), COLOURS[row["rival"].split("-")[0]]
        fill = colour if row["share_at_best"] >= HOME else "white"
        axes.plot(row["ms_per_fit"], height, "o", ms=8, mec=colour, mfc=fill, mew=1.6, zorder=3)
        emphasis = {"color": colour, "weight": "bold"} if row["rival"] == OURS else {"color": INK}
        write_columns(axes, height, notes(row, against), **emphasis)
    write_columns(axes, -0.95, ("per fit", "at best", "speed-up"), color=FAINT)
    axes.axvline(against["ms_per_fit"], color=FAINT, lw=1, ls=(0, (4, 3)), zorder=1)
    at = (against["ms_per_fit"], -0.9)
    axes.annotate("SciPy, 1×", at, ha="center", va="center", color=FAINT, fontsize=7.5, annotation_clip=False)
    axes.set_title(title, loc="left", fontsize=10.5, weight="bold", pad=16)
    dress(axes, len(order))


def dress(axes: Axes, rivals: int) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(rivals - 0.4, -0.6)
    axes.set_xlabel("milliseconds per fit (log scale)")
    axes.grid(axis="both", color=GRID, lw=0.8, zorder=0)
    axes.tick_params(length=0, which="both")
    axes.tick_params(axis="y", labelcolor=INK)
    axes.spines[:].set_visible(False)
    axes.margins(x=0.12)


def footer(rows: list[Row]) -> str:
    row = rows[0]
    versions = ", ".join(f"{name} {found}" for name, found in row["versions"].items())
    return (
        f"Filled: at least {HOME:.0%} of the fits end within 1e-6 of the best objective anyone found. "
        "Speed-up: against the dashed line, SciPy on all cores at its most reliable.\n"
        "* timed on a seeded sample of the batch. Compilation is not in the times. "
        f"Data: {row['data']}. {row['cpu']}, {row['cores']} cores; {versions}."
    )


def draw(rows: list[Row], grid: str, out: Path) -> None:
    """Left the grid of starts, right the resamples, rivals in the order of the left panel's times."""
    left = sorted((row for row in rows if row["workload"] == grid), key=lambda row: row["ms_per_fit"])
    right = [row for row in rows if row["workload"] == "resamples4096"]
    labels = {row["rival"]: row["label"] for row in left + right}
    order = list(labels)
    with plt.rc_context(STYLE):
        height = HEAD + 0.34 * len(order) + FOOT
        figure, axes = plt.subplots(1, 2, figsize=(13.5, height), sharey=True)
        panel(axes[0], left, order, f"From {left[0]['fits_of']:,} starts of Hoffmann's grid")
        panel(axes[1], right, order, f"Over {right[0]['fits_of']:,} resamples, started at the fit")
        axes[0].set_yticks(range(len(order)), list(labels.values()))
        figure.text(0.01, 0.1 / height, footer(rows), color=FAINT, fontsize=7.5, linespacing=1.5)
        edges = {"top": 1 - HEAD / height, "bottom": FOOT / height}
        figure.subplots_adjust(left=0.18, right=0.84, wspace=0.72, **edges)
        for suffix, extra in ((".png", {"dpi": 200}), (".svg", {"metadata": {"Date": None}})):
            figure.savefig(out.with_suffix(suffix), facecolor="white", **extra)
        plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", default=RESULTS)
    parser.add_argument("--grid", default="grid4500", help="the workload of the left panel")
    parser.add_argument("--data", default="simulated_sweep", help="the data set, by its file's stem")
    asked = parser.parse_args()
    rows = [row for row in json.loads(asked.results.read_text()) if row["data"] == asked.data]
    draw(rows, asked.grid, asked.results)


if __name__ == "__main__":
    main()
