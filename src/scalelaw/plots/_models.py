"""What a picture of laws is asked for: fits, published fits, or anything with a law and its parameters."""

from collections.abc import Iterable
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from scalelaw._checks import bad_input, shown
from scalelaw.allocation import Fitted
from scalelaw.fitting import Fit
from scalelaw.flops import PF_DAY
from scalelaw.laws.published import Published
from scalelaw.numbers import parse_number
from scalelaw.plots._axes import Range
from scalelaw.plots._style import Sheet, distrust, written_sheet

Real = Float[np.ndarray, "..."]
Budget = float | str

STUDIED: dict[str, dict[str, Range]] = {
    "kaplan2020": {"N": (768, 1.5e9), "D": (22e6, 23e9), "C": (1e-8 * PF_DAY, PF_DAY)},
    "hoffmann2022": {"N": (44e6, 16e9), "D": (5e9, 400e9), "C": (6e18, 3e21)},
    "besiroglu2024": {"N": (57e6, 16.2e9), "D": (8.2e08, 3.2e11), "C": (1.4e18, 1.3e22)},
}
"""From where to where papers trained: parameters, tokens, FLOP (Kaplan's N leaves embeddings out, C is C_min)."""


def value(model: Fitted, **inputs: Any) -> Real:
    """What a law predicts at inputs that broadcast, in float64."""
    law = model.law
    with jax.enable_x64(True):
        arrays = np.broadcast_arrays(*(np.asarray(inputs[name], float) for name in law.inputs))
        return np.asarray(law.loss(model.params, law.pack(dict(zip(law.inputs, arrays, strict=True)))))


def studied(model: Fitted, name: str) -> Range | None:
    """Least and largest input of the runs behind a law; None where they are not known."""
    if isinstance(model, Fit):
        x = model.runs.inputs([name])[name]
        return float(x.min()), float(x.max())
    paper = model.name.split("_")[0] if isinstance(model, Published) else ""
    return STUDIED.get(paper, {}).get(name)


def check_model(name: str, model: Fitted, inputs: Iterable[str], output: str) -> Fitted:
    """`model`, if its law reads these inputs and no others and predicts this output.

    Raises:
        BadInput: it has no law, or another.
    """
    wanted = f"a fit or a published fit of {output} as a function of {' and '.join(inputs)}"
    if not isinstance(model, Fitted):
        raise bad_input(name, wanted, shown(model), advice="take one from sl.fit or sl.published")
    law = model.law
    if set(law.inputs) != set(inputs) or law.output != output:
        raise bad_input(name, wanted, f"law {law.name!r}, of {law.output} in {' and '.join(law.inputs)}")
    return model


def model_sheet(models: Iterable[Fitted], words: str, height: float) -> Sheet:
    """A sheet that names where laws come from, with `words` after that, and which fit is not to be trusted."""
    models = list(models)
    warnings = [distrust(model) for model in models if isinstance(model, Fit)]
    return written_sheet(
        "; ".join(filter(None, [*origins(models), words])), "; ".join(filter(None, warnings)), height
    )


def origins(models: Iterable[Fitted]) -> list[str]:
    """Where laws come from: runs and files of fits, papers with the names of published fits."""
    papers: dict[str, list[str]] = {}
    found = []
    for model in models:
        if isinstance(model, Fit):
            found.append(f"{model.law.name} fitted to {len(model.runs)} runs of {model.runs.source}")
        elif isinstance(model, Published):
            papers.setdefault(model.source.split()[0], []).append(model.name)
        else:
            found.append(f"law {model.law.name}")
    return [*dict.fromkeys(found), *(f"{', '.join(names)} ({paper})" for paper, names in papers.items())]


def budgets_range(budgets: tuple[Budget, Budget]) -> Range:
    """Lowest and highest budget [FLOP], as numbers or as people write them.

    Raises:
        BadInput: they are no range.
    """
    low, high = (parse_number(budget) for budget in budgets)
    if 0 < low < high:
        return low, high
    raise bad_input("budgets", "a range (lowest, highest) of training compute, FLOP", shown(budgets))
