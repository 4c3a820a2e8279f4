"""Power laws along the envelopes of many choices of runs, from sums that are made once.

A least-squares line needs nine sums over the points of an envelope. Between two FLOP values where the ranking of
the curves changes the winner is one and the same, so that its sums over the whole stretch are added at once.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from scalelaw.approaches.lines import Line

Totals = Float[np.ndarray, "R 9"]
"""Number of points, sums of x and x^2, and of y and x y for y = log N, log D and log L; x = log C - centre."""

Presence = Bool[np.ndarray, "R K"]


class Stretches(NamedTuple):
    """Curves by stretches of FLOP values without a change in their ranking.

    Attributes:
        order: [K + 1, S] runs by loss on each stretch, those that have none there and the last rank being K.
        sums: [K + 1, S, 9] of each run on each stretch; zero for K.
    """

    order: Int[np.ndarray, "K1 S"]
    sums: Float[np.ndarray, "K1 S 9"]

    def totals(self, present: Presence) -> Totals:
        """The sums of the envelope of each choice of runs."""
        stretches = np.arange(self.order.shape[1])
        known = np.concatenate([present, np.ones((len(present), 1), bool)], axis=1)
        winner = np.tile(self.order[0], len(present))
        open_at = np.flatnonzero(~known[:, self.order[0]])
        for ranked in self.order[1:]:
            replicate, stretch = np.divmod(open_at, len(stretches))
            winner[open_at] = ranked[stretch]
            open_at = open_at[~known[replicate, ranked[stretch]]]
            if not len(open_at):
                break
        place = winner.reshape(len(present), -1) * len(stretches) + stretches
        flat = self.sums.reshape(-1, self.sums.shape[-1])
        return np.asarray(np.take(flat, place, axis=0).sum(axis=1))


def stretches(
    x: Float[np.ndarray, " P"],
    log_N: Float[np.ndarray, " K"],
    log_D: Float[np.ndarray, "K P"],
    log_L: Float[np.ndarray, "K P"],
) -> Stretches:
    """Stretches of FLOP values on which the ranking of the curves does not change.

    Args:
        x: log FLOP less a centre.
        log_N: log size of each run.
        log_D: log tokens of each run at each value.
        log_L: log loss, infinite where a run has none.
    """
    runs = len(log_N)
    there = np.isfinite(log_L)
    order = np.argsort(log_L, axis=0, kind="stable")
    order = np.where(np.take_along_axis(there, order, axis=0), order, runs)
    order = np.concatenate([order, np.full((1, len(x)), runs)])
    starts = np.flatnonzero(np.append(True, (order[:, 1:] != order[:, :-1]).any(axis=0)))
    y = np.stack([np.broadcast_to(log_N[:, None], log_L.shape), log_D, np.where(there, log_L, 0.0)])
    terms = np.where(there[..., None], products(np.broadcast_to(x, log_L.shape), y), 0.0)
    sums = np.add.reduceat(terms, starts, axis=1)
    return Stretches(order[:, starts], np.concatenate([sums, np.zeros_like(sums[:1])]))


def products(x: Float[np.ndarray, "..."], y: Float[np.ndarray, "3 ..."]) -> Float[np.ndarray, "... 9"]:
    """What a point adds to the nine sums."""
    N, D, L = y
    return np.stack([np.ones_like(x), x, x * x, N, x * N, D, x * D, L, x * L], axis=-1)


def lines_of(totals: Totals, centre: float) -> tuple[Line, Line, Line]:
    """The lines of log N*, log D* and log L* against log C; NaN where there are no two points.

    Args:
        totals: the nine sums of each envelope.
        centre: what x lacks of log C.
    """
    n, x, xx, *rest = totals.T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = x / n
        spread = xx - x * mean
        slopes = [
            (xy - mean * y) / np.where(spread > 0, spread, np.nan)
            for y, xy in zip(rest[::2], rest[1::2], strict=True)
        ]
        N, D, L = (
            Line(slope, y / n - slope * (mean + centre)) for slope, y in zip(slopes, rest[::2], strict=True)
        )
    return N, D, L
