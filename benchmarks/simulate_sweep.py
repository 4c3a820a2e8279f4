"""Simulate the sweep that ships with the package: `python benchmarks/simulate_sweep.py [folder]`.

The design is that of Hoffmann et al. 2022 (arXiv:2203.15556): their 50 model sizes, their 9 IsoFLOP budgets
(Approach 2) and four training horizons a size (Approach 1). The losses come from the law of
Besiroglu et al. 2024 (arXiv:2404.10102), the exact optimum of their 240 runs. The same seed writes the same
bytes.
"""

import sys
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parents[1] / "src" / "scalelaw" / "data"
SEED = 2022
# Standard deviation of the log loss. Its median absolute value, 0.0021, is below the 0.0032 that the 240 runs
# of Besiroglu et al. show around their fit, which includes the error of reading them off a figure.
SIGMA = 0.004
DEGREES_OF_FREEDOM = 4

# Hoffmann et al. 2022, Table A9, millions of parameters (embeddings counted).
TABLE_A9 = """
    44 57 74 90 106 117 140 163 175 196 217 251 278 306 425 489 509 552 587 632 664 724 816 893 1018
    1143 1266 1424 1429 1593 1609 1731 1794 2007 2283 2298 2639 2980 3530 3802 4084 4516 6796 9293
    11452 12295 12569 13735 14940 16183
"""
SIZES_MILLION = tuple(int(size) for size in TABLE_A9.split())
BUDGETS = ("6e18", "1e19", "3e19", "6e19", "1e20", "3e20", "6e20", "1e21", "3e21")  # FLOP
SIZES_PER_BUDGET = 12
BAND = (1, 300)  # tokens per parameter of an IsoFLOP run
HORIZON_SIZES = 33
HORIZON_RANGE_MILLION = (70, 10_000)
HORIZONS = (4.0, 4 * 16 ** (1 / 3), 4 * 16 ** (2 / 3), 64.0)  # tokens per parameter: 16-fold in equal ratios

LAW = {"E": 1.817218099, "A": 477.825868, "B": 2143.41736, "alpha": 0.347310499, "beta": 0.367172433}

CARD = f"""\
SIMULATED data: no model was trained; the losses are drawn from a published law with noise added.

- File: `simulated_sweep.csv`, {{runs}} runs, written by `benchmarks/simulate_sweep.py` with seed {SEED}.
- Law: L = E + A/N^alpha + B/D^beta with {", ".join(f"{name} {value}" for name, value in LAW.items())}
  (Besiroglu et al. 2024, arXiv:2404.10102: the exact optimum on their 240 runs).
- Noise: log L = log L(N, D) + Student-t noise with {DEGREES_OF_FREEDOM} degrees of freedom,
  scaled to a standard deviation of {SIGMA} ({SIGMA:.1%} of the loss), independent between runs; the loss is
  rounded to 6 digits.
- Design: the model sizes of Hoffmann et al. 2022 (arXiv:2203.15556, Table A9).
  Kind `isoflop`: their 9 budgets, {SIZES_PER_BUDGET} sizes each, {BAND[0]} to {BAND[1]} tokens per parameter.
  Kind `horizon`: {HORIZON_SIZES} sizes from 74M to 9.3B at four horizons from 4 to 64 tokens per parameter.
- Columns: `run_id`; `kind`; `budget` (FLOP, nominal; empty for `horizon`); `params` (all of them,
  embeddings counted); `tokens` (whole millions, seen once); `flops` (exactly 6 * params * tokens);
  `loss` (nats per token).
- Licence: CC0-1.0.
"""


class Run(NamedTuple):
    """One simulated run before its loss is drawn; sizes in parameters, tokens as integers."""

    run_id: str
    kind: str
    budget: str
    params: int
    tokens: int


def spread(sizes: list[int], count: int) -> list[int]:
    """`count` of the sorted `sizes`, as evenly spaced in log as they come, both ends kept."""
    left = np.log(sizes)
    targets = np.linspace(left[0], left[-1], count)
    chosen: list[int] = []
    for target in targets:
        nearest = int(np.argmin(np.abs(left - target)))
        chosen.append(nearest)
        left[nearest] = np.inf
    return sorted(sizes[i] for i in chosen)


def whole_millions(tokens: float) -> int:
    return round(tokens / 1e6) * 1_000_000


def isoflop_runs() -> list[Run]:
    runs = []
    low, high = BAND
    for budget in BUDGETS:
        per_square = float(budget) / 6e12  # D/N = C / (6 N^2), N in millions
        band = [size for size in SIZES_MILLION if low <= per_square / size**2 <= high]
        for size in spread(band, SIZES_PER_BUDGET):
            tokens = whole_millions(float(budget) / (6e6 * size))
            runs.append(Run(f"isoflop-{budget}-{size}M", "isoflop", budget, size * 1_000_000, tokens))
    return runs


def horizon_runs() -> list[Run]:
    low, high = HORIZON_RANGE_MILLION
    band = [size for size in SIZES_MILLION if low <= size <= high]
    return [
        Run(f"horizon-{size}M-{i}", "horizon", "", size * 1_000_000, whole_millions(ratio * size * 1e6))
        for size in spread(band, HORIZON_SIZES)
        for i, ratio in enumerate(HORIZONS, start=1)
    ]


def law_loss(runs: list[Run]) -> NDArray[np.float64]:
    N = np.array([run.params for run in runs], float)
    D = np.array([run.tokens for run in runs], float)
    return np.asarray(LAW["E"] + LAW["A"] * N ** -LAW["alpha"] + LAW["B"] * D ** -LAW["beta"])


def log_noise(count: int) -> NDArray[np.float64]:
    """Student-t noise of standard deviation `SIGMA`; the variance of t is dof / (dof - 2)."""
    stream = np.random.RandomState(SEED)  # noqa: NPY002  the legacy stream is frozen (NEP 19), so are the bytes
    scale = SIGMA * np.sqrt((DEGREES_OF_FREEDOM - 2) / DEGREES_OF_FREEDOM)
    return np.asarray(scale * stream.standard_t(DEGREES_OF_FREEDOM, size=count))


def csv_line(run: Run, loss: float) -> str:
    flops = f"{Decimal(6 * run.params * run.tokens).normalize():e}".replace("e+", "e")
    return f"{run.run_id},{run.kind},{run.budget},{run.params},{run.tokens},{flops},{loss:#.6g}\n"


def write(folder: Path) -> None:
    """Write `simulated_sweep.csv` and its data card `simulated_sweep.md` into `folder`."""
    runs = isoflop_runs() + horizon_runs()
    losses = law_loss(runs) * np.exp(log_noise(len(runs)))
    lines = [csv_line(run, loss) for run, loss in zip(runs, losses, strict=True)]
    table = "run_id,kind,budget,params,tokens,flops,loss\n" + "".join(lines)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "simulated_sweep.csv").write_text(table, encoding="utf-8", newline="\n")
    (folder / "simulated_sweep.md").write_text(CARD.format(runs=len(runs)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
