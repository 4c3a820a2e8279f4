"""Where two laws that cannot both go on meet, after Kaplan et al. 2020 (arXiv:2001.08361), figure 15."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw import kaplan
from scalelaw.allocation import Fitted
from scalelaw.fitting import Fit
from scalelaw.laws.published import Published, published
from scalelaw.numbers import format_number
from scalelaw.plots._axes import Range, padded
from scalelaw.plots._known_models import known_models, name_rings, rings
from scalelaw.plots._labels import Points
from scalelaw.plots._models import STUDIED, Real, check_model, model_sheet, studied, value
from scalelaw.plots._stretch import compute_axes, loss_y, stretch
from scalelaw.plots._style import ACCENT, BAND, COLOURS, STAR, legend_above, style

PAPERS = {
    "loss_of_C": "kaplan2020_L_Cmin",
    "loss_of_D": "kaplan2020_L_D",
    "D_of_C": "kaplan2020_D_opt",
    "N_of_C": "kaplan2020_N_opt",
}
READS = {"loss_of_C": ("C", "L"), "loss_of_D": ("D", "L"), "D_of_C": ("C", "D"), "N_of_C": ("C", "N")}
"""Input and output of each law."""

BEYOND = 1e3
"""The first panel goes on to this multiple of the crossing."""

NEAR = 30.0
"""The second panel shows the crossing within this factor."""

RUNS: Any = {"s": 14, "color": [COLOURS(0.45)], "lw": 0.4, "ec": "white", "zorder": 5}


class Laws(NamedTuple):
    """The four laws that meet."""

    loss_of_C: Fitted
    loss_of_D: Fitted
    D_of_C: Fitted
    N_of_C: Fitted

    def of_compute(self, C: Real) -> Real:
        """The loss that compute buys."""
        return value(self.loss_of_C, C=C)

    def of_its_data(self, C: Real) -> Real:
        """The loss of the data that efficient training with that compute sees."""
        return value(self.loss_of_D, D=value(self.D_of_C, C=C))


@style()
def contradiction(
    loss_of_C: Fitted | None = None,
    loss_of_D: Fitted | None = None,
    D_of_C: Fitted | None = None,
    N_of_C: Fitted | None = None,
) -> Figure:
    """Where the loss of compute meets that of its data, L(C) = L(D(C)) (Kaplan et al. 2020, fig. 15).

    Beyond, on grey ground, efficient training would reach a lower loss than its data allow: one of the laws
    must have failed. Left: both lines; solid as far as there were runs, which are dots where they are of a
    fit. Right: near the crossing, with rings where the known models' compute lies on a published L(C).

    Args:
        loss_of_C: a fit or a published fit of the loss in C; by default the paper's in C_min.
        loss_of_D: of the loss in D; by default the paper's.
        D_of_C: of the tokens of efficient training in C (`optimal_D`); by default the paper's (table 6).
        N_of_C: of its parameters in C (`optimal_N`); by default the paper's (table 6).

    Returns:
        The figure; `scalelaw.kaplan.contradiction` gives the numbers.

    Raises:
        BadInput: a law reads or predicts something else, or the two never meet.
    """
    given = zip(PAPERS, (loss_of_C, loss_of_D, D_of_C, N_of_C), strict=True)
    chosen = {name: published[PAPERS[name]] if model is None else model for name, model in given}
    laws = Laws(**{name: check_model(name, model, *_io(name)) for name, model in chosen.items()})
    met = kaplan.contradiction(*laws)
    figure, body = model_sheet(laws, "dashed: beyond the runs; grey: the laws contradict each other", 3.1)
    left, right = body.subplots(1, 2, width_ratios=(1.15, 1))
    _draw(left, laws, met, _whole(laws, met), "")
    drawn = _draw(right, laws, met, (met.C / NEAR, met.C * NEAR), "-near")
    left.set_title("the two laws", loc="left")
    right.set_title("where they meet", loc="left")
    right.set_ylabel("")
    legend_above(body, left)
    look: Any = {"ha": "right", "va": "top", "multialignment": "left", "linespacing": 1.35}
    left.text(0.97, 0.96, _words(met), transform=left.transAxes, gid="numbers", **look)
    _ring(figure, right, laws, drawn)
    return figure


def _io(name: str) -> tuple[tuple[str], str]:
    reads, predicts = READS[name]
    return (reads,), predicts


def _whole(laws: Laws, met: kaplan.Contradiction) -> Range:
    """From the least compute trained to far beyond the crossing."""
    low, high = studied(laws.loss_of_C, "C") or STUDIED["kaplan2020"]["C"]
    return padded(np.array([low, high, met.C / NEAR, met.C * BEYOND]), 0.02)


def _draw(axes: Axes, laws: Laws, met: kaplan.Contradiction, across: Range, near: str) -> Points:
    """Both lines over a range of compute, with the crossing and the ground beyond; the points of the lines."""
    compute, data = studied(laws.loss_of_C, "C"), _studied_data(laws, across)
    bought: Any = {"label": "L(C), the loss that compute buys", "color": ACCENT, "lw": 1.4, "zorder": 4}
    seen: Any = {
        "label": "L(D(C)), the loss of the data it sees",
        "color": COLOURS(0.45),
        "lw": 1.4,
        "zorder": 4,
    }
    drawn = [
        stretch(axes, laws.of_compute, across, compute, f"loss-of-C{near}", **bought),
        stretch(axes, laws.of_its_data, across, data, f"loss-of-D{near}", **seen),
    ]
    runs = laws.loss_of_C.runs if isinstance(laws.loss_of_C, Fit) else None
    if runs is not None:
        C = runs.inputs("C")["C"]
        axes.scatter(C, runs.L, gid=f"runs{near}", **RUNS)
        drawn.append(np.column_stack([C, runs.L]))
    axes.axvspan(met.C, across[1], color=BAND, lw=0, zorder=0, gid=f"contradiction{near}")
    axes.plot([met.C], [met.L], gid=f"crossing{near}", **STAR)
    compute_axes(axes, across)
    points = np.concatenate(drawn)
    within = (points[:, 0] >= across[0]) & (points[:, 0] <= across[1])
    loss_y(axes, padded(points[within, 1], 0.03, 0.005))
    return points


def _studied_data(laws: Laws, across: Range) -> Range | None:
    """The compute whose data are as many as the runs behind L(D) had; None where these are not known."""
    tokens = studied(laws.loss_of_D, "D")
    if tokens is None:
        return None
    C = np.geomspace(*across, 512)
    D = value(laws.D_of_C, C=C)
    there = C[(tokens[0] <= D) & (tokens[1] >= D)]
    return (float(there.min()), float(there.max())) if there.size else (across[0], across[0])


def _ring(figure: Figure, axes: Axes, laws: Laws, avoid: Points) -> None:
    """The known models, named."""
    known = known_models()
    at = np.column_stack([known.C, laws.of_compute(known.C)])
    at = at if isinstance(laws.loss_of_C, Published) else at[:0]
    rings(axes, at, "models")
    figure.draw_without_rendering()
    name_rings(axes, at, known.names, avoid)


def _words(met: kaplan.Contradiction) -> str:
    days, flop, N, D = (format_number(amount, 3) for amount in (met.pf_days, met.C, met.N, met.D))
    return f"C* = {days} PF-days\n= {flop} FLOP\nN* = {N} parameters\nD* = {D} tokens\nL* = {met.L:.3f} nats"
