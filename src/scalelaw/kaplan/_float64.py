"""Float64 for a function of numbers, whatever JAX is set to."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import jax
import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])


def float64(function: Function) -> Function:
    """The function computed in float64; numbers in, NumPy numbers out, tracers in, tracers out."""

    @wraps(function)
    def precise(*args: Any, **keywords: Any) -> Any:
        with jax.enable_x64(True):
            return jax.tree.map(_on_host, function(*args, **keywords))

    return cast(Function, precise)


def _on_host(leaf: Any) -> Any:
    return leaf if isinstance(leaf, jax.core.Tracer) else np.asarray(leaf)
