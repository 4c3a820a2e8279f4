"""A whole table in the other count."""

import numpy as np
import pandas as pd
import pytest

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.flops import non_embedding_of, omega, total_of
from surfaces import TRUTH, losses

N, D = np.array([1e7, 1e8, 1e9]), np.array([1e9, 2e9, 3e9])


def runs(**columns: object) -> sl.Runs:
    table = pd.DataFrame({"params": N, "tokens": D, "loss": losses(TRUTH, N, D), **columns})
    return sl.Runs.from_frame(table, inputs=list(columns) if "emb" in columns else None)


def test_by_the_curve_there_and_back() -> None:
    bare = sl.recount(runs(), "non-embedding")
    np.testing.assert_array_equal(bare.N, non_embedding_of(N))
    np.testing.assert_array_equal(bare.C, 6 * bare.N * D)
    np.testing.assert_array_equal(bare.D, D)
    np.testing.assert_allclose(sl.recount(bare, "total").N, N, rtol=1e-14)


def test_by_a_vocabulary_and_an_aspect() -> None:
    wide = sl.recount(runs(), "total", omega=omega(50257, 128))
    np.testing.assert_array_equal(wide.N, total_of(N, omega(50257, 128)))


def test_by_each_models_own_embeddings() -> None:
    size = np.array([4e6, 2e7, 1e8])
    less = sl.recount(runs(emb=size), "non-embedding", embeddings="emb")
    more = sl.recount(runs(emb=size), "total", embeddings="emb")
    np.testing.assert_array_equal(less.N, N - size)
    np.testing.assert_array_equal(more.N, N + size)
    np.testing.assert_array_equal(more.C, 6 * (N + size) * D)


def test_gemstones_have_both_counts(shared_data: object) -> None:
    """McLeish et al. 2025 list either count; their difference brings one to the other."""
    table = pd.read_csv(f"{shared_data}/gemstones_hot.csv")
    table["emb"] = table["params"] - table["params_no_embed"]
    read = sl.Runs.from_frame(table, N="params", D="tokens", L="loss", inputs=["emb"])
    np.testing.assert_array_equal(
        sl.recount(read, "non-embedding", embeddings="emb").N, table["params_no_embed"]
    )


def test_it_is_noted() -> None:
    made = sl.recount(runs(), "non-embedding")
    assert made.notes[-1] == (
        "N is non-embedding: the total N of the table less embeddings by "
        "N_total = N + 47,491 N^(1/3) (Pearce & Song 2024); C is 6ND of it"
    )
    named = sl.recount(runs(emb=np.ones(3)), "total", embeddings="emb")
    assert named.notes[-1] == (
        "N is total: the non-embedding N of the table with embeddings by "
        "the embedding parameters in 'emb'; C is 6ND of it"
    )
    assert runs().notes == made.notes[:-1]


def test_c_that_was_read_is_made_anew() -> None:
    given = runs(flops=6 * N * D)
    made = sl.recount(given, "non-embedding")
    assert "C" in given.columns
    assert "C" not in made.columns
    np.testing.assert_array_equal(made.C, 6 * made.N * D)


def test_a_table_of_sizes_alone() -> None:
    table = pd.DataFrame({"params": N, "loss": [4.0, 3.0, 2.0]})
    made = sl.recount(sl.Runs.from_frame(table), "non-embedding")
    assert made.C is None
    assert made.notes[-1].endswith("(Pearce & Song 2024)")


def test_a_fit_sees_the_other_count() -> None:
    """Runs made in non-embedding parameters give their law back only when counted so."""
    inner = np.repeat(np.geomspace(1e6, 1e9, 6), 6)
    tokens = np.tile(np.geomspace(1e9, 1e11, 6), 6)
    table = pd.DataFrame({"N": total_of(inner), "D": tokens, "L": losses(TRUTH, inner, tokens)})
    read = sl.Runs.from_frame(table)
    fitted = sl.fit(sl.recount(read, "non-embedding"), starts="projected")
    np.testing.assert_allclose(fitted.params, TRUTH, rtol=1e-6)
    assert sl.fit(read, starts="projected").params.alpha > 0.4


def test_bad_input() -> None:
    with pytest.raises(BadInput, match="^count must be one of 'total', 'non-embedding', got 'active'$"):
        sl.recount(runs(), "active")
    with pytest.raises(
        BadInput, match=r"^table, row 2, column 'emb': embedding parameters must be at least 0 and"
    ):
        sl.recount(runs(emb=np.array([1e6, 1e8, 1e6])), "non-embedding", embeddings="emb")
    with pytest.raises(BadInput, match="^table: input must be one of 'N', 'D', 'C', got 'emb'"):
        sl.recount(runs(), "total", embeddings="emb")
    no_size = sl.Runs.from_frame(pd.DataFrame({"tokens": D, "loss": [4.0, 3.0, 2.0]}))
    with pytest.raises(
        BadInput, match="^table: N must be in a table that is counted anew, got no such column$"
    ):
        sl.recount(no_size, "total")
    no_data = pd.DataFrame({"params": N, "flops": 6 * N * D, "loss": [4.0, 3.0, 2.0]})
    with pytest.raises(
        BadInput, match="^table: D must be there for C to follow N in another count, got no tokens"
    ):
        sl.recount(sl.Runs.from_frame(no_data, flops="given"), "total")
