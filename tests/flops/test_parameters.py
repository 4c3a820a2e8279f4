"""Parameter counts against the sizes that papers and released models state."""

import dataclasses

import numpy as np
import pytest
from public_models import GPT3, LLAMA2_70B, LLAMA3_8B, MIXTRAL, hoffmann

import scalelaw as sl
from scalelaw.flops import COUNTS, Transformer, active_parameters, parameters


def table_A9() -> list[tuple[Transformer, float]]:
    """The 50 models of Hoffmann et al. 2022 and the sizes that they print."""
    rows = sl.published.table("hoffmann_tableA9")
    return [
        (
            hoffmann(row["d_model"], row["ffw"], row["kv_size"], row["n_heads"], row["n_layers"]),
            row["params_million"] * 1e6,
        )
        for row in rows
    ]


def test_table_A9_within_0_8_percent() -> None:
    off = np.array([parameters(model).total / size - 1 for model, size in table_A9()])
    assert len(off) == 50
    assert round(100 * np.abs(off).max(), 1) == 0.8  # 43.65M, which the table prints as 44
    assert np.sort(np.abs(off))[-2] < 0.0045
    assert off.mean() == pytest.approx(-0.0009, abs=5e-5)


def test_table_A9_has_five_attention_matrices() -> None:
    """With four, as positions without keys of their own have, the sizes come out some 7 % small."""
    off = [
        parameters(dataclasses.replace(model, positions="rotary")).total / size - 1
        for model, size in table_A9()
    ]
    assert np.mean(off) == pytest.approx(-0.07, abs=0.01)


def test_chinchilla_and_gopher() -> None:
    """Hoffmann et al. 2022, table 4: 80 layers, heads of 128; width 8,192 with 64, 16,384 with 128."""
    assert parameters(hoffmann(8192, 32768, 128, 64, 80)).total == pytest.approx(70e9, rel=2e-3)
    assert parameters(hoffmann(16384, 65536, 128, 128, 80)).total == pytest.approx(280e9, rel=2e-3)


def test_kaplan_counts_12_n_d_squared() -> None:
    (point,) = sl.published["kaplan2020_params"].checks
    n, d = int(point.x["n_layer"]), int(point.x["d_model"])
    assert parameters(Transformer(n, d, 25, 50257)).non_embedding == point.y == 12 * n * d**2


def test_kaplan_counts_by_d_attn_and_d_ff() -> None:
    """N = 2 d n (2 d_attn + d_ff), eq. 2.1."""
    model = Transformer(6, 100, 3, 50257, key_size=16, ffw=130)
    assert parameters(model).non_embedding == 2 * 100 * 6 * (2 * 48 + 130)


def test_gpt3() -> None:
    """Brown et al. 2020, table D.1: 174,600 million."""
    assert parameters(GPT3).total == pytest.approx(174_600e6, rel=2e-4)
    assert parameters(GPT3).embeddings == (50257 + 2048) * 12288


@pytest.mark.parametrize(
    ("model", "released", "norms"),
    [(LLAMA2_70B, 68_976_648_192, 161), (LLAMA3_8B, 8_030_261_248, 65), (MIXTRAL, 46_702_792_704, 65)],
)
def test_released_weights_to_the_last_matrix(model: Transformer, released: int, norms: int) -> None:
    """All that the files hold but the gains of the norms, one vector of the width each."""
    assert parameters(model).total == released - norms * model.width


def test_mixtral_passes_two_experts() -> None:
    """Jiang et al. 2024, arXiv:2401.04088: 12.9B active of 46.7B."""
    active = active_parameters(MIXTRAL)
    assert active.total == pytest.approx(12.9e9, abs=5e7)
    assert active.router == parameters(MIXTRAL).router == 32 * 4096 * 8
    assert active._replace(ffw=4 * active.ffw) == parameters(MIXTRAL)


def test_dense_models_are_all_active() -> None:
    assert active_parameters(LLAMA2_70B) == parameters(LLAMA2_70B)


@pytest.mark.parametrize("experts", [2, 8, 64])
def test_joint_moe(experts: int) -> None:
    """Ludziejewski et al. 2025: N_total = 2 d V + (4 + 9 E) n d^2, N_act = 2 d V + 13 n d^2, no router."""
    n, d, V = 12, 768, 32000
    model = Transformer(n, d, 12, V, ffw=3 * d, glu=True, experts=experts)
    made, active = parameters(model), active_parameters(model)
    assert made.total - made.router == 2 * d * V + (4 + 9 * experts) * n * d**2
    assert active.total - active.router == 2 * d * V + 13 * n * d**2


def test_the_four_counts() -> None:
    """A model small enough to count by hand: a block of 4 x 16 + 2 x 64, 5 tokens of 4."""
    counts = {name: count(parameters(Transformer(1, 4, 1, 5))) for name, count in COUNTS.items()}
    assert counts == {"total": 232, "without head": 212, "linear": 212, "non-embedding": 192}
    tied = parameters(Transformer(1, 4, 1, 5, tied=True))
    assert (tied.total, tied.without_head, tied.linear, tied.non_embedding) == (212, 212, 212, 192)
