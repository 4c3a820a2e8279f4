"""`jax.jit` for our own programs, with what makes XLA compile them sooner."""

from collections.abc import Callable
from functools import cache, partial, wraps
from typing import Any, overload

import jax

Function = Callable[..., Any]

SOONER = {"xla_cpu_use_fusion_emitters": False}
"""Programs of a fit compile in .7 of the time and run as fast (benchmarks/compilation.py)."""


@overload
def compiled(function: Function, **static: Any) -> Function: ...
@overload
def compiled(**static: Any) -> Callable[[Function], Function]: ...
def compiled(function: Function | None = None, **static: Any) -> Any:
    """The function under `jax.jit`, for calls from the host: within another, JAX refuses options of the compiler.

    Args:
        function: what is compiled; a decorator, where it is left out.
        static: `static_argnames` or `static_argnums`, as of `jax.jit`.
    """
    if function is None:
        return partial(compiled, **static)

    @cache
    def program() -> Function:
        return jax.jit(function, compiler_options=_options(jax.default_backend()), **static)

    @wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        return program()(*args, **keywords)

    return call


@cache
def _options(backend: str) -> dict[str, bool]:
    """None on a device, and none where this release of XLA does not know them: it refuses what it does not know."""
    if backend != "cpu":
        return {}
    try:
        jax.jit(lambda: 0, compiler_options=SOONER).lower().compile()
    except jax.errors.JaxRuntimeError:
        return {}
    return SOONER
