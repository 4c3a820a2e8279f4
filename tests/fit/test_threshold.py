"""delta beside the noise: what is said of one far below it, and one that follows it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares

import scalelaw as sl
from commands import run
from scalelaw import BadInput
from scalelaw.objective import Objective

MAD = 0.6744897501960817


def single_runs(noise: float, seed: int, unit: float = 1.0) -> sl.Runs:
    """Fourteen token counts; heavy-tailed noise on the loss, which is measured in some unit."""
    D = np.geomspace(5e7, 1.28e10, 14)
    strayed = np.random.default_rng(seed).standard_t(3, len(D))
    L = (1.9 + 55 * (D / 1e6) ** -0.45) * np.exp(noise * strayed)
    return sl.Runs.from_frame(pd.DataFrame({"D": D, "L": unit * L}), D="D", L="L")


def auto(runs: sl.Runs, **keywords: str) -> sl.Fit:
    return sl.fit(runs, sl.laws.power_D, delta="auto", starts="projected", **keywords)


def delta_of(fit: sl.Fit) -> float:
    return fit.settings.objective.delta


@pytest.fixture(scope="module")
def fit() -> sl.Fit:
    return auto(single_runs(0.01, 1))


def scipy_fixed_point(D: np.ndarray, L: np.ndarray, weight: np.ndarray) -> tuple[float, np.ndarray]:
    """Delta and (log E, log A at D = 1e9, alpha) by SciPy's Huber fits, each with the delta of the last one."""
    x, delta, theta = np.log(D / 1e9), 0.01, np.array([np.log(2.0), np.log(2.0), 0.4])
    root = np.sqrt(weight)

    def residual(t: np.ndarray) -> np.ndarray:
        return np.log(np.exp(t[0]) + np.exp(t[1] - t[2] * x)) - np.log(L)

    for _ in range(200):
        # Weighted by repetition: whole counts.
        rows = np.repeat(np.arange(len(L)), weight.astype(int))
        theta = least_squares(
            lambda t, rows=rows: residual(t)[rows],
            theta,
            loss="huber",
            f_scale=delta,
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
        ).x
        left, n = np.abs(residual(theta))[rows], root.size
        wanted = 1.345 * np.median(left) / MAD * np.sqrt(n / (n - 3))
        if abs(np.log(wanted / delta)) < 1e-9:
            break
        delta = wanted
    return delta, theta


def test_is_1345_robust_scales_of_the_residuals_that_it_leaves(fit: sl.Fit) -> None:
    assert delta_of(fit) == pytest.approx(1.345 * fit.scale, rel=1e-7)
    again = sl.fit(fit.runs, sl.laws.power_D, delta=delta_of(fit), starts="projected")
    np.testing.assert_allclose(fit.params, again.params, rtol=1e-9)
    assert fit.remark == ""


def test_is_scipy_s_fixed_point(fit: sl.Fit) -> None:
    assert fit.runs.D is not None
    delta, theta = scipy_fixed_point(fit.runs.D, fit.runs.L, np.ones(14))
    assert delta_of(fit) == pytest.approx(delta, rel=1e-5)
    assert fit.params.alpha == pytest.approx(theta[2], rel=1e-4)


@pytest.mark.slow
def test_every_resample_finds_its_own(fit: sl.Fit) -> None:
    """As a table whose rows are repeated as often as the resample drew them."""
    draws = sl.bootstrap(fit, 40)
    assert draws.usable.all()
    assert fit.runs.D is not None
    for i in range(0, 40, 8):
        counts = np.asarray(draws.resampler.draw(fit)(fit.sample, np.uint32(i))[1])
        rows = np.repeat(np.arange(14), counts.astype(int))
        table = pd.DataFrame({"D": fit.runs.D[rows], "L": fit.runs.L[rows]})
        alone = auto(sl.Runs.from_frame(table, D="D", L="L"))
        np.testing.assert_allclose([leaf[i] for leaf in draws.params], alone.params, rtol=1e-4)


def test_follows_the_unit_of_the_loss() -> None:
    one, other = (auto(single_runs(0.01, 2, unit), residual="linear") for unit in (1.0, 1000.0))
    assert delta_of(other) == pytest.approx(1000 * delta_of(one), rel=1e-6)
    assert other.params.alpha == pytest.approx(one.params.alpha, rel=1e-6)


def test_is_saved_and_loaded_with_the_fit(fit: sl.Fit, tmp_path: Path) -> None:
    fit.save(tmp_path / "fit.json")
    loaded = sl.Fit.load(tmp_path / "fit.json")
    assert loaded.settings.objective == fit.settings.objective
    assert loaded.identity["delta"] == "auto"
    np.testing.assert_array_equal(sl.bootstrap(loaded, 20).params, sl.bootstrap(fit, 20).params)
    assert "auto: 1.345 residual scales" in str(loaded)


def test_a_study_knows_it(fit: sl.Fit, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    draws = sl.study(fit, 20, tmp_path).draws()
    np.testing.assert_allclose(draws.params, sl.bootstrap(fit, 20).params, rtol=1e-9)
    fixed = sl.fit(fit.runs, sl.laws.power_D, delta=delta_of(fit), starts="projected")
    with pytest.raises(BadInput, match="delta must be as the study began"):
        sl.study(fixed, 20, tmp_path)


def test_of_runs_without_noise_is_no_smaller_than_they_are_measured() -> None:
    noiseless = auto(single_runs(0.0, 0))
    assert delta_of(noiseless) == pytest.approx(1e-6, rel=1e-9)
    assert noiseless.params.alpha == pytest.approx(0.45, rel=1e-6)


def test_belongs_to_huber_s_loss() -> None:
    for loss in ("squared", "absolute", "log-cosh", "cauchy"):
        with pytest.raises(BadInput, match="delta must be a number where the loss is not huber"):
            Objective.of("log", loss, "auto")
    with pytest.raises(BadInput, match="delta must be"):
        Objective.of("log", "huber", "fast")


def test_the_command_takes_it(fit: sl.Fit, tmp_path: Path) -> None:
    table = tmp_path / "runs.csv"
    fit.runs.to_frame().rename(columns={"D": "tokens", "L": "loss"}).to_csv(table, index=False)
    words = ("fit", table, "--law", "power_D", "--starts", "projected")
    code, said = run(*words, "--delta", "auto")
    assert code == 0
    assert f"huber(delta {delta_of(fit):.6g}, auto: 1.345 residual scales)" in said
    code, said = run(*words, "--delta", "fast")
    assert code == 2
    assert said.startswith("--delta: number must be written like")


def test_far_below_the_noise_is_said() -> None:
    fit = sl.fit(single_runs(0.02, 3), sl.laws.power_D, starts="projected")
    assert fit.scale > 0.005
    assert fit.remark.startswith(f"delta 0.001 is 1/{fit.scale / 1e-3:.0f} of the residual scale")
    assert "least absolute deviations" in fit.remark
    assert (
        f"--delta {1.345 * fit.scale:.2g} (1.345 residual scales), --delta auto or --loss squared"
        in fit.remark
    )
    assert f"note: {fit.remark}" in str(fit)
    squared = sl.fit(fit.runs, sl.laws.power_D, loss="squared", starts="projected")
    assert squared.remark == ""
