"""The 15 IsoFLOP experiments of Porian et al. 2024 (arXiv:2406.19146) and ours beside each other.

    python benchmarks/porian.py [shared/data]

For each the exponent a of N* ~ C^a that they print, and a with its 95 % interval by the default (exponents shared
by all budgets, noise from the scatter about the curves) and by their own method (Akima through every run, .005 nats
of noise on each loss). Writes benchmarks/results/porian.json and prints the table.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

import scalelaw as sl
from golden import data_folder

RESULTS = Path(__file__).parent / "results"
REPLICATES = 1000
WAYS: dict[str, dict[str, Any]] = {
    "shared": {},
    "akima": {"method": "akima", "noise": 0.005},
}
"""Name of each way -> arguments of `isoflop`."""


def experiments(folder: Path, replicates: int = REPLICATES) -> list[dict[str, Any]]:
    """A record an experiment: budgets found and run, the published a, and of each way a, its interval and noise."""
    published = pd.read_csv(folder / "porian_fits_published.csv").set_index("experiment")
    table = pd.read_csv(folder / "porian_isoflop.csv")
    return [
        record(name, own, float(published.loc[name, "basic.n_exponent"]), replicates)
        for name, own in table.groupby("experiment")
    ]


def record(name: str, own: pd.DataFrame, a: float, replicates: int) -> dict[str, Any]:
    """Of one experiment."""
    runs = sl.Runs.from_frame(own, N="params", D="tokens", C="budget", L="loss", source=name)
    made = {"experiment": name, "budgets run": own["budget"].nunique(), "published": a}
    for way, words in WAYS.items():
        found = sl.isoflop(runs, **words)
        low, high = sl.bootstrap(found, replicates).interval("a")
        made[way] = {
            "budgets": len(found.budgets.C),
            "used": int(found.by_N.used.sum()),
            "noise": found.noise,
            "a": found.plain.a,
            "low": float(low),
            "high": float(high),
        }
    return made


def line(made: dict[str, Any]) -> str:
    """A row of Markdown."""
    cells = [made["experiment"].replace("|", " "), f"{made['published']:.3f}"]
    for way in WAYS:
        own = made[way]
        inside = "" if own["low"] <= made["published"] <= own["high"] else " **not inside**"
        cells += [
            f"{own['used']} of {own['budgets']}",
            f"{own['a']:.3f} ({own['low']:.3f} to {own['high']:.3f}){inside}",
        ]
    return f"| {' | '.join(cells)} | {made['shared']['noise']:.3f} |"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data_folder()
    made = experiments(folder)
    (RESULTS / "porian.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(
        "| experiment | published a | budgets used | shared, a (95 %) | used | akima, a (95 %) | scatter, nats |"
    )
    print("|---|---|---|---|---|---|---|")
    print("\n".join(line(each) for each in made))


if __name__ == "__main__":
    main()
