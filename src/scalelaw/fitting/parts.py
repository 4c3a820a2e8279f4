"""The parts of a fit besides its numbers: how it was made, its basins, where its starts ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from scalelaw.fitting.coordinates import Constraints
from scalelaw.objective import Objective


@dataclass(frozen=True)
class Settings:
    """How a fit was made: enough, with the runs, to make it again.

    Attributes:
        objective: residual and robust loss.
        constraints: fixed, tied and bounded parameters.
        starts: kind of starts ("grid", "projected", "given").
        solver: the solver with its tolerances, as text.
        versions: name -> version of the packages that matter.
    """

    objective: Objective
    constraints: Constraints
    starts: str
    solver: str
    versions: Mapping[str, str]


class Basin(NamedTuple):
    """One of the distinct stationary points that the starts found.

    Attributes:
        params: the law's parameters there, natural units.
        objective: the objective there.
        share: share of starts that ended in it.
    """

    params: Any
    objective: float
    share: float


class Ends(NamedTuple):
    """Where every start ended.

    Attributes:
        params: the law's NamedTuple of arrays [starts], natural units.
        objective: [starts].
        status: [starts] values of `scalelaw.solve.Status`.
    """

    params: Any
    objective: Float[np.ndarray, " starts"]
    status: Int[np.ndarray, " starts"]
