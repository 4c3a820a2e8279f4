"""Tables of a size class share what is compiled, and padding changes nothing but rounding."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import jax
import numpy as np
import pytest

import scalelaw as sl
from scalelaw.fitting.refits import padded_draw
from scalelaw.resampling.schemes import SCHEMES, Spread
from scalelaw.solve import LBFGS, Levenberg
from scalelaw.solve.problem import padded, size_class
from surfaces import isoflops, normal, sweep

COMPILED = "/jax/core/compile/backend_compile_duration"


@contextmanager
def compilations() -> Iterator[list[str]]:
    """Fills as XLA compiles."""
    heard: list[str] = []

    def listen(event: str, duration: float, **_: object) -> None:
        if event == COMPILED:
            heard.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield heard
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


@pytest.fixture(scope="module")
def runs() -> sl.Runs:
    """130 noisy runs."""
    N, D = isoflops(10, 13)
    return sweep(N, D, noise=normal(len(N), 0.01))


def rows(runs: sl.Runs, count: int) -> sl.Runs:
    return runs.taken(np.linspace(0, len(runs) - 1, count).astype(int))


def test_there_are_few_sizes() -> None:
    assert {size_class(n) for n in range(3, 121)} == {24, 48, 72, 96, 120}
    assert {size_class(n) for n in range(121, 481)} == {144, 168, 200, 240, 288, 336, 400, 480}
    assert all(n <= size_class(n) < 1.25 * n for n in range(121, 3000))


@pytest.mark.slow
def test_padding_moves_no_end_beyond_rounding(runs: sl.Runs) -> None:
    setup = sl.fit(runs, starts="projected").setup
    n = len(runs)
    problem = setup.problem
    inputs = jax.tree.map(lambda column: column[:n], problem.inputs)
    plain = replace(problem, inputs=inputs, target=problem.target[:n], weight=problem.weight[:n], count=None)
    assert len(padded(plain).target) == 144
    starts = setup.theta(setup.law.grid()[::300])
    for solver in (Levenberg(), LBFGS()):
        ours, theirs = solver(problem, starts), solver(plain, starts)
        np.testing.assert_allclose(ours.objective[ours.best], theirs.objective[theirs.best], rtol=1e-12)
        np.testing.assert_allclose(ours.theta[ours.best], theirs.theta[theirs.best], rtol=1e-6)


@pytest.mark.parametrize("name", SCHEMES)
def test_a_padded_draw_is_the_same_draw(runs: sl.Runs, name: str) -> None:
    fit = sl.fit(runs, starts="projected")
    codes = np.arange(len(runs), dtype=np.int32) % 17
    spread = Spread(fit.residuals, fit.scale, 5)
    draw = SCHEMES[name].make(spread, np.uint32(3), codes, 0.8)
    problem, n = fit.setup.problem, len(runs)
    wide = padded_draw(draw, len(problem.target))
    with jax.enable_x64(True):
        for replicate in np.arange(5, dtype=np.uint32):
            for ours, theirs in zip(wide(problem, replicate), draw(fit.sample, replicate), strict=True):
                assert (ours is None) == (theirs is None)
                if ours is not None:
                    np.testing.assert_allclose(ours[:n], theirs, rtol=1e-14)
            weight = wide(problem, replicate)[1]
            assert weight is None or not np.asarray(weight)[n:].any()


def test_the_second_table_of_a_size_compiles_nothing(runs: sl.Runs) -> None:
    first, second = rows(runs, 101), rows(runs, 117)
    sl.bootstrap(sl.fit(first, starts="projected"), 64).interval("alpha", kind="percentile")
    with compilations() as heard:
        fit = sl.fit(second, starts="projected")
        sl.bootstrap(fit, 64).interval("alpha", kind="percentile")
    assert heard == []
    assert fit.certificate.runs == 117


def test_a_listener_hears_compilations() -> None:
    with compilations() as heard:
        jax.jit(lambda x: x * 3 + len(heard))(np.arange(7.0))
    assert heard
