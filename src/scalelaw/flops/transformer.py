"""A transformer's dimensions, its parameters part by part, the counts that papers call N, what embeddings add to N.

Matrices are counted, norms and biases are not: some 1e-5 of a model of today. Embeddings make N_total =
N + omega N^(1/3) (Pearce & Song 2024, arXiv:2406.12907, eq. 11): at one aspect ratio width / layers,
N = 12 width^3 / aspect, so that the embeddings, vocabulary x width, grow with the cube root of N.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from scalelaw._checks import bad_input, check_at_least, check_choice, check_positive, shown

POSITIONS = ("rotary", "learned", "relative")
"""How positions enter: without parameters, as learned embeddings, or by relative keys in every layer."""


@dataclass(frozen=True)
class Transformer:
    """The dimensions that parameters and FLOP follow from.

    Attributes:
        layers: Blocks of attention and feed-forward network (FFW).
        width: Of the residual stream, d_model.
        heads: Of attention, per layer.
        vocabulary: Tokens it knows.
        key_size: Width of a head; None is width / heads.
        kv_heads: Heads of keys and values (grouped-query attention); None is one for each head.
        ffw: Hidden width of the FFW, of one expert; None is 4 x width.
        glu: Whether the FFW is gated, with three matrices instead of two (Shazeer 2020, arXiv:2002.05202).
        context: Tokens of a training sequence.
        tied: Whether the logits are made with the embedding matrix.
        positions: "rotary" for any way without parameters, "learned" for an embedding of each position of the
            context, "relative" for keys of relative positions, a fifth attention matrix (Dai et al. 2019,
            arXiv:1901.02860), which Hoffmann et al. 2022 use.
        experts: FFW networks in each layer.
        active_experts: Of these, how many a token passes.

    Raises:
        BadInput: A dimension is no whole number above zero, or two do not fit each other.

    Examples:
        >>> Transformer = sl.flops.Transformer
        >>> llama = Transformer(32, 4096, 32, 128_256, kv_heads=8, ffw=14_336, glu=True, context=8192)
        >>> f"{sl.flops.parameters(llama).total:,}"
        '8,029,995,008'
    """

    layers: int
    width: int
    heads: int
    vocabulary: int
    key_size: int | None = None
    kv_heads: int | None = None
    ffw: int | None = None
    glu: bool = False
    context: int = 2048
    tied: bool = False
    positions: str = "rotary"
    experts: int = 1
    active_experts: int = 1

    def __post_init__(self) -> None:
        for name in ("layers", "width", "heads", "vocabulary", "context", "experts", "active_experts"):
            check_at_least(name, getattr(self, name), 1)
        for name in ("key_size", "kv_heads", "ffw"):
            if getattr(self, name) is not None:
                check_at_least(name, getattr(self, name), 1)
        check_choice("positions", self.positions, POSITIONS)
        self._check_together()

    def _check_together(self) -> None:
        """Refuse dimensions that do not fit each other."""
        if self.key_size is None and self.width % self.heads:
            wanted = f"a multiple of heads ({self.heads}) where key_size is not given"
            raise bad_input("width", wanted, shown(self.width), advice="give key_size")
        if self.heads % (self.kv_heads or 1):
            raise bad_input("kv_heads", f"a divisor of heads ({self.heads})", shown(self.kv_heads))
        if self.active_experts > self.experts:
            raise bad_input("active_experts", f"at most experts ({self.experts})", shown(self.active_experts))

    @property
    def head_width(self) -> int:
        """Width of one head."""
        return self.key_size or self.width // self.heads

    @property
    def query_width(self) -> int:
        """Width of all heads' queries, d_attn."""
        return self.heads * self.head_width

    @property
    def kv_width(self) -> int:
        """Width of all heads' keys, and of their values."""
        return (self.kv_heads or self.heads) * self.head_width

    @property
    def hidden(self) -> int:
        """Hidden width of the FFW of one expert."""
        return self.ffw or 4 * self.width


class Parameters(NamedTuple):
    """Parameters by part.

    Attributes:
        attention: Queries, keys, values and outputs, all layers.
        relative: Keys of relative positions, all layers.
        ffw: Feed-forward networks, all layers and experts.
        router: What chooses experts, all layers.
        embeddings: Of tokens, and of positions where they are learned.
        head: The matrix that makes logits.
        tied: Whether that matrix is the embeddings'.
    """

    attention: int
    relative: int
    ffw: int
    router: int
    embeddings: int
    head: int
    tied: bool

    @property
    def non_embedding(self) -> int:
        """Without embeddings and head: N of Kaplan et al. 2020 and of Pearce & Song 2024."""
        return self.attention + self.relative + self.ffw + self.router

    @property
    def linear(self) -> int:
        """With the head, without input embeddings: N of Porian et al. 2024."""
        return self.non_embedding + self.head

    @property
    def without_head(self) -> int:
        """With input embeddings, without the head."""
        return self.non_embedding + self.embeddings

    @property
    def total(self) -> int:
        """All of them, a tied matrix once: N of Hoffmann et al. 2022."""
        return self.without_head + (0 if self.tied else self.head)


COUNTS: Mapping[str, Callable[[Parameters], int]] = MappingProxyType(
    {
        "total": lambda made: made.total,
        "without head": lambda made: made.without_head,
        "linear": lambda made: made.linear,
        "non-embedding": lambda made: made.non_embedding,
    }
)
"""What papers call N, by name."""


def parameters(model: Transformer) -> Parameters:
    """The parameters of a transformer, those of all experts.

    Examples:
        >>> gpt2 = sl.flops.Transformer(12, 768, 12, 50_257, tied=True, positions="learned", context=1024)
        >>> made = sl.flops.parameters(gpt2)
        >>> f"{made.total:,}, without embeddings {made.non_embedding:,}"
        '124,318,464, without embeddings 84,934,656'
    """
    return _count(model, model.experts)


def active_parameters(model: Transformer) -> Parameters:
    """The parameters that one token passes: those of its active experts alone.

    Examples:
        >>> mixtral = sl.flops.Transformer(
        ...     32, 4096, 32, 32_000, kv_heads=8, ffw=14_336, glu=True, experts=8, active_experts=2
        ... )
        >>> f"{sl.flops.active_parameters(mixtral).total:.3g} of {sl.flops.parameters(mixtral).total:.3g}"
        '1.29e+10 of 4.67e+10'
    """
    return _count(model, model.active_experts)


def _count(model: Transformer, experts: int) -> Parameters:
    """The parameters with `experts` networks in each layer."""
    n, d = model.layers, model.width
    positions = model.context * d if model.positions == "learned" else 0
    return Parameters(
        attention=2 * n * d * (model.query_width + model.kv_width),
        relative=n * d * model.query_width if model.positions == "relative" else 0,
        ffw=n * experts * (3 if model.glu else 2) * d * model.hidden,
        router=n * d * model.experts if model.experts > 1 else 0,
        embeddings=model.vocabulary * d + positions,
        head=model.vocabulary * d,
        tied=model.tied,
    )


OMEGA = 47491.0
"""Pearce & Song's value, of a vocabulary of 32,000 at Chinchilla's aspect ratio."""

VOCABULARY = 32000.0
ASPECT = 12 * (OMEGA / VOCABULARY) ** 3
"""The aspect ratio, 39.2, that gives `OMEGA` at 32,000 tokens."""


def omega(vocabulary: float = VOCABULARY, aspect: float = ASPECT) -> float:
    """The factor of N^(1/3): vocabulary (aspect / 12)^(1/3).

    Args:
        vocabulary: Tokens; twice as many where the head is not tied to the embeddings.
        aspect: Width / layers.

    Raises:
        BadInput: Either is not positive.

    Examples:
        >>> f"{sl.flops.omega():.0f}, {sl.flops.omega(128_256):.0f}"
        '47491, 190344'
    """
    ratio = check_positive("aspect", aspect) / 12
    return float(check_positive("vocabulary", vocabulary) * ratio ** (1 / 3))


def total_of(N: Any, omega: float = OMEGA) -> Any:
    """All parameters of models with N non-embedding ones; arrays in, arrays out.

    Raises:
        BadInput: omega is not positive.

    Examples:
        >>> f"{sl.flops.total_of(85e6):.4g}"
        '1.059e+08'
    """
    return N + check_positive("omega", omega) * np.cbrt(N)


def non_embedding_of(N_total: Any, omega: float = OMEGA) -> Any:
    """The non-embedding parameters of models with `N_total` in all: the inverse of `total_of`.

    N^(1/3) is the one real root of x^3 + omega x = N_total, in closed form.

    Raises:
        BadInput: omega is not positive.

    Examples:
        >>> f"{sl.flops.non_embedding_of(1e9):.4g}"
        '9.533e+08'
    """
    scale = np.sqrt(check_positive("omega", omega) / 3)
    root = 2 * scale * np.sinh(np.arcsinh(np.asarray(N_total) / (2 * scale**3)) / 3)
    return root**3
