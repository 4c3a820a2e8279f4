"""How flat a profile is: the sizes of a budget whose loss is within a share, or within the noise, of the best.

About its minimum a profile is a parabola in log N, so that a loss within x of the best leaves sizes within a factor
that goes with sqrt(x): 1 % of a loss is a factor of 2 to 3 either way on published surfaces. The range ends where
the fitted curve first rises that far on either side of its minimum, and no farther than the sizes trained.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from scalelaw._checks import bad_input, check_probability
from scalelaw._text import table
from scalelaw.allocation.nearly_best import NOISE, QUANTITIES, SHARE, noise_words, share_words
from scalelaw.approaches.design_bias import DesignBias
from scalelaw.approaches.minima import Curve, Minima, Points, ends
from scalelaw.approaches.profiles import ProfileMinima
from scalelaw.fitting.refits import Sample
from scalelaw.numbers import format_number

# A curve is looked at in so many places on either side; two crossings between neighbours are missed.
PLACES = 32
# Halvings that bring their distance, a few hundredths in logs, down to rounding.
HALVINGS = 48


class FlatEnds(NamedTuple):
    """Where curves have risen, to the left and to the right of their minima.

    Attributes:
        x: [..., 2] in logs; NaN without a minimum.
        at_edge: [..., 2] whether the curve rises less up to the last size trained, where x stays.
    """

    x: Float[np.ndarray, "... 2"]
    at_edge: Bool[np.ndarray, "... 2"]


def check_share(share: float | str, noise: float) -> float | str:
    """A share of the best loss between 0 and 1, or "noise" where that is known.

    Raises:
        BadInput: it is neither.
    """
    if share != NOISE:
        return check_probability("share", share)
    if not np.isfinite(noise) or noise <= 0:
        got = "no noise" if noise == 0 else "none that is known"
        raise bad_input("noise", "above 0 for what lies within it", got, advice="give noise= (--noise)")
    return NOISE


def rise_of(share: float | str, best: np.ndarray, noise: float) -> np.ndarray:
    """What a loss may be above the best one [nats per token]."""
    return np.full_like(best, noise) if isinstance(share, str) else share * best


def flat_ends(
    curves: Curve, x: Points, weight: Points, minima: Minima, rise: Float[np.ndarray, "..."]
) -> FlatEnds:
    """Where each curve has first risen that far above its minimum, on both sides.

    Args:
        curves: through the profiles.
        x: sizes, in logs.
        weight: of the runs; 0 for none.
        minima: of the curves.
        rise: of each, nats per token.
    """
    edges = np.stack(ends(x, weight), axis=-1)
    edges = np.where(np.isfinite(minima.x)[..., None], edges, np.nan)
    start, allowed = minima.x[..., None], (minima.y + rise)[..., None]

    def above(at: Float[np.ndarray, "... k"]) -> Bool[np.ndarray, "... k"]:
        return np.asarray(curves.at(at) > allowed)

    step = (edges - start) / PLACES
    low, crossed = start + 0 * step, np.zeros(step.shape, bool)
    for place in range(1, PLACES + 1):
        crossed |= above(start + place * step)
        low = np.where(crossed, low, start + place * step)
        if crossed.all():
            break
    high = low + step
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        beyond = above(middle)
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    at_edge = ~crossed & np.isfinite(edges)
    return FlatEnds(np.where(crossed, (low + high) / 2, edges), at_edge)


def flat_logs(
    by_N: ProfileMinima,
    by_D: ProfileMinima,
    share: float | str,
    correction: DesignBias | None,
    sample: Sample | None = None,
) -> tuple[Float[np.ndarray, "... B 6"], Bool[np.ndarray, "... B 2"]]:
    """Logs of `RANGES` at each budget that is used, and whether the least and the most N are the last trained.

    Args:
        by_N: profiles by N.
        by_D: profiles by D.
        share: of the best loss, or "noise".
        correction: the bias by which ranges move with their minima; none where None.
        sample: losses and weights of resamples [R, n] in place of the runs' own.
    """

    def both(axis: ProfileMinima, bias: np.ndarray | float) -> FlatEnds:
        given = axis.profiles
        x, y, weight = given.x, given.y, given.weight
        if sample is not None:
            y, weight = sample.target[..., given.run], sample.weight[..., given.run] * (weight > 0)
        curves = axis.method.fit(x, y, weight)
        minima = axis.method.bottom(curves, x, weight)
        found = flat_ends(curves, x, weight, minima, rise_of(share, minima.y, axis.noise))
        return found._replace(x=found.x - np.reshape(bias, (-1, 1)))

    N, D = (
        both(by_N, 0.0 if correction is None else correction.N),
        both(by_D, 0.0 if correction is None else correction.D),
    )
    ratio = D.x - N.x[..., ::-1]
    used = by_N.used
    return np.concatenate([N.x, D.x, ratio], axis=-1)[..., used, :], N.at_edge[..., used, :]


def flat_frame(
    C: Float[np.ndarray, " B"],
    by_N: ProfileMinima,
    by_D: ProfileMinima,
    share: float | str = SHARE,
    correction: DesignBias | None = None,
) -> pd.DataFrame:
    """The range of each budget that is used; columns as `IsoFLOP.flat`."""
    share = check_share(share, by_N.noise)
    logs, at_edge = flat_logs(by_N, by_D, share, correction)
    used = by_N.used
    N, D, L = by_N.best[used], by_D.best[used], by_N.loss[used]
    frame = pd.DataFrame({"C": C[used], "L": L, "rise": rise_of(share, L, by_N.noise)})
    best = zip(QUANTITIES, (N, D, D / N), np.exp(logs).reshape(len(L), 3, 2).swapaxes(0, 1), strict=True)
    for name, value, (least, most) in ((name, value, each.T) for name, value, each in best):
        frame[name], frame[f"{name}_least"], frame[f"{name}_most"] = value, least, most
    which = np.array([["", "largest"], ["smallest", "both"]])
    return frame.assign(N_edge=which[at_edge[:, 0].astype(int), at_edge[:, 1].astype(int)])


def within_words(share: float | str, noise: float) -> str:
    """What is allowed, in words."""
    return noise_words(f"{noise:.3g} nats") if isinstance(share, str) else share_words(share)


def flat_lines(frame: pd.DataFrame, within: str, level: float = 0.95) -> list[str]:
    """A table of `IsoFLOP.flat`, one line a budget, with intervals of the sizes where the frame has them."""
    has = "N_least_low" in frame

    def span(row: pd.Series, low: str, high: str) -> str:
        ends = row[low], row[high]
        return "none" if np.isnan(ends).any() else " to ".join(map(format_number, ends))

    def cells(row: pd.Series) -> list[str]:
        edge = f"{row.N_edge} trained" if row.N_edge else ""
        marked = {"both trained": "both ends trained"}.get(edge, edge)
        intervals = [span(row, f"N_{end}_low", f"N_{end}_high") for end in ("least", "most")] if has else []
        spans = [span(row, f"{name}_least", f"{name}_most") for name in QUANTITIES]
        return [format_number(row.C), *spans, f"x {row.N_most / row.N_least:.3g}", *intervals, marked]

    heading = ["C [FLOP]", "N", "D", "D/N", "most N / least"]
    heading += [f"{level:.0%} of the {end}" for end in ("least", "most")] if has else []
    rows = [cells(row) for _, row in frame.iterrows()]
    edge = [*heading, "at the edge"] if frame.N_edge.any() else [*heading, ""]
    title = f"how flat: sizes, tokens and ratios whose loss is within {within} of the best of their budget"
    return [title, *table(rows, ">" * (len(heading)) + "<", heading=edge)]
