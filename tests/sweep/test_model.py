"""The model has the parameters and FLOP that `scalelaw.flops` counts, sees no future and starts near ln 256."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scalelaw.flops import parameters, training_flops
from sweep import model as models
from sweep.plan import LAYERS, WIDTHS

BYTES = np.random.default_rng(0).integers(0, 256, (8, models.CONTEXT + 1)).astype(np.uint8)


def weights_of(model, seed=0):
    return models.initial(model, jax.random.key(seed))


@pytest.mark.parametrize("width", WIDTHS)
def test_every_number_trained_is_counted(width):
    model = models.transformer(LAYERS, width)
    shapes = jax.eval_shape(lambda: weights_of(model))
    sizes = {name: int(np.prod(matrix.shape)) for name, matrix in shapes._asdict().items()}
    count = parameters(model)
    assert sum(sizes.values()) == count.total
    assert sizes["embedding"] == 256 * model.width == count.embeddings
    assert count.total - sizes["embedding"] == count.non_embedding == 12 * model.layers * model.width**2


@pytest.mark.parametrize("width", WIDTHS)
def test_heads_share_the_width_evenly_about_sixteen_wide(width):
    heads = models.transformer(LAYERS, width).heads
    assert width % heads == 0
    assert width // heads % 2 == 0  # rotary positions turn pairs
    assert heads == 1 or 12 <= width // heads <= 20


def test_exact_flop_by_hand():
    # 2 FLOP a multiplication: 12 width^2 of a layer and 256 width of the head, each once a token; scores and
    # weighted values 64 x width each a layer; three times that with the backward pass.
    layers, width, tokens = 2, 32, 1000
    forward = 2 * (layers * 12 * width**2 + 256 * width) + 2 * 2 * layers * models.CONTEXT * width
    assert training_flops(models.transformer(layers, width), tokens, "exact") == 3 * forward * tokens


def test_exact_flop_are_the_compilers():
    # XLA counts additions apart from multiplications and the elementwise work besides, so that it sees more.
    model = models.transformer(1, 64)
    lowered = jax.jit(models.logits, static_argnums=2).lower(weights_of(model), BYTES[:, :-1], model.heads)
    counted = lowered.compile().cost_analysis()["flops"]
    expected = training_flops(model, BYTES[:, :-1].size, "exact") / 3
    assert expected < counted < 1.15 * expected


@pytest.mark.slow
@pytest.mark.parametrize("width", [WIDTHS[0], WIDTHS[-1]])
def test_untrained_loss_is_that_of_guessing(width):
    # Logits of standard deviation s start half of s^2 above ln 256; s = 8 x 0.25 / sqrt(width).
    model = models.transformer(LAYERS, width)
    loss = models.loss(weights_of(model), BYTES, model.heads)
    assert float(loss) == pytest.approx(np.log(256) + 2 / model.width, abs=0.1)


@pytest.mark.slow
def test_no_byte_sees_those_after_it():
    model = models.transformer(2, 16)
    changed = BYTES.copy()
    changed[:, 40:] += 1
    seen, other = (models.logits(weights_of(model), b[:, :-1], model.heads) for b in (BYTES, changed))
    np.testing.assert_array_equal(seen[:, :40], other[:, :40])
    assert not np.array_equal(seen[:, 40], other[:, 40])


def test_positions_enter_as_differences():
    vectors = jnp.asarray(np.random.default_rng(1).normal(size=(2, 8)), jnp.float32)
    turned = models.rotated(jnp.broadcast_to(vectors[:, None, None], (2, 20, 1, 8)))[:, :, 0]
    products = np.einsum("td,sd->ts", turned[0], turned[1])
    for apart in (0, 3, 9):
        diagonal = np.diagonal(products, offset=apart)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-4)
