"""How far the published constants of one and the same law disagree about what to train."""

from typing import NamedTuple

from scalelaw.laws.published import published

CHINCHILLAS = (
    "hoffmann2022_A3_rounded",
    "hoffmann2022_A3_tex",
    "hoffmann2022_A3_devries",
    "hoffmann2022_A3_frontier_tableA3",
    "besiroglu2024_paper",
    "hoffmann2022_A1_frontier",
)
"""Variants of Hoffmann's fits, and their corrections."""


class Verdict(NamedTuple):
    """What one set of constants says: N*, tokens per parameter and the exponent a of N* = G (C / 6)^a."""

    name: str
    C: float
    N: float
    tokens_per_parameter: float
    a: float


def disagreement(C: float, names: tuple[str, ...] = CHINCHILLAS) -> list[Verdict]:
    """What each set of published constants would train on a budget.

    Args:
        C: training compute, FLOP.
        names: of published fits with an optimum.

    Returns:
        A row a name.

    Examples:
        >>> from scalelaw.laws.disagreement import disagreement
        >>> old, new = disagreement(5.76e23, ("hoffmann2022_A3_tex", "besiroglu2024_paper"))
        >>> f"{old.N:.3g} parameters or {new.N:.3g}"
        '4.04e+10 parameters or 7.22e+10'
    """
    return [_verdict(name, C) for name in names]


def _verdict(name: str, C: float) -> Verdict:
    fit = published[name]
    N, D = (float(leaf) for leaf in fit.optimal(C=C))
    derived = fit.law.derived
    a = fit.constants["a"] if derived is None else float(derived(fit.params)["a"])
    return Verdict(name, C, N, D / N, a)
