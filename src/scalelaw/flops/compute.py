"""Training compute C: by conventions, of parameters N and tokens D, and by counting a transformer's FLOP.

A convention is a value, so a new one is one more `Convention` and one more entry of `CONVENTIONS`. Every rule that
counts takes a backward pass for two forward ones, and of the parameters only those that a token passes: of
experts, the active ones.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from scalelaw._checks import check_choice, check_positive
from scalelaw.flops.transformer import Transformer, active_parameters

PF_DAY = 8.64e19
"""FLOP in one petaFLOP/s-day: 1e15 FLOP/s for 86,400 s (Kaplan et al. 2020, section 1.3)."""

Amount = Any
"""A float, a NumPy array or a JAX array; a convention maps each to its own kind."""


@dataclass(frozen=True)
class Convention:
    """A named rule between parameters N, tokens D and training compute C (FLOP).

    Attributes:
        name: What users write, e.g. "6ND".
        description: The rule in one sentence, with its source.
        flops: (N, D) -> C.
        tokens: (C, N) -> D, the inverse in D.
        params: (C, D) -> N, the inverse in N.
    """

    name: str
    description: str
    flops: Callable[[Amount, Amount], Amount]
    tokens: Callable[[Amount, Amount], Amount]
    params: Callable[[Amount, Amount], Amount]


SIX_ND = Convention(
    name="6ND",
    description="C = 6 N D: 2 FLOP a parameter and token forward, 4 backward "
    "(Kaplan et al. 2020, section 2.1; Hoffmann et al. 2022, section 3.3)",
    flops=lambda N, D: 6 * N * D,
    tokens=lambda C, N: C / (6 * N),
    params=lambda C, D: C / (6 * D),
)
"""Every parameter multiplies and adds once forward (2 FLOP) and twice backward (4 FLOP) for each token."""

CONVENTIONS: Mapping[str, Convention] = MappingProxyType({rule.name: rule for rule in (SIX_ND,)})
"""The conventions by name."""


def convention(name: str | Convention) -> Convention:
    """The convention called `name`; a `Convention` is handed back as it is.

    Raises:
        BadInput: No convention has this name.
    """
    return name if isinstance(name, Convention) else CONVENTIONS[check_choice("flops", name, CONVENTIONS)]


@dataclass(frozen=True)
class FlopCount:
    """A named rule from a transformer's dimensions to its FLOP.

    Attributes:
        name: What users write, e.g. "hoffmann".
        description: The rule in one sentence, with its source.
        forward: FLOP of one token's forward pass, within a sequence of the whole context.
    """

    name: str
    description: str
    forward: Callable[[Transformer], int]

    def training(self, model: Transformer) -> int:
        """FLOP of one token's forward and backward pass."""
        return 3 * self.forward(model)


def _context(model: Transformer) -> int:
    """Scores or weighted values of one token with the whole context: as many multiplications as additions."""
    return 2 * model.layers * model.context * model.query_width


def _hoffmann_blocks(model: Transformer) -> int:
    count = active_parameters(model)
    softmax = 3 * model.layers * model.heads * model.context
    return 2 * (count.attention + count.ffw + count.router) + 2 * _context(model) + softmax


_RULES = (
    FlopCount(
        "6ND",
        "6 N a token, N all parameters (Hoffmann et al. 2022)",
        lambda model: 2 * active_parameters(model).total,
    ),
    FlopCount(
        "6ND non-embedding",
        "6 N a token, N without embeddings and head (Kaplan et al. 2020, section 2.1)",
        lambda model: 2 * active_parameters(model).non_embedding,
    ),
    FlopCount(
        "kaplan",
        "3 (2 N + 2 n_layer n_ctx d_attn), N without embeddings and head; causal masking halves the "
        "term in the context (Kaplan et al. 2020, eq. 2.2 and table 1)",
        lambda model: 2 * active_parameters(model).non_embedding + _context(model),
    ),
    FlopCount(
        "hoffmann",
        "appendix F: embeddings and logits as matrix products, attention unmasked, softmax counted, "
        "relative-position keys not (Hoffmann et al. 2022)",
        lambda model: _hoffmann_blocks(model) + 2 * 2 * model.vocabulary * model.width,
    ),
    FlopCount(
        "hoffmann-A4",
        "appendix F without embeddings and logits, which is what the ratios of table A4 are made of "
        "(Hoffmann et al. 2022)",
        _hoffmann_blocks,
    ),
    FlopCount(
        "deepseek",
        "M = 6 N + 12 n_layer n_ctx d_attn, N without embeddings and head, which is "
        "72 n_layer d_model^2 + 12 n_layer d_model n_ctx (DeepSeek-AI 2024, arXiv:2401.02954, eq. 2)",
        lambda model: 2 * active_parameters(model).non_embedding + 2 * _context(model),
    ),
    FlopCount(
        "linear",
        "6 N, N with the head, without input embeddings (Porian et al. 2024, arXiv:2406.19146)",
        lambda model: 2 * active_parameters(model).linear,
    ),
    FlopCount(
        "exact",
        "every matrix product: linear layers, head, attention unmasked; a look-up of embeddings is none",
        lambda model: (
            2 * active_parameters(model).linear
            + (3 if model.positions == "relative" else 2) * _context(model)
        ),
    ),
)
FLOP_COUNTS: Mapping[str, FlopCount] = MappingProxyType({rule.name: rule for rule in _RULES})
"""The rules by name."""


def flop_count(name: str | FlopCount) -> FlopCount:
    """The rule called `name`; a `FlopCount` is handed back as it is.

    Raises:
        BadInput: No rule has this name.
    """
    return name if isinstance(name, FlopCount) else FLOP_COUNTS[check_choice("count", name, FLOP_COUNTS)]


def training_flops(model: Transformer, tokens: float, count: str | FlopCount = "6ND") -> float:
    """Training compute C [FLOP].

    Args:
        model: What is trained.
        tokens: Training tokens D.
        count: The rule, or its name.

    Raises:
        BadInput: No rule has this name, or the tokens are no positive number.

    Examples:
        >>> chinchilla = sl.flops.Transformer(80, 8192, 64, 32_000, tied=True, positions="relative")
        >>> f"{sl.flops.training_flops(chinchilla, 1.4e12):.3g}"
        '5.88e+23'
        >>> f"{sl.flops.training_flops(chinchilla, 1.4e12, 'hoffmann'):.3g}"
        '5.68e+23'
    """
    return flop_count(count).training(model) * check_positive("tokens", tokens)
