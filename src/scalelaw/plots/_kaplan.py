"""What Kaplan's figures share: laws that are given or published, where their runs were, a sheet that names them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Float

from scalelaw._checks import bad_input, shown
from scalelaw.allocation import Fitted
from scalelaw.fitting import Fit
from scalelaw.flops import PF_DAY
from scalelaw.laws.published import Published, published
from scalelaw.plots._axes import Range
from scalelaw.plots._style import Sheet, distrust, written_sheet

TRAINED: dict[str, dict[str, Range]] = {
    "kaplan2020": {"N": (768.0, 1.5e9), "D": (22e6, 23e9), "C": (1e-8 * PF_DAY, PF_DAY)},
    "hoffmann2022": {"N": (44e6, 16e9), "D": (5e9, 400e9), "C": (6e18, 3e21)},
    "besiroglu2024": {"N": (57e6, 16.2e9), "D": (8.2e08, 3.2e11), "C": (1.4e18, 1.3e22)},
}
"""From where to where papers trained: parameters, tokens, FLOP (Kaplan's N leaves embeddings out, C is C_min)."""

BEYOND = 10.0
"""A fit is drawn on to this multiple of its largest run."""

Values = Float[np.ndarray, "..."]


def law_given(
    name: str, model: Fitted | None, default: str, inputs: tuple[str, ...], output: str = "L"
) -> Fitted:
    """The model given, or the published one: of a law that reads these inputs and predicts this output.

    Args:
        name: what a message calls the model.
        model: a fit, a published fit, or anything with `law` and `params`.
        default: name of the published fit that stands for None.
        inputs: those of the law, and no others.
        output: what it predicts.

    Raises:
        BadInput: the model has no law, or another.
    """
    model = published[default] if model is None else model
    wanted = f"a fit or a published fit of {output} as a function of {' and '.join(inputs)}"
    if not isinstance(model, Fitted):
        raise bad_input(name, wanted, shown(model), advice="take one from sl.fit or sl.published")
    law = model.law
    if set(law.inputs) != set(inputs) or law.output != output:
        raise bad_input(name, wanted, f"law {law.name!r}, of {law.output} in {' and '.join(law.inputs)}")
    return model


def predict(model: Fitted, **inputs: Any) -> Values:
    """What a law predicts at inputs that broadcast."""
    return np.asarray(model.law.predict(model.params, **inputs))


def trained(model: Fitted, name: str) -> Range | None:
    """Least and largest input of the runs behind a law; None where they are not known."""
    if isinstance(model, Fit):
        x = model.runs.inputs([name])[name]
        return float(x.min()), float(x.max())
    paper = model.name.split("_")[0] if isinstance(model, Published) else ""
    return TRAINED.get(paper, {}).get(name)


def laws_sheet(models: Iterable[Fitted], words: Iterable[str], height: float) -> Sheet:
    """A sheet that names where laws come from, with `words` after that, and which fit is not to be trusted."""
    models = list(models)
    warnings = [distrust(model) for model in models if isinstance(model, Fit)]
    below = "; ".join(filter(None, [*_origins(models), *words]))
    return written_sheet(below, "; ".join(filter(None, warnings)), height)


def _origins(models: Iterable[Fitted]) -> list[str]:
    """Where laws come from: runs and files of fits, papers with the names of published fits."""
    papers: dict[str, list[str]] = {}
    origins = []
    for model in models:
        if isinstance(model, Fit):
            origins.append(f"{model.law.name} fitted to {len(model.runs)} runs of {model.runs.source}")
        elif isinstance(model, Published):
            papers.setdefault(model.source.split()[0], []).append(model.name)
        else:
            origins.append(f"law {model.law.name}")
    return [*dict.fromkeys(origins), *(f"{', '.join(names)} ({paper})" for paper, names in papers.items())]
