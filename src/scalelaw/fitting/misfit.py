"""Misfit: whether the law is right, judged by the structure that it leaves in its residuals.

The certificate judges the optimum; the misfit judges the law, and needs no replicates for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Protocol, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting.coordinates import Prediction
from scalelaw.fitting.curvature import Curvature
from scalelaw.fitting.setup import Settings, Setup
from scalelaw.fitting.structure import Split, chance, cubic, take_apart
from scalelaw.laws import LAWS, Law
from scalelaw.runs import Runs
from scalelaw.runs.groups import By, group_codes
from scalelaw.solve import Problem

LEVEL = 0.05
# Structure below this share of the loss is rounding, of the table or of the fit.
NEGLIGIBLE = 1e-6
# The smallest p that is written as a number.
FLOOR = 0.001
# A quantity is named where fifths of the runs in it explain this much of the surface, a second one this much more.
EXPLAINS = 0.2
FIFTHS = 5


class Fitted(Protocol):
    """What the test needs of a fit."""

    @property
    def law(self) -> Law: ...  # noqa: D102
    @property
    def params(self) -> Any: ...  # noqa: D102
    @property
    def runs(self) -> Runs: ...  # noqa: D102
    @property
    def settings(self) -> Settings: ...  # noqa: D102
    @property
    def setup(self) -> Setup: ...  # noqa: D102
    @property
    def point(self) -> Curvature: ...  # noqa: D102


@dataclass(frozen=True, eq=False, repr=False)
class Misfit:
    """Whether the residuals have structure that the law leaves, how much, and where.

    Attributes:
        p: probability of so much structure where the law is right, simulated.
        size: root mean square of the structure, per cent of the loss.
        noise: standard deviation of the residuals without it, per cent of the loss.
        found: whether p is below .05 and the structure above rounding.
        where: where the law is too low or too high, in words; empty where nothing was found.
        directions: how many directions of the surface were tested.
        groups: how many groups of runs went astray together; None where runs are independent.
        pure_error: standard deviation among runs that repeat each other, per cent; None where none do.
        surface: [n] the structure, predicted over observed loss less one, in the order of the runs.
        wider: name of each law that holds this one, and the share of the structure that its further parameters
            would take up (to first order); most first.
    """

    p: float
    size: float
    noise: float
    found: bool
    where: str
    directions: int
    groups: int | None
    pure_error: float | None
    surface: Float[np.ndarray, " n"]
    wider: tuple[tuple[str, float], ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader has to know first: nothing, or that the law does not describe the runs, and what may."""
        if not self.found:
            return ()
        better = ", ".join(f"{name} would take up {share:.0%} of it" for name, share in self.wider)
        advice = f"; {better}; a back-test says which predicts better" if better else ""
        return (f"the law does not describe these runs: it is {self.where} ({self.sizes}){advice}",)

    @property
    def sizes(self) -> str:
        """Structure and noise in words."""
        repeats = (
            "" if self.pure_error is None else f", of runs that repeat each other {self.pure_error:.2g} %"
        )
        noise = f"noise of {self.noise:.2g} %{repeats}"
        return f"structure of {self.size:.2g} % of the loss beside {noise}, {self.chance}"

    @property
    def chance(self) -> str:
        """How probable such structure is where the law is right, in words."""
        return f"p < {FLOOR:g}" if self.p < FLOOR else f"p = {self.p:.2g}"

    def to_dict(self) -> dict[str, Any]:
        """All but the surface, as plain values."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "surface"}
        return {**values, "wider": dict(self.wider)}

    def __str__(self) -> str:
        return self.warnings[0] if self.found else f"no structure found in the residuals ({self.sizes})"

    __repr__ = __str__


def misfit(fit: Fitted, *, by: By = None) -> Misfit:
    """Test whether a law leaves structure in its residuals: whether it is the right law for these runs.

    A smooth surface (a cubic in the logs of the inputs) is fitted to the residuals, less what the law's own
    parameters could take up of it. Its size is weighed against the rest, robustly, by a test whose level is
    simulated with the residuals themselves.

    Args:
        fit: any fitted law.
        by: which runs go astray together (see `bootstrap`), as checkpoints of one run do; by default those of
            the table's group column, if it was read with one.

    Returns:
        The size of the structure beside the noise, how probable it is where the law is right, and where the law
        predicts too much or too little.

    Raises:
        BadInput: if there is no such column, or all runs are of one group.

    Examples:
        >>> found = sl.misfit(sl.fit(sl.read_dataset("sweep"), starts="projected"))
        >>> found.found, f"{found.size:.1f} % of the loss beside noise of {found.noise:.1f} %"
        (True, '1.6 % of the loss beside noise of 0.7 %')
    """
    grouped = by is not None or fit.runs.group is not None
    return _judge(fit, group_codes(fit.runs, by) if grouped else None)


class Structure(NamedTuple):
    """Residuals taken apart.

    Attributes:
        split: the spaces, and the residuals of the runs that count.
        size: root mean square of what lies along the surface, less what noise alone would put there.
        noise: standard deviation of what is neither law nor surface.
    """

    split: Split
    size: float
    noise: float


def find_structure(
    inputs: Mapping[str, Float[np.ndarray, " n"]],
    residuals: Float[np.ndarray, " n"],
    jacobian: Float[np.ndarray, "p n"],
    root: Float[np.ndarray, " n"],
) -> Structure:
    """How much of the residuals a smooth surface explains that the law's parameters do not.

    Args:
        inputs: name -> values of each of the law's inputs.
        residuals: relative to the loss: log of predicted over observed, or their difference over observed.
        jacobian: of the residuals, in the parameters that were free.
        root: root of the weight of each run, positive.
    """
    split = take_apart(residuals, jacobian.T, cubic(inputs), root)
    along, rest = split.sums(split.residuals)
    noise = np.sqrt(rest / max(split.degrees, 1))
    size = np.sqrt(max(along - split.directions * noise**2, 0.0) / len(residuals))
    return Structure(split, float(size), float(noise))


def _judge(fit: Fitted, codes: Int[np.ndarray, " n"] | None) -> Misfit:
    weight = fit.setup.weight
    kept = np.flatnonzero(weight > 0)
    inputs = {name: values[kept] for name, values in fit.setup.inputs.items()}
    point, unit = fit.point, 1.0 if fit.settings.objective.residual == "log" else sizes(fit.runs.L)
    residuals, jacobian = (point.residuals / unit)[kept], (point.jacobian[~point.still] / unit)[:, kept]
    root = np.sqrt(weight[kept] / weight[kept].mean())
    seen = (inputs, residuals, jacobian, root)
    split, size, noise = find_structure(*seen)
    groups = None if codes is None else np.unique(codes[kept], return_inverse=True)[1]
    p = chance(split, groups) if split.testable and size > NEGLIGIBLE else 1.0
    smooth = split.smooth / root
    surface = np.full(len(weight), np.nan)
    surface[kept] = smooth
    return Misfit(
        p=float(p),
        size=100 * size,
        noise=100 * noise,
        found=bool(p < LEVEL),
        where=describe(inputs, smooth) if p < LEVEL else "",
        directions=split.directions,
        groups=None if groups is None else int(groups.max()) + 1,
        pure_error=_pure_error(inputs, residuals),
        surface=surface,
        wider=_wider(fit, kept, seen, size) if p < LEVEL else (),
    )


def sizes(L: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """What residuals are relative to: each loss, or the root mean square of responses of either sign."""
    return L if (L > 0).all() else np.full(len(L), np.sqrt(np.mean(L**2)))


def _wider(
    fit: Fitted, kept: np.ndarray, seen: tuple[Any, ...], narrow: float
) -> tuple[tuple[str, float], ...]:
    """What each law that holds the fitted one would take up of structure of size `narrow`, to first order."""
    inputs, residuals, jacobian, root = seen
    shares = {}
    for law in LAWS.values():
        if law.nests is None or law.nests[0] != fit.law or law.inputs != fit.law.inputs:
            continue
        further = np.asarray(_tangents(law, fit.setup.problem, fit.point.theta))[:, kept]
        both = find_structure(inputs, residuals, np.concatenate([jacobian, further]), root)
        shares[law.name] = 1 - (both.size / narrow) ** 2
    return tuple(sorted(shares.items(), key=lambda pair: -pair[1]))


@float64
@compiled(static_argnums=0)
def _tangents(law: Law, problem: Problem, theta: Float[Array, " p"]) -> Float[Array, "P n"]:
    """Derivatives of the log loss in every parameter of a law, where it is the nested one of theta."""
    assert law.nests is not None
    narrow = cast(Prediction, problem.predict).coordinates.params(tuple(theta), problem.fixed)
    params = law.nests[1](jax.tree.map(lambda value: jnp.asarray(value, float), narrow))
    return jnp.stack(list(jax.jacfwd(lambda at: jnp.log(law.loss(at, problem.inputs)))(params)))


def _pure_error(inputs: Mapping[str, np.ndarray], residuals: np.ndarray) -> float | None:
    """Standard deviation among runs of the very same inputs, per cent."""
    _, codes = np.unique(np.stack([*inputs.values()]), axis=1, return_inverse=True)
    counts = np.bincount(codes)
    spare = len(codes) - len(counts)
    if not spare:
        return None
    means = np.bincount(codes, residuals) / counts
    return float(100 * np.sqrt(np.sum((residuals - means[codes]) ** 2) / spare))


def describe(inputs: Mapping[str, np.ndarray], surface: Float[np.ndarray, " n"]) -> str:
    """Where the surface lies above and below zero, in words; a positive surface is a law that predicts too much."""
    axes = _axes(inputs)
    parts = [_in_words(name, axes[name], means) for name, means in telling(inputs, surface).items()]
    return "; ".join(parts) or "too high and too low in a way that no single quantity tells"


def telling(
    inputs: Mapping[str, np.ndarray], surface: Float[np.ndarray, " n"]
) -> dict[str, Float[np.ndarray, " n"]]:
    """The one or two quantities that tell most of a surface: name -> its mean in the fifth of each run.

    Args:
        inputs: name -> values; of a law of N and D compute and tokens per parameter are tried, too.
        surface: of the runs.
    """
    axes, left = _axes(inputs), surface
    found: dict[str, np.ndarray] = {}
    while axes and len(found) < 2:
        fits = {name: _means(values, left) for name, values in axes.items()}
        name = min(fits, key=lambda each: np.var(left - fits[each]))
        if np.var(left) - np.var(left - fits[name]) < EXPLAINS * np.var(surface):
            break
        found[name] = fits[name]
        left = left - fits[name]
        del axes[name]
    return found


def _axes(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    axes = {name: values for name, values in inputs.items() if np.ptp(values) > 0}
    if {"N", "D"} <= axes.keys():
        axes |= {"C": axes["N"] * axes["D"], "D/N": axes["D"] / axes["N"]}
    return axes


def _means(values: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """The surface's mean in each fifth of the runs by `values`, [n]."""
    fifth = _fifths(values)
    return np.asarray((np.bincount(fifth, surface) / np.maximum(np.bincount(fifth), 1))[fifth])


def _fifths(values: np.ndarray) -> Int[np.ndarray, " n"]:
    """Which fifth of the runs each belongs to; equal values belong to one."""
    edges = np.quantile(values, np.arange(1, FIFTHS) / FIFTHS)
    return np.asarray(np.searchsorted(edges, values, side="right"))


def _in_words(name: str, values: np.ndarray, means: np.ndarray) -> str:
    """`too low at high D/N`, `too high at both ends of C and too low between`."""
    fifth = _fifths(values)
    low, high = means[fifth == fifth.min()][0], means[fifth == fifth.max()][0]
    between = means[(fifth > fifth.min()) & (fifth < fifth.max())]
    middle = between.mean() if len(between) else 0.0
    if low * high <= 0:
        return f"too {_sign(low)} at low {name} and too {_sign(high)} at high {name}"
    both = f"too {_sign(low)} at both ends of {name}"
    return f"{both} and too {_sign(middle)} between" if middle * low < 0 else both


def _sign(value: float) -> str:
    return "high" if value > 0 else "low"
