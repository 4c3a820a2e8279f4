"""The annotations of arrays in scalelaw, checked by beartype wherever a test calls; mypy checks the others."""

from collections.abc import Callable
from typing import Any, get_args

from beartype import beartype
from jaxtyping import AbstractArray

# The packages that annotate arrays: decorating every function of the others takes seconds and checks nothing.
CHECKED = (
    *("objective", "runs", "solve", "fitting", "approaches", "resampling", "allocation", "uncertainty"),
    *("kaplan", "simulation", "comparison", "studies", "validation", "plots"),
)
# A law's annotations speak of n runs; it is evaluated at single points, too.
UNCHECKED = ("laws",)


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """For jaxtyping's import hook, whose `function` is a stand-in with the annotations of the one in question."""
    arrays = {name: hint for name, hint in function.__annotations__.items() if says_shape(hint)}
    if not arrays:
        return function
    function.__annotations__ = arrays
    return beartype(function)


def says_shape(hint: Any) -> bool:
    """Whether an annotation is of an array, or holds one: a union, a tuple, a mapping."""
    return (isinstance(hint, type) and issubclass(hint, AbstractArray)) or any(
        map(says_shape, get_args(hint))
    )
