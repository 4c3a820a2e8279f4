"""Where two laws that cannot both go on meet, after Kaplan et al. 2020 (arXiv:2001.08361), figure 15."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw import kaplan
from scalelaw.allocation import Fitted
from scalelaw.fitting import Fit
from scalelaw.laws.published import Published
from scalelaw.numbers import format_number
from scalelaw.plots._axes import Points, Range, Real, compute_axis, draw_curve, loss_axis, padded
from scalelaw.plots._kaplan import TRAINED, law_given, laws_sheet, predict, trained
from scalelaw.plots._labels import Rings, draw_known_models, known_models
from scalelaw.plots._style import ACCENT, BAND, COLOURS, STAR, legend_above, style, subplots

BEYOND = 1e3
"""The first panel goes on to this multiple of the crossing."""

NEAR = 30.0
"""The second panel shows the crossing within this factor."""

LINE: Any = {"lw": 1.4, "zorder": 4}
DATA = COLOURS(0.45)
RUNS: Any = {"s": 14, "color": [DATA], "lw": 0.4, "ec": "white", "zorder": 5}


class Laws(NamedTuple):
    """The four laws that meet."""

    loss_of_C: Fitted
    loss_of_D: Fitted
    D_of_C: Fitted
    N_of_C: Fitted

    def of_compute(self, C: Real) -> Real:
        """The loss that compute buys."""
        return predict(self.loss_of_C, C=C)

    def of_its_data(self, C: Real) -> Real:
        """The loss of the data that efficient training with that compute sees."""
        return predict(self.loss_of_D, D=predict(self.D_of_C, C=C))

    def trained_data(self, across: Range) -> Range | None:
        """The compute whose data are as many as the runs behind L(D) had; None where these are not known."""
        tokens = trained(self.loss_of_D, "D")
        if tokens is None:
            return None
        C = np.geomspace(*across, 512)
        D = predict(self.D_of_C, C=C)
        there = C[(tokens[0] <= D) & (tokens[1] >= D)]
        return (float(there.min()), float(there.max())) if there.size else (across[0], across[0])


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
    laws = Laws(
        law_given("loss_of_C", loss_of_C, "kaplan2020_L_Cmin", ("C",)),
        law_given("loss_of_D", loss_of_D, "kaplan2020_L_D", ("D",)),
        law_given("D_of_C", D_of_C, "kaplan2020_D_opt", ("C",), "D"),
        law_given("N_of_C", N_of_C, "kaplan2020_N_opt", ("C",), "N"),
    )
    met = kaplan.contradiction(*laws)
    meanings = "dashed: beyond the runs; grey: the laws contradict each other"
    figure, body = laws_sheet(laws, [meanings], 3.1)
    ((left, right),) = subplots(body, 2, 2, width_ratios=(1.15, 1))
    # From the least compute trained to far beyond the crossing.
    low, high = trained(laws.loss_of_C, "C") or TRAINED["kaplan2020"]["C"]
    everything = padded(np.array([low, high, met.C / NEAR, met.C * BEYOND]), 0.02)
    _draw_laws(left, laws, met, everything, "")
    avoid = _draw_laws(right, laws, met, (met.C / NEAR, met.C * NEAR), "-near")
    left.set_title("the two laws", loc="left")
    right.set_title("where they meet", loc="left")
    right.set_ylabel("")
    legend_above(body, left)
    days, flop, N, D = (format_number(amount, 3) for amount in (met.pf_days, met.C, met.N, met.D))
    words = f"C* = {days} PF-days\n= {flop} FLOP\nN* = {N} parameters\nD* = {D} tokens\nL* = {met.L:.3f} nats"
    look: Any = {"ha": "right", "va": "top", "multialignment": "left", "linespacing": 1.35}
    left.text(0.97, 0.96, words, transform=left.transAxes, gid="numbers", **look)
    known = known_models()
    at = np.column_stack([known.C, laws.of_compute(known.C)])
    at = at if isinstance(laws.loss_of_C, Published) else at[:0]
    draw_known_models(figure, [Rings(right, at, "models", avoid)])
    return figure


def _draw_laws(axes: Axes, laws: Laws, met: kaplan.Contradiction, across: Range, suffix: str) -> Points:
    """Both lines over a range of compute, with the crossing and the ground beyond; the points of the lines."""
    bought: Any = {"label": "L(C), the loss that compute buys", "color": ACCENT} | LINE
    seen: Any = {"label": "L(D(C)), the loss of the data it sees", "color": DATA} | LINE
    compute, data = trained(laws.loss_of_C, "C"), laws.trained_data(across)
    drawn = [
        draw_curve(axes, laws.of_compute, across, compute, f"loss-of-C{suffix}", **bought),
        draw_curve(axes, laws.of_its_data, across, data, f"loss-of-D{suffix}", **seen),
    ]
    if isinstance(laws.loss_of_C, Fit):
        runs = laws.loss_of_C.runs
        drawn.append(np.column_stack([runs.inputs("C")["C"], runs.L]))
        axes.scatter(*drawn[-1].T, gid=f"runs{suffix}", **RUNS)
    axes.axvspan(met.C, across[1], color=BAND, lw=0, zorder=0, gid=f"contradiction{suffix}")
    axes.plot([met.C], [met.L], gid=f"crossing{suffix}", **STAR)
    compute_axis(axes, across)
    points = np.concatenate(drawn)
    within = (points[:, 0] >= across[0]) & (points[:, 0] <= across[1])
    loss_axis(axes, padded(points[within, 1], 0.03, 0.005))
    return points
