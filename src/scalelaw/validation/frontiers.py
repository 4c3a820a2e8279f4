"""Back-tests of Approaches 1 and 2: the frontier through the smaller optima, held to those of later budgets."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from scalelaw._checks import bad_input
from scalelaw._json import plain
from scalelaw._text import table
from scalelaw.approaches import Envelope, IsoFLOP
from scalelaw.approaches.slopes import Slopes, power_laws
from scalelaw.numbers import format_number
from scalelaw.validation.trials import SHARES

# A line through two points says nothing of its own error; the hundreds of points of an envelope are no budgets.
FEWEST, MOST_BUDGETS = 3, 50


@dataclass(frozen=True, eq=False, repr=False)
class FrontierBacktest:
    """What the frontier of smaller budgets said of later ones.

    Attributes:
        frame: a row a cut-off and later budget: `cutoff` and `C` [FLOP], `points` that the line goes through,
            `decades` beyond the cut-off, `N` [parameters] and `D` [tokens] found there, and `error_N`, `error_D` of
            the prediction, per cent.
        source: of the runs.
    """

    frame: pd.DataFrame
    source: str

    def summary(self) -> pd.DataFrame:
        """A row a cut-off: `later` budgets, and the root mean square of `error_N` and `error_D`, per cent."""
        rows = [
            {
                "cutoff": cutoff,
                "points": int(part["points"].iloc[0]),
                "later": len(part),
                "decades": float(part["decades"].max()),
                **{name: float(np.sqrt(np.mean(part[name] ** 2))) for name in ("error_N", "error_D")},
            }
            for cutoff, part in self.frame.groupby("cutoff")
        ]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Predictions and summary, as plain Python."""
        return {
            "predictions": plain(self.frame.to_dict("records")),
            "cutoffs": plain(self.summary().to_dict("records")),
        }

    def __str__(self) -> str:
        heading = ("C up to", "points", "later", "decades", "N* rms", "D* rms")
        rows = [
            (
                format_number(row["cutoff"]),
                str(row["points"]),
                str(row["later"]),
                f"{row['decades']:.1f}",
                f"{row['error_N']:.1f} %",
                f"{row['error_D']:.1f} %",
            )
            for row in self.summary().to_dict("records")
        ]
        title = f"optima of later budgets of {self.source}, predicted by the frontier of smaller ones"
        return "\n".join([title, *table(rows, ">>>>>>", heading=heading)])

    __repr__ = __str__


def backtest_frontier(found: IsoFLOP | Envelope) -> FrontierBacktest:
    """Draw the power laws N*(C), D*(C) through the optima of smaller budgets, and hold them to the later ones.

    An optimum is found from the runs of its own budget (IsoFLOP profiles), or from curves up to it (an envelope):
    nothing of the later budgets is in the line.

    Args:
        found: from `isoflop` or `envelope`; of profiles, those that are refused stay out.

    Returns:
        Errors of N* and D* at every later budget, for every cut-off with at least three points below it; of an
        envelope of more than fifty points, for cut-offs at 40, 50, ..., 80 % of the range of log C.

    Raises:
        BadInput: for fewer than four budgets with an optimum.

    Examples:
        >>> runs = sl.read_dataset("simulated-sweep", where="kind == 'isoflop'")
        >>> found = sl.backtest_frontier(sl.isoflop(runs))
        >>> float(found.summary()["error_N"].iloc[-1]) < 10
        True
    """
    points = _optima(found)
    if len(points) <= FEWEST:
        got = f"{len(points)} with an optimum"
        raise bad_input(
            "budgets", f"at least {FEWEST + 1} to back-test a frontier", got, place=found.runs.source
        )
    logs = np.log(points[["C", "N", "D", "L"]].to_numpy(float).T)
    parts = [_predict(logs, _seen(found, logs, seen), found.slopes) for seen in _cuts(logs[0])]
    return FrontierBacktest(pd.concat(parts, ignore_index=True), found.runs.source)


def _optima(found: IsoFLOP | Envelope) -> pd.DataFrame:
    """The optima that the frontier goes through, smallest compute first."""
    frame = found.to_frame()
    if isinstance(found, IsoFLOP):
        frame = frame[(frame["refused_N"] == "") & (frame["refused_D"] == "")]
    else:
        frame = frame[frame["used"]]
    return frame.sort_values("C", ignore_index=True)


def _cuts(log_C: Float[np.ndarray, " m"]) -> list[int]:
    """How many points lie below each cut-off."""
    if len(log_C) <= MOST_BUDGETS:
        return list(range(FEWEST, len(log_C)))
    lines = log_C[0] + np.array(SHARES) * np.ptp(log_C)
    return [int(seen) for seen in np.searchsorted(log_C, lines, side="right") if seen >= FEWEST]


def _seen(
    found: IsoFLOP | Envelope, logs: Float[np.ndarray, "4 m"], seen: int
) -> Float[np.ndarray, "4 seen"]:
    """Logs of C, N, D and L of the first `seen` optima, from no runs beyond them: profiles may share exponents."""
    if isinstance(found, Envelope):
        return logs[:, :seen]
    first = np.flatnonzero(found.by_N.used & found.by_D.used)[:seen]
    bias = found.correction
    off = np.zeros((3, seen)) if bias is None else np.stack([bias.N, bias.D, bias.L])[:, first]
    given = [axis.profiles for axis in (found.by_N, found.by_D)]
    N, D = (found.method.minima(each.x[first], each.y[first], each.weight[first]) for each in given)
    return np.stack([logs[0, :seen], N.x - off[0], D.x - off[1], np.log(N.y - off[2])])


def _predict(
    logs: Float[np.ndarray, "4 m"], known: Float[np.ndarray, "4 seen"], slopes: Slopes
) -> pd.DataFrame:
    """The later optima by the lines through the logs of C, N, D and L of those that are known."""
    seen = known.shape[1]
    C, N, D, _ = logs[:, seen:]
    known = np.exp(known)
    laws = power_laws(known[0], [*known[1:]], [np.ones(seen)] * 3, slopes)
    said = [law.log_coefficient + law.exponent * C for law in laws]
    return pd.DataFrame(
        {
            "cutoff": known[0, -1],
            "points": seen,
            "C": np.exp(C),
            "decades": (C - logs[0, seen - 1]) / np.log(10),
            "N": np.exp(N),
            "D": np.exp(D),
            "error_N": 100 * np.expm1(said[0] - N),
            "error_D": 100 * np.expm1(said[1] - D),
        }
    )
