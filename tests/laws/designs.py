"""A truth and a sensible design for every law: where tests of the laws stand.

Truths are published constants where there are any. Inputs are spread evenly over their usual range, each
independently of the others.
"""

from functools import cache
from typing import Any

import numpy as np

import scalelaw as sl
from scalelaw.laws import Law

RUNS = 60
DECADES = {
    "N": (7, 10),
    "D": (9, 12),
    "C": (17, 22),
    "M": (0.5, 3),
    "E": (0, 2.4),
    "G": (0, 1.8),
    "U": (9, 11),
    ("kaplan_steps", "S"): (2, 6),
}
"""By input, or by law and input: evenly in logs. An input of a user's own law takes 1 to 4."""
LINEAR = {
    "loss": (1.6, 4.5),
    "P": (3, 8),
    "P_w": (2, 12),
    "P_a": (2, 12),
    "P_kv": (2, 12),
    ("sparse_moe", "S"): (0, 0.98),
}
OTHER_INPUT = (1, 4)

PUBLISHED = {
    "chinchilla": "besiroglu2024_paper",
    "kaplan": "kaplan2020_L_N_D",
    "kaplan_N": "kaplan2020_L_N",
    "kaplan_D": "kaplan2020_L_D",
    "kaplan_C": "kaplan2020_L_Cmin",
    "kaplan_steps": "kaplan2020_L_N_Smin",
    "power_C": "porian2024_loss_C",
    "critical_batch": "kaplan2020_B_crit",
    "data_constrained": "muennighoff2023",
    "overtraining": "gadre2024_c4_loss",
    "downstream_error": "gadre2024_c4_err17",
    "farseer": "farseer2025_notebook",
    "routed": "clark2022_sbase",
    "joint_moe": "ludziejewski2025_joint",
    "granular_moe": "krajewski2024_moe",
    "sparse_moe": "abnar2025",
    "precision": "kumar2024_precision",
    "optimal_N": "hoffmann2022_A1_frontier",
    "optimal_D": "llama3_tokens_fig3",
    "optimal_M": "deepseek2024_M_opt",
    "steps_C": "kaplan2020_S_opt",
    "data_needed": "kaplan2020_min_data",
    "learning_rate_C": "deepseek2024_lr",
    "learning_rate_ND": "steplaw2025_lr",
    "batch_C": "deepseek2024_batch",
    "batch_D": "steplaw2025_batch",
    "batch_N": "porian2024_hparams",
}
OWN = {
    "skaling": (1.75, 400.0, 4.3, 0.42, 0.43, 0.6),
    "cross": (1.7, 400.0, 1200.0, 0.32, 0.34, -8e4),
    "tied": (1.8, 500.0, 2000.0, 0.36),
    "bounded": (1.6, 9.5, 30.0, 0.3, 120.0, 0.33),
    "overfitting": (1.6, 9.5, 30.0, 0.3, 120.0, 0.33, 2.0, 0.25, 0.38),
    "power_N": (1.7, 480.0, 0.35),
    "power_D": (1.7, 2000.0, 0.37),
    "downstream_accuracy": (0.62, 0.25, 3.1, 2.6),
    "rounding": (0.0598, 0.5068, 0.3439, 0.5907),
    "broken_power_N": (1.5, 30.0, 0.05, 0.12, 3e9, 0.8),
    "broken_power_D": (1.5, 30.0, 0.05, 0.12, 3e10, 0.8),
    "broken_power_C": (1.5, 30.0, 0.05, 0.12, 3e19, 0.8),
    "extrapolation_M1": (40.0, -0.12),
    "extrapolation_M2": (700.0, -0.3, 1.4),
    "extrapolation_M3": (900.0, -0.27, 3e-11),
    "extrapolation_M4": (700.0, -0.3, 1.2, 9.0, 1.3),
    "learning_rate_N": (3.7, -0.36),
}


@cache
def truth(law: Law) -> Any:
    """Parameters, floats: published or plausible."""
    name = law.name
    if name in OWN:
        return law.Params(*OWN[name])
    return sl.published[PUBLISHED[name]].params


@cache
def design(law: Law, runs: int = RUNS) -> dict[str, np.ndarray]:
    """Inputs [runs] by name."""
    rng = np.random.default_rng(7)
    return {name: rng.permutation(_levels(law.name, name, runs)) for name in law.inputs}


def _levels(law: str, name: str, runs: int) -> np.ndarray:
    for key in ((law, name), name):
        if key in LINEAR:
            return np.linspace(*LINEAR[key], runs)
        if key in DECADES:
            return np.logspace(*DECADES[key], runs)
    return np.logspace(*OTHER_INPUT, runs)
