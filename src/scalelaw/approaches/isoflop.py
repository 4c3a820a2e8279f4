"""Approach 2: the minimum of each IsoFLOP profile, and power laws through the minima.

Hoffmann et al. 2022, arXiv:2203.15556, section 3.2; noise, refit, weights as Porian et al. 2024, arXiv:2406.19146.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, Integer

from scalelaw._checks import bad_input, check_choice, check_finite, shown
from scalelaw._json import exact
from scalelaw.allocation.nearly_best import SHARE
from scalelaw.approaches.budgets import Budgets, budgets_of_runs
from scalelaw.approaches.design_bias import Design, DesignBias, design_bias, surface_document
from scalelaw.approaches.flat_range import flat_frame
from scalelaw.approaches.frontier import Frontier, FrontierParams, FrontierQuantity, PowerLaw, moments
from scalelaw.approaches.isoflop_text import exponent_lines, minima_lines, refusal_lines
from scalelaw.approaches.methods import METHODS
from scalelaw.approaches.minima import Method, Points
from scalelaw.approaches.profiles import (
    WEIGHTS,
    Noise,
    ProfileMinima,
    check_enough_budgets,
    common_budgets,
    fit_frontier,
    profile_minima,
    profiles,
    scatter,
    subtract_bias,
)
from scalelaw.approaches.refits import Lines, describe_ends, no_covariances, refit_frontiers
from scalelaw.approaches.settings import IsoFLOPSettings, settings_and_runs
from scalelaw.approaches.slopes import FREE, Slopes
from scalelaw.fitting.archive import runs_document, runs_from
from scalelaw.fitting.documents import sealed
from scalelaw.fitting.refits import Draw, Refits, Sample
from scalelaw.fitting.result import Fit
from scalelaw.runs import Runs
from scalelaw.runs.groups import By, group_codes
from scalelaw.solve.solver import Progress

CHUNK = 512
"""Replicates at a time: what bounds the memory."""

FORMAT = "scalelaw isoflop 1"

REFUSED = {
    **dict.fromkeys(
        ("residual", "wild", "webb"),
        "which takes what is left about the profiles' curves for noise, and it is misfit, too: take 'parametric'",
    ),
    "studentized": "which needs a standard error of each resample, and profiles have none",
}
"""Schemes and kinds of interval that hold for no IsoFLOP profiles, and why."""


@dataclass(frozen=True, eq=False, repr=False)
class IsoFLOP:
    """What Approach 2 found.

    Attributes:
        runs: the table.
        method: how the minimum of a profile was found.
        budgets: which runs share one.
        by_N: profiles against log N and their minima N*.
        by_D: profiles against log D and their minima D*; the same as those of N wherever C = k N D.
        noise: standard deviation of a run's loss [nats per token] that the minima's sd stand for; NaN where
            nothing says.
        degrees: of freedom that the noise was estimated with; None where it was given.
        plain: power laws through the minima, all alike.
        weights: by which of the laws, `plain` or `weighted`, resamples are fitted: "unit" or "inverse-variance".
        correction: what was taken off the minima, where a correction was asked for.
        slopes: which exponents of the power laws are held or tied.
    """

    runs: Runs
    method: Method
    budgets: Budgets
    by_N: ProfileMinima
    by_D: ProfileMinima
    noise: float
    degrees: int | None
    plain: Frontier
    weights: str = "unit"
    correction: DesignBias | None = None
    slopes: Slopes = FREE

    # As an estimator of weights (see `scalelaw.resampling.estimator`).
    names: ClassVar[tuple[str, ...]] = FrontierParams._fields
    inputs: ClassVar[tuple[str, ...]] = ("N", "D", "C")
    default_scheme: ClassVar[tuple[str, By]] = ("parametric", None)
    default_kind: ClassVar[str] = "percentile"
    caution: ClassVar[str] = ""
    plateau: ClassVar[str] = ""

    @cached_property
    def weighted(self) -> Frontier:
        """Power laws with weights 1 / sd^2 of the minima."""
        return fit_frontier(self.budgets.C, self.by_N, self.by_D, "inverse-variance", self.slopes)

    @property
    def N(self) -> PowerLaw:
        """The plain power law N*(C)."""
        return self.plain.N

    @property
    def D(self) -> PowerLaw:
        """The plain power law D*(C)."""
        return self.plain.D

    @property
    def L(self) -> PowerLaw:
        """The plain power law L*(C)."""
        return self.plain.L

    @property
    def refused_profiles(self) -> pd.DataFrame:
        """The profiles that are not used: `C`, `axis`, `runs`, `reason`."""
        frame = self.to_frame()
        rows = [
            (C, axis, runs, why)
            for axis in ("N", "D")
            for C, runs, why in zip(frame.C, frame.runs, frame[f"refused_{axis}"], strict=True)
            if why
        ]
        return pd.DataFrame(rows, columns=["C", "axis", "runs", "reason"])

    def to_frame(self) -> pd.DataFrame:
        """One row a budget: `C`, `runs`, `N`, `D`, `L`, the sd of log N and log D, and why it is refused."""
        return pd.DataFrame(
            {
                "C": self.budgets.C,
                "runs": np.bincount(self.budgets.code[self.budgets.code >= 0], minlength=len(self.budgets.C)),
                "N": self.by_N.best,
                "sd_log_N": self.by_N.sd,
                "D": self.by_D.best,
                "sd_log_D": self.by_D.sd,
                "L": self.by_N.loss,
                "refused_N": self.by_N.refused,
                "refused_D": self.by_D.refused,
            }
        )

    def flat(self, share: float | str = SHARE) -> pd.DataFrame:
        """The sizes of each budget whose loss is within a share of the best, a row each: see `flat_intervals`."""
        return flat_frame(self.budgets.C, self.by_N, self.by_D, share, self.correction)

    @property
    def frontier(self) -> Frontier:
        """The power laws by `weights`."""
        return self.plain if self.weights == "unit" else self.weighted

    @property
    def params(self) -> FrontierParams:
        """Exponents and coefficients of the power laws by `weights`."""
        return self.frontier.params

    def function(self, name: str) -> FrontierQuantity:
        """The function of `params` that one of `names` stands for; see `frontier_quantity`."""
        return FrontierQuantity(name)

    @property
    def sample(self) -> Sample:
        """Losses and weights of the runs."""
        n = len(self.runs)
        return Sample(self.runs.L, np.ones(n) if self.runs.weight is None else self.runs.weight)

    @property
    def residuals(self) -> Float[np.ndarray, " n"]:
        """Zeros: noise is added to the losses as they are (Porian et al. 2024), not to the curves."""
        return np.zeros(len(self.runs))

    @property
    def scale(self) -> float:
        """The noise of a loss."""
        return self.noise

    @property
    def free(self) -> int:
        """Runs without which there is no minimum of every profile that is used."""
        return self.method.fewest * int(self.by_N.used.sum())

    @property
    def refused(self) -> dict[str, str]:
        """Schemes and kinds of interval that do not hold, and why."""
        refused = dict(REFUSED)
        if self.method.parameters is None:
            every_run = f"and a curve by {self.method.name!r} goes through every run, whatever its weight"
            refused["bayesian"] = f"which only weighs runs, {every_run}"
            refused["bca"] = f"which needs an estimate that is smooth in the weights, {every_run}"
        if not np.isfinite(self.noise):
            refused["parametric"] = (
                "which needs the noise of a loss, and nothing says it: give noise= (--noise)"
            )
        return refused

    def groups(self, by: By) -> Int[np.ndarray, " n"]:
        """Code of each run's group, by default that of its profile."""
        return group_codes(self.runs, self.strata if by is None else by)

    @property
    def strata(self) -> Int[np.ndarray, " n"]:
        """The budget of each run whose profile is used, from 0; -1 for all other runs, which are one stratum."""
        used = np.append(self.by_N.used | self.by_D.used, False)
        return np.asarray(np.where(used[self.budgets.code], self.budgets.code, -1))

    def refit(
        self, draw: Draw, replicates: Integer[np.ndarray, " R"], progress: Progress | None = None
    ) -> Refits:
        """The frontier of each replicate's losses and weights; `changed` where some profile has no minimum."""
        return refit_frontiers(self._lines, self.sample, draw, replicates, chunk=CHUNK, progress=progress)

    def _lines(self, sample: Sample) -> tuple[Lines, Bool[np.ndarray, " R"]]:
        """The power laws through whatever minima each resample has, and whether one is lacking."""
        x, weigh, correction = np.log(self.budgets.C), WEIGHTS[self.weights], self.correction
        bias = (0.0, 0.0, 0.0) if correction is None else correction.of_samples(sample, self.design)

        def minima(axis: ProfileMinima, off: Any) -> tuple[Points, Points, Points]:
            """Log sizes less `off`, losses, and weights: 0 where a resample has no minimum."""
            given = axis.profiles
            weight = sample.weight[..., given.run] * (given.weight > 0)
            found = self.method.minima(given.x, sample.target[..., given.run], weight)
            at = found.x - off
            return at, found.y, np.where(np.isfinite(at), weigh(axis), 0.0)

        log_N, L, weight_N = minima(self.by_N, bias[0])
        log_D, _, weight_D = minima(self.by_D, bias[1])
        L = L - bias[2]
        weight_L = np.where(L > 0, weight_N, 0.0)
        log_L = np.log(np.where(weight_L > 0, L, 1.0))
        points = (log_N, weight_N), (log_D, weight_D), (log_L, weight_L)
        lines = self.slopes.lines(*(moments(x, y, weight) for y, weight in points))
        return lines, ((weigh(self.by_N) > 0) & (weight_N == 0)).any(axis=-1)

    @property
    def design(self) -> Design:
        """The profiles without their losses: what a bias is measured on."""
        return Design(self.runs, self.method, self.budgets, self.by_N, self.by_D)

    covariances = staticmethod(no_covariances)
    describe_ends = staticmethod(describe_ends)

    @property
    def objective(self) -> float:
        """Sum of squares of the minima about the power laws, in logs."""
        return self.frontier.squares(self.budgets.C, self.by_N.best, self.by_D.best, self.by_N.loss)

    @property
    def identity(self) -> dict[str, Any]:
        """What besides the runs decides it, for JSON: the arguments of `isoflop`, and a correction."""
        return {
            "method": self.method.name,
            **self.budgets.settings(),
            "noise": self.noise if self.degrees is None and np.isfinite(self.noise) else None,
            "weights": self.weights,
            "correction": None if self.correction is None else exact(self.correction.numbers),
            **self.slopes.identity,
        }

    def document(self) -> dict[str, Any]:
        """Plain JSON from which `restored` makes it again."""
        settings = {**exact(self.identity), **surface_document(self.correction)}
        return sealed({"format": FORMAT, "settings": settings, "runs": runs_document(self.runs)})

    @staticmethod
    def restored(document: dict[str, Any], place: str | Path = "document", law: Any = None) -> "IsoFLOP":
        """From its `document`, which stood in `place`; BadInput where it is not as it was written."""
        settings, runs = settings_and_runs(document, IsoFLOPSettings, place)
        bias = settings.pop("correction"), settings.pop("surface", None)
        found = isoflop(runs_from(runs, place), **settings)
        taken = DesignBias.restored(*bias, len(found.budgets.C), place, law)
        return found if taken is None else found.subtract(taken)

    def bias(self, fit: Fit) -> DesignBias:
        """How far this method's minima lie from the surface's own on this very design, without noise.

        Args:
            fit: an Approach-3 fit of a law of N and D: its surface is read off at the runs' own N and D, and the
                method applied to it.

        Returns:
            The bias at each budget and in the power laws.

        Raises:
            BadInput: for a law that is not one of N and D, or too few profiles with a minimum.
        """
        return design_bias(fit, self.design)

    def corrected(self, fit: Fit) -> "IsoFLOP":
        """The same with `bias` taken off every minimum; in resamples anew, where the fit's runs are these."""
        return self.subtract(self.bias(fit))

    def subtract(self, bias: DesignBias) -> "IsoFLOP":
        """The same with a bias taken off every minimum."""
        by_N, by_D = common_budgets(subtract_bias(self.by_N, bias.N), subtract_bias(self.by_D, bias.D))
        by_N = replace(by_N, loss=np.where(by_N.used, by_N.loss - bias.L, np.nan))
        plain = fit_frontier(self.budgets.C, by_N, by_D, "unit", self.slopes)
        return replace(self, by_N=by_N, by_D=by_D, plain=plain, correction=bias)

    def text(self) -> str:
        """Budgets and minima, power laws, and the profiles that are refused."""
        held = self.slopes.words()
        laws = [f"power laws, plain{held}", self.plain.text()]
        if np.isfinite(self.weighted.N.exponent):
            laws += [f"power laws, weighted by 1 / sd^2{held}", self.weighted.text()]
        blocks = [self._heading(), minima_lines(self.to_frame()), laws, refusal_lines(self.to_frame())]
        return "\n\n".join("\n".join(lines) for lines in blocks if lines)

    def _heading(self) -> list[str]:
        lines = [
            f"Approach 2: {len(self.runs)} runs of {self.runs.source}, {self.method.words} in log N and log D",
            *(f"  {line}" for line in self.budgets.lines()),
            *exponent_lines(self.by_N),
            f"  noise of a loss {self.noise:.3g} nats: what the sd of the minima stand for"
            if np.isfinite(self.noise)
            else "  no profile has a run to spare: the noise, and the sd of the minima, are unknown",
        ]
        return lines if self.correction is None else [*lines, f"  corrected; {self.correction.text()}"]

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def isoflop(
    runs: Runs,
    *,
    method: str = "shared",
    budgets: Sequence[float | str] | None = None,
    tolerance: float | None = None,
    noise: float | None = None,
    weights: str = "unit",
    best_per_size: bool = False,
    fix: Mapping[str, float] | None = None,
    tie: Mapping[str, str] | None = None,
) -> IsoFLOP:
    """Approach 2: the compute-optimal frontier from the minima of IsoFLOP profiles.

    Args:
        runs: N, D, C and L; their weights, where they have any, count in the fit of each profile.
        method: "shared", the shape of a law of two power terms, E + A N^-alpha + B' N^beta with E, A and B' of each
            budget, alpha and beta of all; "local", where alpha and beta are each budget's, too; "parabola" in log N
            and log D as Hoffmann et al., biased on wide or skewed grids; "cubic"; "akima" (through every run).
        budgets: compute budgets [FLOP]; when None those of the column that the runs were read with (`runs.budget`),
            else found: clusters of C that are narrower than the gaps between them.
        tolerance: share by which a run's compute may differ from its budget's. When None 5 % for given budgets,
            whatever it is for a column's; a number makes found ones what lies within it of the densest runs.
        noise: standard deviation of a run's loss, nats per token; from the scatter about the fitted profiles
            when None (about cubics where the method goes through every run).
        weights: of the minima in the power laws that are fitted to resamples: "unit", or "inverse-variance",
            1 / sd^2.
        best_per_size: whether of several runs of one size at one budget (seeds, learning rates) only that of
            lowest loss is used (the tuned sweeps of Porian et al. 2024); chosen once, not anew in every resample.
        fix: exponents of the power laws that are held, here and in every resample; as `envelope`.
        tie: of exponents; likewise.

    Returns:
        Minima with their sd, power laws plain and weighted, and the profiles that are refused, with reasons.

    Raises:
        BadInput: for runs without N, D or C, an unknown method, or fewer than two budgets whose profile has a
            minimum that can be used.

    Examples:
        >>> runs = sl.read_dataset("simulated-sweep", where="kind == 'isoflop'")
        >>> found = sl.isoflop(runs)
        >>> f"{len(found.budgets.C)} budgets: N* ~ C^{found.plain.a:.3f}, D* ~ C^{found.plain.b:.3f}"
        '9 budgets: N* ~ C^0.509, D* ~ C^0.491'
    """
    chosen = METHODS[check_choice("method", method, METHODS)]
    check_choice("weights", weights, WEIGHTS)
    if noise is not None and check_finite("noise", noise) < 0:
        raise bad_input("noise", "a standard deviation of at least 0", shown(noise))
    inputs = runs.inputs(("N", "D", "C"))
    shared = budgets_of_runs(runs, budgets, tolerance, best_per_size=best_per_size)
    weight = np.ones(len(runs)) if runs.weight is None else runs.weight
    given = [profiles(axis, inputs[axis], runs.L, weight, shared) for axis in ("N", "D")]
    sd, degrees = scatter(chosen, given[0]) if noise is None else Noise(float(noise))
    by_N, by_D = common_budgets(*(profile_minima(chosen, each, sd) for each in given))
    check_enough_budgets(runs.source, shared, by_N, by_D)
    slopes = Slopes.of(fix, tie, inputs)
    plain = fit_frontier(shared.C, by_N, by_D, "unit", slopes)
    return IsoFLOP(runs, chosen, shared, by_N, by_D, sd, degrees, plain, weights, slopes=slopes)
