"""Approach 2: the minimum of each IsoFLOP profile, and power laws through the minima.

Hoffmann et al. 2022, arXiv:2203.15556, section 3.2; noise-and-refit and weights 1 / sd^2 as Porian et al. 2024,
arXiv:2406.19146, section 3.
"""

from collections.abc import Sequence

import numpy as np

from scalelaw._checks import BadInput, bad_input, check_choice, check_finite, shown
from scalelaw.approaches.akima import AKIMA
from scalelaw.approaches.budgets import TOLERANCE, Budgets, budgets_of
from scalelaw.approaches.isoflop_result import IsoFLOP
from scalelaw.approaches.noise import noise_of
from scalelaw.approaches.polynomials import CUBIC, PARABOLA
from scalelaw.approaches.profiles import profiles
from scalelaw.approaches.sides import Side, alike, frontiers, side_of
from scalelaw.approaches.valley import LOCAL
from scalelaw.runs import Runs

METHODS = {method.name: method for method in (PARABOLA, CUBIC, AKIMA, LOCAL)}
"""Ways of drawing a curve through a profile."""

FEWEST_BUDGETS = 2


def isoflop(
    runs: Runs,
    *,
    method: str = "parabola",
    budgets: Sequence[float | str] | None = None,
    tolerance: float = TOLERANCE,
    noise: float | None = None,
) -> IsoFLOP:
    """Approach 2: the compute-optimal frontier from the minima of IsoFLOP profiles.

    Args:
        runs: N, D, C and L; their weights, where they have any, count in the fit of each profile.
        method: "parabola" in log N and log D; for wide or skewed grids "cubic", "akima" (through every run) or
            "local" (E + A N^-alpha + B' N^beta).
        budgets: compute budgets [FLOP]; found when None.
        tolerance: share by which a run's compute may differ from its budget's.
        noise: standard deviation of a run's loss, nats per token; from the scatter about the fitted profiles
            when None (about cubics where the method goes through every run).

    Returns:
        Minima with their sd, power laws plain and weighted, and the profiles that are refused, with reasons.

    Raises:
        BadInput: for runs without N, D or C, an unknown method, or fewer than two budgets whose profile has a
            minimum that can be used.

    Examples:
        >>> runs = sl.read_dataset("simulated-sweep", where="kind == 'isoflop'")
        >>> found = sl.isoflop(runs)
        >>> f"{len(found.budgets.C)} budgets: N* ~ C^{found.plain.a:.3f}, D* ~ C^{found.plain.b:.3f}"
        '9 budgets: N* ~ C^0.510, D* ~ C^0.490'
    """
    chosen = METHODS[check_choice("method", method, METHODS)]
    inputs = runs.inputs(("N", "D", "C"))
    shared = budgets_of(inputs["C"], budgets, tolerance)
    weight = np.ones(len(runs)) if runs.weight is None else runs.weight
    given = [profiles(axis, inputs[axis], runs.L, weight, shared) for axis in ("N", "D")]
    scatter = noise_of(chosen, given[0]) if noise is None else _checked(noise)
    by_N, by_D = alike(*(side_of(chosen, each, scatter) for each in given))
    _check_enough(runs, shared, by_N, by_D)
    plain, weighted = frontiers(shared.C, by_N, by_D)
    return IsoFLOP(runs, chosen, shared, by_N, by_D, scatter, plain, weighted)


def _checked(noise: float) -> float:
    value = check_finite("noise", noise)
    if value < 0:
        raise bad_input("noise", "a standard deviation of at least 0", shown(noise))
    return value


def _check_enough(runs: Runs, budgets: Budgets, *sides: Side) -> None:
    """Refuse a table that has no two budgets to draw a line through."""
    if len(budgets.C) < FEWEST_BUDGETS:
        raise bad_input(
            "budgets",
            f"at least {FEWEST_BUDGETS} for a power law",
            f"{len(budgets.C)} ({budgets.words()})",
            place=runs.source,
            advice="add runs at another budget, or choose another tolerance (--tolerance)",
        )
    for side in sides:
        used = int(side.used.sum())
        if used < FEWEST_BUDGETS:
            first = int(np.argmin(side.used))
            raise BadInput(
                f"{runs.source}: profiles by {side.profiles.axis} with a minimum must be at least "
                f"{FEWEST_BUDGETS}, got {used} of {len(budgets.C)} budgets; at C = {budgets.C[first]:.4g}: "
                f"{side.refused[first]}"
            )
