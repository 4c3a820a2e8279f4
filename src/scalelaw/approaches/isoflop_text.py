"""Minima of IsoFLOP profiles, and why some are refused, as plain text."""

import pandas as pd

from scalelaw._text import table
from scalelaw.approaches.profiles import ProfileMinima
from scalelaw.approaches.two_powers import LARGEST, SMALLEST
from scalelaw.numbers import format_number, significant

MOST_NAMED = 12
"""Refused profiles that are named one by one."""


def exponent_lines(minima: ProfileMinima) -> list[str]:
    """The exponents that profiles share, and a word where one ends at a bound; nothing where they share none."""
    if not minima.method.common:
        return []
    given = minima.profiles
    fitted = minima.method.fit(given.x, given.y, given.weight)
    exponents = {name: float(getattr(fitted, name).flat[0]) for name in ("alpha", "beta")}
    said = ", ".join(f"{name} {value:.3g}" for name, value in exponents.items())
    ends = [name for name, value in exponents.items() if not SMALLEST * 1.001 < value < LARGEST / 1.001]
    what = "them" if len(ends) > 1 else "it"
    held = f"; {' and '.join(ends)} at a bound: the profiles do not determine {what}" if ends else ""
    return [f"  exponents of the profiles {said}{held}"]


def minima_lines(frame: pd.DataFrame) -> list[str]:
    """One line a budget of `IsoFLOP.to_frame` that is used."""
    used = frame[(frame.refused_N == "") | (frame.refused_D == "")]
    sd = "{:.3g}".format
    columns = {
        "C [FLOP]": used.C.map(format_number),
        "runs": used.runs.map(str),
        "N*": used.N.map(format_number, na_action="ignore"),
        "sd log N": used.sd_log_N.map(sd),
        "D*": used.D.map(format_number, na_action="ignore"),
        "sd log D": used.sd_log_D.map(sd),
        "L*": used.L.map(significant, na_action="ignore"),
    }
    rows = pd.DataFrame(columns).fillna("refused").to_numpy().tolist()
    return table(rows, ">" * 7, heading=tuple(columns), widths=(10, 6, 10, 10, 10, 10, 11), gap="")


def refusal_lines(frame: pd.DataFrame) -> list[str]:
    """Every budget of `IsoFLOP.to_frame` that is not used, with its reason by N."""
    reasons = [
        f"  C = {format_number(C)}: {why.removeprefix('refused ')}"
        for C, why in zip(frame.C, frame.refused_N, strict=True)
        if why
    ]
    more = [f"  and {len(reasons) - MOST_NAMED} more"] if len(reasons) > MOST_NAMED else []
    return ["refused, and used in nothing above", *reasons[:MOST_NAMED], *more] if reasons else []
