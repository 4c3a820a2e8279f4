"""What rival laws would say, for the page: how far back-tests support it, and each law's answer with its weight."""

from collections.abc import Sequence
from typing import Any

from scalelaw.numbers import format_number, significant
from scalelaw.validation import Calibrated

ALL = "all together"


def rivals(known: Calibrated, budgets: Sequence[float], level: float) -> dict[str, Any]:
    """Sentences and a table, a row a law and one for all of them.

    Args:
        known: from `calibrate`, of a law of N and D.
        budgets: training compute [FLOP].
        level: of the intervals.
    """
    frame = known.optimal(list(budgets), level=level).frame
    laws = [*known.weights, "all"]
    rows = [
        {
            "law": ALL if law == "all" else law,
            "weight": "" if law == "all" else f"{known.weights[law]:.0%}",
            "cells": [
                cell
                for C in budgets
                for cell in _cells(known, frame[(frame["C"] == C) & (frame["law"] == law)], law, level)
            ],
        }
        for law in laws
    ]
    return {
        "budgets": budgets,
        "support": [known.support(C) for C in budgets],
        "basis": known.basis,
        "rows": rows,
    }


def _cells(known: Calibrated, rows: Any, law: str, level: float) -> list[tuple[str, str]]:
    """N*, D* and the loss there, each with its interval; of a law that has no split, dashes."""
    if rows.empty:
        return [("-", "")] * 3
    row = rows.iloc[0]
    splits = [
        (
            format_number(row[name]),
            f"{format_number(row[f'{name}_low'])} to {format_number(row[f'{name}_high'])}",
        )
        for name in ("N", "D")
    ]
    at = {"N": float(row["N"]), "D": float(row["D"])}
    if law == "all":
        run = known.predict(level=level, **at)
        interval = f"{significant(float(run.low))} to {significant(float(run.high))}"
        return [*splits, (significant(float(run.estimate)), interval)]
    fit = next(member.fit for member in known.members if member.fit.law.name == law)
    return [*splits, (significant(float(fit.predict(**at))), "")]
