"""The problem every solver takes: a prediction, a target, weights and a robust loss.

Nothing of laws or runs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jaxtyping import Array, Float

# Traced inside a compiled call, NumPy on the host.
Either = Array | np.ndarray
Theta = tuple[Array, ...]
Predict = Callable[[Theta, Any], Array]
Rho = Callable[[Array], Array]


@register_dataclass
@dataclass(frozen=True)
class Problem:
    """Minimise sum_i weight_i rho(predict(theta, inputs)_i - target_i) over a box.

    Attributes:
        predict: pure function of p scalars (a tuple) and `inputs` to [n] predictions; hashable, as it is
            static.
        rho: elementwise robust loss, even, convex near zero, with rho(0) = 0; hashable.
        inputs: any pytree of arrays.
        target: [n].
        weight: [n], not negative.
        lower, upper: [p] bounds of theta, infinite where there is none.
    """

    predict: Predict = field(metadata={"static": True})
    rho: Rho = field(metadata={"static": True})
    inputs: Any
    target: Float[Either, " n"]
    weight: Float[Either, " n"]
    lower: Float[Either, " p"]
    upper: Float[Either, " p"]

    def residual(self, theta: Theta) -> Float[Array, " n"]:
        """Prediction minus target at the scalars `theta`."""
        return self.predict(theta, self.inputs) - self.target

    def objective(self, theta: Float[Array, " p"]) -> Float[Array, ""]:
        """The weighted sum of rho at the vector `theta`."""
        return jnp.sum(self.weight * self.rho(self.residual(tuple(theta))))

    def of_lane(self, own: "Own") -> "Problem":
        """The problem of one lane: its own target [n] and weight [n], this problem's where None, or its own."""
        if isinstance(own, Problem):
            return own
        target, weight = own
        return replace(
            self,
            target=self.target if target is None else target,
            weight=self.weight if weight is None else weight,
        )


def linearized(residual: Callable[[Theta], Array], theta: Theta) -> tuple[Array, Float[Array, "p n"]]:
    """The residual [n] at `theta` and its rows d residual / d theta_i, from one linearisation.

    The rows are tangents of the linear part, one scalar at a time: JAX's zero tangents stay symbolic, so a
    parameter that enters one term pays for that term alone (`jax.jacfwd` over a vector pushes p dense
    tangents through every operation), and every exponential is computed once, not once a row.
    """
    values, push = jax.linearize(residual, theta)
    still = tuple(jnp.zeros_like(scalar) for scalar in theta)

    def row(i: int) -> Array:
        along = lambda scalar: push((*still[:i], scalar, *still[i + 1 :]))  # noqa: E731
        _, tangent = jax.jvp(along, (still[i],), (jnp.ones_like(still[i]),))
        return jnp.broadcast_to(tangent, values.shape)

    return values, jnp.stack([row(i) for i in range(len(theta))])


def slopes(rho: Rho, r: Float[Array, " n"]) -> tuple[Array, Array, Array]:
    """First derivative psi, curvature rho'' (not below 0) and secant curvature psi / r, elementwise.

    The secant psi / r bounds rho from above by a parabola that touches it at r (the weight of iteratively
    reweighted least squares); it is taken at a hair beside zero, where the quotient is 0/0.
    """
    beside_zero = jnp.where(r == 0, 1e-150, r)
    ones = jnp.ones_like(r)
    first = lambda x: jax.jvp(rho, (x,), (ones,))[1]  # noqa: E731
    psi, curvature = jax.jvp(first, (beside_zero,), (ones,))
    return psi, jnp.maximum(curvature, 0.0), psi / beside_zero


Own = tuple[Either | None, Either | None] | Problem
