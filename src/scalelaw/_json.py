"""Values as JSON holds them: `plain` for readers, where what is not finite is null; `exact` for our own files."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """`value` in dicts, lists, text, numbers, booleans and None; a number that is not finite is None."""
    return _converted(value, lambda number: number if math.isfinite(number) else None)


def exact(value: Any) -> Any:
    """As `plain`, but a number that is not finite is the text "inf", "-inf" or "nan"; see `restored`."""
    return _converted(value, lambda number: number if math.isfinite(number) else str(number))


def restored(value: Any) -> Any:
    """What `exact` made of a value, with "inf", "-inf" and "nan" numbers again."""
    if isinstance(value, dict):
        return {key: restored(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [restored(entry) for entry in value]
    return float(value) if value in ("inf", "-inf", "nan") else value


def _converted(value: Any, number: Callable[[float], Any]) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _converted(entry, number) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return _converted(value.tolist(), number)
    if isinstance(value, (tuple, list)):
        return [_converted(entry, number) for entry in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (float, np.floating)):
        return number(float(value))
    if isinstance(value, (int, np.integer)):
        return int(value)
    return value if value is None else str(value)
