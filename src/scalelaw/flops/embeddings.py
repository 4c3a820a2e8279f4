"""How many parameters embeddings add: N_total = N + omega N^(1/3) (Pearce & Song 2024, arXiv:2406.12907, eq. 11).

At one aspect ratio width / layers, N = 12 width^3 / aspect, so that the embeddings, vocabulary x width, grow
with the cube root of N.
"""

from typing import Any

import numpy as np

from scalelaw._checks import check_positive

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
