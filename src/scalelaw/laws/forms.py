"""How printed constants become a law's parameters: one conversion a form, names and digits left as they are."""

import math
from collections.abc import Callable, Mapping
from typing import Any

Constants = Mapping[str, float]


def same_names(constants: Constants, fields: tuple[str, ...]) -> dict[str, float]:
    """The constants that bear the names of the law's parameters."""
    return {name: constants[name] for name in fields}


def pure_power(constants: Constants) -> dict[str, float]:
    """(N_c / N)^alpha_N, likewise in D and C."""
    named = {name.split("_")[0]: value for name, value in constants.items()}
    scale = next(value for name, value in constants.items() if name.endswith("_c"))
    return {"x_c": scale, "alpha": named["alpha"]}


def henighan(constants: Constants) -> dict[str, float]:
    """L_inf + (x0 / x)^alpha."""
    A = constants["x0"] ** constants["alpha"]
    return {"E": constants["L_inf"], "A": A, "alpha": constants["alpha"]}


def power_over_C(constants: Constants) -> dict[str, float]:
    """E + k / C^p."""
    return {"E": constants["E"], "A": constants["k"], "alpha": constants["p"]}


def chinchilla_log(constants: Constants) -> dict[str, float]:
    """Chinchilla's law with the logs of E, A and B."""
    return {
        **{name: math.exp(constants[f"ln{name}"]) for name in "EAB"},
        "alpha": constants["alpha"],
        "beta": constants["beta"],
    }


def data_constrained(constants: Constants) -> dict[str, float]:
    """Muennighoff's law with the logs of E, A and B."""
    worth = {"R_D": constants["R_D_star"], "R_N": constants["R_N_star"]}
    return chinchilla_log(constants) | worth


def precision(constants: Constants) -> dict[str, float]:
    """Kumar's law, beta tied to alpha."""
    own = {name: constants[name] for name in ("E", "A", "B", "alpha", "gamma_w", "gamma_a", "gamma_kv")}
    return own | {"beta": constants["alpha"]}


def critical_batch(constants: Constants) -> dict[str, float]:
    """B* / L^(1 / alpha_B)."""
    return {"k": constants["B_star"], "p": -1 / constants["alpha_B"]}


CONVERSIONS: Mapping[str, Callable[[Constants], Mapping[str, float]]] = {
    "power_law": pure_power,
    "henighan": henighan,
    "power_over_C": power_over_C,
    "chinchilla_log": chinchilla_log,
    "data_constrained": data_constrained,
    "precision": precision,
    "critical_batch": critical_batch,
    "frontier": lambda c: {"k": c["k"], "p": c["a"]},
    "frontier_power": lambda c: {"k": c["kN"], "p": c["a"]},
    "batch_and_lr": lambda c: {"k": c["kB"], "p": c["pB"]},
    "learning_curve": lambda c: {"beta": c["alpha"], "c": c["beta_g"]},
}
"""By form; a form that is not here names its constants as the law does."""


def parameters(form: str, constants: Constants, fields: tuple[str, ...]) -> Any:
    """The law's parameters by name, inputs in the units of the paper.

    Args:
        form: of the published fit.
        constants: as printed.
        fields: names of the law's parameters.
    """
    convert = CONVERSIONS.get(form)
    return same_names(constants, fields) if convert is None else convert(constants)
