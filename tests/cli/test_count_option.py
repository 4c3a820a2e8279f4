"""`--count`: a table's N with or without embeddings, and what that does to an exponent."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from commands import run
from scalelaw.flops import omega, total_of
from scalelaw.laws import Chinchilla
from surfaces import TRUTH, losses

TEX = Chinchilla(**sl.published["hoffmann2022_A3_tex"].constants)


@pytest.fixture(scope="module")
def curves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Chinchilla's own curves, without noise, at the sizes and budgets of Kaplan et al.; N is total."""
    bare = np.repeat(np.logspace(2.9, 9.2, 20), 161)
    N, D = total_of(bare), np.tile(np.logspace(6, 14, 161), 20)
    kept = (6 * bare * D > 10**12.95) & (6 * bare * D < 10**20.7)
    table = pd.DataFrame({"params": N, "tokens": D, "loss": losses(TEX, N, D), "run": bare})
    path = tmp_path_factory.mktemp("count") / "curves.csv"
    table[kept].to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def made_bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs whose law is in non-embedding parameters; the table's N is total, by a vocabulary of 50,257."""
    bare = np.repeat(np.geomspace(1e6, 1e9, 6), 6)
    D = np.tile(np.geomspace(1e9, 1e11, 6), 6)
    N = total_of(bare, omega(50257, 100))
    table = pd.DataFrame({"params": N, "tokens": D, "loss": losses(TRUTH, bare, D), "emb": N - bare})
    path = tmp_path_factory.mktemp("count") / "runs.csv"
    table.to_csv(path, index=False)
    return path


def test_kaplans_exponent_falls_out(curves: Path) -> None:
    """0.74 by Hoffmann's constants where embeddings are left out of N and C (Pearce & Song 2024)."""
    words = ("envelope", curves, "--group", "run", "--edges", "--json")
    bare = json.loads(run(*words, "--count", "non-embedding")[1])
    total = json.loads(run(*words)[1])
    assert bare["frontier"]["N"]["exponent"] == pytest.approx(0.7399, abs=5e-4)
    assert total["frontier"]["N"]["exponent"] < 0.48


@pytest.mark.parametrize("ways", [("--vocabulary", 50257, "--aspect", 100), ("--embeddings", "emb")])
def test_a_fit_in_the_other_count(made_bare: Path, ways: tuple[object, ...]) -> None:
    code, text = run("fit", made_bare, "--starts", "projected", "--count", "non-embedding", *ways, "--json")
    assert code == 0
    params = json.loads(text)["params"]
    found = [
        params[name]["value"] if isinstance(params[name], dict) else params[name] for name in TRUTH._fields
    ]
    np.testing.assert_allclose(found, TRUTH, rtol=1e-6)


def test_the_fit_says_so(made_bare: Path) -> None:
    text = run("fit", made_bare, "--starts", "projected", "--count", "non-embedding")[1]
    assert "N is non-embedding: the total N of the table less embeddings by N_total = N + 47,491" in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--count", "active"), "--count must be one of 'total', 'non-embedding', got 'active'"),
        (("--vocabulary", 50257), "--vocabulary must be given with --count, got 50257; add --count"),
        (("--embeddings", "emb"), "--embeddings must be given with --count, got 'emb'; add --count"),
        (
            ("--count", "total", "--embeddings", "emb", "--aspect", 100),
            "--aspect must be left out where --embeddings names a column, got 100.0",
        ),
        (("--count", "total", "--vocabulary", -1), "vocabulary must be a positive finite number, got -1"),
        (("--count", "total", "--embeddings", "size"), "embeddings must be a column of runs.csv"),
    ],
)
def test_bad_input(made_bare: Path, words: tuple[object, ...], sentence: str) -> None:
    code, text = run("fit", made_bare, *words)
    assert code == 2
    assert text.startswith(sentence)
