"""Frontiers held to later optima: exact where the optima lie on a line, refused where there are few."""

import json

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw import BadInput
from surfaces import TRUTH, isoflops, normal, sweep


def profiles(budgets: int = 9, noise: float = 0.0, method: str = "cubic") -> sl.IsoFLOP:
    N, D = isoflops(budgets, 8)
    return sl.isoflop(sweep(N, D, noise=noise * normal(len(N), 1.0)), method=method)


class TestIsoFLOP:
    def test_without_noise_later_optima_are_those_of_the_law(self) -> None:
        """Cubics are nearly exact on Chinchilla's law, whose optima lie on a line."""
        frame = sl.backtest_frontier(profiles()).frame
        best = sl.optimal(sl.laws.chinchilla, TRUTH, frame["C"].to_numpy())
        np.testing.assert_allclose(frame["N"], best.N, rtol=0.05)
        assert frame["error_N"].abs().max() < 6

    @pytest.mark.parametrize("method", ["cubic", "shared"])
    def test_lines_are_those_of_the_profiles_alone(self, method: str) -> None:
        found = profiles(noise=0.001, method=method)
        frame = sl.backtest_frontier(found).frame
        part = sl.isoflop(
            found.runs.taken(np.flatnonzero(found.runs.C <= frame["cutoff"].iloc[0] * 1.01)), method=method
        )
        first = frame[frame["cutoff"] == frame["cutoff"].iloc[0]]
        said = np.exp(part.N.log_coefficient) * first["C"] ** part.N.exponent
        np.testing.assert_allclose(100 * (said / first["N"] - 1), first["error_N"], rtol=1e-6)

    def test_every_cutoff_predicts_all_later_budgets(self) -> None:
        summary = sl.backtest_frontier(profiles()).summary()
        assert summary["points"].tolist() == [3, 4, 5, 6, 7, 8]
        assert summary["later"].tolist() == [6, 5, 4, 3, 2, 1]

    def test_as_text_and_json(self) -> None:
        found = sl.backtest_frontier(profiles())
        assert len(str(found).splitlines()) == 2 + 6
        assert set(json.loads(json.dumps(found.to_dict()))) == {"predictions", "cutoffs"}

    def test_three_budgets_are_too_few(self) -> None:
        with pytest.raises(
            BadInput, match="budgets must be at least 4 to back-test a frontier, got 3 with an optimum"
        ):
            sl.backtest_frontier(profiles(3))


def test_envelope() -> None:
    C = np.geomspace(1e18, 1e21, 40)
    best = sl.optimal(sl.laws.chinchilla, TRUTH, C)
    N = np.repeat(np.asarray(best.N)[::4], 40)
    D = np.tile(np.geomspace(1e8, 1e12, 40), 10)
    L = TRUTH.E + TRUTH.A / N**TRUTH.alpha + TRUTH.B / D**TRUTH.beta
    runs = sl.Runs.from_frame(pd.DataFrame({"N": N, "D": D, "L": L, "run": N}), group="run")
    points = sl.envelope(runs, method="lowest", points=200, edges=True).to_frame().sort_values("C")
    found = sl.backtest_frontier(sl.envelope(runs, method="lowest", points=200, edges=True))
    assert found.summary()["points"].tolist() == [80, 100, 120, 140, 160]
    slope, start = np.polyfit(np.log(points["C"])[:80], np.log(points["N"])[:80], 1)
    said = np.exp(start + slope * np.log(points["C"][80:]))
    first = found.frame[found.frame["points"] == 80]
    np.testing.assert_allclose(first["error_N"], 100 * (said / points["N"][80:] - 1), rtol=1e-6)
