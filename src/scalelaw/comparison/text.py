"""A comparison in words: exponents, what is best at budgets, whether the approaches agree."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from scalelaw.numbers import format_number

HEADS = {
    "a": "a, N* ~ C^a",
    "b": "b, D* ~ C^b",
    "N": "N*, parameters",
    "C": "C, FLOP",
    "D": "D*, tokens",
    "tokens_per_parameter": "D* / N*",
}
FIRST, WIDTH = 34, 32


def report(found: Any, sizes: pd.DataFrame | None = None) -> str:
    """All tables, what is wrong first.

    Args:
        found: a `Comparison`.
        sizes: its answers for sizes, if any.
    """
    fit = found.fit
    lines = [f"Compute-optimal training from {len(fit.runs)} rows of {fit.runs.source}"]
    lines += [f"warning: approach 3: {warning}" for warning in fit.certificate.warnings]
    lines.append(found.verdict)
    lines += [f"{name}: not possible: {why}" for name, why in found.missing.items()]
    lines += [f"{approach.name}: {approach.words}" for approach in found.approaches]
    lines += ["", *_block(found.exponents, _exponent)]
    for C in found.budgets:
        at = found.best[found.best.C == C]
        lines += ["", f"at C = {format_number(C)} FLOP", *_block(at, format_number)]
    lines += _sized(sizes) if sizes is not None else []
    lines += ["", f"Intervals of {found.level:.0%} over {found.resamples}", *_tests(found)]
    return "\n".join(lines)


def _sized(sizes: pd.DataFrame) -> list[str]:
    """The compute and tokens that make sizes the best."""
    lines = []
    for N in sizes.N.unique():
        head = f"N = {format_number(N)} parameters is the best size for"
        lines += ["", head, *_block(sizes[sizes.N == N], format_number)]
    return lines


def _block(table: pd.DataFrame, show: Callable[[float], str]) -> list[str]:
    """One line a source, one column a quantity."""
    names = list(dict.fromkeys(table.name))
    lines = [f"{'':{FIRST}}" + "".join(f"{HEADS[name]:{WIDTH}}" for name in names).rstrip()]
    for source, rows in table.groupby("source", sort=False):
        cells = [_cell(row, show) for row in rows.to_dict("records")]
        lines.append(f"{source:{FIRST}}" + "".join(f"{cell:{WIDTH}}" for cell in cells).rstrip())
    return lines


def _cell(row: dict[Any, Any], show: Callable[[float], str]) -> str:
    if np.isnan(row["low"]):
        return show(row["value"])
    level = f", {row['level']:.0%}" if row["kind"] == "printed" else ""
    return f"{show(row['value'])} ({show(row['low'])} to {show(row['high'])}{level})"


def _exponent(value: float) -> str:
    return f"{value:.4f}"


def _tests(found: Any) -> list[str]:
    """A line a test."""
    if len(found.approaches) < 2:
        return []
    rows = found.agreement.to_dict("records")
    return ["Do they agree? Bootstrap Wald tests over these resamples", *(_test(row) for row in rows)]


def _test(row: dict[Any, Any]) -> str:
    what, word = ("a", "difference") if np.isnan(row["C"]) else (f"N* at {format_number(row['C'])}", "ratio")
    ends = f"{row['low']:.3g} to {row['high']:.3g}"
    apart = "" if np.isnan(row["value"]) else f"{word} {row['value']:.3g} ({ends}), "
    return f"  {what:16}{row['between']}: {apart}p = {row['p']:.2g}{'' if row['agree'] else '  DIFFER'}"
