"""What papers found: 113 published fits as data, with their true digits, conventions and reliability.

    sl.published["hoffmann2022_A3_tex"].optimal(C=5.76e23)
    sl.published["muennighoff2023"].loss(N=6.34e9, D=242e9, U=25e9)
    sl.allocate(sl.published["besiroglu2024_paper"], L=2.0)

The digits are those of `published.toml`, which is read when the first of them is asked for.
"""

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from scalelaw._checks import ByName, bad_input, check_positive, listed, shown
from scalelaw._float64 import float64
from scalelaw.laws import LAWS, Law, Optimum
from scalelaw.laws.farseer import from_printed

Constants = Mapping[str, float]


def _pure_power(printed: Constants) -> Constants:
    """(N_c / N)^alpha_N, likewise in D and C."""
    (x_c,) = (value for name, value in printed.items() if name.endswith("_c"))
    (alpha,) = (value for name, value in printed.items() if name.startswith("alpha_"))
    return {"x_c": x_c, "alpha": alpha}


def _chinchilla_log(printed: Constants) -> Constants:
    """Chinchilla's law with the logs of E, A and B; other constants are kept."""
    return {**printed, **{name: math.exp(printed[f"ln{name}"]) for name in "EAB"}}


FORMS: Mapping[str, Callable[[Constants], Constants]] = {
    "power_law": _pure_power,
    "henighan": lambda c: {"E": c["L_inf"], "A": c["x0"] ** c["alpha"], "alpha": c["alpha"]},
    "power_over_C": lambda c: {"E": c["E"], "A": c["k"], "alpha": c["p"]},
    "chinchilla_log": _chinchilla_log,
    "data_constrained": lambda c: {**_chinchilla_log(c), "R_D": c["R_D_star"], "R_N": c["R_N_star"]},
    "precision": lambda c: {**c, "beta": c["alpha"]},
    "critical_batch": lambda c: {"k": c["B_star"], "p": -1 / c["alpha_B"]},
    "frontier": lambda c: {"k": c["k"], "p": c["a"]},
    "frontier_power": lambda c: {"k": c["kN"], "p": c["a"]},
    "batch_and_lr": lambda c: {"k": c["kB"], "p": c["pB"]},
    "farseer": from_printed,
    "learning_curve": lambda c: {"beta": c["alpha"], "c": c["beta_g"]},
}
"""How printed constants become a law's parameters; a form that is not here names them as the law does."""


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
    constants: Constants
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
    @float64
    def params(self) -> Any:
        """The law's NamedTuple of floats, for inputs in parameters, tokens and FLOP."""
        law = self.law
        named = FORMS.get(self.form, dict)(self.constants)
        params = law.Params(*(float(named[name]) for name in law.fields))
        if not self.per:
            return params
        assert law.rescale is not None
        ours = law.pack({name: 1 / self.per.get(name, 1.0) for name in law.inputs})
        return law.Params(*(float(value) for value in law.rescale(params, ours)))

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
        return np.asarray(law.predict(params, **inputs))

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

    @float64
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
            return Optimum(jnp.asarray(kN * C**a), jnp.asarray(kD * C**b))
        law = self.law.hold(**held) if held else self.law
        if law.optimum is None or set(law.inputs) != {"N", "D"}:
            missing = [f"{name}=..." for name in law.inputs if name not in "ND"]
            way = f"hold {', '.join(missing)}" if missing else "use sl.allocate(sl.published[...], C=...)"
            raise bad_input(
                f"law '{law.name}'", "one of N and D with a closed-form optimum", law.formula, advice=way
            )
        return law.optimum(self.params, jnp.asarray(float(C)))


class Library(ByName[Published]):
    """The published fits by name, and the published tables."""

    def table(self, name: str) -> list[dict[str, Any]]:
        """A published table, a mapping a row (`pandas.DataFrame` reads it as it is).

        Raises:
            BadInput: if there is no such table.
        """
        tables = _file()["table"]
        if name not in tables:
            raise bad_input("published table", f"one of {listed(tables, 12)}", shown(name))
        return [dict(zip(tables[name]["columns"], row, strict=True)) for row in tables[name]["rows"]]


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(files("scalelaw.laws").joinpath("published.toml").read_text(encoding="utf-8"))


@cache
def _fits() -> Mapping[str, Published]:
    entries = {name: entry for name, entry in _file().items() if name != "table"}
    return MappingProxyType({name: _fit(name, **entry) for name, entry in entries.items()})


def _fit(
    name: str,
    *,
    law: str = "",
    check: tuple[Any, ...] = (),
    interval: Mapping[str, list[float]] = MappingProxyType({}),
    **entry: Any,
) -> Published:
    intervals = {constant: (low, high) for constant, (low, high) in interval.items()}
    checks = tuple(Check(**point) for point in check)
    return Published(name, law_name=law, checks=checks, interval=intervals, **entry)


published = Library("published fit", "`scalelaw laws --published`", _fits)

CHINCHILLAS = (
    "hoffmann2022_A3_rounded",
    "hoffmann2022_A3_tex",
    "hoffmann2022_A3_devries",
    "hoffmann2022_A3_frontier_tableA3",
    "besiroglu2024_paper",
    "hoffmann2022_A1_frontier",
)
"""Variants of Hoffmann's fits, and their corrections."""


class Verdict(NamedTuple):
    """What one set of constants says: N*, tokens per parameter and the exponent a of N* = G (C / 6)^a."""

    name: str
    C: float
    N: float
    tokens_per_parameter: float
    a: float


def disagreement(C: float, names: tuple[str, ...] = CHINCHILLAS) -> list[Verdict]:
    """What each set of published constants would train on a budget.

    Args:
        C: training compute, FLOP.
        names: of published fits with an optimum.

    Returns:
        A row a name.

    Examples:
        >>> from scalelaw.laws.published import disagreement
        >>> old, new = disagreement(5.76e23, ("hoffmann2022_A3_tex", "besiroglu2024_paper"))
        >>> f"{old.N:.3g} parameters or {new.N:.3g}"
        '4.04e+10 parameters or 7.22e+10'
    """
    return [_verdict(name, C) for name in names]


def _verdict(name: str, C: float) -> Verdict:
    fit = published[name]
    N, D = (float(leaf) for leaf in fit.optimal(C=C))
    derived = fit.law.derived
    a = fit.constants["a"] if derived is None else float(derived(fit.params)["a"])
    return Verdict(name, C, N, D / N, a)
