"""Models whose sizes are public."""

from typing import Any

from scalelaw.flops import Transformer


def hoffmann(width: float, ffw: float, key_size: float, heads: float, layers: float) -> Transformer:
    """As Hoffmann et al. 2022 built them: 32,000 tokens, tied, keys of relative positions."""
    whole: dict[str, Any] = {"positions": "relative", "vocabulary": 32000, "tied": True, "context": 2048}
    return Transformer(int(layers), int(width), int(heads), key_size=int(key_size), ffw=int(ffw), **whole)


GPT3 = Transformer(96, 12288, 96, 50257, tied=True, positions="learned", context=2048)
LLAMA2_70B = Transformer(80, 8192, 64, 32000, kv_heads=8, ffw=28672, glu=True, context=4096)
LLAMA3_8B = Transformer(32, 4096, 32, 128256, kv_heads=8, ffw=14336, glu=True, context=8192)
MIXTRAL = Transformer(
    32, 4096, 32, 32000, kv_heads=8, ffw=14336, glu=True, experts=8, active_experts=2, context=4096
)
