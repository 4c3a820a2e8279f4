"""Parameters of a transformer, part by part, and the counts that papers call N.

Matrices are counted, norms and biases are not: some 1e-5 of a model of today.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from scalelaw.flops.transformer import Transformer


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
    return _counted(model, model.experts)


def active_parameters(model: Transformer) -> Parameters:
    """The parameters that one token passes: those of its active experts alone.

    Examples:
        >>> mixtral = sl.flops.Transformer(
        ...     32, 4096, 32, 32_000, kv_heads=8, ffw=14_336, glu=True, experts=8, active_experts=2
        ... )
        >>> f"{sl.flops.active_parameters(mixtral).total:.3g} of {sl.flops.parameters(mixtral).total:.3g}"
        '1.29e+10 of 4.67e+10'
    """
    return _counted(model, model.active_experts)


def _counted(model: Transformer, experts: int) -> Parameters:
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
