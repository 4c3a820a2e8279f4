"""Kaplan's power laws after Kaplan et al. 2020, figure 1, and what his figures share.

Shared are laws that are given or published, where their runs were, and a sheet that names them.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw._checks import bad_input, shown
from scalelaw.allocation import Fitted
from scalelaw.fitting import Fit
from scalelaw.flops import PF_DAY
from scalelaw.laws import Power, PurePower
from scalelaw.laws.published import Published, published
from scalelaw.numbers import format_number
from scalelaw.plots._axes import Points, Range, compute_axis, draw_curve, log_axis, loss_axis, padded
from scalelaw.plots._labels import KnownModels, Rings, draw_known_models, known_models
from scalelaw.plots._style import (
    ACCENT,
    COLOURS,
    FAINT,
    QUANTITIES,
    Sheet,
    distrust,
    style,
    subplots,
    written_sheet,
)

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


PAPERS = {"C": "kaplan2020_L_Cmin", "D": "kaplan2020_L_D", "N": "kaplan2020_L_N"}
"""The paper's law of each input, in the order of the panels."""

FIXED_BATCH = "kaplan2020_L_C_naive"
UNITS = {"C": (PF_DAY, r"\,$PF-days$"), "D": (1.0, ""), "N": (1.0, "")}
"""What a formula measures an input in, and how that is written."""

RUNS: Any = {"s": 14, "color": [COLOURS(0.35)], "lw": 0.4, "ec": "white", "zorder": 5}


@style()
def power_laws(*, N: Fitted | None = None, D: Fitted | None = None, C: Fitted | None = None) -> Figure:
    """Loss as a power law of compute, of data and of parameters (Kaplan et al. 2020, fig. 1).

    Each line is solid as far as there were runs and dashed beyond; the runs of a fit are dots. On a published
    law rings show where it puts known models: their loss on its data, which nobody measured.

    Args:
        N: a fit (of `power_N`, `kaplan_N`) or a published fit of the loss in N; by default the paper's.
        D: likewise in D.
        C: likewise in C; by default the paper's in the least compute, C_min, with its law at a fixed batch of
            2^19 tokens dotted beside it.

    Returns:
        The figure. Compute is in FLOP below and in PF-days above; its formula is in PF-days.

    Raises:
        BadInput: a law is not one of the loss in that input alone.
    """
    given = {"C": C, "D": D, "N": N}
    laws = {x: law_given(x, model, PAPERS[x], (x,)) for x, model in given.items()}
    ringed = any(isinstance(model, Published) for model in laws.values())
    words = ["rings: the laws at N, D and C = 6 N D of known models"] * ringed
    words += ["dotted: at a batch of 2^19 tokens"] * (C is None)
    figure, body = laws_sheet(laws.values(), words, 2.75)
    (axes,) = subplots(body, 3, 3, sharey=True)
    panels = dict(zip(PAPERS, axes, strict=True))
    known = known_models()
    drawn = {x: _draw_law(panels[x], laws[x], x, known) for x in panels}
    if C is None:
        drawn["C"] = np.concatenate([drawn["C"], _draw_fixed_batch(panels["C"])])
    loss_axis(panels["C"], padded(np.concatenate(list(drawn.values()))[:, 1], 0.03, 0.01))
    for x in panels:
        panels[x].set_ylabel(QUANTITIES["L"] if x == "C" else "")
    rings = {x: Rings(panels[x], _ring_points(laws[x], x, known), f"models-{x}", drawn[x]) for x in panels}
    draw_known_models(figure, list(rings.values()))
    return figure


def _ring_points(model: Fitted, x: str, known: KnownModels) -> Points:
    """Where a published law puts the known models; nothing for other laws, which are of other data."""
    if not isinstance(model, Published):
        return np.empty((0, 2))
    at = getattr(known, x)
    return np.column_stack([at, predict(model, **{x: at})])


def _draw_law(axes: Axes, model: Fitted, x: str, known: KnownModels) -> Points:
    """The line, the runs and the formula of one panel; the points drawn."""
    span = trained(model, x)
    ends = np.array(TRAINED["kaplan2020"][x] if span is None else span)
    runs = np.empty((0, 2))
    if isinstance(model, Fit):
        runs = np.column_stack([model.runs.inputs([x])[x], model.runs.L])
        axes.scatter(*runs.T, gid=f"runs-{x}", **RUNS)
    beyond = getattr(known, x) if isinstance(model, Published) else ends[1] * BEYOND
    limits = padded(np.append(ends, beyond), 0.04)
    compute_axis(axes, limits) if x == "C" else log_axis(axes, "x", limits, x)
    line: Any = {"color": ACCENT, "zorder": 4}
    drawn = draw_curve(axes, lambda at: predict(model, **{x: at}), limits, span, f"law-{x}", **line)
    look: Any = {"ha": "right", "va": "top", "color": ACCENT, "gid": f"formula-{x}"}
    axes.text(0.98, 0.97, _formula(model, x), transform=axes.transAxes, **look)
    return np.concatenate([drawn, runs])


def _draw_fixed_batch(axes: Axes) -> Points:
    """The paper's law at a fixed batch, dotted."""
    C = np.geomspace(*axes.get_xlim(), 64)
    L = predict(published[FIXED_BATCH], C=C)
    axes.plot(C, L, ":", color=FAINT, lw=1.2, zorder=2, gid="fixed-batch")
    return np.column_stack([C, L])


def _formula(model: Fitted, x: str) -> str:
    """The fitted formula with its numbers, in mathtext; in words for a law that is no power law."""
    params: Any = model.params
    unit, written = UNITS[x]
    if isinstance(model.params, PurePower):
        scale = _scientific(float(params.x_c) / unit)
        return f"$L = ({x}\\,/\\,{scale}{written})^{{{format_number(-params.alpha)}}}$"
    if isinstance(model.params, Power):
        amount = _scientific(float(params.A) * unit ** -float(params.alpha))
        of = f"({x}\\,/{written})" if written else x
        least = f"{_scientific(params.E)} + " if params.E else ""
        return f"$L = {least}{amount}\\,{of}^{{{format_number(-params.alpha)}}}$"
    return model.law.formula


def _scientific(value: float, digits: int = 4) -> str:
    """A number for a formula, in mathtext: 8.8 x 10^13; plain from 0.01 to 10,000."""
    if 0.01 <= abs(value) < 1e4:
        return f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}"
