"""Functions of the parameters: by name or as code, their values and derivatives at a fit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw._checks import check_choice
from scalelaw.fitting import Fit
from scalelaw.laws import Law

Function = str | Callable[[Any], Any]
AT_ONCE = 1 << 16


class Slope(NamedTuple):
    """A function at a fit.

    Attributes:
        value: [...].
        slope: [..., P] its derivative by the law's parameters, natural units.
    """

    value: Float[np.ndarray, "..."]
    slope: Float[np.ndarray, "... P"]


def name_of(function: Function) -> str:
    """What reports call it."""
    name = function if isinstance(function, str) else getattr(function, "__name__", "function")
    return "function" if name == "<lambda>" else name


@dataclass(frozen=True)
class Parameter:
    """A parameter of the law, by name."""

    name: str

    def __call__(self, params: Any) -> Any:
        """Its value."""
        return getattr(params, self.name)


@dataclass(frozen=True)
class Derived:
    """A derived quantity of the law, by name."""

    law: Law
    name: str

    def __call__(self, params: Any) -> Any:
        """Its value."""
        assert self.law.derived is not None
        return self.law.derived(params)[self.name]


def function_of(fit: Fit, function: Function) -> Callable[[Any], Any]:
    """The function of the law's NamedTuple that a name stands for: the same name, an equal function.

    Raises:
        BadInput: for a name that is neither a parameter nor a derived quantity.
    """
    if callable(function):
        return function
    check_choice("function", function, (*fit.law.fields, *fit.derived))
    return Parameter(function) if function in fit.law.fields else Derived(fit.law, function)


def slope_of(fit: Fit, function: Function) -> Slope:
    """Value and derivative of a function at the fit.

    Raises:
        BadInput: for an unknown name.
    """
    at = function_of(fit, function)
    with jax.enable_x64(True):
        params = fit.law.Params(*(jnp.asarray(value, float) for value in fit.params))
        value = np.asarray(at(params), float)
        slopes = jax.jacfwd(lambda p: jnp.asarray(at(p), float))(params)
        return Slope(value, np.stack([np.asarray(each) for each in slopes], axis=-1))


def values_of(fit: Fit, function: Function, params: Any) -> Float[np.ndarray, "R ..."]:
    """The function of many parameters, leaves [R]; never more than `AT_ONCE` of them on the device."""
    at, count = function_of(fit, function), len(jax.tree.leaves(params)[0])
    with jax.enable_x64(True):
        parts = [
            np.asarray(_values(at, jax.tree.map(lambda leaf, i=i: leaf[i : i + AT_ONCE], params)))
            for i in range(0, max(count, 1), AT_ONCE)
        ]
    return np.concatenate(parts)


def errors_of(
    fit: Fit, function: Function, params: Any, covariances: Float[np.ndarray, "R P P"]
) -> Float[np.ndarray, "R ..."]:
    """Standard error of the function at many parameters, leaves [R], each with its own covariance."""
    with jax.enable_x64(True):
        variances = np.asarray(_variances(function_of(fit, function), params, covariances))
    errors: np.ndarray = np.sqrt(np.maximum(variances, 0.0))
    return errors


@partial(jax.jit, static_argnums=0)
def _values(function: Callable[[Any], Any], params: Any) -> Float[Array, "R ..."]:
    return jax.vmap(lambda at: jnp.asarray(function(at), float))(params)


@partial(jax.jit, static_argnums=0)
def _variances(function: Callable[[Any], Any], params: Any, covariances: Array) -> Float[Array, "R ..."]:
    def variance(at: Any, covariance: Array) -> Array:
        slopes = jax.jacfwd(lambda p: jnp.asarray(function(p), float))(at)
        slope = jnp.stack([jnp.asarray(each) for each in slopes], axis=-1)
        return jnp.einsum("...i,ij,...j->...", slope, covariance, slope)

    return jax.vmap(variance)(params, covariances)
