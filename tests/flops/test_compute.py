"""FLOP counts against the papers' own tables and formulas."""

import dataclasses

import pytest
from public_models import MIXTRAL, hoffmann

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.flops import (
    FLOP_COUNTS,
    FlopCount,
    Transformer,
    active_parameters,
    flop_count,
    parameters,
    training_flops,
)

ROWS = sl.published.table("hoffmann_tableA4")
MODELS = [hoffmann(row["d_model"], row["ffw"], row["kq_size"], row["heads"], row["n_layer"]) for row in ROWS]


def of_6ND(model: Transformer, flops: float) -> float:
    """FLOP a token over 6 N, to the two decimals of table A4."""
    return round(flops / FLOP_COUNTS["6ND"].training(model), 2)


def logits(model: Transformer) -> int:
    return 6 * model.vocabulary * model.width


def test_table_A4_is_without_embeddings_and_logits() -> None:
    ratios = [of_6ND(model, FLOP_COUNTS["hoffmann-A4"].training(model)) for model in MODELS]
    assert ratios == [row["ratio_published"] for row in ROWS] == [1.03, 1.10, 1.08, 1.04, 1.03, 0.99]


def test_appendix_F_as_written_is_not_table_A4() -> None:
    whole = [of_6ND(model, FLOP_COUNTS["hoffmann"].training(model)) for model in MODELS]
    assert whole == [1.58, 1.32, 1.23, 1.15, 1.12, 1.03]
    with_logits = [
        of_6ND(model, FLOP_COUNTS["hoffmann-A4"].training(model) + logits(model)) for model in MODELS
    ]
    assert with_logits == [1.30, 1.21, 1.16, 1.09, 1.07, 1.01]


def test_appendix_F_line_by_line() -> None:
    """Per sequence of length s, as the appendix lists it; backward is twice forward."""
    model = hoffmann(640, 2560, 64, 10, 10)
    s, V, d, f, h, k = 2048, 32000, 640, 2560, 10, 64
    attention = (
        2 * 3 * s * d * k * h + 2 * s * s * k * h + 3 * h * s * s + 2 * s * s * k * h + 2 * s * k * h * d
    )
    sequence = 2 * s * V * d + 10 * (attention + 2 * s * (d * f + d * f)) + 2 * s * d * V
    assert FLOP_COUNTS["hoffmann"].forward(model) * s == sequence
    assert FLOP_COUNTS["hoffmann"].training(model) * s == 3 * sequence


def test_kaplan() -> None:
    """C_forward = 2 N + 2 n_layer n_ctx d_attn (eq. 2.2); C = 6 N without the context."""
    model = Transformer(48, 1600, 25, 50257, context=1024, tied=True, positions="learned")
    assert FLOP_COUNTS["kaplan"].forward(model) == 2 * 1_474_560_000 + 2 * 48 * 1024 * 1600
    assert FLOP_COUNTS["6ND non-embedding"].training(model) == 6 * 1_474_560_000


def test_deepseek() -> None:
    """M = 72 n d^2 + 12 n d l; against it their table 3 has 6 N_1 at 0.43 and 6 N_2, with vocabulary, at 1.32."""
    (point,) = sl.published["deepseek2024_M"].checks
    model = Transformer(8, 512, 8, 102400, context=4096, tied=True)
    M = FLOP_COUNTS["deepseek"].training(model)
    assert point.x == {"n_layer": 8, "d_model": 512, "l_seq": 4096}
    assert M == 72 * 8 * 512**2 + 12 * 8 * 512 * 4096 == pytest.approx(point.y, rel=point.rtol)
    assert FLOP_COUNTS["6ND non-embedding"].training(model) / M == pytest.approx(0.43, abs=0.005)
    assert FLOP_COUNTS["linear"].training(model) / M == pytest.approx(1.32, abs=0.005)


def test_exact_counts_every_matrix_product() -> None:
    """By hand: queries, keys, values, outputs, two FFW matrices, logits; scores and their weighted values."""
    d, h, k, kv, f, V, s = 12, 4, 2, 2, 30, 50, 7
    model = Transformer(3, d, h, V, key_size=k, kv_heads=kv, ffw=f, context=s)
    block = d * h * k + 2 * d * kv * k + h * k * d + 2 * d * f + 2 * s * h * k
    assert FLOP_COUNTS["exact"].forward(model) == 2 * (3 * block + d * V)
    relative = dataclasses.replace(model, positions="relative")
    more = FLOP_COUNTS["exact"].forward(relative) - FLOP_COUNTS["exact"].forward(model)
    assert more == 2 * 3 * (d * h * k + s * h * k)


def test_linear_is_without_input_embeddings() -> None:
    model = Transformer(2, 12, 3, 100)
    assert FLOP_COUNTS["linear"].forward(model) == 2 * (parameters(model).total - 1200)


def test_experts_cost_what_a_token_passes() -> None:
    assert FLOP_COUNTS["6ND"].training(MIXTRAL) == 6 * active_parameters(MIXTRAL).total
    more = dataclasses.replace(MIXTRAL, experts=16)
    for count in FLOP_COUNTS.values():
        assert count.forward(more) - count.forward(MIXTRAL) == 2 * 8 * 32 * 4096, count.name


def test_training_compute() -> None:
    """GPT-3: 3.14e23 FLOP on 300B tokens (Brown et al. 2020, table D.1)."""
    gpt3 = Transformer(96, 12288, 96, 50257, tied=True, positions="learned")
    assert training_flops(gpt3, 300e9) == pytest.approx(3.14e23, rel=2e-3)
    ratio = training_flops(gpt3, 300e9, "kaplan") / training_flops(gpt3, 300e9, "6ND non-embedding")
    assert ratio == pytest.approx(1 + 2048 / (12 * 12288), rel=1e-12)


def test_a_users_own_count_passes() -> None:
    mine = FlopCount("mine", "one a layer", lambda model: model.layers)
    assert flop_count(mine) is mine
    assert training_flops(Transformer(5, 12, 3, 7), 10, mine) == 150


def test_unknown_count_and_no_tokens() -> None:
    model = Transformer(5, 12, 3, 7)
    with pytest.raises(
        BadInput, match=r"^count must be one of '6ND', .*got 'hofmann'; did you mean 'hoffmann'\?$"
    ):
        training_flops(model, 1, "hofmann")
    with pytest.raises(BadInput, match="^tokens must be a positive finite number, got 0$"):
        training_flops(model, 0)
