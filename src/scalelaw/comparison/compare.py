"""`compare`: every approach that the runs allow, over the same resamples."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from scalelaw._checks import BadInput, check_at_least, check_choice, check_probability
from scalelaw.allocation.optimum import check_splits
from scalelaw.approaches import envelope, isoflop
from scalelaw.approaches.budgets import check_tolerance
from scalelaw.approaches.curves import Cut
from scalelaw.approaches.envelope import METHODS as ENVELOPES
from scalelaw.approaches.methods import METHODS as CURVES_THROUGH_A_PROFILE
from scalelaw.comparison.comparison import Comparison
from scalelaw.comparison.correction import correction
from scalelaw.comparison.questions import Approach, papers
from scalelaw.fitting import Fit
from scalelaw.numbers import amounts
from scalelaw.resampling import Draws, bootstrap
from scalelaw.runs.groups import By
from scalelaw.solve.solver import Progress

Amount = float | str
AHEAD = (1, 10, 100)
"""By default budgets are these multiples of the power of ten next to the largest run's compute."""


def compare(
    fit: Fit,
    *,
    budgets: Sequence[Amount] | Amount | None = None,
    replicates: int = 4000,
    seed: int = 0,
    level: float = 0.95,
    curves: str = "lowest",
    warmup: Amount = 0,
    smoothing: float = 0,
    profiles: str = "shared",
    isoflops: Sequence[Amount] | None = None,
    tolerance: float | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Approaches 1, 2 and 3 on the runs of a fit, as far as these allow, and whether they agree.

    All are fitted over the same resamples: of whole runs where the table's groups are training curves, of
    runs within the profiles that are used where there are any (all other runs are one stratum), else of single
    runs. Where there are curves, Approach 2 takes the last point of each. What the profiles' design does to their
    minima is measured on the law's surface; where it counts beside the intervals, the tests take the corrected
    profiles, which stand beside the others.

    Args:
        fit: Approach 3: a law of N and D on the runs.
        budgets: compute [FLOP] to answer for; by default the power of ten next to the largest run's, and 10 and
            100 times it.
        replicates: how many resamples.
        seed: of the resamples.
        level: of confidence, of intervals and of the test.
        curves: "lowest" or "hull", as `envelope`.
        warmup: as `envelope`.
        smoothing: as `envelope`.
        profiles: "shared", "local", "parabola", "cubic" or "akima", as `isoflop`.
        isoflops: budgets of the profiles, as `isoflop`.
        tolerance: as `isoflop`.
        progress: called with (replicates of Approach 3 done, replicates in all).

    Returns:
        The approaches with intervals, why the others are not possible, and what papers printed.

    Raises:
        BadInput: for a law that is not one of N and D, or a number out of range.

    Examples:
        >>> fit = sl.fit(sl.read_dataset("simulated-sweep"))
        >>> found = sl.compare(fit, budgets="5.76e23", replicates=200)
        >>> [approach.name for approach in found.approaches]
        ['2: IsoFLOP profiles', '3: parametric law']
        >>> found.agreement.outcome.tolist()
        ['agree', 'agree']
    """
    check_splits(fit.law)
    check_at_least("replicates", replicates, 2)
    check_probability("level", level)
    _check_choices(curves, warmup, smoothing, profiles, isoflops, tolerance)
    missing: dict[str, str] = {}
    enveloped = partial(envelope, fit.runs, method=curves, warmup=warmup, smoothing=smoothing)
    first = _try(missing, ENVELOPE, enveloped)
    runs = fit.runs
    if first is not None and runs.group is not None:  # of each training curve its last point
        backwards = np.unique(runs.group[::-1], return_index=True)[1]
        runs = runs.taken(np.sort(len(runs) - 1 - backwards))
    profiled = partial(isoflop, runs, method=profiles, budgets=isoflops, tolerance=tolerance)
    second = _try(missing, PROFILES, profiled)
    scheme: str = "pairs"
    by: By = None
    if first is not None:
        scheme, by = "cluster", "group"
    elif second is not None:
        scheme, by = "stratified", second.strata
    over = partial(bootstrap, replicates=replicates, seed=seed, scheme=scheme, by=by)
    law = over(fit, progress=progress)
    if budgets is None:
        near = 10.0 ** np.round(np.log10(fit.runs.inputs(["C"])["C"].max()))
        budgets = [float(near * many) for many in AHEAD]
    at = amounts("budgets", budgets)
    drawn = {name: over(each) for name, each in ((ENVELOPE, first), (PROFILES, second)) if each is not None}
    kind = _common_kind([*drawn.values(), law])
    found = [] if first is None else [Approach(ENVELOPE, first.method.words, drawn[ENVELOPE], kind)]
    bias = None
    if second is not None:
        words, bias, corrected = correction(second, drawn[PROFILES], fit, at, level, kind)
        said = f"{second.method.name}; {words}"
        found += [Approach(PROFILES, said, drawn[PROFILES], kind, tested=corrected is None)]
        if corrected is not None:
            held = "measured anew in every resample"
            found += [Approach(CORRECTED, f"{second.method.name}, {held}", over(corrected), kind)]
    found += [Approach(LAW, fit.law.formula, law, kind)]
    return Comparison(fit, first, second, tuple(found), law.counts(), missing, papers(), at, level, bias)


ENVELOPE, PROFILES, LAW = "1: training curves", "2: IsoFLOP profiles", "3: parametric law"
CORRECTED = f"{PROFILES}, corrected"


def _common_kind(draws: Sequence[Draws]) -> str:
    """The kind of interval of all approaches: BCa where each allows it, else percentile."""
    return "bca" if all("bca" in each.kinds for each in draws) else "percentile"


def _check_choices(
    curves: str,
    warmup: Amount,
    smoothing: float,
    profiles: str,
    isoflops: Sequence[Amount] | None,
    tolerance: float | None,
) -> None:
    """Refuse what no runs would allow, which is not a reason to leave an approach out."""
    check_choice("curves", curves, ENVELOPES)
    check_choice("profiles", profiles, CURVES_THROUGH_A_PROFILE)
    Cut.of(warmup, smoothing)
    if isoflops is not None:
        amounts("isoflops", isoflops)
    check_tolerance(tolerance)


def _try(missing: dict[str, str], name: str, make: Callable[[], Any]) -> Any:
    """What is made; None, with the reason noted, where the runs do not allow it."""
    try:
        return make()
    except BadInput as error:
        missing[name] = str(error)
        return None
