"""How flat IsoFLOP profiles are, with intervals: the range of every budget in every resample."""

import numpy as np
import pandas as pd

from scalelaw._checks import bad_input, check_probability
from scalelaw.allocation.nearly_best import RANGES, SHARE
from scalelaw.approaches.flat_range import check_share, flat_logs
from scalelaw.approaches.isoflop import CHUNK, IsoFLOP
from scalelaw.fitting.refits import draw_samples
from scalelaw.resampling.draws import Draws, inflated
from scalelaw.resampling.intervals import interval


def flat_intervals(draws: Draws, share: float | str = SHARE, *, level: float = 0.95) -> pd.DataFrame:
    """The sizes, token counts and ratios of each budget whose loss is nearly the best, with intervals.

    A range ends where the fitted curve of the budget has risen so far above its minimum, or with the sizes trained.

    Args:
        draws: from `bootstrap`, of IsoFLOP profiles; every profile is fitted again in every resample.
        share: of the best loss, 0.01 for 1 %; or "noise", one standard deviation of a run's loss.
        level: of the percentile intervals.

    Returns:
        One row a budget that is used, as `IsoFLOP.flat(share)` without the intervals: `C` [FLOP]; `L` of the best
        and the `rise` that is allowed above it [nats per token]; `N` [parameters], `D` [tokens] and
        `tokens_per_parameter` of the best, each with `_least` and `_most` of its range; `N_edge`, which ends of the
        range are those of the sizes trained ("smallest", "largest", "both" or ""), where it may go on; and of each
        end `_low` and `_high` of its interval, NaN where more than a tenth of the resamples has no minimum here.

    Raises:
        BadInput: for draws of anything else, a share outside 0..1, or "noise" where none is known.
        Unreliable: as of `Draws.interval`.

    Examples:
        >>> found = sl.isoflop(sl.read_dataset("simulated-sweep", where="kind == 'isoflop'"))
        >>> largest = sl.flat_intervals(sl.bootstrap(found, 400), 0.01).iloc[-1]
        >>> f"{largest.N_least:.2e} to {largest.N_most:.2e} parameters"
        '1.83e+09 to 1.18e+10 parameters'
    """
    found = draws.fit
    if not isinstance(found, IsoFLOP):
        advice = "for a law ask sl.flat_range, whose answer has intervals by sl.report.answers"
        raise bad_input("draws", "of IsoFLOP profiles", type(found).__name__, advice=advice)
    check_probability("level", level)
    share = check_share(share, found.noise)
    draws.refuse_if_unreliable()
    frame = found.flat(share)
    estimate = np.log(frame[list(RANGES)].to_numpy())
    inflation = draws.resampler.scheme.inflation(len(found.runs), draws.resampler.share)
    ends = interval(
        "percentile", inflated(_resampled(draws, found, share), estimate, inflation), estimate, level
    )
    for side, values in ends._asdict().items():
        frame[[f"{name}_{side}" for name in RANGES]] = np.exp(values)
    return frame


def _resampled(draws: Draws, found: IsoFLOP, share: float | str) -> np.ndarray:
    """Logs of the ranges [R, B, 6] of every usable replicate."""
    draw, replicates = draws.resampler.draw(found), draws.replicates[draws.usable]
    parts = [
        flat_logs(
            found.by_N,
            found.by_D,
            share,
            found.correction,
            draw_samples(found.sample, draw, replicates[first : first + CHUNK], at_once=CHUNK),
        )[0]
        for first in range(0, len(replicates), CHUNK)
    ]
    return np.concatenate(parts)
