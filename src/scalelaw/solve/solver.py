"""The contract of a solver: what `Levenberg` and `LBFGS` take and give."""

from collections.abc import Callable
from typing import Any, Protocol

import jax
import numpy as np
from jaxtyping import Float

from scalelaw.solve.problem import Own, Problem
from scalelaw.solve.solution import Solution

Draw = Callable[[Problem, Any], Own]
Progress = Callable[[int, int], None]


class Solver(Protocol):
    """Anything that minimises a problem from many starts at once."""

    def __call__(
        self,
        problem: Problem,
        starts: Float[np.ndarray, "lanes p"],
        *,
        draw: Draw | None = None,
        lanes: Any = None,
        progress: Progress | None = None,
    ) -> Solution:
        """Minimise from every start.

        Args:
            problem: what to minimise.
            starts: [lanes, p].
            draw: pure function of (problem, lane) to that lane's own (target [n], weight [n]); how
                resamples enter. Hashable, or a pytree whose arrays may change without a recompilation. None
                in place of either, or of `draw`: the problem's, shared by all lanes. It may also return a
                whole `Problem`, where a lane has inputs, fixed values or bounds of its own.
            lanes: pytree with a leading axis [lanes], sliced and handed to `draw`.
            progress: called with (lanes finished, lanes in all) as chunks end.

        Returns:
            The end of every lane, on the host.
        """
        ...


def as_pytree(draw: Draw | None) -> Any:
    """A draw that compiled functions take as an argument: a plain function becomes a pytree without leaves."""
    return jax.tree_util.Partial(draw) if callable(draw) and jax.tree_util.all_leaves([draw]) else draw
