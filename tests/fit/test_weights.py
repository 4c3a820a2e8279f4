"""A run of weight zero is no run: counts, what the runs determine, scales and errors know nothing of it."""

from dataclasses import replace

import numpy as np
import pytest

import scalelaw as sl
from surfaces import isoflops, normal, sweep

N, D = isoflops(5, 8)
NOISE = normal(40, 0.01)


def weighted(kept: int) -> np.ndarray:
    """Weight 1 for the first runs, 0 for the others."""
    return np.where(np.arange(40) < kept, 1.0, 0.0)


def test_five_of_forty_are_too_few() -> None:
    fit = sl.fit(sweep(N, D, noise=NOISE, weight=weighted(5)), starts="projected")
    assert (fit.certificate.runs, len(fit.runs), len(fit.residuals)) == (5, 5, 5)
    assert fit.certificate.undetermined[0].startswith("5 runs are too few for 5 free parameters")
    assert set(fit.runs.excluded["reason"]) == {"weight 0"}


def test_four_of_forty_are_refused() -> None:
    runs = sweep(N, D, noise=NOISE, weight=weighted(4))
    with pytest.raises(sl.BadInput, match="at least as many as the free parameters .* got 4"):
        sl.fit(runs, starts="projected")


@pytest.mark.parametrize("given", ["in the table", "afterwards"])
def test_the_fit_is_that_of_the_others(given: str) -> None:
    """All of it: even what is said of a range that the runs of weight 0 alone would widen."""
    spoilt, far = NOISE + (1 - weighted(20)), np.where(weighted(20) > 0, N, 1e3 * N)
    runs = sweep(far, D, noise=spoilt, weight=weighted(20))
    if given == "afterwards":
        runs = replace(sweep(far, D, noise=spoilt), weight=weighted(20))
    fit, alone = (
        sl.fit(each, starts="projected") for each in (runs, sweep(N, D, noise=NOISE).taken(np.arange(20)))
    )
    assert fit.certificate == alone.certificate
    assert fit.params == alone.params
    np.testing.assert_array_equal(fit.covariance, alone.covariance)
    assert fit.misfit.p == alone.misfit.p
