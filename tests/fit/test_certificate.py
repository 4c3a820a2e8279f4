"""The certificate: every way of being untrustworthy says so, first and in words; a healthy fit says nothing.

`good.txt` and `bad.txt` are whole reports; where a report is meant to change, print `stable(fit)` anew.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import scalelaw as sl
from scalelaw.laws import Law, chinchilla
from scalelaw.solve import Levenberg
from surfaces import TRUTH, isoflops, losses, normal, spread, sweep

RUNS, NOISE = 80, 0.005
UNTRUSTED = "THIS FIT CANNOT BE TRUSTED AS IT STANDS:"


def fitted(N: np.ndarray, D: np.ndarray, params: Any = TRUTH, **keywords: Any) -> sl.Fit:
    """A noisy sweep of the true law, fitted."""
    runs = sweep(N, D, params, normal(len(N), NOISE))
    return sl.fit(runs, **{"starts": "projected", **keywords})


@pytest.fixture(scope="module")
def healthy() -> sl.Fit:
    return fitted(*spread(RUNS, seed=2))


class TestHealthy:
    def test_says_nothing(self, healthy: sl.Fit) -> None:
        certificate = healthy.certificate
        assert certificate.trusted
        assert certificate.warnings == certificate.undetermined == certificate.at_bound == ()
        assert certificate.converged
        assert certificate.identifiable
        assert certificate.hessian_positive_definite
        assert certificate.stationarity < 1e-12
        assert certificate.share_at_winner > 0.9

    def test_counts(self, healthy: sl.Fit) -> None:
        certificate = healthy.certificate
        assert (certificate.runs, certificate.parameters) == (RUNS, 5)
        assert healthy.runs.N is not None
        assert certificate.ranges["N"] == (healthy.runs.N.min(), healthy.runs.N.max())
        assert list(certificate.ranges) == ["N", "D"]

    def test_an_isoflop_grid_of_few_budgets_is_healthy(self) -> None:
        assert fitted(*isoflops(5, 6)).certificate.warnings == ()

    def test_the_condition_number(self, healthy: sl.Fit) -> None:
        """Of J' J, J of the log residuals in log E, log A, log B, alpha and beta at the mean log N and log D."""
        N, D = healthy.runs.N, healthy.runs.D
        assert N is not None
        assert D is not None
        E, A, B, alpha, beta = healthy.params
        a, b, L = A * N**-alpha, B * D**-beta, losses(healthy.params, N, D)
        x, y = np.log(N) - np.log(N).mean(), np.log(D) - np.log(D).mean()
        slopes = np.stack([np.full(RUNS, E), a, b, -a * x, -b * y]) / L
        assert healthy.certificate.condition_number == pytest.approx(np.linalg.cond(slopes) ** 2, rel=1e-6)

    def test_of_a_law_that_declares_nothing(self) -> None:
        """Parameters that are not fitted as logs have standard errors in their own size: 30 of A = 480 is fine."""
        bare = Law("bare", chinchilla.Params, chinchilla.loss)
        assert fitted(*spread(RUNS), law=bare, starts=[TRUTH]).certificate.warnings == ()


def proportional() -> sl.Fit:
    N = np.geomspace(5e7, 1e10, RUNS)
    return fitted(N, 20 * N)


def on_a_curve() -> sl.Fit:
    N = np.geomspace(5e7, 1e10, RUNS)
    return fitted(N, 1e9 * (N / 5e7) ** 0.8)


def narrow_N() -> sl.Fit:
    N, D = spread(RUNS)
    return fitted(1e9 * (1 + 0.2 * (N - N.min()) / np.ptp(N)), D)


def narrow_D() -> sl.Fit:
    N, D = spread(RUNS)
    return fitted(N, 1e11 * (1 + 0.2 * (D - D.min()) / np.ptp(D)))


def one_size() -> sl.Fit:
    _, D = spread(RUNS)
    return fitted(np.full(RUNS, 1e9), D)


def few_runs() -> sl.Fit:
    return fitted(*spread(6))


def without_N() -> sl.Fit:
    return fitted(*spread(RUNS), TRUTH._replace(A=1e-9))


def without_E() -> sl.Fit:
    return fitted(*spread(RUNS), TRUTH._replace(E=1e-9))


def unfinished() -> sl.Fit:
    return fitted(*spread(RUNS), starts=[[1, 1, 1, 1, 1]], solver=Levenberg(iterations=2, stride=1))


def lonely() -> sl.Fit:
    """Two hundred starts of which one alone gives finite losses."""
    lost = [TRUTH._replace(alpha=-1000.0 - i) for i in range(199)]
    return fitted(*spread(RUNS), starts=[TRUTH, *lost])


def without_curvature() -> sl.Fit:
    """A law with a parameter that does nothing."""

    def loss(params: Any, x: Any) -> Any:
        return chinchilla.loss(params._replace(beta=0.37 + 0.0 * jnp.square(params.beta)), x)

    law = Law("idle", chinchilla.Params, loss, positive=("E", "A", "B"))
    return fitted(*spread(RUNS), law=law, starts=[TRUTH])


UNTRUSTWORTHY: list[tuple[Callable[[], sl.Fit], str]] = [
    (
        proportional,
        r"^N and D are collinear \(all runs lie on D = 20 N\): .* add runs at other ratios of D to N$",
    ),
    (on_a_curve, r"^N and D are collinear \(all runs lie on D ~ N\^0\.80\)"),
    (
        narrow_N,
        r"^N spans only 20% \(a factor of 1\.2\): the exponent and coefficient of N are not determined$",
    ),
    (
        narrow_D,
        r"^D spans only 20% \(a factor of 1\.2\): the exponent and coefficient of D are not determined$",
    ),
    (one_size, r"^N spans only 0% \(a factor of 1\)"),
    (few_runs, "^6 runs are too few for 5 free parameters: at least 7 are needed to see any misfit$"),
    (without_N, r"^alpha has run off to -?[\d.e-]+ \(expected between 0\.02 and 2\): the term it belongs to"),
    (
        without_E,
        r"^E is held at 0: the runs would take it below, so the form may be wrong \(other laws: skaling, ",
    ),
    (unfinished, "^the best start is not stationary .* raise the iteration limit or try other starts$"),
    (lonely, "^1 of 200 starts reached the best objective: a lower one may exist; try more starts$"),
    (without_curvature, "^the runs do not determine beta"),
]


@pytest.mark.parametrize(("make", "sentence"), UNTRUSTWORTHY, ids=lambda it: getattr(it, "__name__", ""))
def test_says_what_is_wrong_first(make: Callable[[], sl.Fit], sentence: str) -> None:
    fit = make()
    certificate = fit.certificate
    assert not certificate.trusted
    assert [warning for warning in certificate.warnings if re.search(sentence, warning)], certificate.warnings
    head, *rest = str(fit).splitlines()
    assert head == UNTRUSTED
    assert rest[: len(certificate.warnings)] == [f"  - {warning}" for warning in certificate.warnings]


@pytest.mark.parametrize(
    "make", [proportional, on_a_curve, narrow_N, narrow_D, one_size, few_runs, without_N]
)
def test_what_the_runs_do_not_determine_is_not_identifiable(make: Callable[[], sl.Fit]) -> None:
    certificate = make().certificate
    assert not certificate.identifiable
    assert certificate.undetermined == certificate.warnings[: len(certificate.undetermined)] != ()


def test_an_unfinished_fit_is_not_converged() -> None:
    certificate = unfinished().certificate
    assert not certificate.converged
    assert certificate.stationarity > 1e-6


def test_a_bound_is_reported() -> None:
    fit = fitted(*spread(RUNS), bounds={"E": (1.9, None), "beta": (None, 0.5)})
    assert fit.certificate.at_bound == ("E",)
    assert fit.certificate.converged
    assert re.search(r"^  at a bound +E$", str(fit), re.MULTILINE)


def test_the_next_basin() -> None:
    """A fifth of the runs follow another law, which a redescending loss may take for the true one."""
    N, D = spread(RUNS)
    other = np.where(np.arange(RUNS) % 5 == 0, 0.4, 0.0)
    runs = sweep(N, D, noise=other + normal(RUNS, 1e-3))
    rows = [TRUTH._replace(E=E) for E in np.linspace(0.5, 3.5, 40)]
    fit = sl.fit(runs, loss="cauchy", delta=1e-3, starts=rows)
    gap = fit.certificate.next_basin
    assert gap is not None
    assert gap > 1e-6
    assert fit.basins[1].objective == pytest.approx(fit.objective * (1 + gap), rel=1e-9)


def stable(fit: sl.Fit) -> str:
    """The report without the digits that rounding decides: those of a sum of squares, and a zero's."""
    report = re.sub(
        r"(?<=^objective )\S+", lambda digits: f"{float(digits[0]):.9g}", str(fit), flags=re.MULTILINE
    )
    return re.sub(r"(?<=stationary to )\S+", "...", report) + "\n"


def golden(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def test_the_report_of_a_good_fit(healthy: sl.Fit) -> None:
    assert stable(healthy) == golden("good.txt")
    assert repr(healthy) == str(healthy)


def test_the_report_of_a_bad_fit() -> None:
    """Too few runs, a bound that holds, and fixed parameters."""
    fit = fitted(*spread(4), bounds={"E": (1.9, None)}, fix={"A": 480, "beta": 0.37})
    assert stable(fit) == golden("bad.txt")
