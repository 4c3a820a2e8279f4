"""Marks of heavy checks: those that guard a release, and all the rest of the cases."""

from collections.abc import Iterable
from typing import Any

import pytest


def guarded_by(count: int, cases: Iterable[Any]) -> list[Any]:
    """The first `count` cases are run before a release, the others by `make test-exhaustive` alone."""
    marks = pytest.mark.slow, pytest.mark.exhaustive
    return [pytest.param(case, marks=marks[index >= count]) for index, case in enumerate(cases)]
