"""Approach 1: the compute-optimal envelope of training curves, and power laws along it.

Hoffmann et al. 2022, arXiv:2203.15556, section 3.1; the convex hull as McLeish et al. 2025, arXiv:2502.06857.
"""

import numpy as np

from scalelaw._checks import bad_input, check_at_least, check_choice
from scalelaw.approaches.curves import Curves, Cut, curves_of
from scalelaw.approaches.envelope_points import HULL, LOWEST, Candidates, OnEnvelope
from scalelaw.approaches.envelope_result import Envelope, Point
from scalelaw.approaches.frontier import Frontier
from scalelaw.approaches.lines import power_law
from scalelaw.runs import Runs

METHODS = {way.name: way for way in (LOWEST, HULL)}
"""Ways of taking an envelope."""

POINTS = 1500
"""FLOP values, as Hoffmann et al. 2022."""

FINAL = 0.15
"""The last part of a run whose losses count as final: Hoffmann's chosen points all lie in it."""


def envelope(
    curves: Runs,
    *,
    method: str = "lowest",
    warmup: float | str = 0,
    smoothing: float = 0,
    points: int = POINTS,
    tokens_per_step: float | str = 1,
) -> Envelope:
    """Approach 1: the compute-optimal frontier from the envelope of training curves.

    Args:
        curves: N, D, C and L, a row a point of a curve in the order of training, read with the column of run
            names as `group`. D are tokens so far; a further input "step", where there is one, is checked too.
        method: "lowest", the run of lowest loss at log-spaced FLOP values, losses interpolated linearly in log
            FLOP; or "hull", the falling part of the lower convex hull of log loss over log FLOP.
        warmup: points before this many tokens are left out; below 1, before this share of their run.
        smoothing: standard deviation, in points of the curve, of the Gaussian that losses are smoothed with; 0
            takes them as they are.
        points: FLOP values of "lowest".
        tokens_per_step: for curves whose D are steps: the batch, in tokens. C is multiplied too, unless the table
            has a column of its own.

    Returns:
        The points of the envelope, power laws through them, and what to know: runs that never touch it, and
        points before the last 15 % of their run, whose losses are not those of a finished schedule.

    Raises:
        BadInput: for curves without run names, tokens or steps that do not rise along a run, fewer than two
            runs with two points, an envelope of a single point, an unknown method or a number out of range.

    Examples:
        >>> import numpy as np, pandas as pd
        >>> N, D = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e9, 9), np.geomspace(1e8, 1e11, 50)))
        >>> L = sl.published["besiroglu2024_paper"].loss(N=N, D=D)
        >>> table = pd.DataFrame({"run": N, "N": N, "D": D, "L": L})
        >>> found = sl.envelope(sl.Runs.from_frame(table, group="run"))
        >>> f"{len(found.points.C)} points: N* ~ C^{found.frontier.a:.2f}"
        '1500 points: N* ~ C^0.48'
    """
    way = METHODS[check_choice("method", method, METHODS)]
    check_at_least("points", points, 2)
    cut = Cut.of(warmup, smoothing, tokens_per_step)
    read = curves_of(curves, cut)
    given = way.candidates(read, points)
    found = way.chosen(given, np.ones((1, len(read.names)), bool))
    on_it = _points(read, given, found)
    if len(on_it.C) < 2:
        raise bad_input(
            "the envelope", "of at least 2 points", f"{len(on_it.C)} (losses never fall)", place=curves.source
        )
    laws = (power_law(on_it.C, values) for values in (on_it.N, on_it.D, on_it.L))
    # Points of one curve are no independent scatter about a line.
    frontier = Frontier(*(law._replace(stderr=np.nan) for law in laws))
    return Envelope(curves, read, way, cut, given, on_it, frontier)


def _points(curves: Curves, given: Candidates, found: OnEnvelope) -> Point:
    """The points of the envelope of all runs."""
    there = found.run[0] >= 0
    run, C = found.run[0][there], np.exp(given.log_C[there])
    N = curves.N[run]
    D, L = (np.exp(values[0][there]) for values in (found.log_D, found.log_L))
    final = C >= (1 - FINAL) * curves.end[run] * (1 - 1e-9)
    at_edge = (N == curves.N.min()) | (N == curves.N.max())
    return Point(C, run, N, D, L, final, at_edge)
