"""Overfitting: loss against data for models of several sizes, and what limited data cost.

After Kaplan et al. 2020 (arXiv:2001.08361), figures 4 and 9.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw import kaplan
from scalelaw.allocation import Fitted
from scalelaw.fitting import Fit
from scalelaw.kaplan.overfitting import SEED_NOISE
from scalelaw.laws.published import Published, published
from scalelaw.numbers import format_number
from scalelaw.plots._axes import log_x, padded
from scalelaw.plots._known_models import known_models, name_rings, rings
from scalelaw.plots._labels import Points
from scalelaw.plots._models import Real, check_model, model_sheet, studied
from scalelaw.plots._sizes import Curve, Shown, Size, shown_sizes
from scalelaw.plots._stretch import loss_y, stretch
from scalelaw.plots._style import COLOURS, FAINT, INK, plain, style

PAPER = "kaplan2020_L_N_D"
NEGLIGIBLE = 1e-3
"""Overfitting from which on the common curve is drawn."""


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
    law = check_model("model", published[PAPER] if model is None else model, ("N", "D"), "L")
    drawn = shown_sizes(law, sizes)
    ringed = isinstance(law, Published)
    words = ["dashed: beyond the sizes or the data trained on"]
    words += ["rings: known models on the law"] * ringed
    words += ["by this law sizes do not fall together"] * (not drawn.together)
    figure, body = model_sheet([law], "; ".join(words), 3.0)
    left, right = body.subplots(1, 2)
    avoid = _draw_losses(left, drawn), _draw_excess(right, drawn)
    handles, labels = left.get_legend_handles_labels()
    body.legend(handles, labels, loc="outside right center", title="parameters N", title_fontsize=8)
    if ringed:
        _ring(figure, (left, right), drawn, avoid)
    return figure


def _draw_losses(axes: Axes, drawn: Shown) -> Points:
    """L(N, D) against D, a curve a size, and the runs; the points drawn."""
    points = _draw_sizes(axes, drawn, drawn.loss, "loss")
    if isinstance(drawn.law, Fit):
        points = np.concatenate([points, _draw_runs(axes, drawn, drawn.law, excess=False)])
    log_x(plain(axes), drawn.tokens, "D")
    loss_y(axes, padded(points[:, 1], 0.03, 0.01))
    return points


def _draw_excess(axes: Axes, drawn: Shown) -> Points:
    """Overfitting, on the abscissa on which the law's sizes fall together where it has one."""
    together = drawn.together
    points = _draw_collapse(axes, drawn) if together else _draw_sizes(axes, drawn, drawn.excess, "excess")
    if isinstance(drawn.law, Fit):
        points = np.concatenate([points, _draw_runs(axes, drawn, drawn.law, excess=True)])
    exponent = drawn.law.params.alpha_N / drawn.law.params.alpha_D if together else 1.0
    label = f"$N^{{{exponent:.3f}}}\\,/\\,D$, parameters and tokens" if together else "D"
    log_x(plain(axes), padded(points[:, 0], 0.03), label)
    margin = 0.04 * float(np.ptp(points[:, 1]))
    axes.set_ylim(min(float(points[:, 1].min()), 0) - margin, float(points[:, 1].max()) + margin)
    axes.set_ylabel(r"overfitting, $L(N, D)\,/\,L(N, \infty) - 1$")
    return np.concatenate([points, _draw_seed_noise(axes, "right" if together else "left")])


def _draw_seed_noise(axes: Axes, side: Literal["left", "right"]) -> Points:
    """How much the loss varies from seed to seed, in words on one side; points that the words cover."""
    axes.axhline(SEED_NOISE, color=FAINT, lw=0.8, ls=":", zorder=1, gid="seed-noise")
    x = 0.98 if side == "right" else 0.02
    where: Any = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points", "ha": side}
    axes.annotate(
        f"{100 * SEED_NOISE:.0f} %, seed noise",
        (x, SEED_NOISE),
        (0, 2),
        fontsize=7,
        color=FAINT,
        **where,
    )
    covered = np.array([(x + 0.02 * i * (1 - 2 * (x > 0.5)), 0.02 * j) for i in range(15) for j in range(3)])
    bottom = axes.transAxes.inverted().transform(axes.transData.transform((1, SEED_NOISE)))[1]
    return np.asarray(axes.transData.inverted().transform(axes.transAxes.transform(covered + [0, bottom])))


def _draw_sizes(axes: Axes, drawn: Shown, curve: Curve, name: str) -> Points:
    """A curve of D a size, dashed where there were no such data or no such size; the points drawn."""
    sizes, tokens = studied(drawn.law, "N"), studied(drawn.law, "D")
    lines = []
    for rank, N in enumerate(drawn.N):
        trained = sizes is None or sizes[0] <= N * 1.001 and N <= sizes[1] * 1.001
        look = {"color": COLOURS(drawn.norm(N)), "lw": 1.1, "zorder": 2}
        span = tokens if trained else (drawn.tokens[0],) * 2
        line = _along(curve, N)
        lines.append(stretch(axes, line, drawn.tokens, span, f"{name}-{rank}", format_number(N, 3), **look))
    return np.concatenate(lines)


def _along(curve: Curve, N: float) -> Callable[[Real], Real]:
    return lambda D: curve(N, D)


def _draw_collapse(axes: Axes, drawn: Shown) -> Points:
    """The one curve of all sizes; the points drawn."""
    sizes, tokens = studied(drawn.law, "N"), studied(drawn.law, "D")
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


def _draw_runs(axes: Axes, drawn: Shown, fit: Fit, *, excess: bool) -> Points:
    """Runs as dots coloured by their size; the points drawn."""
    N, D = fit.runs.inputs(("N", "D")).values()
    x, y = D, fit.runs.L
    if excess:
        endless = drawn.loss(N, D) / (1 + drawn.excess(N, D))
        x, y = drawn.abscissa(N, D), fit.runs.L / endless - 1
    look: Any = {"cmap": COLOURS, "norm": drawn.norm, "s": 11, "lw": 0.4, "ec": "white", "zorder": 3}
    axes.scatter(x, y, c=N, gid="runs-excess" if excess else "runs-loss", **look)
    return np.column_stack([x, y])


def _ring(figure: Figure, panels: tuple[Axes, Axes], drawn: Shown, avoid: tuple[Points, Points]) -> None:
    """Known models in both panels, named."""
    known = known_models()
    x = known.D, drawn.abscissa(known.N, known.D)
    y = drawn.loss(known.N, known.D), drawn.excess(known.N, known.D)
    at = [np.column_stack(each) for each in zip(x, y, strict=True)]
    for axes, points, what in zip(panels, at, ("loss", "excess"), strict=True):
        rings(axes, points, f"models-{what}")
    figure.draw_without_rendering()
    for axes, points, marks in zip(panels, at, avoid, strict=True):
        name_rings(axes, points, known.names, marks)
