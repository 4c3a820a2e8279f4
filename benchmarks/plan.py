"""Who runs what: the rivals, the workloads, and the largest sample a slow rival is asked for.

A rival is named by module and function, not imported: a process pays only for the library it measures.
"""

from typing import Any, NamedTuple

LBFGSB_TIGHT = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1_000_000, "maxfun": 1_000_000}
BFGS_TIGHT = {"gtol": 1e-10, "maxiter": 1_000_000}


class Workload(NamedTuple):
    """`size` fits of one kind: from a grid of starts, or warm-started over bootstrap resamples."""

    kind: str
    size: int

    @property
    def name(self) -> str:
        """As the command line and the results call it."""
        return f"{self.kind}{self.size}"


class Rival(NamedTuple):
    """`prepare`, "module:function", readies a job's fits with `settings`; `most_*` caps how many are run."""

    name: str
    label: str
    prepare: str
    settings: dict[str, Any]
    most_grid: int
    most_resamples: int

    def most(self, kind: str) -> int:
        """The most fits of one kind of workload that this rival is asked to run."""
        return {"grid": self.most_grid, "resamples": self.most_resamples}[kind]


def scipy_pair(name: str, label: str, **settings: Any) -> tuple[Rival, Rival]:
    """The same SciPy minimiser in one process and in one process a core."""
    return (
        Rival(name, f"{label}, one core", "scipy_rivals:serial", settings, 4500, 256),
        Rival(f"{name}-cores", f"{label}, all cores", "scipy_rivals:cores", settings, 4500, 4096),
    )


WORKLOADS = (
    Workload("grid", 45),
    Workload("grid", 450),
    Workload("grid", 4500),
    Workload("grid", 45000),
    Workload("resamples", 4096),
)
EVERY = 1_000_000
BATCH = 64  # lanes x runs that stay in cache; of 64, 256 and all at once the fastest for both solvers
OURS = "scalelaw"
RIVALS = (
    Rival(OURS, "scalelaw", "ours:prepare", {}, EVERY, EVERY),
    Rival("scalelaw-direct", "scalelaw, no scouts", "ours:prepare", {"scouts": False}, EVERY, EVERY),
    *scipy_pair("scipy-lbfgsb", "SciPy L-BFGS-B", method="L-BFGS-B", options={}),
    *scipy_pair("scipy-lbfgsb-tight", "SciPy L-BFGS-B tight", method="L-BFGS-B", options=LBFGSB_TIGHT),
    *scipy_pair("scipy-bfgs", "SciPy BFGS", method="BFGS", options={}),
    *scipy_pair("scipy-bfgs-tight", "SciPy BFGS tight", method="BFGS", options=BFGS_TIGHT),
    Rival(
        "scipy-lbfgsb-differences",
        "SciPy L-BFGS-B, finite differences",
        "scipy_rivals:differences",
        {"method": "L-BFGS-B", "options": {}},
        450,
        256,
    ),
    Rival("optax-lbfgs", "optax.lbfgs, vmap", "jax_rivals:vmapped", {"solver": "optax_lbfgs"}, 450, 450),
    Rival(
        "optimistix-bfgs",
        "Optimistix BFGS, vmap",
        "jax_rivals:vmapped",
        {"solver": "optimistix_bfgs"},
        EVERY,
        EVERY,
    ),
    Rival(
        "optimistix-bfgs-tuned",
        "Optimistix BFGS tuned, all cores",
        "jax_rivals:threaded",
        {"solver": "optimistix_bfgs", "batch": BATCH},
        EVERY,
        EVERY,
    ),
    Rival(
        "optimistix-lm", "Optimistix LM, vmap", "jax_rivals:vmapped", {"solver": "optimistix_lm"}, 4500, 4096
    ),
    Rival(
        "optimistix-lm-tuned",
        "Optimistix LM tuned, all cores",
        "jax_rivals:threaded",
        {"solver": "optimistix_lm_cholesky", "batch": BATCH},
        EVERY,
        EVERY,
    ),
)
