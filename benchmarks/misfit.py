"""How often the misfit test finds structure where there is none, and where there is: `python benchmarks/misfit.py`.

Data sets drawn from Chinchilla's law (level) and from Skaling's with k = 0.5 (power), on designs that people have;
2,000 a cell, the law fitted to each. Cells already in the JSON are kept, so an interrupted run resumes. The 240-run
design is that of a table of runs which is not shipped (Besiroglu et al. 2024); without `--data` it is left out.
"""

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

import scalelaw as sl
from scalelaw._float64 import float64
from scalelaw.fitting.misfit import LEVEL, find_structure
from scalelaw.fitting.structure import chance
from scalelaw.simulation.designs import TRUTH, curves, few, isoflop
from scalelaw.simulation.simulator import Simulator
from scalelaw.solve import Problem
from scalelaw.solve.problem import linearized

HERE = Path(__file__).parent
NOISE = 0.003
SIMULATIONS = 499
COUPLED = 0.5
AT_ONCE = 100


class Cell(NamedTuple):
    """A design, its noise, the objective, whether runs are known to hang together, and the truth."""

    design: str
    noise: str
    loss: str = "huber"
    clusters: bool = False
    law: str = "chinchilla"


CELLS = [
    *(
        Cell(design, noise)
        for design in ("72 runs", "40 runs", "240 runs")
        for noise in ("gaussian", "student")
    ),
    *(Cell("checkpoints", noise, clusters=True) for noise in ("gaussian", "student", "correlated")),
    Cell("72 runs", "gaussian", "squared"),
    Cell("240 runs", "student", "squared"),
    *(Cell(design, "gaussian", law="skaling") for design in ("72 runs", "240 runs")),
]


def designs(data: Path | None) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """N, D and the model of each run."""
    named = {"72 runs": isoflop(9, 8), "40 runs": few(40), "checkpoints": curves()}
    found = {name: (each.N, each.D, each.model) for name, each in named.items()}
    if data is not None:
        runs = sl.read_runs(data, N="Model Size", C="Training FLOP", L="loss", drop_highest_loss=5)
        found["240 runs"] = (runs.N, runs.D, np.arange(len(runs)))
    return found


def losses(law: str, N: np.ndarray, D: np.ndarray) -> np.ndarray:
    """Chinchilla's losses, or those of Skaling's law with the same one-sided terms."""
    if law == "chinchilla":
        return np.asarray(sl.laws.chinchilla.predict(TRUTH, N=N, D=D))
    E, A, B, alpha, beta = TRUTH
    k = COUPLED
    coupled = sl.laws.Skaling(E, A, (B / A) ** (1 / k), alpha / k, beta / k, k)
    return np.asarray(sl.laws.skaling.predict(coupled, N=N, D=D))


def noises(kind: str, model: np.ndarray, count: int, rng: np.random.Generator) -> Float[np.ndarray, "S n"]:
    """Noise on log loss: normal, Student's t of three degrees, or one half shared by each model's checkpoints."""
    n = len(model)
    if kind == "student":
        return NOISE * rng.standard_t(3, (count, n)) / np.sqrt(3)
    own = NOISE * rng.standard_normal((count, n))
    if kind == "gaussian":
        return own
    shared = NOISE * rng.standard_normal((count, int(model.max()) + 1))[:, model]
    return (own + shared) / np.sqrt(2)


@float64
@jax.jit
def jacobians(problem: Problem, theta: Float[Array, "S p"]) -> Float[Array, "S p n"]:
    return jax.vmap(lambda at: linearized(problem.residual, tuple(at))[1])(theta)


def measured(cell: Cell, design: tuple[np.ndarray, np.ndarray, np.ndarray], datasets: int) -> dict[str, Any]:
    """Shares of data sets in which structure is found, and its mean size."""
    N, D, model = design
    table = pd.DataFrame({"N": N, "D": D, "L": losses(cell.law, N, D)})
    fit = sl.fit(sl.Runs.from_frame(table), starts="projected", loss=cell.loss)
    simulator = Simulator.of(fit)
    # The truth is the table, not the fit: where the law is wrong they differ.
    left = -fit.residuals
    rng = np.random.default_rng(list(CELLS).index(cell))
    p, sizes = [], []
    for _ in range(0, datasets, AT_ONCE):
        fits = simulator.fits(left + noises(cell.noise, model, AT_ONCE, rng))
        rows = jacobians(simulator.setup.problem, fits.theta)[:, :, : len(N)]
        for residuals, jacobian in zip(fits.residuals, np.asarray(rows), strict=True):
            split, size, _ = find_structure({"N": N, "D": D}, residuals, jacobian, np.ones(len(N)))
            p.append(chance(split, model if cell.clusters else None, SIMULATIONS))
            sizes.append(100 * size)
    found = np.array(p)
    return {
        **cell._asdict(),
        "runs": len(N),
        "datasets": len(found),
        "found_at_5": float(np.mean(found < LEVEL)),
        "found_at_1": float(np.mean(found < LEVEL / 5)),
        "mean_size": float(np.mean(sizes)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="chinchilla_epoch.csv")
    parser.add_argument("--datasets", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "misfit.json")
    options = parser.parse_args()
    known = designs(options.data)
    rows = json.loads(options.out.read_text()) if options.out.exists() else []
    done = {tuple(row[name] for name in Cell._fields) for row in rows}
    for cell in CELLS:
        if cell.design not in known or tuple(cell) in done:
            continue
        rows.append(measured(cell, known[cell.design], options.datasets))
        options.out.write_text(json.dumps(rows, indent=1) + "\n")
        print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
