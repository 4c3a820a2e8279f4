"""Values as JSON holds them."""

import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scalelaw._json import exact, plain, restored

leaves = st.none() | st.booleans() | st.integers() | st.floats()
values = st.recursive(leaves, lambda some: st.lists(some) | st.dictionaries(st.sampled_from("abc"), some))


@given(values)
def test_exact_values_come_back_to_the_last_bit(value: object) -> None:
    text = json.dumps(exact(value), allow_nan=False)
    assert repr(restored(json.loads(text))) == repr(value)


@given(values)
def test_plain_values_are_strict_json(value: object) -> None:
    json.dumps(plain(value), allow_nan=False)


def test_numpy_values_become_those_of_python() -> None:
    given = {"x": np.array([[1.5, np.inf], [np.nan, 0]]), "n": np.int32(3), "yes": np.bool_(True), "t": (1,)}
    assert plain(given) == {"x": [[1.5, None], [None, 0.0]], "n": 3, "yes": True, "t": [1]}
    assert exact(-math.inf) == "-inf"
