"""What is left to gain where a lane ran out of iterations."""

import numpy as np

from scalelaw.solve.batch import decrement


def test_of_a_parabola_is_what_its_minimum_lies_below() -> None:
    B = np.array([[[4.0, 1.0], [1.0, 3.0]]])
    gradient = np.array([[0.3, -0.2]])
    expected = gradient[0] @ np.linalg.inv(B[0]) @ gradient[0] / 2
    np.testing.assert_allclose(decrement(gradient, B), expected, rtol=1e-12)


def test_a_slope_along_which_nothing_bends_is_never_at_rest() -> None:
    flat = np.array([[[1.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]], [[np.nan, 0.0], [0.0, 1.0]]])
    gradient = np.array([[1e-6, -1e-6], [0.0, 1e-6], [0.0, 0.0]])
    assert (decrement(gradient, flat) > 1e-3).all()
