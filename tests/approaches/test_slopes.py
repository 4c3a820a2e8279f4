"""Exponents held and tied: least squares with the slope held against SciPy, resamples, files and refusals."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

import scalelaw as sl
from commands import run
from scalelaw import BadInput
from surfaces import TRUTH, isoflops, losses, normal, sweep

HELD: list[dict[str, Any]] = [
    {"fix": {"a": 0.5}},
    {"fix": {"b": 0.45, "gamma": 0.06}},
    {"tie": {"b": "1-a"}},
    {"tie": {"a": "b"}},
]


@cache
def runs() -> sl.Runs:
    N, D = isoflops(5, 9)
    return sweep(N, D, noise=normal(len(N), 0.004))


@cache
def curves() -> sl.Runs:
    N = np.repeat(np.geomspace(3e7, 3e9, 8), 20)
    D = N * np.tile(np.geomspace(1, 300, 20), 8)
    table = pd.DataFrame({"N": N, "D": D, "L": losses(TRUTH, N, D), "run": np.repeat(np.arange(8), 20)})
    return sl.Runs.from_frame(table, N="N", D="D", L="L", group="run", source="curves")


def least_squares(
    C: np.ndarray, points: list[np.ndarray], weights: list[np.ndarray], held: dict[str, Any]
) -> np.ndarray:
    """a, b, gamma and the logs of k, by SciPy: exponents follow from those that are free."""
    x = np.log(C) - np.log(C).mean()
    tie = {("b", "1-a"): lambda a: 1 - a, ("a", "b"): lambda a: a}
    (follows,) = [tie[pair] for pair in held.get("tie", {}).items()] or [None]

    def exponents(p: np.ndarray) -> np.ndarray:
        own = {"a": p[0], "b": p[1] if follows is None else follows(p[0]), "gamma": p[2]}
        return np.array(list((own | held.get("fix", {})).values()))

    def squares(p: np.ndarray) -> float:
        slopes = exponents(p) * (1, 1, -1)
        lines = p[3:, None] + slopes[:, None] * x
        return float(
            sum((w * (np.log(y) - z) ** 2).sum() for y, z, w in zip(points, lines, weights, strict=True))
        )

    start = np.array([0.5, 0.5, 0.05, *(np.log(y).mean() for y in points)])
    best = minimize(squares, start, method="BFGS", options={"gtol": 1e-9}).x
    a, b, gamma = exponents(best)
    return np.array([a, b, gamma, *(best[3:] - np.array([a, b, -gamma]) * np.log(C).mean())])


@pytest.mark.parametrize("held", HELD)
def test_isoflop_is_least_squares_with_the_slope_held(held: dict[str, Any]) -> None:
    found = sl.isoflop(runs(), method="parabola", **held)
    points = [found.by_N.best, found.by_D.best, found.by_N.loss]
    sd = [found.by_N.sd, found.by_D.sd, found.by_N.sd]
    for law, weights in (
        (found.plain, [np.ones(5)] * 3),
        (found.weighted, [sd[0].min() ** 2 / s**2 for s in sd]),
    ):
        slow = least_squares(found.budgets.C, points, weights, held)
        np.testing.assert_allclose(law.params, slow, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("held", HELD)
def test_envelope_is_least_squares_with_the_slope_held(held: dict[str, Any]) -> None:
    found = sl.envelope(curves(), edges=True, **held)
    points = [found.points.N, found.points.D, found.points.L]
    slow = least_squares(found.points.C, points, [np.ones(len(found.points.C)) / 100] * 3, held)
    np.testing.assert_allclose(found.params, slow, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("approach", [sl.isoflop, sl.envelope])
def test_every_resample_holds_it(approach: Any, held: dict[str, Any]) -> None:
    found = approach(runs() if approach is sl.isoflop else curves(), **held)
    draws = sl.bootstrap(found, 20, 3)
    free = sl.bootstrap(approach(found.runs), 20, 3).params
    for name, value in held.get("fix", {}).items():
        np.testing.assert_array_equal(getattr(draws.params, name), value)
        assert tuple(draws.interval(name)) == (value, value)
    for name, other in held.get("tie", {}).items():
        a, b = draws.params.a, draws.params.b
        np.testing.assert_allclose(b, 1 - a if (name, other) == ("b", "1-a") else a, rtol=1e-12)
    touched = {*held.get("fix", {}), *held.get("tie", {}), *(("a", "b") if "tie" in held else ())}
    for name in {"a", "b", "gamma"} - touched:
        np.testing.assert_allclose(getattr(draws.params, name), getattr(free, name), rtol=1e-9)
    assert np.ptp(draws.params.log_kN) > 0 or approach is sl.envelope


@pytest.mark.parametrize("approach", [sl.isoflop, sl.envelope])
def test_files_hold_it(approach: Any, tmp_path: Path) -> None:
    table = runs() if approach is sl.isoflop else curves()
    found = approach(table, fix={"a": 0.5, "gamma": 0.06})
    draws = sl.bootstrap(found, 10)
    sl.save_draws(draws, tmp_path / "draws.parquet")
    again = sl.load_draws(tmp_path / "draws.parquet")
    assert again.fit.slopes == found.slopes
    np.testing.assert_array_equal(again.fit.params, found.params)
    assert found.identity["fix"] == {"a": 0.5, "gamma": 0.06}
    assert approach(table).identity["fix"] == {}
    assert "a = 0.5 held, gamma = 0.06 held" in str(found)
    assert np.isnan(found.N.stderr)


def test_documents_of_before_hold_nothing() -> None:
    document = sl.isoflop(runs()).document()
    del document["checksum"], document["settings"]["fix"], document["settings"]["tie"]
    assert sl.IsoFLOP.restored(document).slopes == sl.isoflop(runs()).slopes


def test_back_tests_and_corrections_hold_it() -> None:
    found = sl.isoflop(runs(), method="parabola", fix={"a": 0.4})
    error = sl.backtest_frontier(found).frame
    later = error[error.points == 4].iloc[0]
    C, N = found.budgets.C, found.by_N.best
    said = np.exp(np.mean(np.log(N[:4]) - 0.4 * np.log(C[:4])) + 0.4 * np.log(C[4]))
    assert later.error_N == pytest.approx(100 * (said / N[4] - 1), rel=1e-9)
    surface = sl.fit(runs(), starts="projected")
    assert found.corrected(surface).plain.a == 0.4


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({"fix": {"c": 1}}, "^`fix` must be one of 'a', 'b', 'gamma', got 'c'"),
        ({"fix": {"a": np.inf}}, "^fix a must be a finite number"),
        ({"tie": {"b": "2a"}}, r"^`tie` must be b=1-a \(C = k N D\) or b=a, got b=2a"),
        ({"tie": {"a": "b", "b": "1-a"}}, "^`tie` must be b=1-a .* got a=b and b=1-a"),
        (
            {"tie": {"b": "a"}, "fix": {"a": 0.5}},
            "^`tie` must be of exponents that `fix` leaves free, got b=a beside a",
        ),
    ],
)
def test_what_cannot_be_held_is_refused(held: dict[str, Any], message: str) -> None:
    for approach, table in ((sl.isoflop, runs()), (sl.envelope, curves())):
        with pytest.raises(BadInput, match=message):
            approach(table, **held)  # type: ignore[operator]


def test_exponents_sum_to_one_only_where_compute_is_a_product() -> None:
    table = runs()
    frame = pd.DataFrame(
        {"N": table.N, "D": table.D, "C": table.C * (1 + table.N / table.N.max()), "L": table.L}
    )
    drifting = sl.Runs.from_frame(frame, N="N", D="D", C="C", L="L", flops="given")
    with pytest.raises(
        BadInput, match=r"^`tie` must be b=1-a only where C = k N D, got C / \(N D\) from 6.0"
    ):
        sl.isoflop(drifting, tie={"b": "1-a"}, tolerance=0.3)


def test_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    pd.DataFrame({"params": runs().N, "tokens": runs().D, "loss": runs().L}).to_csv(path)
    made = json.loads(run("isoflop", path, "--no-bias", "--fix", "a=0.5", "--bootstrap", 20, "--json")[1])
    assert (made["fix"], made["tie"], made["plain"]["N"]["exponent"]) == ({"a": 0.5}, {}, 0.5)
    assert made["plain"]["N"]["stderr"] is None
    rows = {row["name"]: row for row in made["intervals"]["of"]}
    assert (rows["a"]["low"], rows["a"]["high"]) == (0.5, 0.5)
    assert "power laws, plain, b = 1 - a tied" in run("isoflop", path, "--no-bias", "--tie", "b=1-a")[1]
    assert run("isoflop", path, "--fix", "a") == (2, "--fix must be written NAME=VALUE, got 'a'")
