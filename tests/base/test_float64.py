"""Double precision whatever JAX is set to."""

import jax
import jax.numpy as jnp
import numpy as np

from scalelaw._float64 import float64


@float64
def third(x):
    return {"third": jnp.asarray(x, float) / 3, "word": "kept"}


def test_values_come_back_as_double_numpy() -> None:
    found = third(1.0)
    assert isinstance(found["third"], np.ndarray)
    assert found["third"] == 1 / 3
    assert found["word"] == "kept"


def test_tracers_stay_tracers() -> None:
    with jax.enable_x64(True):
        assert jax.grad(lambda x: third(x)["third"])(1.0) == 1 / 3
