"""What a law is: a NamedTuple of parameters, one pure function, and what is known about them."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array

from scalelaw._checks import BadInput

AnyParams = Any
Grid = tuple[tuple[str, tuple[float, ...]], ...]


class Optimum(NamedTuple):
    """The compute-optimal model of a budget: N parameters on D tokens."""

    N: Array
    D: Array


@cache
def inputs_type(names: tuple[str, ...]) -> type:
    """The NamedTuple type with a law's input names as fields; `x.N`, `x["N"]` and `N, D = x` all work."""
    base = namedtuple("Inputs", names)  # type: ignore[misc]  # noqa: PYI024

    def item(self: Any, key: Any) -> Any:
        return getattr(self, key) if isinstance(key, str) else tuple.__getitem__(self, key)

    return type("Inputs", (base,), {"__slots__": (), "__getitem__": item})


@dataclass(frozen=True)
class Law:
    """A scaling law: loss as a pure function of parameters and inputs.

    A law needs a name, a NamedTuple type and a function; the rest makes it fit faster and answer more.

    Attributes:
        name: what reports call it.
        Params: NamedTuple type of the parameters.
        loss: pure JAX function (params, inputs) -> loss [n] in nats per token. `inputs` has the fields of
            `inputs`, each [n]; params are scalars.
        inputs: names of the columns the law reads: "N" (parameters), "D" (tokens), "C" (FLOP), or any other
            column of the table.
        positive: parameters that are positive; they are fitted as logs.
        starts: default grid of starts, a mapping from every parameter to its values (natural units).
        linear: parameters in which the loss is linear given the others; enables projected starts.
        projected: grid of the other parameters for projected starts; by default their values in `starts`.
        plausible: range of a parameter outside which the fit has run off, by name; part of the certificate.
        rescale: (params, units) -> params that give the same losses when every input is measured in
            `units` (an Inputs of scalars). Lets the fit centre the logs of its inputs. It returns the very
            same leaf where a parameter does not change.
        optimum: (params, budget) -> Optimum for C = 6 N D at the budget [FLOP], where a closed form exists.
        derived: params -> dict of named functions of the parameters that reports print.
        formula: the law as a reader writes it.
        citation: where it comes from.

    Raises:
        BadInput: if a name in `positive`, `starts` or `linear` is not a parameter.
    """

    name: str
    Params: type
    loss: Callable[[AnyParams, Any], Array]
    inputs: tuple[str, ...] = ("N", "D")
    positive: tuple[str, ...] = ()
    starts: Grid = ()
    linear: tuple[str, ...] = ()
    projected: Grid = ()
    plausible: tuple[tuple[str, tuple[float, float]], ...] = ()
    rescale: Callable[[AnyParams, Any], AnyParams] | None = None
    optimum: Callable[[AnyParams, Array], Optimum] | None = None
    derived: Callable[[AnyParams], dict[str, Array]] | None = None
    formula: str = ""
    citation: str = ""

    def __post_init__(self) -> None:
        """Freeze mappings and lists (a law is hashable) and check the names."""
        if not hasattr(self.Params, "_fields"):
            raise BadInput(f"law '{self.name}': Params must be a NamedTuple type, got {self.Params!r}")
        object.__setattr__(self, "inputs", tuple(self.inputs))
        object.__setattr__(self, "positive", tuple(self.positive))
        object.__setattr__(self, "linear", tuple(self.linear))
        object.__setattr__(self, "starts", _frozen(self.starts))
        object.__setattr__(self, "projected", _frozen(self.projected))
        object.__setattr__(self, "plausible", _ranges(self.plausible))
        self._check_names()

    def _check_names(self) -> None:
        for what, names in (
            ("positive", self.positive),
            ("linear", self.linear),
            ("starts", dict(self.starts)),
            ("projected", dict(self.projected)),
            ("plausible", dict(self.plausible)),
        ):
            for name in names:
                if name not in self.fields:
                    raise BadInput(
                        f"law '{self.name}': `{what}` names '{name}', which is not one of {self.fields}"
                    )

        missing = [name for name in self.fields if self.starts and name not in dict(self.starts)]
        if missing:
            problem = f"must give values for every parameter or none, got none for {missing}"
            raise BadInput(f"law '{self.name}': `starts` {problem}")

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        return tuple(self.Params._fields)  # type: ignore[attr-defined]

    def pack(self, inputs: Mapping[str, Any]) -> Any:
        """The law's own Inputs from a mapping that holds at least its names."""
        return inputs_type(self.inputs)(*(inputs[name] for name in self.inputs))

    def grid(self) -> np.ndarray:
        """The default starts as [starts, parameters] in natural units; empty when the law names none."""
        values = dict(self.starts)
        if not values:
            return np.empty((0, len(self.fields)))
        axes = np.meshgrid(*(values[name] for name in self.fields), indexing="ij")
        return np.stack([axis.ravel() for axis in axes], axis=1)


def _frozen(starts: Mapping[str, Sequence[float]] | Grid) -> Grid:
    pairs = starts.items() if isinstance(starts, Mapping) else starts
    return tuple((name, tuple(float(value) for value in values)) for name, values in pairs)


def _ranges(plausible: Any) -> tuple[tuple[str, tuple[float, float]], ...]:
    pairs = plausible.items() if isinstance(plausible, Mapping) else plausible
    return tuple((name, (float(low), float(high))) for name, (low, high) in pairs)
