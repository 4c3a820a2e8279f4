"""What is minimised: residuals in log loss or loss, a robust loss rho, weights; always a sum.

Every rho is even, is r^2 / 2 near zero (but `absolute`, which is |r| far from it) and is optax's own where
optax has it. A sum, never a mean: the stop of the solver is scale-free, yet a mean of Huber terms near 1e-6
is what stopped the optimiser of the best-known published fit too early (Besiroglu et al. 2024,
arXiv:2404.10102).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import optax.losses
from jax.tree_util import register_dataclass
from jaxtyping import Array, Float

from scalelaw._checks import bad_input, check_choice, check_positive, shown


def huber(r: Float[Array, "..."], delta: float) -> Float[Array, "..."]:
    """r^2 / 2 within delta, delta (|r| - delta / 2) beyond (Huber 1964; Hoffmann et al. 2022, eq. 3)."""
    rho: Array = optax.losses.huber_loss(r, delta=delta)
    return rho


def squared(r: Float[Array, "..."], delta: float) -> Float[Array, "..."]:
    """r^2 / 2; delta is not used."""
    del delta
    rho: Array = optax.losses.l2_loss(r)
    return rho


def absolute(r: Float[Array, "..."], delta: float) -> Float[Array, "..."]:
    """|r| with its corner rounded over delta: sqrt(r^2 + delta^2) - delta, written without cancellation."""
    return r**2 / (jnp.sqrt(r**2 + delta**2) + delta)


def log_cosh(r: Float[Array, "..."], delta: float) -> Float[Array, "..."]:
    """delta^2 log cosh(r / delta): smooth, between squared and absolute."""
    x = r / delta
    # optax's form cancels near zero, where log cosh x = log(1 + sinh^2 x) / 2 does not.
    near = jnp.log1p(jnp.sinh(jnp.clip(x, -1, 1)) ** 2) / 2
    return delta**2 * jnp.where(jnp.abs(x) < 1, near, optax.losses.log_cosh(x))


def cauchy(r: Float[Array, "..."], delta: float) -> Float[Array, "..."]:
    """delta^2 / 2 log(1 + (r / delta)^2): gross outliers lose all pull. Not convex: look at the basins."""
    return delta**2 / 2 * jnp.log1p((r / delta) ** 2)


RHOS: dict[str, Callable[[Array, float], Array]] = {
    "huber": huber,
    "squared": squared,
    "absolute": absolute,
    "log-cosh": log_cosh,
    "cauchy": cauchy,
}


AUTO = "auto"


@register_dataclass
@dataclass(frozen=True)
class RobustLoss:
    """A robust loss rho as solvers take it: delta is an array, which may differ from lane to lane.

    Attributes:
        loss: a name of `RHOS`.
        delta: its threshold.
    """

    loss: str = field(metadata={"static": True})
    delta: Any

    def __call__(self, r: Float[Array, "..."]) -> Float[Array, "..."]:
        """The robust loss of residuals, elementwise."""
        return RHOS[self.loss](r, self.delta)


def scaled(residual: str, L: Float[Array, "..."]) -> Float[Array, "..."]:
    """Losses on the scale of a kind of residual: ln L or L."""
    return jnp.log(L) if residual == "log" else L


@dataclass(frozen=True)
class Objective:
    """A choice of residual and robust loss.

    Attributes:
        residual: "log" (ln predicted - ln observed) or "linear" (predicted - observed, nats per token).
        loss: a name of `RHOS`.
        delta: threshold of the robust loss, in the unit of the residual.
        auto: whether delta follows the residuals of whatever is fitted (see `scalelaw.fitting.threshold`).

    Raises:
        BadInput: for an unknown name, or a delta that is not positive.
    """

    residual: str = "log"
    loss: str = "huber"
    delta: float = 1e-3
    auto: bool = False

    @classmethod
    def of(cls, residual: str, loss: str, delta: float | str) -> "Objective":
        """From what `fit` takes: delta may be "auto".

        Raises:
            BadInput: for an unknown name, a delta that is neither positive nor "auto", or "auto" with another loss
                than Huber's, whose constant it is.
        """
        if delta != AUTO:
            return cls(residual, loss, delta)  # type: ignore[arg-type]
        if loss != "huber":
            must = "a number where the loss is not huber"
            raise bad_input("delta", must, f"{AUTO!r} with {shown(loss)}")
        return cls(residual, loss, auto=True)

    def __post_init__(self) -> None:
        """Check the choices once, on the host."""
        check_choice("residual", self.residual, ("log", "linear"))
        check_choice("loss", self.loss, tuple(RHOS))
        check_positive("delta", self.delta)

    def __call__(self, r: Float[Array, "..."]) -> Float[Array, "..."]:
        """The robust loss rho of residuals, elementwise."""
        return self.rho(r)

    @property
    def rho(self) -> RobustLoss:
        """The robust loss, as solvers take it."""
        return RobustLoss(self.loss, self.delta)

    @property
    def asked(self) -> float | str:
        """Delta as it was asked for: the number, or "auto"."""
        return AUTO if self.auto else self.delta

    def scale(self, L: Float[Array, "..."]) -> Float[Array, "..."]:
        """Losses on the scale of the residual: ln L or L."""
        return scaled(self.residual, L)

    def unscale(self, value: Float[Array, "..."]) -> Float[Array, "..."]:
        """Back from the scale of the residual to nats per token."""
        return jnp.exp(value) if self.residual == "log" else value
