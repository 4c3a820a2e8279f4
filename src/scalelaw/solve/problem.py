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
from jaxtyping import Array, Float, Int

# Traced inside a compiled call, NumPy on the host.
Either = Array | np.ndarray
Theta = tuple[Array, ...]
Predict = Callable[[Theta, Any, Any], Array]
Rho = Callable[[Array], Array]

# Problems of up to 120 points are padded to a multiple of 24, larger ones to the next of four sizes a doubling.
STEP = 24
SIZES = (120, 144, 168, 200)


@register_dataclass
@dataclass(frozen=True)
class Problem:
    """Minimise sum_i weight_i rho(predict(theta, inputs, fixed)_i - target_i) over a box.

    A batch of problems, one a lane, is a problem whose arrays have the lanes as their first axis.

    Attributes:
        predict: pure function of p scalars (a tuple), `inputs` and `fixed` to [n] predictions; hashable, as it
            is static.
        rho: elementwise robust loss, even, convex near zero, with rho(0) = 0; a pytree, as `RobustLoss`.
        inputs: any pytree of arrays [n].
        target: [n].
        weight: [n], not negative.
        lower, upper: [p] bounds of theta, infinite where there is none.
        fixed: any pytree of what is the same at all points.
        count: how many points are real; those behind are `padded`, of weight zero. None: all are real.
    """

    predict: Predict = field(metadata={"static": True})
    rho: Any
    inputs: Any
    target: Float[Either, "*lanes n"]
    weight: Float[Either, "*lanes n"]
    lower: Float[Either, "*lanes p"]
    upper: Float[Either, "*lanes p"]
    fixed: Any = None
    count: Int[Any, "*lanes"] | None = None

    @property
    def points(self) -> Any:
        """How many points are real; traced where the problem is padded."""
        return len(self.target) if self.count is None else self.count

    def residual(self, theta: Theta) -> Float[Array, " n"]:
        """Prediction minus target at the scalars `theta`."""
        return self.predict(theta, self.inputs, self.fixed) - self.target

    def objective(self, theta: Float[Array, " p"]) -> Float[Array, ""]:
        """The weighted sum of rho at the vector `theta`."""
        return jnp.sum(self.weight * self.rho(self.residual(tuple(theta))))

    def of_lane(self, own: "Own") -> "Problem":
        """The problem of one lane: its own target [n], weight [n], rho, this problem's where None, or its own."""
        if isinstance(own, Problem):
            return own
        target, weight, *rho = own
        return replace(
            self,
            target=self.target if target is None else target,
            weight=self.weight if weight is None else weight,
            rho=rho[0] if rho else self.rho,
        )


def padded(problem: Problem, points: int = 0) -> Problem:
    """The same problem with points of weight zero behind its own, up to one of a few sizes.

    A part of a larger table is padded as the whole is (`points` in all), so that they share compiled code.

    What is compiled for a size serves every problem of it: a compilation takes seconds, points of padding a few
    per cent of milliseconds. Padding repeats the first point, so that predictions are finite wherever its are.
    """
    n = len(problem.target)
    size = size_class(max(n, points))
    inputs, target, weight = jax.tree.map(
        lambda column: pad(column, size), (problem.inputs, problem.target, problem.weight)
    )
    weight[n:] = 0.0
    return replace(problem, inputs=inputs, target=target, weight=weight, count=np.int32(n))


def pad(column: Any, size: int) -> np.ndarray:
    """A column [n, ...] made `size` long by repeating its first entry."""
    column = np.asarray(column)
    return np.concatenate([column, np.repeat(column[:1], size - len(column), axis=0)])


def size_class(n: int) -> int:
    """The size that n points are padded to: 24, 48, 72, 96, 120, 144, 168, 200, 240, 288, 336, 400, 480, ..."""
    if n <= SIZES[0]:
        return -(-n // STEP) * STEP
    doublings = (n - 1) // SIZES[0]
    scale = 1 << (doublings.bit_length() - 1)
    return next(size for size in (*(scale * each for each in SIZES), 2 * scale * SIZES[0]) if size >= n)


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


Own = tuple[Either | None, Either | None] | tuple[Either | None, Either | None, Any] | Problem
