"""The bootstrap and the jackknife: an estimator repeated over resamples of its runs, in batches."""

import numpy as np

from scalelaw._checks import check_at_least
from scalelaw.resampling.draws import Draws, leave_out
from scalelaw.resampling.estimator import Estimator, check_allowed, refitter_of
from scalelaw.resampling.resampler import Resampler
from scalelaw.resampling.schemes import KEPT, SCHEMES
from scalelaw.runs.groups import By
from scalelaw.solve import Levenberg
from scalelaw.solve.solver import Progress


def bootstrap(
    estimator: Estimator,
    replicates: int = 4000,
    seed: int = 0,
    *,
    scheme: str | None = None,
    by: By = None,
    share: float = KEPT,
    starts: str = "basins",
    solver: Levenberg | None = None,
    progress: Progress | None = None,
) -> Draws:
    """Repeat a fit, an envelope or IsoFLOP profiles over resamples of their runs.

    Args:
        estimator: what is repeated; of a fitted law resamples use its law, objective and constraints.
        replicates: how many resamples.
        seed: replicate i of a seed is the same draw on every machine, however many are asked for.
        scheme: "pairs" (single runs; the default of a fitted law); "cluster" (whole groups; that of an
            envelope); "stratified" (runs within groups); "bayesian" (Dirichlet weights, of groups if `by`);
            "subsample" (`share` of the runs without replacement); "residual", "wild", "webb" (signs on
            residuals, of groups if `by`) or "parametric" (new losses around the fit; that of IsoFLOP profiles).
        by: which runs belong together: "group" (the table's group column), "N", "D", "C" or a further input
            (equal values), or one label a run.
        share: part of the runs that "subsample" keeps.
        starts: "basins": every resample starts from the fit and from each other basin that it found; "all":
            from the law's whole grid too.
        solver: by default `scalelaw.solve.Levenberg`, as suits the starts.
        progress: called with (replicates done, replicates in all).

    Returns:
        Draws; replicates that failed or changed basin are kept and counted.

    Raises:
        BadInput: for a scheme that is unknown or does not hold for the estimator, a missing column, one group
            only, or a number out of range.

    References:
        Efron 1979; Rubin 1981; Wu 1986; Webb 2014; Davison & Hinkley 1997.

    Examples:
        >>> fit = sl.fit(sl.read_dataset("simulated-sweep"))
        >>> draws = sl.bootstrap(fit, 400)
        >>> int(draws.usable.sum()), int(draws.changed.sum())
        (400, 0)
        >>> f"{draws.stderr('alpha'):.4f}"
        '0.0048'
    """
    check_at_least("replicates", replicates, 2)
    refit = refitter_of(estimator, starts, solver)
    resampler = Resampler.of(estimator, seed, scheme=scheme, by=by, share=share)
    numbers = np.arange(replicates, dtype=np.uint32)
    refits = refit(resampler.draw(estimator), numbers, progress)
    return Draws(estimator, *refits, resampler, numbers)


def jackknife(estimator: Estimator, *, by: By = None) -> Draws:
    """Refit without each run in turn, or without each group.

    Args:
        estimator: a fit, an envelope or IsoFLOP profiles.
        by: which runs belong together (see `bootstrap`); None leaves out single runs (of an envelope: curves).

    Returns:
        Draws, replicate i without run (or group) i.

    Raises:
        BadInput: if there is no such column, one group only, or the estimator allows no jackknife.

    Examples:
        >>> draws = sl.jackknife(sl.fit(sl.read_dataset("simulated-sweep")), by="N")
        >>> len(draws), f"{draws.params.alpha.min():.3f} to {draws.params.alpha.max():.3f}"
        (46, '0.350 to 0.353')
    """
    check_allowed(estimator, "scheme", "jackknife")
    scheme, own = estimator.default_scheme
    by = own if by is None and SCHEMES[scheme].whole else by
    return leave_out(estimator, None if by is None else estimator.groups(by))
