"""Approach 2 in words."""

from typing import Any

import numpy as np

from scalelaw.numbers import format_number, significant

MOST = 12
"""Refused profiles that are named one by one."""


def report(found: Any) -> str:
    """Budgets and minima, power laws, and the profiles that are refused.

    Args:
        found: an `IsoFLOP`.
    """
    blocks = [_head(found), _table(found), _laws(found), _refused(found)]
    return "\n\n".join(block for block in blocks if block)


def _head(found: Any) -> str:
    lines = [
        f"Approach 2: {len(found.runs)} runs of {found.runs.source}, {found.method.words} in log N and log D"
    ]
    lines.append(f"  {found.budgets.words()}")
    if np.isfinite(found.noise):
        lines.append(f"  noise of a loss {found.noise:.3g} nats: what the sd of the minima stand for")
    else:
        lines.append("  no profile has a run to spare: the noise, and the sd of the minima, are unknown")
    if found.correction is not None:
        lines.append(f"  corrected; {found.correction.text()}")
    return "\n".join(lines)


def _table(found: Any) -> str:
    """One line a budget that is used."""
    frame = found.to_frame()
    lines = [f"{'C [FLOP]':>10}{'runs':>6}{'N*':>10}{'sd log N':>10}{'D*':>10}{'sd log D':>10}{'L*':>11}"]
    for row in frame[(frame.refused_N == "") | (frame.refused_D == "")].itertuples():
        lines.append(
            f"{format_number(row.C):>10}{row.runs:>6}{_size(row.N):>10}{row.sd_log_N:>10.3g}"
            f"{_size(row.D):>10}{row.sd_log_D:>10.3g}{_loss(row.L):>11}"
        )
    return "\n".join(lines)


def _size(value: float) -> str:
    return "refused" if np.isnan(value) else format_number(value)


def _loss(value: float) -> str:
    return "refused" if np.isnan(value) else significant(value)


def _laws(found: Any) -> str:
    lines = ["power laws, plain", found.plain.text()]
    if np.isfinite(found.weighted.N.exponent):
        lines += ["power laws, weighted by 1 / sd^2", found.weighted.text()]
    return "\n".join(lines)


def _refused(found: Any) -> str:
    """Every profile that is not used, with its reason: by N, and by D where only that one is at fault."""
    frame = found.to_frame()
    reasons = [
        (row.C, row.refused_N.removeprefix("refused ")) for row in frame[frame.refused_N != ""].itertuples()
    ]
    if not reasons:
        return ""
    lines = [f"  C = {format_number(C)}: {reason}" for C, reason in reasons[:MOST]]
    more = [f"  and {len(reasons) - MOST} more"] if len(reasons) > MOST else []
    return "\n".join(["refused, and used in nothing above", *lines, *more])
