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
from scalelaw.approaches.frontier import power_law
from scalelaw.numbers import format_number

# A line through two points says nothing of its own error.
FEWEST = 3


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
        Errors of N* and D* at every later budget, for every cut-off with at least three points below it.

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
    C, N, D = (points[name].to_numpy(float) for name in ("C", "N", "D"))
    parts = [_predict(C, N, D, seen) for seen in range(FEWEST, len(points))]
    return FrontierBacktest(pd.concat(parts, ignore_index=True), found.runs.source)


def _optima(found: IsoFLOP | Envelope) -> pd.DataFrame:
    """The optima that the frontier goes through, smallest compute first."""
    frame = found.to_frame()
    if isinstance(found, IsoFLOP):
        frame = frame[(frame["refused_N"] == "") & (frame["refused_D"] == "")]
    return frame.sort_values("C", ignore_index=True)


def _predict(
    C: Float[np.ndarray, " m"], N: Float[np.ndarray, " m"], D: Float[np.ndarray, " m"], seen: int
) -> pd.DataFrame:
    """The later optima by the lines through the first `seen`."""
    ones, later = np.ones(seen), slice(seen, None)
    lines = [power_law(C[:seen], values[:seen], ones) for values in (N, D)]
    said = [np.exp(line.log_coefficient) * C[later] ** line.exponent for line in lines]
    return pd.DataFrame(
        {
            "cutoff": C[seen - 1],
            "points": seen,
            "C": C[later],
            "decades": np.log10(C[later] / C[seen - 1]),
            "N": N[later],
            "D": D[later],
            "error_N": 100 * (said[0] / N[later] - 1),
            "error_D": 100 * (said[1] / D[later] - 1),
        }
    )
