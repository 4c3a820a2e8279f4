"""What to train under every law: each law's optimum with its weight, and a band that holds them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from scalelaw._checks import bad_input, check_probability
from scalelaw._json import plain
from scalelaw._text import table
from scalelaw.allocation import optimal
from scalelaw.laws import Law
from scalelaw.numbers import amounts, format_number
from scalelaw.resampling.draws import Draws

# A law of less weight does not stretch the band.
COUNTS = 0.05
ALL = "all"


@dataclass(frozen=True, eq=False, repr=False)
class Optima:
    """The best split of budgets under several laws.

    The band is that of the draws of all laws, each law with its weight, stretched to hold the answer of every law
    that counts. It is one of sampling error and doubt about the law: nobody has seen an optimum, so that no
    back-test can add to it.

    Attributes:
        frame: a row a budget and law, and one with law "all" for the band: columns `C` [FLOP], `law`, `weight`,
            `N` [parameters], `D` [tokens], `ratio` [tokens per parameter], and the ends of each, `N_low`,
            `N_high`, ...
        level: of the band.
    """

    frame: pd.DataFrame
    level: float

    def to_dict(self) -> dict[str, Any]:
        """Level and rows, as plain Python."""
        return {"level": self.level, "optima": plain(self.frame.to_dict("records"))}

    def __str__(self) -> str:
        rows = [
            (
                format_number(row["C"]),
                row["law"],
                f"{row['weight']:.0%}",
                *(_cell(row, name) for name in ("N", "D", "ratio")),
            )
            for row in self.frame.to_dict("records")
        ]
        title = f"what each law would train (own {100 * self.level:.6g} % intervals; {ALL}: a band that holds them)"
        heading = ("C", "law", "weight", "N", "D", "D / N")
        return "\n".join([title, *table(rows, "><>>>>", heading=heading)])

    __repr__ = __str__


def _cell(row: Mapping[Any, Any], name: str) -> str:
    low, high = (format_number(row[f"{name}_{end}"]) for end in ("low", "high"))
    return f"{format_number(row[name])} ({low} to {high})"


def find_optima(members: Sequence[tuple[Draws, float]], C: Any, level: float) -> Optima:
    """The best split of each budget under every law.

    Args:
        members: draws of each law's fit, and the weight of the law; weights add up to 1.
        C: training compute 6 N D, FLOP; a number, text or a list.
        level: of the intervals, between 0 and 1.

    Raises:
        BadInput: for a level outside (0, 1), a budget that is not positive, or a law that is not one of N and D.
    """
    check_probability("level", level)
    for draws, _ in members:
        law = draws.fit.law
        if set(law.inputs) != {"N", "D"}:
            raise bad_input("law", "one of N and D alone", f"{law.name!r} of {', '.join(law.inputs)}")
    budgets = np.atleast_1d(amounts("C", C))
    splits = [_splits(draws, weight, budgets) for draws, weight in members]
    rows = [row for at, C in enumerate(budgets) for row in _rows(splits, at, float(C), level)]
    return Optima(pd.DataFrame(rows), level)


class Splits(NamedTuple):
    """Logs of N*, D* and D* / N* at m budgets, under one law.

    Attributes:
        law: its name.
        weight: of the law.
        own: [3, m] by its fit.
        drawn: [R, 3, m] by its draws.
    """

    law: str
    weight: float
    own: Float[np.ndarray, "3 m"]
    drawn: Float[np.ndarray, "R 3 m"]


def _splits(draws: Draws, weight: float, budgets: Float[np.ndarray, " m"]) -> Splits:
    split = partial(_log_splits, draws.fit.law, budgets)
    return Splits(draws.fit.law.name, weight, draws.estimate(split), draws.of(split))


def _rows(splits: Sequence[Splits], at: int, C: float, level: float) -> list[dict[str, Any]]:
    """Rows of one budget, the `at`-th."""
    tails = np.array([(1 - level) / 2, 0.5, (1 + level) / 2])
    rows, counting, drawn, share = [], [], [], []
    for law, weight, own, every in splits:
        logs = every[:, :, at]
        logs = logs[np.isfinite(logs).all(axis=1)]
        if not len(logs):
            continue
        low, _, high = np.quantile(logs, tails, axis=0)
        rows.append(_row(C, law, weight, own[:, at], low, high))
        counting += [own[:, at]] if weight >= COUNTS else []
        drawn.append(logs)
        share.append(np.full(len(logs), weight / len(logs)))
    if not rows:
        return []
    low, middle, high = _quantiles(np.concatenate(drawn), np.concatenate(share), tails)
    low, high = np.min([low, *counting], axis=0), np.max([high, *counting], axis=0)
    return [*rows, _row(C, ALL, 1.0, middle, low, high)]


def _log_splits(law: Law, budgets: Float[np.ndarray, " m"], params: Any) -> Array:
    """Logs of N*, D* and their ratio at every budget, [3, m]."""
    best = optimal(law, params, jnp.asarray(budgets))
    return jnp.log(jnp.stack([best.N, best.D, best.D / best.N]))


def _row(
    C: float, law: str, weight: float, own: np.ndarray, low: np.ndarray, high: np.ndarray
) -> dict[str, Any]:
    row: dict[str, Any] = {"C": float(C), "law": law, "weight": weight}
    for name, *logs in zip(("N", "D", "ratio"), own, low, high, strict=True):
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), map(float, np.exp(logs)), strict=True))
    return row


def _quantiles(
    columns: Float[np.ndarray, "R m"], share: Float[np.ndarray, " R"], tails: np.ndarray
) -> Float[np.ndarray, "q m"]:
    """The lowest values with at least a share of `tails` at or below them, by column."""
    order = np.argsort(columns, axis=0)
    below = np.cumsum(share[order], axis=0) / share.sum()
    place = [[min(np.searchsorted(b, tail), len(b) - 1) for b in below.T] for tail in tails]
    return np.take_along_axis(np.take_along_axis(columns, order, axis=0), np.array(place), axis=0)
