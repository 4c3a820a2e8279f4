"""A decoder-only transformer over bytes in pure JAX.

Pre-norm, rotary positions, squared ReLU, tied embeddings, no biases, norms without gains: every number trained
stands in a matrix, so that `scalelaw.flops` counts the model exactly. Parametrised so that one learning rate
serves all widths (Yang et al. 2022, arXiv:2203.03466): a hidden matrix's rate falls as 1 / width, and so does the
logits' multiplier.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from scalelaw.flops import Transformer

BYTES = 256
CONTEXT = 64
BASE_WIDTH = 32  # the width at which a hidden matrix's learning rate is the stated one
HEAD = 16  # about as wide is each head of attention
ROTARY_BASE = 1000.0

# Of {1, 4, 8, 16} the gain that trained best at 1e11 FLOP and 32,768 parameters; it matters most of all
# settings: 2.65 nats a byte at a gain of 1, 2.02 at 8. Embeddings of this size start small models near ln 256.
LOGIT_GAIN = 8.0
EMBEDDING_SCALE = 0.25


class Weights(NamedTuple):
    """The matrices, those of all layers stacked on the first axis; d is the width.

    Attributes:
        embedding: (256, d), of the bytes and of the logits.
        qkv: (layers, d, 3 d).
        mix: (layers, d, d), from the heads back to the stream.
        up: (layers, d, 4 d).
        down: (layers, 4 d, d).
    """

    embedding: Array
    qkv: Array
    mix: Array
    up: Array
    down: Array


def transformer(layers: int, width: int) -> Transformer:
    """The model as `scalelaw.flops` knows it: heads about `HEAD` wide."""
    heads = max(1, round(width / HEAD))
    return Transformer(layers, width, heads, vocabulary=BYTES, context=CONTEXT, tied=True)


def initial(model: Transformer, key: Array) -> Weights:
    """Small embeddings, hidden matrices of variance 1 / inputs, and what joins the stream scaled for its depth."""
    d, n = model.width, model.layers
    shapes = {"qkv": (n, d, 3 * d), "mix": (n, d, d), "up": (n, d, 4 * d), "down": (n, 4 * d, d)}
    depth = (2 * n) ** -0.5
    scales = {"qkv": d**-0.5, "mix": depth * d**-0.5, "up": d**-0.5, "down": depth * (4 * d) ** -0.5}
    first, *keys = jax.random.split(key, 1 + len(shapes))
    hidden = {
        name: scales[name] * jax.random.normal(own, shape)
        for own, (name, shape) in zip(keys, shapes.items(), strict=True)
    }
    return Weights(embedding=EMBEDDING_SCALE * jax.random.normal(first, (BYTES, d)), **hidden)


def rate_scales(model: Transformer) -> Weights:
    """What each matrix's learning rate is multiplied with: 1 for embeddings, 32 / width for hidden ones."""
    hidden = jnp.float32(BASE_WIDTH / model.width)
    return Weights(jnp.float32(1), hidden, hidden, hidden, hidden)


def loss(weights: Weights, windows: Array, heads: int) -> Array:
    """Mean cross-entropy, nats a byte.

    Args:
        weights: The model's.
        windows: (batch, context + 1) bytes; each after the first is predicted from those before it.
        heads: Of attention.
    """
    inputs, targets = windows[:, :-1], windows[:, 1:].astype(int)
    scores = logits(weights, inputs, heads)
    chosen = jnp.take_along_axis(scores, targets[..., None], axis=-1)[..., 0]
    return jnp.mean(jax.nn.logsumexp(scores, axis=-1) - chosen)


def logits(weights: Weights, inputs: Array, heads: int) -> Array:
    """(batch, time, 256) from (batch, time) bytes."""
    stream = normed(weights.embedding[inputs])
    for layer in range(len(weights.qkv)):
        stream += attention(normed(stream), weights.qkv[layer], heads) @ weights.mix[layer]
        stream += jnp.square(jax.nn.relu(normed(stream) @ weights.up[layer])) @ weights.down[layer]
    return normed(stream) @ weights.embedding.T * (LOGIT_GAIN / weights.embedding.shape[1])


def normed(stream: Array) -> Array:
    """Root mean square 1, without a gain."""
    return stream * jax.lax.rsqrt(jnp.mean(jnp.square(stream), axis=-1, keepdims=True) + 1e-6)


def attention(stream: Array, qkv: Array, heads: int) -> Array:
    """Causal softmax attention; (batch, time, width) in and out."""
    batch, time, width = stream.shape
    made = (stream @ qkv).reshape(batch, time, 3, heads, width // heads)
    queries, keys, values = made[:, :, 0], made[:, :, 1], made[:, :, 2]
    mixed = jax.nn.dot_product_attention(rotated(queries), rotated(keys), values, is_causal=True)
    return mixed.reshape(batch, time, width)


def rotated(vectors: Array) -> Array:
    """Rotary positions (Su et al. 2021, arXiv:2104.09864) of (batch, time, heads, size) vectors."""
    time, half = vectors.shape[1], vectors.shape[-1] // 2
    angles = jnp.arange(time)[:, None] * ROTARY_BASE ** (-jnp.arange(half) / half)
    cos, sin = jnp.cos(angles)[:, None], jnp.sin(angles)[:, None]
    left, right = vectors[..., :half], vectors[..., half:]
    return jnp.concatenate([left * cos - right * sin, left * sin + right * cos], axis=-1)
