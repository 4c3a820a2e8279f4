"""Counts of N side by side: each is its own fit, resamples are the same, and what cannot be compared is refused."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from commands import run
from resamples import drawn
from scalelaw import BadInput
from surfaces import isoflops, normal, sweep


@cache
def table() -> pd.DataFrame:
    """Four budgets of nine sizes; `small` lacks embeddings, `active` is a third, `same` is N again."""
    N, D = isoflops(4, 9)
    runs = sweep(N, D, noise=normal(len(N), 0.002))
    own = {"total": N, "tokens": D, "flops": runs.C, "loss": runs.L}
    return pd.DataFrame(own | {"small": N - 5e4 * N ** (1 / 3), "active": N / 3, "same": N})


def runs(*further: str) -> sl.Runs:
    return sl.Runs.from_frame(table(), N="total", inputs=list(further))


@cache
def found() -> sl.Counts:
    return sl.isoflop_counts(runs("small"), ["N", "small"], replicates=60, seed=3)


def test_each_count_is_its_own_fit_of_the_same_budgets() -> None:
    noise = found().found["total"].noise
    for name, row in zip(("total", "small"), found().to_frame().itertuples(), strict=True):
        frame = table().assign(N=table()[name])
        alone = sl.isoflop(sl.Runs.from_frame(frame, N="N", flops="given"), noise=noise)
        C = alone.budgets.C
        np.testing.assert_array_equal(C, found().budgets)
        assert row.a == pytest.approx(alone.plain.a, rel=1e-12)
        assert row.N == pytest.approx(alone.N.at(C[-1]), rel=1e-12)
        ratio = alone.D.at(C) / alone.N.at(C)
        assert row.change == pytest.approx(ratio[-1] / ratio[0], rel=1e-10)
        assert row.tokens_per_parameter == pytest.approx(np.sqrt(ratio[0] * ratio[-1]), rel=1e-10)
        assert row.spread == pytest.approx(
            np.std(np.log(alone.by_D.best / alone.by_N.best), ddof=1), rel=1e-10
        )


def test_intervals_are_paired() -> None:
    """Differences over the same resamples: far narrower than of two bootstraps apart."""
    change = []
    for name in ("total", "small"):
        p = found().draws[name].params
        x = np.log(found().budgets[[0, -1]])
        change.append(np.abs((p.b - p.a) * (x[1] - x[0])))
    frame = found().to_frame().set_index("count")
    best, other = (("total", "small"), (0, 1)) if frame.excess["total"] == 0 else (("small", "total"), (1, 0))
    paired = change[other[1]] - change[other[0]]
    low, high = np.quantile(paired, [0.025, 0.975])
    assert (frame.excess_low[best[1]], frame.excess_high[best[1]]) == pytest.approx((low, high), rel=1e-9)
    assert frame.most_constant[best[0]] == pytest.approx(np.mean(paired >= 0), abs=1e-12)
    one, other_one = (drawn(found().draws[name], 5) for name in ("total", "small"))
    np.testing.assert_array_equal(one.target, other_one.target)
    assert np.std(paired) < 0.5 * np.hypot(*map(np.std, change))


def test_says_which_is_most_constant_and_that_this_is_no_reason() -> None:
    frame = found().to_frame()
    (best,) = found().most_constant
    assert best == frame["count"][np.abs(np.log(frame.change)).argmin()]
    assert f"most constant counting N as {best!r}: times " in found().verdict
    assert found().verdict.endswith("this describes the sweep, and is no reason to count so")
    assert "C is that of column 'flops'; 95% intervals over 60 resamples" in str(found())


def test_a_multiple_is_as_constant() -> None:
    both = sl.isoflop_counts(runs("active"), ["N", "active"])
    assert both.most_constant == ("total", "active")
    assert both.to_frame().N[0] == pytest.approx(3 * both.to_frame().N[1], rel=1e-9)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (
            ["N", "same"],
            "^table: counts must be different columns of N, got 'total' and 'same', which are equal in ev",
        ),
        (["N"], r"^counts must be at least two columns of N, got \['N'\]; for one take isoflop"),
        (["N", "other"], "^table: input must be one of"),
        (
            ["N", "bad"],
            "^table, row 1, column 'bad': count 'bad' must be positive, a number of parameters, got -1.0",
        ),
    ],
)
def test_refused_in_a_sentence(counts: list[str], message: str) -> None:
    frame = table().assign(bad=-1.0)
    with pytest.raises(BadInput, match=message):
        sl.isoflop_counts(sl.Runs.from_frame(frame, N="total", inputs=["same", "bad"]), counts)


def test_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    table().to_csv(path, index=False)
    words = ("isoflop", path, "--N", "total", "--N")
    made = json.loads(run(*words, "small", "--bootstrap", 60, "--seed", 3, "--json")[1])
    expected = found().to_frame()
    assert [row["a"] for row in made["counts"]] == pytest.approx(expected.a.tolist(), rel=1e-9)
    assert made["counts"][1]["excess_high"] == pytest.approx(expected.excess_high[1], rel=1e-6)
    assert made["most_constant"] == list(found().most_constant)
    code, text = run(*words, "active", "--out", tmp_path / "out")
    assert code == 0
    assert "counting N as 'total' or 'active'" in text
    assert (tmp_path / "out" / "counts.csv").exists()
    for said, sentence in {
        (
            "same",
        ): "counts must be different columns of N, got 'total' and 'same', which are equal in every run",
        (
            "total",
        ): "counts must be different columns of N, got 'total' and 'total', which are equal in every run",
        ("small", "--count", "non-embedding"): "--count must be left out where --N names several counts",
    }.items():
        code, text = run(*words, *said)
        assert (code, sentence in text, "\n" in text) == (2, True, False)
