"""Annotations of arrays are checked while tests run; see `annotations`."""

from pathlib import Path

import numpy as np
import pytest
from jaxtyping import TypeCheckError

import scalelaw as sl
from annotations import CHECKED, UNCHECKED
from scalelaw.approaches.frontier import power_law

PACKAGE = Path(sl.__file__).parent


def test_an_array_of_another_length_is_refused() -> None:
    C = np.geomspace(1e18, 1e20, 3)
    power_law(C, C)
    with pytest.raises(TypeCheckError, match="parameter 'y'"):
        power_law(C, C[:2])


def test_whole_numbers_in_place_of_reals_are_refused() -> None:
    with pytest.raises(TypeCheckError, match="parameter 'C'"):
        power_law(np.arange(1, 4), np.ones(3))


def test_every_package_that_annotates_arrays_is_checked() -> None:
    annotated = {
        path.relative_to(PACKAGE).with_suffix("").parts[0]
        for path in PACKAGE.rglob("*.py")
        if "from jaxtyping import" in path.read_text(encoding="utf-8")
    }
    assert annotated == {*CHECKED, *UNCHECKED}
