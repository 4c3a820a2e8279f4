"""`Published`: one published fit, as printed and as a law with parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from scalelaw._checks import bad_input, check_positive, listed
from scalelaw.laws import LAWS, Law, Optimum
from scalelaw.laws.forms import parameters


class Check(NamedTuple):
    """A point that a published fit passes through: x -> y, within rtol where one is given."""

    x: Mapping[str, float]
    y: float
    kind: str
    rtol: float
    note: str = ""


@dataclass(frozen=True)
class Published:
    """A published fit.

    Numbers asked of it are in the package's own units (parameters, tokens, FLOP); `constants` are as printed.

    Attributes:
        name: paper and variant.
        form: how the constants are written.
        equation: the printed formula over constants and inputs.
        output: what it predicts.
        constants: as printed.
        reliability: where the digits come from: "primary" (read in the paper), "authors_code", "recomputed",
            "secondary" (a third party), with `_reproduced` where they also came out numerically;
            "memory_constants" and "unverified_constants" are not to be relied on.
        source: paper and equation.
        law_name: of `scalelaw.laws.LAWS`; empty where the form is no law of this package.
        per: package's own units (FLOP) in one unit of an input of the paper, by input.
        stderr: standard error by constant.
        interval: (low, high) by constant.
        level: of the intervals, e.g. 0.95.
        further: other numbers of the same fit.
        units: unit and convention of inputs and output.
        method: how it was fitted.
        range: what it was fitted to.
        note: what to know before using it.
        checks: points that it passes through.
    """

    name: str
    form: str
    equation: str
    output: str
    constants: Mapping[str, float]
    reliability: str
    source: str
    law_name: str = ""
    per: Mapping[str, float] = field(default_factory=dict)
    stderr: Mapping[str, float] = field(default_factory=dict)
    interval: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    level: float | None = None
    further: Mapping[str, float] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    method: str = ""
    range: str = ""
    note: str = ""
    checks: tuple[Check, ...] = ()

    @property
    def law(self) -> Law:
        """The law.

        Raises:
            BadInput: if the form is no law of this package; the message gives the printed formula.
        """
        if not self.law_name:
            raise bad_input(
                f"published fit '{self.name}'", "of a form that is a law of this package", self.equation
            )
        return LAWS[self.law_name]

    @cached_property
    def params(self) -> Any:
        """The law's NamedTuple of floats, for inputs in parameters, tokens and FLOP."""
        named = parameters(self.form, self.constants, self.law.fields)
        params = self.law.Params(*(float(named[name]) for name in self.law.fields))
        if not self.per:
            return params
        assert self.law.rescale is not None
        with jax.enable_x64(True):
            ours = self.law.pack({name: 1 / self.per.get(name, 1.0) for name in self.law.inputs})
            return self.law.Params(*(float(value) for value in self.law.rescale(params, ours)))

    def predict(self, **inputs: Any) -> np.ndarray:
        """What the law predicts, in the unit of its output.

        Args:
            inputs: the law's inputs by name, floats or arrays that broadcast.

        Raises:
            BadInput: if the form is no law of this package, or an input is missing or unknown.

        Examples:
            >>> f"{sl.published['kaplan2020_L_N'].predict(N=1.5e9):.3f} nats per token"
            '2.304 nats per token'
        """
        law, params = self.law, self.params
        if set(inputs) != set(law.inputs):
            raise bad_input(
                f"inputs of '{self.name}'", f"exactly {listed(law.inputs)}", listed(inputs) or "none"
            )
        with jax.enable_x64(True):
            arrays = np.broadcast_arrays(*(np.asarray(inputs[name], float) for name in law.inputs))
            return np.asarray(law.loss(params, law.pack(dict(zip(law.inputs, arrays, strict=True)))))

    def loss(self, **inputs: Any) -> np.ndarray:
        """Predicted loss [nats/token].

        Args:
            inputs: the law's inputs by name: N [parameters], D [tokens], C [FLOP], ...

        Raises:
            BadInput: as `predict`, or if the law predicts something else.

        Examples:
            >>> f"{sl.published['muennighoff2023'].loss(N=6.34e9, D=242e9, U=25e9):.3f} nats per token"
            '2.226 nats per token'
        """
        if self.law.output != "L":
            raise bad_input(
                f"published fit '{self.name}'",
                "a law of the loss",
                f"one of {self.output}",
                advice="use .predict(...)",
            )
        return self.predict(**inputs)

    def optimal(self, C: float, **held: float) -> Optimum:
        """The compute-optimal split 6 N D = C, in closed form; that of a frontier as printed.

        Args:
            C: training compute, FLOP.
            held: further inputs of the law by name, e.g. E=8 (experts).

        Raises:
            BadInput: if C is not positive, or the law has no closed form; the message names the way round.

        Examples:
            >>> best = sl.published["hoffmann2022_A3_tex"].optimal(C=5.76e23)
            >>> f"{best.N:.3g} parameters, {best.D:.3g} tokens"
            '4.04e+10 parameters, 2.38e+12 tokens'
        """
        check_positive("C", C)
        if self.form == "frontier_power":
            kN, a, kD, b = (self.constants[name] for name in ("kN", "a", "kD", "b"))
            return _on_host(Optimum(kN * C**a, kD * C**b))
        law = self.law.hold(**held) if held else self.law
        if law.optimum is None or set(law.inputs) != {"N", "D"}:
            missing = [f"{name}=..." for name in law.inputs if name not in "ND"]
            way = f"hold {', '.join(missing)}" if missing else "use sl.allocate(sl.published[...], C=...)"
            raise bad_input(
                f"law '{law.name}'", "one of N and D with a closed-form optimum", law.formula, advice=way
            )
        with jax.enable_x64(True):
            return _on_host(law.optimum(self.params, jnp.asarray(float(C))))


def _on_host(best: Any) -> Optimum:
    leaves: list[Any] = [np.asarray(leaf) for leaf in best]
    return Optimum(*leaves)
