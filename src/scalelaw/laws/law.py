"""What a law is: a NamedTuple of parameters, a pure function, and what is known of them; and a law by name."""

import importlib.util
import sys
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw._checks import BadInput, bad_input, check_choice, check_positive, listed, one_line, shown
from scalelaw._float64 import float64

AnyParams = Any
Values = Sequence[float] | np.ndarray
Value = TypeVar("Value")


class Optimum(NamedTuple):
    """The compute-optimal model of a budget: N parameters on D tokens."""

    N: Array
    D: Array


class FrozenMapping(Mapping[str, Value]):
    """A mapping that can be hashed, so that a law that holds one can be a static argument."""

    def __init__(self, entries: Mapping[str, Value] | Iterable[tuple[str, Value]] = ()) -> None:
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Value:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __hash__(self) -> int:
        return hash(frozenset(self._entries))

    def __repr__(self) -> str:
        return repr(self._entries)


@cache
def inputs_type(names: tuple[str, ...]) -> type:
    """The NamedTuple type with a law's input names as fields; `x.N`, `x["N"]` and `N, D = x` all work."""
    base = partial(namedtuple, "Inputs")(names)

    def item(self: Any, key: Any) -> Any:
        return getattr(self, key) if isinstance(key, str) else tuple.__getitem__(self, key)

    return type("Inputs", (base,), {"__slots__": (), "__getitem__": item})


@dataclass(frozen=True)
class Held:
    """A law's function of which some inputs have values (hashable: equal ones share their compiled code)."""

    function: Callable[[AnyParams, Any], Any]
    inputs: tuple[str, ...]
    held: Mapping[str, float]

    def __call__(self, params: AnyParams, inputs: Any) -> Any:
        """The value at the inputs that are left."""
        values = (self.held[name] if name in self.held else getattr(inputs, name) for name in self.inputs)
        return self.function(params, inputs_type(self.inputs)(*values))


@dataclass(frozen=True)
class HeldOptimum:
    """A law's closed-form optimum with the inputs beyond N and D held."""

    function: Callable[..., Optimum]
    held: Mapping[str, float]

    def __call__(self, params: AnyParams, budget: Array, **further: Any) -> Optimum:
        """The optimum of a budget [FLOP]; inputs not held yet by keyword."""
        return self.function(params, budget, **self.held, **further)


@dataclass(frozen=True)
class Law:
    """A scaling law: loss as a pure function of parameters and inputs.

    A law needs a name, a NamedTuple type and a function; the rest makes it fit faster and answer more.

    Attributes:
        name: what reports call it.
        Params: NamedTuple type of the parameters.
        loss: pure JAX function (params, inputs) -> `output` [n], mostly a loss in nats per token. `inputs` has
            the fields of `inputs`, each [n]; params are scalars.
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
        optimum: (params, budget) -> Optimum for C = 6 N D at the budget [FLOP], where a closed form exists; of a
            law with inputs beyond N and D it takes these by keyword.
        derived: params -> dict of named functions of the parameters that reports print.
        formula: the law as a reader writes it.
        citation: where it comes from.
        output: what the law predicts: "L", or a size, a batch, a learning rate, an error.
        units: unit and convention of inputs and output by name (which parameters N counts, which tokens D).
        nests: a law of fewer parameters that this one holds, and from its parameters to those of this law that
            give the same losses.
        placed: (starts, inputs, L) -> starts in natural units, of a law whose `starts` are shares of what the runs
            are (quantiles of an input, parts of the lowest loss): NumPy, leaves [starts] and [n].

    Raises:
        BadInput: if a name in `positive`, `starts` or `linear` is not a parameter, or one in `units` neither an
            input nor the output.

    Examples:
        >>> from typing import NamedTuple
        >>> class Params(NamedTuple):
        ...     E: float
        ...     A: float
        ...     alpha: float
        >>> law = sl.Law(
        ...     "of_size",
        ...     Params,
        ...     lambda p, x: p.E + p.A * x.N**-p.alpha,
        ...     inputs=("N",),
        ...     positive=("E", "A"),
        ...     linear=("E", "A"),
        ... )
        >>> f"{law.predict(Params(E=1.7, A=400, alpha=0.34), N=7e9):.3f}"
        '1.880'
    """

    name: str
    Params: type
    loss: Callable[[AnyParams, Any], Array]
    inputs: tuple[str, ...] = ("N", "D")
    positive: tuple[str, ...] = ()
    starts: Mapping[str, Values] = FrozenMapping()
    linear: tuple[str, ...] = ()
    projected: Mapping[str, Values] = FrozenMapping()
    plausible: Mapping[str, tuple[float, float]] = FrozenMapping()
    rescale: Callable[[AnyParams, Any], AnyParams] | None = None
    optimum: Callable[..., Optimum] | None = None
    derived: Callable[[AnyParams], dict[str, Array]] | None = None
    formula: str = ""
    citation: str = ""
    output: str = "L"
    units: Mapping[str, str] = FrozenMapping()
    nests: "tuple[Law, Callable[[AnyParams], AnyParams]] | None" = None
    placed: Callable[[AnyParams, Any, np.ndarray], AnyParams] | None = None

    def __post_init__(self) -> None:
        """Freeze lists, arrays and mappings (a law is hashable) and check the names."""
        if not hasattr(self.Params, "_fields"):
            raise BadInput(f"law '{self.name}': Params must be a NamedTuple type, got {self.Params!r}")
        frozen: dict[str, Any] = {
            "inputs": tuple(self.inputs),
            "positive": tuple(self.positive),
            "linear": tuple(self.linear),
            "starts": _freeze_numbers(self.starts),
            "projected": _freeze_numbers(self.projected),
            "plausible": _freeze_numbers(self.plausible),
            "units": FrozenMapping(self.units),
        }
        for name, value in frozen.items():
            object.__setattr__(self, name, value)
        self._check_names()

    def _check_names(self) -> None:
        for what, names in (
            ("positive", self.positive),
            ("linear", self.linear),
            ("starts", self.starts),
            ("projected", self.projected),
            ("plausible", self.plausible),
        ):
            for name in names:
                if name not in self.fields:
                    raise BadInput(
                        f"law '{self.name}': `{what}` names '{name}', which is not one of {self.fields}"
                    )
        for name in self.units:
            if name not in (*self.inputs, self.output):
                raise BadInput(
                    f"law '{self.name}': `units` names '{name}', which is neither an input {self.inputs} nor "
                    f"the output '{self.output}'"
                )
        missing = [name for name in self.fields if name not in self.starts]
        if self.starts and missing:
            problem = f"must give values for every parameter or none, got none for {missing}"
            raise BadInput(f"law '{self.name}': `starts` {problem}")

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        assert hasattr(self.Params, "_fields")
        return tuple(self.Params._fields)

    def pack(self, inputs: Mapping[str, Any]) -> Any:
        """The law's own Inputs from a mapping that holds at least its names."""
        return inputs_type(self.inputs)(*(inputs[name] for name in self.inputs))

    @float64
    def predict(self, params: AnyParams, **inputs: Any) -> Float[Array | np.ndarray, "..."]:
        """The law's output; the one way to evaluate a law.

        Args:
            params: its NamedTuple; leaves that broadcast against the inputs, or scalars.
            inputs: all of the law's inputs by name, numbers or arrays that broadcast, in the units of `units`.

        Returns:
            Float64 NumPy of the broadcast shape; inside a JAX transformation, what is traced.

        Raises:
            TypeError: if an input of the law is missing or unknown.

        Examples:
            >>> law = sl.laws.chinchilla
            >>> f"{law.predict(law.Params(1.69, 406.4, 410.7, 0.34, 0.28), N=70e9, D=1.4e12):.3f}"
            '1.937'
        """
        if set(inputs) != set(self.inputs):
            raise TypeError(f"predict needs exactly the inputs {self.inputs}, got {tuple(inputs)}")
        arrays = jnp.broadcast_arrays(*(jnp.asarray(inputs[name], float) for name in self.inputs))
        return self.loss(params, self.pack(dict(zip(self.inputs, arrays, strict=True))))

    def hold(self, **values: float) -> "Law":
        """The same law with some of its inputs held, so that it reads the others alone.

        `data_constrained.hold(U=25e9)` is a law of N and D, and splits a budget like any other.

        Args:
            values: inputs by name, positive numbers in the unit of the input.

        Raises:
            BadInput: for a name that is no input, a value that is not positive, or if no input is left.

        Examples:
            >>> law = sl.laws.data_constrained.hold(U=25e9)
            >>> law.inputs, law.name
            (('N', 'D'), 'data_constrained at U = 2.5e+10')
        """
        for name, value in values.items():
            check_choice(f"held input of law '{self.name}'", name, self.inputs)
            check_positive(name, value)
        rest = tuple(name for name in self.inputs if name not in values)
        if not rest:
            raise BadInput(f"law '{self.name}': an input must be left, got values for all of {self.inputs}")
        held = FrozenMapping((name, float(values[name])) for name in self.inputs if name in values)
        ones = FrozenMapping((name, 1.0) for name in held)
        shown = ", ".join(f"{name} = {value:g}" for name, value in held.items())
        return replace(
            self,
            name=f"{self.name} at {shown}" if held else self.name,
            loss=Held(self.loss, self.inputs, held),
            rescale=None if self.rescale is None else Held(self.rescale, self.inputs, ones),
            optimum=None if self.optimum is None else HeldOptimum(self.optimum, held),
            inputs=rest,
            units={name: unit for name, unit in self.units.items() if name not in values},
            nests=None,
        )

    def grid(self) -> np.ndarray:
        """The default starts as [starts, parameters] in natural units; empty when the law names none."""
        if not self.starts:
            return np.empty((0, len(self.fields)))
        axes = np.meshgrid(*(self.starts[name] for name in self.fields), indexing="ij")
        return np.stack([axis.ravel() for axis in axes], axis=1)


def _freeze_numbers(named: Mapping[str, Values]) -> FrozenMapping[tuple[float, ...]]:
    return FrozenMapping((name, tuple(map(float, values))) for name, values in dict(named).items())


def find_law(text: str, known: dict[str, Law]) -> Law:
    """The law that `text` names: one of `known`, or `path/to/file.py:NAME` for a user's own.

    Raises:
        BadInput: for an unknown name, a file that is missing or does not import, or a NAME that is no `Law`.
    """
    path, colon, name = text.rpartition(":")
    if not colon or not path.endswith(".py"):
        return known[check_choice("law", text, known)]
    law = getattr(_module(Path(path)), name, None)
    if isinstance(law, Law):
        return law
    laws = [key for key, value in vars(_module(Path(path))).items() if isinstance(value, Law)]
    got = shown(name) if law is None else f"{shown(name)}, a {type(law).__name__}"
    raise bad_input(f"law of {path}", f"a Law in that file ({listed(laws) or 'it defines none'})", got)


def _module(path: Path) -> ModuleType:
    name = f"scalelaw_user_{path.stem}"
    if name in sys.modules and sys.modules[name].__file__ == str(path.resolve()):
        return sys.modules[name]
    if not path.is_file():
        raise bad_input("law file", "an existing Python file", str(path))
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        reason = one_line(f"{type(error).__name__}: {error}")
        raise BadInput(
            f"law file {path} does not import: {reason[:300]}; run `python {path}` to see where"
        ) from error
    sys.modules[name] = module
    return module
