"""Calibrated predictions along the frontier: what every law says, the band of a new run, where support ends."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalelaw.allocation.optimum import check_splits
from scalelaw.flops import SIX_ND
from scalelaw.plots import _surface
from scalelaw.plots._axes import Budget, Real, budget_range, log_axis, loss_axis, padded
from scalelaw.plots._frontier import shade_outside
from scalelaw.plots._style import (
    COLOURS,
    FAINT,
    INK,
    legend_above,
    percent,
    style,
    subplots,
    written_sheet,
)
from scalelaw.plots._validation import STATED, law_colours
from scalelaw.uncertainty.prediction import prediction_interval
from scalelaw.validation import Calibrated

HEIGHT = 3.0
LEVEL = 0.95
BUDGETS = 25
"""At which bands and laws are computed."""

NEARER, FARTHER = 2 / 3, 3.0
"""By default budgets reach from this multiple of the smallest run to this one of where back-tests end."""

SEEN = (0.01, 0.99)
"""The right panel shows the runs between these quantiles."""

THIN, THICK = 0.7, 2.0
"""Points: the line of a law of no weight, and what all the weight adds to it."""

RUNS: Any = {"s": 5, "color": FAINT, "lw": 0, "alpha": 0.7, "zorder": 2}
CALIBRATED: Any = {"color": COLOURS(0.4), "alpha": 0.25, "lw": 0, "zorder": 1}


class Said(NamedTuple):
    """What is said of the loss of a new run at budgets, nats per token.

    Attributes:
        C: [n] FLOP.
        mean: [n] of the mixture.
        bands: name -> [2, n] ends of an interval.
        laws: name -> [n] of each law.
    """

    C: Real
    mean: Real
    bands: dict[str, Float[np.ndarray, "2 n"]]
    laws: dict[str, Real]


@style()
def calibrated(known: Calibrated, budgets: tuple[Budget, Budget] | None = None) -> Figure:
    """Loss of the models that the laws together would train: of every law, and in calibrated intervals.

    Left: the loss of each law (the thicker, the more weight it has), the calibrated 95 % interval of a new run,
    and, dashed, the one that the first law states alone. Right: the same above the mean of all laws, and the runs
    above that mean at their own N and D. The ground is grey where there are no runs of such compute; a line marks
    where back-tests end.

    Args:
        known: from `scalelaw.calibrate`, of a law of N and D.
        budgets: lowest and highest C [FLOP], as numbers or as people write them; by default to three times where
            back-tests end.

    Returns:
        The figure. At each C its model has the geometric mean, by weight, of what the laws would train.

    Raises:
        BadInput: the law is not one of N and D, or budgets are no range.
    """
    fit = known.members[0].fit
    check_splits(fit.law)
    C = _surface.compute(fit)
    data = float(C.min()), float(C.max())
    reach = data[1] * 10 ** max(float(trial.distance.max()) for trial in known.backtest.trials)
    across = (NEARER * data[0], FARTHER * reach) if budgets is None else budget_range(budgets)
    said = _say(known, np.geomspace(*across, BUDGETS))
    figure, body = written_sheet(f"{len(fit.runs)} runs of {fit.runs.source}; {known.basis}", "", HEIGHT)
    ((left, right),) = subplots(body, 2, 2)
    own: dict[str, Any] = fit.runs.inputs(fit.law.inputs)
    above = 100 * (fit.runs.L / known.predict(**own).estimate - 1)
    for axes, runs in ((left, fit.runs.L), (right, above)):
        axes.scatter(C, runs, gid="runs", label="runs", **RUNS)
        log_axis(axes, "x", across, "C", decades=5)
        shade_outside(axes, across, data)
    losses = _draw(left, known, said, 0 * said.mean, 1.0)
    loss_axis(left, padded(np.append(losses, fit.runs.L), 0.05, 0.01))
    percents = np.append(_draw(right, known, said, said.mean, 100 / said.mean), np.quantile(above, SEEN))
    right.set(ylim=(1.1 * percents.min(), 1.1 * percents.max()), ylabel="above the mean of all laws, %")
    right.axhline(0, color=INK, lw=0.5, zorder=1)
    for words, end in (("data end", data[1]), ("back-tests end", reach)):
        if across[0] < end < across[1]:
            _mark(left, right, words, end)
    legend_above(body, left, columns=4)
    return figure


def _say(known: Calibrated, C: Real) -> Said:
    """Laws and intervals along the frontier that is the geometric mean of the laws' own."""
    weight = np.array([[member.weight] for member in known.members])
    own = np.log([_surface.frontier(member.fit, C).N for member in known.members])
    weight = np.where(np.isfinite(own), weight, 0.0)
    N = np.exp(np.sum(weight * np.nan_to_num(own), axis=0) / weight.sum(axis=0))
    at = {"N": N, "D": np.asarray(SIX_ND.tokens(C, N))}
    together, alone = (
        known.predict(**at, level=LEVEL),
        prediction_interval(known.members[0].draws, **at, level=LEVEL),
    )
    bands = {"calibrated": np.array(together[:2]), "stated": np.array(alone[:2])}
    return Said(C, together.estimate, bands, {each["law"]: each["L"] for each in known.laws(**at)})


def _draw(axes: Axes, known: Calibrated, said: Said, zero: Real, unit: Any) -> Real:
    """Bands and laws, above `zero` and times `unit`; the values that the axis has to show."""
    colours = law_colours([*said.laws])
    low, high = unit * (said.bands["calibrated"] - zero)
    axes.fill_between(said.C, low, high, gid="calibrated", label=f"calibrated {percent(LEVEL)}", **CALIBRATED)
    first = known.members[0].fit.law.name
    for end, values in zip(("low", "high"), unit * (said.bands["stated"] - zero), strict=True):
        label = f"{first} alone, {percent(LEVEL)}" if end == "low" else None
        axes.plot(said.C, values, color=colours[first], gid=f"stated-{end}", label=label, **STATED)
    for member in known.members:
        name, weight = member.fit.law.name, float(member.weight)
        look: Any = {"color": colours[name], "lw": THIN + THICK * weight, "zorder": 3}
        L = unit * (said.laws[name] - zero)
        axes.plot(said.C, L, gid=f"law-{name}", label=f"{name}, weight {100 * weight:.0f} %", **look)
    return np.concatenate([low, high])


def _mark(left: Axes, right: Axes, words: str, end: float) -> None:
    """What ends where, written above the falling losses."""
    for axes in (left, right):
        axes.axvline(end, color=INK, lw=0.6, ls=":", gid=words, zorder=2)
    where: Any = {"xycoords": left.get_xaxis_transform(), "textcoords": "offset points"}
    left.annotate(words, (end, 1), (2, -2), va="top", rotation=90, fontsize=7, **where)
