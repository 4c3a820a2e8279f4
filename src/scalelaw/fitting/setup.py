"""A fit made ready: inputs centred, theta laid out, the problem stated, the way back; and what a fit keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from scalelaw._checks import BadInput
from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting.coordinates import (
    LOWEST,
    Constraints,
    Coordinates,
    Prediction,
    in_table_units,
    in_units,
    typical_units,
)
from scalelaw.laws import Law
from scalelaw.objective import Objective
from scalelaw.runs import Runs
from scalelaw.solve import Problem
from scalelaw.solve.problem import padded


@dataclass(frozen=True)
class Setup:
    """A fit made ready: the solver's problem and the way back to parameters.

    Attributes:
        law, objective, constraints: what is fitted.
        coordinates: of theta.
        units: of the inputs in `problem`.
        inputs: name -> [n] in the table's units.
        L: [n] losses of the runs, nats per token.
        weight: [n] of the runs.
        problem: the solver's, padded.
    """

    law: Law
    objective: Objective
    constraints: Constraints
    coordinates: Coordinates
    units: Any
    inputs: Mapping[str, np.ndarray]
    L: Float[np.ndarray, " n"]
    weight: Float[np.ndarray, " n"]
    problem: Problem

    def params(self, theta: np.ndarray) -> Any:
        """Natural parameters of theta, [p] or [lanes, p]."""
        natural = _natural(np.atleast_2d(theta), self.problem.fixed, self.units, self.coordinates)
        return self.law.Params(*(leaf.reshape(theta.shape[:-1]) for leaf in natural))

    def theta(self, rows: Float[np.ndarray, "starts params"]) -> Float[np.ndarray, "starts p"]:
        """Rows of natural parameters on the solver's scale, inside its bounds.

        Fixed and tied entries of a row do not count; a positive parameter of zero is at its natural limit.
        """
        params = self.law.Params(*self.coordinates.respected(rows).T)
        theta = np.asarray(_theta(self.coordinates, params, self.units))
        return np.asarray(np.clip(theta, self.problem.lower, self.problem.upper))

    def grid(self) -> Float[np.ndarray, "starts params"]:
        """The law's own starts in natural units, placed by these runs where the law does so."""
        rows = self.law.grid()
        if self.law.placed is None or not len(rows):
            return rows
        placed = self.law.placed(self.law.Params(*rows.T), self.law.pack(self.inputs), self.L)
        return np.stack(np.broadcast_arrays(*placed), axis=1)

    @property
    def limit(self) -> Bool[np.ndarray, " p"]:
        """Which coordinates have their natural limit, zero, for a lower bound."""
        return np.asarray(self.coordinates.logged) & (np.asarray(self.problem.lower) <= LOWEST)


@float64
@compiled(static_argnames="coordinates")
def _natural(
    theta: Float[Array, "lanes p"], fixed: Array, units: Any, coordinates: Coordinates
) -> tuple[Float[Array, " lanes"], ...]:
    inner = coordinates.natural(theta.T, fixed)
    natural = in_table_units(coordinates.law, inner, units)
    return tuple(jnp.broadcast_to(jnp.asarray(leaf, float), len(theta)) for leaf in natural)


@float64
@compiled(static_argnums=0)
def _theta(coordinates: Coordinates, params: Any, units: Any) -> Float[Array, "lanes p"]:
    return jnp.stack(coordinates.theta(in_units(coordinates.law, params, units)), axis=1)


def prepare(
    runs: Runs, law: Law, objective: Objective, constraints: Constraints, *, part_of: int = 0
) -> Setup:
    """Centre the inputs, lay out theta and state the solver's problem.

    Args:
        runs: the table.
        law: what is fitted.
        objective: what is minimised.
        constraints: what is held.
        part_of: number of runs of the table that these are a part of: both then share compiled code.

    Raises:
        BadInput: if the runs lack an input, or are fewer than the free parameters.
    """
    inputs = runs.inputs(law.inputs)
    coordinates = Coordinates.of(law, constraints)
    if len(runs) < len(coordinates.free):
        raise BadInput(
            f"{runs.source}: runs must be at least as many as the free parameters of '{law.name}' "
            f"({len(coordinates.free)}), got {len(runs)}; add runs or fix parameters"
        )
    if objective.residual == "log":
        runs.check_positive("residual='log'")
    units = typical_units(law, inputs, constraints)
    fixed = np.asarray([value for _, value in constraints.fix], float)
    weight = np.ones(len(runs)) if runs.weight is None else runs.weight
    lower, upper = coordinates.box(constraints)
    packed = law.pack({name: inputs[name] / getattr(units, name) for name in law.inputs})
    target = np.log(runs.L) if objective.residual == "log" else runs.L
    problem = Problem(
        Prediction(coordinates, objective.residual),
        objective.rho,
        packed,
        target,
        weight,
        lower,
        upper,
        fixed,
    )
    return Setup(
        law, objective, constraints, coordinates, units, inputs, runs.L, weight, padded(problem, part_of)
    )


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
