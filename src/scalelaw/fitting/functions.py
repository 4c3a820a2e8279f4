"""Functions of an estimator's parameters: by name or as code; their values, errors and derivatives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.laws import Law

Function = str | Callable[[Any], Any]
Evaluated = Callable[[Any], Any]
AT_ONCE = 1 << 16


class Slope(NamedTuple):
    """A function at an estimate.

    Attributes:
        value: [...].
        slope: [..., P] its derivative by the parameters, natural units.
    """

    value: Float[np.ndarray, "..."]
    slope: Float[np.ndarray, "... P"]


@dataclass(frozen=True)
class Parameter:
    """A parameter by name; equal names are equal functions, so that each is compiled once."""

    name: str

    def __call__(self, params: Any) -> Any:
        """Its value."""
        return getattr(params, self.name)


@dataclass(frozen=True)
class Derived:
    """A derived quantity of a law, by name."""

    law: Law
    name: str

    def __call__(self, params: Any) -> Any:
        """Its value."""
        assert self.law.derived is not None
        return self.law.derived(params)[self.name]


@dataclass(frozen=True)
class Finite:
    """A function in which what is infinite only overflowed and is no number: a loss, a best split."""

    function: Evaluated

    def __call__(self, params: Any) -> Any:
        """Its value; NaN where that is infinite."""
        value = jnp.asarray(self.function(params), float)
        return jnp.where(jnp.isfinite(value), value, jnp.nan)


def name_of(function: Function) -> str:
    """What reports call it."""
    if isinstance(function, str):
        return function
    name = str(getattr(function, "name", getattr(function, "__name__", "function")))
    return "function" if name == "<lambda>" else name


@float64
def slope(function: Evaluated, params: Any) -> Slope:
    """Value and derivative of a function at one NamedTuple of parameters."""
    at = type(params)(*(jnp.asarray(value, float) for value in params))
    value = np.asarray(function(at), float)
    slopes = jax.jacfwd(lambda p: jnp.asarray(function(p), float))(at)
    return Slope(value, np.stack([np.asarray(each) for each in slopes], axis=-1))


@float64
def values(function: Evaluated, params: Any) -> Float[np.ndarray, "R ..."]:
    """A function of many parameters, leaves [R]; never more than `AT_ONCE` of them on the device."""
    count = len(jax.tree.leaves(params)[0])
    parts = [
        np.asarray(_values(function, jax.tree.map(lambda leaf, i=i: leaf[i : i + AT_ONCE], params)))
        for i in range(0, max(count, 1), AT_ONCE)
    ]
    return np.concatenate(parts)


def errors(
    function: Evaluated, params: Any, covariances: Float[np.ndarray, "R P P"]
) -> Float[np.ndarray, "R ..."]:
    """Standard error of a function at many parameters, leaves [R], each with its own covariance."""
    return np.asarray(np.sqrt(np.maximum(_variances(function, params, covariances), 0.0)))


@compiled(static_argnums=0)
def _values(function: Evaluated, params: Any) -> Float[Array, "R ..."]:
    return jax.vmap(lambda at: jnp.asarray(function(at), float))(params)


@float64
@compiled(static_argnums=0)
def _variances(function: Evaluated, params: Any, covariances: Array) -> Float[Array, "R ..."]:
    def variance(at: Any, covariance: Array) -> Array:
        slopes = jax.jacfwd(lambda p: jnp.asarray(function(p), float))(at)
        slope = jnp.stack([jnp.asarray(each) for each in slopes], axis=-1)
        return jnp.einsum("...i,ij,...j->...", slope, covariance, slope)

    return jax.vmap(variance)(params, covariances)
