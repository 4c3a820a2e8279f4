"""Approach 2: the minimum of each IsoFLOP profile, and power laws through the minima.

Hoffmann et al. 2022, arXiv:2203.15556, section 3.2; noise-and-refit and weights 1 / sd^2 as Porian et al. 2024,
arXiv:2406.19146, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from scalelaw._checks import BadInput, bad_input, check_at_least, check_choice, check_finite, shown
from scalelaw._text import table
from scalelaw.approaches.akima import AKIMA
from scalelaw.approaches.budgets import TOLERANCE, Budgets, budgets_of
from scalelaw.approaches.design_bias import DesignBias, design_bias
from scalelaw.approaches.frontier import Frontier, FrontierDraws, PowerLaw
from scalelaw.approaches.local_profile import LOCAL
from scalelaw.approaches.minima import Method
from scalelaw.approaches.polynomials import CUBIC, PARABOLA
from scalelaw.approaches.profile_minima import (
    WEIGHTS,
    ProfileMinima,
    common_budgets,
    fit_frontier,
    profile_minima,
    subtract_bias,
)
from scalelaw.approaches.profiles import noise_sd, profiles
from scalelaw.approaches.resampling import SCHEMES, Axis, Plan, counted, in_chunks, noisy, redrawn, resampled
from scalelaw.fitting.result import Fit
from scalelaw.numbers import format_number, significant
from scalelaw.runs import Runs

METHODS = {method.name: method for method in (PARABOLA, CUBIC, AKIMA, LOCAL)}
"""Methods of drawing a curve through a profile."""

FEWEST_BUDGETS = 2
MOST_NAMED = 12
"""Refused profiles that are named one by one."""


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
        plain: power laws through the minima, all alike.
        weighted: with weights 1 / sd^2 of the minima.
        correction: what was taken off the minima, where a correction was asked for.
    """

    runs: Runs
    method: Method
    budgets: Budgets
    by_N: ProfileMinima
    by_D: ProfileMinima
    noise: float
    plain: Frontier
    weighted: Frontier
    correction: DesignBias | None = None

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
    def refused(self) -> pd.DataFrame:
        """The profiles that are not used: `C`, `axis`, `runs`, `reason`."""
        frame = self.to_frame()
        by_axis = [
            frame[["C", "runs"]].assign(axis=axis, reason=frame[f"refused_{axis}"]) for axis in ("N", "D")
        ]
        both = pd.concat(by_axis, ignore_index=True)
        return both.loc[both.reason != "", ["C", "axis", "runs", "reason"]].reset_index(drop=True)

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

    def bootstrap(
        self, replicates: int = 4000, seed: int = 0, *, scheme: str = "noise", weighted: bool = False
    ) -> FrontierDraws:
        """The frontier over resamples; every profile is fitted again in each.

        Args:
            replicates: how many.
            seed: of the resamples; replicate i is the same whatever their number.
            scheme: "noise" adds normal noise of `noise` to every loss; "runs" draws the runs of each budget
                with replacement.
            weighted: weigh the minima by 1 / sd^2.

        Returns:
            The draws, with percentile intervals.

        Raises:
            BadInput: for an unknown scheme, a number out of range, or noise that nothing says.
        """
        check_at_least("replicates", replicates, 2)
        check_at_least("seed", seed, 0)
        check_choice("scheme", scheme, SCHEMES)
        if scheme == "noise" and not np.isfinite(self.noise):
            raise bad_input("noise", "known for the scheme 'noise'", "nan", advice="give noise= (--noise)")
        words = SCHEMES[scheme] + (f" of sd {self.noise:.3g}" if scheme == "noise" else "")
        draw = partial({"noise": noisy, "runs": redrawn}[scheme], np.random.default_rng(seed))
        lots = in_chunks(replicates, draw, self._plan(weighted))
        return resampled(self._law(weighted), self._plan(weighted), lots, f"{words} (seed {seed})")

    def over(self, times: Float[np.ndarray, "R n"], words: str, *, weighted: bool = False) -> FrontierDraws:
        """The frontier over resamples that are given, so that approaches can be compared on the same ones.

        Args:
            times: how often each run of the table counts in each resample.
            words: how they were made.
            weighted: weigh the minima by 1 / sd^2.
        """
        plan = self._plan(weighted)
        return resampled(self._law(weighted), plan, counted(times, plan), words)

    def _law(self, weighted: bool) -> Frontier:
        return self.weighted if weighted else self.plain

    def _plan(self, weighted: bool) -> Plan:
        none = np.zeros(len(self.budgets.C))
        shifts = (none, none) if self.correction is None else (self.correction.N, self.correction.D)
        weigh = WEIGHTS["inverse-variance" if weighted else "unit"]
        by_N, by_D = (
            Axis(minima.profiles, shift, weigh(minima))
            for minima, shift in zip((self.by_N, self.by_D), shifts, strict=True)
        )
        return Plan(self.method, self.budgets.C, by_N, by_D, self.noise)

    def bias(self, fit: Fit) -> DesignBias:
        """How far this method's minima lie from the surface's own on this very design, without noise.

        Args:
            fit: an Approach-3 fit of a law of N and D with a closed-form optimum: its surface is read off at the
                runs' own N and D, and the method applied to it.

        Returns:
            The bias at each budget and in the power laws.

        Raises:
            BadInput: for a law without a closed-form optimum in N and D, or too few profiles with a minimum.
        """
        return design_bias(fit, self.runs, self.method, self.budgets, (self.by_N, self.by_D))

    def corrected(self, fit: Fit) -> "IsoFLOP":
        """The same with the bias of the design taken off every minimum; arguments and errors as `bias`."""
        bias = self.bias(fit)
        by_N, by_D = common_budgets(subtract_bias(self.by_N, bias.N), subtract_bias(self.by_D, bias.D))
        by_N = by_N._replace(loss=np.where(by_N.used, by_N.loss - bias.L, np.nan))
        plain, weighted = (fit_frontier(self.budgets.C, by_N, by_D, weights) for weights in WEIGHTS)
        return replace(self, by_N=by_N, by_D=by_D, plain=plain, weighted=weighted, correction=bias)

    def text(self) -> str:
        """Budgets and minima, power laws, and the profiles that are refused."""
        laws = ["power laws, plain", self.plain.text()]
        if np.isfinite(self.weighted.N.exponent):
            laws += ["power laws, weighted by 1 / sd^2", self.weighted.text()]
        blocks = [self._heading(), self._minima(), laws, self._refusals()]
        return "\n\n".join("\n".join(lines) for lines in blocks if lines)

    def _heading(self) -> list[str]:
        lines = [
            f"Approach 2: {len(self.runs)} runs of {self.runs.source}, {self.method.words} in log N and log D",
            f"  {self.budgets.words()}",
            f"  noise of a loss {self.noise:.3g} nats: what the sd of the minima stand for"
            if np.isfinite(self.noise)
            else "  no profile has a run to spare: the noise, and the sd of the minima, are unknown",
        ]
        return lines if self.correction is None else [*lines, f"  corrected; {self.correction.text()}"]

    def _minima(self) -> list[str]:
        """One line a budget that is used."""
        frame = self.to_frame()
        columns = frame[["C", "runs", "N", "sd_log_N", "D", "sd_log_D", "L"]]
        used = columns[(frame.refused_N == "") | (frame.refused_D == "")].to_numpy(float)
        shows = (format_number, "{:.0f}".format, _size, "{:.3g}".format, _size, "{:.3g}".format, _loss)
        rows = [[show(value) for show, value in zip(shows, row, strict=True)] for row in used.tolist()]
        heading = ("C [FLOP]", "runs", "N*", "sd log N", "D*", "sd log D", "L*")
        return table(rows, ">" * 7, heading=heading, widths=(10, 6, 10, 10, 10, 10, 11), gap="")

    def _refusals(self) -> list[str]:
        """Every profile that is not used, with its reason by N."""
        reasons = [
            f"  C = {format_number(C)}: {why.removeprefix('refused ')}"
            for C, why in zip(self.budgets.C, self.by_N.refused, strict=True)
            if why
        ]
        more = [f"  and {len(reasons) - MOST_NAMED} more"] if len(reasons) > MOST_NAMED else []
        return ["refused, and used in nothing above", *reasons[:MOST_NAMED], *more] if reasons else []

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def _size(value: float) -> str:
    return "refused" if np.isnan(value) else format_number(value)


def _loss(value: float) -> str:
    return "refused" if np.isnan(value) else significant(value)


def isoflop(
    runs: Runs,
    *,
    method: str = "parabola",
    budgets: Sequence[float | str] | None = None,
    tolerance: float = TOLERANCE,
    noise: float | None = None,
) -> IsoFLOP:
    """Approach 2: the compute-optimal frontier from the minima of IsoFLOP profiles.

    Args:
        runs: N, D, C and L; their weights, where they have any, count in the fit of each profile.
        method: "parabola" in log N and log D; for wide or skewed grids "cubic", "akima" (through every run) or
            "local" (E + A N^-alpha + B' N^beta).
        budgets: compute budgets [FLOP]; found when None.
        tolerance: share by which a run's compute may differ from its budget's.
        noise: standard deviation of a run's loss, nats per token; from the scatter about the fitted profiles
            when None (about cubics where the method goes through every run).

    Returns:
        Minima with their sd, power laws plain and weighted, and the profiles that are refused, with reasons.

    Raises:
        BadInput: for runs without N, D or C, an unknown method, or fewer than two budgets whose profile has a
            minimum that can be used.

    Examples:
        >>> runs = sl.read_dataset("simulated-sweep", where="kind == 'isoflop'")
        >>> found = sl.isoflop(runs)
        >>> f"{len(found.budgets.C)} budgets: N* ~ C^{found.plain.a:.3f}, D* ~ C^{found.plain.b:.3f}"
        '9 budgets: N* ~ C^0.510, D* ~ C^0.490'
    """
    chosen = METHODS[check_choice("method", method, METHODS)]
    inputs = runs.inputs(("N", "D", "C"))
    shared = budgets_of(inputs["C"], budgets, tolerance)
    weight = np.ones(len(runs)) if runs.weight is None else runs.weight
    given = [profiles(axis, inputs[axis], runs.L, weight, shared) for axis in ("N", "D")]
    sd = noise_sd(chosen, given[0]) if noise is None else _check_noise(noise)
    by_N, by_D = common_budgets(*(profile_minima(chosen, each, sd) for each in given))
    _check_enough(runs, shared, by_N, by_D)
    plain, weighted = (fit_frontier(shared.C, by_N, by_D, weights) for weights in WEIGHTS)
    return IsoFLOP(runs, chosen, shared, by_N, by_D, sd, plain, weighted)


def _check_noise(noise: float) -> float:
    value = check_finite("noise", noise)
    if value < 0:
        raise bad_input("noise", "a standard deviation of at least 0", shown(noise))
    return value


def _check_enough(runs: Runs, budgets: Budgets, *axes: ProfileMinima) -> None:
    """Refuse a table that has no two budgets to draw a line through."""
    if len(budgets.C) < FEWEST_BUDGETS:
        raise bad_input(
            "budgets",
            f"at least {FEWEST_BUDGETS} for a power law",
            f"{len(budgets.C)} ({budgets.words()})",
            place=runs.source,
            advice="add runs at another budget, or choose another tolerance (--tolerance)",
        )
    for minima in axes:
        used = int(minima.used.sum())
        if used < FEWEST_BUDGETS:
            first = int(np.argmin(minima.used))
            raise BadInput(
                f"{runs.source}: profiles by {minima.profiles.axis} with a minimum must be at least "
                f"{FEWEST_BUDGETS}, got {used} of {len(budgets.C)} budgets; at C = {budgets.C[first]:.4g}: "
                f"{minima.refused[first]}"
            )
