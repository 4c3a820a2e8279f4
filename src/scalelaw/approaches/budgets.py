"""Which runs share a compute budget: by a column, near a budget the user names, or in clusters of C."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from scalelaw._checks import bad_input, check_finite, shown
from scalelaw.approaches.clusters import CLOSE, Clusters, clusters, sizes_of
from scalelaw.numbers import amounts, format_number
from scalelaw.runs import Runs

TOLERANCE = 0.05
"""Share by which the compute of a run may differ from its budget's."""
# Compute that was multiplied out differs from itself in the last digits.
ROUNDING = 1e-9

FAR = 1.5
"""Factor by which the C of a run of a column's budget may differ from it before that is said."""

OTHER_UNIT = 3.0
"""Factor in the median run beyond which the numbers of a column of budgets are no FLOP."""

ADVICE = (
    'name the budgets (budgets=[6e18, ...], --budget 6e18 ...), their column (read_runs(..., budget="..."), '
    "--budget COLUMN) or a tolerance (tolerance=0.2, --tolerance 0.2)"
)


class Budgets(NamedTuple):
    """Compute budgets, smallest first.

    Attributes:
        C: of each, FLOP: as given, as the column has it, or that of a run amid those that make one.
        code: [n] the budget of each run, from 0; -1 for a run of none.
        spread: largest share by which a run of each differs from it.
        tolerance: largest share that was allowed; None where nothing limits it.
        given: whether the user named them.
        asked: the tolerance that the user named.
        column: that they were read from; "" for none.
        doubts: what speaks against them, a sentence each.
        repeated: sizes that a budget has several runs of, and how many runs these are.
        best_per_size: whether of these only the lowest loss is used.
        beaten: runs that are left out for that.
    """

    C: Float[np.ndarray, " B"]
    code: Int[np.ndarray, " n"]
    spread: Float[np.ndarray, " B"]
    tolerance: float | None
    given: bool
    asked: float | None = None
    column: str = ""
    doubts: tuple[str, ...] = ()
    repeated: tuple[int, int] = (0, 0)
    best_per_size: bool = False
    beaten: int = 0

    def settings(self) -> dict[str, Any]:
        """The arguments of `isoflop` that make them again."""
        given = self.C.tolist() if self.given else None
        return {"budgets": given, "tolerance": self.asked, "best_per_size": self.best_per_size}

    def lines(self) -> list[str]:
        """All that is to be said of them, a line each."""
        repeats = [self.repeats()] if self.repeated[0] else []
        return [self.words(), *repeats, *(f"warning: {doubt}" for doubt in self.doubts)]

    def words(self) -> str:
        """How many there are and how far their runs are from them."""
        outside = int(np.count_nonzero(self.code < 0)) - self.beaten
        how = f"of column {shown(self.column, 40)}" if self.column else "given" if self.given else "found"
        within = f" within {100 * self.tolerance:g} %" if self.tolerance is not None else ""
        by_gaps = " by the gaps between them" if not within and how == "found" else ""
        rest = f"; {outside} runs belong to none" if outside else ""
        return (
            f"{len(self.C)} budgets {how}{within}{by_gaps} "
            f"(runs differ from theirs by up to {100 * self.spread.max(initial=0.0):.2g} %){rest}"
        )

    def repeats(self) -> str:
        """How many sizes have several runs at a budget, and what is made of them."""
        sizes, runs = self.repeated
        said = f"several runs of one size at one budget: {sizes} sizes, {runs} runs in all"
        if self.best_per_size:
            return f"{said}; of each only the lowest loss is used, and {self.beaten} runs are left out"
        return f"{said}, each of which counts; best_per_size=True (--best-per-size) takes the lowest loss"

    def repeats_to_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        sizes, runs = self.repeated
        return {"sizes": sizes, "runs": runs, "best_per_size": self.best_per_size, "left_out": self.beaten}


def check_tolerance(tolerance: float | None) -> None:
    """Refuse a tolerance that is no share.

    Raises:
        BadInput: it is not from 0 to below 1.
    """
    if tolerance is not None and not 0 <= check_finite("tolerance", tolerance) < 1:
        raise bad_input("tolerance", "a share from 0 to below 1, like 0.05", shown(tolerance))


def near(
    C: Float[np.ndarray, "..."], budget: Float[np.ndarray, "..."] | float, tolerance: float = TOLERANCE
) -> Bool[np.ndarray, "..."]:
    """Whether compute C [FLOP] belongs to a budget; the two broadcast."""
    return np.asarray(np.abs(np.log(C / budget)) <= np.log1p(tolerance) + ROUNDING)


def budgets_of(
    C: Float[np.ndarray, " n"],
    given: Sequence[float | str] | None = None,
    tolerance: float | None = None,
    *,
    sizes: Float[np.ndarray, " n"] | None = None,
) -> Budgets:
    """The budget of each run, by its compute alone.

    Without a tolerance found ones are clusters of log C that are narrower than the gaps between them (see
    `clusters`). With one, or where there are no such clusters, they are taken from the most populous on: the run
    with the most others within the tolerance, and these others, make one.

    Args:
        C: compute of each run [FLOP].
        given: budgets [FLOP], numbers or text as people write it; found when None.
        tolerance: share by which a run's compute may differ from its budget's, from 0 on; for given ones 5 % when
            None.
        sizes: of each run: a cluster must have three different ones; the runs themselves when None.

    Raises:
        BadInput: for a budget that is no positive number, the same budget twice, or a tolerance outside 0..1.
    """
    check_tolerance(tolerance)
    if given is None and tolerance is None:
        return _by_gaps(C, np.arange(1.0, len(C) + 1) if sizes is None else sizes)
    within = TOLERANCE if tolerance is None else tolerance
    centres = np.sort(_find(C, within) if given is None else _read(given))
    return _nearest(C, centres, within)._replace(given=given is not None)


def budgets_of_runs(
    runs: Runs, given: Sequence[float | str] | None, tolerance: float | None, *, best_per_size: bool
) -> Budgets:
    """The budget of each run: as given, else by the column that the runs were read with, else by its compute.

    Args:
        runs: N, C and L.
        given: as `budgets_of`.
        tolerance: as `budgets_of`; of a column's budgets, runs beyond it belong to none.
        best_per_size: whether of several runs of one size at one budget only that of lowest loss belongs to it.
    """
    check_tolerance(tolerance)
    values = runs.inputs(("N", "C"))
    if given is None and runs.budget is not None:
        found = _by_column(values["C"], runs, runs.budget, tolerance)
    else:
        found = budgets_of(values["C"], given, tolerance, sizes=values["N"])
    found = found._replace(asked=tolerance, doubts=(*found.doubts, *_drift(found)))
    return _with_repeats(found, values["N"], runs.L, best_per_size=best_per_size)


def _drift(found: Budgets) -> tuple[str, ...]:
    """A sentence where the runs of a budget are farther from it than rounding and whole steps bring them."""
    widest = float(found.spread.max(initial=0.0))
    if widest <= TOLERANCE:
        return ()
    return (
        f"C differs within budgets by up to {100 * widest:.2g} %: where it drifts with size N* is shifted, "
        "which the bias of the design measures and corrected() (--correct) takes off",
    )


def _by_column(
    C: Float[np.ndarray, " n"], runs: Runs, budget: Float[np.ndarray, " n"], tolerance: float | None
) -> Budgets:
    """The budgets of a column; where its numbers are no FLOP they only say which runs belong together."""
    column, there = runs.columns["budget"], np.isfinite(budget)
    labels = np.unique(budget[there])
    code = np.where(there, np.searchsorted(labels, budget), -1)
    doubts = []
    centres = labels
    if np.abs(np.median(np.log(C[there] / budget[there]))) > np.log(OTHER_UNIT):
        centres = np.exp([np.log(C[code == each]).mean() for each in range(len(labels))])
        doubts += [f"the numbers of column {shown(column, 40)} are not the runs' C in FLOP: the budgets are theirs "
                   "in the mean"]  # fmt: skip
    off = np.where(there, np.abs(np.log(C / centres[code])), 0.0)
    if tolerance is not None:
        code = np.where(off <= np.log1p(tolerance) + ROUNDING, code, -1)
    far = np.flatnonzero((off > np.log(FAR)) & (code >= 0))
    if far.size:
        first = far[0]
        ends = f"{format_number(float(C[first]))} at {format_number(float(centres[code[first]]))}"
        doubts += [f"{far.size} runs have a C more than {FAR:g} times off their budget of column "
                   f"{shown(column, 40)}, first row {runs.rows[first]} ({ends} FLOP): leave them out with a "
                   "tolerance (tolerance=0.2, --tolerance 0.2)"]  # fmt: skip
    return _made(C, centres, code, tolerance)._replace(column=column, doubts=tuple(doubts))


def _by_gaps(C: Float[np.ndarray, " n"], sizes: Float[np.ndarray, " n"]) -> Budgets:
    """Clusters of C; what is near the densest runs, with a doubt, where there are none."""
    found = clusters(np.log(C), sizes)
    if found is None:
        doubt = (
            f"the C of these runs form no clusters with wider gaps between them: budgets are what lies within "
            f"{100 * TOLERANCE:g} % of the densest; {ADVICE}"
        )
        return _nearest(C, np.sort(_find(C, TOLERANCE)), TOLERANCE)._replace(doubts=(doubt,))
    centres = np.array([_middle(C[found.code == each]) for each in range(found.code.max() + 1)])
    return _made(C, centres, found.code, None)._replace(doubts=_ambiguity(centres, found))


def _middle(C: Float[np.ndarray, " m"]) -> float:
    """The lower median: the C of a run."""
    return float(np.sort(C)[(len(C) - 1) // 2])


def _ambiguity(centres: Float[np.ndarray, " B"], found: Clusters) -> tuple[str, ...]:
    """A sentence where the clusters could be drawn otherwise."""
    populous = centres[found.populous]
    nearby = np.flatnonzero(np.diff(np.log(populous)) < np.log(CLOSE))
    if nearby.size:
        one, two = (format_number(float(populous[nearby[0] + step])) for step in (0, 1))
        return (
            f"budgets {one} and {two} lie within {100 * (CLOSE - 1):g} % of each other and may be one; {ADVICE}",
        )
    if found.separation < CLEAR:
        return (
            f"the gaps between budgets are only {found.separation:.2g} times as wide as the widest budget; "
            f"{ADVICE}",
        )
    return ()


CLEAR = 1.5
"""Gaps that are wider than the widest budget by less than this factor are called narrow."""


def _nearest(C: Float[np.ndarray, " n"], centres: Float[np.ndarray, " B"], tolerance: float) -> Budgets:
    """Every run at the nearest budget within the tolerance."""
    nearest = np.abs(np.log(C)[:, None] - np.log(centres)).argmin(axis=1)
    return _made(C, centres, np.where(near(C, centres[nearest], tolerance), nearest, -1), tolerance)


def _made(
    C: Float[np.ndarray, " n"],
    centres: Float[np.ndarray, " B"],
    code: Int[np.ndarray, " n"],
    tolerance: float | None,
) -> Budgets:
    off = np.where(code >= 0, np.abs(C / centres[code] - 1), 0.0)
    spread = np.array([off[code == each].max(initial=0.0) for each in range(len(centres))])
    return Budgets(centres, code, spread, tolerance, given=False)


def _with_repeats(
    budgets: Budgets, N: Float[np.ndarray, " n"], L: Float[np.ndarray, " n"], *, best_per_size: bool
) -> Budgets:
    """The budgets with what is known of several runs of one size; without those that others beat, if asked for."""
    of_one = np.flatnonzero(budgets.code >= 0)
    size = sizes_of(budgets.code[of_one], N[of_one])
    counts = np.bincount(size)
    several = counts > 1
    repeated = int(several.sum()), int(counts[several].sum())
    if not best_per_size:
        return budgets._replace(repeated=repeated)
    order = np.lexsort((L[of_one], size))
    beaten = of_one[order[1:][np.diff(size[order]) == 0]]
    code = budgets.code.copy()
    code[beaten] = -1
    return budgets._replace(code=code, repeated=repeated, best_per_size=True, beaten=len(beaten))


def _read(given: Sequence[float | str]) -> Float[np.ndarray, " B"]:
    values = np.array(amounts("budgets", given))
    different, counts = np.unique(values, return_counts=True)
    if counts.max() > 1:
        twice = format_number(different[counts.argmax()])
        raise bad_input("budgets", "different from each other", f"{twice} twice")
    return values


def _find(C: Float[np.ndarray, " n"], tolerance: float) -> Float[np.ndarray, " B"]:
    """The compute of the runs that have the most others near them, until every run is near one of these."""
    together = near(C[:, None], C, tolerance)
    free = np.full(len(C), True)
    centres = []
    while free.any():
        densest = np.argmax(np.where(free, (together & free).sum(axis=1), -1))
        centres.append(C[densest])
        free &= ~together[densest]
    return np.array(centres)
