"""What is profiled: a parameter of the law, or a function of its parameters made one.

A function g is profiled by writing the law in new parameters: one of them, the pivot, is replaced by the
value of g, and the law solves g(params) = value for it. Holding the function is then holding a parameter.
"""

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw._checks import BadInput, bad_input, check_choice, shown
from scalelaw._float64 import float64
from scalelaw.fitting import Fit
from scalelaw.fitting.functions import Evaluated, Function, name_of, values
from scalelaw.laws import Law
from scalelaw.resampling.estimator import function_of, slope_of

# Newton's steps for the pivot: it starts at the fit, never far.
STEPS = 30


@dataclass(frozen=True)
class Quantity:
    """What is profiled.

    Attributes:
        name: what reports call it.
        law: the law of which `pivot` is the quantity: the fit's own, or rewritten.
        pivot: the parameter of `law` that is held.
        function: the quantity as a function of the fit's parameters.
        estimate: its value at the fit.
        gradient: [P] its derivative by the fit's parameters.
        domain: lowest and highest value it can take.
        logged: whether it is positive, and measured on a log scale.
    """

    name: str
    law: Law
    pivot: str
    function: Evaluated
    estimate: float
    gradient: Float[np.ndarray, " P"]
    domain: tuple[float, float]
    logged: bool

    @property
    def at_limit(self) -> bool:
        """Whether the fit holds it at the lowest value that it can take."""
        return self.estimate == self.domain[0]

    def of(self, params: Any) -> Float[np.ndarray, " M"]:
        """Its values at the fit's parameters [M]."""
        return values(self.function, params)


def quantity_of(fit: Fit, of: Function, taken: tuple[str, ...] = ()) -> Quantity:
    """The quantity that a name or a function stands for.

    Args:
        fit: the fit.
        of: a parameter, a derived quantity, or a function of the law's NamedTuple to a scalar.
        taken: parameters that are held already and cannot be a pivot.

    Raises:
        BadInput: for an unknown name, a parameter that the fit holds, one at its bound, a function that is
            not a differentiable scalar, or a fit without another free parameter.
    """
    fields = fit.law.fields
    if not callable(of):
        check_choice("what is profiled", of, fit.names)
    if fit.certificate.parameters < 2 + len(taken):
        raise bad_input(
            f"{fit.runs.source}: free parameters",
            f"at least {2 + len(taken)} for a profile, which optimises those that it does not hold",
            str(fit.certificate.parameters),
        )
    return _parameter(fit, of) if isinstance(of, str) and of in fields else _function(fit, of, taken)


def _parameter(fit: Fit, name: str) -> Quantity:
    constraints = fit.settings.constraints
    for how, pairs in (("fixed at", constraints.fix), ("tied to", constraints.tie)):
        held = dict(pairs)
        if name in held:
            raise BadInput(
                f"what is profiled must be a free parameter, got {name!r}, which is {how} {held[name]}"
            )
    if name in fit.certificate.at_bound:
        raise BadInput(
            f"what is profiled must lie inside its bounds, got {name!r}, which is held by one at "
            f"{getattr(fit.params, name):g}; widen the bound and fit again"
        )
    positive = name in fit.law.positive
    low, high = dict(constraints.bounds).get(name, (-np.inf, np.inf))
    gradient = np.array([field == name for field in fit.law.fields], float)
    # What is tied to it moves with it, yet the derivative by its own entry says it all.
    domain = (max(low, 0.0) if positive else low, high)
    estimate, function = float(getattr(fit.params, name)), fit.function(name)
    return Quantity(name, fit.law, name, function, estimate, gradient, domain, positive and estimate > 0)


def _function(fit: Fit, of: Function, taken: tuple[str, ...]) -> Quantity:
    name, function = name_of(of), function_of(fit, of)
    value, gradient = slope_of(fit, of)
    if value.shape != ():
        raise bad_input(f"profiled function {name!r}", "a scalar", f"shape {value.shape}")
    if not np.isfinite(value) or not np.isfinite(gradient).all():
        raise bad_input(f"profiled function {name!r}", "finite and smooth at the fit", shown(float(value)))
    pivot = _pivot(fit, name, gradient, taken)
    loss = Rewritten(fit.law, function, pivot, float(getattr(fit.params, pivot)))
    law = replace(
        fit.law,
        loss=loss,
        positive=tuple(field for field in fit.law.positive if field != pivot),
        rescale=None,
        derived=None,
        optimum=None,
        linear=(),
    )
    return Quantity(name, law, pivot, function, float(value), gradient, (-np.inf, np.inf), False)


def _pivot(fit: Fit, name: str, gradient: Float[np.ndarray, " P"], taken: tuple[str, ...]) -> str:
    """The free parameter whose uncertainty moves the function most."""
    constraints = fit.settings.constraints
    held = {word for pair in (*constraints.fix, *constraints.tie) for word in pair} | set(taken)
    held |= {*fit.certificate.at_limit, *(bounded for bounded, _ in constraints.bounds)}
    pull = {
        field: abs(slope) * getattr(fit.stderr, field)
        if np.isfinite(getattr(fit.stderr, field))
        else abs(slope)
        for field, slope in zip(fit.law.fields, gradient, strict=True)
        if field not in held and slope != 0
    }
    if not pull:
        raise bad_input(
            f"profiled function {name!r}", "one that changes with a parameter that nothing holds", "none such"
        )
    return max(pull, key=lambda field: pull[field])


@float64
def restore(law: Law, params: Any) -> Any:
    """The parameters [M] of the fit's law from those of a rewritten one."""
    return jax.vmap(law.loss.restore)(params) if isinstance(law.loss, Rewritten) else params


@dataclass(frozen=True)
class Rewritten:
    """The loss of a law whose `pivot` is replaced by the value of a function (static, hashable)."""

    law: Law
    function: Evaluated
    pivot: str
    start: float

    def __call__(self, params: Any, inputs: Any) -> Array:
        """The loss, as `Law.loss`."""
        return self.law.loss(self.restore(params), inputs)

    def restore(self, params: Any) -> Any:
        """The law's own parameters: the pivot solved for."""
        value, logged = getattr(params, self.pivot), self.pivot in self.law.positive

        def misfit(x: Array, at: Any) -> Array:
            pivot = jnp.exp(x) if logged else x
            apart: Array = self.function(at._replace(**{self.pivot: pivot})) - value
            return apart

        def advance(_: int, x: Array) -> Array:
            still = jax.lax.stop_gradient(params)
            ahead: Array = x - misfit(x, still) / jax.grad(misfit)(x, still)
            return ahead

        start = jnp.asarray(np.log(self.start) if logged else self.start, jnp.result_type(float))
        root = jax.lax.stop_gradient(jax.lax.fori_loop(0, STEPS, advance, start))
        slope = jax.lax.stop_gradient(jax.grad(misfit)(root, params))
        # One more step, differentiated: the derivative of the root by the implicit function theorem.
        x = root - misfit(root, params) / slope
        return params._replace(**{self.pivot: jnp.exp(x) if logged else x})
