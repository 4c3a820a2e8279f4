"""`scalelaw allocate` with serving, unique tokens, limits, cost curves and gains; and with published fits."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scalelaw as sl
from commands import run

FIT = "hoffmann2022_A3_devries"


def told(*words: object) -> Any:
    code, text = run("allocate", *words, "--json")
    assert code == 0, text
    return json.loads(text)


@pytest.fixture(scope="module")
def draws(table: Path) -> sl.Draws:
    return sl.bootstrap(sl.fit(sl.read_runs(table), starts="projected"), 100, 3)


class TestPublished:
    def test_a_plain_question(self) -> None:
        answer = told(FIT, "--flops", "1e22")
        assert answer["N"] == pytest.approx(sl.allocate(sl.published[FIT], C=1e22).N, rel=1e-14)
        assert (answer["published"], answer["law"]) == (FIT, "chinchilla")

    def test_serving_in_dollars(self) -> None:
        words = ("--gpu-flops", "989e12", "--price-training", 2, "--price-inference", 3)
        served = ("--inference-tokens", "2T", "--generated-tokens", "500B")
        answer = told(FIT, "--budget", "1e6", *words, *served)
        hours = [6 * answer["N"] * answer["D"] / 0.5, 3e12 * answer["N"] / 0.5, 1e12 * answer["N"] / 0.01]
        assert np.dot(hours, [2, 3, 3]) / (989e12 * 3600) == pytest.approx(1e6, rel=1e-12)
        assert answer["certified"]
        assert answer["conventions"][-1].endswith("$2 an hour in training, $3 in serving")

    def test_unique_tokens(self) -> None:
        answer = told("muennighoff2023", "--flops", "1e22", "--unique-tokens", "25B")
        assert (answer["N"], answer["epochs"]) == pytest.approx((7.0262e9, 9.488), rel=1e-4)
        fresh = told(FIT, "--flops", "1e22", "--unique-tokens", "25B", "--no-repeats")
        assert (fresh["D"], fresh["at"]) == (25e9, ["tokens"])

    def test_memory_latency_and_sizes(self) -> None:
        words = (FIT, "--flops", "1e25", "--memory", "80GB", "--bytes-per-parameter", 1)
        assert told(*words)["N"] == 80e9
        slow = told(*words, "--latency", "20ms", "--bandwidth", "3.35TB")
        assert slow["N"] == pytest.approx(67e9, rel=1e-14)
        assert (
            slow["limits"][1]
            == "--latency: a token takes at most 20ms: 1 N bytes of weights read at 3.35TB/s"
        )
        assert told(*words, "--sizes", "7B,70B,700B")["N"] == 70e9
        assert told(FIT, "--flops", "1e23", "--params", "7B", "--inference-tokens", "2T")["N"] == 7e9

    def test_says_at_which_bound(self) -> None:
        code, text = run("allocate", FIT, "--flops", "1e24", "--max-params", "7B")
        assert code == 0
        assert "note: at the cap, N = 7B: the law alone would take N = 53.68B" in text
        assert "N <= 7B parameters" in text

    def test_smaller(self) -> None:
        answer = told(FIT, "--flops", "1e22", "--smaller", "30%", "--smaller", "0.1")
        assert answer["more_compute"] == pytest.approx([0, 0.00355469, 0.04513932], abs=1e-8)

    def test_gain(self) -> None:
        assert told(FIT, "--flops", "1e22", "--against", FIT)["gain"] == pytest.approx(1, rel=1e-10)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--flops", "1e23", "--tokens", "7B", "--inference-tokens", "2T"), "--tokens must be left out with"),
        (("--flops", "1e23", "--gpu-flops", "1e15"), "--flops must be left out where costs are in GPU-hours"),
        (("--budget", "1e6"), "--budget must be given together with --gpu-flops"),
        (
            ("--loss-target", "2", "--utilisation", ".5"),
            "--utilisation must be given together with --gpu-flops",
        ),
        (("--loss-target", "2", "--gpu-flops", "1e15", "--price-inference", "2"), "with --price-training"),
        (("--loss-target", "2", "--latency", "20ms"), "together with --bandwidth or --serving-flops"),
        (("--loss-target", "2", "--bandwidth", "3TB"), "--bandwidth must be given together with --latency"),
        (("--loss-target", "2", "--latency", "soon", "--bandwidth", "3TB"), "written like 20ms or 0.02s"),
        (("--flops", "1e23", "--memory", "lots"), "--memory must be a number of bytes, written like 80GB"),
        (("--flops", "1e23", "--sizes", "1B,big"), "sizes[1] must be a positive number"),
        (("--flops", "1e23", "--sizes", "1B", "--params", "7B"), "--params must be left out with --sizes"),
        (("--inference-tokens", "2T"), "must be one of --flops and --loss-target, got neither"),
        (("--flops", "1e23", "--smaller", "3"), "--smaller must be a share between 0 and 1"),
        (("--flops", "1e23", "--smaller", ".95"), "smaller must be below 0.9026"),
        (
            ("--loss-target", "2", "--smaller", ".3"),
            "--smaller must be given with --flops, a budget, and nothing",
        ),
        (("--flops", "1e23", "--against", "besiroglu"), "did you mean"),
        (("--flops", "1e23", "--bootstrap", "50"), "--bootstrap must be of a table of runs or a saved fit"),
        (("--flops", "1e22", "--no-repeats"), "U must be given, the unique tokens at hand"),
    ],
)
def test_refused_in_a_sentence(words: tuple[str, ...], message: str) -> None:
    code, text = run("allocate", FIT, *words)
    assert code == 2
    assert message in text
    assert "\n" not in text


def test_a_name_that_is_neither_file_nor_published() -> None:
    code, text = run("allocate", "besiroglu2024", "--flops", "1e22")
    assert code == 2
    assert "or 'besiroglu2024_paper'" in text


class TestIntervals:
    """Of a table, by --bootstrap: the draws' own answers, BCa."""

    SEED = ("--starts", "projected", "--bootstrap", "100", "--seed", "3")

    def test_of_a_plan(self, table: Path, draws: sl.Draws) -> None:
        answer = told(table, *self.SEED, "--flops", "1e21", "--max-params", "1B")
        size = lambda p: np.minimum(sl.laws.chinchilla.optimum(p, 1e21).N, 1e9)  # type: ignore[misc]  # noqa: E731
        ends = answer["intervals"]["of"]["N"]
        expected = draws.interval(lambda p: sl.laws.chinchilla.optimum(p, 1e21).N)  # type: ignore[misc]
        assert answer["N"] == pytest.approx(size(draws.fit.params), rel=1e-9)
        np.testing.assert_allclose((ends["low"], ends["high"]), np.minimum(expected, 1e9), rtol=1e-3)

    def test_of_a_smaller_model(self, table: Path, draws: sl.Draws) -> None:
        answer = told(table, *self.SEED, "--flops", "1e21", "--smaller", "0.3")
        tokens = lambda p: (1 - (0.7**-p.alpha - 1) * p.beta / p.alpha) ** (-1 / p.beta)  # noqa: E731
        ends = answer["intervals"]["of"]["tokens"]
        np.testing.assert_allclose([ends["low"][0], ends["high"][0]], draws.interval(tokens), rtol=1e-3)

    def test_of_a_gain(self, table: Path) -> None:
        code, text = run("allocate", table, *self.SEED, "--flops", "1e21", "--against", "besiroglu2024_paper")
        assert code == 0
        assert "95 % bca intervals" in text
        assert "note: the baseline is taken as it is, without draws" in text
