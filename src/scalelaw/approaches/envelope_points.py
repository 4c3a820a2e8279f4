"""Points of a compute-optimal envelope of training curves, and the power laws along it, for many choices of runs.

Two methods: the run of lowest loss at log-spaced FLOP values (Hoffmann et al. 2022, arXiv:2203.15556, section 3.1),
and the falling part of the lower convex hull of log loss over log FLOP (McLeish et al. 2025, arXiv:2502.06857).

A least-squares line needs nine sums over the points of an envelope, so that resamples never form these points.
Between two FLOP values where the ranking of the curves changes the lowest run is one and the same, and its sums
over the whole segment are added at once.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from scalelaw._checks import bad_input
from scalelaw.approaches.curves import Curves
from scalelaw.approaches.frontier import Moments
from scalelaw.numbers import format_number

Presence = Bool[np.ndarray, "R K"]
"""Which runs each choice has."""

Sums = Float[np.ndarray, "R 9"]
"""Number of points, sums of x and x^2, and of y and x y for y = log N, log D and log L; x = log C - centre."""


FINAL = 0.15
"""The last part of a run whose losses count as final: Hoffmann's chosen points all lie in it."""


class Candidates(NamedTuple):
    """Points that may lie on an envelope, of every run, or of every run at every FLOP value.

    Attributes:
        log_C: [P] log FLOP.
        run: [P] whose each is; -1 where it depends on which runs there are.
        log_D: log tokens, [P], or [K, P] by run.
        log_L: log loss, likewise; infinite where a run has no point.
        counted: which count in the power laws, likewise.
    """

    log_C: Float[np.ndarray, " P"]
    run: Int[np.ndarray, " P"]
    log_D: Float[np.ndarray, "..."]
    log_L: Float[np.ndarray, "..."]
    counted: Bool[np.ndarray, "..."]


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


class Point(NamedTuple):
    """Points of an envelope.

    Attributes:
        C: compute, FLOP, ascending.
        run: whose point it is.
        N: parameters of that run.
        D: its tokens by then.
        L: its loss, nats per token.
        final: whether it lies in the last 15 % of its run.
        at_edge: whether its run is of the smallest or the largest size trained.
    """

    C: Float[np.ndarray, " P"]
    run: Int[np.ndarray, " P"]
    N: Float[np.ndarray, " P"]
    D: Float[np.ndarray, " P"]
    L: Float[np.ndarray, " P"]
    final: Bool[np.ndarray, " P"]
    at_edge: Bool[np.ndarray, " P"]


class EnvelopeMethod(NamedTuple):
    """A method of taking an envelope.

    Attributes:
        name: what users write.
        words: what it does.
        candidates: (curves, FLOP values) -> `Candidates`.
        points: (candidates, [R, K] which runs there are) -> `OnEnvelope`.
        sums: (curves, candidates, centre of log C) -> a function to `Sums` of which runs there are, and the points
            of which of them count.
    """

    name: str
    words: str
    candidates: Callable[[Curves, int], Candidates]
    points: Callable[[Candidates, Presence], OnEnvelope]
    sums: Callable[[Curves, Candidates, float], Callable[[Presence, Presence], Sums]]


def within(N: Float[np.ndarray, " K"], present: Presence) -> Presence:
    """The runs of each choice that are neither of its smallest nor of its largest size.

    Where only one side has another size, the best of those there are is no optimum.
    """
    smallest = np.where(present, N, np.inf).min(axis=1, keepdims=True)
    largest = np.where(present, N, -np.inf).max(axis=1, keepdims=True)
    return np.asarray(present & (smallest < N) & (largest > N))


def interpolate(curves: Curves, points: int) -> Candidates:
    """Every run's loss and tokens, linear in log FLOP, at log-spaced FLOP values from the first to the last."""
    used = curves.length > 1
    first, last = curves.C[used, 0].min(), curves.C[used, -1].max()
    log_C = np.linspace(np.log(first), np.log(last), points)
    log_D, log_L = np.zeros((2, len(used), points))
    for run, length in enumerate(curves.length):
        x = np.log(curves.C[run, :length])
        log_L[run] = _interpolate_one(log_C, x, curves.L[run, :length], np.inf)
        log_D[run] = _interpolate_one(log_C, x, np.log(curves.D[run, :length]), 0.0)
    return Candidates(log_C, np.full(points, -1), log_D, np.log(log_L), np.ones(log_L.shape, bool))


def _interpolate_one(at: np.ndarray, x: np.ndarray, y: np.ndarray, outside: float) -> np.ndarray:
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
    there = run >= 0
    log_D, log_L = (np.where(there, values[run, place], 0.0) for values in (given.log_D, given.log_L))
    return OnEnvelope(run, log_D, log_L)


def lowest_sums(curves: Curves, given: Candidates, centre: float) -> Callable[[Presence, Presence], Sums]:
    """The sums of the runs of lowest loss, for any choice of runs."""
    return segments(given.log_C - centre, np.log(curves.N), given.log_D, given.log_L, given.counted).sums


class Segments(NamedTuple):
    """Curves by segments of FLOP values without a change in their ranking.

    Attributes:
        order: [K + 1, S] runs by loss on each segment, those that have none there and the last rank being K.
        summed: [K + 1, S, 9] of each run on each segment; zero for K.
    """

    order: Int[np.ndarray, "K1 S"]
    summed: Float[np.ndarray, "K1 S 9"]

    def sums(self, present: Presence, counted: Presence) -> Sums:
        """The sums of the envelope of each choice of runs, over the points of those that are counted."""
        segments = np.arange(self.order.shape[1])
        nobody = np.ones((len(present), 1), bool)
        known = np.concatenate([present, nobody], axis=1)
        winner = np.tile(self.order[0], len(present))
        open_at = np.flatnonzero(~known[:, self.order[0]])
        for ranked in self.order[1:]:
            replicate, segment = np.divmod(open_at, len(segments))
            winner[open_at] = ranked[segment]
            open_at = open_at[~known[replicate, ranked[segment]]]
            if not len(open_at):
                break
        winner = winner.reshape(len(present), -1)
        if not counted.all():
            own = np.take_along_axis(np.concatenate([counted, nobody], axis=1), winner, axis=1)
            winner = np.where(own, winner, present.shape[1])
        place = winner * len(segments) + segments
        flat = self.summed.reshape(-1, self.summed.shape[-1])
        return np.asarray(np.einsum("rsk->rk", np.take(flat, place, axis=0)))


def segments(
    x: Float[np.ndarray, " P"],
    log_N: Float[np.ndarray, " K"],
    log_D: Float[np.ndarray, "K P"],
    log_L: Float[np.ndarray, "K P"],
    counted: Bool[np.ndarray, "K P"],
) -> Segments:
    """Segments of FLOP values on which the ranking of the curves does not change.

    Args:
        x: log FLOP less a centre.
        log_N: log size of each run.
        log_D: log tokens of each run at each value.
        log_L: log loss, infinite where a run has none.
        counted: which of these points add to the sums.
    """
    runs = len(log_N)
    there = np.isfinite(log_L)
    order = np.argsort(log_L, axis=0, kind="stable")
    order = np.where(np.take_along_axis(there, order, axis=0), order, runs)
    order = np.concatenate([order, np.full((1, len(x)), runs)])
    starts = np.flatnonzero(np.append(True, (order[:, 1:] != order[:, :-1]).any(axis=0)))
    y = np.stack([np.broadcast_to(log_N[:, None], log_L.shape), log_D, np.where(there, log_L, 0.0)])
    terms = np.where((there & counted)[..., None], summands(np.broadcast_to(x, log_L.shape), y), 0.0)
    summed = np.add.reduceat(terms, starts, axis=1)
    return Segments(order[:, starts], np.concatenate([summed, np.zeros_like(summed[:1])]))


def corners(curves: Curves, points: int) -> Candidates:
    """The corners of every run's own lower hull: no other point can be one of a hull of several runs."""
    del points
    run, place = np.nonzero(curves.there)
    log_C, log_L = np.log(curves.C[run, place]), np.log(curves.L[run, place])
    order = np.lexsort((log_L, log_C))
    run, place, log_C, log_L = run[order], place[order], log_C[order], log_L[order]
    kept = falling_hull(log_C, log_L, run == np.arange(len(curves.names))[:, None]).any(axis=0)
    log_D = np.log(curves.D[run, place])
    return Candidates(log_C[kept], run[kept], log_D[kept], log_L[kept], np.ones(int(kept.sum()), bool))


def hull_corners(given: Candidates, present: Presence) -> OnEnvelope:
    """The corners of the falling part of the lower convex hull of all runs that are present."""
    on_hull = falling_hull(given.log_C, given.log_L, present[:, given.run])
    return OnEnvelope(
        np.where(on_hull, given.run, -1),
        np.broadcast_to(given.log_D, on_hull.shape),
        np.broadcast_to(given.log_L, on_hull.shape),
    )


def hull_sums(curves: Curves, given: Candidates, centre: float) -> Callable[[Presence, Presence], Sums]:
    """The sums of the hull's corners, for any choice of runs."""
    y = np.stack([np.log(curves.N)[given.run], given.log_D, given.log_L])
    terms = summands(given.log_C - centre, y)

    def sums(present: Presence, counted: Presence) -> Sums:
        on_hull = falling_hull(given.log_C, given.log_L, present[:, given.run])
        return np.asarray((on_hull & given.counted & counted[:, given.run]) @ terms)

    return sums


def falling_hull(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], present: Bool[np.ndarray, "R n"]
) -> Bool[np.ndarray, "R n"]:
    """Which points are corners of the falling part of each subset's lower convex hull, by gift wrapping.

    From the leftmost point on, the next corner is the one of steepest descent; where none descends the hull has
    reached its lowest point (Jarvis 1973).

    Args:
        x: ascending; at equal x the lowest y first.
        y: of each point.
        present: which points each subset has.

    Returns:
        Corners; points on a straight side between two are none.
    """
    corner = np.zeros(present.shape, bool)
    subset = np.flatnonzero(present.any(axis=1))
    at = np.argmax(present[subset], axis=1)
    while len(subset):
        corner[subset, at] = True
        right = present[subset] & (x > x[at][:, None])
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(right, (y - y[at][:, None]) / (x - x[at][:, None]), np.inf)
        # Of several points on one side the last is its corner.
        next_at = slope.shape[1] - 1 - np.argmin(slope[:, ::-1], axis=1)
        falls = slope[np.arange(len(subset)), next_at] < 0
        subset, at = subset[falls], next_at[falls]
    return corner


def summands(x: Float[np.ndarray, "..."], y: Float[np.ndarray, "3 ..."]) -> Float[np.ndarray, "... 9"]:
    """What a point adds to the nine sums."""
    N, D, L = y
    return np.stack([np.ones_like(x), x, x * x, N, x * N, D, x * D, L, x * L], axis=-1)


def moments_of(sums: Sums, centre: float) -> tuple[Moments, Moments, Moments]:
    """The moments of log N*, log D* and log L* against log C.

    Args:
        sums: the nine sums of each envelope.
        centre: what x lacks of log C.
    """
    n, x, xx, *rest = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = x / n
        spread = xx - x * mean
        spread = np.where(spread > 0, spread, np.nan)
        N, D, L = (
            Moments(mean + centre, y / n, spread, xy - mean * y)
            for y, xy in zip(rest[::2], rest[1::2], strict=True)
        )
    return N, D, L


LOWEST = EnvelopeMethod(
    "lowest", "the run of lowest loss at log-spaced FLOP values", interpolate, lowest_run, lowest_sums
)
HULL = EnvelopeMethod(
    "hull", "the falling part of the lower convex hull in logs", corners, hull_corners, hull_sums
)


def counts(points: Point, *, edges: bool, final_only: bool) -> Bool[np.ndarray, " P"]:
    """Which points the power laws go through."""
    return np.asarray((edges | ~points.at_edge) & (points.final | (not final_only)))


def is_final(C: Float[np.ndarray, "..."], end: Float[np.ndarray, "..."]) -> Bool[np.ndarray, "..."]:
    """Whether a point at C [FLOP] lies in the last 15 % of a run that ends at `end`; the two broadcast."""
    return np.asarray(C >= (1 - FINAL) * end * (1 - 1e-9))


def final_candidates(curves: Curves, given: Candidates) -> Bool[np.ndarray, "..."]:
    """Which candidates lie in the last 15 % of their run, in the shape of their losses."""
    end = curves.end[given.run] if given.log_L.ndim == 1 else curves.end[:, None]
    return is_final(np.exp(given.log_C), end)


def check_points(
    source: str, points: Point, counted: Bool[np.ndarray, " P"], *, edges: bool, final_only: bool
) -> None:
    """Refuse an envelope that no power law goes through."""
    if len(points.C) < 2:
        got = f"{len(points.C)} (losses never fall)"
        raise bad_input("the envelope", "of at least 2 points", got, place=source)
    final = " in the last 15 % of their runs" if final_only else ""
    between = "" if edges else " of sizes between the smallest and the largest"
    less = "all points (without --final-only)" if final_only else "those of the edges (edges=True, --edges)"
    few, used = np.count_nonzero(counted), points.N[counted]
    if few < 2:
        expected, got, advice = f"points{final}{between}", f"{few} of {len(counted)}", "train more sizes"
    elif np.ptp(used) == 0:
        expected, got = f"sizes{final}{between}", f"{format_number(float(used[0]))} alone"
        advice = "add runs of a smaller and of a larger size at the same compute"
    else:
        return
    advice = advice if edges and not final_only else f"{advice}, or count {less}"
    raise bad_input("the envelope", f"of at least 2 {expected}", got, place=source, advice=advice)


def points_of(curves: Curves, candidates: Candidates, envelope: OnEnvelope) -> Point:
    """The points of the envelope of all runs."""
    there = envelope.run[0] >= 0
    run, C = envelope.run[0][there], np.exp(candidates.log_C[there])
    N = curves.N[run]
    D, L = (np.exp(values[0][there]) for values in (envelope.log_D, envelope.log_L))
    final = is_final(C, curves.end[run])
    at_edge = (N == curves.N.min()) | (N == curves.N.max())
    return Point(C, run, N, D, L, final, at_edge)
