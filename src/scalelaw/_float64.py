"""Double precision, whatever the user's JAX configuration says."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import jax
import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])


def float64(function: Function) -> Function:
    """The function computed in float64; its JAX arrays come back as NumPy's, and tracers stay tracers."""

    @wraps(function)
    def precise(*args: Any, **keywords: Any) -> Any:
        with jax.enable_x64(True):
            return jax.tree.map(_on_host, function(*args, **keywords))

    return cast(Function, precise)


def _on_host(leaf: Any) -> Any:
    is_value = isinstance(leaf, jax.Array) and not isinstance(leaf, jax.core.Tracer)
    return np.asarray(leaf) if is_value else leaf
