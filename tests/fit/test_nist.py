"""Nonlinear least squares by laws of one's own, to NIST's certified digits.

Data, starts and certified values: NIST StRD, www.itl.nist.gov/div898/strd/nls/nls_main.shtml.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import scalelaw as sl

HERE = Path(__file__).parent
MISRA = (
    [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0],
    [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78],
)


class Two(NamedTuple):
    b1: Any
    b2: Any


class Three(NamedTuple):
    b1: Any
    b2: Any
    b3: Any


class Seven(NamedTuple):
    b1: Any
    b2: Any
    b3: Any
    b4: Any
    b5: Any
    b6: Any
    b7: Any


def misra1a(b: Two, given: Any) -> Any:
    return b.b1 * (1 - jnp.exp(-b.b2 * given.x))


def bennett5(b: Three, given: Any) -> Any:
    return b.b1 * (b.b2 + given.x) ** (-1 / b.b3)


def hahn1(b: Seven, given: Any) -> Any:
    x = given.x
    above = b.b1 + x * (b.b2 + x * (b.b3 + x * b.b4))
    return above / (1 + x * (b.b5 + x * (b.b6 + x * b.b7)))


def fitted(function: Callable[..., Any], x: Any, y: Any, starts: list[Any], **keywords: Any) -> sl.Fit:
    law = sl.Law(function.__name__, type(starts[0]), function, inputs=("x",))
    runs = sl.Runs.from_frame(pd.DataFrame({"L": y, "x": x}), inputs=["x"], signed=True)
    return sl.fit(runs, law, loss="squared", residual="linear", starts=starts, **keywords)


def check(fit: sl.Fit, b: list[float], errors: list[float], rss: float, digits: float) -> None:
    """Both starts at the certified minimum, the certified errors, and nothing to object."""
    np.testing.assert_allclose(2 * fit.ends.objective, rss, rtol=1e-9)  # type: ignore[union-attr]
    np.testing.assert_allclose(fit.params, b, rtol=10**-digits)
    found = sl.covariance(fit, "least squares")
    np.testing.assert_allclose([found.stderr(name) for name in fit.law.fields], errors, rtol=10**-digits)
    assert fit.certificate.trusted, fit.certificate.warnings


def test_misra1a() -> None:
    fit = fitted(misra1a, *MISRA, [Two(500, 1e-4), Two(250, 5e-4)])
    check(fit, [2.3894212918e2, 5.5015643181e-4], [2.7070075241, 7.2668688436e-6], 1.2455138894e-1, 9)


def test_bennett5_has_negative_responses_and_needs_iterations() -> None:
    """154 points with x from 7 to 22; b1 and b2 correlate by .9999."""
    y, x = np.loadtxt(HERE.parent / "solve" / "bennett5.csv", delimiter=",", skiprows=1).T
    starts = [Three(-2000, 50, 0.8), Three(-1500, 45, 0.85)]
    fit = fitted(bennett5, x, y, starts, iterations=5000)
    errors = [297.15175411, 1.2448871856, 0.020272299378]
    check(fit, [-2.5235058043e3, 46.736564644, 0.93218483193], errors, 5.2404744073e-4, 8)


@pytest.mark.slow
def test_hahn1_has_parameters_from_1e_7_to_1() -> None:
    y, x = np.loadtxt(HERE / "hahn1.csv", delimiter=",", skiprows=1).T
    starts = [Seven(10, -1, 0.05, -1e-5, -0.05, 1e-3, -1e-6), Seven(1, -0.1, 5e-3, -1e-6, -5e-3, 1e-4, -1e-7)]
    b = [1.0776351733, -0.12269296921, 4.0863750610e-3, -1.4262662514e-6]
    b += [-5.7609940901e-3, 2.4053735503e-4, -1.2314450199e-7]
    errors = [0.17070154742, 0.012000289189, 2.2508314937e-4, 2.7578037666e-7]
    errors += [2.4712888219e-4, 1.0449373768e-5, 1.3027335327e-8]
    check(fitted(hahn1, x, y, starts), b, errors, 1.5324382854, 8)


def test_a_narrow_input_is_judged_by_curvature() -> None:
    """A straight line over 20 % of x: no power law, and sure of both parameters."""
    x = np.linspace(1, 1.2, 20)
    fit = fitted(line, x, 3 - 2 * x + 1e-3 * np.sin(9 * np.arange(20)), [Two(0.0, 0.0)])
    assert fit.certificate.trusted, fit.certificate.warnings
    np.testing.assert_allclose(fit.params, [3, -2], atol=0.02)


def test_two_parameters_that_are_one_are_not_determined() -> None:
    """b1 + b2: no unit of either tells them apart, however small the noise."""
    x = np.linspace(1, 2, 20)
    fit = fitted(doubled, x, 2 * x + 1e-3 * np.sin(9 * np.arange(20)), [Two(0.5, 3e5)])
    (undetermined,) = fit.certificate.undetermined[:1]
    assert undetermined.startswith("the runs do not determine")
    assert "standard error unbounded" in undetermined


def line(b: Two, given: Any) -> Any:
    return b.b1 + b.b2 * given.x


def doubled(b: Two, given: Any) -> Any:
    return (b.b1 + 1e-6 * b.b2) * given.x


def test_least_squares_errors_are_of_squares() -> None:
    runs = sl.read_dataset("simulated-sweep", where="kind == 'isoflop'")
    with pytest.raises(
        sl.BadInput, match="kind 'least squares' must be of a fit with loss 'squared', got 'huber'"
    ):
        sl.covariance(sl.fit(runs, starts="projected"), "least squares")


def test_a_log_of_what_is_not_positive_is_refused() -> None:
    runs = sl.Runs.from_frame(
        pd.DataFrame({"L": [-1.0, 2, 3, 4], "x": [1.0, 2, 3, 4]}), inputs=["x"], signed=True
    )
    law = sl.Law("line", Two, line, inputs=("x",))
    with pytest.raises(
        sl.BadInput, match=r"row 1: L for residual='log' must be positive, got -1\.0; fit it with"
    ):
        sl.fit(runs, law)
