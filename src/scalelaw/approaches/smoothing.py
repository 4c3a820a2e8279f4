"""Gaussian smoothing of training curves along their points (Hoffmann et al. 2022, section 3.1: 10 steps)."""

import numpy as np
from jaxtyping import Bool, Float

# Beyond this many standard deviations a Gaussian counts for less than 1e-7 of its middle.
REACH = 6.0


def smoothed(
    L: Float[np.ndarray, "K T"], there: Bool[np.ndarray, "K T"], sd: float
) -> Float[np.ndarray, "K T"]:
    """Losses averaged with Gaussian weights over neighbouring points of their own curve.

    Near an end the weights that are left are scaled to one, so that a level curve stays level.

    Args:
        L: loss, nats per token.
        there: which places hold a point.
        sd: of the Gaussian, in points; 0 leaves the losses as they are.
    """
    if sd == 0:
        return L
    reach = min(int(np.ceil(REACH * sd)), L.shape[1] - 1)
    total, weight = np.zeros_like(L), np.zeros_like(L)
    for shift in range(-reach, reach + 1):
        share = np.exp(-0.5 * (shift / sd) ** 2)
        mine, theirs = _overlap(shift, L.shape[1])
        known = share * there[:, theirs]
        total[:, mine] += known * np.where(there[:, theirs], L[:, theirs], 0.0)
        weight[:, mine] += known
    return np.where(there, total / np.where(weight > 0, weight, 1.0), L)


def _overlap(shift: int, length: int) -> tuple[slice, slice]:
    """Places that have a neighbour `shift` points on, and these neighbours."""
    mine = slice(max(-shift, 0), length - max(shift, 0))
    return mine, slice(mine.start + shift, mine.stop + shift)
