"""The bias of Approach 2 on the user's own design: the method on a noise-free surface against its optimum.

A parabola in log N finds the vertex of a curve that is no parabola; on wide, off-centre or skewed grids that
shifts N* and D*, and where the grids drift with the budget it tilts their exponents (arXiv:2603.22339).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jaxtyping import Array, Bool, Float, Int

from scalelaw._checks import bad_input
from scalelaw._float64 import float64
from scalelaw._json import plain
from scalelaw.allocation import check_splits, optimal
from scalelaw.approaches.budgets import Budgets
from scalelaw.approaches.frontier import Frontier, PowerLaw, power_law
from scalelaw.approaches.minima import Method, Minima
from scalelaw.approaches.profiles import ProfileMinima
from scalelaw.fitting import archive
from scalelaw.fitting.documents import check_length
from scalelaw.fitting.functions import values
from scalelaw.fitting.refits import OF_RUNS, Sample
from scalelaw.fitting.result import Fit
from scalelaw.laws import Law
from scalelaw.numbers import format_number
from scalelaw.runs import Runs
from scalelaw.solve import Status
from scalelaw.solve.problem import Either

# Samples that arrays of draws have room for, at least: what is compiled for them serves fewer, too.
SAMPLES = 512
# A bias of N* or D* below this share is one of rounding.
ROUNDING = 1e-6


class Design(NamedTuple):
    """Profiles without their losses.

    Attributes:
        runs: the table.
        method: how minima are found.
        budgets: which runs share one.
        by_N, by_D: which profiles are used.
    """

    runs: Runs
    method: Method
    budgets: Budgets
    by_N: ProfileMinima
    by_D: ProfileMinima


class DesignBias(NamedTuple):
    """How far a method is from the truth on a design, where a fitted surface is the truth.

    Attributes:
        C: budgets [FLOP].
        N: [B] log of the method's N* over the exact one; NaN where the method finds none.
        D: [B] likewise of D*.
        L: [B] the method's L* less the exact one, nats per token.
        found: power laws through the method's minima.
        exact: power laws through the exact optima of the same budgets.
        surface: the fit, where it is one of the design's own runs: each resample measures the bias on its own
            surface. None: it is held in resamples.
        law: name of the surface's law; "" where it is not known.
    """

    C: Float[np.ndarray, " B"]
    N: Float[np.ndarray, " B"]
    D: Float[np.ndarray, " B"]
    L: Float[np.ndarray, " B"]
    found: Frontier
    exact: Frontier
    surface: Fit | None = None
    law: str = ""

    @property
    def numbers(self) -> tuple[Any, ...]:
        """The fields but the surface."""
        return self[:6]

    def of_samples(self, sample: Sample, design: Design) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The bias of N, D and L in samples, as `bias_of_samples` where there is a surface, else as it is."""
        held = self.N, self.D, self.L
        return held if self.surface is None else bias_of_samples(self.surface, sample, design)

    @property
    def a(self) -> float:
        """Bias of the exponent of N*."""
        return self.found.a - self.exact.a

    @property
    def b(self) -> float:
        """Bias of the exponent of D*."""
        return self.found.b - self.exact.b

    def at(self, C: float) -> tuple[float, float]:
        """Relative bias of N* and D* read off the power laws at C [FLOP]: -0.05 is 5 % too low."""
        pairs = ((self.found.N, self.exact.N), (self.found.D, self.exact.D))
        bias_N, bias_D = (float(mine.at(C) / true.at(C) - 1) for mine, true in pairs)
        return bias_N, bias_D

    @classmethod
    def restored(
        cls,
        numbers: list[Any] | None,
        surface: dict[str, Any] | None,
        budgets: int,
        place: str | Path,
        law: Law | None = None,
    ) -> "DesignBias | None":
        """From its `numbers`, if any, and the document of its surface, if any, in the JSON of `place`.

        BadInput unless they are of so many budgets, and for a surface that cannot be read.
        """
        if numbers is None:
            return None
        for column in numbers[:4]:
            check_length(column, budgets, "correction", place)
        C, N, D, L = (np.asarray(column, float) for column in numbers[:4])
        found, exact = (Frontier(*(PowerLaw(*line) for line in lines)) for lines in numbers[4:])
        fit = None if surface is None else Fit(**archive.restored(surface, place, law))
        return cls(C, N, D, L, found, exact, fit, "" if fit is None else fit.law.name)

    def text(self) -> str:
        """The bias in words."""
        beyond = 10 * float(self.C.max())
        bias_N, bias_D = self.at(beyond)
        worst = float(np.nanmax(np.abs(np.expm1(self.N))))
        by = f" by {self.law!r}" if self.law else ""
        if max(worst, abs(bias_N), abs(bias_D)) < ROUNDING:
            return f"no bias of this design{by} but rounding"
        return (
            f"bias of this design{by}: a {self.a:+.2g}, b {self.b:+.2g}; N* off by up to {100 * worst:.2g} % at "
            f"the budgets, and at C = {format_number(beyond)} N* by {100 * bias_N:+.2g} %, D* by "
            f"{100 * bias_D:+.2g} %"
        )

    def to_dict(self) -> dict[str, Any]:
        """For JSON; NaN is None."""
        by_budget = {"C": self.C, "log_N": self.N, "log_D": self.D, "L": self.L}
        return {"a": self.a, "b": self.b, **plain(by_budget)}


def surface_document(bias: DesignBias | None) -> dict[str, Any]:
    """The surface of a bias for JSON, under its name; nothing where there is none."""
    return {} if bias is None or bias.surface is None else {"surface": bias.surface.document()}


class Surveyed(NamedTuple):
    """A method on surfaces without noise, and the optima of these, for R sets of parameters.

    Attributes:
        N, D: the method's minima [R, B].
        exact: [R, 3, B] the surfaces' own log N*, log D* and L*.
        used_N, used_D: [R, B] where both are there.
    """

    N: Minima
    D: Minima
    exact: Float[np.ndarray, "R 3 B"]
    used_N: Bool[np.ndarray, "R B"]
    used_D: Bool[np.ndarray, "R B"]

    @property
    def biases(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of log N*, log D* and L* [R, B]; NaN where the method or the surface has no minimum."""
        N, D, L = np.moveaxis(self.exact, 1, 0)
        return (
            np.where(self.used_N, self.N.x - N, np.nan),
            np.where(self.used_D, self.D.x - D, np.nan),
            np.where(self.used_N, self.N.y - L, np.nan),
        )


@dataclass(frozen=True)
class LogOptima:
    """Log N*, log D* and L* of a law at budgets [FLOP], [3, B], as a function of its parameters."""

    law: Law
    budgets: tuple[float, ...]

    def __call__(self, params: Any) -> Array:
        """The optima, in closed form where the law has one."""
        best = optimal(self.law, params, jnp.asarray(self.budgets))
        return jnp.stack([jnp.log(best.N), jnp.log(best.D), self.law.predict(params, N=best.N, D=best.D)])


def survey(law: Law, params: Any, design: Design, times: Float[np.ndarray, "R n"] | None = None) -> Surveyed:
    """Apply a method to the losses of a law's surfaces at the runs' own N and D.

    Args:
        law: of N and D.
        params: its NamedTuple of arrays [R].
        design: the runs and what is made of them.
        times: what multiplies the weight of each run; 1 when None.

    Raises:
        BadInput: for a law that is not one of N and D.
    """
    check_splits(law)
    R = len(params[0])
    padded = type(params)(*(each[_padded_rows(R)] for each in params))
    exact = values(LogOptima(law, tuple(_budgets(design).tolist())), padded)[:R]
    L, there = _losses(law, padded, design.runs)[:R], np.isfinite(exact).all(axis=1)
    pairs = []
    for axis in (design.by_N, design.by_D):
        given = axis.profiles
        weight = given.weight if times is None else given.weight * times[:, given.run]
        found = design.method.minima(given.x, L[:, given.run], weight)
        pairs.append((found, axis.used & np.isfinite(found.x) & there))
    (N, used_N), (D, used_D) = pairs
    return Surveyed(N, D, exact, used_N, used_D)


def design_bias(fit: Fit, design: Design) -> DesignBias:
    """The bias of a method where a fitted surface is the truth.

    Args:
        fit: of a law of N and D.
        design: the runs and what is made of them.

    Raises:
        BadInput: for a law that is not one of N and D, or fewer than two budgets where the method, and the surface,
            have a minimum.
    """
    found = survey(fit.law, type(fit.params)(*(np.array([each], float) for each in fit.params)), design)
    fewest = min(int(used.sum()) for used in (found.used_N, found.used_D))
    if fewest < 2:
        raise bad_input(
            "fit",
            "of a surface with minima within the sizes of at least 2 budgets",
            f"minima at {fewest} by {fit.law.name!r}",
            advice="train sizes on both sides of the optimum",
        )
    used_N, used_D = found.used_N[0].astype(float), found.used_D[0].astype(float)

    def frontier(log_N: np.ndarray, log_D: np.ndarray, L: np.ndarray) -> Frontier:
        pairs = ((np.exp(log_N), used_N), (np.exp(log_D), used_D), (L, used_N))
        return Frontier(*(power_law(design.budgets.C, values, used) for values, used in pairs))

    N, D, L = (each[0] for each in found.biases)
    mine = frontier(found.N.x[0], found.D.x[0], found.N.y[0])
    exact_N, exact_D, exact_L = found.exact[0]
    exact = frontier(np.where(used_N, exact_N, np.nan), np.where(used_D, exact_D, np.nan), exact_L)
    surface = fit if _fitted_to(fit, design.runs) else None
    return DesignBias(design.budgets.C, N, D, L, mine, exact, surface, fit.law.name)


def _fitted_to(fit: Fit, runs: Runs) -> bool:
    """Whether a fit is one of these very runs, so that a resample of them is one of it."""
    columns = [(each.N, each.D, each.L, each.weight) for each in (fit.runs, runs)]
    return all(
        (mine is None) == (theirs is None) and (mine is None or np.array_equal(mine, theirs))
        for mine, theirs in zip(*columns, strict=True)
    )


def bias_of_samples(
    surface: Fit, sample: Sample, design: Design
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The bias of a design on the surface that each sample has by itself: what a correction owes to noise.

    Args:
        surface: fitted to the design's runs; fitted again to each sample.
        sample: losses [nats per token] and weights of the runs, [R, n], or [n] where all samples have the same.
        design: the runs and what is made of them.

    Returns:
        Biases of log N*, log D* and L*, [R, B] each; NaN where a sample has no surface or no minimum.
    """
    own, to_scale = design.runs.weight, surface.settings.objective.scale
    own = np.ones(len(design.runs)) if own is None else own
    times = sample.weight / np.where(own > 0, own, 1.0)
    L, times = np.broadcast_arrays(*np.atleast_2d(sample.target, times))
    target = np.asarray(float64(to_scale)(jnp.asarray(L)))
    R, rows = len(target), _padded_rows(max(len(target), SAMPLES))
    drawn = Drawn(target[np.minimum(rows, R - 1)].T, times[np.minimum(rows, R - 1)].T)
    refits = surface.refit(drawn, np.arange(R, dtype=np.uint32))
    lost = ~np.isin(refits.status, (Status.CONVERGED, Status.AT_BOUND))
    biases = survey(surface.law, refits.params, design, times).biases
    N, D, L = (np.where(lost[:, None], np.nan, each) for each in biases)
    return N, D, L


@register_dataclass
@dataclass(frozen=True)
class Drawn:
    """Samples that were drawn already, a column each: targets [n, R], and what multiplies the weights [n, R]."""

    target: Float[Either, "n R"] = field(metadata=OF_RUNS)
    times: Float[Either, "n R"] = field(metadata=OF_RUNS)

    def __call__(self, sample: Any, replicate: Any) -> tuple[Any, Any]:
        """Target and weight of one sample."""
        return self.target[:, replicate], sample.weight * self.times[:, replicate]


def _padded_rows(R: int) -> Int[np.ndarray, " rows"]:
    """The samples, the last one repeated up to a power of two: few sizes, as each is compiled for."""
    return np.minimum(np.arange(1 << (R - 1).bit_length()), R - 1)


def _budgets(design: Design) -> Float[np.ndarray, " B"]:
    """Budgets as 6 N D that leave the runs' own N D as it is, where their C / (N D) is not 6."""
    given = design.runs.inputs(("N", "D", "C"))
    ratio = given["C"] / (given["N"] * given["D"])
    own = [design.budgets.code == each for each in range(len(design.budgets.C))]
    per_token = np.array([np.median(ratio[mine]) if mine.any() else 6.0 for mine in own])
    return np.asarray(design.budgets.C * 6 / per_token)


@float64
def _losses(law: Law, params: Any, runs: Runs) -> Float[np.ndarray, "R n"]:
    columns = type(params)(*(jnp.asarray(leaf, float)[:, None] for leaf in params))
    return np.asarray(law.predict(columns, N=runs.N, D=runs.D), float)
