"""Pearce & Song's curve between the counts, both ways."""

import numpy as np
import pytest
from public_models import hoffmann

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.flops import OMEGA, non_embedding_of, omega, parameters, total_of


def test_omega_of_vocabulary_and_aspect() -> None:
    assert sl.published["pearce2024_embedding"].constants == {"omega": OMEGA}
    assert omega() == pytest.approx(OMEGA, rel=1e-14)
    assert omega(32000, 39.2) == pytest.approx(OMEGA, rel=5e-4)
    assert omega(64000) == pytest.approx(2 * OMEGA, rel=1e-14)


def test_omega_is_exact_where_the_aspect_is_kept() -> None:
    """Width 1,024 and 16 layers: N = 12 n d^2, and the embeddings are V d."""
    N, d, n, V = 12 * 16 * 1024**2, 1024, 16, 50257
    assert total_of(N, omega(V, d / n)) == pytest.approx(N + V * d, rel=1e-14)


def test_the_inverse_is_the_inverse() -> None:
    N = np.geomspace(1, 1e15, 61)
    np.testing.assert_allclose(non_embedding_of(total_of(N)), N, rtol=1e-14)
    np.testing.assert_allclose(total_of(non_embedding_of(N, 1e5), 1e5), N, rtol=1e-14)


def test_the_curve_runs_through_table_A9() -> None:
    """The 50 models that it was fitted to, embeddings of 32,000 tokens: within 5 %, most of them within 1 %."""
    made = [
        parameters(hoffmann(row["d_model"], row["ffw"], row["kv_size"], row["n_heads"], row["n_layers"]))
        for row in sl.published.table("hoffmann_tableA9")
    ]
    N, total = (np.array([getattr(one, name) for one in made]) for name in ("non_embedding", "total"))
    off = np.abs(total_of(N) / total - 1)
    assert off.max() < 0.05
    assert np.median(off) < 0.01


def test_bad_omega() -> None:
    with pytest.raises(BadInput, match="^omega must be a positive finite number, got 0$"):
        total_of(1e9, 0)
    with pytest.raises(BadInput, match="^aspect must be a positive finite number, got -1$"):
        omega(32000, -1)
    with pytest.raises(BadInput, match="^vocabulary must be a positive finite number, got 0$"):
        omega(0)
