"""Overfitting: loss against data for models of several sizes, and what limited data cost.

After Kaplan et al. 2020 (arXiv:2001.08361), figures 4 and 9.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from scalelaw import kaplan
from scalelaw.allocation import Fitted
from scalelaw.fitting import Fit
from scalelaw.kaplan.overfitting import SEED_NOISE
from scalelaw.laws import Kaplan
from scalelaw.laws.published import Published
from scalelaw.numbers import amounts, format_number
from scalelaw.plots._axes import Points, Range, Real, draw_curve, log_axis, loss_axis, padded
from scalelaw.plots._kaplan import BEYOND, TRAINED, Values, law_given, laws_sheet, predict, trained
from scalelaw.plots._labels import Rings, draw_known_models, known_models
from scalelaw.plots._style import COLOURS, FAINT, INK, style, subplots

PAPER = "kaplan2020_L_N_D"
NEGLIGIBLE = 1e-3
"""Overfitting from which on the common curve is drawn."""

SIZES = (1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11)
MOST_SIZES = 8

Size = float | str
Amount = Any
"""Parameters or tokens: a float or an array."""


class Sizes(NamedTuple):
    """A law of N and D, the sizes drawn (largest first), the range of D, and the colours of sizes."""

    law: Fitted
    N: Real
    tokens: Range
    colours: LogNorm

    def loss(self, N: Amount, D: Amount) -> Values:
        """Loss [nats/token]."""
        return predict(self.law, N=N, D=D)

    def excess(self, N: Amount, D: Amount) -> Values:
        """Overfitting, a share of the loss on endless data."""
        return np.asarray(kaplan.overfitting(self.law.law, self.law.params, N, D))

    @property
    def collapse(self) -> bool:
        """Whether there is an abscissa on which the curves of all sizes are one."""
        return isinstance(self.law.params, Kaplan)

    @property
    def exponent(self) -> float:
        """The r of N^r / D, on which alone overfitting depends by Kaplan's law."""
        return float(self.law.params.alpha_N / self.law.params.alpha_D)

    def abscissa(self, N: Amount, D: Amount) -> Values:
        """N^r / D by Kaplan's law; D for other laws."""
        return np.asarray(np.asarray(N) ** self.exponent / D if self.collapse else D)


@style()
def overfitting(model: Fitted | None = None, *, sizes: Sequence[Size] | None = None) -> Figure:
    """L(N, D) against D, and the overfitting L(N, D) / L(N, endless) - 1 (Kaplan et al. 2020, figs. 4 and 9).

    By Kaplan's law overfitting depends on N^(alpha_N / alpha_D) / D alone, and on the right all sizes fall on
    one curve against that. Other laws, such as Chinchilla's with its irreducible loss, have no such abscissa;
    of these the right panel shows one curve a size, against D. The runs of a fit are dots, their overfitting
    measured from the law's L(N, endless); on a published law rings show where it puts known models.

    Args:
        model: a fit or a published fit of the loss in N and D (unique tokens, by Kaplan's count); by default
            the paper's.
        sizes: parameters of the models drawn, numbers or text as people write it; by default those of the
            runs, some between where they are many, and powers of ten for a published law.

    Returns:
        The figure; colours are model sizes.

    Raises:
        BadInput: the law is not one of the loss in N and D, or a size is no positive number.
    """
    law = law_given("model", model, PAPER, ("N", "D"))
    ringed, known = isinstance(law, Published), known_models()
    N, ends = _sizes(law, sizes), np.array(trained(law, "D") or TRAINED["kaplan2020"]["D"])
    tokens = padded(np.append(ends, known.D if ringed else ends[1] * BEYOND), 0.03)
    drawn = Sizes(law, N, tokens, LogNorm(N.min() / 1.001, N.max() * 1.001))
    words = ["dashed: beyond the sizes or the data trained on"]
    words += ["rings: known models on the law"] * ringed
    words += ["by this law sizes do not fall together"] * (not drawn.collapse)
    figure, body = laws_sheet([law], words, 3.0)
    ((left, right),) = subplots(body, 2, 2)
    losses, excesses = _draw_losses(left, drawn), _draw_excess(right, drawn)
    handles, labels = left.get_legend_handles_labels()
    body.legend(handles, labels, loc="outside right center", title="parameters N", title_fontsize=8)
    if ringed:
        of = known.N, known.D
        at = (
            np.column_stack([known.D, drawn.loss(*of)]),
            np.column_stack([drawn.abscissa(*of), drawn.excess(*of)]),
        )
        rings = Rings(left, at[0], "models-loss", losses), Rings(right, at[1], "models-excess", excesses)
        draw_known_models(figure, rings)
    return figure


def _sizes(law: Fitted, sizes: Sequence[Size] | None) -> Real:
    """Sizes that are drawn, largest first: those given, else of the runs, some between where they are many."""
    if sizes is not None:
        return np.sort(amounts("sizes", sizes))[::-1]
    if not isinstance(law, Fit):
        return np.array(SIZES[::-1])
    N = np.unique(law.runs.inputs("N")["N"])
    return (N if len(N) <= MOST_SIZES else np.geomspace(N[0], N[-1], MOST_SIZES))[::-1]


def _draw_losses(axes: Axes, drawn: Sizes) -> Points:
    """L(N, D) against D, a curve a size, and the runs; the points drawn."""
    points = _draw_sizes(axes, drawn, drawn.loss, "loss")
    if isinstance(drawn.law, Fit):
        N, D = drawn.law.runs.inputs(("N", "D")).values()
        points = np.concatenate([points, _draw_runs(axes, drawn, D, drawn.law.runs.L, N, gid="runs-loss")])
    log_axis(axes, "x", drawn.tokens, "D")
    loss_axis(axes, padded(points[:, 1], 0.03, 0.01))
    return points


def _draw_excess(axes: Axes, drawn: Sizes) -> Points:
    """Overfitting, on the abscissa on which the law's sizes fall together where it has one."""
    points = (
        _draw_collapse(axes, drawn) if drawn.collapse else _draw_sizes(axes, drawn, drawn.excess, "excess")
    )
    if isinstance(drawn.law, Fit):
        N, D = drawn.law.runs.inputs(("N", "D")).values()
        endless = drawn.loss(N, D) / (1 + drawn.excess(N, D))
        excess = drawn.law.runs.L / endless - 1
        points = np.concatenate(
            [points, _draw_runs(axes, drawn, drawn.abscissa(N, D), excess, N, gid="runs-excess")]
        )
    label = f"$N^{{{drawn.exponent:.3f}}}\\,/\\,D$, parameters and tokens" if drawn.collapse else "D"
    log_axis(axes, "x", padded(points[:, 0], 0.03), label)
    margin = 0.04 * float(np.ptp(points[:, 1]))
    axes.set_ylim(min(float(points[:, 1].min()), 0) - margin, float(points[:, 1].max()) + margin)
    axes.set_ylabel(r"overfitting, $L(N, D)\,/\,L(N, \infty) - 1$")
    return np.concatenate([points, _draw_seed_noise(axes, "right" if drawn.collapse else "left")])


def _draw_seed_noise(axes: Axes, end: Literal["left", "right"]) -> Points:
    """How much the loss varies from seed to seed, in words at one end; points that the words cover."""
    axes.axhline(SEED_NOISE, color=FAINT, lw=0.8, ls=":", zorder=1, gid="seed-noise")
    x, inwards = (0.98, -1) if end == "right" else (0.02, 1)
    look: Any = {"textcoords": "offset points", "ha": end, "fontsize": 7, "color": FAINT}
    words = f"{100 * SEED_NOISE:.0f} %, seed noise"
    axes.annotate(words, (x, SEED_NOISE), (0, 2), xycoords=axes.get_yaxis_transform(), **look)
    bottom = axes.transAxes.inverted().transform(axes.transData.transform((1, SEED_NOISE)))[1]
    covered = [(x + 0.02 * i * inwards, bottom + 0.02 * j) for i in range(15) for j in range(3)]
    return np.asarray(axes.transData.inverted().transform(axes.transAxes.transform(covered)))


def _draw_sizes(axes: Axes, drawn: Sizes, curve: Callable[[Amount, Amount], Real], name: str) -> Points:
    """A curve of D a size, dashed where there were no such data or no such size; the points drawn."""
    sizes, tokens = trained(drawn.law, "N"), trained(drawn.law, "D")
    lines = []
    for rank, N in enumerate(drawn.N):
        of_runs = sizes is None or sizes[0] <= N * 1.001 and N <= sizes[1] * 1.001
        span = tokens if of_runs else (drawn.tokens[0],) * 2
        look: Any = {"label": format_number(N, 3), "color": COLOURS(drawn.colours(N)), "lw": 1.1, "zorder": 2}
        lines.append(draw_curve(axes, partial(curve, N), drawn.tokens, span, f"{name}-{rank}", **look))
    return np.concatenate(lines)


def _draw_collapse(axes: Axes, drawn: Sizes) -> Points:
    """The one curve of all sizes; the points drawn."""
    sizes, tokens = trained(drawn.law, "N"), trained(drawn.law, "D")
    most = drawn.abscissa(sizes[1] if sizes else drawn.N[0], tokens[0] if tokens else drawn.tokens[0])
    one = drawn.N[len(drawn.N) // 2]
    needed = kaplan.data_needed(drawn.law.law, drawn.law.params, one, NEGLIGIBLE)
    least = drawn.abscissa(one, needed)
    if isinstance(drawn.law, Fit):
        x = drawn.abscissa(*drawn.law.runs.inputs(("N", "D")).values())
        least, most = min(least, x.min()), max(most, x.max())
    x = np.geomspace(float(least), float(most), 96)
    y = drawn.excess(one, drawn.abscissa(one, x))  # N^r / x is D, as N^r / D is x
    axes.plot(x, y, color=INK, zorder=2, gid="collapse")
    return np.column_stack([x, y])


def _draw_runs(axes: Axes, drawn: Sizes, x: Real, y: Real, N: Real, gid: str) -> Points:
    """Runs as dots coloured by their size; the points drawn."""
    look: Any = {"cmap": COLOURS, "norm": drawn.colours, "s": 11, "lw": 0.4, "ec": "white", "zorder": 3}
    axes.scatter(x, y, c=N, gid=gid, **look)
    return np.column_stack([x, y])
