"""Points of a compute-optimal envelope of training curves, for many choices of runs at once.

Two ways: the run of lowest loss at log-spaced FLOP values (Hoffmann et al. 2022, arXiv:2203.15556, section 3.1),
and the falling part of the lower convex hull of log loss over log FLOP (McLeish et al. 2025, arXiv:2502.06857).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from scalelaw.approaches.curves import Curves
from scalelaw.approaches.envelope_sums import Presence, Totals, products, stretches
from scalelaw.approaches.hull import falling_hull


class Candidates(NamedTuple):
    """Points that may lie on an envelope, of every run, or of every run at every FLOP value.

    Attributes:
        log_C: [P] log FLOP.
        run: [P] whose each is; -1 where it depends on which runs there are.
        log_D: log tokens, [P], or [K, P] by run.
        log_L: log loss, likewise; infinite where a run has no point.
    """

    log_C: Float[np.ndarray, " P"]
    run: Int[np.ndarray, " P"]
    log_D: Float[np.ndarray, "..."]
    log_L: Float[np.ndarray, "..."]


class OnEnvelope(NamedTuple):
    """What lies on the envelope of each choice of runs.

    Attributes:
        run: [R, P] whose point it is; -1 for none.
        log_D: [R, P] log tokens there.
        log_L: [R, P] log loss there.
    """

    run: Int[np.ndarray, "R P"]
    log_D: Float[np.ndarray, "R P"]
    log_L: Float[np.ndarray, "R P"]


class Way(NamedTuple):
    """One way of taking an envelope.

    Attributes:
        name: what users write.
        words: what it does.
        candidates: (curves, FLOP values) -> `Candidates`.
        chosen: (candidates, [R, K] which runs there are) -> `OnEnvelope`.
        totals: (curves, candidates, centre of log C) -> a function of which runs there are to `Totals`.
    """

    name: str
    words: str
    candidates: Callable[[Curves, int], Candidates]
    chosen: Callable[[Candidates, Presence], OnEnvelope]
    totals: Callable[[Curves, Candidates, float], Callable[[Presence], Totals]]


def interpolated(curves: Curves, points: int) -> Candidates:
    """Every run's loss and tokens, linear in log FLOP, at log-spaced FLOP values from the first to the last."""
    used = curves.length > 1
    first, last = curves.C[used, 0].min(), curves.C[used, -1].max()
    log_C = np.linspace(np.log(first), np.log(last), points)
    log_D, log_L = np.zeros((2, len(used), points))
    for run, length in enumerate(curves.length):
        x = np.log(curves.C[run, :length])
        log_L[run] = _between(log_C, x, curves.L[run, :length], np.inf)
        log_D[run] = _between(log_C, x, np.log(curves.D[run, :length]), 0.0)
    return Candidates(log_C, np.full(points, -1), log_D, np.log(log_L))


def _between(at: np.ndarray, x: np.ndarray, y: np.ndarray, outside: float) -> np.ndarray:
    """Linear interpolation, `outside` where there is nothing to interpolate."""
    if len(x) < 2:
        return np.full(len(at), outside)
    # The ends of the range are points of curves, reached but for rounding.
    slack = 1e-12 * np.abs(x[-1])
    inside = (at >= x[0] - slack) & (at <= x[-1] + slack)
    return np.where(inside, np.interp(at, x, y), outside)


def lowest_run(given: Candidates, present: Presence) -> OnEnvelope:
    """At every FLOP value the run of lowest loss among those that are present and have one there."""
    order = np.argsort(given.log_L, axis=0, kind="stable")
    place = np.arange(len(given.log_C))
    run = np.full((len(present), len(place)), -1)
    for ranked in order:
        here = np.isfinite(given.log_L[ranked, place])
        run = np.where((run < 0) & here & present[:, ranked], ranked, run)
    found = run >= 0
    log_D, log_L = (np.where(found, values[run, place], 0.0) for values in (given.log_D, given.log_L))
    return OnEnvelope(run, log_D, log_L)


def lowest_totals(curves: Curves, given: Candidates, centre: float) -> Callable[[Presence], Totals]:
    """The sums of the runs of lowest loss, for any choice of runs."""
    return stretches(given.log_C - centre, np.log(curves.N), given.log_D, given.log_L).totals


def corners(curves: Curves, points: int) -> Candidates:
    """The corners of every run's own lower hull: no other point can be one of a hull of several runs."""
    del points
    run, place = np.nonzero(curves.there)
    log_C, log_L = np.log(curves.C[run, place]), np.log(curves.L[run, place])
    order = np.lexsort((log_L, log_C))
    run, place, log_C, log_L = run[order], place[order], log_C[order], log_L[order]
    kept = falling_hull(log_C, log_L, run == np.arange(len(curves.names))[:, None]).any(axis=0)
    log_D = np.log(curves.D[run, place])
    return Candidates(log_C[kept], run[kept], log_D[kept], log_L[kept])


def hull_corners(given: Candidates, present: Presence) -> OnEnvelope:
    """The corners of the falling part of the lower convex hull of all runs that are present."""
    on_hull = falling_hull(given.log_C, given.log_L, present[:, given.run])
    return OnEnvelope(
        np.where(on_hull, given.run, -1),
        np.broadcast_to(given.log_D, on_hull.shape),
        np.broadcast_to(given.log_L, on_hull.shape),
    )


def hull_totals(curves: Curves, given: Candidates, centre: float) -> Callable[[Presence], Totals]:
    """The sums of the hull's corners, for any choice of runs."""
    y = np.stack([np.log(curves.N)[given.run], given.log_D, given.log_L])
    terms = products(given.log_C - centre, y)

    def totals(present: Presence) -> Totals:
        return np.asarray(falling_hull(given.log_C, given.log_L, present[:, given.run]) @ terms)

    return totals


LOWEST = Way(
    "lowest", "the run of lowest loss at log-spaced FLOP values", interpolated, lowest_run, lowest_totals
)
HULL = Way("hull", "the falling part of the lower convex hull in logs", corners, hull_corners, hull_totals)
