"""From the solver's vector theta to a law's parameters and back: logs, fixed and tied parameters, units.

theta holds the free parameters in the law's order, positive ones as logs. A law that can be rescaled is
fitted with every input in units of its geometric mean over the runs; this centres log N and log D, without
which (log A, alpha) and (log B, beta) are almost collinear. A constraint on a parameter that depends on the
units (A <= 1000) keeps the table's own units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from scalelaw._checks import BadInput, bad_input, check_choice, check_finite, shown
from scalelaw.laws import Law
from scalelaw.objective import scaled

Bounds = Mapping[str, tuple[float | None, float | None]]
# Where the solver holds a positive parameter that the runs would take to zero, its natural limit: low enough that
# it moves no loss, high enough that its exponential and the square of that are numbers.
LOWEST = -300.0


@dataclass(frozen=True)
class Constraints:
    """What the user holds: values, ties and bounds by parameter name, in natural units.

    Attributes:
        fix: name -> value.
        tie: name -> name it equals.
        bounds: name -> (low, high); None or an infinity leaves a side open.
    """

    fix: tuple[tuple[str, float], ...] = ()
    tie: tuple[tuple[str, str], ...] = ()
    bounds: tuple[tuple[str, tuple[float, float]], ...] = ()

    @classmethod
    def of(
        cls,
        law: Law,
        fix: Mapping[str, float] | None = None,
        tie: Mapping[str, str] | None = None,
        bounds: Bounds | None = None,
    ) -> "Constraints":
        """Check names and values against the law.

        Raises:
            BadInput: for an unknown name, a value that is not finite, a tie to a fixed, tied or other kind of
                parameter, bounds that are empty, or one parameter constrained in two ways.
        """
        fix, tie, bounds = dict(fix or {}), dict(tie or {}), dict(bounds or {})
        for what, names in (
            ("fix", fix),
            ("tie", {**tie, **{v: v for v in tie.values()}}),
            ("bounds", bounds),
        ):
            for name in names:
                check_choice(f"`{what}` of law '{law.name}'", name, law.fields)
        for name, other in tie.items():
            _check_tie(law, name, other, {*fix, *bounds}, set(tie))
        for name in bounds.keys() & fix.keys():
            raise BadInput(
                f"`bounds` must be of free parameters, got {name!r}, which `fix` holds; drop one of the two"
            )
        values = tuple((name, _held(law, name, value)) for name, value in fix.items())
        if len(fix) == len(law.fields):
            raise BadInput(
                f"`fix` must leave a parameter of '{law.name}' to be fitted, got values for all of them"
            )
        ranges = tuple((name, _range(law, name, pair)) for name, pair in bounds.items())
        return cls(values, tuple(tie.items()), ranges)

    @property
    def names(self) -> set[str]:
        """Every parameter that a constraint mentions."""
        return {name for name, _ in (*self.fix, *self.tie, *self.bounds)} | {name for _, name in self.tie}


def _check_tie(law: Law, name: str, other: str, held: set[str], tied: set[str]) -> None:
    if (name in law.positive) != (other in law.positive):
        raise BadInput(f"`tie` must join two positive parameters or two others, got {name!r} and {other!r}")
    if other in tied | {name} or name in held:
        raise BadInput(
            f"`tie` must join a parameter that nothing else holds to another one that is not tied, "
            f"got {name!r} tied to {other!r}"
        )


def _held(law: Law, name: str, value: float) -> float:
    number = check_finite(f"fix {name}", value)
    if number < 0 and name in law.positive:
        raise bad_input(f"fix {name}", "at least 0, as the law needs it", shown(number))
    return number


def _range(law: Law, name: str, pair: tuple[float | None, float | None]) -> tuple[float, float]:
    place = f"bounds of {name!r}"
    if not isinstance(pair, Sequence) or len(pair) != 2:
        raise bad_input(place, "an interval (low, high)", shown(pair))
    low = -np.inf if pair[0] is None else float(pair[0])
    high = np.inf if pair[1] is None else float(pair[1])
    if not low < high or (name in law.positive and high <= 0):
        raise bad_input(place, f"an interval (low, high) that {name} can lie in", f"({low}, {high})")
    return low, high


@dataclass(frozen=True)
class Slot:
    """Where one parameter comes from: entry `index` of theta, or of the fixed values."""

    index: int
    fixed: bool = False
    logged: bool = False


@dataclass(frozen=True)
class Coordinates:
    """The map between theta and the parameters of a law (static: hashable, no arrays).

    Attributes:
        law: whose parameters.
        slots: one a parameter, in the law's order.
        free: name of the parameter behind each entry of theta.
    """

    law: Law
    slots: tuple[Slot, ...]
    free: tuple[str, ...]

    @classmethod
    def of(cls, law: Law, constraints: Constraints) -> "Coordinates":
        """The coordinates that satisfy `fix` and `tie` by construction."""
        fixed = [name for name, _ in constraints.fix]
        tied = dict(constraints.tie)
        free = tuple(name for name in law.fields if name not in fixed and name not in tied)

        def slot(name: str) -> Slot:
            source = tied.get(name, name)
            if source in fixed:
                return Slot(fixed.index(source), fixed=True)
            return Slot(free.index(source), logged=name in law.positive)

        return cls(law, tuple(slot(name) for name in law.fields), free)

    def params(self, theta: Any, fixed: Any) -> Any:
        """The law's parameters at theta (p scalars, or one vector)."""

        def value(slot: Slot) -> Any:
            entry = (fixed if slot.fixed else theta)[slot.index]
            return jnp.exp(entry) if slot.logged else entry

        return self.law.Params(*(value(slot) for slot in self.slots))

    def natural(self, theta: Any, fixed: Any) -> Any:
        """The law's parameters at theta as `params`, those at their natural limit exactly zero."""
        zeroed = [
            jnp.where(entry <= LOWEST, -jnp.inf, entry) if logged else entry
            for entry, logged in zip(theta, self.logged, strict=True)
        ]
        return self.params(zeroed, fixed)

    def theta(self, params: Any) -> list[Any]:
        """The free entries of `params` on the solver's scale."""
        by_name = dict(zip(self.law.fields, zip(params, self.slots, strict=True), strict=True))
        return [
            jnp.log(value) if slot.logged else value for value, slot in (by_name[name] for name in self.free)
        ]

    def respected(self, rows: Float[np.ndarray, "starts params"]) -> Float[np.ndarray, "starts params"]:
        """Rows of parameters with every tied column made the one it is tied to."""
        source = [
            i if slot.fixed else self.law.fields.index(self.free[slot.index])
            for i, slot in enumerate(self.slots)
        ]
        return rows[:, source]

    def own(self, names: tuple[str, ...]) -> list[int]:
        """Entries of theta that stand for exactly one parameter, one of `names`."""
        uses = [slot.index for slot in self.slots if not slot.fixed]
        return [i for i, name in enumerate(self.free) if name in names and uses.count(i) == 1]

    @property
    def logged(self) -> tuple[bool, ...]:
        """Which entries of theta are logs."""
        return tuple(name in self.law.positive for name in self.free)

    def at_limit(self, theta: Float[Array, " p"]) -> Bool[Array, " p"]:
        """Which entries are logs of parameters at zero, their natural limit."""
        return jnp.asarray(self.logged) & (theta <= LOWEST)

    def names(self) -> tuple[str, ...]:
        """Name of every entry of theta, `log A` for a logged A."""
        pairs = zip(self.free, self.logged, strict=True)
        return tuple(f"log {name}" if logged else name for name, logged in pairs)

    def box(self, constraints: Constraints) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds [p] of theta; a log that nothing else bounds ends at its natural limit."""
        lower, upper = np.where(self.logged, LOWEST, -np.inf), np.full(len(self.free), np.inf)
        for name, (low, high) in constraints.bounds:
            i = self.free.index(name)
            lower[i], upper[i] = (max(_log(low), LOWEST), _log(high)) if self.logged[i] else (low, high)
        return lower, upper


def _log(value: float) -> float:
    return float(np.log(value)) if value > 0 else -np.inf


@dataclass(frozen=True)
class Prediction:
    """The solver's `predict`: theta to predictions on the scale of the residual (static, hashable)."""

    coordinates: Coordinates
    residual: str

    def __call__(self, theta: Any, inputs: Any, fixed: Any) -> Float[Array, " n"]:
        """Predictions [n] for the law's inputs and the values of its fixed parameters."""
        return scaled(self.residual, self.coordinates.law.loss(self.coordinates.params(theta, fixed), inputs))


def typical_units(law: Law, inputs: Mapping[str, np.ndarray], constraints: Constraints) -> Any:
    """The unit of every input: its geometric mean where the law can be rescaled freely, else 1."""
    ones = law.pack(dict.fromkeys(law.inputs, 1.0))
    if law.rescale is None or constraints.names & _changed_by_units(law, ones):
        return ones
    return law.pack({name: float(np.exp(np.mean(np.log(inputs[name])))) for name in law.inputs})


def _changed_by_units(law: Law, ones: Any) -> set[str]:
    """Parameters that `law.rescale` replaces, seen by tracing it: nothing is computed."""
    assert law.rescale is not None
    rescale = law.rescale
    changed: set[str] = set()

    def compared(params: Any) -> None:
        pairs = zip(law.fields, params, rescale(params, ones), strict=True)
        changed.update(name for name, old, new in pairs if old is not new)

    jax.eval_shape(compared, law.Params(*(np.ones(()) for _ in law.fields)))
    return changed


def in_units(law: Law, params: Any, units: Any) -> Any:
    """Parameters for inputs measured in `units` (scalars of the table's own unit)."""
    return params if law.rescale is None else law.rescale(params, units)


def in_table_units(law: Law, params: Any, units: Any) -> Any:
    """The inverse of `in_units`."""
    return in_units(law, params, jax.tree.map(lambda unit: 1 / unit, units))
